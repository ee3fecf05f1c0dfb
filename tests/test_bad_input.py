"""Bad input, a full disk, two imports at once, kill -9: nothing lost, nothing twice, nothing half-written."""

import gzip
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import polars as pl
import pytest

from isthmus.cli.running import run
from isthmus.pipeline import Wish, Workspace, find_people, fit_model, import_files, open_model, recommend
from isthmus.sources import load_source

SOURCE = Path(__file__).parents[1] / "src"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE)}
HEAD = "platform,user_id,item_id,kind,value,occurred_at\n"
KILLS = 14
"""Of each kind; the tests of storage kill more."""


@pytest.fixture
def ws(tmp_path):
    Workspace.create(tmp_path / "ws")
    return tmp_path / "ws"


@pytest.fixture
def take(ws, tmp_path, capsys):
    """Import one file with these bytes through the command line: its exit code, and what was said."""

    def call(content, *arguments, name="given.csv"):
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        capsys.readouterr()
        code = run(["import", str(ws), "table", str(file), *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out + said.err

    return call


def events(ws):
    return Workspace.open(ws).log.read().collect()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.csv"),
        (b"", "empty.jsonl"),
        (b"", "empty.parquet"),
        (b"\n\n\n", "blank.csv"),
        (gzip.compress(b""), "empty.csv.gz"),
        (b"PAR1 and then nothing", "broken.parquet"),
        (gzip.compress(HEAD.encode() * 9)[:20], "cut.csv.gz"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "picture.csv"),
        (f"{HEAD}books,ann,b1,read,,\n".encode("utf-16"), "utf16.csv"),
        (b"{", "broken.json"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_name(ws, take, content, name):
    code, said = take(content, name=name)
    if code == 0:  # a reader may understand more than we ask of it, but must not invent
        assert events(ws)["user_id"].n_unique() <= 1
        assert name.startswith("utf16")
    else:
        assert code == 3, said
        assert name in said
        assert events(ws).is_empty()


def test_a_header_alone_is_no_events(ws, take):
    code, said = take(HEAD)
    assert (code, events(ws).height) in ((0, 0), (3, 0)), said


def test_a_byte_order_mark_is_not_part_of_a_column(ws, take):
    assert take(b"\xef\xbb\xbf" + f"{HEAD}books,ann,b1,read,,\n".encode())[0] == 0
    assert events(ws).height == 1


def test_stray_bytes_are_one_reject(ws, take):
    code, said = take(HEAD.encode() + b"books,ann,b\xe9,read,,\nbooks,ann,b2,read,,\n")
    assert code == 0
    assert "given.csv:2" in said
    assert events(ws)["item_id"].to_list() == ["b2"]


def test_rows_that_cannot_be_events(ws, take):
    rows = {
        "books,ann,b1,read,NaN,": "value",
        "books,ann,b1,read,inf,": "value",
        "books,ann,b1,slept,,": "kind",
        "books,ann,b1,read,,2999-01-01T00:00:00Z": "occurred_at",
        "books,ann,b1,read,,the day before": "occurred_at",
        ",ann,b1,read,,": "platform",
        "books,,b1,read,,": "user_id",
        "books,ann,,read,,": "item_id",
    }
    code, said = take(HEAD + "".join(f"{row}\n" for row in rows) + "books,ann,good,read,,\n")
    assert code == 0
    assert events(ws)["item_id"].to_list() == ["good"]
    (file,) = (ws / "rejects").iterdir()
    rejects = pl.read_ndjson(file)
    assert sorted(rejects["line"]) == list(range(2, 2 + len(rows)))
    fields = dict(zip(rejects["line"], rejects["field"], strict=True))
    assert [fields[line] for line in sorted(fields)] == list(rows.values())
    assert "8 rejected" in said


def test_a_title_of_a_million_characters_is_cut_and_counted(ws, take):
    code, said = take(f"platform,item_id,title\nbooks,b1,{'很长' * 500_000}\n")
    assert (code, "1 texts cut" in said) == (0, True)
    assert len(Workspace.open(ws).catalogue.read()["title"].item()) == 20_000


def test_duplicates_are_one_event_and_conflicts_are_told(ws, take):
    head = "event_id,platform,user_id,item_id,kind\n"
    code, said = take(f"{head}e1,books,ann,b1,read\ne1,books,ann,b1,read\ne1,books,ann,b2,read\n")
    assert code == 0
    assert events(ws)["item_id"].to_list() == ["b1"]
    assert "given.csv:4, field event_id" in said


def test_times_of_local_zones_become_utc(ws, take):
    take(f"{HEAD}books,ann,b1,read,,2024-01-01T08:00:00+08:00\nbooks,ann,b2,read,,2024-01-01T00:00:00Z\n")
    assert events(ws)["occurred_at"].n_unique() == 1


ODD_IDS = ["a/b", "with space", "表情😀", 'q"uote', "it's", "a,b", "a:b", "..", "C:\\x", "%2F", "-n", "<b>"]


def test_ids_may_hold_any_sign_and_come_back_as_they_were(ws, tmp_path):
    rows = [{"platform": "a/b 平台", "user_id": one, "item_id": one} for one in ODD_IDS]
    pl.DataFrame(rows).write_ndjson(tmp_path / "odd.jsonl")
    assert run(["import", str(ws), "table", str(tmp_path / "odd.jsonl")]) == 0
    assert run(["fit", str(ws), "--model", "popularity"]) == 0
    (tmp_path / "users.txt").write_text("".join(f"a/b 平台:{one}\n" for one in ODD_IDS), encoding="utf-8")
    arguments = ["--users", str(tmp_path / "users.txt"), "--platform", "a/b 平台", "--include-seen"]
    assert run(["recommend", str(ws), *arguments, "-n", "50", "--out", str(tmp_path / "o.parquet")]) == 0
    recs = pl.read_parquet(tmp_path / "o.parquet")
    assert recs["user"].unique(maintain_order=True).to_list() == [f"a/b 平台:{one}" for one in ODD_IDS]
    assert set(recs["item_id"]) == set(ODD_IDS)
    known = find_people(Workspace.open(ws), [f"a/b 平台:{one}" for one in ODD_IDS])
    assert known["key"].n_unique() == len(ODD_IDS)
    assert known["key"].null_count() == 0
    assert run(["forget", str(ws), "--user", 'a/b 平台:q"uote', "--yes"]) == 0
    assert events(ws).height == len(ODD_IDS) - 1


def test_a_mapping_that_names_a_missing_column(ws, take, tmp_path):
    (tmp_path / "map.toml").write_text(
        '[event]\nuser_id = "reader"\nitem_id = "book"\nplatform = { value = "b" }\n'
    )
    code, said = take("reader,boook\nann,b1\n", "--map", str(tmp_path / "map.toml"))
    assert code == 3
    assert "book" in said
    assert "boook" in said
    (tmp_path / "map.toml").write_text("[event\n")
    assert take("reader,book\nann,b1\n", "--map", str(tmp_path / "map.toml"))[0] == 3
    assert take("reader,book\nann,b1\n", "--map", str(tmp_path / "absent.toml"))[0] == 3


def test_a_workspace_of_a_newer_version(ws, take):
    connection = sqlite3.connect(ws / "manifest.sqlite")
    with connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'format_version'")
    connection.close()
    code, said = take(f"{HEAD}books,ann,b1,read,,\n")
    assert code == 7
    assert "Upgrade" in said


def test_a_full_disk_keeps_what_was_there_and_nothing_half_written(ws, take, tmp_path):
    take(f"{HEAD}books,ann,b1,read,,\n")
    before = sorted(path for path in ws.rglob("*") if path.is_file())
    numbers = random.Random(0)
    rows = "".join(f"books,u{numbers.random()},i{numbers.random()},read,,\n" for _ in range(30_000))
    (tmp_path / "big.csv").write_text(HEAD + rows)

    def only_100_kilobytes():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = subprocess.run(
        [sys.executable, "-m", "isthmus", "import", str(ws), "table", str(tmp_path / "big.csv")],
        env=ENVIRONMENT, capture_output=True, text=True, check=False, preexec_fn=only_100_kilobytes,
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    assert "nothing half-written was kept" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path for path in ws.rglob("*") if path.is_file()) == before
    assert events(ws).height == 1


def test_two_imports_at_once_take_turns(ws, tmp_path):
    for name in ("one", "two"):
        rows = "".join(f"books,{name}-{number % 50},i{number},read,,\n" for number in range(3_000))
        (tmp_path / f"{name}.csv").write_text(f"{HEAD}{rows}books,both,b1,read,,\n")
    imports = [
        subprocess.Popen(
            [sys.executable, "-m", "isthmus", "import", str(ws), "table", str(tmp_path / f"{name}.csv")],
            env=ENVIRONMENT | {"ISTHMUS_IMPORTING__BATCH_ROWS": "200"}, stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in ("one", "two")
    ]  # fmt: skip
    for process in imports:
        process.communicate(timeout=120)
    assert [process.returncode for process in imports] == [0, 0]
    assert events(ws).height == 6_001
    assert events(ws)["event_id"].n_unique() == 6_001


IMPORTING = """\
    import sys
    from pathlib import Path
    from isthmus.pipeline import Workspace, import_files
    from isthmus.sources import load_source

    workspace = Workspace.open(Path(sys.argv[1]))
    print("ready", flush=True)
    source = load_source("table", batch_rows=40)
    for done in import_files(workspace, source, [Path(sys.argv[2])]):
        print(done.file, flush=True)
"""
FITTING = """\
    import sys
    from pathlib import Path
    from isthmus.pipeline import Workspace, fit_model

    workspace = Workspace.open(Path(sys.argv[1]))
    print("ready", flush=True)
    while True:
        print(fit_model(workspace, "ease").folder, flush=True)
"""


def killed_after(script, delay_s, *arguments):
    """What the script had said was done before kill -9."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        env=ENVIRONMENT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    time.sleep(delay_s)
    process.kill()
    said, _ = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGKILL, 0)
    return said.split(), process.returncode != 0


def test_kill_in_import_loses_nothing_and_takes_nothing_twice(ws, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(60):
        rows = "".join(f"books,u{number}-{row},i{row},read,,\n" for row in range(100))
        (folder / f"{number:02d}.csv").write_text(f"{HEAD}{rows}books,,bad,read,,\n")
    chance, told, kills = random.Random(1), set(), 0
    for _ in range(KILLS):
        done, was_killed = killed_after(IMPORTING, chance.uniform(0, 0.5), ws, folder)
        told |= set(done)
        kills += was_killed
        workspace = Workspace.open(ws)
        imported = {one.file for one in workspace.store.imports()}
        assert told <= imported
        per_file = events(ws).group_by(pl.col("event_id")).len()
        assert per_file["len"].max() in (None, 1)
        assert workspace.log.count() == 100 * len(imported) == events(ws).height
        assert workspace.identities.count() == 100 * len(imported)
    assert kills >= KILLS // 2
    list(import_files(Workspace.open(ws), load_source("table"), [folder]))
    workspace = Workspace.open(ws)
    assert workspace.log.count() == 6_000
    named = {workspace.folder / file for file in workspace.store.files("events")}
    assert set((ws / "events").iterdir()) == named
    numbers = {one.id for one in workspace.store.imports()}
    assert {path.name for path in (ws / "rejects").iterdir()} <= {f"{number}.jsonl" for number in numbers}


def test_kill_in_fit_leaves_the_old_model_and_no_litter_after_the_next(ws, tmp_path):
    rows = "".join(
        f"{on},u{user},i{(user * 7 + step * step) % 300},read,,\n"
        for user in range(400) for step in range(8) for on in ("books", "films")
    )  # fmt: skip
    (tmp_path / "events.csv").write_text(HEAD + rows)
    workspace = Workspace.open(ws)
    list(import_files(workspace, load_source("table"), [tmp_path / "events.csv"]))
    fit_model(workspace, "ease")
    wish = Wish("films", n=5)
    expected = recommend(workspace, ["books:u1", "films:u2"], wish).frame()
    chance, kills = random.Random(2), 0
    for _ in range(KILLS):
        _, was_killed = killed_after(FITTING, chance.uniform(0, 0.4), ws)
        kills += was_killed
        assert recommend(workspace, ["books:u1", "films:u2"], wish).frame().equals(expected)
    assert kills == KILLS
    saved = fit_model(workspace, "ease")
    present = {path.name for path in (ws / "models").iterdir()}
    assert present == {"lock", "ease.json", saved.folder}
    assert open_model(workspace)[2].folder == saved.folder
