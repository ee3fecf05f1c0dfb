"""Estimates of a system that never ran, against what it would really have earned."""

import numpy as np
import pytest

from isthmus.errors import InputError
from isthmus.evaluation.satisfaction import estimate_off_policy

WORTH = np.array([0.1, 0.2, 0.4, 0.8])
RAN = np.array([0.55, 0.25, 0.15, 0.05])
OTHER = np.array([0.1, 0.1, 0.3, 0.5])
TRUTH = float(OTHER @ WORTH)


def world(seed, n=600, model=WORTH):
    """Impressions of one of four items, and rewards of 0 or 1 with the worth of the item."""
    rng = np.random.default_rng(seed)
    item = rng.choice(4, n, p=RAN)
    rewards = (rng.random(n) < WORTH[item]).astype(float)
    return {
        "rewards": rewards, "propensities": RAN[item], "chances": OTHER[item],
        "predicted": model[item], "predicted_mean": np.full(n, OTHER @ model),
    }  # fmt: skip


def test_by_hand():
    """Weights 2, .5 and 1 on rewards 1, 0 and 1."""
    found = estimate_off_policy(
        np.array([1.0, 0.0, 1.0]), np.array([0.25, 0.5, 0.25]), np.array([0.5, 0.25, 0.25]),
        predicted=np.array([0.5, 0.5, 1.0]), predicted_mean=np.array([0.6, 0.6, 0.6]),
    )  # fmt: skip
    assert found.logged.value == pytest.approx(2 / 3)
    assert found.ips.value == pytest.approx(3 / 3)
    assert found.snips.value == pytest.approx(3 / 3.5)
    assert found.dr.value == pytest.approx(((0.6 + 2 * 0.5) + (0.6 - 0.5 * 0.5) + (0.6 + 0)) / 3)
    assert found.effective_n == pytest.approx(3.5**2 / 5.25)
    assert found.mean_weight == pytest.approx(3.5 / 3)


def test_they_are_right_on_average_and_their_intervals_cover():
    runs = [estimate_off_policy(**world(seed), resamples=300) for seed in range(200)]
    for name in ("ips", "snips", "dr"):
        found = [getattr(run, name) for run in runs]
        values = np.array([one.value for one in found])
        error = values.std() / np.sqrt(len(values))
        assert values.mean() == pytest.approx(TRUTH, abs=4 * error)
        covered = np.mean([one.low <= TRUTH <= one.high for one in found])
        assert 0.89 <= covered <= 0.99
    spread = {name: np.std([getattr(run, name).value for run in runs]) for name in ("ips", "snips", "dr")}
    assert spread["dr"] < spread["snips"] < spread["ips"]
    assert np.mean([run.mean_weight for run in runs]) == pytest.approx(1.0, abs=0.03)
    logged = np.mean([run.logged.value for run in runs])
    assert logged == pytest.approx(RAN @ WORTH, abs=0.01)
    assert abs(logged - TRUTH) > 0.2  # what ran says nothing of the other


def test_doubly_robust_stands_where_one_of_the_two_is_wrong():
    wrong_model = [
        estimate_off_policy(**world(seed, model=WORTH[::-1].copy()), resamples=2) for seed in range(200)
    ]
    assert np.mean([run.dr.value for run in wrong_model]) == pytest.approx(TRUTH, abs=0.03)
    wrong_chance = []
    for seed in range(200):
        given = world(seed)
        given["propensities"] = np.full(600, 0.25)
        wrong_chance.append(estimate_off_policy(**given, resamples=2))
    assert np.mean([run.dr.value for run in wrong_chance]) == pytest.approx(TRUTH, abs=0.03)
    assert abs(np.mean([run.ips.value for run in wrong_chance]) - TRUTH) > 0.1
    assert abs(np.mean([run.mean_weight for run in wrong_chance]) - 1) > 0.1  # and one is told


def test_clipping_is_counted_and_biases_down():
    given = world(0, n=4000)
    plain, cut = (estimate_off_policy(**given, clip=clip, resamples=2) for clip in (None, 3.0))
    assert cut.clipped == int((given["chances"] / given["propensities"] > 3).sum()) > 0
    assert cut.ips.value < plain.ips.value
    assert cut.effective_n > plain.effective_n
    assert cut.mean_weight == plain.mean_weight


def test_a_persons_impressions_stay_together():
    given = world(0)
    alone = estimate_off_policy(**given).ips
    doubled = {name: np.repeat(values, 4) for name, values in given.items()}
    together = estimate_off_policy(**doubled, person=np.repeat(np.arange(600), 4)).ips
    assert together.value == pytest.approx(alone.value)
    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.1)


def test_without_a_model_there_is_no_doubly_robust():
    given = {name: values for name, values in world(0).items() if not name.startswith("predicted")}
    assert estimate_off_policy(**given).dr is None
    assert np.isnan(estimate_off_policy(**given | {"chances": np.zeros(600)}).snips.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"propensities": np.zeros(600)}, "propensity"),
        ({"chances": np.full(600, 1.5)}, "chance"),
        ({"rewards": np.zeros(3)}, "one value each"),
        ({"predicted": None}, "both predicted"),
    ],
)
def test_what_it_refuses(change, message):
    with pytest.raises(InputError, match=message):
        estimate_off_policy(**world(0) | change)
