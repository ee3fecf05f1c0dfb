"""Chosen on one pair, applied to another: the choice is made on validation and never changed."""

import numpy as np
import pytest

from isthmus.dataset import checkerboard
from isthmus.errors import SettingsError
from isthmus.evaluation import Lists, cold_start, parse_metric
from isthmus.evaluation.generalisation import generalise
from isthmus.models import EASE, Popularity

CHOICES = {"popular": Popularity(), "ease": EASE()}


@pytest.fixture(scope="module")
def scenarios(make_world):
    """On the board EASE is right; in a random world nothing is."""
    board = checkerboard(80, 20)
    random = make_world(n_people=80, seed=3)
    return {
        "there": cold_start(board, "there"),
        "here": cold_start(board, "here"),
        "random": cold_start(random, "films"),
    }


def test_what_the_board_chooses_holds_on_its_other_side(scenarios):
    found = generalise(CHOICES, scenarios, "there")
    assert found.chosen == "ease"
    assert found.validation["ease"] > found.validation["popular"]
    here, random = found.applied
    assert (here.scenario, here.own_choice) == ("here", "ease")
    assert here.against_own.difference == 0
    assert random.scenario == "random"
    split = scenarios["here"]
    lists = EASE().fit(split.train).recommend(split.test.query(split.train, "here"), 10).item_nums
    assert here.value == pytest.approx(np.nanmean(parse_metric("ndcg@10")(Lists(lists, split.test.truth))))


def test_the_gap_to_the_own_choice_is_paired(scenarios):
    found = generalise(CHOICES, scenarios, "random")
    (there,) = (one for one in found.applied if one.scenario == "there")
    assert there.own_choice == "ease"
    assert there.against_own.difference == pytest.approx(there.value - there.own_value)
    if found.chosen == "popular":
        assert there.against_own.high < 0


def test_what_it_refuses(scenarios):
    with pytest.raises(SettingsError, match="another to apply"):
        generalise(CHOICES, {"there": scenarios["there"]}, "there")
    with pytest.raises(SettingsError, match="no validation"):
        generalise(CHOICES, scenarios | {"bare": cold_start(checkerboard(), "there", validation=0)}, "there")
