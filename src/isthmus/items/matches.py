"""Matches that were found, and what people said of them, in a segment store."""

import polars as pl

from isthmus.items.matching import MATCH
from isthmus.storage import SegmentStore, Writer

__all__ = ["CERTAIN", "VERDICT", "Matches"]

CERTAIN = 0.9
"""Matches of at least this confidence are taken for one item; a person's word has a confidence of 1."""

_FOUND, _JUDGED = "matches", "match_verdicts"
_PAIR = ["platform", "item_id", "other_platform", "other_item_id"]

VERDICT = pl.Schema({name: MATCH[name] for name in _PAIR} | {"same": pl.Boolean()})
"""What a person said of a pair, `platform` before `other_platform` in the alphabet."""


class Matches:
    """The matches of a store. What was found is replaced when it is found anew; verdicts stay."""

    def __init__(self, store: SegmentStore) -> None:
        self._store = store

    def replace(self, writer: Writer, found: pl.DataFrame) -> None:
        """Keep `found` (columns of MATCH) in place of what was found before."""
        writer.rewrite(_FOUND, lambda rows: rows.clear())
        writer.append(_FOUND, found.select(list(MATCH)))

    def judge(self, writer: Writer, verdicts: pl.DataFrame) -> int:
        """Add those of `verdicts` (columns of VERDICT) that are new or changed; returns how many."""
        known = _last(writer.scan(_JUDGED, VERDICT)).collect()
        said = verdicts.select(list(VERDICT)).unique(_PAIR, keep="last", maintain_order=True)
        new = said.join(known, on=list(VERDICT), how="anti", maintain_order="left")
        writer.append(_JUDGED, new)
        return new.height

    def verdicts(self) -> pl.DataFrame:
        """The last word on each pair, with the columns of VERDICT."""
        return _last(self._store.scan(_JUDGED, VERDICT)).collect()

    def read(self, least: float = 0.0) -> pl.DataFrame:
        """What holds, of at least the confidence `least`: the columns of MATCH, and `confirmed`.

        A pair that a person called different is not among them, however often it is found; one that a person
        called the same always is, with a confidence of 1 and, where nothing else found it, `how` null.
        """
        verdicts = self.verdicts()
        found = self._store.scan(_FOUND, MATCH).collect()
        judged = found.join(verdicts, on=_PAIR, how="full", coalesce=True, maintain_order="left_right")
        holding = judged.filter(pl.col("same").fill_null(True)).with_columns(
            confirmed=pl.col("same").fill_null(False)
        )
        sure = pl.when("confirmed").then(1.0).otherwise("confidence").alias("confidence")
        held = holding.with_columns(sure).select(*MATCH, "confirmed")
        return held.filter(pl.col("confidence") >= least)


def _last(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.unique(_PAIR, keep="last", maintain_order=True)
