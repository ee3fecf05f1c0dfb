"""Nobody in common: no row of the training data touches the target and another platform."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from isthmus.dataset import checkerboard
from isthmus.errors import InputError
from isthmus.evaluation import leave_platform_out
from isthmus.models import EASE, Bridge

TARGET = "films"


@pytest.fixture
def dataset(make_world):
    found = make_world(n_people=50)
    return replace(found, blocked=csr_array(np.ones((found.n_users, found.n_items))))


def here(dataset, target=TARGET):
    return dataset.item_platform == dataset.platform_num(target)


def test_nobody_is_known_on_both(dataset):
    train = leave_platform_out(dataset, TARGET).train
    for matrix in (train.interactions, train.blocked):
        on_target = matrix.toarray()[:, here(dataset)].any(axis=1)
        elsewhere = matrix.toarray()[:, ~here(dataset)].any(axis=1)
        assert not (on_target & elsewhere).any()
        assert on_target.any()
        assert elsewhere.any()


def test_nothing_is_lost_but_what_is_asked_for(dataset):
    split = leave_platform_out(dataset, TARGET, test=0.2, validation=0.1)
    train, facts = split.train, split.facts
    assert facts["people_parted"] >= facts["people_on_both"] - len(split.test) - len(split.validation) > 0
    assert train.n_users == dataset.n_users + facts["people_parted"]
    assert train.interactions.nnz == dataset.interactions.nnz - facts["held_out"]
    assert len(set(train.users.ids)) == train.n_users
    assert facts["held_out"] == split.test.truth.nnz + split.validation.truth.nnz


def test_a_parted_person_keeps_both_halves_and_their_times(dataset):
    train = leave_platform_out(dataset, TARGET).train
    new = train.n_users - 1
    old = train.users.num(train.users.ids[new].removesuffix(f" on {TARGET}"))
    for before, after in (
        (dataset.interactions, train.interactions), (dataset.times_matrix, train.times_matrix),
    ):  # fmt: skip
        halves = after[[old]].toarray() + after[[new]].toarray()
        np.testing.assert_array_equal(before[[old]].toarray(), halves)
    assert train.interactions[[new]].toarray()[0, ~here(dataset)].sum() == 0


def test_people_are_asked_with_their_source_history_only(dataset):
    split = leave_platform_out(dataset, TARGET)
    assert (split.test.k == 0).all()
    assert not here(dataset)[split.test.history.indices].any()
    assert here(dataset)[split.test.truth.indices].all()
    rows = split.train.interactions[split.test.users].toarray()
    np.testing.assert_array_equal(rows, split.test.history.toarray())


class Topics:
    """Two topics, by the first words that the board's titles know them by."""

    name, revision, embedding_size = "topics", "1", 2

    def encode(self, texts):
        space = np.array(
            [any(word in text for word in ("space", "rocket", "planet", "orbit")) for text in texts]
        )
        return np.column_stack([space, ~space]).astype(np.float32)


def test_only_texts_carry_over():
    """Ids alone cannot know even from odd over there; the texts can."""
    board = checkerboard(60, 20, encoder=Topics())
    split = leave_platform_out(board, "there")
    query = split.test.query(split.train, "there")
    right = {}
    for name, model in (("ids", EASE()), ("texts", Bridge())):
        lists = model.fit(split.train, rng=0).recommend(query, 5).item_nums
        right[name] = np.mean(lists % 2 == split.test.users[:, None] % 2)
    assert right["ids"] == pytest.approx(0.5, abs=0.1)
    assert right["texts"] > 0.9


def test_refuses_where_nobody_is_known_on_both():
    with pytest.raises(InputError, match="only 0 people"):
        leave_platform_out(checkerboard(shared=0.0, hold_out=40), "there")
