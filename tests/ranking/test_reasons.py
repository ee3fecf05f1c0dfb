from dataclasses import replace

import numpy as np
import pytest

from isthmus.models.bridge.components import COMPONENTS
from isthmus.ranking import Carrier, Reason, Same, Speaker, reasons_of
from isthmus.schema import NO_ITEM, Explanations

PLATFORMS = ("books", "films", "games")
TITLES = np.array(["三体", "Interstellar", "Outer Wilds", "Dune"], dtype=object)
ITEM_PLATFORM = np.array([0, 1, 2, 0])


def _explanations(
    shares: list[tuple[int, int, int, int, float]], shape: tuple[int, int] = (1, 2)
) -> Explanations:
    row, position, past, component, share = (np.array(column) for column in zip(*shares, strict=True))
    scores = np.zeros(shape)
    np.add.at(scores, (row, position), share)
    return Explanations(scores, row, position, past, component, share, ("similar text", "popular"))


def test_parts_are_of_what_speaks_for_the_item() -> None:
    found = reasons_of(
        _explanations([(0, 0, 0, 0, 3.0), (0, 0, 1, 0, 1.0), (0, 0, NO_ITEM, 1, 4.0), (0, 0, 3, 0, -2.0)]),
        ITEM_PLATFORM, platform=2,
    )  # fmt: skip
    assert found[0][0] == Reason(
        2,
        (Carrier(0, 0, 0.375), Carrier(1, 1, 0.125)),
        {"similar text": 0.5, "popular": 0.5},
        {"popular": 0.5},
    )
    assert found[0][1] == Reason(2, (), {})


def test_shares_of_one_item_from_several_components_are_one_carrier() -> None:
    found = reasons_of(_explanations([(0, 1, 1, 0, 1.0), (0, 1, 1, 1, 3.0)]), ITEM_PLATFORM, 2)
    assert found[0][1].carriers == (Carrier(1, 1, 1.0),)
    assert list(found[0][1].components) == ["popular", "similar text"]


def test_each_row_and_place_has_its_own_in_whatever_order_they_come() -> None:
    shares = [(1, 1, 3, 0, 1.0), (0, 0, 0, 0, 1.0), (1, 0, 2, 0, 1.0), (0, 1, 1, 0, 1.0)]
    found = reasons_of(_explanations(shares, (2, 2)), ITEM_PLATFORM, 2)
    assert [[reason.carriers[0].item for reason in row] for row in found] == [[0, 1], [2, 3]]


def test_only_the_largest_are_named() -> None:
    shares = [(0, 0, item, 0, float(item + 1)) for item in range(4)]
    reason = reasons_of(_explanations(shares), ITEM_PLATFORM, 2, n_carriers=2)[0][0]
    assert [carrier.item for carrier in reason.carriers] == [3, 2]


SPEAKER = Speaker(TITLES, PLATFORMS)
TWO = Reason(2, (Carrier(0, 0, 0.5), Carrier(1, 1, 0.4)), {"similar text": 0.9, "popular": 0.1})


@pytest.mark.parametrize(("reason", "english", "chinese"), [
    (TWO, "Because you read 三体 (books) and watched Interstellar (films): similar text.",
     "因为你读过《三体》（books）和看过《Interstellar》（films）：内容相近。"),
    (Reason(1, (Carrier(2, 2, 1.0),), {"read or bought together": 1.0}),
     "Because you played Outer Wilds (games): read or bought together.",
     "因为你玩过《Outer Wilds》（games）：常被同一批人喜欢。"),
    (Reason(1, (Carrier(0, 0, 0.2),), {"popular": 0.6, "same story": 0.4}, {"popular": 0.6}),
     "Popular, and because you read 三体 (books): same story.",
     "很受欢迎，也因为你读过《三体》（books）：同一个故事。"),
    (Reason(2, (), {"popular": 1.0}), "Popular on games.", "在 games 上很受欢迎。"),
    (Reason(2, (), {}), "Nothing known of you speaks for it; it fills the list.",
     "没有已知的兴趣与它相关，仅用于补足列表。"),
])  # fmt: skip
def test_sentences(reason: Reason, english: str, chinese: str) -> None:
    assert SPEAKER.sentence(reason) == english
    assert SPEAKER.sentence(reason, "zh") == chinese


@pytest.mark.parametrize(("same", "reason", "english", "chinese"), [
    ((Same(3, 0, 0.95), Same(2, 2, 0.6)), Reason(1, (Carrier(3, 0, 1.0),), {"same title": 1.0}),
     "The same as Dune (books), which you read. Because you read Dune (books): same title.",
     "与你读过的《Dune》（books）是同一作品。因为你读过《Dune》（books）：同名作品。"),
    ((Same(1, 1, 0.6),), Reason(2, (), {"popular": 1.0}),
     "Perhaps the same as Interstellar (films), which you watched. Popular on games.",
     "可能与你看过的《Interstellar》（films）是同一作品。在 games 上很受欢迎。"),
    ((Same(1, 1, 1.0),), Reason(2, (), {}),
     "The same as Interstellar (films), which you watched.",
     "与你看过的《Interstellar》（films）是同一作品。"),
])  # fmt: skip
def test_that_it_is_known_from_another_platform_is_said_first(
    same: tuple[Same, ...], reason: Reason, english: str, chinese: str
) -> None:
    told = replace(reason, same=same)
    assert SPEAKER.sentence(told) == english
    assert SPEAKER.sentence(told, "zh") == chinese


@pytest.mark.parametrize("name", [component.name for component in COMPONENTS])
def test_every_reason_of_bridge_has_its_chinese_words(name: str) -> None:
    assert name not in SPEAKER.sentence(Reason(2, (Carrier(0, 0, 1.0),), {name: 1.0}), "zh")


def test_what_carries_little_is_not_mentioned() -> None:
    reason = Reason(2, (Carrier(0, 0, 0.9), Carrier(1, 1, 0.05)), {"similar text": 1.0})
    assert "Interstellar" not in SPEAKER.sentence(reason)


def test_a_platform_without_a_telling_name_says_liked_or_what_it_is_told() -> None:
    reason = Reason(0, (Carrier(0, 0, 1.0),), {})
    assert Speaker(TITLES, ["acme"]).sentence(reason) == "Because you liked 三体 (acme)."
    verbs = {"acme": ("borrowed", "借过")}
    assert Speaker(TITLES, ["acme"], verbs).sentence(reason) == "Because you borrowed 三体 (acme)."
    assert Speaker(TITLES, ["acme"], verbs).sentence(reason, "zh") == "因为你借过《三体》（acme）。"
