"""Ranks among sampled items: right in expectation, labelled always, the same again with the same seed."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from isthmus.errors import SettingsError
from isthmus.evaluation import cold_start, k_shot
from isthmus.evaluation.sampled import SampledRanks, rank_among_sampled
from isthmus.models import Popularity
from isthmus.models.base import Scorer

TARGET = "films"


@dataclass(frozen=True)
class FixedConfig:
    """Nothing to set."""


class Fixed(Scorer):
    """Scores every item by its number, or all alike."""

    name: ClassVar[str] = "fixed"
    config_type = FixedConfig

    def __init__(self, sign):
        self.config, self.sign = FixedConfig(), sign

    def fit(self, dataset, *, rng=None):
        return self

    def score(self, query):
        return np.tile(self.sign * query.candidates.astype(float), (len(query), 1))

    def explain(self, query, items):
        raise AssertionError

    def _arrays(self):
        return {}

    def _restore(self, arrays):
        pass


@pytest.fixture
def split(make_world):
    return cold_start(make_world(n_people=100, n_items=40), TARGET)


def test_with_all_unseen_items_the_rank_is_exact(split):
    found = rank_among_sampled(Fixed(1.0), split, negatives=1000)
    truth = split.test.truth
    expected = []
    for row in range(len(split.test)):
        mine = truth[[row]].indices
        others = np.setdiff1d(split.train.candidates(TARGET), mine)
        expected += [1 + int((others > item).sum()) for item in mine]
    assert found.ranks.tolist() == expected
    assert len(found.users) == len(expected) == truth.nnz


def test_ranks_among_few_are_as_expected(split):
    """Of n drawn from c, of which b are better, n b / c are better on average."""
    full = rank_among_sampled(Fixed(1.0), split, negatives=1000).ranks - 1
    free = 40 - np.repeat(np.diff(split.test.truth.indptr), np.diff(split.test.truth.indptr))
    drawn = [rank_among_sampled(Fixed(1.0), split, negatives=9, seed=seed).ranks for seed in range(60)]
    assert max(ranks.max() for ranks in drawn) <= 10
    assert np.mean(drawn) - 1 == pytest.approx((9 * full / free).mean(), rel=0.02)


def test_ties_fall_by_chance(split):
    ranks = np.concatenate(
        [rank_among_sampled(Fixed(0.0), split, negatives=9, seed=s).ranks for s in range(9)]
    )
    counts = np.bincount(ranks, minlength=11)[1:]
    assert counts.min() > 0.8 * len(ranks) / 10
    assert counts.max() < 1.2 * len(ranks) / 10


def test_the_seed_decides(make_world):
    split = k_shot(make_world(n_people=100, n_items=40), TARGET, (1, 2))
    model = Popularity().fit(split.train)
    one, same, other = (rank_among_sampled(model, split, negatives=9, seed=seed).ranks for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_figures_bear_their_label():
    found = SampledRanks(np.array([1, 3, 11]), np.arange(3), 99, 12_319)
    label = "among 99 sampled of 12,319, not full ranking"
    assert found.figures(10) == {
        f"hit_rate@10 ({label})": pytest.approx(2 / 3),
        f"ndcg@10 ({label})": pytest.approx((1 + 0.5) / 3),
        f"mrr@10 ({label})": pytest.approx((1 + 1 / 3) / 3),
    }


def test_refuses_none(split):
    with pytest.raises(SettingsError, match="negatives"):
        rank_among_sampled(Popularity().fit(split.train), split, negatives=0)
