"""MovieLens: the published data sets (many people), and the ratings a person exports from movielens.org."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from isthmus.errors import InputError
from isthmus.schema import EVENT, ITEM
from isthmus.sources.base import BATCH_ROWS, Batch, make_batch, reject
from isthmus.sources.cells import Filled, fill
from isthmus.sources.mapping import Cell
from isthmus.sources.paths import find_files
from isthmus.sources.tabular import LINE, Chunk, read_delimited

__all__ = ["MovieLensSource"]

_RATINGS = ("userId", "movieId", "rating", "timestamp")
_MOVIES = ("movieId", "title", "genres")
_LINKS = ("movieId", "imdbId", "tmdbId")
_OWN = ("movie_id", "rating", "title")
_YEAR = r"\s*\((\d{4})(?:[-–]\d{0,4})?\)\s*$"
_ARTICLE = (
    r"(?i)^(.+?), (the|an?|l[ae]s?|l'|das|der|die|den|det|el|los|las|il|un[ae]?|une|o|os|as)( \(.*\))?$"
)


class MovieLensSource:
    """Ratings as `rate` (0.5 to 5) of the people of the file, and the films with their years and genres.

    `user_id` names the one person of an export from movielens.org; of a data set it renames the person that
    `profile` (a userId of the file) chooses, and no other is read.
    """

    name = "movielens"
    patterns = (
        "ratings*.csv", "ratings*.csv.gz", "movies*.csv", "movies*.csv.gz", "links.csv", "movielens*.csv",
    )  # fmt: skip
    advice = "grouplens.org/datasets/movielens, or movielens.org: Account, Export ratings."
    marks = (("userId,movieId,rating",), ("movieId,title,genres",), ("movie_id,imdb_id,tmdb_id,rating",))

    def __init__(
        self, *, user_id: str = "", platform: str = "", profile: str = "", batch_rows: int = BATCH_ROWS
    ) -> None:
        self.user_id = user_id
        self.platform = platform or self.name
        self.profile = profile
        self.batch_rows = batch_rows

    def files(self, paths: Sequence[Path]) -> list[Path]:
        """The files of a data set or export below `paths`; one named outright is taken whatever its name."""
        return find_files(paths, self.patterns, self.advice)

    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of ratings or films. InputError where the columns are not those of MovieLens."""

        def choose(columns: Sequence[str]) -> Sequence[str]:
            for known in (_RATINGS, _MOVIES, _LINKS):
                if set(known) <= set(columns):
                    return known
            if set(_OWN) <= set(columns):
                return [*_OWN, *(name for name in ("imdb_id", "tmdb_id") if name in columns)]
            raise InputError("has not the columns of a MovieLens file", self.advice, file=str(file), line=1)

        found = False
        for chunk in read_delimited(file, self.batch_rows, choose):
            batch = self._batch(file, chunk)
            found = (
                found or not self.profile or batch.events.height > 0 or "userId" not in chunk.frame.columns
            )
            yield batch
        if not found:
            raise InputError(f"no person has the userId {self.profile!r}", "See --profile.", file=str(file))

    def _batch(self, file: Path, chunk: Chunk) -> Batch:
        rejects = [self._reject(file, one.line, one.reason) for one in chunk.broken]
        columns = chunk.frame.columns
        left_out: dict[str, int] = {}
        frame = chunk.frame
        if "userId" in columns and self.profile:
            frame = frame.filter(pl.col("userId") == self.profile)
            left_out = {"of other people": chunk.frame.height - frame.height}
        events = items = None
        if "rating" in columns:
            filled = fill(frame, self._event_cells(file, columns), EVENT, {}, ("item_id", "value"))
            rejects += self._faults(file, frame, filled)
            events, more = self._within_scale(file, filled.frame)
            rejects += more
        if "title" in columns or "imdbId" in columns:
            items = self._films(
                frame
                if events is None
                else frame.join(
                    events.select("line"), left_on=LINE, right_on="line", how="semi", maintain_order="left"
                )
            )
        left_out = {why: count for why, count in left_out.items() if count}
        return make_batch(events=events, items=items, rejects=rejects, left_out=left_out)

    def _event_cells(self, file: Path, columns: Sequence[str]) -> dict[str, Cell]:
        """What becomes of the columns; whose ratings they are is checked here."""
        fixed = {
            "platform": Cell(value=self.platform),
            "kind": Cell(value="rate"),
            "unit": Cell(value="rating"),
        }
        own = "userId" not in columns
        if own and not self.user_id:
            hint = "Name the person: --user ID."
            raise InputError("does not say whose it is", hint, file=str(file), field="user_id")
        if not own and self.user_id and not self.profile:
            hint = "Choose one with --profile USERID, or leave out --user to read all under their own ids."
            raise InputError("may hold the ratings of several people", hint, file=str(file))
        who = Cell(value=self.user_id) if self.user_id else Cell("userId")
        item, value = Cell("movie_id" if own else "movieId"), Cell("rating")
        when = {} if own else {"occurred_at": Cell("timestamp", unit="s")}
        return {**fixed, "user_id": who, "item_id": item, "value": value, **when}

    def _within_scale(self, file: Path, events: pl.DataFrame) -> tuple[pl.DataFrame, list[dict[str, object]]]:
        good = events["value"].is_between(0.5, 5)
        wrong = events.filter(~good)
        reason = "is no rating of 0.5 to 5"
        rejects = [self._reject(file, line, reason, "rating") for line in wrong["line"].to_list()]
        return events.filter(good), rejects

    def _films(self, frame: pl.DataFrame) -> pl.DataFrame:
        id_column = "movieId" if "movieId" in frame.columns else "movie_id"
        known = frame.filter(pl.col(id_column).str.strip_chars() != "").with_columns(
            pl.lit(self.platform).alias("platform"),
            pl.col(id_column).str.strip_chars().alias("item_id"),
            pl.lit(False).alias("hidden"),
            pl.lit(["film"]).alias("categories"),
        )
        made = known.with_columns(*_titles(known.columns), *_ids(known.columns))
        kept = [name for name in made.columns if name in ITEM.columns]
        return made.select(kept).unique("item_id", keep="first", maintain_order=True)

    def _faults(self, file: Path, frame: pl.DataFrame, filled: Filled) -> list[dict[str, object]]:
        return [
            self._reject(file, frame[LINE][fault.row], fault.reason, fault.field) for fault in filled.faults
        ]

    def _reject(self, file: Path, line: int, reason: str, field: str | None = None) -> dict[str, object]:
        return reject(file, line, reason, field=field, platform=self.platform, user_id=self.user_id or None)


def _titles(columns: Sequence[str]) -> list[pl.Expr]:
    """`Matrix, The (1999)` is The Matrix of 1999."""
    if "title" not in columns:
        return []
    year = pl.col("title").str.extract(_YEAR, 1)
    name = pl.col("title").str.replace(_YEAR, "").str.replace(_ARTICLE, "${2} ${1}${3}")
    name = name.str.replace(r"(?i)^(l') ", "${1}").str.strip_chars()
    when = (year + "-01-01").str.to_datetime("%Y-%m-%d", time_unit="us", time_zone="UTC", strict=False)
    made = [pl.when(name != "").then(name).alias("title"), when.alias("published_at")]
    if "genres" in columns:
        genres = (
            pl.col("genres")
            .str.split("|")
            .list.eval(pl.element().filter((pl.element() != "") & ~pl.element().str.starts_with("(")))
        )
        made.append(pl.concat_list(pl.lit(["film"]), genres).alias("categories"))
    return made


def _ids(columns: Sequence[str]) -> list[pl.Expr]:
    """The ids of other catalogues, as `extra`."""
    imdb = next((name for name in ("imdbId", "imdb_id") if name in columns), None)
    tmdb = next((name for name in ("tmdbId", "tmdb_id") if name in columns), None)
    if imdb is None:
        return []
    number = pl.col(imdb).str.extract(r"^(?:tt)?(\d{1,10})$", 1)
    parts = [pl.when(number.is_not_null()).then(pl.format('"imdb": "tt{}"', number.str.zfill(7)))]
    if tmdb is not None:
        known = pl.col(tmdb).str.contains(r"^\d{1,10}$")
        parts.append(pl.when(known).then(pl.format('"tmdb": "{}"', pl.col(tmdb))))
    both = pl.concat_str(parts, separator=", ", ignore_nulls=True)
    return [pl.concat_str(pl.lit("{"), both, pl.lit("}")).alias("extra")]
