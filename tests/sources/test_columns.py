"""What is read column by column is what `make` says row by row, whatever stands in the file."""

import csv
import io
import json
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from contracts.planted_suite import mutated
from isthmus.errors import InputError
from isthmus.sources import Batch, load_source
from isthmus.sources.columns import ColumnSource
from isthmus.sources.records import RecordSource

FIXTURES = Path(__file__).parent / "fixtures"
FILES = {
    "spotify": "Streaming_History_Audio_2024_0.json",
    "listenbrainz": "listens.jsonl",
    "segment": "segment.jsonl",
    "snowplow": "snowplow.jsonl",
    "youtube": "watch-history.json",
    "tiktok": "user_data_tiktok.json",
    "netflix": "ViewingActivity.csv",
}
NASTY: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 12.0, 0.5, 1e22, 10**30, 253402300800, [], [None], [1, "x"], {},
    {"name": "x"}, "", " ", "x", " x ", "N/A", "null", "true", "[1]", "{}", "0", "007", "1e3", "-3.5", "-1",
    "9" * 16, "9" * 40, "2024-01-01T00:00:00Z", "2024-01-01T00:00:60Z", "2024-01-01T25:00:00Z",
    "2024-13-01T00:00:00.5Z", "2024-01-01", "\x1c", "\x00", "\u2028", "三体", "é\n", "😀", "\ud83d",
    "https://www.youtube.com/watch?v=abcdefgh", "https://youtu.be/abcdefgh", "Watched  a video",
    "Dark: Staffel 2: L\u00fcgen", "\u00e9: S\u00c4SONG 3 x: y", ": Season 1: x", " : part 1: x",
    "a: SER\u0131ES 1: x", "a: Book 1:", "Chrome \u0130", "a: \u7b2c\u4e8c\u5b63: x",
    "00:59:60", "10000:00:00", "1:00:00",
    "track", "Order Completed", "purchase", "transaction", "page_view",
)  # fmt: skip
"""What may stand in any place of a row."""


@pytest.fixture(params=FILES)
def source(request: pytest.FixtureRequest) -> ColumnSource:
    more = {"profile": "Mira"} if request.param == "netflix" else {}
    found = load_source(request.param, user_id="mira", **more)
    assert isinstance(found, ColumnSource)
    return found


def fixture_of(source: ColumnSource) -> Path:
    (found,) = FIXTURES.glob(f"{source.name}*/{FILES[source.name]}")
    return found


def tables(batches: list[Batch]) -> tuple[Any, ...]:
    """All that came out, in an order that does not depend on how it was read."""
    left_out: Counter[str] = Counter()
    for batch in batches:
        left_out.update(batch.left_out)
    items = pl.concat([batch.items for batch in batches]).unique("item_id", keep="last", maintain_order=True)
    events, rejects = (pl.concat([getattr(one, name) for one in batches]) for name in ("events", "rejects"))
    return events.rows(), items.sort("item_id").rows(), rejects.sort("line").rows(), left_out


def both(source: ColumnSource, file: Path) -> int:
    """Read both ways, which must end alike; how many events there are."""
    refused = fault_of(lambda: list(RecordSource.read(source, file)))
    assert fault_of(lambda: list(source.read(file))) == refused
    if refused:
        return 0
    by_rows = tables(list(RecordSource.read(source, file)))
    by_columns = tables(list(source.read(file)))
    for of_columns, of_rows in zip(by_columns, by_rows, strict=True):
        assert of_columns == of_rows
    return len(by_rows[0])


def fault_of(read: Callable[[], object]) -> str:
    try:
        read()
    except InputError as error:
        return str(error)
    return ""


def test_fixtures(source: ColumnSource) -> None:
    assert both(source, fixture_of(source)) > 0


def test_mutated_files(source: ColumnSource, tmp_path: Path) -> None:
    content, dice = fixture_of(source).read_bytes(), random.Random(source.name)
    n_read = 0
    for _ in range(80):
        file = tmp_path / FILES[source.name]
        file.write_bytes(mutated(content, dice))
        if not twice(file):
            n_read += both(source, file) > 0
    assert n_read > 10


def twice(file: Path) -> bool:
    """Whether a key stands twice in an object: JSON does not say which of them counts."""
    found = False

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        found = found or len(dict(pairs)) < len(pairs)
        return dict(pairs)

    decoder = json.JSONDecoder(object_pairs_hook=note)
    text = file.read_text(encoding="utf-8", errors="replace")
    for part in [text] if file.suffix == ".json" else text.split("\n"):
        with suppress(ValueError, RecursionError):
            decoder.decode(part)
    return found


def test_anything_anywhere(source: ColumnSource, tmp_path: Path) -> None:
    rows = rows_of(source)
    spoilt = [changed(row, path, value) for row in rows for path in paths_of(row) for value in NASTY]
    random.Random(source.name).shuffle(spoilt)
    file = tmp_path / FILES[source.name]
    for start in range(0, min(len(spoilt), 2_500), 50):
        # Some of the values make polars refuse the block; the others are read by columns.
        some = [row for row in spoilt[start : start + 50] if start % 100 or fits(source, row)]
        if some:
            file.write_text(document(source, some), encoding="utf-8", errors="replace")
            both(source, file)


def rows_of(source: ColumnSource) -> list[Any]:
    """The rows of the fixture."""
    text = fixture_of(source).read_text(encoding="utf-8")
    if file_is_table(source):
        return list(csv.DictReader(io.StringIO(text)))
    if source.name == "tiktok":
        rows = json.loads(text)["Your Activity"]["Watch History"]["VideoList"]
        return [*rows, {"date": "2024-03-01 10:00:00 UTC", "link": rows[0]["Link"], "VideoLink": "x"}]
    whole = json.loads(text) if file_is_array(source) else [json.loads(line) for line in text.splitlines()]
    return list(whole)


def file_is_table(source: ColumnSource) -> bool:
    return FILES[source.name].endswith(".csv")


def file_is_array(source: ColumnSource) -> bool:
    return FILES[source.name].endswith(".json")


def document(source: ColumnSource, rows: list[Any]) -> str:
    """The rows as a file of the source."""
    if file_is_table(source):
        out = io.StringIO()
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()
    if source.name == "tiktok":
        lists = {"Video Browsing History": {"VideoList": rows}, "Like List": {"ItemFavoriteList": rows[:7]}}
        return json.dumps({"Profile": {"VideoList": [1]}, "Activity": lists}, indent=1)
    return (
        json.dumps(rows, indent=1)
        if file_is_array(source)
        else "".join(f"{json.dumps(row)}\n" for row in rows)
    )


def fits(source: ColumnSource, row: dict[str, Any]) -> bool:
    """Whether polars reads this row."""
    if file_is_table(source):
        return True
    text = json.dumps(row)
    if "\\ud83d" in text:
        return False
    try:
        return pl.read_ndjson(text.encode(), schema=source.schema).height == 1
    except pl.exceptions.PolarsError:
        return False


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all values inside."""
    inside: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [found for key, one in inside for found in ((*path, key), *paths_of(one, (*path, key)))]


def changed(row: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The row with another value at one place."""
    copy = json.loads(json.dumps(row))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy
