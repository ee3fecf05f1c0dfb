import stat
import threading
import time

import polars as pl
import pytest

from isthmus.errors import InputError, WorkspaceBusyError
from isthmus.pipeline import Workspace, import_files
from isthmus.pipeline.importing import import_batches
from isthmus.sources import load_source
from isthmus.sources.base import make_batch

GOOD = "platform,user_id,item_id\nbooks,dan,b1\nbooks,dan,b2\n"
MIXED = "platform,user_id,item_id,kind\nbooks,dan,b1,read\nbooks,dan,,read\nbooks,dan,b2,slept\n"


def files_of(workspace):
    return sorted(path.name for path in workspace.folder.rglob("*") if path.is_file())


def test_what_became_of_a_file_is_counted(workspace, take_in):
    before = workspace.log.count()
    done = take_in(workspace, MIXED)
    assert done.counts["events"] == 1
    assert done.counts["rejects"] == 2
    assert [row["line"] for row in done.first_rejects] == [3, 4]
    assert {row["field"] for row in done.first_rejects} == {"item_id", "kind"}
    assert workspace.log.count() == before + 1
    assert workspace.store.imports()[-1].counts == done.counts


def test_rejects_are_kept_and_readable_by_their_owner_only(workspace, take_in):
    done = take_in(workspace, MIXED)
    kept = pl.read_ndjson(done.rejects_file)
    assert done.rejects_file.name == f"{workspace.store.imports()[-1].id}.jsonl"
    assert kept["line"].to_list() == [3, 4]
    assert stat.S_IMODE(done.rejects_file.stat().st_mode) == 0o600


def test_at_most_five_rejects_are_shown_and_all_are_kept(workspace, take_in):
    done = take_in(workspace, "platform,user_id,item_id\n" + "books,dan,\n" * 9)
    assert (len(done.first_rejects), done.counts["rejects"]) == (5, 9)
    assert pl.read_ndjson(done.rejects_file).height == 9


def test_strict_takes_nothing_of_the_file(workspace, take_in):
    before = workspace.log.count(), workspace.identities.count(), files_of(workspace)
    with pytest.raises(InputError, match=r"more\.csv:3, field item_id") as caught:
        take_in(workspace, MIXED, strict=True)
    assert "--strict" in caught.value.message
    assert (workspace.log.count(), workspace.identities.count(), files_of(workspace)) == before


def test_the_same_file_again_adds_nothing(workspace, take_in, all_events):
    take_in(workspace, GOOD)
    before = all_events(workspace)
    again = take_in(workspace, GOOD)
    assert (again.counts["events"], again.counts["duplicates"]) == (0, 2)
    assert all_events(workspace).equals(before)


@pytest.mark.parametrize("many", [0, 3, 1_000])
def test_people_who_come_back_in_later_parts_are_entered_once(workspace, monkeypatch, many):
    monkeypatch.setattr("isthmus.pipeline.importing._MANY_PEOPLE", many)
    before = workspace.identities.count()
    parts = [
        pl.DataFrame({
            "platform": "shop", "user_id": [f"u{start}", f"u{start + 1}", "u0"], "item_id": f"i{start}",
            "kind": "view", "line": [1, 2, 3],
        })
        for start in range(40)
    ]  # fmt: skip
    import_batches(workspace, (make_batch(events=part) for part in parts), source="table", file="log.csv")
    assert workspace.identities.count() == before + 41
    assert all(workspace.identities.find("shop", f"u{number}") for number in range(41))


def test_names_are_only_in_the_vault(workspace, take_in):
    take_in(workspace, "platform,user_id,item_id\nbooks,zebulon-the-third,b1\n")
    assert workspace.identities.find("books", "zebulon-the-third")
    for name in ("events", "links", "items"):
        for file in (workspace.folder / name).glob("*.parquet"):
            assert "zebulon-the-third" not in str(pl.read_parquet(file).rows())


def test_a_conflict_names_the_person_as_the_file_does(workspace, take_in):
    head = "event_id,platform,user_id,item_id\n"
    done = take_in(workspace, f"{head}e1,books,dan,b1\ne1,books,dan,b2\n")
    assert done.counts["conflicts"] == done.counts["rejects"] == 1
    assert done.first_rejects[0]["user_id"] == "dan"
    assert done.first_rejects[0]["line"] == 3


def test_a_link_to_somebody_else_is_a_reject(workspace, take_in):
    done = take_in(workspace, "person,platform,user_id\neve,books,bob\n", role="links")
    assert (done.counts["links"], done.counts["rejects"]) == (0, 1)
    assert done.first_rejects[0]["user_id"] == "bob"


def test_items_are_updated_and_long_texts_cut(workspace, take_in):
    title = "x" * 1_000_000
    done = take_in(workspace, f"platform,item_id,title\nbooks,b1,{title}\nbooks,b9,New\n", role="items")
    assert (done.counts["items_added"], done.counts["items_updated"], done.counts["cut_texts"]) == (1, 1, 1)
    told = workspace.catalogue.read().filter(pl.col("item_id") == "b1")["title"].item()
    assert len(told) == workspace.settings.importing.max_text_chars


def test_a_file_after_an_unreadable_one_is_not_taken_but_those_before_are(workspace, tmp_path):
    (tmp_path / "a.csv").write_text(GOOD)
    (tmp_path / "b.csv").write_bytes(b"\x00\xff\x00\xff")
    before = workspace.log.count()
    with pytest.raises(InputError, match=r"b\.csv"):
        list(import_files(workspace, load_source("table"), [tmp_path / "a.csv", tmp_path / "b.csv"]))
    assert workspace.log.count() == before + 2
    assert not list((workspace.folder / "rejects").glob("*.new"))


def test_a_rejects_file_of_a_killed_import_does_not_stay(workspace, take_in):
    folder = workspace.folder / "rejects"
    folder.mkdir()
    (folder / f"{workspace.store.imports()[-1].id + 1}.jsonl").write_text("{}\n")
    (folder / "77.jsonl.new").write_text("{")
    done = take_in(workspace, GOOD)
    assert done.rejects_file is None
    assert list(folder.iterdir()) == []


class Heard:
    def __init__(self):
        self.labels = []

    def track(self, label, total):
        self.labels.append(label)
        from isthmus.engine import Silent

        return Silent().track(label, total)


def test_an_import_waits_for_another_and_says_so(workspace, take_in):
    heard, other = Heard(), Workspace.open(workspace.folder)
    begun, done = threading.Event(), threading.Event()

    def hold():
        with other.store.writing():
            begun.set()
            time.sleep(0.3)
            done.set()

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait()
    taken = take_in(workspace, GOOD, progress=heard)
    assert done.is_set()
    holder.join()
    assert taken.counts["events"] == 2
    assert "Another process is writing here" in heard.labels[0]


def test_an_import_gives_up_waiting(workspace, take_in, monkeypatch):
    monkeypatch.setenv("ISTHMUS_IMPORTING__LOCK_TIMEOUT_S", "0.1")
    impatient = Workspace.open(workspace.folder)
    with workspace.store.writing(), pytest.raises(WorkspaceBusyError):
        take_in(impatient, GOOD)
