"""The words of a piece of HTML, for titles and descriptions."""

import html
import re

__all__ = ["plain_text"]

_MAX_CHARS = 200_000
# A tag ends at the next bracket of either kind, so that no markup, however broken, is looked at twice.
_PIECE = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20}|[!?])[^<>]*>|[^<]+|<")
_BREAKS = frozenset({"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "blockquote"})
_UNSEEN = frozenset({"script", "style", "head", "title"})


def plain_text(markup: str) -> str:
    """The words a reader would see, with single spaces; of more than 200,000 signs the first.

    Takes time in proportion to the length. Nothing is fetched, and an entity is a single sign.
    """
    markup = markup[:_MAX_CHARS]
    if "<" in markup:
        markup = "".join(_words(_without_comments(markup)))
    return " ".join(html.unescape(markup).split())


def _without_comments(markup: str) -> str:
    before, *rest = markup.split("<!--")
    return before + "".join(part.partition("-->")[2] for part in rest)


def _words(markup: str) -> list[str]:
    """The text between the tags, outside of scripts and styles."""
    words: list[str] = []
    unseen = ""
    for piece in _PIECE.finditer(markup):
        tag = (piece[2] or "").lower()
        if unseen:
            unseen = "" if piece[1] and tag == unseen else unseen
        elif not tag:
            words.append(piece[0])
        elif tag in _UNSEEN and not piece[1]:
            unseen = tag
        elif tag in _BREAKS:
            words.append(" ")
    return words
