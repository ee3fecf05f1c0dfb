from dataclasses import replace

import numpy as np
from model_suite import HELD_OUT, N_PEOPLE, board, three_platforms
from scipy.sparse import csr_array

from isthmus.models.ease import EASE, EASEConfig
from isthmus.ranking import Fallback, find_fallbacks


def test_nothing_known_of_a_person_is_a_cause_and_a_past_is_none() -> None:
    dataset = three_platforms()
    model = EASE(EASEConfig(reg=5.0)).fit(dataset)
    query = dataset.query(np.arange(dataset.n_users), "games")
    causes = find_fallbacks(query, model.recommend(query, 5))
    empty = np.diff(query.history.indptr) == 0
    assert [cause is not None and cause.cause == "unknown person" for cause in causes] == empty.tolist()
    stranger = replace(
        query.rows(0, 1), times=None, history=csr_array((1, dataset.n_items), dtype=np.float64)
    )
    assert find_fallbacks(stranger, model.recommend(stranger, 5)) == [
        Fallback("unknown person", query.platform)
    ]


def test_a_model_that_carries_nothing_over_has_no_bearing() -> None:
    dataset = board()
    query = dataset.query(np.arange(N_PEOPLE), "there")
    alone = EASE(EASEConfig(reg=5.0, scope="platform")).fit(dataset)
    causes = find_fallbacks(query, alone.recommend(query, 5))
    assert causes[-HELD_OUT:] == [Fallback("no bearing", query.platform)] * HELD_OUT
    assert causes[:-HELD_OUT] == [None] * (N_PEOPLE - HELD_OUT)


def test_a_single_candidate_is_no_cause() -> None:
    query = board().query([N_PEOPLE - 1], "there")
    query = replace(query, candidates=query.candidates[:1])
    alone = EASE(EASEConfig(scope="platform")).fit(board())
    assert find_fallbacks(query, alone.recommend(query, 5)) == [None]


def test_the_cause_is_said_in_both_languages() -> None:
    unknown, no_bearing = Fallback("unknown person", 1), Fallback("no bearing", 1)
    platforms = ("books", "games")
    assert unknown.sentence(platforms) == (
        "Nothing is known of this person on any platform, so the list shows what is popular on games."
    )
    assert no_bearing.sentence(platforms).startswith(
        "Nothing that is known of this person has a bearing on games"
    )
    assert (
        unknown.sentence(platforms, "zh") == "我们在任何平台上都不了解你，因此列表显示 games 上受欢迎的内容。"
    )
    assert "games" in no_bearing.sentence(platforms, "zh")
