"""From scores to what a person is shown: filters, diversity or proportion, chances, reasons, fallback."""

from isthmus.ranking.calibrate import calibrate, item_topics
from isthmus.ranking.diversify import diversify
from isthmus.ranking.fallback import Fallback, find_fallbacks
from isthmus.ranking.filters import narrow, with_categories
from isthmus.ranking.interest import TextInterest, background_vectors, interest_in_text, probabilities
from isthmus.ranking.interests import OTHER, Interest, Interests, interests
from isthmus.ranking.leaning import explain_leaning
from isthmus.ranking.lists import RankedList, list_probabilities, rank, ranked_lists
from isthmus.ranking.reasons import Carrier, Language, Reason, Same, Speaker, reasons_of
from isthmus.ranking.same import with_same

__all__ = [
    "OTHER",
    "Carrier",
    "Fallback",
    "Interest",
    "Interests",
    "Language",
    "RankedList",
    "Reason",
    "Same",
    "Speaker",
    "TextInterest",
    "background_vectors",
    "calibrate",
    "diversify",
    "explain_leaning",
    "find_fallbacks",
    "interest_in_text",
    "interests",
    "item_topics",
    "list_probabilities",
    "narrow",
    "probabilities",
    "rank",
    "ranked_lists",
    "reasons_of",
    "with_categories",
    "with_same",
]
