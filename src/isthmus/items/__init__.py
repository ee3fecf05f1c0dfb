"""What can be recommended: the catalogue, texts and titles of items, and one item on several platforms."""

from isthmus.items.catalogue import Added, Catalogue
from isthmus.items.checks import CheckedItems, check_items
from isthmus.items.external_ids import find_ids, isbn10, isbn13
from isthmus.items.language import detect_languages
from isthmus.items.matches import CERTAIN, VERDICT, Matches
from isthmus.items.matching import MATCH, MatchSettings, match_items
from isthmus.items.media import media_of
from isthmus.items.text import clean, item_text
from isthmus.items.titles import split_titles
from isthmus.items.words import normalise_title, title_words

__all__ = [
    "CERTAIN",
    "MATCH",
    "VERDICT",
    "Added",
    "Catalogue",
    "CheckedItems",
    "MatchSettings",
    "Matches",
    "check_items",
    "clean",
    "detect_languages",
    "find_ids",
    "isbn10",
    "isbn13",
    "item_text",
    "match_items",
    "media_of",
    "normalise_title",
    "split_titles",
    "title_words",
]
