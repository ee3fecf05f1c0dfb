"""What is shown where nothing is known of a person, and saying so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from isthmus.ranking.reasons import Language
from isthmus.schema import Query, Recommendations

__all__ = ["Fallback", "find_fallbacks"]


@dataclass(frozen=True)
class Fallback:
    """A list that shows what is popular, and the cause of that."""

    cause: Literal["unknown person", "no bearing"]
    """Nothing is known of the person at all, or nothing that the model can carry over to the platform."""
    platform: int

    def sentence(self, platforms: Sequence[str], language: Language = "en") -> str:
        """The cause in one sentence, English or Chinese."""
        name = platforms[self.platform]
        if language == "zh":
            known = (
                "我们在任何平台上都不了解你"
                if self.cause == "unknown person"
                else f"已知的兴趣无法说明你在 {name} 上喜欢什么"
            )
            return f"{known}，因此列表显示 {name} 上受欢迎的内容。"
        if self.cause == "unknown person":
            known = "Nothing is known of this person on any platform"
        else:
            known = f"Nothing that is known of this person has a bearing on {name}"
        return f"{known}, so the list shows what is popular on {name}."


def find_fallbacks(query: Query, lists: Recommendations) -> list[Fallback | None]:
    """Which of a model's `lists` rest on nothing: no history, or several items that all score the same."""
    known = np.add.reduceat(np.append(query.history.data != 0, False), query.history.indptr[:-1])
    known = np.where(np.diff(query.history.indptr) > 0, known, 0)
    found = lists.item_nums >= 0
    high = np.max(lists.scores, axis=1, where=found, initial=-np.inf)
    low = np.min(lists.scores, axis=1, where=found, initial=np.inf)
    level = (found.sum(axis=1) > 1) & (high == low)
    causes: list[Fallback | None] = []
    for has_past, says_nothing in zip(known > 0, level, strict=True):
        if not has_past:
            causes.append(Fallback("unknown person", query.platform))
        else:
            causes.append(Fallback("no bearing", query.platform) if says_nothing else None)
    return causes
