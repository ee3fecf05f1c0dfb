"""The search itself: it finds, it goes on, it stops in time, and it never looks at the test."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tuning_world import TARGET, with_other_tests

from isthmus.dataset import Dataset
from isthmus.errors import (
    InputError,
    MissingExtraError,
    SettingsError,
    StorageError,
    UnknownNameError,
    WorkspaceBusyError,
    WorkspaceError,
)
from isthmus.evaluation import Split
from isthmus.models import load_model
from isthmus.storage import exclusive_lock
from isthmus.tuning import Range, TuningResult, tune

pytestmark = pytest.mark.extras
optuna = pytest.importorskip("optuna", reason="needs isthmus[tune]")


def search(dataset: Dataset, model: str = "itemknn", **more: Any) -> TuningResult:
    return tune(dataset, model, target=TARGET, **{"trials": 8, **more})


def tried(found: TuningResult) -> list[tuple[dict[str, Any], tuple[float, ...], str]]:
    return [(dict(trial.values), trial.folds, trial.state) for trial in found.trials]


@pytest.fixture(scope="module")
def found(world: Dataset) -> TuningResult:
    return search(world, trials=14)


def test_the_best_of_all_trials_is_found(found: TuningResult) -> None:
    finished = [trial for trial in found.trials if trial.state == "finished"]
    assert found.score == max(trial.score for trial in finished)
    assert len(found.trials) == 14
    assert all(len(trial.folds) == 3 for trial in finished)
    assert found.trials[0].values == {"k": 500, "shrink": 50.0, "weighted": False}
    assert found.default_trial is found.trials[0]
    assert found.score >= found.trials[0].score
    assert load_model("itemknn", found.settings).config.k == found.settings["k"]
    assert found.stopped == "trials"


def test_the_bad_are_given_up_early(found: TuningResult) -> None:
    given_up = [trial for trial in found.trials if trial.state == "given up"]
    assert given_up
    assert all(1 <= len(trial.folds) < 3 for trial in given_up)
    assert found.count("given up") == len(given_up)
    assert found.best not in given_up


def test_the_same_search_finds_the_same(world: Dataset, found: TuningResult) -> None:
    assert tried(search(world, trials=14)) == tried(found)
    assert tried(search(world, trials=14, seed=1)) != tried(found)


def test_another_test_changes_nothing(world: Dataset, tmp_path: Path) -> None:
    """What tested people took is replaced; to the search it is the same question, bit for bit."""
    one = with_other_tests(world, "cold-start", seed=0)
    other = with_other_tests(one, "cold-start", seed=0)
    assert (one.interactions != other.interactions).nnz > 20
    first = search(one, folder=tmp_path)
    again = search(other, folder=tmp_path)
    assert (first.earlier, again.earlier) == (0, 8)
    assert tried(search(other)) == tried(first) == tried(again)


def test_the_test_is_never_asked(world: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """No query is ever made of the cases of the test."""
    from isthmus.evaluation.split import Cases

    tests, asked = [], []
    split_made, query = Split.__init__, Cases.query

    def note_split(self: Split, *args: Any, **more: Any) -> None:
        split_made(self, *args, **more)
        if len(self.validation):  # what is drawn from the rest has no validation, its test is ours
            tests.append(self.test)

    def note_query(self: Cases, *args: Any) -> Any:
        asked.append(self)
        return query(self, *args)

    monkeypatch.setattr(Split, "__init__", note_split)
    monkeypatch.setattr(Cases, "query", note_query)
    search(world, trials=2)
    assert len(tests) == 1
    assert len(asked) == 2 * 3
    tested = set(tests[0].users.tolist())
    assert all(not tested & set(cases.users.tolist()) for cases in asked)


def test_a_second_call_goes_on(world: Dataset, found: TuningResult, tmp_path: Path) -> None:
    first = search(world, trials=5, folder=tmp_path)
    second = search(world, trials=14, folder=tmp_path)
    third = search(world, trials=3, folder=tmp_path)
    assert (first.earlier, second.earlier, third.earlier) == (0, 5, 14)
    assert tried(second) == tried(third) == tried(found)
    assert tried(second)[:5] == tried(first)
    assert len(list(tmp_path.glob("*.sqlite"))) == 1


def test_another_question_begins_anew(world: Dataset, tmp_path: Path) -> None:
    others: list[dict[str, Any]] = [
        {"seed": 1}, {"metric": "recall@10"}, {"folds": 2}, {"protocol": "k-shot"}, {"version": "2"},
        {"options": {"validation": 0.2}}, {"twins": None}, {"space": {"k": Range(5, 50)}},
        {"fixed": {"weighted": True}},
    ]  # fmt: skip
    for other in [{}, *others]:
        assert search(world, trials=1, folder=tmp_path, **other).earlier == 0, other
    assert search(world, trials=1, folder=tmp_path).earlier == 1


def test_other_data_is_another_question(world: Dataset, tmp_path: Path) -> None:
    search(world, trials=1, folder=tmp_path)
    books = world.item_platform[world.interactions.indices] == world.platform_num("books")
    kept = ~books
    kept[books.argmax() + 1 :] = True
    assert search(world.keeping(kept), trials=1, folder=tmp_path).earlier == 0


def test_time_is_up_but_something_is_found(world: Dataset, tmp_path: Path) -> None:
    first = search(world, timeout_s=0.0, folder=tmp_path)
    assert len(first.trials) == 1
    assert first.stopped == "timeout"
    assert first.best.values == first.defaults
    again = search(world, timeout_s=0.0, folder=tmp_path)
    assert (len(again.trials), again.earlier) == (1, 1)


def test_a_small_space_ends_before_its_budget(world: Dataset) -> None:
    found = search(world, "popularity", trials=30)
    assert found.stopped == "exhausted"
    assert [trial.values for trial in found.trials] == [{"weighted": False}, {"weighted": True}]


def test_less_can_be_better(world: Dataset) -> None:
    found = search(world, metric="gini@10")
    assert found.lower
    assert found.score == min(trial.score for trial in found.trials if trial.state == "finished")
    assert found.folds_gained == 3


def test_a_trial_that_fails_is_passed_over(world: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = type(load_model("itemknn")).fit

    def picky(self: Any, dataset: Dataset, **more: Any) -> Any:
        if self.config.k < 200:
            raise FloatingPointError("k is too small\nfor this")
        return fit(self, dataset, **more)

    monkeypatch.setattr(type(load_model("itemknn")), "fit", picky)
    found = search(world, trials=10)
    failed = [trial for trial in found.trials if trial.state == "failed"]
    assert failed
    assert all(trial.error == "FloatingPointError: k is too small\nfor this" for trial in failed)
    assert all((trial.values["k"] < 200) == (trial.state == "failed") for trial in found.trials)
    assert found.to_dict()["history"][-1]["state"] in ("finished", "given up", "failed")
    with pytest.raises(FloatingPointError):  # with the first of all it is hardly the settings' fault
        search(world, fixed={"k": 10})


def test_the_file_holds_the_settings_and_how_they_were_found(world: Dataset) -> None:
    found = search(world, trials=3, fixed={"weighted": True}, options={"test": 0.3}, version="1.2")
    text = found.to_toml()
    assert tomllib.loads(text) == found.settings
    assert found.settings["weighted"] is True
    assert "weighted" not in found.space
    assert load_model("itemknn", tomllib.loads(text)).config.weighted is True
    for told in (
        f"ndcg@10 {found.score:.4f}", "found by isthmus tune 1.2", "cold-start, test=0.3", "seeds 0, 1, 2",
        "k 5 to 1000 (log)", "Nothing of the test of seed 0 was seen",
    ):  # fmt: skip
        assert told in text


def test_the_target_goes_to_a_model_that_has_a_setting_for_it(world: Dataset) -> None:
    found = search(world, "bridge", trials=1, folds=1)
    assert found.settings["target"] == TARGET
    with pytest.raises(SettingsError, match="both 'films' and 'books'"):
        search(world, "bridge", fixed={"target": "books"})


@pytest.mark.parametrize("protocol", ["time-split", "leave-last-out", "rolling-windows"])
def test_where_nothing_is_drawn_there_is_one_fold(world: Dataset, protocol: str) -> None:
    found = search(world, trials=6, protocol=protocol)
    assert found.folds == 1
    assert found.count("finished") == 6


@pytest.mark.parametrize(("wrong", "error", "complaint"), [
    ({"model": "eese"}, UnknownNameError, "Did you mean ease"),
    ({"protocol": "cold"}, UnknownNameError, "protocol"),
    ({"metric": "ndgc@10"}, UnknownNameError, "metric"),
    ({"trials": 0}, SettingsError, "at least one trial"),
    ({"seed": -1}, SettingsError, "no negative seed"),
    ({"timeout_s": -1.0}, SettingsError, "timeout"),
    ({"fixed": {"kk": 3}}, SettingsError, "itemknn.kk"),
    ({"fixed": {"k": 3, "shrink": 1.0, "weighted": False}}, SettingsError, "Nothing is left"),
    ({"options": {"validation": 0.0}}, InputError, "asks nobody"),
])  # fmt: skip
def test_what_a_search_refuses(
    world: Dataset, wrong: dict[str, Any], error: type[Exception], complaint: str
) -> None:
    with pytest.raises(error, match=complaint):
        search(world, **wrong)


def test_one_search_at_a_time(world: Dataset, tmp_path: Path) -> None:
    search(world, trials=1, folder=tmp_path)
    (lock,) = tmp_path.glob("*.lock")
    with exclusive_lock(lock, 0.0), pytest.raises(WorkspaceBusyError, match="searching for the same"):
        search(world, folder=tmp_path)


def test_a_damaged_file_is_told(world: Dataset, tmp_path: Path) -> None:
    search(world, trials=1, folder=tmp_path)
    (file,) = tmp_path.glob("*.sqlite")
    file.write_bytes(b"no database at all, and longer than a header of one " * 40)
    with pytest.raises(WorkspaceError, match=r"itemknn-\w+\.sqlite cannot be used") as caught:
        search(world, folder=tmp_path)
    assert "delete the file" in caught.value.hint


def test_a_folder_that_cannot_be_made_is_told(world: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="Cannot write to"):
        search(world, folder=tmp_path / "file" / "tuning")


def test_any_folder_will_do(world: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "a b%20c?d#e;f'g 调优"
    search(world, trials=1, folder=folder)
    assert len(list(folder.glob("*.sqlite"))) == 1
    assert search(world, trials=1, folder=folder).earlier == 1
    assert [entry.name for entry in tmp_path.iterdir()] == [folder.name]


def test_optuna_speaks_as_before_afterwards(world: Dataset) -> None:
    before: Callable[[], int] = optuna.logging.get_verbosity
    level = before()
    search(world, trials=1)
    assert before() == level


def test_without_optuna_the_extra_is_named(world: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(MissingExtraError, match=r"isthmus\[tune\]"):
        search(world)
