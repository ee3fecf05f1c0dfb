"""Every verb of the command line, as it is written in its help."""

import json
import re
import tomllib
from pathlib import Path

import polars as pl
import pytest

import isthmus as package
from isthmus.errors import SettingsError

VERBS = (
    "init", "import", "items", "match", "link", "fit", "tune", "recommend", "score", "interests", "evaluate",
    "compare", "drift", "forget", "status", "passport", "demo",
)  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example(isthmus, verb):
    said = isthmus(verb, "--help").out
    assert re.search(rf"Examples?: isthmus {verb}", said)


def test_help_names_all_verbs_and_version_the_version(isthmus):
    said = isthmus("--help").out
    assert all(re.search(rf"│ {verb} ", said) for verb in VERBS)
    assert isthmus("--version").out.strip() == f"isthmus {package.__version__}"


def test_public_names_are_there():
    assert all(getattr(package, name) for name in package.__all__)
    project = Path(__file__).parents[2] / "pyproject.toml"
    assert package.__version__ == tomllib.loads(project.read_text())["project"]["version"]
    with pytest.raises(AttributeError):
        _ = package.Nonsense


def test_init_twice_keeps_what_is_there(ws, isthmus):
    said = isthmus("init", ws, code=7)
    assert "workspace already" in said.err
    assert isthmus("status", ws, "--json").json["events"] == 9


def test_import_says_what_became_of_a_file(ws, files, isthmus):
    again = isthmus("import", ws, "table", files / "events.csv", "--map", files / "map.toml", "--json")
    (told,) = again.json["files"]
    assert (told["events"], told["duplicates"], told["rejects"]) == (0, 9, 0)
    bad = files / "bad.csv"
    bad.write_text("platform,user_id,item_id,kind\nbooks,ann,b1,read\nbooks,ann,b1,slept\n")
    said = isthmus("import", ws, "table", bad)
    assert "1 events, 1 rejected" in said.out
    assert re.search(r"bad\.csv:3, field kind: 'slept'", said.err)
    assert "rejects" in said.err
    assert "Nothing of this file" in isthmus("import", ws, "table", bad, "--strict", code=3).err


def test_import_takes_platform_and_user(ws, files, isthmus):
    (files / "bare.csv").write_text("item_id\nb1\nb2\n")
    isthmus("import", ws, "table", files / "bare.csv", "--platform", "books", "--user", "eve")
    isthmus("fit", ws, "--model", "popularity")
    told = isthmus("recommend", ws, "--user", "books:eve", "--platform", "books", "--json").json
    assert told["lists"][0]["items"] == []  # eve has read both


def test_recommend_one_person_with_reasons(ws, isthmus):
    isthmus("fit", ws, "--model", "ease")
    said = isthmus("recommend", ws, "--user", "books:ann", "--platform", "films", "--explain", "-n", "1")
    assert "Because you read" in said.out
    told = isthmus("recommend", ws, "--user", "books:ann", "--platform", "films", "--explain", "--json").json
    (one,) = told["lists"]
    assert one["fallback"] is None
    assert [item["rank"] for item in one["items"]] == [1, 2]
    assert sum(item["probability"] for item in one["items"]) == pytest.approx(1)
    assert one["items"][0]["because"][0]["platform"] == "books"


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_recommend_to_a_file(ws, files, isthmus, ending):
    isthmus("fit", ws, "--model", "ease")
    (files / "users.txt").write_text("books:ann\n陌生人\ncyd\n", encoding="utf-8")
    out = files / f"recs.{ending}"
    said = isthmus("recommend", ws, "--users", files / "users.txt", "--platform", "films", "--include-seen",
                   "--out", out)  # fmt: skip
    read = {"parquet": pl.read_parquet, "csv": pl.read_csv, "jsonl": pl.read_ndjson}[ending]
    frame = read(out)
    assert frame.columns == ["user", "platform", "item_id", "rank", "score"]
    assert frame["user"].unique(maintain_order=True).to_list() == ["books:ann", "陌生人", "cyd"]
    assert frame["rank"].to_list() == [1, 2] * 3
    assert "lists show what is popular" in said.err
    assert {path.name for path in files.iterdir() if ".new" in path.name} == set()


def test_recommend_to_everybody(ws, files, isthmus):
    isthmus("fit", ws, "--model", "ease")
    isthmus("recommend", ws, "--platform", "films", "--include-seen", "--out", files / "all.parquet")
    users = pl.read_parquet(files / "all.parquet")["user"].unique().sort().to_list()
    assert users == ["bob", "books:ann", "cyd", "dan"]


def test_a_stranger_is_told_why(ws, isthmus):
    isthmus("fit", ws, "--model", "ease")
    said = isthmus("recommend", ws, "--user", "nobody", "--platform", "films")
    assert "popular on films" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--user", "bob", "--platform", "games"], 4, "no platform named 'games'"),
        (["--user", "bob", "--platform", "films", "--category", "opera"], 4, "no category named 'opera'"),
        (["--user", "bob", "--platform", "films", "--exclude", "zz"], 4, "no item of films named 'zz'"),
        (["--user", "bob", "--platform", "films", "--model", "bridge"], 5, "'bridge' has not been fitted"),
        (["--user", "bob", "--platform", "films", "--out", "recs.xls"], 3, "recs.xls"),
        (["--user", "bob", "--users", "x", "--platform", "films"], 2, "not both"),
        (["--users", "no-such-file", "--platform", "films"], 3, "no-such-file"),
        (["--user", "bob"], 2, "--platform"),
        (["--user", "bob", "--platform", "films", "-n", "0"], 2, "-n"),
        (["--user", "bob", "--platform", "films", "--diversity", "3"], 2, "--diversity"),
    ],
)
def test_what_recommend_refuses(ws, isthmus, arguments, code, message):
    isthmus("fit", ws, "--model", "ease")
    assert message in isthmus("recommend", ws, *arguments, code=code).err


def test_a_list_cannot_be_written_where_there_is_no_folder(ws, files, isthmus):
    isthmus("fit", ws, "--model", "ease")
    said = isthmus("recommend", ws, "--platform", "films", "--out", files / "no" / "recs.csv", code=7)
    assert "Cannot write" in said.err


def test_fit_takes_settings(ws, files, isthmus):
    (files / "ease.toml").write_text("reg = 7.0\nscope = 'joint'\n")
    told = isthmus("fit", ws, "--model", "ease", "--config", files / "ease.toml", "--set", "reg=9", "--json")
    assert told.json["config"]["reg"] == 9


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--model", "eese"], 4, "Did you mean ease?"),
        (["--model", "ease", "--set", "regg=9"], SettingsError.exit_code, "ease.regg"),
        (["--model", "ease", "--set", "reg"], SettingsError.exit_code, "'reg' is not a setting"),
        (["--model", "ease", "--target", "games"], 4, "no platform named 'games'"),
        (["--model", "ease", "--config", "absent.toml"], 3, "absent.toml"),
    ],
)
def test_what_fit_refuses(ws, isthmus, arguments, code, message):
    assert message in isthmus("fit", ws, *arguments, code=code).err


def test_score_and_interests(ws, isthmus):
    told = isthmus("score", ws, "--user", "bob", "飞向太空的旅程", "--json").json
    assert 0 <= told["interest"] <= 1
    assert told["because"][0]["title"] in ("The Three-Body Problem", "Interstellar")
    assert re.match(r"0\.\d\d|1\.00", isthmus("score", ws, "--user", "bob", "space").out)
    topics = isthmus("interests", ws, "--user", "cyd", "--json").json["topics"]
    assert {one["name"] for one in topics} == {"cooking", "science fiction"}
    assert "cooking" in isthmus("interests", ws, "--user", "cyd").out
    assert "Nobody of this name" in isthmus("interests", ws, "--user", "nobody").err


def test_evaluate_writes_figures_and_a_page(ws, files, isthmus):
    said = isthmus(
        "evaluate", ws, "--target", "films", "--protocol", "cold-start", "--models", "popularity,ease",
        "--seed", "0", "--seed", "1", "--option", "test=0.4", "--option", "validation=0",
        "--json", files / "figures.json", "--report", files / "report.html",
    )  # fmt: skip
    figures = json.loads((files / "figures.json").read_text())
    assert figures["seeds"] == [0, 1]
    assert set(figures["models"]) == {"popularity", "ease"}
    page = (files / "report.html").read_text()
    assert "<svg" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "ndcg@10" in said.out
    assert isthmus("evaluate", ws, "--target", "films", "--protocol", "cold", code=4).err
    assert isthmus("evaluate", ws, "--target", "films", "--models", ",", code=2).err


def test_forget_asks_and_gives_a_receipt(ws, isthmus, monkeypatch):
    import io
    import sys

    isthmus("fit", ws, "--model", "ease")
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    isthmus("forget", ws, "--user", "bob", code=130)
    assert isthmus("status", ws, "--json").json["events"] == 9
    told = isthmus("forget", ws, "--user", "books:bob", "--yes", "--json").json
    assert (told["events"], told["links"], told["models"]) == (2, 2, {"ease": "fitted again"})
    assert isthmus("status", ws, "--json").json["events"] == 7
    assert "no person named 'bob'" in isthmus("forget", ws, "--user", "bob", "--yes", code=4).err


def test_status_for_people_and_programs(ws, isthmus):
    told = isthmus("status", ws, "--json").json
    assert told["events"] == 9
    counts = {"events": 4, "people": 3, "items": 2, "links": 3, "without_text": 0}
    assert told["platforms"]["films"] == counts
    said = isthmus("status", ws)
    assert re.search(r"films +4 +3 +2 +3 +0", said.out)
    assert "no text" not in said.err


def test_items_without_text_are_told_with_what_that_costs(ws, files, isthmus):
    (files / "bare.csv").write_text("platform,item_id,title\nfilms,f8,&nbsp;\nfilms,f9,\n")
    (files / "seen.csv").write_text("platform,user_id,item_id\nbooks,ann,b9\n")
    isthmus("import", ws, "table", files / "seen.csv")
    said = isthmus("items", ws, files / "bare.csv").err
    assert "books: 1 item has no text" in said
    assert "films: 2 items have no text, so only people who know them speak for them" in said
    platforms = isthmus("status", ws, "--json").json["platforms"]
    assert {name: one["without_text"] for name, one in platforms.items()} == {"books": 1, "films": 2}
    assert "3 items have no text" in isthmus("status", ws).err
    (files / "told.csv").write_text(
        "platform,item_id,title\nfilms,f8,Alien\nfilms,f9,Aliens\nbooks,b9,Emma\n"
    )
    assert "no text" not in isthmus("items", ws, files / "told.csv").err


@pytest.mark.parametrize("verb", ["status", "fit", "import"])
def test_no_workspace_is_said_with_the_way_out(tmp_path, isthmus, verb):
    more = ["table", tmp_path] if verb == "import" else []
    said = isthmus(verb, tmp_path / "nowhere", *more, code=7)
    assert "is not a workspace" in said.err
    assert "isthmus init" in said.err


def test_unknown_things_of_the_command_line(ws, isthmus):
    assert "No such command" in isthmus("recomend", ws, code=2).err
    assert "Did you mean spotify" in isthmus("import", ws, "spotfy", ws, code=4).err
    assert (
        "no option profile"
        in isthmus("import", ws, "table", ws, "--profile", "x", code=SettingsError.exit_code).err
    )
    assert "Name the person" in isthmus("import", ws, "goodreads", ws, code=3).err
