"""Every accuracy metric against ir-measures on random lists, the others against a hand calculation."""

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from isthmus.errors import InputError, UnknownNameError
from isthmus.evaluation.metrics import METRICS, Lists, parse_metric
from isthmus.schema import NO_ITEM

THEIRS = {
    "precision": ir_measures.P,
    "recall": ir_measures.R,
    "hit_rate": ir_measures.Success,
    "ndcg": ir_measures.nDCG,
    "map": ir_measures.AP,
    "mrr": ir_measures.RR,
}
N_ITEMS = 30


@st.composite
def lists_with_truth(draw):
    n = draw(st.integers(1, 12))
    short = st.lists(st.integers(0, N_ITEMS - 1), max_size=n, unique=True)
    ranked = draw(st.lists(short, min_size=1, max_size=6))
    relevant = [draw(st.sets(st.integers(0, N_ITEMS - 1), max_size=15)) for _ in ranked]
    return n, ranked, relevant


def as_lists(n, ranked, relevant, **more):
    item_nums = np.full((len(ranked), n), NO_ITEM)
    truth = np.zeros((len(ranked), N_ITEMS))
    for row, (items, right) in enumerate(zip(ranked, relevant, strict=True)):
        item_nums[row, : len(items)] = items
        truth[row, list(right)] = 0.25  # how positive does not matter
    return Lists(item_nums, csr_array(truth), **more)


def by_ir_measures(measure, ranked, relevant):
    qrels = [ir_measures.Qrel(str(row), str(item), 1) for row, right in enumerate(relevant) for item in right]
    run = [
        ir_measures.ScoredDoc(str(row), str(item), float(-place))
        for row, items in enumerate(ranked)
        for place, item in enumerate(items)
    ]
    values = np.full(len(ranked), np.nan)
    for found in ir_measures.iter_calc([measure], qrels, run):
        values[int(found.query_id)] = found.value
    return values


@given(lists_with_truth(), st.data())
def test_equals_ir_measures(world, data):
    n, ranked, relevant = world
    k = data.draw(st.integers(1, n))
    ours = as_lists(*world)
    for name, theirs in THEIRS.items():
        expected = (
            by_ir_measures(theirs @ k, ranked, relevant) if any(relevant) else np.full(len(ranked), np.nan)
        )
        # ir-measures says nothing of people without truth, and 0 (not absent) of those with truth and no list
        np.testing.assert_allclose(METRICS[name](ours, k), expected, atol=1e-12, err_msg=f"{name}@{k}")


@given(lists_with_truth(), st.data())
def test_f1_is_the_harmonic_mean(world, data):
    k = data.draw(st.integers(1, world[0]))
    lists = as_lists(*world)
    for p, r, f in zip(*(METRICS[name](lists, k) for name in ("precision", "recall", "f1")), strict=True):
        expected = np.nan if np.isnan(p) else 0.0 if p + r == 0 else 2 * p * r / (p + r)
        assert f == pytest.approx(expected, nan_ok=True)


def test_by_hand():
    lists = as_lists(4, [[7, 3, 9, 1]], [{3, 1, 20, 21, 22}])
    discounts = 1 / np.log2([2, 3, 4, 5])
    assert METRICS["ndcg"](lists, 4)[0] == pytest.approx((discounts[1] + discounts[3]) / discounts.sum())
    assert METRICS["map"](lists, 4)[0] == pytest.approx((1 / 2 + 2 / 4) / 5)
    assert METRICS["mrr"](lists, 4)[0] == 0.5
    assert METRICS["mrr"](lists, 1)[0] == 0
    assert METRICS["recall"](lists, 4)[0] == pytest.approx(2 / 5)


def test_people_without_truth_are_not_judged():
    lists = as_lists(2, [[1, 2], [3, 4]], [set(), {3}])
    for name in ("precision", "recall", "f1", "hit_rate", "ndcg", "map", "mrr"):
        values = METRICS[name](lists, 2)
        assert np.isnan(values[0])
        assert values[1] > 0


def test_coverage_counts_distinct_items():
    lists = as_lists(3, [[1, 2], [2, 3, 4]], [{1}, {1}], n_candidates=8)
    assert METRICS["coverage"](lists, 3) == 4 / 8
    assert METRICS["coverage"](lists, 1) == 2 / 8
    assert METRICS["coverage"](lists, 1).shape == ()


def test_novelty_in_bits():
    popularity = np.full(N_ITEMS, 1.0)
    popularity[[1, 2]] = 1 / 4, 1 / 32
    lists = as_lists(3, [[1, 2], [5], []], [{1}, {1}, {1}], popularity=popularity)
    np.testing.assert_allclose(METRICS["novelty"](lists, 3), [(2 + 5) / 2, 0, np.nan])
    np.testing.assert_allclose(METRICS["novelty"](lists, 1), [2, 0, np.nan])


@given(lists_with_truth(), st.integers(0, 2**32 - 1))
def test_diversity_equals_all_pairs(world, seed):
    vectors = np.random.default_rng(seed).normal(size=(N_ITEMS, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[::7] = 0  # no text
    values = METRICS["diversity"](as_lists(*world, vectors=vectors), world[0])
    for value, items in zip(values, world[1], strict=True):
        with_text = [item for item in items if item % 7]
        pairs = [1 - vectors[a] @ vectors[b] for a in with_text for b in with_text if a != b]
        assert value == pytest.approx(np.mean(pairs) if pairs else np.nan, abs=1e-5, nan_ok=True)


def test_what_a_metric_needs_is_asked_for():
    lists = as_lists(2, [[1, 2]], [{1}])
    for name in ("coverage", "novelty", "diversity"):
        with pytest.raises(InputError):
            METRICS[name](lists, 2)
    with pytest.raises(InputError, match="cannot be cut at 3"):
        METRICS["ndcg"](lists, 3)


def test_lists_that_cannot_be():
    with pytest.raises(InputError, match="twice"):
        as_lists(2, [[1, 2]], [{1}]).__class__(np.array([[4, 4]]), csr_array(np.ones((1, N_ITEMS))))
    with pytest.raises(InputError, match="not one of"):
        Lists(np.array([[N_ITEMS]]), csr_array(np.ones((1, N_ITEMS))))
    with pytest.raises(InputError, match="shape"):
        Lists(np.array([[1]]), csr_array(np.ones((2, N_ITEMS))))


def test_names():
    metric = parse_metric(" NDCG@10 ")
    assert (metric.name, metric.k, str(metric)) == ("ndcg", 10, "ndcg@10")
    for wrong, hint in (
        ("ndgc@10", "ndcg@10"),
        ("ndcg", "ndcg@10"),
        ("ndcg@0", "ndcg@10"),
        ("ndcg@x", "ndcg@10"),
    ):
        with pytest.raises(UnknownNameError) as error:
            parse_metric(wrong)
        assert hint in error.value.hint
