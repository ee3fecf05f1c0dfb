import numpy as np

from isthmus.dataset import checkerboard


def test_everybody_likes_their_own_parity_and_leaves_some_out() -> None:
    dataset = checkerboard(12, 16)
    parity = np.array([int(key[-1]) % 2 for key in dataset.items.ids])
    rows, columns = dataset.interactions.nonzero()
    numbers = np.array([int(id_[1:]) for id_ in dataset.users.ids])
    np.testing.assert_array_equal(numbers[rows] % 2, parity[columns])
    own = 16 // 2
    assert (dataset.counts("here") < own).all()
    assert (dataset.counts("here") > 0).all()


def test_who_is_held_out_has_nothing_there() -> None:
    dataset = checkerboard(12, 16, hold_out=3)
    counts = dataset.counts("there")
    assert (counts[-3:] == 0).all()
    assert (counts[:-3] > 0).all()


def test_only_a_part_is_known_on_both() -> None:
    assert (checkerboard(20, 8, shared=0.25).counts("there") > 0).sum() == 5


def test_titles_tell_the_topics_apart() -> None:
    dataset = checkerboard(4, 8)
    assert dataset.features.categories.names.tolist() == ["garden", "space"]
    per_item = dataset.features.categories.matrix.toarray().argmax(axis=1)
    assert [int(key[-1]) % 2 for key in dataset.items.ids] == (1 - per_item).tolist()
