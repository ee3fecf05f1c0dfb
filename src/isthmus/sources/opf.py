"""The metadata file of an e-book (OPF): XML, read without document types or entities; nothing is fetched."""

from pathlib import Path
from typing import Any
from xml.parsers import expat

from isthmus.errors import InputError
from isthmus.sources.tabular.stream import read_text_blocks

__all__ = ["read_opf"]

_MAX_CHARS = 4_000_000
_MAX_DEPTH = 50
_BLOCK_BYTES = 65_536
_SEPARATOR = "\x1f"
_FIELDS = {"title": "title", "date": "pubdate", "publisher": "publisher", "description": "comments"}
_METAS = {"calibre:series": "series", "calibre:rating": "halves", "calibre:timestamp": "timestamp"}


def read_opf(file: Path) -> dict[str, Any]:
    """One book: title, authors and tags (joined by U+001F), uuid, identifiers, languages, times and rating.

    Raises InputError for what is no XML, is larger than 4 MB, nested deeper than 50, or declares a document
    type: only that could define entities.
    """
    reader = _Reader(file)
    # The text is UTF-8 by now, whatever its declaration says.
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.StartElementHandler = reader.open
    parser.EndElementHandler = reader.close
    parser.CharacterDataHandler = reader.add
    parser.StartDoctypeDeclHandler = reader.refuse_doctype
    size = 0
    try:
        for block in read_text_blocks(file, _BLOCK_BYTES):
            size += len(block)
            if size > _MAX_CHARS:
                raise InputError("is larger than 4 MB", "Is it the metadata of a book?", file=str(file))
            parser.Parse(block.encode(), False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise InputError(f"is no XML: {error}", "Get it again.", file=str(file), line=error.lineno) from error
    if not reader.found:
        raise InputError("is no metadata of a book", "Name metadata.opf.", file=str(file))
    return reader.book()


class _Reader:
    """Collects the elements of `metadata`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.found = False
        self.depth = 0
        self.name = ""
        self.scheme = ""
        self.words: list[str] = []
        self.single: dict[str, str] = {}
        self.many: dict[str, list[str]] = {"authors": [], "tags": [], "identifiers": [], "languages": []}

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise InputError("is nested too deeply", "Get it again.", file=str(self.file))
        self.name, self.words = name.rpartition(" ")[2], []
        self.found = self.found or self.name == "metadata"
        self.scheme = next((value for key, value in attributes.items() if key.endswith("scheme")), "")
        if self.name == "meta" and attributes.get("name") in _METAS:
            self.single.setdefault(_METAS[attributes["name"]], attributes.get("content", ""))

    def add(self, words: str) -> None:
        """Words inside an element."""
        self.words.append(words)

    def close(self, _: str) -> None:
        """An element ends: what it said is kept, if it is one of ours."""
        self.depth -= 1
        words = "".join(self.words).strip()
        if not words:
            pass
        elif self.name in _FIELDS:
            self.single.setdefault(_FIELDS[self.name], words)
        elif self.name == "creator":
            self.many["authors"].append(words)
        elif self.name == "subject":
            self.many["tags"].append(words)
        elif self.name == "language":
            self.many["languages"].append(words)
        elif self.name == "identifier":
            self._identify(self.scheme.lower(), words)
        self.words, self.name = [], ""

    def _identify(self, scheme: str, words: str) -> None:
        if scheme == "uuid":
            self.single.setdefault("uuid", words)
        elif scheme:
            self.many["identifiers"].append(f"{scheme}:{words}")

    def book(self) -> dict[str, Any]:
        """The row of the book."""
        halves = self.single.pop("halves", "")
        stars = str(float(halves) / 2) if halves.replace(".", "", 1).isdecimal() and len(halves) < 6 else None
        joined = {name: _SEPARATOR.join(self.many[name]) for name in ("authors", "tags")}
        listed = {name: ",".join(self.many[name]) for name in ("identifiers", "languages")}
        return {**self.single, **joined, **listed, "rating": stars}

    def refuse_doctype(self, *_: object) -> None:
        """Entities are declared in a document type, and a book needs none."""
        raise InputError("declares a document type", "Save it without <!DOCTYPE>.", file=str(self.file))
