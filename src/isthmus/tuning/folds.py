"""On whom settings are judged: validation people, drawn several times over from what is no test.

The test part of a split is taken out of the data before anything else is done, and a `Fold` has no place for
it. So settings that were chosen here can be tested honestly, as long as that test has the same seed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.errors import InputError, SettingsError
from isthmus.evaluation import Cases, Lists, Split, TwinSettings, find_twins, make_splits, without_twins
from isthmus.evaluation.metrics import Metric
from isthmus.evaluation.protocols import PROTOCOLS
from isthmus.evaluation.protocols.holding import training_of
from isthmus.evaluation.split import entries
from isthmus.models import Scorer
from isthmus.schema import IntArray

__all__ = ["REDRAWN", "Fold", "Folds", "count_folds", "make_folds"]

REDRAWN = ("cold-start", "k-shot", "leave-platform-out", "cold-items")
"""Protocols in which chance says who is asked, so that a validation can be drawn again and again."""


@dataclass(frozen=True)
class Fold:
    """What a model may learn from, and people to judge it by: the validation part of a split."""

    train: Dataset
    cases: Cases
    target: str
    seed: int

    @property
    def n_people(self) -> int:
        """How many people are asked, each once, however many histories they are asked with."""
        return len(np.unique(self.cases.users[np.diff(self.cases.truth.indptr) > 0]))

    def judge(self, model: Scorer, metric: Metric) -> float:
        """Fit `model` and give the mean of `metric` over the people; raises InputError where it has none."""
        fitted = model.fit(self.train, rng=self.seed)
        asked = self.cases.query(self.train, self.target)
        values = metric(self._lists(fitted.recommend(asked, metric.k).item_nums, len(asked.candidates)))
        known = values[~np.isnan(values)]
        if known.size == 0:
            raise InputError(f"{metric} has no value for any of {len(self.cases)} people")
        return float(known.mean())

    def _lists(self, item_nums: IntArray, n_candidates: int) -> Lists:
        """The lists with all that a metric may ask for."""
        train = self.train
        touched = np.bincount(train.interactions.indices, minlength=train.n_items)
        people = [max(1, np.count_nonzero(train.counts(name))) for name in train.platforms]
        return Lists(
            item_nums=item_nums,
            truth=self.cases.truth,
            n_candidates=n_candidates,
            popularity=np.maximum(touched, 1) / np.array(people)[train.item_platform],
            vectors=train.features.vectors,
            categories=train.features.categories.matrix,
            history=self.cases.history,
        )


@dataclass(frozen=True)
class Folds:
    """All folds of a search."""

    folds: tuple[Fold, ...]
    rest: Dataset
    """Everything less the test: all that a search ever sees."""
    facts: Mapping[str, Any]
    """What was done, in counts, for the result."""


def make_folds(
    dataset: Dataset,
    target: str,
    protocol: str,
    *,
    seed: int,
    n: int,
    options: Mapping[str, Any],
    twins: TwinSettings | None,
) -> Folds:
    """The validation part of the protocol's split, and `n` - 1 others drawn with other seeds from the rest.

    In a series of splits it is the validation of the first, since those of the later ones lie within the
    tests of the earlier ones. With `twins` nobody is asked for an item with a twin in their own history.
    Raises SettingsError for options, InputError where nobody is in the validation.
    """
    splits = make_splits(dataset, target, protocol, seed=seed, options=options)
    _check(splits[0].validation, target, protocol, seed)
    rest = _without_tests(dataset, splits)
    parts = [(splits[0].train, splits[0].validation)]
    for further in range(1, n):
        shares = _shares_of_rest(protocol, options)
        drawn = make_splits(rest, target, protocol, seed=seed + further, options={**options, **shares})[0]
        parts.append((drawn.train, drawn.test))
    pairs = None if twins is None else find_twins(rest, target, twins)
    folds = tuple(
        Fold(train, cases if pairs is None else without_twins(cases, pairs), target, seed + number)
        for number, (train, cases) in enumerate(parts)
    )
    for fold in folds:
        _check(fold.cases, target, protocol, fold.seed)
    facts = {
        "people": [fold.n_people for fold in folds],
        "test_rows_left_out": sum(len(np.unique(_pairs(split.test, split.test.truth))) for split in splits),
    }
    return Folds(folds, rest, facts)


def _without_tests(dataset: Dataset, splits: tuple[Split, ...]) -> Dataset:
    """The dataset less every test row, and less what only histories of the tested hold of the target."""
    first = splits[0]
    told = np.union1d(_pairs(first.validation, first.validation.truth), _pairs_of(first.train))
    held = [_pairs(split.test, split.test.truth) for split in splits]
    held += [np.setdiff1d(_pairs(split.test, split.test.history), told) for split in splits]
    kept = ~np.isin(_pairs_of(dataset), np.concatenate(held))
    tested = np.unique(np.concatenate([split.test.users for split in splits]))
    return training_of(dataset, first.target, kept, tested)


def _pairs_of(dataset: Dataset) -> IntArray:
    """(nnz,): one number per person and item of every interaction."""
    matrix = dataset.interactions
    return np.asarray(entries(matrix) * matrix.shape[1] + matrix.indices)


def _pairs(cases: Cases, matrix: csr_array) -> IntArray:
    """(nnz,): the same of a matrix whose rows are those of `cases`."""
    return np.asarray(cases.users[entries(matrix)] * matrix.shape[1] + matrix.indices)


def _shares_of_rest(protocol: str, options: Mapping[str, Any]) -> dict[str, float]:
    """Shares of the rest that ask as many as the validation of the whole does."""
    made: Callable[..., Split] = PROTOCOLS[protocol]
    known = {name: parameter.default for name, parameter in signature(made).parameters.items()} | dict(
        options
    )
    return {"test": known["validation"] / (1 - known["test"]), "validation": 0.0}


def _check(cases: Cases, target: str, protocol: str, seed: int) -> None:
    if cases.truth.nnz == 0:
        raise InputError(
            f"the validation of {protocol} on {target} with seed {seed} asks nobody",
            "Settings are chosen on validation: ask for more of it (--option validation=0.3), or link more "
            "accounts.",
        )


def count_folds(n: int | None, protocol: str) -> int:
    """How many folds: `n`, by default three, or one where nothing is left to chance. Raises SettingsError."""
    most = 1_000 if protocol in REDRAWN else 1
    if n is None:
        return min(3, most)
    if not 1 <= n <= most:
        raise SettingsError(
            f"{protocol} cannot be divided into {n} folds.",
            "Give at least 1." if n < 1 else f"More than one is for {', '.join(REDRAWN)}.",
        )
    return n
