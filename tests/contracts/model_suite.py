"""The suite every model passes. A model's test is a class:

class TestEASE(ModelContract):
    def make(self) -> EASE:
        return EASE(EASEConfig(reg=1.0))
"""

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array, load_npz, save_npz

from isthmus.dataset import Dataset, checkerboard, item_key
from isthmus.encoders import Encoder, load_encoder
from isthmus.errors import InputError, NotFittedError
from isthmus.models import Scorer
from isthmus.schema import NO_ITEM, Query

N_PEOPLE, HELD_OUT = 40, 8


@cache
def use() -> Encoder:
    """The embedded encoder, loaded once."""
    return load_encoder("use")


@cache
def board() -> Dataset:
    """The checkerboard; its last people are new "there"."""
    return checkerboard(N_PEOPLE, hold_out=HELD_OUT, encoder=use())


@cache
def three_platforms(with_text: bool = True) -> Dataset:
    """Books, films and games, untidy: uneven weights, refusals, items nobody touched or described."""
    rng = np.random.default_rng(7)
    rows = []
    for person in range(30):
        for place, (platform, kind) in enumerate([("books", "rate"), ("films", "watch"), ("games", "play")]):
            if (person + place) % 3 == 0:
                continue
            for item in rng.choice(12, size=5, replace=False):
                own = item % 2 == person % 2
                value, unit = (float(rng.integers(1, 6)), "rating") if kind == "rate" else (None, None)
                if kind == "play":
                    value, unit = float(rng.integers(60, 90_000)), "seconds"
                rows.append(
                    (platform, f"u{person}", f"{platform}-{item}", kind if own else "hide", value, unit)
                )
    columns = ["platform", "user_id", "item_id", "kind", "value", "unit"]
    events = pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)
    links = events.select(person="user_id", platform="platform", user_id="user_id").unique(
        maintain_order=True
    )
    return Dataset.from_frames(events, _catalogue(), links, encoder=use() if with_text else None)


def _catalogue() -> pl.DataFrame:
    topics = [["dragons", "castle", "wizard"], ["stocks", "market", "bank"]]
    rows = []
    for platform in ("books", "films", "games"):
        for item in range(14):  # 12 and 13 have no event
            words = topics[item % 2]
            title = f"The {words[item % 3]} and the {words[(item // 2) % 3]} {item}" if item != 3 else None
            about = {"categories": [words[0]], "creators": [f"maker {item % 4}"]} if item != 3 else {}
            rows.append({"platform": platform, "item_id": f"{platform}-{item}", "title": title, **about}
                        | {"hidden": item == 5})  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


class ModelContract:
    """What is promised of every model; subclasses say how to make one and what it can do."""

    transfers = True
    """Whether a person with a past "here" and none "there" is given their own taste there."""
    tolerance = 1e-8
    """How far the score inside an explanation may be from `score`; float32 arithmetic needs more."""

    def make(self) -> Scorer:
        raise NotImplementedError

    @pytest.fixture
    def fitted(self) -> Scorer:
        return self.make().fit(board(), rng=0)

    @pytest.fixture(params=[True, False], ids=["text", "no-text"])
    def untidy(self, request: pytest.FixtureRequest) -> tuple[Scorer, Dataset]:
        dataset = three_platforms(request.param)
        return self.make().fit(dataset, rng=0), dataset

    def test_a_person_new_on_a_platform_is_given_their_own_taste(self, fitted: Scorer) -> None:
        dataset = board()
        people = np.arange(N_PEOPLE - HELD_OUT, N_PEOPLE)
        lists = fitted.recommend(dataset.query(people, "there"), 5).item_nums
        parity = np.vectorize(lambda num: int(dataset.items.ids[num][-1]) % 2)(lists)
        if self.transfers:
            np.testing.assert_array_equal(parity, np.repeat(people[:, None] % 2, 5, axis=1))
        else:  # then it must not pretend: everybody new is given the same
            np.testing.assert_array_equal(lists, np.repeat(lists[:1], HELD_OUT, axis=0))

    def test_a_second_fit_starts_afresh(self) -> None:
        again = self.make().fit(three_platforms(), rng=0).fit(board(), rng=0)
        query = board().query(np.arange(N_PEOPLE), "there")
        np.testing.assert_array_equal(again.score(query), self.make().fit(board(), rng=0).score(query))

    def test_to_ask_changes_nothing(self, fitted: Scorer) -> None:
        # A list is made in place on the scores: a model that gave out an array it keeps would be spoilt.
        query = board().query(np.arange(N_PEOPLE), "there")
        before = np.array(fitted.score(query))
        fitted.recommend(query, 5)
        np.testing.assert_array_equal(fitted.score(query), before)

    def test_what_is_saved_answers_the_same_in_a_fresh_process(self, fitted: Scorer, tmp_path: Path) -> None:
        query = replace(board().query(np.arange(N_PEOPLE), "there"), times=None)
        fitted.save(tmp_path / "model")
        save_npz(tmp_path / "history.npz", query.history)
        np.save(tmp_path / "candidates.npy", query.candidates)
        run = [sys.executable, __file__, str(tmp_path), str(query.platform)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        np.testing.assert_array_equal(np.load(tmp_path / "scores.npy"), fitted.score(query))

    def test_saved_and_loaded_it_can_still_explain_and_forget(self, fitted: Scorer, tmp_path: Path) -> None:
        fitted.save(tmp_path)
        loaded = type(fitted).load(tmp_path)
        query = board().query(np.arange(N_PEOPLE), "there")
        items = np.tile(query.candidates[:4], (N_PEOPLE, 1))
        np.testing.assert_array_equal(loaded.explain(query, items).share, fitted.explain(query, items).share)
        gone = np.array([1, 2])
        assert loaded.forget(gone, board()) == fitted.forget(gone, board())
        np.testing.assert_array_equal(loaded.score(query), fitted.score(query))

    def test_of_nobody_knows_anything_and_still_answers(self, untidy: tuple[Scorer, Dataset]) -> None:
        model, dataset = untidy
        for platform in dataset.platforms:
            query = _of_a_stranger(dataset, platform)
            assert np.isfinite(model.score(query)).all()
            lists = model.recommend(query, 5)
            assert (lists.item_nums >= 0).all()
            assert (model.explain(query, lists.item_nums).past_item == NO_ITEM).all()

    def test_a_history_of_an_item_nobody_touched_is_no_obstacle(self, untidy: tuple[Scorer, Dataset]) -> None:
        model, dataset = untidy
        lonely = dataset.items.num(item_key("books", "books-12"))
        assert dataset.interactions[:, [lonely]].nnz == 0
        query = replace(
            _of_a_stranger(dataset, "films"),
            history=csr_array(([2.5], ([0], [lonely])), shape=(1, dataset.n_items)),
        )
        assert np.isfinite(model.score(query)).all()
        explanations = model.explain(query, query.candidates[None])
        assert set(explanations.past_item) <= {lonely, NO_ITEM}

    def test_items_nobody_touched_can_be_scored(self, untidy: tuple[Scorer, Dataset]) -> None:
        model, dataset = untidy
        for platform in dataset.platforms:
            query = dataset.query(np.arange(dataset.n_users), platform)
            assert dataset.items.num(item_key(platform, f"{platform}-13")) in query.candidates
            scores = model.score(query)
            assert scores.shape == (dataset.n_users, len(query.candidates))
            assert scores.dtype in (np.float64, np.float32)
            assert np.isfinite(scores).all()

    def test_explanations_add_up_to_the_score(self, untidy: tuple[Scorer, Dataset]) -> None:
        model, dataset = untidy
        for platform in dataset.platforms:
            query = dataset.query(np.arange(dataset.n_users), platform, exclude_seen=False)
            items = np.tile(query.candidates, (len(query), 1))
            found = model.explain(query, items)
            np.testing.assert_allclose(
                found.scores, model.score(query), rtol=self.tolerance, atol=self.tolerance
            )
            total = np.zeros(items.shape)
            np.add.at(total, (found.query_row, found.position), found.share)
            np.testing.assert_allclose(total, found.scores, rtol=1e-9, atol=1e-9)
            assert set(np.unique(found.component)) <= set(range(len(found.components)))
            carried = found.past_item != NO_ITEM
            at = found.query_row[carried], found.past_item[carried]
            assert (dataset.interactions.toarray()[at] + dataset.blocked.toarray()[at] > 0).all()

    def test_places_without_an_item_have_nothing_to_explain(self, fitted: Scorer) -> None:
        query = board().query([0, 1], "there")
        items = np.array([[query.candidates[0], NO_ITEM], [NO_ITEM, NO_ITEM]])
        found = fitted.explain(query, items)
        assert (found.scores[items == NO_ITEM] == 0).all()
        assert not ((found.query_row == 1) | (found.position == 1)).any()

    @pytest.mark.parametrize("world", [board, three_platforms])
    def test_to_forget_is_to_fit_without(self, world: "type[object]") -> None:
        dataset: Dataset = world()  # type: ignore[assignment]
        gone = np.array([0, 5, dataset.n_users - 1])
        model = self.make().fit(dataset, rng=0)
        receipt = model.forget(gone, dataset)
        assert receipt.n_users == 3
        assert receipt.exact
        rest = dataset.without_users(gone)
        fresh = self.make().fit(rest, rng=0)
        for platform in dataset.platforms:
            query = rest.query(np.arange(rest.n_users), platform)
            np.testing.assert_allclose(model.score(query), fresh.score(query), rtol=1e-8, atol=1e-8)

    def test_a_list_holds_only_what_may_be_shown(self, untidy: tuple[Scorer, Dataset]) -> None:
        model, dataset = untidy
        for platform in dataset.platforms:
            query = dataset.query(np.arange(dataset.n_users), platform)
            n = len(query.candidates) + 3
            lists = model.recommend(query, n)
            assert lists.item_nums.shape == lists.scores.shape == (dataset.n_users, n)
            assert query.blocked is not None
            forbidden = (query.history.toarray() != 0) | (query.blocked.toarray() != 0)
            for row in range(len(query)):
                shown = lists.item_nums[row][lists.item_nums[row] != NO_ITEM]
                allowed = query.candidates[~forbidden[row, query.candidates]]
                np.testing.assert_array_equal(np.sort(shown), allowed)  # all of them, each once
                assert (lists.item_nums[row, len(shown) :] == NO_ITEM).all()
                assert (lists.scores[row, len(shown) :] == -np.inf).all()
            assert not dataset.hidden[lists.item_nums[lists.item_nums != NO_ITEM]].any()

    def test_what_was_seen_is_shown_again_when_asked(self, fitted: Scorer) -> None:
        query = board().query(np.arange(N_PEOPLE), "here", exclude_seen=False)
        lists = fitted.recommend(query, len(query.candidates))
        np.testing.assert_array_equal(
            np.sort(lists.item_nums, axis=1), np.tile(query.candidates, (N_PEOPLE, 1))
        )

    def test_lists_are_in_order_and_ties_in_item_order(self, untidy: tuple[Scorer, Dataset]) -> None:
        model, dataset = untidy
        query = dataset.query(np.arange(dataset.n_users), "games")
        lists, again = model.recommend(query, 10), model.recommend(query, 10)
        np.testing.assert_array_equal(lists.item_nums, again.item_nums)
        above, below = lists.scores[:, :-1], lists.scores[:, 1:]
        assert (above >= below).all()
        tied = (above == below) & (lists.item_nums[:, 1:] != NO_ITEM)
        assert (lists.item_nums[:, :-1] < lists.item_nums[:, 1:])[tied].all()

    def test_asked_alone_or_with_others_a_person_gets_the_same(self, untidy: tuple[Scorer, Dataset]) -> None:
        model, dataset = untidy
        query = dataset.query(np.arange(dataset.n_users), "films")
        alone = np.vstack([model.score(query.rows(row, row + 1)) for row in range(len(query))])
        np.testing.assert_allclose(alone, model.score(query), rtol=self.tolerance, atol=self.tolerance)

    def test_nothing_to_choose_from_gives_an_empty_list(self, fitted: Scorer) -> None:
        query = replace(board().query([0, 1], "there"), candidates=np.zeros(0, dtype=np.int64))
        assert (fitted.recommend(query, 3).item_nums == NO_ITEM).all()

    def test_a_list_needs_a_length(self, fitted: Scorer) -> None:
        with pytest.raises(InputError, match="at least 1"):
            fitted.recommend(board().query([0], "there"), 0)

    def test_it_says_that_it_has_not_been_fitted(self) -> None:
        with pytest.raises(NotFittedError, match="has not been fitted"):
            self.make().recommend(board().query([0], "there"), 3)


def _of_a_stranger(dataset: Dataset, platform: str) -> Query:
    nothing = csr_array((1, dataset.n_items), dtype=np.float64)
    return replace(dataset.query([0], platform), history=nothing, times=None, blocked=None)


def _answer(folder: Path, platform: int) -> None:
    """In the fresh process: load and score."""
    from isthmus.models import load_saved

    history, candidates = csr_array(load_npz(folder / "history.npz")), np.load(folder / "candidates.npy")
    np.save(folder / "scores.npy", load_saved(folder / "model").score(Query(history, platform, candidates)))


if __name__ == "__main__":
    _answer(Path(sys.argv[1]), int(sys.argv[2]))
