import json
import time
from datetime import UTC, datetime

import polars as pl
import pytest

from isthmus.items import check_items
from isthmus.schema import ITEM, REJECT, conform
from isthmus.settings import ImportSettings

SETTINGS = ImportSettings(max_text_chars=100)


def items(**columns):
    n = len(next(iter(columns.values())))
    ids = {"platform": ["p"] * n, "item_id": [str(i) for i in range(n)]}
    return conform(pl.DataFrame({**ids, **columns}), ITEM)


def test_good_rows_pass_unchanged():
    odd = ["a/b c", "🜁", 'it\'s "quoted"', "x,y\nz", "007"]
    frame = items(item_id=odd, title=["t"] * 5, tags=[["x"], [], None, [None], [""]])
    good, rejects, cut = check_items(frame, "items.csv", SETTINGS)
    assert good.equals(frame)
    assert rejects.equals(REJECT.empty())
    assert cut == 0


@pytest.mark.parametrize("empty", [None, "", "  \t"])
@pytest.mark.parametrize("field", ["platform", "item_id"])
def test_a_row_without_an_id_is_rejected_with_its_place(empty, field):
    when = datetime(2020, 1, 2, 3, 4, tzinfo=UTC)
    frame = items(**{field: ["x", empty], "title": ["a", "b"], "published_at": [when, when]})
    good, rejects, _ = check_items(frame, "items.csv", SETTINGS, lines=pl.Series([2, 3]))
    assert good["title"].to_list() == ["a"]
    (row,) = rejects.to_dicts()
    assert (row["file"], row["line"], row["field"], row["reason"]) == ("items.csv", 3, field, "is empty")
    raw = json.loads(row["raw"])
    assert raw["title"] == "b"
    assert raw["published_at"].startswith("2020-01-02")
    assert rejects.schema == REJECT.schema


def test_an_endless_id_is_rejected_and_not_copied_whole():
    _, rejects, _ = check_items(items(item_id=["y" * 1_000_000]), "f", SETTINGS)
    assert "1,000 characters" in rejects["reason"].item()
    assert len(rejects["raw"].item()) < 1_000


def test_long_texts_and_lists_are_cut_and_counted():
    frame = items(
        title=["t" * 101, "t" * 100, "t", "t", "t"],
        description=["d" * 500, None, None, None, None],
        tags=[None, None, ["g" * 200, "h"], [str(i) for i in range(2_000)], None],
        extra=[None, None, None, None, json.dumps({"k": "v" * 200})],
    )
    good, rejects, cut = check_items(frame, "f", SETTINGS)
    assert cut == 4
    assert rejects.height == 0
    assert good["title"].str.len_chars().to_list() == [100, 100, 1, 1, 1]
    assert good["description"][0] == "d" * 100
    assert good["tags"][2].to_list() == ["g" * 100, "h"]
    assert good["tags"][3].len() == 1_000
    assert good["extra"][4] is None


def test_a_title_of_a_million_characters_passes_cheaply():
    started = time.perf_counter()
    good, _, cut = check_items(items(title=["三" * 1_000_000, "x"]), "f", ImportSettings())
    assert good["title"].str.len_chars().to_list() == [20_000, 1]
    assert cut == 1
    assert time.perf_counter() - started < 1


def test_an_empty_file_is_fine():
    good, rejects, cut = check_items(ITEM.empty(), "f", SETTINGS)
    assert (good.height, rejects.height, cut) == (0, 0, 0)
