"""Peers side by side: the same people and rows, settings by validation, seconds of a process apart."""

import argparse
import importlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from isthmus.dataset.worlds import checkerboard
from isthmus.evaluation import cold_start, leave_last_out

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"
DATA = Path(os.environ.get("ISTHMUS_DATA") or ROOT.parent / "shared" / "data")


@pytest.fixture
def script(monkeypatch):
    """Gives a script of benchmarks/ as a module, found as when it is run."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if (BENCHMARKS / f"{name}.py").exists():  # names as plain as `common` are not left behind
            del sys.modules[name]


@pytest.fixture
def held_out():
    """Half even, half odd people, each with one row of the target held out twice."""
    return leave_last_out(checkerboard(80), "there", seed=1)


class Neighbours:
    """As many items in common with others who took the item: what a peer could be, in two lines."""

    def learn(self, rows):
        self.counts = (rows.T @ rows).toarray().astype(float)
        self.rows = rows

    def score(self, people):
        return np.asarray(self.rows[people] @ self.counts)


@pytest.fixture
def neighbours(script):
    peers = script("peers")

    class Peer(Neighbours, peers.Peer):
        def _learn(self, rows, seed):
            self.learn(rows)

        def _score(self, people):
            found = self.score(people)
            return np.where(found > 0, found, np.nan)

    return Peer


def test_every_pair_is_a_scenario_and_has_a_folder(script):
    peers_compare = script("peers_compare")
    assert set(peers_compare.FOLDERS) == set(peers_compare.PAIRS)


def test_a_peer_learns_from_the_rows_it_is_given_and_never_lists_what_somebody_has(neighbours, held_out):
    train, candidates = held_out.train, held_out.train.candidates("there")
    here = train.item_platform == train.platform_num("here")
    for platform in ("there", None):
        peer = neighbours({}, platform).fit(train, 0)
        touched = np.bincount(train.interactions.indices, minlength=train.n_items) > 0
        assert peer._items.tolist() == np.flatnonzero(touched & (~here if platform else True)).tolist()
        lists = peer.lists(held_out.test, candidates, n=5)
        assert lists.shape == (len(held_out.test), 5)
        assert np.isin(lists, candidates).all()
        for user, one in zip(held_out.test.users, lists, strict=True):
            assert not np.isin(one, train.interactions[[user]].indices).any()
        assert suits(held_out, lists[:, :3]).mean() > 0.9


def test_who_has_no_row_where_a_peer_learns_is_served_by_popularity(neighbours):
    split = cold_start(checkerboard(80), "there", seed=1)
    train, candidates = split.train, split.train.candidates("there")
    lists = neighbours({}, "there").fit(train, 0).lists(split.test, candidates, n=3)
    liked = np.asarray((train.interactions > 0).sum(axis=0)).ravel()[candidates]
    assert (lists == candidates[np.argsort(-liked, kind="stable")[:3]]).all()
    merged = neighbours({}, None).fit(train, 0).lists(split.test, candidates, n=3)
    assert (merged != lists).any()


def test_the_settings_are_chosen_on_validation_rows_alone(script, held_out):
    compare, methods = script("peers_compare"), script("peers_methods")
    method = methods.Method(
        "either", "merged", lambda chosen, split: methods.Ours(chosen["model"], {}, split),
        [{"model": "popularity"}, {"model": "itemknn"}],
    )  # fmt: skip
    assert compare.choose(method, held_out, method.settings) == {"model": "itemknn"}
    on_target = held_out.train.item_platform == held_out.train.platform_num("there")
    opposite = csr_array(on_target * (held_out.validation.truth.toarray() == 0) * 1.0)
    misled = replace(held_out, validation=replace(held_out.validation, truth=opposite))
    assert compare.choose(method, misled, method.settings) == {"model": "popularity"}


def test_seconds_are_those_of_the_fit_and_of_the_lists(script, held_out):
    compare, methods = script("peers_compare"), script("peers_methods")
    method = next(one for one in methods.METHODS if one.name == "EASE (ours), merged")
    values, costs = compare.fit_and_list(method, {"reg": 1.0}, held_out, held_out.test)
    assert len(values) == len(held_out.test)
    assert np.nanmean(values) > 0.3  # of 10 items that suit somebody most are listed
    assert all(cost.cpu_s >= 0 and cost.wall_s > 0 for cost in costs)


def test_all_have_the_same_budget_and_bridge_stands_last(script):
    methods = script("peers_methods").METHODS
    assert methods[-1].name == "Bridge"
    assert {len(one.settings) for one in methods if one.name != "popularity"} == {3}
    assert len({one.name for one in methods}) == len(methods)
    by_name = {one.name.rpartition(",")[0]: one.settings for one in methods}
    for one in methods[1:-1]:
        assert one.settings == by_name[one.name.rpartition(",")[0]]  # target and merged alike


def test_what_is_absent_or_fails_is_said_and_the_others_go_on(script, monkeypatch, capsys):
    compare, methods = script("peers_compare"), script("peers_methods")
    asked = argparse.Namespace(only=None, methods=None, threads=1, seeds=[0], quick=True, data=None)
    absent = methods.Method("absent", "target", methods._bridge, [{}], ("no_such_library",))
    assert compare.measure("electronic to phone", absent, asked).why_not == (
        "not installed: pip install no_such_library"
    )

    def fails(*arguments, env):
        raise RuntimeError("ended with 1")

    monkeypatch.setattr(compare, "run_program", fails)
    assert compare.measure("electronic to phone", methods.METHODS[0], asked).why_not == "failed"
    assert "ended with 1" in capsys.readouterr().err


def test_tables_compare_bridge_with_each_peer_on_the_same_people(script, monkeypatch):
    compare, methods, common = script("peers_compare"), script("peers_methods"), script("common")

    def made(name, packages=(), neural=False):
        return methods.Method(name, "target", methods._bridge, [{}], packages, neural)

    chosen = (
        made("popularity"),
        made("rival", ("numpy",), neural=True),
        made("gone", ("numpy",)),
        made("Bridge"),
    )
    monkeypatch.setattr(compare, "METHODS", chosen)

    def told(values, cpu_s):
        kept = {"values": [values], "users": [[0, 1, 2, 3]]}
        return {
            "regimes": {"all rows": kept}, "chosen": [{"reg": 1.0}], "cpu_s": 9.0,
            "fit": [[2 * cpu_s, cpu_s]], "lists": [[1.0, 0.0]],
        }  # fmt: skip

    answers = {
        "popularity": told([0.1, 0.1, None, 0.2], 0.0),
        "rival": told([0.2, 0.2, None, 0.3], 12.0),
        "gone": {"not_run": "failed"},
        "Bridge": told([0.4, 0.4, None, 0.6], 2.0),
    }
    monkeypatch.setattr(
        compare, "measure", lambda pair, method, asked: compare.Measured(method, answers[method.name], 0.5)
    )
    result = common.Result("peers_compare")
    asked = argparse.Namespace(methods=None)
    compare.compare("electronic to phone", asked, result)
    quality, over, cost = result.tables
    assert quality.rows[2][2] == "failed"
    assert quality.rows[3][2].startswith(".4667 ± ")
    assert quality.rows[-1][2] == "3"  # nothing can be said of the third person
    assert [row[0] for row in over.rows] == ["popularity", "rival"]
    assert over.rows[1][2] == "2.00 [2.00, 2.00]"
    assert cost.rows[1][2:7] == ["25.00", "12.00", "0.50", "6.00", "9.00"]
    assert "rival, the best peer: ahead" in result.notes[0]
    assert "6.0 times the CPU seconds of Bridge (goal 5: reached)" in result.notes[1]
    assert result.figures["electronic to phone"]["not_run"] == {"gone": "failed"}


def test_absent_data_is_said_and_nothing_is_measured(script, monkeypatch, tmp_path, capsys):
    compare = script("peers_compare")
    monkeypatch.setattr(sys, "argv", ["peers_compare.py", "--data", str(tmp_path), "--only", "electronic"])
    compare.main()
    assert capsys.readouterr().out.startswith("skipped: electronic to phone")


def test_a_method_is_measured_in_a_process_of_its_own(script):
    if not (DATA / "disencdr-ids").is_dir():
        pytest.skip("the data set disencdr-ids is not at hand (ISTHMUS_DATA)")
    compare, methods, common = script("peers_compare"), script("peers_methods"), script("common")
    pair = compare.ELECTRONIC
    run = common.run_program(
        BENCHMARKS / "peers_compare.py", "--one", pair, "popularity", "--quick", "--data", DATA,
        env={"PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    measured = compare.Measured(methods.METHODS[0], json.loads(run.output), run.peak_gb)
    assert list(measured.told["regimes"]) == ["all rows", "k = 0", "k = 4"]
    assert 0.005 < measured.score("all rows").mean() < 0.1
    assert 0.05 < measured.peak_gb < 4
    assert measured.told["cpu_s"] > measured.cpu_s


WORLDS = [
    ("ImplicitALS", {"factors": 2}, ("implicit",)),
    ("ImplicitBPR", {"factors": 8, "learning_rate": 0.1}, ("implicit",)),
    ("CornacEASE", {"lamb": 1.0, "posB": False}, ("cornac",)),
    ("CornacVAECF", {"k": 4, "autoencoder_structure": [16], "n_epochs": 60, "learning_rate": 0.01},
     ("cornac", "torch")),
    ("lenskit.knn:EASEScorer", {"regularization": 1.0}, ("lenskit",)),
    ("lenskit.knn:ItemKNNScorer", {"feedback": "implicit"}, ("lenskit",)),
    ("lenskit.als:ImplicitMFScorer", {"embedding_size": 2}, ("lenskit",)),
]  # fmt: skip


@pytest.mark.extras
@pytest.mark.filterwarnings("ignore")  # of those libraries
@pytest.mark.parametrize(("name", "settings", "packages"), WORLDS)
@pytest.mark.parametrize("platform", ["there", None])
def test_each_peer_finds_what_suits_somebody(script, held_out, name, settings, packages, platform):
    for package in packages:
        pytest.importorskip(package)
    peers = script("peers")
    make = getattr(peers, name, None)
    peer = make(settings, platform) if make else peers.LensKit(name, settings, platform)
    lists = peer.fit(held_out.train, 0).lists(held_out.test, held_out.train.candidates("there"), n=3)
    assert suits(held_out, lists).mean() > 0.8  # by chance half


def suits(split, lists):
    """(q, n): whether an item is even or odd as the person is."""
    item = np.array([int(key[-3:]) for key in split.train.items.ids])
    person = np.array([int(name[-3:]) for name in split.train.users.ids])
    return item[lists] % 2 == person[split.test.users][:, None] % 2
