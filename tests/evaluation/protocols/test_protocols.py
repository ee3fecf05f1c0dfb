"""Who is tested on what: nothing asked for is ever in training, and the same seed asks the same people."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from isthmus.errors import InputError, SettingsError, UnknownNameError
from isthmus.evaluation import PROTOCOLS, cold_start, find_protocol, k_shot, leave_last_out, time_split
from isthmus.evaluation.split import entries
from isthmus.schema import NO_TIME

TARGET = "films"


def pairs(users, matrix):
    return set(zip(users[entries(matrix)].tolist(), matrix.indices.tolist(), strict=True))


def items_of(matrix, row):
    return matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tolist()


def all_pairs(dataset):
    return pairs(np.arange(dataset.n_users), dataset.interactions)


def is_on_target(dataset, found):
    number = dataset.platform_num(TARGET)
    return {(user, item) for user, item in found if dataset.item_platform[item] == number}


def same(one, other):
    return all(
        (getattr(one, part).users == getattr(other, part).users).all()
        and pairs(getattr(one, part).users, getattr(one, part).truth)
        == pairs(getattr(other, part).users, getattr(other, part).truth)
        for part in ("test", "validation")
    ) and all_pairs(one.train) == all_pairs(other.train)


@settings(max_examples=25)
@given(
    st.sampled_from(sorted(PROTOCOLS)), st.integers(0, 5), st.integers(0, 99), st.floats(0.3, 0.9), st.data()
)
def test_nothing_asked_for_is_in_training(make_world, protocol, seed, world_seed, density, data):
    dataset = make_world(seed=world_seed, density=density)
    options = {"k": data.draw(st.sampled_from([0, 1, 2, (0, 1), (1, 2)]))} if protocol == "k-shot" else {}
    try:
        split = PROTOCOLS[protocol](dataset, TARGET, seed=seed, **options)
    except InputError:
        return  # too thin a world for this protocol, which says so
    trained = all_pairs(split.train)
    test, validation = (pairs(cases.users, cases.truth) for cases in (split.test, split.validation))
    assert test
    assert not trained & (test | validation)
    assert not test & validation
    if protocol == "leave-platform-out":  # new people stand behind the old ones
        assert {item for _, item in trained} <= {item for _, item in all_pairs(dataset)}
    else:
        assert trained <= all_pairs(dataset)
    for cases in (split.test, split.validation):
        assert cases.history.multiply(cases.truth).nnz == 0
        candidates = set(dataset.candidates(TARGET).tolist())
        assert set(cases.truth.indices.tolist()) <= candidates
        on_target = dataset.item_platform == dataset.platform_num(TARGET)
        left = [np.count_nonzero(on_target[items_of(cases.history, row)]) for row in range(len(cases))]
        assert cases.k.tolist() == left
    assert same(split, PROTOCOLS[protocol](dataset, TARGET, seed=seed, **options))


def test_cold_start_hides_all_of_the_target_and_nothing_else(make_world):
    dataset = make_world()
    split = cold_start(dataset, TARGET, test=0.2, validation=0.1, seed=3)
    hidden = {*split.test.users.tolist(), *split.validation.users.tolist()}
    assert len(split.test) == 6
    assert len(split.validation) == 3
    assert len(hidden) == 9
    gone = {pair for pair in is_on_target(dataset, all_pairs(dataset)) if pair[0] in hidden}
    assert all_pairs(split.train) == all_pairs(dataset) - gone
    assert (
        pairs(split.test.users, split.test.truth) | pairs(split.validation.users, split.validation.truth)
        == gone
    )
    assert (split.test.k == 0).all()
    assert split.facts["test_people"] == 6
    assert split.facts["held_out"] == len(gone)
    assert not same(split, cold_start(dataset, TARGET, seed=4))


def test_taking_one_person_out_does_not_reshuffle(make_world):
    dataset = make_world(n_people=60)
    split = cold_start(dataset, TARGET)
    untested = np.setdiff1d(np.arange(60), split.test.users)[-1:]
    fewer = dataset.without_users(untested)
    before = set(dataset.users.ids[split.test.users])
    after = set(fewer.users.ids[cold_start(fewer, TARGET).test.users])
    assert len(before ^ after) <= 1


def test_a_query_asks_for_everything_that_may_be_recommended(make_world):
    dataset = make_world()
    split = cold_start(dataset, TARGET)
    query = split.test.query(split.train, TARGET)
    assert query.candidates.tolist() == dataset.candidates(TARGET).tolist()
    assert len(query.candidates) == 12
    assert query.exclude_seen
    assert query.times.indices.tolist() == query.history.indices.tolist()
    full = csr_array((dataset.times, dataset.interactions.indices, dataset.interactions.indptr))
    for row, user in enumerate(split.test.users.tolist()):
        known = dict(
            zip(items_of(full, user), full.data[full.indptr[user] : full.indptr[user + 1]], strict=True)
        )
        mine = query.times.data[query.times.indptr[row] : query.times.indptr[row + 1]].tolist()
        assert mine == [known[item] for item in items_of(query.history, row)]
    assert query.history.shape == (len(split.test), dataset.n_items)


def test_one_k_is_left_in_training(make_world):
    dataset = make_world(density=0.7)
    split = k_shot(dataset, TARGET, 2, seed=1)
    on_target = is_on_target(dataset, all_pairs(split.train))
    for row, user in enumerate(split.test.users.tolist()):
        mine = {item for who, item in on_target if who == user}
        assert len(mine) == 2
        assert mine <= set(items_of(split.test.history, row))
    assert split.facts["left_events"] == "in training and history"


def test_several_k_ask_the_same_people_for_the_same(make_world):
    dataset = make_world(density=0.8)
    split = k_shot(dataset, TARGET, (0, 1, 4), seed=1)
    q = len(split.test) // 3
    assert split.test.k.tolist() == [0] * q + [1] * q + [4] * q
    people = split.test.users.reshape(3, q)
    assert (people == people[0]).all()
    for row in range(q):
        truths = [set(items_of(split.test.truth, row + part * q)) for part in range(3)]
        known = [set(items_of(split.test.history, row + part * q)) for part in range(3)]
        assert truths[0] == truths[1] == truths[2] != set()
        assert known[0] < known[1] < known[2]
    tested = {*split.test.users.tolist(), *split.validation.users.tolist()}
    assert not {user for user, _ in is_on_target(dataset, all_pairs(split.train))} & tested


def test_the_last_is_the_last(make_world):
    dataset = make_world()
    split = leave_last_out(dataset, TARGET)
    when = {}
    for (user, item), seconds in zip(
        zip(entries(dataset.interactions).tolist(), dataset.interactions.indices.tolist(), strict=True),
        dataset.times.tolist(),
        strict=True,
    ):
        if dataset.item_platform[item] == dataset.platform_num(TARGET):
            when.setdefault(user, {})[item] = seconds
    assert len(split.test) == sum(len(items) >= 3 for items in when.values()) > 0
    for row, user in enumerate(split.test.users.tolist()):
        last, before = items_of(split.test.truth, row), items_of(split.validation.truth, row)
        assert len(last) == len(before) == 1
        rest = [seconds for item, seconds in when[user].items() if item not in (last[0], before[0])]
        assert when[user][last[0]] >= when[user][before[0]] >= max(rest)
        assert before[0] in items_of(split.test.history, row)
    assert split.facts["people_without_times"] == 0


def test_without_times_the_last_is_a_random_one(make_world):
    dataset = make_world(untimed_share=0.2)
    split = leave_last_out(dataset, TARGET, seed=1)
    assert 0 < split.facts["people_without_times"] < len(split.test)
    untimed = make_world(timed=False)
    one, other = leave_last_out(untimed, TARGET, seed=1), leave_last_out(untimed, TARGET, seed=2)
    assert one.facts["people_without_times"] == len(one.test)
    assert not same(one, other)


def test_time_split_knows_no_future(make_world):
    dataset = make_world(n_people=60, untimed_share=0)
    split = time_split(dataset, TARGET, test=0.2, validation=0.2)
    cut = [datetime.fromisoformat(split.facts[name]).timestamp() for name in ("validation_from", "test_from")]
    rows, columns = entries(dataset.interactions), dataset.interactions.indices
    time_of = dict(
        zip(zip(rows.tolist(), columns.tolist(), strict=True), dataset.times.tolist(), strict=True)
    )
    assert max(time_of[pair] for pair in all_pairs(split.train)) < cut[0]
    assert max(time_of[pair] for pair in pairs(split.test.users, split.test.history)) < cut[1]
    assert min(time_of[pair] for pair in pairs(split.test.users, split.test.truth)) >= cut[1]
    slice_ = [time_of[pair] for pair in pairs(split.validation.users, split.validation.truth)]
    assert cut[0] <= min(slice_) <= max(slice_) < cut[1]
    at = datetime.fromtimestamp(1_500_000_030, UTC)
    assert time_split(dataset, TARGET, at=at).facts["test_from"] == at.isoformat()


def test_time_split_leaves_out_what_has_no_time_elsewhere(make_world):
    dataset = make_world()
    on_target = (dataset.item_platform == dataset.platform_num(TARGET))[dataset.interactions.indices]
    times = dataset.times.copy()
    times[np.flatnonzero(~on_target)[::5]] = NO_TIME
    split = time_split(replace(dataset, times=times), TARGET)
    assert split.facts["undated_elsewhere"] == len(np.flatnonzero(~on_target)[::5])
    assert (split.train.times != NO_TIME).all()
    with pytest.raises(InputError, match="have no time") as error:
        time_split(make_world(timed=False), TARGET)
    assert "leave-last-out" in error.value.hint
    with pytest.raises(InputError, match="one side"):
        time_split(dataset, TARGET, at=datetime(2030, 1, 1, tzinfo=UTC))


def test_what_tested_people_refused_is_held_out_too(make_world):
    dataset = make_world()
    dataset = replace(dataset, blocked=csr_array(np.ones((dataset.n_users, dataset.n_items))))
    split = cold_start(dataset, TARGET)
    on_target = dataset.item_platform == dataset.platform_num(TARGET)
    tested = np.union1d(split.test.users, split.validation.users)
    assert split.train.blocked[tested].toarray()[:, on_target].sum() == 0
    assert split.train.blocked.nnz == dataset.blocked.nnz - len(tested) * on_target.sum()


def test_hidden_items_are_never_asked_for(make_world):
    dataset = make_world()
    hidden = dataset.hidden.copy()
    hidden[dataset.candidates(TARGET)[:4]] = True
    split = cold_start(replace(dataset, hidden=hidden), TARGET)
    assert not set(split.test.truth.indices.tolist()) & set(np.flatnonzero(hidden).tolist())
    trained = all_pairs(split.train)
    assert not {pair for pair in is_on_target(dataset, trained) if pair[0] in split.test.users}


def test_refuses(make_world):
    dataset = make_world()
    with pytest.raises(UnknownNameError, match="protocol"):
        find_protocol("cold-stert")
    with pytest.raises(UnknownNameError, match="platform"):
        cold_start(dataset, "musik")
    for shares in ({"test": 0}, {"test": 0.8, "validation": 0.5}, {"test": 1.0}):
        with pytest.raises(SettingsError):
            cold_start(dataset, TARGET, **shares)
    with pytest.raises(InputError, match="0 people have over 99"):
        k_shot(dataset, TARGET, 99)
    with pytest.raises(SettingsError):
        k_shot(dataset, TARGET, (-1, 2))
    with pytest.raises(InputError, match="nobody has 102"):
        leave_last_out(dataset, TARGET, left=100)
