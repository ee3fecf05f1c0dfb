import stat
import zipfile
from pathlib import Path

import pytest

from isthmus.errors import InputError
from isthmus.sources.archive import is_archive, unpacked

WANTED = ("*.json",)


def packed(folder: Path, members: dict[str, bytes], name: str = "export.zip") -> Path:
    archive = folder / name
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for member, content in members.items():
            opened.writestr(member, content)
    return archive


def refused(archive: Path, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught, unpacked([archive], WANTED):
        pass
    assert caught.value.file == str(archive)
    assert caught.value.hint


def test_only_wanted_members_are_unpacked_and_gone_afterwards(tmp_path: Path) -> None:
    members = {"a/Plays.json": b"[]", "a/photo.jpg": b"x", "a/._Plays.json": b"x", "b/": b""}
    archive = packed(tmp_path, members)
    with unpacked([archive, tmp_path], WANTED) as given:
        folder, other = given.paths
        assert other == tmp_path
        assert sorted(file.name for file in folder.rglob("*") if file.is_file()) == ["Plays.json"]
        assert (folder / "a" / "Plays.json").read_bytes() == b"[]"
        assert given.shown(str(folder / "a" / "Plays.json")) == str(archive / "a" / "Plays.json")
        assert stat.S_IMODE(folder.parent.parent.stat().st_mode) == 0o700
    assert not folder.exists()


def test_the_folder_is_gone_after_an_error_too(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="stop"),
        unpacked([packed(tmp_path, {"a.json": b"[]"})], WANTED) as given,
    ):
        raise ValueError("stop")
    assert not given.paths[0].exists()


@pytest.mark.parametrize(
    "name", ["../out.json", "a/../../out.json", "/etc/out.json", "C:/out.json", "a\\..\\..\\out.json", ".."]
)
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    refused(packed(tmp_path, {"fine.json": b"[]", name: b"[]"}), "leads out")
    assert [file.name for file in tmp_path.parent.glob("out.json")] == []


def test_symbolic_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.json")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(link, "/etc/passwd")
    refused(archive, "symbolic link")


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    refused(packed(tmp_path, {"a.json": b"0" * 60_000_000}), "more than 250 times its size")


def test_a_member_gives_no_more_than_it_says(tmp_path: Path) -> None:
    archive = packed(tmp_path, {"a.json": b"0" * 1_000_000})
    honest, lie = (1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    archive.write_bytes(archive.read_bytes().replace(honest, lie))
    with pytest.raises(InputError), unpacked([archive], WANTED):
        pass


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.json", "[1]")
        opened.writestr("a.json", "[2]")
    refused(archive, "two members")


def test_encrypted_and_damaged_archives_are_refused(tmp_path: Path) -> None:
    archive = packed(tmp_path, {"a.json": b"[]" * 500})
    content = bytearray(archive.read_bytes())
    at = content.index(b"PK\x01\x02") + 8
    content[at] |= 1
    archive.write_bytes(bytes(content))
    refused(archive, "encrypted")
    archive.write_bytes(packed(tmp_path, {"a.json": b"[]" * 500}).read_bytes()[:-30])
    refused(archive, "damaged")
    broken = bytearray(packed(tmp_path, {"a.json": b"[]" * 500}).read_bytes())
    broken[40] ^= 0xFF
    archive.write_bytes(bytes(broken))
    refused(archive, "damaged")


def test_what_is_no_archive_passes(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("text")
    assert not is_archive(tmp_path / "a.zip")
    assert not is_archive(tmp_path / "absent.zip")
    with unpacked([tmp_path / "a.zip", tmp_path / "absent.zip"], WANTED) as given:
        assert given.paths == [tmp_path / "a.zip", tmp_path / "absent.zip"]
