import hashlib
import hmac
import stat
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.errors import InputError, StorageError, WorkspaceError
from isthmus.privacy import Pseudonyms, create_key, load_key

KEY = bytes(range(32))
ANY = st.text(max_size=20)


def test_a_key_is_made_once_and_read_again(tmp_path: Path) -> None:
    key = create_key(tmp_path)
    assert len(key) == 32
    assert load_key(tmp_path) == key
    with pytest.raises(WorkspaceError, match="already"):
        create_key(tmp_path)
    assert load_key(tmp_path) == key
    assert [file.name for file in (tmp_path / "private").iterdir()] == ["key"]
    assert create_key(tmp_path / "other") != key


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_the_key_is_for_its_owner_only(tmp_path: Path) -> None:
    create_key(tmp_path)
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "private" / "key").stat().st_mode) == 0o600


def test_a_missing_key_says_what_that_means(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="recognised") as caught:
        load_key(tmp_path)
    assert "backup" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"12", b"z" * 64, b"\xff" * 64, b"0" * 65])
def test_a_file_that_is_no_key(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "key").write_bytes(content)
    with pytest.raises(WorkspaceError, match="not a key"):
        load_key(tmp_path)


def test_a_key_cannot_be_written_where_a_file_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "private").write_text("in the way")
    with pytest.raises(StorageError):
        create_key(tmp_path)
    with pytest.raises(WorkspaceError):
        load_key(tmp_path)


def test_a_key_has_32_bytes() -> None:
    with pytest.raises(InputError, match="32 bytes"):
        Pseudonyms(b"short")


@given(ANY, ANY)
def test_a_pseudonym_is_hmac_sha_256_as_the_standard_library_does_it(platform: str, user_id: str) -> None:
    message = b"user\0%d:%b%b" % (len(platform.encode()), platform.encode(), user_id.encode())
    assert Pseudonyms(KEY).of(platform, user_id) == hmac.new(KEY, message, hashlib.sha256).hexdigest()[:32]


def test_the_same_account_has_the_same_pseudonym_for_ever() -> None:
    assert Pseudonyms(KEY).of("shop", "mira") == "26db2c841e8c4550920c46e00bd4dc9a"
    assert Pseudonyms(bytes(32)).of("shop", "mira") != "26db2c841e8c4550920c46e00bd4dc9a"


@given(st.lists(st.tuples(st.sampled_from(["a", "ab", "", "书"]), ANY), unique=True, max_size=30))
def test_distinct_accounts_and_persons_have_distinct_pseudonyms(accounts: list[tuple[str, str]]) -> None:
    pseudonyms = Pseudonyms(KEY)
    names = {f"{platform}{user_id}" for platform, user_id in accounts}
    codes = [pseudonyms.of(*one) for one in accounts] + [pseudonyms.person(name) for name in names]
    assert len(set(codes)) == len(codes)


def test_where_the_platform_ends_matters() -> None:
    pseudonyms = Pseudonyms(KEY)
    assert pseudonyms.of("ab", "c") != pseudonyms.of("a", "bc")
    assert pseudonyms.of("a", "1:b") != pseudonyms.of("a1:", "b")


def test_a_column_is_the_same_row_by_row() -> None:
    pseudonyms = Pseudonyms(KEY)
    ids = ["u/1", "ü ñ", "\U0001f600", 'it\'s "me"', "line\nbreak", "u/1", None, ""]
    platforms = ["a", "b", "a", "a", "b", "b", "a", "a"]
    column = pseudonyms.column(pl.Series(platforms), pl.Series(ids))
    expected = [None if not u else pseudonyms.of(p, u) for p, u in zip(platforms, ids, strict=True)]
    assert column.to_list() == expected


def test_replacing_tells_who_was_replaced() -> None:
    frame = pl.DataFrame({"n": [1, 2, 3], "platform": ["b", "a", "b"], "user_id": ["x", "x", "x"]})
    coded, who = Pseudonyms(KEY).replace(frame)
    assert coded.columns == frame.columns
    assert coded["n"].to_list() == [1, 2, 3]
    assert who.columns == ["pseudonym", "platform", "user_id"]
    assert who.drop("pseudonym").rows() == [("b", "x"), ("a", "x")]
    assert coded["user_id"].to_list() == [who["pseudonym"][0], who["pseudonym"][1], who["pseudonym"][0]]
    empty, nobody = Pseudonyms(KEY).replace(frame.clear())
    assert empty.schema == frame.schema
    assert nobody.is_empty()


@pytest.mark.parametrize("most", [0, 1, 100])
def test_who_came_before_is_the_same_again(most: int) -> None:
    people = [("a", "x"), ("b", "x"), ("a", "y"), ("a", "x"), ("a", ""), (None, "x"), ("b", "y"), ("a", "x")]
    frame = pl.DataFrame(people, ["platform", "user_id"], orient="row")
    whole, who = Pseudonyms(KEY).replace(frame)
    assert who.height == 4
    parts = Pseudonyms(KEY).remembering(most)
    for size in (1, 3, 8):
        coded = pl.concat(parts.replace(frame[start : start + size])[0] for start in range(0, 8, size))
        assert coded.equals(whole)


def test_persons_row_by_row() -> None:
    pseudonyms = Pseudonyms(KEY)
    column = pseudonyms.persons(pl.Series(["Mira", None, "Lin 林", "Mira", " "]))
    assert column.to_list() == [
        pseudonyms.person("Mira"), None, pseudonyms.person("Lin 林"), pseudonyms.person("Mira"), None,
    ]  # fmt: skip
    assert pseudonyms.persons(pl.Series([], dtype=pl.String)).dtype == pl.String
