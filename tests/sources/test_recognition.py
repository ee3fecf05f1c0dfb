from pathlib import Path

import pytest

from isthmus.errors import InputError
from isthmus.sources import SOURCES, find_sources
from isthmus.sources.recognition import recognise, source_patterns

FIXTURES = Path(__file__).parent / "fixtures"


def test_every_personal_fixture_of_the_first_sources_is_recognised() -> None:
    for source, file in (
        ("spotify", "spotify/Streaming_History_Audio_2024_0.json"),
        ("goodreads", "goodreads/goodreads_library_export.csv"),
        ("steam", "steam/GetOwnedGames.json"),
        ("netflix", "netflix/ViewingActivity.csv"),
        ("netflix", "netflix/household/ViewingActivity.csv"),
        ("netflix", "netflix/page/NetflixViewingHistory.csv"),
    ):
        (finding,) = find_sources([FIXTURES / file]).findings
        assert finding.source == source


def test_a_folder_of_several_exports_and_other_things(tmp_path: Path) -> None:
    for file in ("steam/GetOwnedGames.json", "apple_music/Apple Music Play Activity.csv"):
        (tmp_path / Path(file).name).write_bytes((FIXTURES / file).read_bytes())
    (tmp_path / "notes.txt").write_text("dear diary")
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\x00\x00")
    found = find_sources([tmp_path])
    assert {finding.source: [file.name for file in finding.files] for finding in found.findings} == {
        "steam": ["GetOwnedGames.json"],
        "apple_music": ["Apple Music Play Activity.csv"],
    }
    assert sorted(file.name for file in found.others) == ["empty.json", "notes.txt", "photo.jpg"]
    assert all("holds" in finding.why for finding in found.findings)


def test_a_name_alone_is_not_enough(tmp_path: Path) -> None:
    (tmp_path / "GetOwnedGames.json").write_text('{"hello": 1}')
    assert find_sources([tmp_path]).findings == ()


def test_a_source_without_marks_is_tried_on_the_first_rows(tmp_path: Path) -> None:
    (tmp_path / "goodreads.csv").write_bytes(
        (FIXTURES / "goodreads/goodreads_library_export.csv").read_bytes()
    )
    (tmp_path / "other-goodreads.csv").write_text("a,b\n1,2\n")
    module = tmp_path / "plain_source.py"
    module.write_text(
        "from isthmus.sources.goodreads import GoodreadsSource\n"
        "class Plain(GoodreadsSource):\n    '''Without marks.'''\n    name = 'plain'\n    marks = ()\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        found = recognise(
            [tmp_path / "goodreads.csv", tmp_path / "other-goodreads.csv"], {"plain": "plain_source:Plain"}
        )
    (finding,) = found.findings
    assert finding.files == (tmp_path / "goodreads.csv",)
    assert "rows can be read" in finding.why
    assert found.others == (tmp_path / "other-goodreads.csv",)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        find_sources([tmp_path / "nowhere"])


def test_the_patterns_are_those_of_the_sources() -> None:
    patterns = source_patterns(SOURCES)
    assert "viewingactivity*.csv" in patterns
    assert "*.sql" not in patterns
