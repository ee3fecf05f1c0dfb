import polars as pl
import pytest

from isthmus.items import MATCH, VERDICT, Matches
from isthmus.storage import SegmentStore


def found(*rows):
    return pl.DataFrame(
        [("a", one, "b", two, how, confidence) for one, two, how, confidence in rows],
        schema=MATCH, orient="row",
    )  # fmt: skip


def verdicts(*rows):
    return pl.DataFrame([("a", one, "b", two, same) for one, two, same in rows], schema=VERDICT, orient="row")


@pytest.fixture
def store(tmp_path):
    return SegmentStore.create(tmp_path / "store")


def held(store):
    return sorted(Matches(store).read().select("item_id", "other_item_id", "confidence", "confirmed").rows())


def test_what_is_found_anew_takes_the_place_of_what_was(store):
    assert held(store) == []
    assert Matches(store).read().columns == [*MATCH, "confirmed"]
    for rows in ([("1", "2", "id", 0.99), ("3", "4", "title", 0.6)], [("3", "4", "title", 0.7)], []):
        with store.writing() as writer:
            Matches(store).replace(writer, found(*rows))
        assert held(store) == [(one, two, confidence, False) for one, two, _, confidence in rows]


def test_a_refused_pair_never_returns_and_a_confirmed_one_stays(store):
    matches = Matches(store)
    with store.writing() as writer:
        matches.replace(writer, found(("1", "2", "id", 0.99), ("3", "4", "title", 0.6)))
        assert matches.judge(writer, verdicts(("1", "2", False), ("3", "4", True), ("5", "6", True))) == 3
    expected = [("3", "4", 1.0, True), ("5", "6", 1.0, True)]
    assert held(store) == expected
    with store.writing() as writer:
        matches.replace(writer, found(("1", "2", "id", 0.99)))
    assert held(store) == expected
    assert matches.read()["how"].to_list() == [None, None]


def test_the_last_word_counts_and_the_same_word_again_is_none(store):
    matches = Matches(store)
    with store.writing() as writer:
        assert matches.judge(writer, verdicts(("1", "2", True))) == 1
    with store.writing() as writer:
        assert matches.judge(writer, verdicts(("1", "2", True))) == 0
        assert matches.judge(writer, verdicts(("1", "2", False))) == 1
    assert held(store) == []
    assert matches.verdicts().rows() == [("a", "1", "b", "2", False)]


def test_what_fails_leaves_no_trace(store):
    def fail():
        with store.writing() as writer:
            Matches(store).replace(writer, found(("1", "2", "id", 0.99)))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert held(store) == []
