"""Columns that say the same in every row, which need to be looked at once."""

import polars as pl

__all__ = ["with_constants"]


def with_constants(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows, where a column of one value (or of nulls) is held once: what is asked of it is free.

    It stays so in expressions; a column taken out of the frame is whole again.
    """
    if frame.height < 2:
        return frame
    plain = (name for name, dtype in frame.schema.items() if not dtype.is_nested())
    return frame.with_columns(
        pl.lit(frame[name][0], dtype=frame.schema[name]).alias(name)
        for name in plain
        if _is_constant(frame[name])
    )


def _is_constant(column: pl.Series) -> bool:
    if column[0] != column[-1]:  # most columns that vary are told by their ends
        return False
    return bool(column.eq_missing(column.head(1)).all())
