"""Ids become numbers, events become sparse matrices, texts become arrays; from here on there is no polars."""

from isthmus.dataset.dataset import Dataset
from isthmus.dataset.features import ItemFeatures, Tags
from isthmus.dataset.ids import IdMap, item_key
from isthmus.dataset.twins import Twins, TwinSettings, find_twins
from isthmus.dataset.worlds import checkerboard, household
from isthmus.schema import NO_TIME

__all__ = [
    "NO_TIME",
    "Dataset",
    "IdMap",
    "ItemFeatures",
    "Tags",
    "TwinSettings",
    "Twins",
    "checkerboard",
    "find_twins",
    "household",
    "item_key",
]
