"""The components of the blend."""

from isthmus.models.bridge.components.base import Component, LowRank, Scores, dense
from isthmus.models.bridge.components.joint import Joint, OwnPlatform
from isthmus.models.bridge.components.mapped import CategoryMap, TasteMap, TextMap
from isthmus.models.bridge.components.popular import Popular, Timely, TimelyBroad
from isthmus.models.bridge.components.similar import SameCreator, SameStory, SameTitle, SimilarText
from isthmus.models.bridge.components.tastes import BroadTastes, FineTastes
from isthmus.models.bridge.components.together import Close, Filter, LikeMinded, Sparse, Walk

__all__ = ["COMPONENTS", "Component", "LowRank", "Scores", "dense"]

COMPONENTS: tuple[type[Component], ...] = (
    Joint, OwnPlatform, SameStory, SameTitle, SameCreator, SimilarText, LikeMinded, Walk, Filter, Sparse,
    TasteMap, TextMap, CategoryMap, Timely, TimelyBroad, Popular, BroadTastes, FineTastes,
    Close,
)  # fmt: skip
"""Saved models name a component by its place: new ones go to the end."""
