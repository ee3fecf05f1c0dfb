"""Bridge: one closed-form model for every regime, blended with reasons a person understands.

Components (see `components/`) each score the target's items; the blend adds them with weights learnt on
people whose target events were hidden, one set of weights for each number of target events left.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import methodcaller
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.errors import InputError
from isthmus.models.base import RNG, Arrays, Scorer
from isthmus.models.bridge.arrays import below, under
from isthmus.models.bridge.blend import Blend, Sample, gather, joined
from isthmus.models.bridge.components import COMPONENTS, Component, dense
from isthmus.models.bridge.config import BridgeConfig
from isthmus.models.bridge.gate import Gate, only_platforms
from isthmus.models.bridge.hold_out import hide, turns
from isthmus.models.bridge.side import Side, Voice
from isthmus.models.bridge.space import Space
from isthmus.models.shares import Shares
from isthmus.numeric import in_threads
from isthmus.schema import NO_ITEM, Explanations, FloatArray, IntArray, ItemNums, Query

__all__ = ["Bridge"]

R = TypeVar("R")

_NONE: IntArray = np.zeros(0, dtype=np.int64)


class Bridge(Scorer):
    """Transfers interests between platforms: joint EASE with text rows, text and title similarity, creators,
    maps of taste, tastes in common, like-minded people, popularity in time, blended by validation.

    Peak memory: the square of the smaller of (people + text dimensions) and items, in float64, plus the text
    vectors. Sources: steck-2019, jeunen-2020, shen-2021 (graph filter), ning-2011 (sparse weights),
    singh-2008 and hu-2008 (factors); the blend is ours.
    """

    name: ClassVar[str] = "bridge"
    config_type: ClassVar[type] = BridgeConfig

    def __init__(self, config: BridgeConfig | None = None) -> None:
        self.config: BridgeConfig = config or BridgeConfig()
        self._sides: dict[int, Side] | None = None

    def fit(self, dataset: Dataset, *, rng: RNG = None) -> Self:
        """Learn from `dataset`, for `config.target` or for every platform; a second fit starts afresh.

        Raises UnknownNameError where the dataset has no such platform.
        """
        wanted = dataset.platforms if self.config.target is None else (self.config.target,)
        targets = [dataset.platform_num(name) for name in wanted]
        self._space = Space.of(dataset)
        self._sides = {target: self._fit_side(dataset, target, rng) for target in targets}
        return self

    def _fit_side(self, dataset: Dataset, target: int, rng: RNG, ignored: IntArray = _NONE) -> Side:
        """Fit on everything; learn the blend on people whose target events are hidden from the components.

        Where a source turns out to be noise, all of it is done again without that source.
        """
        components = [component(self.config, self._space, target) for component in COMPONENTS]
        _each(components, methodcaller("fit", dataset))
        components = [component for component in components if not component.idle]
        samples, noise = self._ask_hidden(components, dataset, target, rng)
        if len(noise):
            used = ~np.isin(dataset.item_platform[dataset.interactions.indices], noise)
            return self._fit_side(dataset.keeping(used), target, rng, np.union1d(ignored, noise))
        if samples:
            blend = Blend.learn(components, samples, self.config)
        else:
            blend = Blend.prior(components, np.ones(len(components)))
        used = blend.used()
        kept = (component.settle() for component, use in zip(components, used, strict=True) if use)
        return Side(tuple(kept), blend.only(used), ignored)

    def _ask_hidden(
        self, components: Sequence[Component], dataset: Dataset, target: int, rng: RNG
    ) -> tuple[dict[int, Sample], IntArray]:
        """What the components say of hidden people for each number of target events left; noisy sources."""
        rng = np.random.default_rng(0 if rng is None else rng)
        samples: dict[int, list[Sample]] = {}
        gate = Gate(self._space.item_platform, target)
        for turn in range(turns(dataset, target, self.config) if components else 0):
            held = hide(dataset, target, self.config, turn)
            left = _each(components, methodcaller("without", held.rest)) if held.cases else []
            for case in held.cases:
                samples.setdefault(case.k, []).append(gather(left, case, rng))
                if case.k == 0:
                    gate.watch(left, samples[0][0], case, self.config)
        return {k: joined(parts) for k, parts in samples.items()}, gate.noise()

    def score(self, query: Query) -> FloatArray:
        """Blended scores (q, c), float32; a score only orders."""
        side = self._side(query)
        query = self._heard(query, side)
        factors = side.blend.rows(query, self._space.item_platform).astype(np.float32)  # (q, components)
        blended: Any = side.blended(self._voices(query, side), factors)  # float32: ranking needs no more
        return np.asarray(blended)

    def _voices(self, query: Query, side: Side) -> list[Voice]:
        """What people did speaks for items, and what they said no to speaks against them, less loudly."""
        everybody = np.ones(len(query), dtype=bool)
        voices = [Voice(1.0, query, range(len(side.components)), everybody)]
        if self.config.dislike > 0 and query.blocked is not None and query.blocked.nnz:
            personal = [number for number, one in enumerate(side.components) if one.personal]
            refused = csr_array(query.blocked.astype(np.float64))
            against = replace(query, history=refused, times=None, blocked=None)
            voices.append(Voice(-self.config.dislike, against, personal, np.diff(refused.indptr) > 0))
        return voices

    def explain(self, query: Query, items: ItemNums) -> Explanations:
        """Each component's score of `items` (q, m), shared out to the past items behind it."""
        side = self._side(query)
        query = self._heard(query, side)
        shares = Shares([component.name for component in side.components])
        scores = np.zeros(items.shape)
        for row in range(len(query)):
            positions = np.flatnonzero(items[row] != NO_ITEM)
            scores[row, positions] = self._explain_row(
                query.rows(row, row + 1), row, items[row, positions], positions, shares
            )
        return shares.explain(scores)

    def _explain_row(
        self, query: Query, row: int, items: ItemNums, positions: Any, shares: Shares
    ) -> FloatArray:
        """(m,): scores of `items` (m,) for a query of one person, with their shares for `row`."""
        asked, places = np.unique(items, return_inverse=True)
        side = self._side(query)
        query = replace(query, candidates=asked)
        factors = side.blend.rows(query, self._space.item_platform)[0]
        total = np.zeros(len(asked))
        for voice in self._voices(query, side) if len(asked) else ():
            past = voice.query.history.indices.astype(np.int64)
            for number in voice.components:
                if factors[number] == 0 or not voice.speaks[0]:
                    continue
                component, factor = side.components[number], voice.sign * factors[number]
                part = factor * dense(component.score(voice.query))[0].astype(np.float64)
                total += part
                block = _share_out(part, component.evidence(voice.query, past, asked), len(past))
                shares.add(row, positions, past, block[:, places], number)
                rest = np.zeros((row + 1, int(positions.max()) + 1))
                rest[row, positions] = (part - block.sum(axis=0))[places]
                shares.add_constant(rest, number)
        return np.asarray(total[places])

    def _heard(self, query: Query, side: Side) -> Query:
        """The query without what was done on platforms that are ignored."""
        return (
            only_platforms(query, ~np.isin(self._space.item_platform, side.ignored))
            if len(side.ignored)
            else query
        )

    def ignored(self, platform: int) -> IntArray:
        """Numbers of the sources that turned out to be no help for a target, and are not looked at."""
        self._fitted("_sides")
        assert self._sides is not None
        return self._sides[platform].ignored

    def remarks(self, platforms: Sequence[str]) -> tuple[str, ...]:
        """Which sources are not used for which target."""
        return tuple(
            f"What people did on {platforms[source]} tells nothing of what they like on {platforms[target]}, "
            "and is not used for it."
            for target, side in (self._sides or {}).items()
            for source in side.ignored
        )

    def _side(self, query: Query) -> Side:
        self._fitted("_sides")
        assert self._sides is not None
        if query.platform not in self._sides:
            raise InputError(
                f"this bridge was fitted for another target than platform number {query.platform}",
                "Fit it with that target, or with none for all platforms.",
            )
        return self._sides[query.platform]

    def weights(self, platform: int) -> dict[str, list[float]]:
        """The blend of a target: component name to its weight for each number of target events left."""
        assert self._sides is not None
        side = self._sides[platform]
        return {
            component.name: side.blend.weights[:, number].tolist()
            for number, component in enumerate(side.components)
        }

    def _arrays(self) -> Arrays:
        self._fitted("_sides")
        kept = under("space", self._space.arrays())
        for target, side in (self._sides or {}).items():
            kept[f"{target}/scales"], kept[f"{target}/weights"] = side.blend.scales, side.blend.weights
            numbers = [COMPONENTS.index(type(component)) for component in side.components]
            kept[f"{target}/ignored"] = side.ignored
            kept[f"{target}/components"] = np.array(numbers, dtype=np.int64)
            for number, component in zip(numbers, side.components, strict=True):
                kept |= under(f"{target}/{number}", component.arrays())
        return kept

    def _restore(self, arrays: Arrays) -> None:
        self._space = Space.restored(below("space", arrays))
        targets = [int(name.split("/")[0]) for name in arrays if name.endswith("/components")]
        self._sides = {target: self._restore_side(target, arrays) for target in targets}

    def _restore_side(self, target: int, arrays: Arrays) -> Side:
        components = []
        for number in arrays[f"{target}/components"]:
            component = COMPONENTS[number](self.config, self._space, target)
            component.restore(below(f"{target}/{number}", arrays))
            components.append(component)
        blend = Blend(arrays[f"{target}/scales"], arrays[f"{target}/weights"])
        return Side(tuple(components), blend, arrays[f"{target}/ignored"])


def _each(components: Sequence[Component], learn: Callable[[Component], R]) -> list[R]:
    """What `learn` gives for each, in order; where BLAS has no use for more threads, several at once."""
    serial = [component for component in components if component.serial]
    learnt = dict(zip(serial, in_threads(learn, serial), strict=True))
    return [learnt[one] if one.serial else learn(one) for one in components]


def _share_out(part: FloatArray, evidence: FloatArray | None, n_past: int) -> FloatArray:
    """(h, m): the score of each item in the proportions of the evidence; nothing where there is none."""
    if evidence is None or n_past == 0:
        return np.zeros((n_past, len(part)))
    whole = evidence.sum(axis=0)
    # Evidence that cancels itself out would give enormous shares of opposite signs; then no item is named.
    clear = np.abs(whole) > 1e-6 * np.abs(evidence).sum(axis=0)
    return np.asarray(evidence * np.where(clear, part / np.where(clear, whole, 1.0), 0.0))
