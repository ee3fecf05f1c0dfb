from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.export_suite import ExportSuite, appended
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import load_source, recbole

FOLDER = Path(__file__).parent / "fixtures" / "recbole"


class TestRecBole(ExportSuite):
    name = "recbole"
    fixture = FOLDER / "ml.inter"
    other_fixtures = (FOLDER / "ml.item",)
    options: ClassVar[dict[str, Any]] = {}
    personal = False

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad = ["1\t2\tgood\t1\t203.0.113.7\t\t\t", "1\t2"]
        return appended(text, bad)

    def test_ids_are_there_and_items_describe_them(self) -> None:
        batch = self.read(self.fixture)  # items have a file of their own
        assert batch.events.select("user_id", "item_id", "kind").null_count().sum_horizontal()[0] == 0
        assert batch.items.is_empty()


def read(name: str, **options: Any) -> Any:
    return joined(list(load_source("recbole", **options).read(FOLDER / name)))


def test_interactions_and_items() -> None:
    events = read("ml.inter", platform="films").events
    assert events.select("platform", "user_id", "item_id", "kind", "value").rows() == [
        ("films", "196", "242", "rate", 3.0),
        ("films", "186", "302", "rate", 3.5),
        ("films", "196", "302", "rate", 5.0),
    ]
    assert events["occurred_at"][1] == datetime(1998, 4, 4, 19, 22, 22, tzinfo=UTC)
    items = read("ml.item").items
    assert items.select("title", "categories").rows() == [
        ("Kolya", ["Comedy"]),
        ("L.A. Confidential", ["Crime", "Film-Noir", "Mystery"]),
    ]


def test_without_a_rating_it_is_a_view(tmp_path: Path) -> None:
    (tmp_path / "x.inter").write_text("user_id:token\titem_id:token\n1\t2\n")
    events = next(load_source("recbole").read(tmp_path / "x.inter")).events
    assert events.select("kind", "value").rows() == [("view", None)]


def test_another_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.inter").write_text("a\tb\n1\t2\n")
    with pytest.raises(InputError, match="item_id:token"):
        list(load_source("recbole").read(tmp_path / "x.inter"))


TIMES = (
    "1419736161.4",
    "1419736161",
    "12345678.0",
    "-5",
    "1e12",
    "nan",
    "soon",
    "",
    " 1419736161 ",
    "0",
    "2.5e9",
)


@given(
    cells=st.lists(st.sampled_from(TIMES) | st.sampled_from(TIMES[:2]), max_size=5),
    rating=st.sampled_from(["4.5", "good"]),
)
def test_times_read_at_once_give_the_same(
    cells: list[str], rating: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("recbole") / "x.inter"
    header = "user_id:token\titem_id:token\trating:float\ttimestamp:float"
    file.write_text("\n".join([header, *(f"1\t2\t{rating}\t{cell}" for cell in cells)]))
    quick = joined(list(load_source("recbole").read(file)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recbole, "_SURE", (1.0, 0.0))  # no number is surely a time
        slow = joined(list(load_source("recbole").read(file)))
    assert quick.events.equals(slow.events)
    assert quick.rejects.equals(slow.rejects)
