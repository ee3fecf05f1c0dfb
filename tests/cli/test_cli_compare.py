"""`isthmus compare`: one page and one document for several targets and protocols."""

import json

FEW = ("--option", "test=0.4", "--option", "validation=0")


def test_a_page_a_document_and_a_table(ws, files, isthmus):
    settings = files / "ease.toml"
    settings.write_text("reg = 3.0\n", encoding="utf-8")
    page, document = files / "compare.html", files / "figures.json"
    said = isthmus(
        "compare", ws, "--targets", "films,books", "--protocols", "cold-start,time-split",
        "--models", "popularity,ease", "--settings", f"ease={settings}", "--seed", "0", "--seed", "1", *FEW,
        "--json", document, "--report", page,
    )  # fmt: skip
    found = json.loads(document.read_text(encoding="utf-8"))
    assert {(one["target"], one["protocol"]) for one in found["reports"]} == {
        ("films", "cold-start"), ("books", "cold-start"),
    }  # fmt: skip
    assert {one["protocol"] for one in found["skipped"]} == {"time-split"}
    assert all(one["models"]["ease"]["config"]["reg"] == 3.0 for one in found["reports"])
    assert all(one["seeds"] == [0, 1] for one in found["reports"])
    assert all(one["transfer"] for one in found["reports"])
    html = page.read_text(encoding="utf-8")
    assert "Transfer, platform by platform" in html
    assert "平台之间的迁移" in html
    assert f"isthmus compare {ws} --targets films,books" in html
    assert "--seed 0 --seed 1" in html
    assert "cold-start · films" in said.out
    assert "What each source adds" in said.out
    assert "was not measured" in said.err


def test_help_has_an_example(isthmus):
    assert "Example: isthmus compare" in isthmus("compare", "--help").out


def test_json_alone_on_the_standard_output(ws, isthmus):
    said = isthmus(
        "compare",
        ws,
        "--targets",
        "films",
        "--models",
        "popularity",
        *FEW,
        "--transfer",
        "none",
        "--json",
        "-",
    )
    assert said.json["reports"][0]["transfer"] == []


def test_what_cannot_be_asked(ws, isthmus):
    for wrong, code in (
        (("--targets", ","), 2),
        (("--models", "nonsense"), 4),
        (("--targets", "radio"), 4),
        (("--language", "tlh"), 4),
        (("--settings", "popularity"), 2),
        (("--option", "left=1"), 2),
        (("--transfer", "bridge", "--models", "ease"), 2),
    ):
        assert isthmus("compare", ws, *wrong, code=code).err


def test_an_evaluation_says_what_the_source_adds(ws, files, isthmus):
    page = files / "report.html"
    isthmus("evaluate", ws, "--target", "films", "--models", "popularity,ease", *FEW, "--report", page,
            "--json", files / "figures.json", "--language", "zh")  # fmt: skip
    assert json.loads((files / "figures.json").read_text())["transfer"][0]["source"] == "books"
    assert "每个来源带来多少" in page.read_text(encoding="utf-8")
