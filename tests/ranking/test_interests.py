import numpy as np
import polars as pl
import pytest
from model_suite import use
from scipy.sparse import csr_array

from isthmus.dataset import Dataset
from isthmus.demo.world import load_items
from isthmus.errors import InputError
from isthmus.ranking import OTHER, Interests, interests


@pytest.fixture(scope="module")
def demo() -> Dataset:
    """The bundled catalogue: real titles, Chinese and English, five platforms."""
    items = load_items()
    return Dataset.from_frames(
        items[:1].select("platform", "item_id", user_id=pl.lit("u")), items, encoder=use()
    )


def _of(dataset: Dataset, weights: dict[tuple[str, str], float], **more: int) -> Interests:
    """Interests of a history given as (platform, title): weight."""
    places = {}
    for num, title in enumerate(dataset.features.titles):
        places[dataset.platforms[dataset.item_platform[num]], title] = num
    columns = sorted(places[pair] for pair in weights)
    values = {places[pair]: weight for pair, weight in weights.items()}
    history = csr_array(
        (np.array([values[c] for c in columns]), ([0] * len(columns), columns)), shape=(1, dataset.n_items)
    )
    return interests(history, dataset.features, dataset.item_platform, dataset.platforms, **more)


READER = {
    ("books", "三体"): 2.0, ("books", "黑暗森林"): 2.0, ("films", "流浪地球"): 1.0, ("books", "Dune"): 1.0,
    ("films", "Arrival"): 1.0, ("books", "Murder on the Orient Express"): 1.0, ("films", "Chinatown"): 1.0,
}  # fmt: skip


def test_topics_are_what_sets_the_person_apart_and_add_up_to_one(demo: Dataset) -> None:
    topics = _of(demo, READER).topics
    assert topics[0].name == "science fiction"
    assert topics[0].weight > 1.5 * topics[1].weight
    assert "mystery" in {topic.name for topic in topics}
    assert not {"film", "novel"} & {topic.name for topic in topics[:3]}  # most films are "film"
    assert sum(topic.weight for topic in topics) == pytest.approx(1.0)


def test_the_platforms_behind_a_topic_add_up_to_one(demo: Dataset) -> None:
    found = _of(demo, READER)
    for interest in (*found.topics, *found.keywords):
        assert sum(interest.platforms.values()) == pytest.approx(1.0)
        assert set(interest.platforms) <= {"books", "films"}
    science_fiction = found.topics[0]
    assert list(science_fiction.platforms) == ["books", "films"]  # most of it from books
    titles = set(demo.features.titles[science_fiction.past_items])
    assert {"三体", "黑暗森林"} <= titles
    assert "Chinatown" not in titles


def test_keywords_are_readable(demo: Dataset) -> None:
    keywords = _of(demo, READER).keywords
    names = [keyword.name for keyword in keywords]
    assert names[0] == "刘慈欣"
    assert {"三体", "黑暗森林"} <= set(names)
    assert not {"暗森", "森林", "黑暗"} & set(names)  # no pieces of words
    assert sum(keyword.weight for keyword in keywords) == pytest.approx(1.0)


def test_more_of_a_thing_weighs_more(demo: Dataset) -> None:
    heavier = READER | {("books", "Murder on the Orient Express"): 20.0}
    assert _of(demo, heavier).topics[0].name == "mystery"


def test_what_is_left_over_is_other_and_comes_last(demo: Dataset) -> None:
    topics = _of(demo, READER, n_topics=1).topics
    assert [topic.name for topic in topics] == ["science fiction", OTHER]
    assert sum(topic.weight for topic in topics) == pytest.approx(1.0)
    assert len(_of(demo, READER, n_keywords=3).keywords) == 3


def test_without_categories_items_gather_by_their_text() -> None:
    titles = [
        "Baking Bread",
        "Bread and Cakes Baking Book",
        "Rockets to the Moon",
        "Baking Sweet Bread",
        "Moon Rockets",
    ]
    more = ["History of Rome", "Guitar Songs", "Chess Openings", "Garden Flowers", "Tax Law"]
    items = pl.DataFrame({"platform": "shop", "item_id": [*titles, *more], "title": [*titles, *more]})
    events = pl.DataFrame({"platform": "shop", "user_id": "u", "item_id": titles, "kind": "like"})
    dataset = Dataset.from_frames(events, items, encoder=use())
    topics = interests(
        dataset.interactions, dataset.features, dataset.item_platform, dataset.platforms
    ).topics
    assert [round(topic.weight, 6) for topic in topics] == [0.6, 0.4]
    assert all("Ba" in dataset.features.titles[item] for item in topics[0].past_items)
    assert all("Moon" in dataset.features.titles[item] for item in topics[1].past_items)


def test_without_categories_and_text_there_is_other_and_no_keyword() -> None:
    events = pl.DataFrame(
        {"platform": "p", "user_id": "u", "item_id": ["8812773409918265530111", "77"], "kind": "like"}
    )
    dataset = Dataset.from_frames(events, encoder=None)
    found = interests(dataset.interactions, dataset.features, dataset.item_platform, dataset.platforms)
    assert [(topic.name, topic.weight) for topic in found.topics] == [(OTHER, 1.0)]


def test_of_nobody_nothing_is_said(demo: Dataset) -> None:
    nothing = csr_array((1, demo.n_items), dtype=np.float64)
    assert interests(nothing, demo.features, demo.item_platform, demo.platforms) == Interests((), ())


def test_one_person_at_a_time(demo: Dataset) -> None:
    with pytest.raises(InputError, match="one person"):
        interests(csr_array((2, demo.n_items)), demo.features, demo.item_platform, demo.platforms)
