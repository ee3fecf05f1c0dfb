"""The search for settings, on validation only: what may be tried, what to try next, and what came of it."""

from isthmus.tuning.folds import Fold, Folds, make_folds
from isthmus.tuning.result import TuningResult
from isthmus.tuning.search import tune
from isthmus.tuning.space import Choices, Range, Space, load_space, parse_space
from isthmus.tuning.trial import Trial

__all__ = [
    "Choices",
    "Fold",
    "Folds",
    "Range",
    "Space",
    "Trial",
    "TuningResult",
    "load_space",
    "make_folds",
    "parse_space",
    "tune",
]
