from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.export_suite import ExportSuite, appended
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import gorse, load_source

FOLDER = Path(__file__).parent / "fixtures" / "gorse"


class TestGorse(ExportSuite):
    name = "gorse"
    fixture = FOLDER / "feedback.csv"
    other_fixtures = (
        FOLDER / "items.csv",
        FOLDER / "api/feedback.jsonl",
    )
    options: ClassVar[dict[str, Any]] = {}
    personal = False

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad = ["star,mira,x,the day before,203.0.113.7,,,", "star,mira"]
        return appended(text, bad)

    def test_ids_are_there_and_items_describe_them(self) -> None:
        batch = self.read(self.fixture)  # items have a file of their own
        assert batch.events.select("user_id", "item_id", "kind").null_count().sum_horizontal()[0] == 0
        assert batch.items.is_empty()


def read(name: str, **options: Any) -> Any:
    return joined(list(load_source("gorse", **options).read(FOLDER / name)))


def test_feedback_and_items() -> None:
    events = read("feedback.csv").events
    assert events.select("user_id", "kind", "item_id").rows() == [
        ("mira", "like", "python/cpython"),
        ("mira", "view", "rust-lang/rust"),
        ("jonas", "view", "python/cpython"),
        ("jonas", "purchase", "golang/go"),
    ]
    assert events["occurred_at"].to_list()[:3] == [
        datetime(2022, 3, 2, 21, 14, 7, tzinfo=UTC),
        None,
        datetime(2022, 3, 2, 21, 0, tzinfo=UTC),
    ]
    assert read("api/feedback.jsonl").events["kind"].to_list() == ["like"]
    items = read("items.csv").items
    assert items.select("title", "categories", "tags", "hidden").rows() == [
        ("The Python programming language", ["python", "language"], ["interpreter", "c"], False),
        ("The Go programming language", None, None, True),
    ]


def test_another_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "feedback.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="neither feedback nor items"):
        list(load_source("gorse").read(tmp_path / "feedback.csv"))


ROWS = (
    "a,false,c,2020-01-02 03:04:05 +0000 UTC,,",
    "b,perhaps,c,2020-01-02 03:04:05 +0000 UTC,,",
    "c,true,c,0001-01-01 00:00:00 +0000 UTC,,",
    "d,true,c,2020-01-02 03:04:05 +0200 CEST,,",
    "e,true,c,2020-01-0203:04:05+0000 UTC,,",
    "f,true,c,2020-02-30 03:04:05 +0000 UTC,,",
    "g,true,c, 2020-01-02 3:04:05  +0000 UTC,,",
    "h,true,c,,,",
)


@given(rows=st.lists(st.sampled_from(ROWS) | st.sampled_from(ROWS[:2]), max_size=5))
def test_times_read_at_once_give_the_same(rows: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("gorse") / "items.csv"
    file.write_text("\n".join(["item_id,is_hidden,categories,time_stamp,labels,description", *rows]))
    quick = joined(list(load_source("gorse").read(file)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gorse, "_UTC", "never")  # no time is in the usual form
        slow = joined(list(load_source("gorse").read(file)))
    assert quick.items.equals(slow.items)
    assert quick.rejects.equals(slow.rejects)
