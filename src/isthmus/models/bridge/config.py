"""Settings of Bridge; the defaults are meant to need no hand."""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

__all__ = ["BridgeConfig"]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class BridgeConfig:
    """Settings of Bridge."""

    target: str | None = None
    """Platform to recommend from; None: every platform."""
    reg: float = Field(default=100.0, gt=0)
    """Ridge of the joint model (lambda of EASE)."""
    text_weight: float = Field(default=50.0, ge=0)
    """g: how much the text rows count beside people; 0 leaves them out."""
    popularity_power: float = Field(default=0.0, ge=0, le=1)
    """b of N = diag(count^-b): above 0 the joint model listens less to popular items."""
    source_weight: float = Field(default=1.0, ge=0)
    """a: weight of the other platforms' blocks beside the target's own."""
    graded: bool = False
    """Whether the strength of an event counts (rating, plays, age by the half-life), or only that it was."""
    dislike: float = Field(default=0.5, ge=0, le=1)
    """How much what a person disliked or hid speaks against items, where what they liked counts one."""
    form: Literal["auto", "primal", "dual"] = "auto"
    """Solve over items (primal) or over people (dual); auto takes the smaller. The scores are the same."""
    max_side: int = Field(default=12_000, ge=10)
    """Largest matrix to invert."""
    most_items: int = Field(default=6_000, ge=1)
    """Where neither people nor items fit into it: how many items, those with most people, the joint model
    keeps."""
    neighbours: int = Field(default=60, ge=1)
    """Nearest items by text that are kept per item, on average."""
    sharpness: float = Field(default=8.0, ge=1)
    """Power of the soft maximum over past items: 1 sums similarities, large values take the largest."""
    map_reg: float = Field(default=100.0, gt=0)
    """Ridge of the maps from a person's mean text vector to target items and to their mean vector."""
    hold_out: float = Field(default=0.2, gt=0, le=0.5)
    """Share of the people known on both sides whose target events are hidden to learn the blend."""
    max_hold_out: int = Field(default=800, ge=1)
    """At most so many people are hidden."""
    learn_on: int = Field(default=500, ge=1)
    """Where fewer people are hidden at once, others are in further turns, until everybody has been; where
    fewer are known on both sides, people known on the target alone fill up this number."""
    prior_strength: float = Field(default=2.0, ge=0)
    """How many people the built-in weights of the blend count as."""
    polish: bool = True
    """Whether to move the weights on from likelihood to NDCG on the hidden people."""
