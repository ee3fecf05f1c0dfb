"""Who is meant: from what a person typed to accounts and pseudonyms, and back again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from isthmus.errors import InputError
from isthmus.pipeline.workspace import Workspace

__all__ = ["Person", "all_people", "find_people", "find_person", "read_names"]


@dataclass(frozen=True)
class Person:
    """One person and everything they are known by."""

    name: str
    """As it was asked for."""
    key: str
    """Under which `Dataset.users` knows them; "" where nobody of this name ever came in."""
    names: tuple[str, ...]
    """What links call them."""
    accounts: pl.DataFrame
    """`platform`, `user_id` as they came in, and `pseudonym`."""
    pseudonyms: pl.Series
    """Of the accounts and of the person."""

    @property
    def is_known(self) -> bool:
        """Whether anything of them ever came in."""
        return self.key != ""


def find_people(workspace: Workspace, names: Sequence[str]) -> pl.DataFrame:
    """`name` as asked for, in that order, and `key`, under which `Dataset.users` knows them (null: unknown).

    A name is `platform:user_id` of an account, or what links call a person; or the bare `user_id` where all
    accounts with it are the same person's.
    """
    asked = pl.DataFrame({"name": pl.Series(list(names), dtype=pl.String)})
    labels = _labels(workspace)
    found = asked.join(labels, on="name", how="left", maintain_order="left")
    if found["key"].null_count() == 0:
        return found
    bare = _bare(_accounts(workspace)).rename({"key": "bare"})
    found = found.join(bare, on="name", how="left", maintain_order="left")
    return found.select("name", key=pl.coalesce("key", "bare"))


def find_person(workspace: Workspace, name: str) -> Person:
    """The person called `name`; with `key` "" where nobody is."""
    key = find_people(workspace, [name])["key"].item()
    vault = workspace.identities.read()
    links = workspace.links.read()
    codes = links.filter(pl.col("person") == key)["user_id"] if key else pl.Series([], dtype=pl.String)
    if key and codes.is_empty():
        codes = pl.Series([key.rpartition(":")[2]])  # an account nobody linked, or a person without accounts
    mine = vault.filter(pl.col("pseudonym").is_in(pl.concat([codes, pl.Series([key or ""])]).implode()))
    return Person(
        name,
        key or "",
        tuple(mine["person"].drop_nulls()),
        mine.filter(pl.col("user_id").is_not_null()).select("platform", "user_id", "pseudonym"),
        mine["pseudonym"],
    )


def all_people(workspace: Workspace, keys: Sequence[str]) -> dict[str, str]:
    """What to call the people of these keys of `Dataset.users`, in alphabetical order, and their keys.

    A linked person is called by name, anybody else `platform:user_id`.
    """
    labels = _labels(workspace).unique("key", keep="last")  # names come last
    asked = pl.DataFrame({"key": pl.Series(list(keys), dtype=pl.String)})
    found = asked.join(labels, on="key", how="left").with_columns(pl.coalesce("name", "key")).sort("name")
    return dict(zip(found["name"].to_list(), found["key"].to_list(), strict=True))


def read_names(file: Path) -> list[str]:
    """The names in a text file, one a line, each once, in order; blank lines are skipped.

    Raises InputError where it cannot be read or names nobody.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "is not UTF-8 text", "Save it as UTF-8, one person a line.", file=str(file)
        ) from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(file)) from error
    names = list(dict.fromkeys(line.removesuffix("\r") for line in text.split("\n") if line.strip()))
    if not names:
        raise InputError("names nobody", "One platform:id or linked person a line.", file=str(file))
    return names


def _labels(workspace: Workspace) -> pl.DataFrame:
    """Every `name` a person may be asked for by, once, and their `key`; accounts before names."""
    accounts, vault = _accounts(workspace), workspace.identities.read()
    return pl.concat([
        accounts.select(name=pl.concat_str("platform", "user_id", separator=":"), key="key"),
        vault.filter(pl.col("person").is_not_null()).select(name="person", key="pseudonym"),
    ]).unique("name", keep="first", maintain_order=True)  # fmt: skip


def _accounts(workspace: Workspace) -> pl.DataFrame:
    """`platform` and `user_id` of every account that came in, and the `key` of whose it is."""
    vault, links = workspace.identities.read(), workspace.links.read()
    persons = links.select("person", pseudonym="user_id")
    accounts = vault.filter(pl.col("user_id").is_not_null()).join(
        persons, on="pseudonym", how="left", suffix="_"
    )
    alone = pl.concat_str("platform", "pseudonym", separator=":")
    return accounts.select("platform", "user_id", key=pl.coalesce("person_", alone))


def _bare(accounts: pl.DataFrame) -> pl.DataFrame:
    """`name`, a user id without its platform, and `key`; ids that several people have are left out."""
    ids = accounts.select("key", name="user_id").unique()
    return ids.filter(pl.len().over("name") == 1)
