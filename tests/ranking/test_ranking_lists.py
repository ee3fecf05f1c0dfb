from dataclasses import replace

import numpy as np
import pytest
from model_suite import HELD_OUT, N_PEOPLE, board, three_platforms
from scipy.sparse import csr_array

from isthmus.errors import InputError
from isthmus.models.content import Content
from isthmus.models.ease import EASE, EASEConfig
from isthmus.models.popularity import Popularity
from isthmus.ranking import RankedList, Same, list_probabilities, rank, ranked_lists, with_categories
from isthmus.settings import RankingSettings


def _lists(people: np.ndarray, n: int = 5, **more: object) -> list[RankedList]:
    dataset = board()
    model = EASE(EASEConfig(reg=5.0)).fit(dataset)
    popular = Popularity().fit(dataset)
    query = dataset.query(people, "there")
    return ranked_lists(model, query, n, popular=popular, item_platform=dataset.item_platform, **more)  # type: ignore[arg-type]


def test_by_default_it_is_what_the_model_recommends() -> None:
    dataset = board()
    model, query = Content().fit(dataset), dataset.query(np.arange(8), "there")
    np.testing.assert_array_equal(rank(model, query, 6).item_nums, model.recommend(query, 6).item_nums)


def test_given_items_and_other_categories_are_left_out() -> None:
    dataset = board()
    model, query = Content().fit(dataset), dataset.query(np.arange(8), "there")
    space = with_categories(dataset.features, ["space"])
    shown = rank(model, query, 20, only=space, exclude=query.candidates[:4]).item_nums
    found = np.unique(shown[shown >= 0])
    assert set(found) <= set(space) - set(query.candidates[:4])
    assert len(found) == 8


def test_diversity_needs_vectors_and_makes_lists_less_alike() -> None:
    dataset = three_platforms()
    model, query = Content().fit(dataset), dataset.query(np.arange(dataset.n_users), "films")
    with pytest.raises(InputError, match="vectors"):
        rank(model, query, 5, settings=RankingSettings(diversity=0.5))
    vectors = dataset.features.vectors
    alike = []
    for diversity in (0.0, 0.5):
        lists = rank(model, query, 5, settings=RankingSettings(diversity=diversity), vectors=vectors)
        cosines = np.einsum("qnd,qmd->qnm", vectors[lists.item_nums], vectors[lists.item_nums])
        alike.append(cosines.mean())
    assert alike[1] < alike[0] - 0.05


def test_every_item_has_a_reason_of_the_past_of_its_person() -> None:
    dataset = board()
    people = np.arange(N_PEOPLE - HELD_OUT, N_PEOPLE)
    for person, ranked in zip(people, _lists(people), strict=True):
        assert ranked.fallback is None
        assert len(ranked.reasons) == len(ranked.item_nums) == 5
        for reason in ranked.reasons:
            assert list(reason.components) == ["read or bought together"]
            assert reason.carriers
            for carrier in reason.carriers:
                assert dataset.interactions.toarray()[person, carrier.item] > 0
                assert carrier.platform == dataset.platform_num("here")


def test_who_is_unknown_is_shown_what_is_popular_and_told_why() -> None:
    dataset = three_platforms()
    model, popular = EASE(EASEConfig(reg=5.0)).fit(dataset), Popularity().fit(dataset)
    query = dataset.query(np.array([3, 7, 8, 4]), "films")
    known = np.array([1.0, 0.0, 0.0, 1.0])
    query = replace(query, times=None, history=csr_array(query.history.multiply(known[:, None])))
    query.history.eliminate_zeros()
    lists = ranked_lists(model, query, 4, popular=popular, item_platform=dataset.item_platform)
    assert [ranked.fallback is None for ranked in lists] == [True, False, False, True]
    best = popular.recommend(query, 4)
    for row, ranked in list(enumerate(lists))[1:-1]:
        np.testing.assert_array_equal(ranked.item_nums, best.item_nums[row])
        assert all(list(reason.components) == ["popular"] for reason in ranked.reasons)
    np.testing.assert_array_equal(lists[0].item_nums, model.recommend(query.rows(0, 1), 4).item_nums[0])


def test_chances_add_up_and_fall_with_the_score() -> None:
    for ranked in _lists(np.arange(4)):
        assert ranked.probabilities.sum() == pytest.approx(1.0)
        assert (np.diff(ranked.probabilities) <= 0).all()


def test_a_high_temperature_levels_the_chances() -> None:
    cold, hot = (
        _lists(np.arange(1), settings=RankingSettings(temperature=temperature))[0].probabilities
        for temperature in (0.5, 50.0)
    )
    assert cold[0] > hot[0]
    assert hot.max() - hot.min() < 0.05


def test_chances_do_not_depend_on_the_scale_of_the_scores() -> None:
    scores = np.array([3.0, 2.0, 1.5])
    np.testing.assert_allclose(list_probabilities(scores), list_probabilities(scores / 1000 + 7), atol=1e-9)
    np.testing.assert_array_equal(list_probabilities(np.ones(4)), np.full(4, 0.25))
    assert len(list_probabilities(np.zeros(0))) == 0


def test_a_short_list_ends_where_the_items_end() -> None:
    ranked = _lists(np.arange(2), n=50)[0]
    assert 0 < len(ranked.item_nums) < 20
    assert (ranked.item_nums >= 0).all()
    assert len(ranked.scores) == len(ranked.probabilities) == len(ranked.reasons) == len(ranked.item_nums)


def test_nothing_to_show_is_an_empty_list() -> None:
    ranked = _lists(np.arange(1), only=[])[0]
    assert len(ranked.item_nums) == len(ranked.probabilities) == len(ranked.reasons) == 0


def test_reasons_are_left_out_when_not_asked_for() -> None:
    assert _lists(np.arange(3), explain=False)[0].reasons == ()


def test_reasons_name_what_a_person_knows_from_elsewhere_and_only_that() -> None:
    dataset = board()
    likely = np.zeros((dataset.n_items, dataset.n_items))
    here, there = dataset.candidates("here"), dataset.candidates("there")
    likely[there[0], here[[1, 0, 2]]] = 0.6, 0.95, 0.7
    likely[there[1], here[1]] = 0.5
    same = csr_array(likely + likely.T)
    people, platform = np.arange(N_PEOPLE), dataset.platform_num("here")
    query = dataset.query(people, "there", exclude_seen=False)
    popular = Popularity().fit(dataset)
    lists = ranked_lists(
        popular, query, len(there), popular=popular, item_platform=dataset.item_platform, same=same
    )
    found = 0
    for person, ranked in enumerate(lists):
        past = set(dataset.interactions[[person]].indices.tolist())
        for num, reason in zip(ranked.item_nums.tolist(), ranked.reasons, strict=True):
            known = [other for other in np.argsort(-likely[num], kind="stable") if likely[num, other] > 0]
            expected = [Same(int(o), platform, float(likely[num, o])) for o in known if o in past]
            assert list(reason.same) == expected
            found = max(found, len(expected))
    assert found == 2
