"""Benchmarks, their shared parts: the page shows what the results say, and splits do not leak."""

import importlib
import io
import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.sparse import csr_array

from isthmus.dataset.worlds import checkerboard
from isthmus.evaluation import cold_start
from isthmus.models import load_model
from isthmus.models.bridge.config import BridgeConfig
from isthmus.models.bridge.hold_out import hide, turns

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"
DATA = Path(os.environ.get("ISTHMUS_DATA") or ROOT.parent / "shared" / "data")
SCRIPTS = (
    "real",
    "electronic_phone",
    "food_kitchen",
    "bridge_speed",
    "importing",
    "encoding",
    "metrics_speed",
    "quality",
    "devices",
)


@pytest.fixture
def script(monkeypatch):
    """Gives a script of benchmarks/ as a module, found as when it is run."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if (BENCHMARKS / f"{name}.py").exists():  # names as plain as `common` are not left behind
            del sys.modules[name]


def test_the_page_shows_what_the_results_say(script):
    report = script("report")
    results = report.read_results(report.RESULTS)
    for page in (report.README, report.GUIDE):
        assert page.read_text(encoding="utf-8") == report.rendered(page, results), "run benchmarks/report.py"


def test_a_result_is_rendered_in_its_place_and_only_there(script, tmp_path):
    common, report = script("common"), script("report")
    result = common.Result("one", tables=[common.Table("Speed", ["what", "s"], [["a | b", "1.5"]])], load=0.1)
    result.figures = {"nothing": float("nan"), "number": np.float64(0.5)}
    result.write(tmp_path / "one.json")
    found = report.read_results(tmp_path)
    assert found["one"]["figures"] == {"nothing": None, "number": 0.5}
    page = "<!-- results: one -->\nold\n<!-- end -->\nkept\n<!-- results: two -->\nold\n<!-- end -->"
    new = report.render(page, found)
    first, second = new.split("kept")
    assert "| a / b | 1.5 |" in first
    assert f"| {result.machine} | {result.date} | {result.versions} |" in first
    assert "Not run yet." in second
    assert "old" not in new
    assert report.render(new, found) == new
    with pytest.raises(ValueError, match="one"):
        report.render("no place", found)


def test_a_quick_run_is_no_result(script, capsys, monkeypatch, tmp_path):
    common = script("common")
    monkeypatch.setattr(common, "RESULTS", tmp_path)
    common.Result("one", quick=True).write(None)
    assert list(tmp_path.iterdir()) == []
    common.Result("one").write(None)
    assert json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))["benchmark"] == "one"


def test_results_name_no_place_and_no_person():
    for file in (BENCHMARKS / "results").glob("*.json"):
        text = file.read_text(encoding="utf-8")
        assert file.stat().st_size < 200_000, file.name
        assert str(Path.home()) not in text
        assert "/tmp" not in text


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_has_help_with_an_example(name, script, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--help"])
    with pytest.raises(SystemExit, match="0"):
        script(name).main()
    assert f"Example: python benchmarks/{name}.py" in capsys.readouterr().out


def test_absent_data_is_said_and_is_no_error(tmp_path):
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "electronic_phone.py", "--data", tmp_path],
        capture_output=True, text=True, encoding="utf-8", check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("skipped")


def test_a_contest_chooses_by_validation_and_counts_the_test(script):
    contest = script("contest")
    split = cold_start(checkerboard(80), "there", seed=1)
    either = [{"model": "popularity"}, {"model": "itemknn"}]
    contender = contest.Contender("either", lambda chosen: load_model(chosen["model"]), either)
    plain = contest.Contender.of("popularity", "popularity")
    scores: dict = {}
    contest.compete([contender, plain], split, scores, "checkerboard")
    assert scores["either"].chosen == [{"model": "itemknn"}]
    assert scores["either"].mean() > 1.2 * scores["popularity"].mean()
    found = contest.ratio(scores, "either", ["popularity"])
    assert 1 < found["low"] <= found["ratio"] <= found["high"]
    assert found["ratio"] == pytest.approx(scores["either"].mean() / scores["popularity"].mean())
    assert scores["popularity"].standard_error() > 0
    assert [row[-1] for row in contest.rows(scores)] == ["model itemknn", "defaults"]

    # Where the validation rows ask for what the neighbours of nobody like, the worse on the test is chosen.
    on_target = split.train.item_platform == split.train.platform_num("there")
    opposite = csr_array(on_target * (split.validation.truth.toarray() == 0) * 1.0)
    misled: dict = {}
    contest.compete(
        [contender], replace(split, validation=replace(split.validation, truth=opposite)), misled, "misled"
    )
    assert misled["either"].chosen == [{"model": "popularity"}]
    assert misled["either"].mean() == scores["popularity"].mean()


def test_the_floor_of_a_fit_is_that_of_its_inverses_and_products(script):
    floor = script("floor")
    dataset = checkerboard(40, 20)  # no text: inverses, and what learning asks of them, are all that counts
    config = BridgeConfig(target="there")
    fit = floor.of_fit(dataset, "there", config)
    number = dataset.platform_num("there")
    held = [hide(dataset, number, config, turn) for turn in range(turns(dataset, number, config))]
    assert len(held) > 1
    solves = 0
    there = dataset.interactions[:, dataset.candidates("there")]
    columns = len(dataset.candidates("there"))
    hidden = [int((one.rest.counts("there") < dataset.counts("there")).sum()) for one in held]
    assert all(hidden)
    for matrix in (dataset.interactions, there):
        people = int((np.diff(matrix.indptr) > 0).sum())
        items = len(np.unique(matrix.indices))
        assert items <= people  # primal: n^3 of the items, and no text
        solves += items**3 + sum(4 * items * columns * h for h in hidden)
    w = dataset.features.categories.matrix.shape[1]  # there are a few, and a map between them
    maps = 0
    for data in (*(one.rest for one in held), dataset):
        both = int(((data.counts("there") > 0) & (data.counts("here") > 0)).sum())
        maps += 2 * both * w**2 + 2 * w**3 // 3 + 2 * w**3
    assert fit["fp64"] == solves + maps
    rates = {"fp64": 1e9, "fp32": 2e9}
    assert floor.seconds(fit, rates) == pytest.approx(fit["fp64"] / 1e9 + fit["fp32"] / 2e9)


def test_pickles_that_name_anything_but_plain_values_are_refused(script):
    unpickler = script("food_kitchen").PlainUnpickler
    assert unpickler(io.BytesIO(pickle.dumps({"B00": 1}))).load() == {"B00": 1}
    with pytest.raises(pickle.UnpicklingError, match="system"):
        unpickler(io.BytesIO(b"cos\nsystem\n(S'true'\ntR.")).load()


def test_events_to_import_are_distinct(script):
    events = script("importing").make_events(5_000)
    assert events.unique().height == 5_000
    assert events.equals(script("importing").make_events(5_000))


def needs_data(name: str) -> Path:
    if not (DATA / name).is_dir():
        pytest.skip(f"the data set {name} is not at hand (ISTHMUS_DATA)")
    return DATA / name


def test_electronic_phone_hides_its_rows_and_leaves_k(script):
    module: ModuleType = script("electronic_phone")
    whole = module.read(needs_data("disencdr-ids"), people=2_000)
    dataset = module.prepare(whole, core="people", twins="items")
    twins = module.find_twins(whole, "phone", module._TWINS)
    assert len(twins) > 0
    assert dataset.interactions[:, twins.target].nnz == 0
    counts = dataset.counts("phone")
    assert counts[counts > 0].min() >= 5
    split = module.hold_out(dataset, seed=3)
    for cases in (split.validation, split.test):
        assert cases.truth.nnz > 20
        assert split.train.interactions[cases.users].multiply(cases.truth).nnz == 0
        assert cases.history.multiply(cases.truth).nnz == 0
    assert split.test.truth.multiply(split.validation.truth).nnz == 0
    asked = set()
    for k in (0, 2):
        cut = module.cut_to(split, k)
        assert len(cut.test) > 0
        assert (cut.train.counts("phone")[cut.test.users] == k).all()
        assert (cut.train.counts("electronic") == split.train.counts("electronic")).all()
        asked.add(len(cut.test))
    folds = [module.cut_to(split, 0, fold).test.users for fold in range(5)]
    assert np.array_equal(np.sort(np.concatenate(folds)), split.test.users)


def test_food_kitchen_holds_out_the_last_item_of_the_target(script, monkeypatch):
    module: ModuleType = script("food_kitchen")
    data = needs_data("amazon-food-kitchen")
    monkeypatch.setattr(module, "load_encoder", lambda *arguments: None)
    lines = module.read_lines(data, everybody=False, most=60)
    dataset = module.build(data, lines)
    split = module.hold_out(dataset, lines, "kitchen", cold=False)
    # The first line of test.txt: ...,10681,19020,10172,2156,712; numbers from 8661 on are kitchen.
    person = dataset.users.num(module.name_of("test.txt", 0))
    row = int(np.flatnonzero(split.test.users == person)[0])
    assert dataset.items.ids[split.test.truth[[row]].indices].tolist() == ["kitchen\x1f10172"]
    assert split.test.history.multiply(split.test.truth).nnz == 0
    assert split.test.k.max() > 0
    cold = module.hold_out(dataset, lines, "kitchen", cold=True)
    assert cold.train.counts("kitchen")[cold.test.users].max() == 0
    assert (cold.test.k == 0).all()
