"""Bridge keeps the contract of every model; its own promises are tested here."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from contracts.model_suite import ModelContract, board, three_platforms
from isthmus.dataset import Dataset, checkerboard
from isthmus.errors import InputError, SettingsError, UnknownNameError
from isthmus.models import Bridge, load_model
from isthmus.models.bridge import BridgeConfig
from isthmus.models.bridge.blend import Blend
from isthmus.models.bridge.components.closed_form import Solved
from isthmus.models.bridge.components.joint import Joint, OwnPlatform
from isthmus.models.bridge.components.together import Close, Sparse
from isthmus.models.bridge.hold_out import EVENTS_LEFT, hide, turns
from isthmus.models.bridge.space import Space


class TestBridge(ModelContract):
    tolerance = 1e-4  # float32 arithmetic

    def make(self) -> Bridge:
        return Bridge()


class TestDualBridge(TestBridge):
    def make(self) -> Bridge:
        return Bridge(BridgeConfig(form="dual", popularity_power=0.5, source_weight=0.7))


def random_world(n_people: int, n_items: int, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    person, item = np.nonzero(rng.random((n_people, n_items)) < 0.3)
    platform = np.where(item % 2 == 0, "a", "b")
    events = pl.DataFrame({
        "platform": platform, "user_id": person.astype(str), "item_id": item.astype(str), "kind": "like",
    })  # fmt: skip
    links = events.select(person="user_id", platform="platform", user_id="user_id").unique(
        maintain_order=True
    )
    dataset = Dataset.from_frames(events, None, links, encoder=None)
    vectors = rng.normal(size=(dataset.n_items, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return replace(dataset, features=replace(dataset.features, vectors=vectors))


def joint_scores(dataset: Dataset, component: type[Joint], **config: object) -> np.ndarray:
    made = component(BridgeConfig(**config), Space.of(dataset), 1)  # type: ignore[arg-type]
    made.fit(dataset)
    return np.asarray(made.score(dataset.query(np.arange(dataset.n_users), "b")))


@given(st.integers(2, 25), st.integers(4, 25), st.integers(0, 99), st.sampled_from([0.0, 0.5]))
@settings(deadline=None, max_examples=25)
def test_dual_and_primal_give_the_same_scores(n_people: int, n_items: int, seed: int, power: float) -> None:
    dataset = random_world(n_people, n_items, seed)
    if len(dataset.platforms) < 2:
        return
    for component in (Joint, OwnPlatform):
        shared = {"reg": 3.0, "text_weight": 2.0, "popularity_power": power, "source_weight": 0.5}
        primal = joint_scores(dataset, component, form="primal", **shared)
        dual = joint_scores(dataset, component, form="dual", **shared)
        np.testing.assert_allclose(dual, primal, rtol=1e-8, atol=1e-8)


def test_joint_equals_the_formula_written_out() -> None:
    """B = I - P diag(1 / diag P), P = (X'X + g E E' + reg)^-1, scores x B (DESIGN.md, steck-2019)."""
    dataset = random_world(12, 9, 3)
    E = Space.of(dataset).vectors.astype(np.float64)
    X = (dataset.interactions.toarray() > 0).astype(float)
    touched = X.any(axis=0)
    P = np.linalg.inv(
        X[:, touched].T @ X[:, touched] + 2.0 * E[touched] @ E[touched].T + 3.0 * np.eye(touched.sum())
    )
    B = np.eye(len(P)) - P / P.diagonal()
    expected = np.zeros_like(X)
    expected[:, touched] = X[:, touched] @ B
    scores = joint_scores(dataset, Joint, reg=3.0, text_weight=2.0)
    np.testing.assert_allclose(scores, expected[:, dataset.candidates("b")], atol=1e-10)


def test_a_new_person_is_scored_as_one_who_was_fitted() -> None:
    """The short way for fitted rows gives what the long way gives."""
    dataset = random_world(15, 12, 5)
    joint = Joint(BridgeConfig(form="dual", reg=2.0), Space.of(dataset), 1)
    joint.fit(dataset)
    solved: Solved = joint._solved
    known = csr_array(dataset.interactions[:, solved.items])
    known.data[:] = 1.0
    short = solved.score(known)
    solved._known._sorted = np.zeros_like(solved._known._sorted)  # nobody is known any more
    np.testing.assert_allclose(solved.score(known), short, atol=1e-10)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_people_who_were_not_fitted_have_the_same_scores_however_they_are_reckoned(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = random_world(12, 40, 3)
    dual, primal = (
        Joint(BridgeConfig(form=form), Space.of(dataset), dataset.platform_num("a"))
        for form in ("dual", "primal")
    )
    monkeypatch.setattr("isthmus.models.bridge.components.closed_form._MOSTLY_EMPTY", share)
    for joint in (dual, primal):
        joint.fit(dataset)
    query = dataset.keeping(np.arange(dataset.interactions.nnz) % 3 > 0).query(np.arange(12), "a")
    np.testing.assert_allclose(dual.score(query), primal.score(query), atol=1e-8)


def test_items_beyond_the_largest_side_are_left_to_the_other_components() -> None:
    scores = joint_scores(random_world(40, 30, 1), Joint, max_side=20, most_items=10)
    assert (scores.any(axis=0)).sum() <= 10
    assert np.isfinite(scores).all()


def test_hidden_people_are_chosen_by_their_ids_alone() -> None:
    dataset = three_platforms()
    config = BridgeConfig()
    held = hide(dataset, 0, config)
    shuffled = hide(dataset.without_users(np.array([], dtype=np.int64)), 0, config)
    np.testing.assert_array_equal(held.rest.interactions.toarray(), shuffled.rest.interactions.toarray())


def test_what_is_hidden_is_not_learnt_from_and_not_in_the_history() -> None:
    dataset = three_platforms()
    held = hide(dataset, 1, BridgeConfig())
    assert held.cases[0].k == 0
    for case in held.cases:
        on_target = case.query.history[:, case.query.candidates].toarray() > 0
        truth = case.truth.toarray() > 0
        most = (*EVENTS_LEFT, np.inf)[EVENTS_LEFT.index(case.k) + 1] - 1
        assert (on_target.sum(axis=1) <= most).all()
        assert not (on_target & truth).any()
        assert truth.any(axis=1).all()
    lost = dataset.interactions.nnz - held.rest.interactions.nnz
    assert lost > 0


def test_people_are_asked_cut_down_to_each_k_and_with_most_of_what_they_did() -> None:
    dataset, whole = three_platforms(), 0
    cases = hide(dataset, 1, BridgeConfig()).cases
    for number, case in enumerate(cases):
        left = (case.query.history[:, dataset.item_platform == 1].toarray() > 0).sum(axis=1)
        if case.k in [before.k for before in cases[:number]]:
            serving = np.searchsorted(EVENTS_LEFT, left, side="right") - 1
            assert (serving == EVENTS_LEFT.index(case.k)).all()
            wanted = np.diff(case.truth.indptr)
            assert (wanted == np.maximum(1, (left + wanted) // 5)).all()
            whole += len(left)
        else:
            assert (left == case.k).all()
    assert whole > 0


def test_a_blend_saved_when_there_were_fewer_sets_of_weights_serves_people_who_did_much() -> None:
    dataset = three_platforms()
    query = replace(dataset.query(np.arange(2), "books"), platform=0)
    much = csr_array(np.ones((2, dataset.n_items)))
    few = Blend(np.ones(2), np.arange(10.0).reshape(5, 2))
    np.testing.assert_array_equal(
        few.rows(replace(query, history=much), np.zeros(dataset.n_items, dtype=np.int64)), [[8, 9]] * 2
    )


def test_what_few_people_touched_but_always_together_counts_more_with_the_weak_ridge() -> None:
    """Six people took both of a pair, each with other things; nobody took one without the other."""
    rows = [("a", f"u{person}", item) for person in range(6) for item in ("one", f"x{person}")]
    rows += [("b", f"u{person}", item) for person in range(6) for item in ("other", f"y{person}")]
    events = pl.DataFrame(rows, schema=["platform", "user_id", "item_id"], orient="row").with_columns(
        kind=pl.lit("like")
    )
    links = events.select(person="user_id", platform="platform", user_id="user_id").unique(
        maintain_order=True
    )
    dataset = Dataset.from_frames(events, None, links, encoder=None)
    asked = replace(dataset.query(np.arange(1), "b"), history=_took(dataset, "a\x1fone"))
    weights = []
    for component in (Sparse, Close):
        made = component(BridgeConfig(), Space.of(dataset), dataset.platform_num("b"))
        made.fit(dataset)
        scores = made.score(asked).toarray()[0]
        assert (
            np.flatnonzero(scores).tolist()
            == np.flatnonzero(dataset.items.ids[asked.candidates] == "b\x1fother").tolist()
        )
        weights.append(scores.max())
    strong, weak = weights
    assert strong == pytest.approx((6 - 1) / (6 + 50))  # (shared - l1) / (touched + l2)
    assert weak == pytest.approx((6 - 1) / (6 + 5))


def _took(dataset: Dataset, item: str) -> csr_array:
    return csr_array((dataset.items.ids == item).astype(np.float64)[None])


def test_popularity_follows_the_times_of_the_person() -> None:
    """Two eras with their own hits: somebody active in one is given its hits where they are new."""
    rows = []
    for person in range(200):
        era = person % 2
        day = f"20{10 + 10 * era}-01-01T00:00:00Z"
        for item in range(6):
            rows.append(("old", f"u{person}", f"o{(person * 7 + item * 3) % 50}", day))
            if person < 160:
                rows.append(("new", f"u{person}", f"era{era}-{(person + item) % 8}", day))
    events = pl.DataFrame(rows, schema=["platform", "user_id", "item_id", "occurred_at"], orient="row")
    events = events.with_columns(
        pl.col("occurred_at").str.to_datetime(time_zone="UTC"), kind=pl.lit("like")
    ).unique(maintain_order=True)
    links = events.select(person="user_id", platform="platform", user_id="user_id").unique(
        maintain_order=True
    )
    dataset = Dataset.from_frames(events, None, links, encoder=None)
    new = dataset.users.nums([f"u{person}" for person in range(160, 200)])
    lists = Bridge().fit(dataset).recommend(dataset.query(new, "new"), 4).item_nums
    for row, person in zip(lists, range(160, 200), strict=True):
        assert {str(dataset.items.ids[num]).split("\x1f")[1][3] for num in row} == {str(person % 2)}


def test_without_anybody_in_common_text_carries_the_interest() -> None:
    alone = checkerboard(40, shared=0.0, encoder=_encoder())
    lists = Bridge().fit(alone).recommend(alone.query(np.arange(8), "there"), 5).item_nums
    parity = np.vectorize(lambda num: int(alone.items.ids[num][-1]) % 2)(lists)
    assert (parity == np.arange(8)[:, None] % 2).mean() > 0.9


def _encoder() -> object:
    from contracts.model_suite import use

    return use()


def test_a_target_that_was_not_fitted_is_refused() -> None:
    bridge = Bridge(BridgeConfig(target="there")).fit(board())
    with pytest.raises(InputError, match="another target"):
        bridge.score(board().query([0], "here"))
    with pytest.raises(UnknownNameError, match="nowhere"):
        Bridge(BridgeConfig(target="nowhere")).fit(board())


def test_settings_out_of_range_are_named() -> None:
    with pytest.raises(SettingsError, match=r"bridge\.reg"):
        load_model("bridge", {"reg": -1})


def test_saved_it_needs_no_data_and_says_its_weights(tmp_path: Path) -> None:
    bridge = Bridge().fit(three_platforms())
    bridge.save(tmp_path)
    loaded = Bridge.load(tmp_path)
    assert loaded.weights(1) == bridge.weights(1)
    assert not list(tmp_path.rglob("*.pkl"))


def test_turns_hide_other_people_each_time() -> None:
    dataset, config = three_platforms(), BridgeConfig()
    hidden = []
    for turn in range(turns(dataset, 1, config)):
        rest = hide(dataset, 1, config, turn).rest
        hidden.append(
            {*np.flatnonzero(rest.counts(dataset.platforms[1]) < dataset.counts(dataset.platforms[1]))}
        )
    assert len(hidden) > 1
    assert all(hidden)
    assert sum(map(len, hidden)) == len(set.union(*hidden))


@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize("component", [Joint, OwnPlatform])
def test_leaving_events_out_of_an_inverse_equals_a_fit_without_them(form, component) -> None:
    dataset = random_world(60, 40, 3)
    row = np.repeat(np.arange(dataset.n_users), np.diff(dataset.interactions.indptr))
    lost = (row < 20) & (dataset.item_platform[dataset.interactions.indices] == 1)
    # An item that loses all its people would take part as text alone in one of the two.
    lost &= np.isin(dataset.interactions.indices, dataset.interactions.indices[~lost])
    assert lost.any()
    rest = dataset.keeping(~lost)
    config = BridgeConfig(form=form, reg=3.0)
    whole, fresh = (component(config, Space.of(dataset), 1) for _ in range(2))
    whole.fit(dataset)
    fresh.fit(rest)
    query = rest.query(np.arange(rest.n_users), dataset.platforms[1])
    np.testing.assert_allclose(whole.without(rest).score(query), fresh.score(query), atol=1e-8)


@pytest.mark.parametrize("form", ["primal", "dual"])
def test_graded_events_count_by_their_weight(form) -> None:
    dataset = random_world(30, 20, 4)
    rng = np.random.default_rng(0)
    stronger = dataset.interactions.copy()
    stronger.data = rng.uniform(0.5, 2.0, stronger.nnz)
    graded = replace(dataset, interactions=stronger)
    config = {"form": form, "reg": 3.0, "text_weight": 0.0}
    binary, weighted = (
        joint_scores(graded, Joint, **config),
        joint_scores(graded, Joint, graded=True, **config),
    )
    np.testing.assert_allclose(binary, joint_scores(dataset, Joint, **config), atol=1e-10)
    X = stronger.toarray()
    touched = X.any(axis=0)
    P = np.linalg.inv(X[:, touched].T @ X[:, touched] + 3.0 * np.eye(touched.sum()))
    expected = np.zeros_like(X)
    expected[:, touched] = X[:, touched] @ (np.eye(len(P)) - P / P.diagonal())
    np.testing.assert_allclose(weighted, expected[:, dataset.candidates("b")], atol=1e-10)
