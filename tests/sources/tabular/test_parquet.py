from pathlib import Path

import polars as pl
import pytest

from isthmus.errors import InputError
from isthmus.sources.tabular import LINE, read_table


def test_slices_with_their_rows_and_the_fields_of_structs(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    pl.DataFrame({"a": range(25), "s": [{"x": str(i)} for i in range(25)], "z": 0}).write_parquet(
        file, row_group_size=7
    )
    chunks = list(read_table(file, 10, lambda columns: [name for name in columns if name != "z"]))
    assert [chunk.frame.height for chunk in chunks] == [10, 10, 5]
    frame = pl.concat([chunk.frame for chunk in chunks])
    assert frame.columns == ["a", "s.x", LINE]
    assert frame[LINE].to_list() == list(range(1, 26))
    assert frame["s.x"].to_list() == [str(i) for i in range(25)]


def test_no_rows_still_have_columns(tmp_path: Path) -> None:
    pl.DataFrame(schema={"a": pl.Int64}).write_parquet(tmp_path / "t.parquet")
    (chunk,) = read_table(tmp_path / "t.parquet", 10, lambda columns: columns)
    assert (chunk.frame.columns, chunk.frame.height) == (["a", LINE], 0)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PAR1 and nothing PAR1"])
def test_what_is_no_parquet_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(InputError, match="Parquet"):
        next(read_table(tmp_path / "t.parquet", 10, lambda columns: columns))


def test_other_endings_are_refused(tmp_path: Path) -> None:
    for name in ("t.parquet.gz", "t.xlsx"):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(InputError) as caught:
            read_table(tmp_path / name, 10, lambda columns: columns)
        assert caught.value.hint
