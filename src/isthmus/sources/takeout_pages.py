"""The HTML form of Google Takeout activity, read block by block as rows like those of the JSON form."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.tabular import JsonRow
from isthmus.sources.tabular.stream import read_text_blocks

__all__ = ["read_activity_page"]

_BLOCK_BYTES = 65_536
_MAX_PENDING = 300_000
_MAX_PARTS = 200
_MAX_CHARS = 20_000


def read_activity_page(file: Path) -> Iterator[JsonRow]:
    """The cells of an activity page with their lines, as they are asked for.

    A row has `header`, `title` (the words of the first link, or all words), `titleUrl`, `subtitles` (the
    names of further links), `written` (the time as it is written) and `details`. Only the parser of the
    standard library sees the page: nothing is fetched, no entity stands for more than one sign.
    Raises InputError where the page holds no cell, or markup that never ends.
    """
    page, found = _Page(), False
    try:
        for block in read_text_blocks(file, _BLOCK_BYTES):
            page.feed(block)
            if len(page.rawdata) > _MAX_PENDING:
                raise InputError("holds markup that does not end", "Get it again.", file=str(file))
            found = found or bool(page.rows)
            yield from page.take()
    except AssertionError as error:  # how the parser says that it cannot go on behind a broken declaration
        line = page.getpos()[0]
        raise InputError("holds a broken declaration", "Get it again.", file=str(file), line=line) from error
    page.finish()
    if not found and not page.rows:
        raise InputError("holds no activity", "Is it a history page of Takeout?", file=str(file))
    yield from page.take()


class _Page(HTMLParser):
    """Collects finished cells."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[JsonRow] = []
        self.cell: _Cell | None = None

    def take(self) -> list[JsonRow]:
        """The rows finished so far, once."""
        rows, self.rows = self.rows, []
        return rows

    def finish(self) -> None:
        """The cell that is open, if any, ends here."""
        if self.cell is not None:
            self.rows.append((self.cell.line, self.cell.row()))
        self.cell = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        if tag == "div" and "outer-cell" in classes:
            self.finish()
            self.cell = _Cell(self.getpos()[0])
        elif self.cell is None:
            return
        elif tag == "div":
            self.cell.turn_to(classes)
        elif tag == "a":
            self.cell.open_link(given.get("href") or "")
        elif tag == "br":
            self.cell.add("\n")

    def handle_endtag(self, tag: str) -> None:
        if self.cell is not None and tag == "a":
            self.cell.link = None

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.add(data)


class _Cell:
    """One activity as it is read."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.section = ""
        self.texts: dict[str, list[str]] = {"header": [], "body": [], "caption": []}
        self.links: list[tuple[str, list[str]]] = []
        self.link: list[str] | None = None

    def turn_to(self, classes: list[str]) -> None:
        """Which part of the cell begins."""
        self.link = None
        if "header-cell" in classes:
            self.section = "header"
        elif "mdl-typography--caption" in classes:
            self.section = "caption"
        elif "content-cell" in classes:
            self.section = "" if "mdl-typography--text-right" in classes else "body"

    def open_link(self, href: str) -> None:
        """A link in the body begins."""
        if self.section == "body" and len(self.links) < _MAX_PARTS:
            self.link = []
            self.links.append((href, self.link))

    def add(self, words: str) -> None:
        """Words, where they stand; of a monstrous cell only the beginning."""
        parts = self.link if self.link is not None else self.texts.get(self.section)
        if parts is not None and len(parts) < _MAX_PARTS:
            parts.append(words[:_MAX_CHARS])

    def row(self) -> dict[str, Any]:
        """The activity in the fields of the JSON form."""
        lines = [" ".join(line.split()) for line in "".join(self.texts["body"]).split("\n")]
        said = [line for line in lines if line]
        links = [(href, " ".join("".join(words).split())) for href, words in self.links]
        # Values stand behind a wide space below their bold names; an advertisement says who it is from.
        values = [line for line in "".join(self.texts["caption"]).split("\n") if line.startswith("\u2003")]
        named = [value.strip() for value in values if len(value) < 60]
        return {
            "header": " ".join("".join(self.texts["header"]).split()),
            "title": links[0][1] if links else (said[0] if said else ""),
            "titleUrl": links[0][0] if links else "",
            "subtitles": [{"name": name, "url": href} for href, name in links[1:]],
            "written": said[-1] if said else "",
            "details": [{"name": name} for name in named if "Google" in name],
        }
