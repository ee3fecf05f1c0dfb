import numpy as np
import pytest
from model_suite import ModelContract, board, three_platforms

from isthmus.dataset import checkerboard
from isthmus.errors import InputError
from isthmus.models.ease import EASE, EASEConfig, EASESums


class TestJointEASE(ModelContract):
    def make(self) -> EASE:
        return EASE(EASEConfig(reg=5.0))


class TestDualEASE(ModelContract):
    def make(self) -> EASE:
        return EASE(EASEConfig(reg=5.0, form="dual"))


class TestWeightedPrimalEASE(ModelContract):
    def make(self) -> EASE:
        return EASE(EASEConfig(reg=5.0, form="primal", weighted=True))


class TestEASEPerPlatform(ModelContract):
    transfers = False

    def make(self) -> EASE:
        return EASE(EASEConfig(reg=5.0, scope="platform"))


def test_a_hand_calculation() -> None:
    # Two items, both touched by one of two people, reg 1: G = [[3, 1], [1, 2]] - the first by both people.
    # P = G^-1 = [[2, -1], [-1, 3]] / 5, so B_01 = 1/3 and B_10 = 1/2.
    X = np.array([[1.0, 1.0], [1.0, 0.0]])
    for form in ("primal", "dual"):
        model = EASE(EASEConfig(reg=1.0, form=form))
        model.finish(model._sums(_sparse(X), np.array([0, 0])))
        B = model._terms(np.array([0, 1]), np.ones(2), np.array([0, 1]))
        np.testing.assert_allclose(B, [[0, 1 / 3], [1 / 2, 0]], atol=1e-15)


@pytest.mark.parametrize("scope", ["joint", "platform"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reg", [0.5, 100.0])
def test_primal_and_dual_are_the_same(scope: str, weighted: bool, reg: float) -> None:
    dataset = three_platforms()
    query = dataset.query(np.arange(dataset.n_users), "games", exclude_seen=False)
    primal, dual = (
        EASE(EASEConfig(reg=reg, scope=scope, weighted=weighted, form=form)).fit(dataset)
        for form in ("primal", "dual")
    )
    np.testing.assert_allclose(primal.score(query), dual.score(query), rtol=1e-8, atol=1e-10)
    items = np.tile(query.candidates, (len(query), 1))
    whys = [model.explain(query, items) for model in (primal, dual)]
    np.testing.assert_allclose(whys[0].scores, whys[1].scores, rtol=1e-8, atol=1e-10)


def test_the_smaller_side_is_inverted() -> None:
    few_people, many_people = board(), checkerboard(60, 20)
    assert "0.inverse" in EASE().fit(few_people)._arrays()
    assert "0.weights" in EASE().fit(many_people)._arrays()


def test_per_platform_what_is_done_elsewhere_counts_for_nothing() -> None:
    dataset = three_platforms()
    alone = EASE(EASEConfig(reg=5.0, scope="platform")).fit(dataset)
    query = dataset.query(np.arange(dataset.n_users), "games")
    elsewhere = dataset.item_platform != dataset.platform_num("games")
    kept = dataset.keeping(~elsewhere[dataset.interactions.indices])
    np.testing.assert_array_equal(
        alone.score(query), alone.score(kept.query(np.arange(dataset.n_users), "games"))
    )
    assert (alone.score(query)[dataset.counts("games") == 0] == 0).all()


def _same(one: EASESums, other: EASESums) -> None:
    for a, b in ((one.gram, other.gram), (one.rows, other.rows)):
        assert (a is None) == (b is None)
        if a is not None and b is not None:
            for part in ("data", "indices", "indptr"):
                np.testing.assert_array_equal(getattr(a, part), getattr(b, part))


@pytest.mark.parametrize("form", ["primal", "dual"])
def test_with_whole_numbers_sums_are_equal_bit_for_bit(form: str) -> None:
    dataset, model = three_platforms(), EASE(EASEConfig(form=form))
    left, right = np.arange(0, 30, 3), np.setdiff1d(np.arange(30), np.arange(0, 30, 3))
    whole = model.summarise(dataset)
    first, second = (
        model.summarise(dataset.without_users(right)),
        model.summarise(dataset.without_users(left)),
    )
    _same(first + second, whole)
    _same(second + first, whole)
    _same(whole - first, second)
    model.finish(whole)
    assert model.forget(left, dataset).how == "subtracted"
    _same(model._summary, second)
    query = dataset.query(right, "films")
    np.testing.assert_array_equal(model.score(query), EASE(EASEConfig(form=form)).finish(second).score(query))


def test_parts_of_either_form_add_up() -> None:
    dataset = three_platforms()
    half = dataset.without_users(np.arange(15)), dataset.without_users(np.arange(15, 30))
    mixed = EASE(EASEConfig(form="primal")).summarise(half[0]) + EASE(EASEConfig(form="dual")).summarise(
        half[1]
    )
    _same(mixed, EASE(EASEConfig(form="primal")).summarise(dataset))


def test_with_real_weights_in_primal_form_it_refits_so_that_no_trace_is_left() -> None:
    dataset = three_platforms()
    assert (
        EASE(EASEConfig(weighted=True, form="primal")).fit(dataset).forget(np.array([1]), dataset).how
        == "refitted"
    )
    assert (
        EASE(EASEConfig(weighted=True, form="dual")).fit(dataset).forget(np.array([1]), dataset).how
        == "subtracted"
    )


def test_people_who_are_not_in_the_sum_cannot_be_subtracted() -> None:
    model = EASE(EASEConfig(form="dual"))
    summary = model.summarise(board())
    with pytest.raises(InputError, match="not in the sum"):
        summary - summary - summary


def test_sums_without_rows_have_no_dual_form() -> None:
    summary = EASE(EASEConfig(form="primal")).summarise(board())
    with pytest.raises(InputError, match="cannot be solved in dual form"):
        EASE(EASEConfig(form="dual")).finish(summary)


def _sparse(X: np.ndarray) -> object:
    from scipy.sparse import csr_array

    return csr_array(X)
