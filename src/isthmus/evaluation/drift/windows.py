"""Windows of equal length, and what people are asked in each of them."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from isthmus.dataset import Dataset, IdMap
from isthmus.errors import SettingsError
from isthmus.evaluation.protocols.holding import iso
from isthmus.evaluation.split import Cases, entries
from isthmus.numeric import scale_columns
from isthmus.schema import IntArray

__all__ = ["Windows", "window_cases"]


@dataclass(frozen=True)
class Windows:
    """Successive windows of equal length, oldest first; the last one is current, the others the reference."""

    start: int
    """Of the first window, seconds since 1970."""
    length: int
    """Seconds."""
    count: int

    @classmethod
    def until(cls, stop: int, length: int, *, since: int | None = None, reference: int = 3) -> "Windows":
        """The windows that end with `stop`: one current, and as many before it as fit after `since`, or
        `reference` of them.

        Raises SettingsError where no window fits between.
        """
        if length <= 0:
            raise SettingsError("A window must have a length.", "For example 30d.")
        before = reference if since is None else (stop - length - since) // length
        if before < 1:
            raise SettingsError(
                "There is no room for a window to compare with before the current one.",
                "Choose an earlier --since or a shorter --window.",
            )
        return cls(stop - (before + 1) * length, length, before + 1)

    @property
    def edges(self) -> IntArray:
        """(count + 1,): where the windows start, and where the last one ends."""
        return self.start + self.length * np.arange(self.count + 1)

    def of(self, times: IntArray) -> IntArray:
        """The window of each of `times` (seconds since 1970): 0..count-1, or -1 where it lies in none."""
        inside = (times >= self.start) & (times < self.start + self.length * self.count)
        return np.where(inside, (np.where(inside, times, self.start) - self.start) // self.length, -1)

    @property
    def words(self) -> tuple[str, str, str]:
        """Start of the reference, start of the current window, and its end, as people write them."""
        edges = self.edges
        return iso(int(edges[0])), iso(int(edges[-2])), iso(int(edges[-1]))


def window_cases(before: Dataset, within: Dataset, target: str, people: IdMap) -> Cases:
    """Whom to ask about what they took of `target` in a window: whoever did something before and within it.

    The two datasets have the same items; `before` is what is known when the window begins. Asked for is what
    is new to a person. `people` numbers everybody, so that a person has one number in all windows.
    """
    common = within.users.ids[before.users.nums(within.users.ids) >= 0]
    history = before.interactions[before.users.nums(common)]
    taken = csr_array(within.interactions[within.users.nums(common)])
    may_be = np.zeros(before.n_items)
    may_be[before.candidates(target)] = 1.0
    truth = scale_columns(taken, may_be)
    truth = csr_array(truth - truth.multiply(history.astype(bool)))
    truth.eliminate_zeros()
    asked = np.flatnonzero(np.diff(truth.indptr))
    known = csr_array(history[asked])
    on_target = before.item_platform == before.platform_num(target)
    left = np.bincount(entries(known)[on_target[known.indices]], minlength=len(asked))
    times = csr_array(before.times_matrix[before.users.nums(common[asked])])
    return Cases(people.nums(common[asked]), known, times, csr_array(truth[asked]), left)
