"""Drift of a workspace: what is planted in the log is found, on the platform where it was planted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from isthmus.dataset import item_key
from isthmus.errors import InputError, SettingsError, UnknownNameError
from isthmus.pipeline import Workspace, drifting, find_drift, import_files, read_dataset
from isthmus.pipeline.reading import WEIGHED
from isthmus.sources import load_source

DAY = timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=UTC)
STOP = START + 60 * DAY


def write_log(folder, *, planted):
    """60 days of 60 people on two platforms; over the last 10 days films are about gardens only."""
    rng = np.random.default_rng(0)
    rows = []
    for platform in ("books", "films"):
        for number in range(60):
            for day in np.sort(rng.choice(60, 24, replace=False)):
                garden = rng.random() < 0.5 or (planted and platform == "films" and day >= 50)
                item = f"i{2 * rng.integers(20) + garden}"
                when = START + int(day) * DAY + timedelta(seconds=int(rng.integers(86_000)))
                kind = "watch" if platform == "films" else "read"
                rows.append((platform, f"u{number}", item, kind, when.isoformat()))
    columns = ["platform", "user_id", "item_id", "kind", "occurred_at"]
    pl.DataFrame(rows, schema=columns, orient="row").write_csv(folder / "events.csv")
    titles = ["Rockets between the planets", "A garden full of flowers"]
    items = [
        {"platform": platform, "item_id": f"i{number}", "title": f"{titles[number % 2]}, part {number}"}
        for platform in ("books", "films")
        for number in range(40)
    ]
    pl.DataFrame(items).write_csv(folder / "items.csv")
    links = [
        {"person": f"p{number}", "platform": platform, "user_id": f"u{number}"}
        for platform in ("books", "films")
        for number in range(60)
    ]
    pl.DataFrame(links).write_csv(folder / "links.csv")


def fill(folder, *, planted):
    folder.mkdir()
    write_log(folder, planted=planted)
    workspace = Workspace.create(folder / "ws")
    for name, role in (("events", None), ("items", "items"), ("links", "links")):
        list(import_files(workspace, load_source("table", role=role), [folder / f"{name}.csv"]))
    return workspace


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drifting")
    return {planted: fill(folder / str(planted), planted=planted) for planted in (False, True)}


def test_a_planted_topic_is_found_where_it_was_planted(workspaces):
    found = find_drift(workspaces[True], window=10 * DAY, until=STOP)
    assert {(one.platform, one.check) for one in found.findings if one.drift} == {
        ("films", "texts"), ("films", "popularity"),
    }  # fmt: skip
    assert {(one.platform, one.check) for one in found.findings} == {
        (platform, check) for platform in ("books", "films") for check in ("kinds", "popularity", "texts")
    }


def test_a_steady_log_has_none(workspaces):
    assert not find_drift(workspaces[False], window=10 * DAY, until=STOP, model="popularity").found


def test_a_model_is_asked_in_every_window(workspaces):
    found = find_drift(
        workspaces[True], window=10 * DAY, until=STOP, since=STOP - 35 * DAY, model="popularity"
    )
    films = {one.check: one for one in found.findings if one.platform == "films"}
    assert list(films) == ["kinds", "popularity", "texts", "scores, KS", "scores, PSI", "quality"]
    assert films["quality"].says.count(",") == found.windows.count - 1 == 2
    assert films["quality"].n_current > 20
    assert list(workspaces[True].folder.glob("models/*")) == []


def test_windows_follow_what_is_asked_for(workspaces):
    found = find_drift(workspaces[False], window=10 * DAY)
    newest = datetime.fromisoformat(found.windows.words[2])
    assert STOP - DAY < newest <= STOP
    assert found.windows.count == 4
    with pytest.raises(SettingsError, match="no room"):
        find_drift(workspaces[False], window=10 * DAY, since=STOP - 12 * DAY)
    with pytest.raises(InputError, match="no event lies before"):
        find_drift(workspaces[False], window=15 * DAY, until=STOP, model="popularity")
    with pytest.raises(UnknownNameError, match="model"):
        find_drift(workspaces[False], window=10 * DAY, model="populartiy")


def test_a_log_without_times_cannot_drift(workspace, tmp_path, take_in):
    bare = Workspace.create(tmp_path / "bare")
    take_in(bare, "platform,user_id,item_id\nbooks,ann,b1\n")
    with pytest.raises(InputError, match="no event has a time"):
        find_drift(bare)


def test_every_window_knows_which_items_are_one(workspaces):
    workspace = workspaces[False]
    dataset = read_dataset(workspace, None)
    pair = dataset.items.nums([item_key("books", "i0"), item_key("films", "i1")])
    known = replace(dataset, same=pair[None, :])
    some = workspace.log.read(WEIGHED).collect().head(100)
    assert drifting._same_items(some, workspace, known).same.tolist() == [pair.tolist()]
