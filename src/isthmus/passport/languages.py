"""Which language a title is in, as far as its script tells."""

import re

__all__ = ["language_of"]

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)


def language_of(title: str) -> str:
    """A code of ISO 639-1, or "" where the script (Latin, say) is that of many languages."""
    return next((code for code, letters in _SCRIPTS if letters.search(title)), "")
