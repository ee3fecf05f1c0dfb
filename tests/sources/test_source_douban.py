import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.planted_suite import MUTATIONS, PLANTED, PlantedSuite, found_in, fuzz
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "douban"
TABLE = FOLDER / "豆瓣电影.csv"


class TestDouban(PlantedSuite):
    name = "douban"
    fixture = FOLDER / "douban-interests-1.json"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        subject = '"subject":{"id":"1","type":"book","title":"203.0.113.7"}'
        bad = [
            f'{{"status":"lent","create_time":"2020-01-01 12:00:00",{subject}}},',
            f'{{"status":"done","create_time":"203.0.113.7",{subject}}},',
            f'{{"status":"done","rating":{{"value":7,"max":5}},{subject}}},',
            '{"status":"done","subject":{"id":"x","type":"book"}},',
            '{"status":"done","subject":{"id":"1","type":"person","title":"203.0.113.7"}},',
        ]
        at = text.index("[")
        first = text.count("\n", 0, at) + 1
        return text[: at + 1] + "\n".join(bad) + text[at + 1 :], list(range(first, first + 5))


def test_media_states_and_ratings() -> None:
    batch = next(load_source("douban", user_id="mira").read(FOLDER / "douban-interests-1.json"))
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("1292052", "watch", None),
        ("1292052", "rate", 5.0),
        ("2567698", "save", None),
        ("3541415", "play", None),
        ("3541415", "rate", 4.0),
    ]
    times = batch.events["occurred_at"].to_list()
    assert times[0] == datetime(2020, 1, 1, 4, tzinfo=UTC)  # noon in China
    assert times[2] == datetime(2021, 5, 5, 16, 30, tzinfo=UTC)
    film, book, album = batch.items.rows(named=True)
    assert (film["title"], film["creators"]) == ("肖申克的救赎", ["弗兰克·德拉邦特"])
    assert json.loads(film["extra"]) == {"original_title": "The Shawshank Redemption"}
    assert (book["creators"], album["creators"]) == (["刘慈欣"], ["周杰伦"])


def test_the_table_of_an_exporter() -> None:
    batch = next(load_source("douban", user_id="mira").read(TABLE))
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("1292052", "watch", None),
        ("1292052", "rate", 5.0),
        ("1291557", "watch", None),
    ]
    assert batch.items["title"].to_list() == ["肖申克的救赎", "花样年华"]
    assert found_in(batch, PLANTED) == []


def test_mutated_tables_raise_nothing_but_our_own_errors(tmp_path: Path) -> None:
    assert 0 < fuzz(load_source("douban", user_id="mira"), TABLE, tmp_path, MUTATIONS) < MUTATIONS


@pytest.mark.parametrize(("name", "content"), [("douban.json", '{"books":[]}'), ("douban.csv", "a,b\n1,2\n")])
def test_other_files_are_refused(tmp_path: Path, name: str, content: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    with pytest.raises(InputError):
        list(load_source("douban", user_id="mira").read(file))
