import numpy as np
import polars as pl
import pytest

from isthmus.demo.themes import THEMES, theme_shares
from isthmus.errors import InputError


def test_the_main_theme_counts_twice_and_other_tags_not_at_all():
    items = pl.DataFrame({"title": ["a", "b"], "tags": [["sport", "loud", "food", "nature"], ["romance"]]})
    shares = theme_shares(items)
    expected = np.zeros((2, len(THEMES)))
    expected[0, [THEMES.index(theme) for theme in ("sport", "food", "nature")]] = [0.5, 0.25, 0.25]
    expected[1, THEMES.index("romance")] = 1
    assert np.array_equal(shares, expected)


def test_an_item_without_a_theme_is_named():
    items = pl.DataFrame({"title": ["a", "Odd one"], "tags": [["sport"], ["loud"]]})
    with pytest.raises(InputError, match="'Odd one' has no theme"):
        theme_shares(items)
