"""Which device each interaction happened on, and questions that lean to one."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from isthmus.dataset import Dataset, household
from isthmus.dataset.weights import share_devices
from isthmus.errors import InputError, UnknownNameError
from isthmus.schema import Query

ROWS = [
    ("a", "x", "read", "phone"),
    ("a", "x", "view", "computer"),  # a third of the weight of a read
    ("a", "y", "read", "computer"),
    ("a", "z", "read", None),
    ("a", "w", "hide", "phone"),
    ("b", "x", "read", "phone"),
    ("c", "y", "read", "computer"),
]


def _events() -> pl.DataFrame:
    rows = [
        {"platform": "p", "user_id": user, "item_id": item, "kind": kind, "context": {"device": device}}
        for user, item, kind, device in ROWS
    ]
    return pl.DataFrame(rows).with_columns(
        context=pl.struct(device=pl.col("context").struct.field("device"), scenario=pl.lit(None, pl.String))
    )


def _dataset(**more: Any) -> Dataset:
    return Dataset.from_frames(_events(), encoder=None, **{"devices": True} | more)


def _told(dataset: Dataset, device: str) -> dict[tuple[str, str], float]:
    part = dataset.here(device).tocoo()
    return {
        (dataset.users.ids[row].removeprefix("p:"), dataset.items.ids[column][2:]): float(value)
        for row, column, value in zip(part.row, part.col, part.data, strict=True)
    }


def test_each_interaction_is_shared_out_among_its_devices() -> None:
    dataset = _dataset()
    assert dataset.devices == ("computer", "phone")
    phone = _told(dataset, "phone")
    assert phone["a", "x"] == pytest.approx(1.0 / 1.3)
    assert {pair for pair, part in phone.items() if part == 0} == {("a", "y"), ("a", "z"), ("c", "y")}
    assert _told(dataset, "computer")["a", "x"] == pytest.approx(0.3 / 1.3)
    assert ("a", "w") not in phone  # hidden: no interaction


def test_events_against_an_item_have_no_share() -> None:
    events = _events().with_columns(person="user_id")
    shares = share_devices(events)
    assert shares.filter(pl.col("item_id") == "w").is_empty()
    assert shares.group_by("person", "item_id").agg(pl.col("share").sum())["share"].max() == pytest.approx(1)


def test_without_devices_there_are_none_and_asking_says_so() -> None:
    plain = _dataset(devices=False)
    assert plain.devices == ()
    assert plain.on_device is None
    with pytest.raises(UnknownNameError) as caught:
        plain.query([0], "p", device="phone")
    assert "context.device" in caught.value.hint
    with pytest.raises(UnknownNameError, match="no device named 'fone'") as caught:
        _dataset().query([0], "p", device="fone")
    assert "phone" in caught.value.hint
    with pytest.raises(InputError, match="elsewhere"):
        _dataset().query([0], "p", device="phone", elsewhere=1.5)


def test_everything_but_the_devices_is_the_same() -> None:
    plain, told = _dataset(devices=False), _dataset()
    np.testing.assert_array_equal(plain.interactions.toarray(), told.interactions.toarray())
    np.testing.assert_array_equal(plain.blocked.toarray(), told.blocked.toarray())


def test_devices_stay_with_their_interactions() -> None:
    dataset = _dataset()
    assert _told(dataset.without_users(np.array([0])), "phone") == {("b", "x"): 1.0, ("c", "y"): 0.0}
    some = dataset.keeping(dataset.here("phone").data > 0)
    assert set(_told(some, "phone")) == {("a", "x"), ("b", "x")}
    assert _told(some, "phone")["a", "x"] == pytest.approx(1.0 / 1.3)


def test_known_items_keep_their_numbers_beside_devices() -> None:
    first = _dataset()
    again = _dataset(known=first.items, with_features=False)
    assert _told(again, "phone") == _told(first, "phone")


def test_no_device_asks_one_question() -> None:
    query = _dataset().query([0, 1, 2], "p")
    ((weight, only),) = query.parts()
    assert weight == 1
    assert only == query
    assert query.leaning_history is query.history


def test_a_leaning_question_is_the_whole_and_what_was_done_on_the_device() -> None:
    dataset = _dataset()
    query = dataset.query([0, 1, 2], "p", device="phone", elsewhere=0.25)
    (most, whole), (rest, phone) = query.parts()
    assert (most, rest) == (0.25, 0.75)
    np.testing.assert_array_equal(whole.history.toarray(), dataset.interactions.toarray())
    assert whole.here is None
    a = phone.history[[0]]
    assert [dataset.items.ids[item][2:] for item in a.indices] == ["x"]
    assert phone.times is not None
    np.testing.assert_array_equal(phone.times.indices, phone.history.indices)
    # c did nothing on the phone: the whole history, in both
    np.testing.assert_array_equal(phone.history.toarray()[2], whole.history.toarray()[2])
    summed = sum((weight * part.history.toarray() for weight, part in query.parts()), np.zeros((3, 4)))
    np.testing.assert_allclose(query.leaning_history.toarray(), summed)


def test_what_was_done_elsewhere_shrinks_and_does_not_vanish() -> None:
    dataset = _dataset()
    y = next(num for num, key in enumerate(dataset.items.ids) if key.endswith("y"))
    full = dataset.query([0], "p").history.toarray()[0, y]
    leaning = dataset.query([0], "p", device="phone", elsewhere=0.25).leaning_history.toarray()[0, y]
    assert leaning == pytest.approx(0.25 * full)
    alone = dataset.query([0], "p", device="phone", elsewhere=0.0)
    assert len(alone.parts()) == 1
    assert alone.leaning_history.toarray()[0, y] == 0


def test_some_of_the_people_keep_their_devices() -> None:
    query = _dataset().query([0, 1, 2], "p", device="phone")
    taken = query.take(np.array([2, 0]))
    assert taken.here is not None
    assert query.here is not None
    np.testing.assert_array_equal(taken.here.toarray(), query.here.toarray()[[2, 0]])
    np.testing.assert_array_equal(taken.here.indptr, taken.history.indptr)


def test_a_question_made_by_hand_may_lean() -> None:
    history = csr_array(np.array([[2.0, 1.0, 0.0]]))
    here = csr_array((np.array([0.0, 1.0]), history.indices, history.indptr), shape=history.shape)
    query = Query(history, 0, np.arange(3), here=here, elsewhere=0.5)
    np.testing.assert_array_equal(query.leaning_history.toarray(), [[1.0, 1.0, 0.0]])


def test_a_household_differs_by_device_and_shares_the_tablet() -> None:
    dataset = Dataset.from_frames(*household(n_people=40, seed=3), encoder=None, devices=True)
    assert dataset.devices == ("computer", "phone", "tablet")
    categories = dataset.features.categories.matrix
    main = {
        device: (dataset.interactions.multiply(dataset.here(device)).tocsr() @ categories).toarray().argmax(1)
        for device in dataset.devices
    }
    assert (main["computer"] != main["phone"]).mean() > 0.9
    assert (main["tablet"][::2] == main["tablet"][1::2]).mean() > 0.8
    assert household(n_people=10, seed=1)[0].equals(household(n_people=10, seed=1)[0])
