import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.planted_suite import PlantedSuite
from isthmus.errors import InputError
from isthmus.sources import Batch, load_source

FOLDER = Path(__file__).parent / "fixtures" / "movielens"
ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("ISTHMUS_DATA", ROOT.parent / "shared" / "data")) / "movielens-latest-small"


class TestMovieLens(PlantedSuite):
    name = "movielens"
    fixture = FOLDER / "movielens-ratings.csv"
    personal = False

    def spoil(self, text: str) -> tuple[str, list[int]]:
        header, rest = text.split("\n", 1)
        bad = [
            "9,tt1,1,5.5,3.9,Ten (1999),203.0.113.7",
            "9,tt1,1,good,3.9,Ten (1999),203.0.113.7",
            ",tt1,1,5,3.9,Ten (1999),203.0.113.7",
            "9,tt1,203.0.113.7",
        ]
        return "\n".join([header, *bad, rest]), [2, 3, 4, 5]


def read(name: str, **options: Any) -> Batch:
    return next(load_source("movielens", **options).read(FOLDER / name))


def test_an_export_of_ones_own_needs_its_person() -> None:
    with pytest.raises(InputError, match="whose"):
        read("movielens-ratings.csv")
    items = read("movielens-ratings.csv", user_id="mira").items
    assert items["title"].to_list() == [
        "Toy Story",
        "The Matrix",
        "The City of Lost Children (Cité des enfants perdus, La)",
    ]
    assert items["published_at"][1] == datetime(1999, 1, 1, tzinfo=UTC)
    assert json.loads(items["extra"][1]) == {"imdb": "tt0133093", "tmdb": "603"}


def test_a_data_set_has_many_people() -> None:
    batch = read("dataset/ratings.csv")
    assert batch.events.select("user_id", "item_id", "value").rows() == [
        ("1", "1", 4.0), ("1", "3", 4.0), ("2", "1", 0.5),
    ]  # fmt: skip
    assert batch.events["occurred_at"][0] == datetime(2000, 7, 30, 18, 45, 3, tzinfo=UTC)
    assert batch.rejects["line"].sort().to_list() == [5, 6]


def test_one_person_of_a_data_set() -> None:
    with pytest.raises(InputError, match="several people"):
        read("dataset/ratings.csv", user_id="mira")
    batch = read("dataset/ratings.csv", user_id="mira", profile="2")
    assert batch.events["user_id"].to_list() == ["mira"]
    assert dict(batch.left_out) == {"of other people": 3}
    with pytest.raises(InputError, match="userId '9'"):
        list(load_source("movielens", profile="9").read(FOLDER / "dataset" / "ratings.csv"))


def test_films_and_their_other_ids() -> None:
    films, links = read("dataset/movies.csv").items, read("dataset/links.csv").items
    assert films["title"].to_list() == ["Toy Story", "Les Misérables", "Babylon 5"]
    assert films["categories"].to_list() == [["film", "Adventure", "Animation"], ["film", "Drama"], ["film"]]
    assert films["published_at"].null_count() == 1
    assert [json.loads(one) for one in links["extra"]] == [
        {"imdb": "tt0114709", "tmdb": "862"},
        {"imdb": "tt0119683"},
    ]


def test_other_tables_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="columns"):
        list(load_source("movielens").read(file))


@pytest.mark.skipif(not (REAL / "ratings.csv.gz").exists(), reason="the data set is not here")
def test_the_real_data_set_is_read_without_a_reject() -> None:
    source = load_source("movielens")
    batches = [batch for file in source.files([REAL]) for batch in source.read(file)]
    assert sum(batch.events.height for batch in batches) == 100_004  # the edition of 2016
    assert sum(batch.rejects.height for batch in batches) == 0
    titled = next(batch.items for batch in batches if batch.items["title"].null_count() < batch.items.height)
    assert titled["title"].null_count() == 0
