from collections.abc import Sequence

import numpy as np
import polars as pl
from model_suite import use

from isthmus.dataset import ItemFeatures, Tags
from isthmus.schema import ITEM, conform


def _items(**columns: Sequence[object]) -> pl.DataFrame:
    n = len(next(iter(columns.values())))
    return conform(
        pl.DataFrame({"platform": ["p"] * n, "item_id": [f"i{k}" for k in range(n)], **columns}), ITEM
    )


def test_equal_texts_have_equal_unit_vectors_and_no_text_has_none() -> None:
    features = ItemFeatures.build(_items(title=["Dune", None, "三体", "Dune", " "]), use())
    np.testing.assert_array_equal(features.has_text, [True, False, True, True, False])
    np.testing.assert_array_equal(features.vectors[0], features.vectors[3])
    np.testing.assert_allclose(np.linalg.norm(features.vectors[[0, 2]], axis=1), 1.0, rtol=1e-5)
    assert features.vectors.dtype == np.float32
    assert features.encoder.startswith("use@")


def test_the_vector_is_that_of_the_item_and_not_of_its_neighbour() -> None:
    titles = ["Gardening for beginners", "Rockets and planets", "Gardening for beginners", "Cooking pasta"]
    features = ItemFeatures.build(_items(title=titles), use())
    for row, title in enumerate(titles):
        np.testing.assert_allclose(features.vectors[row], use().encode([title])[0], atol=1e-5)


def test_without_an_encoder_there_are_no_vectors_but_words() -> None:
    features = ItemFeatures.build(_items(title=["The Lord of the Rings", None]))
    assert features.vectors.shape == (2, 0)
    assert features.encoder == ""
    assert not features.has_text.any()
    assert features.titles.tolist() == ["The Lord of the Rings", "i1"]
    assert {"lord", "rings", "lord_rings"} <= set(features.words.names)


def test_names_repeated_empty_or_absent_count_once_or_not() -> None:
    features = ItemFeatures.build(_items(creators=[["Tolkien ", "tolkien", ""], None, [None, "Le Guin"]]))
    assert features.creators.names.tolist() == ["le guin", "tolkien"]
    np.testing.assert_array_equal(features.creators.matrix.toarray(), [[0, 1], [0, 0], [1, 0]])


def test_no_items_and_no_names_are_no_obstacle() -> None:
    features = ItemFeatures.build(ITEM.empty())
    assert features.vectors.shape == (0, 0)
    tags = Tags.of(np.zeros(0, dtype=np.int64), pl.Series([], dtype=pl.String), 3)
    assert tags.matrix.shape == (3, 0)


def test_absent_features_have_the_right_shape() -> None:
    features = ItemFeatures.absent(_items(title=["Dune", "Alien"]))
    assert features.titles.tolist() == ["i0", "i1"]
    assert features.words.matrix.shape[0] == 2
