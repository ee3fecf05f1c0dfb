"""How much a person cares about a free text."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from isthmus.dataset import ItemFeatures
from isthmus.encoders import load_encoder
from isthmus.engine import Progress
from isthmus.errors import InputError
from isthmus.pipeline.people import find_people
from isthmus.pipeline.reading import past_of, titles_of
from isthmus.pipeline.workspace import Workspace
from isthmus.ranking import interest_in_text

__all__ = ["PastItem", "TextScore", "score_text"]

_BACKGROUND = 1_000
"""Texts of the catalogue with which a text is compared."""


@dataclass(frozen=True)
class PastItem:
    """Something a person did, and its part of what is said of them."""

    platform: str
    item_id: str
    title: str
    share: float


@dataclass(frozen=True)
class TextScore:
    """The interest of a person in a text."""

    user: str
    text: str
    interest: float
    """0..1; 0.5 is the interest in an average text of the catalogue."""
    because: tuple[PastItem, ...]
    """The past items that carry it, most important first."""
    cause: str | None
    """Why it is 0.5 for want of anything known, if so."""


def score_text(workspace: Workspace, user: str, text: str, progress: Progress | None = None) -> TextScore:
    """The interest of `user` in `text`, in any language of the encoder; needs no fitted model.

    The text itself is not kept. Raises InputError for a blank text and a catalogue without texts,
    EncoderError.
    """
    if not text.strip():
        raise InputError("there is nothing to score in a blank text", "Write a sentence.", field="text")
    key = find_people(workspace, [user])["key"].item()
    if key is None:
        return TextScore(
            user, text, 0.5, (), "Nobody of this name ever came in, so nothing speaks for or against."
        )
    past, weights = past_of(workspace, key)
    catalogue = workspace.catalogue.read()
    spread = np.unique(np.linspace(0, max(catalogue.height - 1, 0), min(_BACKGROUND, catalogue.height)))
    common = catalogue[spread.astype(np.int64)]
    if catalogue.height < 2:
        raise InputError("the catalogue holds no items to compare a text with", "isthmus items WS FILES...")
    features = ItemFeatures.build(pl.concat([past, common]), workspace.encoder(progress))
    plain = load_encoder(workspace.settings.encoder.name, workspace.settings.encoder)
    n = past.height
    usual = features.vectors[n:][features.has_text[n:]]
    found = interest_in_text(features.vectors[:n], weights, plain.encode([text])[0], usual)
    titles = titles_of(past)
    because = tuple(
        PastItem(past["platform"][row], past["item_id"][row], titles[row], float(share))
        for row, share in zip(found.past.tolist(), found.share, strict=True)
    )
    cause = None if because else "Nothing that this person did has a text, so nothing speaks for or against."
    return TextScore(user, text, found.value, because, cause)
