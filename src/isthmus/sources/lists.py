"""Lists in the forms tables write them: JSON, Python literals, or parts with a sign between them."""

import ast
import json
from collections.abc import Iterator
from typing import Any

import polars as pl

__all__ = ["parse_list", "parse_lists"]

_TEXTS = pl.List(pl.String())
_MAX_LITERAL_CHARS = 1_000_000
_ODD = r"[\[(;|\x1c-\x1f]"
"""Signs of a list, and the spaces that only Python takes for such."""


def parse_lists(column: pl.Series, *, split: str | None = None, strict: bool = False) -> pl.Series:
    """Each cell as a list of texts without empty parts; null where it is empty, or is no list and `strict`.

    Columns that hold lists already keep them. Text is split at `split`, or read by `parse_list`.
    """
    if column.dtype == pl.List(pl.List(pl.String)):
        column = column.list.eval(pl.element().explode())
    if isinstance(column.dtype, pl.List | pl.Array):
        return _tidy(column.cast(_TEXTS))
    text = column.cast(pl.String)
    if split is not None:
        return _tidy(text.str.split(split))
    if strict:
        return _parse_distinct(text, strict=True)
    # A text without the signs of a list is its own only part, and no Python has to look at it.
    odd = text.str.contains(_ODD) | (text.str.strip_chars() == "")
    plain = pl.when(pl.first().is_not_null()).then(pl.concat_list(pl.first().str.strip_chars()))
    made = text.to_frame().select(plain.alias(column.name)).to_series()
    if not odd.any():
        return made
    kept = odd.fill_null(value=False)
    return _parse_distinct(text.set(~kept, None), strict=False).zip_with(kept, made)


def _parse_distinct(text: pl.Series, *, strict: bool) -> pl.Series:
    """Each text by itself, but equal ones once."""
    distinct = text.drop_nulls().unique()
    parts = pl.Series([parse_list(one, strict=strict) for one in distinct], dtype=_TEXTS)
    parsed = pl.DataFrame({"text": distinct, "parts": parts})
    joined = text.alias("text").to_frame().join(parsed, on="text", how="left", maintain_order="left")
    return joined["parts"].alias(text.name)


def parse_list(text: str, *, strict: bool = False) -> list[str] | None:
    """The parts of `text`: a JSON list, a Python literal, or (not `strict`) parts between `;` or `|`."""
    text = text.strip()
    if text.startswith(("[", "(")) and (parsed := _parse_literal(text)) is not None:
        return list(dict.fromkeys(_flatten(parsed)))
    if strict:
        return None
    sign = next((sign for sign in ";|" if sign in text), None)
    parts = (part.strip() for part in text.split(sign)) if sign else iter([text])
    return [part for part in parts if part]


def _parse_literal(text: str) -> list[Any] | None:
    """`literal_eval` builds constants only, never calls anything; the length keeps its parser small."""
    if len(text) > _MAX_LITERAL_CHARS:
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            parsed = read(text)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(parsed, list | tuple):
            return list(parsed)
    return None


def _flatten(parts: list[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, list | tuple):
            yield from _flatten(list(part))
        elif part is not None and str(part).strip() and _is_text(str(part)):
            yield str(part).strip()


def _is_text(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _tidy(lists: pl.Series) -> pl.Series:
    part = pl.element().str.strip_chars()
    return lists.list.eval(part.filter(part != ""))
