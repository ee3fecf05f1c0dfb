import numpy as np
import pytest
from model_suite import board, three_platforms

from isthmus.errors import UnknownNameError
from isthmus.ranking import narrow, with_categories


def test_items_of_any_of_the_categories_whatever_the_case() -> None:
    features = three_platforms().features
    space = with_categories(board().features, [" Space "])
    assert all(int(board().items.ids[num][-1]) % 2 == 0 for num in space)
    assert len(space) == 20
    both = with_categories(features, ["dragons", "stocks"])
    np.testing.assert_array_equal(both, np.flatnonzero(np.diff(features.categories.matrix.indptr)))


def test_an_unknown_category_names_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean garden"):
        with_categories(board().features, ["gardn"])


def test_only_and_exclude_leave_candidates_ascending() -> None:
    query = board().query([0], "there")
    chosen = query.candidates[[7, 2, 5]]
    narrowed = narrow(query, only=[*chosen, 0, 10_000], exclude=[chosen[0]])
    np.testing.assert_array_equal(narrowed.candidates, np.sort(chosen[1:]))
    np.testing.assert_array_equal(narrow(query).candidates, query.candidates)
    assert len(narrow(query, only=[]).candidates) == 0
