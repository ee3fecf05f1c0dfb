"""A database: the rows of a query through SQLAlchemy, with a mapping or with columns that bear our names."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from isthmus.errors import InputError, MissingExtraError
from isthmus.sources.base import BATCH_ROWS, Batch
from isthmus.sources.mapped import Plan
from isthmus.sources.mapping import TableMapping, load_mapping
from isthmus.sources.paths import find_files
from isthmus.sources.tabular import LINE, Chunk
from isthmus.sources.tabular.stream import read_text

__all__ = ["SqlSource"]

_URL_HELP = (
    "Give the address of the database: --url sqlite:///shop.db, or ISTHMUS_SQL_URL in the environment."
)


class SqlSource:
    """Runs the query of each `.sql` file on the database at `url` and reads its rows as a table.

    The address may come from ISTHMUS_SQL_URL, so that its password stands in no history of commands.
    """

    name = "sql"
    patterns = ("*.sql",)

    def __init__(
        self,
        *,
        url: str = "",
        mapping: Path | str | None = None,
        user_id: str = "",
        platform: str = "",
        batch_rows: int = BATCH_ROWS,
    ) -> None:
        self.url = url
        self.platform = platform
        self.user_id = user_id
        self.batch_rows = batch_rows
        self.mapping = None if mapping is None else load_mapping(Path(mapping))

    def files(self, paths: Sequence[Path]) -> list[Path]:
        """The files of queries below `paths`. InputError where there is none."""
        return find_files(paths, self.patterns, "Write the query into a file that ends in .sql.")

    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of at most `batch_rows` rows; LINE is the number of the row, from 1.

        Raises MissingExtraError without SQLAlchemy or the driver of the database, InputError where the
        database cannot be reached or refuses the query, MappingError where it gives no mapped column.
        """
        plan = Plan(file, self._mapping_for, tells_ignored=self.mapping is None)
        for nth, chunk in enumerate(self._chunks(file, plan)):
            yield plan.batch(chunk, ignored=() if nth else plan.ignored)

    def _mapping_for(self, columns: Sequence[str]) -> TableMapping:
        mapping = self.mapping or TableMapping.natural(columns, None, "user_id" if self.user_id else "")
        return mapping.with_constants(platform=self.platform, user_id=self.user_id)

    def _chunks(self, file: Path, plan: Plan) -> Iterator[Chunk]:
        try:
            import sqlalchemy as sa
        except ModuleNotFoundError as error:
            raise MissingExtraError("The source sql", "sql") from error
        query = read_text(file).strip().rstrip(";")
        engine = self._engine(sa)
        try:
            with engine.connect().execution_options(stream_results=True) as connection:
                result = connection.execute(sa.text(query))
                if not result.returns_rows:
                    raise InputError("is a statement that gives no rows", "Write a SELECT.", file=str(file))
                names = list(result.keys())
                chosen = plan.choose(names)
                yield _chunk([], names, chosen, 1)
                for nth, rows in enumerate(result.partitions(self.batch_rows)):
                    yield _chunk(rows, names, chosen, nth * self.batch_rows + 1)
        except sa.exc.SQLAlchemyError as error:
            # The text of the database may repeat the address; only its own words are told.
            said = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
            raise InputError(f"the database refused: {said[:300]}", _URL_HELP, file=str(file)) from error
        finally:
            engine.dispose()

    def _engine(self, sa: Any) -> Any:
        url = self.url or os.environ.get("ISTHMUS_SQL_URL", "")
        if not url:
            raise InputError("no database was named", _URL_HELP, field="url")
        try:
            return sa.create_engine(url)
        except sa.exc.ArgumentError as error:
            raise InputError("this is no address of a database", _URL_HELP, field="url") from error
        except (ModuleNotFoundError, sa.exc.NoSuchModuleError) as error:
            driver = getattr(error, "name", "") or str(error)
            raise InputError(
                f"the driver of this database is not installed: {driver}",
                "Install it beside Isthmus: psycopg for postgresql+psycopg://, PyMySQL for mysql+pymysql://.",
                field="url",
            ) from error


def _chunk(rows: Sequence[Any], names: Sequence[str], chosen: Sequence[str], first: int) -> Chunk:
    columns = [_series(name, [row[at] for row in rows]) for at, name in enumerate(names) if name in chosen]
    lines = pl.Series(LINE, range(first, first + len(rows)), dtype=pl.Int64)
    return Chunk(pl.DataFrame([*columns, lines]))


def _series(name: str, values: list[Any]) -> pl.Series:
    """A column in the type of its values; text where they have several, or one that polars does not know."""
    try:
        series = pl.Series(name, values, strict=True)
        plain = not isinstance(series.dtype, pl.Object | pl.Binary | pl.Null | pl.Decimal)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        plain = False
    if plain:
        return series
    return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
