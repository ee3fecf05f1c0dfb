import numpy as np
import pytest
from model_suite import use

from isthmus.errors import InputError
from isthmus.ranking import TextInterest, interest_in_text, probabilities

TECH = [
    "A New Chip for Faster Computers",
    "The Smartphone Revolution",
    "Artificial Intelligence and Robots Today",
]
COOKING = ["Baking Bread at Home", "Pasta from Italy", "The Art of French Cooking"]
CATALOGUE = [
    *TECH, *COOKING, "A Love Story in Paris", "The Murder on the Train", "History of the Roman Empire",
    "Learning to Play the Guitar", "Gardening for Beginners", "The Dragon and the Wizard", "Football Manager",
    "Poems of Spring", "Jazz at Midnight", "The Stock Market Explained", "Yoga for Every Day",
    "足球之夜", "红楼梦", "吉他入门教程", "罗马帝国史", "园艺手册", "东方快车谋杀案",
    "巴黎爱情故事", "星际旅行", "股市入门", "太极拳教程",
]  # fmt: skip
NEWS_ZH, NEWS_EN = "我想了解最新的科技新闻", "I want to know the latest technology news"
BREAD_ZH, BREAD_EN = "我想学做面包", "I want to learn to bake bread"


def _interest(past: list[str], text: str) -> TextInterest:
    history, asked, background = (use().encode(texts) for texts in (past, [text], CATALOGUE))
    return interest_in_text(history, np.ones(len(past)), asked[0], background)


def test_the_worked_example() -> None:
    # Interest [0.8, 0.2], content [0.6, 0.4]: the products are [0.48, 0.08].
    np.testing.assert_allclose(probabilities([0.8, 0.2], [0.6, 0.4]), [0.5987, 0.4013], atol=5e-5)


def test_the_worked_example_in_circulation_has_another_temperature() -> None:
    np.testing.assert_allclose(probabilities([0.8, 0.2], [0.6, 0.4], 0.1435), [0.942, 0.058], atol=5e-4)


def test_probabilities_add_up_along_the_last_axis() -> None:
    chances = probabilities(np.array([[1.0], [5.0]]), np.array([[0.1, 0.2, 0.9], [0.1, 0.2, 0.9]]))
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)
    assert chances[1, 2] > chances[0, 2]  # who cares more, chooses more sharply


def test_a_temperature_must_be_positive() -> None:
    with pytest.raises(InputError, match="temperature"):
        probabilities([1.0], [1.0], 0.0)


@pytest.mark.parametrize("text", [NEWS_ZH, NEWS_EN])
def test_technology_interests_whom_technology_interests(text: str) -> None:
    assert _interest(TECH, text).value > 0.8
    assert _interest(COOKING, text).value < 0.6
    assert _interest(TECH, text).value > _interest(COOKING, text).value + 0.3


@pytest.mark.parametrize("text", [BREAD_ZH, BREAD_EN])
def test_bread_interests_whom_cooking_interests(text: str) -> None:
    assert _interest(COOKING, text).value > 0.8
    assert _interest(TECH, text).value < 0.5


@pytest.mark.parametrize("pair", [(NEWS_ZH, NEWS_EN), (BREAD_ZH, BREAD_EN)])
@pytest.mark.parametrize("past", [TECH, COOKING])
def test_the_language_of_the_text_changes_little(pair: tuple[str, str], past: list[str]) -> None:
    values = [_interest(past, text).value for text in pair]
    assert abs(values[0] - values[1]) < 0.2


def test_texts_of_the_catalogue_are_of_average_interest_on_average() -> None:
    others = [text for text in CATALOGUE if text not in TECH]
    assert np.mean([_interest(TECH, text).value for text in others]) == pytest.approx(0.5, abs=0.1)


def test_it_grows_as_the_text_nears_the_past() -> None:
    history, background = use().encode(TECH[:1]), use().encode(CATALOGUE)
    far, near = use().encode(["Yoga for Every Day"])[0], history[0]
    steps = [far * (1 - t) + near * t for t in np.linspace(0, 1, 8)]
    values = [interest_in_text(history, np.ones(1), step, background).value for step in steps]
    assert (np.diff(values) > 0).all()


def test_the_past_items_that_carry_it_are_named() -> None:
    past = [COOKING[0], TECH[0], COOKING[1]]
    found = _interest(past, NEWS_ZH)
    assert found.past[0] == 1
    assert (np.diff(found.share) <= 0).all()
    assert found.share.sum() == pytest.approx(1.0)


def test_a_heavier_item_carries_more() -> None:
    history, background = use().encode([TECH[1], COOKING[0]]), use().encode(CATALOGUE)
    text = use().encode([NEWS_EN])[0]
    light, heavy = (
        interest_in_text(history, np.array([weight, 1.0]), text, background) for weight in (0.1, 10.0)
    )
    assert heavy.value > light.value


def test_without_a_past_it_is_one_half() -> None:
    text, background = use().encode([NEWS_ZH])[0], use().encode(CATALOGUE)
    for history, weights in ((np.zeros((0, 512)), np.zeros(0)), (np.zeros((2, 512)), np.ones(2))):
        found = interest_in_text(history, weights, text, background)
        assert found.value == 0.5
        assert len(found.past) == 0


def test_a_text_without_a_vector_cannot_be_placed() -> None:
    with pytest.raises(InputError, match="needs a text"):
        interest_in_text(use().encode(TECH), np.ones(3), np.zeros(512), use().encode(CATALOGUE))
    with pytest.raises(InputError, match="at least two"):
        interest_in_text(use().encode(TECH), np.ones(3), use().encode(["a"])[0], use().encode(TECH[:1]))
