"""The event log's own feedback, per platform and per scenario."""

import polars as pl
import pytest

from isthmus.errors import InputError
from isthmus.evaluation.satisfaction import analyse_feedback, wilson_interval

ROWS = [
    ("films", "ann", "like", None, None, "new"),
    ("films", "bob", "like", None, None, "old"),
    ("films", "cyd", "dislike", None, None, "old"),
    ("films", "ann", "rate", 4.0, "rating", "new"),
    ("films", "bob", "rate", 2.0, "rating", "old"),
    ("films", "ann", "survey", 5.0, "csat", "new"),
    ("films", "bob", "survey", 2.0, "csat", "old"),
    ("films", "ann", "survey", 10.0, "nps", "new"),
    ("films", "bob", "survey", 3.0, "nps", "old"),
    ("films", "cyd", "survey", 8.0, "mood", "old"),  # a scale that is not known
    ("films", "cyd", "watch", 60.0, "seconds", "old"),
    ("books", "ann", "like", None, None, None),
]


@pytest.fixture
def events():
    columns = ["platform", "user_id", "kind", "value", "unit", "scenario"]
    frame = pl.DataFrame(ROWS, schema=columns, orient="row")
    context = pl.struct(device=pl.lit(None, pl.String), scenario="scenario")
    return frame.select(*columns[:5], context.alias("context"))


def test_every_measure_of_every_platform(events):
    found = {(one.group, one.measure): one.found for one in analyse_feedback(events)}
    assert list(found) == [
        (("books",), "liked"),
        *((("films",), name) for name in ("liked", "rating", "csat", "nps")),
    ]
    liked = found[("films",), "liked"]
    assert (liked.value, liked.answers) == (pytest.approx(2 / 3), 3)
    assert (liked.low, liked.high) == wilson_interval(2, 3)
    assert found[("films",), "rating"].value == 3.0
    assert found[("films",), "csat"].value == 0.5
    assert found[("films",), "nps"].value == 0.0


def test_by_scenario(events):
    found = {(one.group, one.measure): one.found.value for one in analyse_feedback(events, ["scenario"])}
    assert found[("new",), "csat"] == 1.0
    assert found[("old",), "csat"] == 0.0
    assert found[("",), "liked"] == 1.0  # where nothing is said of the scenario


def test_nothing_said_is_nothing_found(events):
    assert analyse_feedback(events.filter(pl.col("kind") == "watch")) == ()


def test_what_it_refuses(events):
    with pytest.raises(InputError, match="colour"):
        analyse_feedback(events, ["colour"])
    with pytest.raises(InputError, match="nothing"):
        analyse_feedback(events, [])
