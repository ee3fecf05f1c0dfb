"""Why an item is in a list, said so that a person understands it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from isthmus.items import CERTAIN
from isthmus.schema import NO_ITEM, Explanations, IntArray

__all__ = ["Carrier", "Language", "Reason", "Same", "Speaker", "reasons_of"]

Language = Literal["en", "zh"]

_CHINESE = {
    "popular": "很受欢迎",
    "popular at the time": "当时很受欢迎",
    "popular in those years": "那几年很受欢迎",
    "similar text": "内容相近",
    "read or bought together": "常被同一批人喜欢",
    "liked together": "常被同一批人喜欢",
    "liked together on this platform": "在这个平台上常被同一批人喜欢",
    "often found together": "常常一起出现",
    "like-minded people": "与你相似的人喜欢",
    "same story": "同一个故事",
    "same title": "同名作品",
    "same creator": "同一位创作者",
    "people with your taste": "品味相近的人喜欢",
    "your topics, as this platform speaks of them": "与你的整体兴趣相符",
    "categories you like elsewhere": "你在别处喜欢的类别",
    "tastes that many share": "许多人共有的品味",
    "goes with what you chose": "与你选过的相配",
    "nearly always goes with what you chose": "几乎总与你选过的相伴",
    "broad tastes in common": "大体品味相同",
    "fine tastes in common": "细致品味相同",
}

_VERBS: Mapping[str, tuple[str, str]] = {
    "book": ("read", "读过"), "read": ("read", "读过"), "novel": ("read", "读过"), "news": ("read", "读过"),
    "kindle": ("read", "读过"), "书": ("read", "读过"),
    "film": ("watched", "看过"), "movie": ("watched", "看过"), "video": ("watched", "看过"),
    "netflix": ("watched", "看过"), "影": ("watched", "看过"),
    "music": ("listened to", "听过"), "spotify": ("listened to", "听过"), "lastfm": ("listened to", "听过"),
    "podcast": ("listened to", "听过"), "音乐": ("listened to", "听过"),
    "game": ("played", "玩过"), "steam": ("played", "玩过"), "游戏": ("played", "玩过"),
    "shop": ("chose", "选过"), "store": ("chose", "选过"), "电商": ("chose", "选过"),
}  # fmt: skip
"""What is done on a platform, by what its name holds."""


@dataclass(frozen=True)
class Carrier:
    """A past item that carries part of a score."""

    item: int
    platform: int
    share: float
    """Its part of everything that speaks for the item, 0..1."""


@dataclass(frozen=True)
class Same:
    """A past item that is, or may be, the recommended one on another platform."""

    item: int
    platform: int
    confidence: float
    """How likely the two are one thing, 0..1."""


@dataclass(frozen=True)
class Reason:
    """Why one item is in a list of `platform`. Only what speaks for it is counted."""

    platform: int
    carriers: tuple[Carrier, ...]
    """The past items that carry most, largest first."""
    components: Mapping[str, float]
    """Part of each component of the model, largest first, adding up to one; empty if nothing does."""
    crowd: Mapping[str, float] = field(default_factory=dict)
    """Of these parts, what rests on no past item: popularity."""
    same: tuple[Same, ...] = ()
    """Past items that are, or may be, this one on another platform, surest first; no part of the score."""


def reasons_of(
    explanations: Explanations, item_platform: IntArray, platform: int, n_carriers: int = 3
) -> list[list[Reason]]:
    """A reason for each asked item, row by row as `explanations` holds them.

    Shares below zero speak against an item and are left out; the others are given as parts of their sum.
    """
    n_rows, n_asked = explanations.scores.shape
    cell = explanations.query_row * n_asked + explanations.position
    order = np.argsort(cell, kind="stable")
    order = order[explanations.share[order] > 0]
    bounds = np.searchsorted(cell[order], np.arange(n_rows * n_asked + 1))
    reasons = [
        _reason(explanations, order[start:stop], item_platform, platform, n_carriers)
        for start, stop in pairwise(bounds)
    ]
    return [reasons[row * n_asked : (row + 1) * n_asked] for row in range(n_rows)]


def _reason(
    explanations: Explanations, mine: IntArray, item_platform: IntArray, platform: int, n_carriers: int
) -> Reason:
    part = explanations.share[mine] / max(float(explanations.share[mine].sum()), 1e-300)
    per_component = np.bincount(explanations.component[mine], part, len(explanations.components))
    components = {
        explanations.components[place]: float(per_component[place])
        for place in np.argsort(-per_component, kind="stable")
        if per_component[place] > 0
    }
    alone = explanations.past_item[mine] == NO_ITEM
    of_crowd = np.bincount(explanations.component[mine][alone], part[alone], len(explanations.components))
    crowd = {name: float(of_crowd[explanations.components.index(name)]) for name in components}
    items, where = np.unique(explanations.past_item[mine], return_inverse=True)
    per_item = np.where(items == NO_ITEM, 0.0, np.bincount(where, part, len(items)))
    best = np.argsort(-per_item, kind="stable")[:n_carriers]
    carriers = tuple(
        Carrier(int(items[place]), int(item_platform[items[place]]), float(per_item[place]))
        for place in best
        if per_item[place] > 0
    )
    return Reason(platform, carriers, components, {name: value for name, value in crowd.items() if value > 0})


@dataclass(frozen=True)
class Speaker:
    """Says reasons in English or Chinese."""

    titles: NDArray[Any]
    """(n_items,) str."""
    platforms: Sequence[str]
    verbs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What is done on a platform, in English and in Chinese, where its name does not tell."""

    def sentence(self, reason: Reason, language: Language = "en") -> str:
        """One sentence: "Because you read 三体 (books) and watched Interstellar (films): similar text."

        Names the past items that carry at least a fifth of what the first carries, and the components that
        carry at least a fifth of the score. Where the item is a past one on another platform, that is said
        first: "The same as Dune (books), which you read.", with "Perhaps" in front where it is not certain.
        """
        strongest = reason.carriers[0].share if reason.carriers else 0.0
        carriers = [carrier for carrier in reason.carriers if carrier.share >= strongest / 5]
        say = self._in_chinese if language == "zh" else self._in_english
        why = say(reason, carriers, _names(reason, bool(carriers)))
        if not reason.same:
            return why
        same = self._same(reason.same[0], language)
        if not reason.components:
            return same
        return same + why if language == "zh" else f"{same} {why}"

    def _same(self, past: Same, language: Language) -> str:
        title, where = self.titles[past.item], self.platforms[past.platform]
        english, chinese = self._verb(past.platform)
        sure = past.confidence >= CERTAIN
        if language == "zh":
            return f"{'' if sure else '可能'}与你{chinese}的《{title}》（{where}）是同一作品。"
        return f"{'The' if sure else 'Perhaps the'} same as {title} ({where}), which you {english}."

    def _in_english(self, reason: Reason, carriers: list[Carrier], names: list[str]) -> str:
        where = self.platforms[reason.platform]
        if not carriers:
            if not names:
                return "Nothing known of you speaks for it; it fills the list."
            said = [f"popular on {where}" if name == "popular" else name for name in names]
            return f"{said[0][:1].upper()}{_listed(said, ' and ')[1:]}."
        crowd = _of_the_crowd(reason)
        deeds = [
            f"{self._verb(one.platform)[0]} {self.titles[one.item]} ({self.platforms[one.platform]})"
            for one in carriers
        ]
        because = f"ecause you {_listed(deeds, ' and ')}{': ' + ', '.join(names) if names else ''}."
        return f"{crowd[:1].upper()}{crowd[1:]}, and b{because}" if crowd else f"B{because}"

    def _in_chinese(self, reason: Reason, carriers: list[Carrier], names: list[str]) -> str:
        where = self.platforms[reason.platform]
        said = [_CHINESE.get(name, name) for name in names]
        if not carriers:
            return f"在 {where} 上{'，'.join(said)}。" if said else "没有已知的兴趣与它相关，仅用于补足列表。"
        deeds = [
            f"{self._verb(one.platform)[1]}《{self.titles[one.item]}》（{self.platforms[one.platform]}）"
            for one in carriers
        ]
        crowd = _of_the_crowd(reason)
        because = f"因为你{_listed(deeds, '和', '、')}{'：' + '，'.join(said) if said else ''}。"
        return f"{_CHINESE.get(crowd, crowd)}，也{because}" if crowd else because

    def _verb(self, platform: int) -> tuple[str, str]:
        name = self.platforms[platform]
        if name in self.verbs:
            return self.verbs[name]
        return next((verb for part, verb in _VERBS.items() if part in name.lower()), ("liked", "喜欢"))


def _names(reason: Reason, carried: bool) -> list[str]:
    """Components worth naming: with past items those that rest on them, without, all that carry a fifth."""
    if not carried:
        return [name for name, part in reason.components.items() if part >= 0.2]
    parts = {name: part - reason.crowd.get(name, 0.0) for name, part in reason.components.items()}
    least = 0.2 * sum(parts.values())
    return [name for name, part in sorted(parts.items(), key=lambda one: -one[1]) if part >= max(least, 1e-9)]


def _of_the_crowd(reason: Reason) -> str:
    """The largest component without past items, where these carry most of the score; else ""."""
    return max(reason.crowd, key=lambda name: reason.crowd[name]) if sum(reason.crowd.values()) > 0.5 else ""


def _listed(parts: list[str], last: str, comma: str = ", ") -> str:
    return last.join([comma.join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
