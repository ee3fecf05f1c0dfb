from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from isthmus.dataset import Dataset, IdMap, item_key
from isthmus.errors import InputError, UnknownNameError
from isthmus.schema import NO_TIME

EVENTS = pl.DataFrame(
    [
        ("books", "b/1", "三体", "like", datetime(2026, 1, 5, tzinfo=UTC)),
        ("books", "b/1", "三体", "like", datetime(2026, 1, 2, tzinfo=UTC)),
        ("books", "b/1", "dune", "hide", None),
        ("films", "f 1", "arrival", "watch", datetime(1970, 1, 2, tzinfo=UTC)),
        ("films", "f 2", "alien", "watch", None),
        ("books", "b 2", "dune", "like", None),
    ],
    schema=["platform", "user_id", "item_id", "kind", "occurred_at"],
    orient="row",
)
ITEMS = pl.DataFrame(
    {
        "platform": ["books", "books", "films", "films", "films"],
        "item_id": ["dune", "old", "alien", "arrival", "dune"],
        "title": ["Dune", None, "Alien", "Arrival", "Dune"],
        "categories": [["SF ", "epic"], None, ["sf"], [], ["Sf"]],
        "hidden": [False, True, None, False, False],
    }
)
LINKS = pl.DataFrame({"person": ["ann", "ann"], "platform": ["books", "films"], "user_id": ["b/1", "f 1"]})


def _dataset(**more: Any) -> Dataset:
    return Dataset.from_frames(EVENTS, ITEMS, LINKS, **{"encoder": None} | more)


def _item(dataset: Dataset, platform: str, item_id: str) -> int:
    return dataset.items.num(item_key(platform, item_id))


def test_linked_people_are_one_and_others_keep_platform_and_id() -> None:
    dataset = _dataset()
    assert sorted(dataset.users.ids) == ["ann", "books:b 2", "films:f 2"]
    ann = dataset.users.num("ann")
    liked = dataset.interactions[[ann]].indices
    assert set(liked) == {_item(dataset, "books", "三体"), _item(dataset, "films", "arrival")}


def test_every_item_of_catalogue_and_events_is_known_once() -> None:
    dataset = _dataset()
    assert dataset.n_items == 6
    assert dataset.platforms == ("books", "films")
    for num, key in enumerate(dataset.items.ids):
        assert dataset.platforms[dataset.item_platform[num]] == key.split("\x1f")[0]
    assert (
        dataset.features.titles[_item(dataset, "books", "三体")] == "三体"
    )  # no title: the id stands for it


def test_a_refused_item_is_blocked_and_is_no_interaction() -> None:
    dataset = _dataset()
    ann, dune = dataset.users.num("ann"), _item(dataset, "books", "dune")
    assert dataset.blocked.toarray()[ann, dune] == 1
    assert dataset.interactions.toarray()[ann, dune] == 0
    assert dataset.blocked.nnz == 1


def test_times_stand_in_the_order_of_the_interactions() -> None:
    dataset = _dataset()
    times = {
        (dataset.users.ids[row], dataset.items.ids[column]): time
        for row, column, time in zip(*dataset.interactions.nonzero(), dataset.times, strict=True)
    }
    assert times["ann", item_key("books", "三体")] == datetime(2026, 1, 5, tzinfo=UTC).timestamp()
    assert times["ann", item_key("films", "arrival")] == 86_400
    assert times["films:f 2", item_key("films", "alien")] == NO_TIME


def test_matrices_are_canonical() -> None:
    for matrix in (_dataset().interactions, _dataset().blocked):
        assert matrix.has_canonical_format
        assert matrix.dtype == np.float64


def test_hidden_items_are_no_candidates() -> None:
    dataset = _dataset()
    assert set(dataset.candidates("books")) == {
        _item(dataset, "books", "dune"),
        _item(dataset, "books", "三体"),
    }
    with pytest.raises(UnknownNameError, match="no platform named 'boks'"):
        dataset.candidates("boks")


def test_categories_compare_without_case_and_spaces() -> None:
    dataset = _dataset()
    tags = dataset.features.categories
    assert tags.names.tolist() == ["epic", "sf"]
    bearers = np.flatnonzero(tags.matrix.toarray()[:, 1])
    expected = [("books", "dune"), ("films", "alien"), ("films", "dune")]
    assert set(bearers) == {_item(dataset, *pair) for pair in expected}


def test_a_query_brings_history_and_blocked_items() -> None:
    dataset = _dataset()
    ann = dataset.users.num("ann")
    query = dataset.query([ann], "films")
    np.testing.assert_array_equal(query.history.toarray(), dataset.interactions.toarray()[[ann]])
    assert query.times is not None
    np.testing.assert_array_equal(query.times.indices, query.history.indices)
    np.testing.assert_array_equal(query.times.data, dataset.times[dataset.interactions.nonzero()[0] == ann])
    assert query.platform == 1
    assert len(query) == 1
    assert query.blocked is not None
    assert query.blocked.nnz == 1


def test_without_people_everybody_else_is_as_before() -> None:
    dataset = _dataset()
    ann = dataset.users.num("ann")
    rest = dataset.without_users(np.array([ann]))
    others = [dataset.users.num(id_) for id_ in rest.users.ids]
    assert "ann" not in rest.users.ids
    np.testing.assert_array_equal(rest.interactions.toarray(), dataset.interactions.toarray()[others])
    np.testing.assert_array_equal(rest.blocked.toarray(), dataset.blocked.toarray()[others])
    assert len(rest.times) == rest.interactions.nnz
    assert rest.items is dataset.items


def test_keeping_some_interactions_keeps_people_and_times() -> None:
    dataset = _dataset()
    keep = dataset.times != NO_TIME
    kept = dataset.keeping(keep)
    assert kept.n_users == dataset.n_users
    assert kept.interactions.nnz == keep.sum() == 2
    np.testing.assert_array_equal(kept.times, dataset.times[keep])
    expected = dataset.interactions.toarray()
    rows, columns = dataset.interactions.nonzero()
    expected[rows[~keep], columns[~keep]] = 0
    np.testing.assert_array_equal(kept.interactions.toarray(), expected)


def test_counts_are_items_per_person() -> None:
    dataset = _dataset()
    counts = dict(zip(dataset.users.ids, dataset.counts("books"), strict=True))
    assert counts == {"ann": 1, "books:b 2": 1, "films:f 2": 0}


def test_known_items_keep_their_numbers_and_new_ones_come_behind() -> None:
    first = _dataset()
    more = pl.concat([EVENTS, EVENTS[:1].with_columns(item_id=pl.lit("new"))])
    fewer_items = ITEMS.filter(pl.col("item_id") != "old")
    second = Dataset.from_frames(more, fewer_items, LINKS, encoder=None, known=first.items)
    np.testing.assert_array_equal(second.items.ids[: first.n_items], first.items.ids)
    assert second.items.ids[first.n_items :].tolist() == [item_key("books", "new")]
    gone = _item(second, "books", "old")
    assert second.hidden[gone]
    np.testing.assert_array_equal(second.item_platform[: first.n_items], first.item_platform)
    np.testing.assert_array_equal(second.features.titles[: first.n_items][:1], first.features.titles[:1])


SAME = pl.DataFrame({
    "platform": ["books", "books", "films"], "item_id": ["dune", "dune", "dune"],
    "other_platform": ["films", "films", "books"], "other_item_id": ["dune", "nowhere", "dune"],
    "confidence": [0.95, 0.95, 0.95],
})  # fmt: skip
"""One pair, written both ways, and one of an item that nobody knows."""


def test_known_pairs_of_same_items_stay_through_every_change() -> None:
    assert _dataset().same.shape == (0, 2)
    dataset = _dataset(same=SAME)
    pair = sorted([_item(dataset, "books", "dune"), _item(dataset, "films", "dune")])
    assert dataset.same.tolist() == [pair]
    assert dataset.without_users(np.array([0])).same.tolist() == [pair]
    assert dataset.keeping(dataset.times != NO_TIME).same.tolist() == [pair]
    assert _dataset(same=SAME, devices=True).same.tolist() == [pair]
    known = IdMap.of(reversed(dataset.items.ids.tolist()))
    turned = _dataset(same=SAME, known=known)
    assert turned.same.tolist() == [sorted(dataset.n_items - 1 - num for num in pair)]


def test_pairs_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="lacks the column 'other_item_id'"):
        _dataset(same=SAME.drop("other_item_id"))
    with pytest.raises(InputError, match="on one platform"):
        _dataset(same=SAME.with_columns(other_platform=pl.lit("books"), other_item_id=pl.lit("old")))
    dataset = _dataset()
    for wrong in ([[0, dataset.n_items]], [[-1, 0]], [0, 1], [[0, 1, 2]]):
        with pytest.raises(InputError):
            replace(dataset, same=np.array(wrong))


def test_a_frame_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="lacks the column 'user_id'"):
        Dataset.from_frames(pl.DataFrame({"platform": ["p"]}), encoder=None)
    with pytest.raises(InputError, match="unknown column 'stars'"):
        Dataset.from_frames(EVENTS.with_columns(stars=1), encoder=None)


def test_events_that_join_nobody_to_anything_are_refused() -> None:
    searches = pl.DataFrame({"platform": ["p"], "user_id": ["u"], "kind": ["search"]})
    with pytest.raises(InputError):
        Dataset.from_frames(searches, encoder=None)


def test_a_catalogue_is_optional() -> None:
    dataset = Dataset.from_frames(EVENTS, encoder=None)
    assert dataset.n_items == 4
    assert dataset.n_users == 4
    assert not dataset.features.has_text.any()


def test_the_order_of_events_does_not_change_who_liked_what() -> None:
    there, back = _dataset(), Dataset.from_frames(EVENTS.reverse(), ITEMS, LINKS, encoder=None)
    order = [back.items.num(key) for key in there.items.ids]
    np.testing.assert_array_equal(there.users.ids, back.users.ids)
    np.testing.assert_array_equal(there.interactions.toarray(), back.interactions.toarray()[:, order])
