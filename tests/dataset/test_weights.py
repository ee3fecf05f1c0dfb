from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from isthmus.dataset.weights import weigh
from isthmus.errors import SettingsError
from isthmus.schema import EVENT, conform
from isthmus.settings import WeightSettings

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def _weights(rows: list[dict[str, Any]], **settings: Any) -> dict[tuple[str, str], float]:
    people = [row.get("user_id", "u") for row in rows]
    rows = [{"platform": "p", "user_id": "u", "item_id": "i", "kind": "like"} | row for row in rows]
    events = conform(pl.DataFrame(rows, infer_schema_length=None), EVENT)
    events = events.with_columns(person=pl.Series(people))
    weighed = weigh(events, WeightSettings(**settings))
    return {
        (person, item): weight
        for person, item, weight in weighed.select("person", "item_id", "weight").rows()
    }


def test_one_like_weighs_one() -> None:
    assert _weights([{}]) == {("u", "i"): 1.0}


def test_kinds_add_up_and_a_refusal_takes_away() -> None:
    assert _weights([{}, {"kind": "view"}])["u", "i"] == pytest.approx(1.3)
    assert _weights([{}, {"kind": "dislike"}])["u", "i"] == pytest.approx(-1.0)
    assert _weights([{}, {"kind": "like", "item_id": "j"}, {"kind": "survey", "item_id": "k"}]).keys() == {
        ("u", "i"), ("u", "j")
    }  # fmt: skip


def test_what_has_no_item_has_no_weight() -> None:
    assert _weights([{"item_id": None, "kind": "search"}, {}]) == {("u", "i"): 1.0}


def test_amounts_count_by_their_rank_on_their_platform() -> None:
    rows = [
        {"item_id": str(place), "kind": "play", "unit": "seconds", "value": seconds}
        for place, seconds in enumerate([10.0, 100_000.0, 60.0, 3_000.0])
    ]
    # Quantiles 1/8, 3/8, 5/8, 7/8, each plus 1/2.
    assert _weights(rows) == {("u", "0"): 0.625, ("u", "1"): 1.375, ("u", "2"): 0.875, ("u", "3"): 1.125}


def test_another_platform_and_another_kind_do_not_change_the_rank() -> None:
    plays = [{"item_id": str(i), "kind": "play", "unit": "count", "value": float(i)} for i in range(1, 4)]
    alone = _weights(plays)
    loud = [{"platform": "q", "item_id": "z", "kind": "play", "unit": "count", "value": 9e6}]
    views = [{"item_id": "v", "kind": "view"}]
    together = _weights(plays + loud + views)
    assert {pair: together[pair] for pair in alone} == alone


def test_how_often_a_thing_was_done_counts_without_a_value() -> None:
    weights = _weights([{"item_id": "often", "kind": "view"}] * 5 + [{"item_id": "once", "kind": "view"}])
    assert weights["u", "often"] == pytest.approx(0.3 * 1.25)
    assert weights["u", "once"] == pytest.approx(0.3 * 0.75)


def test_ratings_are_measured_against_the_person() -> None:
    kind = {"kind": "rate", "unit": "rating"}
    strict = [{"user_id": "strict", "item_id": str(i), "value": float(i), **kind} for i in (1, 2, 3)]
    kind_hearted = [{"user_id": "kind", "item_id": str(i), "value": 2.0 + i, **kind} for i in (1, 2, 3)]
    weights = _weights(strict + kind_hearted, rating_slope=1.0)
    # z is -1, 0, 1 for both, whatever the level of their ratings; weight 1 + z / 2.
    for person in ("strict", "kind"):
        assert [weights[person, item] for item in "123"] == pytest.approx([0.5, 1.0, 1.5])


def test_one_rating_or_equal_ratings_are_neither_high_nor_low() -> None:
    rows = [{"item_id": str(i), "kind": "rate", "value": 5.0, "unit": "rating"} for i in range(3)]
    assert set(_weights(rows, rating_slope=1.0).values()) == {1.0}
    assert set(_weights(rows[:1], rating_slope=1.0).values()) == {1.0}


def test_the_last_rating_of_an_item_counts() -> None:
    def rate(item: str, value: float, day: int) -> dict[str, Any]:
        return {
            "item_id": item,
            "kind": "rate",
            "unit": "rating",
            "value": value,
            "occurred_at": DAY + timedelta(day),
        }

    changed_mind = [rate("a", 1.0, 5), rate("a", 5.0, 1), rate("b", 3.0, 0), rate("c", 5.0, 0)]
    weights = _weights(changed_mind, rating_slope=1.0)
    assert weights["u", "a"] < weights["u", "b"] < weights["u", "c"]


def test_half_as_much_after_the_half_life() -> None:
    rows = [{"item_id": str(days), "occurred_at": DAY - timedelta(days)} for days in (0, 10, 20)]
    weights = _weights([*rows, {"item_id": "undated"}], half_life_days=10)
    assert [weights["u", item] for item in ("0", "10", "20")] == pytest.approx([1.0, 0.5, 0.25])
    assert weights["u", "undated"] == 1.0


def test_the_age_counts_from_the_newest_event_of_the_platform() -> None:
    rows = [{"item_id": "old", "platform": "q", "occurred_at": DAY - timedelta(3650)}, {"occurred_at": DAY}]
    assert _weights(rows, half_life_days=10)["u", "old"] == 1.0


def test_a_base_weight_for_no_kind_is_refused() -> None:
    with pytest.raises(SettingsError, match="unknown kind 'liek'"):
        _weights([{}], base={"liek": 1.0})
