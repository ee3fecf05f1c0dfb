from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from contracts.export_suite import ExportSuite, appended
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "amazon_reviews"


class TestAmazonReviews(ExportSuite):
    name = "amazon_reviews"
    fixture = FOLDER / "reviews_Books_5.json"
    other_fixtures = (
        FOLDER / "2023/Books_reviews.jsonl",
        FOLDER / "2014/meta_Books_2014.json",
        FOLDER / "2018/meta_Books_2018.json",
        FOLDER / "2023/meta_Books.jsonl",
    )
    options: ClassVar[dict[str, Any]] = {}
    personal = False

    def spoil(self, text: str) -> tuple[str, list[int]]:
        good = '{"reviewerID":"A1","asin":"B1","overall":5.0,"unixReviewTime":1252800000,"n":"203.0.113.7"}'
        bad = [
            good.replace('"A1"', '""'),
            good.replace("5.0", '"five"'),
            good.replace("5.0", "7"),
            good.replace("1252800000", "-1"),
            '"203.0.113.7"',
            good[:-9],
        ]
        return appended(text, bad)

    def test_ids_are_there_and_items_describe_them(self) -> None:
        batch = self.read(self.fixture)  # reviews name products and do not describe them
        assert batch.events.select("user_id", "item_id", "kind").null_count().sum_horizontal()[0] == 0
        assert batch.items.is_empty()


def read(name: str, **options: Any) -> Any:
    return joined(list(load_source("amazon_reviews", **options).read(FOLDER / name)))


def test_reviews_of_all_years() -> None:
    events = read("reviews_Books_5.json").events
    assert events.select("user_id", "item_id", "value").rows() == [
        ("A1", "B1", 5.0),
        ("A2", "B2", 4.0),
        ("A1", "B2", 1.0),
    ]
    assert events["occurred_at"][0] == datetime(2009, 9, 13, tzinfo=UTC)
    new = read("2023/Books_reviews.jsonl", platform="books").events
    assert new.select("platform", "user_id", "item_id").rows() == [("books", "AE1", "B1")]
    assert new["occurred_at"][0] == datetime(2020, 5, 5, 14, 8, 48, 923_000, tzinfo=UTC)


def test_products_of_all_years() -> None:
    names = ("2014/meta_Books_2014.json", "2018/meta_Books_2018.json", "2023/meta_Books.jsonl")
    items = [read(name).items for name in names]
    assert [part.select("item_id", "title", "creators", "categories").rows() for part in items] == [
        [("B1", "Dune", ["Herbert"], ["Books", "Science Fiction"]), ("B2", None, [], ["Books"])],
        [("B2", "Salt Fat Acid Heat", ["Samin Nosrat"], ["Books", "Cooking"])],
        [
            ("B1", "Dune", ["Frank Herbert (Author)"], ["Books", "Science Fiction"]),
            ("B9", "Thing", [], ["Digital"]),
        ],
    ]
    assert items[2]["description"].to_list() == ["A desert planet. f", None]


def test_half_a_surrogate_pair_is_left_out_and_signs_above_it_stay(tmp_path: Path) -> None:
    row = r"{'asin': 'B1', 'title': '夜！🚂', 'brand': '\ud83d', 'categories': [['Books', '\ud83d', '🚂']]}"
    (tmp_path / "meta_x.json").write_text(row + "\n", encoding="utf-8")
    (item,) = read(tmp_path / "meta_x.json").items.rows(named=True)
    assert (item["title"], item["creators"], item["categories"]) == ("夜！🚂", [], ["Books", "🚂"])


def test_a_literal_that_python_itself_refuses_is_a_reject(tmp_path: Path) -> None:
    rows = ["{'asin': 'B1', 'title': 'Dune'}", "{'asin': 'B2', 'title': {[1]}}", "{[]: 'B3'}"]
    (tmp_path / "meta_x.json").write_text("\n".join(rows) + "\n")
    batch = read(tmp_path / "meta_x.json")
    assert (batch.items["item_id"].to_list(), batch.rejects["line"].to_list()) == (["B1"], [2, 3])


def test_one_bad_line_does_not_change_the_others(tmp_path: Path) -> None:
    line = '{"reviewerID":"A%d","asin":"B1","overall":5.0,"unixReviewTime":1252800000}\n'
    text = "".join(line % n for n in range(500))
    (tmp_path / "reviews_x.json").write_text(text + "\n{broken\n" + line % 501)
    batch = joined(list(load_source("amazon_reviews").read(tmp_path / "reviews_x.json")))
    assert batch.events["line"].to_list() == [*range(1, 501), 503]
    assert batch.rejects["line"].to_list() == [502]


def test_other_lines_are_refused(tmp_path: Path) -> None:
    (tmp_path / "reviews_x.json").write_text('{"a": 1}\n')
    with pytest.raises(InputError, match="neither reviews nor products"):
        list(load_source("amazon_reviews").read(tmp_path / "reviews_x.json"))
