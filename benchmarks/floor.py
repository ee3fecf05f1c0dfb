"""The least that Bridge must compute: its dense products and inverses, in floating-point operations.

Counted from the sizes of the data, not from what ran: an inverse of n rows is n^3, a product 2 n m k. Sparse
products, sorting and the search for weights are not counted: no real program can be as quick as this.
"""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isthmus.dataset import Dataset
from isthmus.models.bridge.components import joint, mapped, popular, tastes
from isthmus.models.bridge.config import BridgeConfig
from isthmus.models.bridge.hold_out import HoldOut, hide, turns
from isthmus.schema import NO_TIME

Work = Counter[str]
"""Operations in "fp64" and "fp32"."""

_CATEGORIES = 400
_LATER = 400
"""Most categories of CategoryMap, most people per k > 0; see `mapped.py` and `blend.py`."""
_SINGLE = 4_000
"""From this side on an inverse is kept, and applied, in float32."""
_BINS = 48


def matmul_rates(n: int = 3_000) -> dict[str, float]:
    """Operations a second of numpy's matrix product here and now, the best of four."""
    rates = {}
    for name, dtype in (("fp64", np.float64), ("fp32", np.float32)):
        matrix = np.random.default_rng(0).random((n, n)).astype(dtype)
        rates[name] = max(_rate(matrix) for _ in range(4))
    return rates


def _rate(matrix: NDArray[Any]) -> float:
    started = time.perf_counter()
    matrix @ matrix
    return 2.0 * len(matrix) ** 3 / (time.perf_counter() - started)


def seconds(work: Work, rates: dict[str, float]) -> float:
    """How long `work` takes at these rates."""
    return sum(count / rates[precision] for precision, count in work.items())


def of_fit(dataset: Dataset, target: str, config: BridgeConfig) -> Work:
    """A fit for one target: all components on everything, and in each turn what hiding people changes of the
    joint models, the cheap components on what is left, and the scores the blend is learnt on."""
    number, whole = dataset.platform_num(target), _Sizes(dataset, target, config)
    work: Work = Counter(fp32=2 * dataset.n_items * whole.c * whole.d)  # text compared with text
    for turn in range(turns(dataset, number, config)):
        held = hide(dataset, number, config, turn)
        rest = _Sizes(held.rest, target, config)
        hidden = int((held.rest.counts(target) < dataset.counts(target)).sum())
        work += whole.leaving_out(hidden) + rest.solving(_CHEAP) + rest.learning(held)
    return work + whole.solving(_ALL)


def of_lists(dataset: Dataset, target: str, config: BridgeConfig, kept: Sequence[str]) -> Work:
    """Scores of every item of the target for everybody, all of whom were there when it was fitted."""
    sizes = _Sizes(dataset, target, config)
    blended = 2 * dataset.n_users * sizes.c * len(kept)
    return sizes.scoring(dataset.n_users, kept) + Counter(fp32=blended)


_ALL = tuple(
    component.name
    for component in (
        joint.Joint, joint.OwnPlatform, mapped.TasteMap, mapped.TextMap, mapped.CategoryMap,
        popular.Timely, popular.TimelyBroad,
    )
)  # fmt: skip
"""Components with dense work."""
_CHEAP = tuple(name for name in _ALL if name not in (joint.Joint.name, joint.OwnPlatform.name))


class _Sizes:
    """The sizes of one dataset that operations are counted by."""

    def __init__(self, dataset: Dataset, target: str, config: BridgeConfig) -> None:
        matrix = dataset.interactions
        touched = np.bincount(matrix.indices, minlength=dataset.n_items) > 0
        here = dataset.item_platform == dataset.platform_num(target)
        there = dataset.counts(target)
        total = np.diff(matrix.indptr)
        self.config = config
        self.c = int(here.sum())
        self.d = int(dataset.features.vectors.shape[1])
        self.both = int(((there > 0) & (total > there)).sum())
        self.categories = min(_CATEGORIES, dataset.features.categories.matrix.shape[1])
        self.bins = _BINS if (dataset.times != NO_TIME).any() else 0
        self.touching = int(touched.sum() + (total > 0).sum())
        self.rank = min(tastes.Tastes.rank, self.touching)
        text = self.d if config.text_weight else 0
        self.joint = _Side(int(touched.sum()), int((total > 0).sum()), text, config)
        self.own = _Side(int((here & touched).sum()), int((there > 0).sum()), 0, config)

    def solving(self, names: Sequence[str]) -> Work:
        """The components `names` fitted once."""
        d, both, c = self.d, self.both, self.c
        work: Work = Counter()
        for name, side in ((joint.Joint.name, self.joint), (joint.OwnPlatform.name, self.own)):
            if name in names:
                work[side.precision] += side.solving()
        factors = len({tastes.BroadTastes.name, tastes.FineTastes.name}.intersection(names))
        # in each round, for people and for items: the gram matrix, and the product with its inverse
        work["fp32"] += factors * tastes.Tastes.rounds * 4 * self.touching * self.rank**2
        # gram, factor, and solving for what the map gives (d wide, or all items of the target)
        for name, width, wide in ((mapped.TextMap.name, d, d), (mapped.TasteMap.name, d, c),
                                  (mapped.CategoryMap.name, self.categories, self.categories)):  # fmt: skip
            if name in names:
                work["fp64"] += 2 * both * width**2 + 2 * width**3 // 3 + 2 * width**2 * wide
        if mapped.TextMap.name in names:
            work["fp32"] += 2 * d * d * c
        if mapped.CategoryMap.name in names:
            work["fp32"] += 2 * self.categories**2 * c
        return work

    def leaving_out(self, people: int) -> Work:
        """Both joint models without the target events of so many people, from the inverses there are."""
        work: Work = Counter()
        for side in (self.joint, self.own):
            work[side.precision] += side.leaving_out(people, self.c)
        return work

    def scoring(self, q: int, names: Sequence[str]) -> Work:
        """Dense products for `q` people who were fitted; the joint model's own are products with text."""
        work: Work = Counter()
        widths = {
            joint.Joint.name: self.joint.text if self.joint.dual else 0,
            mapped.TasteMap.name: self.d, mapped.TextMap.name: self.d,
            mapped.CategoryMap.name: self.categories,
            tastes.BroadTastes.name: self.rank, tastes.FineTastes.name: self.rank,
            popular.Timely.name: self.bins, popular.TimelyBroad.name: self.bins,
        }  # fmt: skip
        for name, width in widths.items():
            if name in names:
                work["fp32"] += 2 * q * width * self.c
        return work

    def learning(self, held: HoldOut) -> Work:
        """All components, of this size, asked about the hidden people. With k > 0 target events left their
        histories are none that was fitted, so they are multiplied with the whole inverse."""
        work: Work = Counter()
        for case in held.cases:
            q = len(case.query) if case.k == 0 else min(_LATER, len(case.query))
            work += self.scoring(q, _ALL)
            for side in (self.joint, self.own) if case.k else ():
                if side.dual:
                    work[side.precision] += 2 * q * side.n**2
        return work


class _Side:
    """A joint system: how large, in which form."""

    def __init__(self, items: int, rows: int, text: int, config: BridgeConfig) -> None:
        self.items = items if min(rows + text, items) <= config.max_side else config.most_items
        self.text = text
        self.dual = config.form == "dual" or (config.form == "auto" and self.items > rows + text)
        self.n = rows + text if self.dual else self.items

    @property
    def precision(self) -> str:
        """In which the inverse is made."""
        return "fp32" if self.n > _SINGLE else "fp64"

    def leaving_out(self, people: int, columns: int) -> int:
        """A change of rank 2h: products with the inverse and of its outcome, in primal form for `columns`."""
        return 6 * self.n**2 * people if self.dual else 4 * self.n * columns * people

    def solving(self) -> int:
        """The inverse and the products with text: of the matrix, and of the diagonal in the dual form."""
        m, d = self.items, self.text
        return int(self.n**3 + (4 * m * d * d if self.dual else 2 * m * m * d))
