"""Tar archives: what is read of them, and every sort that is refused."""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from isthmus.errors import InputError, StorageError
from isthmus.sources import find_sources, members
from isthmus.sources.archive import is_archive, unpacked

WANTED = ("*.json",)
FORMS = {"tar": "w", "tar.gz": "w:gz", "tgz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}
FIXTURES = Path(__file__).parent / "fixtures"


def entry(name: str, content: bytes = b"[]", kind: bytes = tarfile.REGTYPE, **more: str) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.size, made.linkname = kind, len(content), more.get("to", "")
    return made


def packed(
    file: Path, *entries: tarfile.TarInfo, content: bytes = b"[]", form: int = tarfile.PAX_FORMAT
) -> Path:
    with tarfile.open(file, FORMS[file.name.split(".", 1)[1]], format=form) as opened:
        for one in entries:
            opened.addfile(one, io.BytesIO(content) if one.isreg() else None)
    return file


def refused(archive: Path, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught, unpacked([archive], WANTED):
        pass
    assert caught.value.file == str(archive)
    assert caught.value.hint


@pytest.mark.parametrize("ending", FORMS)
@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_only_wanted_members_are_unpacked_and_gone_afterwards(tmp_path: Path, ending: str, form: int) -> None:
    folder_entry = entry("./a", b"", tarfile.DIRTYPE)
    names = ("./a/Plays.json", "./a/photo.jpg", "./a/._Plays.json", f"./a/{'long' * 22}/夜.json")
    archive = packed(tmp_path / f"export.{ending}", folder_entry, *map(entry, names), form=form)
    with unpacked([archive], WANTED) as given:
        (folder,) = given.paths
        found = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
        assert found == ["a/Plays.json", f"a/{'long' * 22}/夜.json"]
        assert (folder / "a" / "Plays.json").read_bytes() == b"[]"
        assert given.shown(str(folder / "a" / "Plays.json")) == str(archive / "a" / "Plays.json")
    assert not folder.exists()


@pytest.mark.parametrize(
    "name", ["../out.json", "a/../../out.json", "/etc/out.json", "C:/out.json", "a\\out.json"]
)
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    refused(packed(tmp_path / "export.tar.gz", entry("fine.json"), entry(name)), "leads out")
    assert list(tmp_path.parent.rglob("out.json")) == []


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (tarfile.SYMTYPE, "symbolic link"),
        (tarfile.LNKTYPE, "hard link"),
        (tarfile.CHRTYPE, "device"),
        (tarfile.BLKTYPE, "device"),
        (tarfile.FIFOTYPE, "device"),
        (b"Z", "unknown type"),
    ],
)
@pytest.mark.parametrize("name", ["link.json", "not-wanted.bin"])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes, why: str, name: str) -> None:
    made = entry(name, b"", kind, to="/etc/passwd")
    refused(packed(tmp_path / "export.tar", entry("fine.json"), made), why)


def test_a_link_and_a_file_behind_it_write_nowhere(tmp_path: Path) -> None:
    link = entry("way", b"", tarfile.SYMTYPE, to=str(tmp_path))
    refused(packed(tmp_path / "export.tar", link, entry("way/out.json")), "symbolic link")
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("names", [("a.json", "a.json"), ("a.json", "./a.json"), ("a//b.json", "a/b.json")])
def test_the_same_name_twice_is_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    refused(packed(tmp_path / "export.tgz", *map(entry, names)), "two members")


def test_a_file_and_a_folder_of_one_name_are_refused(tmp_path: Path) -> None:
    refused(packed(tmp_path / "export.tgz", entry("a.json"), entry("a.json/b.json")), "cannot be unpacked")


@pytest.mark.parametrize("ending", ["tar.gz", "tar.bz2", "tar.xz"])
@pytest.mark.parametrize("name", ["a.json", "not-wanted.bin"])
def test_bombs_are_refused_by_their_ratio(
    tmp_path: Path, ending: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "_SMALL_BYTES", 1_000_000)
    zeros = b"0" * 3_000_000
    archive = packed(tmp_path / f"export.{ending}", entry(name, zeros), content=zeros)
    refused(archive, "more than 250 times its size")


def test_a_file_that_is_all_hole_is_refused(tmp_path: Path) -> None:
    made = entry("a.json", b"")
    made.pax_headers = {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(10**12)}
    refused(packed(tmp_path / "export.tar", made, content=b""), "more than 250 times its size")


def test_the_name_of_a_member_has_no_length_of_a_file(tmp_path: Path) -> None:
    made = entry("a.json")
    made.pax_headers = {"comment": "0" * 5_000_000}
    refused(packed(tmp_path / "export.tar.gz", made), "header of a member")


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MAX_MEMBERS", 3)
    with unpacked([packed(tmp_path / "a.tar", *(entry(f"{n}.json") for n in range(3)))], WANTED):
        pass
    refused(packed(tmp_path / "b.tar", *(entry(f"{n}.bin") for n in range(4))), "more than 3 members")


def test_what_does_not_fit_on_the_disk_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = type("Usage", (), {"free": 1})
    monkeypatch.setattr("shutil.disk_usage", lambda _: full)
    archive = packed(tmp_path / "export.tar", entry("a.json"))
    with pytest.raises(StorageError, match="1 are free"), unpacked([archive], WANTED):
        pass


@pytest.mark.parametrize("size", [b"\xff" * 12, b"\x80" + b"\xff" * 11])
def test_lengths_out_of_all_range_are_refused(tmp_path: Path, size: bytes) -> None:
    header = bytearray(entry("a.json").tobuf())
    header[124:136], header[148:156] = size, b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    (tmp_path / "a.tar").write_bytes(bytes(header) + bytes(2_048))
    refused(tmp_path / "a.tar", "damaged|more than 250 times")


def test_an_extension_that_claims_a_huge_length_is_damage(tmp_path: Path) -> None:
    made = entry("a.json")
    made.pax_headers = {"comment": "x" * 60}
    record = b"72 comment=" + b"x" * 60 + b"\n"
    content = packed(tmp_path / "a.tar", made).read_bytes()
    assert record in content
    huge = (b"9" * 30 + b" comment=").ljust(len(record) - 1, b"x") + b"\n"
    (tmp_path / "b.tar").write_bytes(content.replace(record, huge))
    refused(tmp_path / "b.tar", "damaged")


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def end_missing(content: bytes) -> bytes:
    return content.rstrip(b"\0") + bytes(-len(content.rstrip(b"\0")) % 512)


def header_broken(content: bytes) -> bytes:
    at = content.index(b"second.json")
    return content[:at] + b"X" + content[at + 1 :]


@pytest.mark.parametrize("spoil", [cut, end_missing, header_broken])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_what_breaks_off_is_not_taken_for_the_end(
    tmp_path: Path, spoil: Callable[[bytes], bytes], pack: Callable[[bytes], bytes]
) -> None:
    text = b"[1]" * 2_000
    whole = packed(tmp_path / "a.tar", entry("first.json", text), entry("second.json", text), content=text)
    (tmp_path / "b.tar").write_bytes(pack(spoil(whole.read_bytes())))
    refused(tmp_path / "b.tar", "damaged")


@pytest.mark.parametrize("ending", ["tar.gz", "tar.bz2", "tar.xz"])
def test_a_damaged_packing_is_refused(tmp_path: Path, ending: str) -> None:
    archive = packed(tmp_path / f"a.{ending}", *(entry(f"{n}.json") for n in range(400)))
    content = archive.read_bytes()
    archive.write_bytes(content[: len(content) * 2 // 3])
    if is_archive(archive):
        refused(archive, "damaged|cannot be unpacked")
    archive.write_bytes(content[:-9] + bytes(9))
    refused(archive, "damaged|cannot be unpacked")


@pytest.mark.parametrize(
    "content", [b"user_id,item_id\n" * 99, b"", b"\0" * 10_240, b"BZh9junk", b"\xfd7zXZ\0junk"]
)
def test_what_is_no_tar_passes(tmp_path: Path, content: bytes) -> None:
    for file, packing in ((tmp_path / "plain", bytes), (tmp_path / "zipped", gzip.compress)):
        file.write_bytes(packing(content))
        assert not is_archive(file)


def test_a_name_that_is_no_utf8_can_be_told(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.GNU_FORMAT, encoding="latin-1") as opened:
        opened.addfile(entry("café.json"), io.BytesIO(b"[]"))
    with unpacked([tmp_path / "a.tar"], WANTED) as given:
        (file,) = given.paths[0].rglob("*.json")
        assert file.name.encode() == "caf\ufffd.json".encode()


@pytest.mark.parametrize("ending", FORMS)
def test_auto_recognises_what_is_inside(tmp_path: Path, ending: str) -> None:
    archive = tmp_path / f"export.{ending}"
    with tarfile.open(archive, FORMS[ending]) as opened:
        opened.add(FIXTURES / "steam", "my data/steam")
        opened.add(FIXTURES / "bangumi", "my data/bangumi")
    with unpacked([archive], ("*",)) as given:
        found = {finding.source for finding in find_sources(given.paths).findings}
    assert found == {"steam", "bangumi"}
