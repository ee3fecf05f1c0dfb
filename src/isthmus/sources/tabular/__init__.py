"""Readers of tables: CSV, TSV, JSON lines, a JSON array and Parquet become frames with true line numbers."""

from collections.abc import Iterator
from pathlib import Path

from isthmus.errors import InputError
from isthmus.sources.tabular.chunk import LINE, Broken, Choose, Chunk
from isthmus.sources.tabular.delimited import read_delimited
from isthmus.sources.tabular.json_blocks import read_json_lines
from isthmus.sources.tabular.json_columns import JsonBlock, blocks_of, read_json_columns
from isthmus.sources.tabular.json_part_columns import read_part_columns
from isthmus.sources.tabular.json_records import JsonPart, JsonPath, iter_json_parts, iter_json_records
from isthmus.sources.tabular.json_rows import (
    JsonRow,
    parse_array,
    read_json_array,
    read_json_objects,
    read_json_rows,
)
from isthmus.sources.tabular.parquet import read_parquet

__all__ = [
    "LINE",
    "PATTERNS",
    "Broken",
    "Choose",
    "Chunk",
    "JsonBlock",
    "JsonPart",
    "JsonPath",
    "JsonRow",
    "blocks_of",
    "iter_json_parts",
    "iter_json_records",
    "parse_array",
    "read_delimited",
    "read_json_array",
    "read_json_columns",
    "read_json_lines",
    "read_json_objects",
    "read_json_rows",
    "read_part_columns",
    "read_table",
]

_DELIMITED = (".csv", ".tsv", ".tab", ".txt")
_JSON = (".json", ".jsonl", ".ndjson")
_PARQUET = (".parquet", ".pq")
PATTERNS = (
    *(f"*{end}{zip_}" for end in _DELIMITED + _JSON for zip_ in ("", ".gz")),
    *(f"*{e}" for e in _PARQUET),
)
"""Names of the files that `read_table` reads."""


def read_table(file: Path, batch_rows: int, choose: Choose) -> Iterator[Chunk]:
    """Chunks of at most `batch_rows` rows of `file`, its format told by its name; at least one, maybe empty.

    `choose` is given the columns once they are known and answers with those to read. Raises InputError for a
    file that is absent, empty, of an unknown format or not what its name says.
    """
    name = file.name.lower().removesuffix(".gz")
    if name.endswith(_DELIMITED):
        return read_delimited(file, batch_rows, choose)
    if name.endswith(_JSON):
        return read_json_rows(file, batch_rows, choose)
    if name.endswith(_PARQUET) and not file.name.lower().endswith(".gz"):
        return read_parquet(file, batch_rows, choose)
    if name.endswith(_PARQUET):
        raise InputError(
            "Parquet inside gzip is not read", "Unpack it: Parquet is compressed inside.", file=str(file)
        )
    raise InputError(
        f"no table is known by the ending {file.suffix or 'of this file'}",
        f"Known endings: {' '.join(_DELIMITED + _JSON)} (each also .gz) {' '.join(_PARQUET)}.",
        file=str(file),
    )
