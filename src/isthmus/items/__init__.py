"""What can be recommended: the catalogue, the text of an item, the words of its title."""

from isthmus.items.catalogue import Added, Catalogue
from isthmus.items.checks import CheckedItems, check_items
from isthmus.items.text import clean, item_text
from isthmus.items.words import normalise_title, title_words

__all__ = [
    "Added",
    "Catalogue",
    "CheckedItems",
    "check_items",
    "clean",
    "item_text",
    "normalise_title",
    "title_words",
]
