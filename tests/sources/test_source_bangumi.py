import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.planted_suite import PlantedSuite
from isthmus.errors import InputError
from isthmus.sources import load_source

FILE = Path(__file__).parent / "fixtures" / "bangumi" / "bangumi-1.json"


class TestBangumi(PlantedSuite):
    name = "bangumi"
    fixture = FILE

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad = [
            '{"subject_id":1,"subject_type":5,"type":2,"comment":"203.0.113.7"},',
            '{"subject_id":1,"subject_type":2,"type":9},',
            '{"subject_id":1,"subject_type":2,"type":2,"rate":11},',
            '{"subject_id":"203.0.113.7","subject_type":2,"type":2},',
            '{"subject_id":1,"subject_type":2,"type":2,"updated_at":"203.0.113.7"},',
        ]
        at = text.index("[")
        first = text.count("\n", 0, at) + 1
        return text[: at + 1] + "\n".join(bad) + text[at + 1 :], list(range(first, first + 5))


def test_five_media_and_five_states() -> None:
    batch = next(load_source("bangumi", user_id="mira").read(FILE))
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("10380", "watch", None),
        ("10380", "rate", 9.0),
        ("3", "save", None),
        ("5", "skip", None),
        ("5", "rate", 2.0),
    ]
    assert batch.events["occurred_at"][0] == datetime(2022, 6, 19, 10, 44, 13, tzinfo=UTC)
    assert dict(batch.left_out) == {"marked as private": 1}


def test_both_titles_are_kept() -> None:
    anime, book, _ = next(load_source("bangumi", user_id="mira").read(FILE)).items.rows(named=True)
    assert anime["title"] == "命运石之门"
    assert json.loads(anime["extra"]) == {"original_title": "シュタインズ・ゲート"}
    assert (anime["tags"], anime["description"]) == (["科幻"], "秋叶原的一群年轻人")
    assert (book["title"], book["extra"]) == ("三体", None)


@pytest.mark.parametrize("content", ["{}", '{"data":', '{"total":1}'])
def test_other_json_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "bangumi.json"
    file.write_text(content)
    with pytest.raises(InputError):
        list(load_source("bangumi", user_id="mira").read(file))
