"""`isthmus match`: find, write, review."""

import json

import polars as pl
import pytest

MORE = """\
platform,item_id,title,creators
shop,s1,Three-Body Problem,"Liu, Cixin"
shop,s2,Salt Fat Acid Heat (Hardcover),Samin Nosrat
shop,s3,Chef,
"""


@pytest.fixture
def shop(ws, files, isthmus):
    (files / "more.csv").write_text(MORE, encoding="utf-8")
    isthmus("items", ws, files / "more.csv")
    return ws


def test_match_shows_pairs_and_counts(shop, isthmus):
    said = isthmus("match", shop, "--no-vectors")
    assert "books:b1 The Three-Body Problem" in said.out
    assert "shop:s1 Three-Body Problem" in said.out
    assert "Chef" not in said.out  # of a creator nobody names
    told = isthmus("match", shop, "--json").json
    (counts,) = told["pairs"]
    assert (counts["platform"], counts["other_platform"], counts["title"]) == ("books", "shop", 2)
    assert {one["confidence"] for one in told["matches"]} == {0.95}


def test_a_review_goes_out_and_comes_back(shop, files, isthmus):
    file = files / "matches.csv"
    told = isthmus("match", shop, "--least", "0.5", "--no-vectors", "--out", file, "--json").json
    assert "matches" not in told
    frame = pl.read_csv(file)
    assert frame.columns == [
        "platform", "item_id", "title", "language", "other_platform", "other_item_id", "other_title",
        "other_language", "how", "confidence", "same",
    ]  # fmt: skip
    assert frame.height == 3
    verdict = pl.col("item_id").replace_strict({"b1": "no", "f2": "yes"}, default=None)
    frame.with_columns(same=verdict).write_csv(file)
    said = isthmus("match", shop, "--review", file)
    assert "2 new verdicts, 1 left open" in said.out
    told = isthmus("match", shop, "--json").json
    assert {(one["item_id"], one["same"]) for one in told["matches"]} == {("f2", "yes"), ("b2", "")}
    refused = {one["other_platform"]: one["refused"] for one in told["pairs"] if one["platform"] == "books"}
    assert refused == {"shop": 1}
    frame.with_columns(same=pl.lit("perhaps")).write_csv(file)
    assert "neither yes, no nor empty" in isthmus("match", shop, "--review", file, code=3).err


def test_recommend_leaves_out_what_was_taken_elsewhere_unless_asked(shop, files, isthmus):
    (files / "bought.csv").write_text("platform,user_id,item_id\nshop,eve,s3\n")
    isthmus("import", shop, "table", files / "bought.csv")
    (files / "eve.csv").write_text("person,platform,user_id\nann,books,ann\nann,shop,ann\n")
    isthmus("link", shop, files / "eve.csv")
    isthmus("fit", shop, "--model", "popularity")

    def lists(*more):
        told = isthmus("recommend", shop, "--user", "ann", "--platform", "shop", *more, "--json").json
        return {one["item_id"] for one in told["lists"][0]["items"]}

    assert lists() == {"s1", "s2", "s3"}
    isthmus("match", shop, "--no-vectors")
    assert lists() == {"s3"}  # ann has read both books
    assert lists("--repeats") == {"s1", "s2", "s3"}


def test_reasons_and_evaluations_know_of_matches(shop, files, isthmus):
    rows = "".join(f"shop,{name},s{number}\n" for name in ("bob", "cyd", "dan") for number in (1, 3))
    (files / "bought.csv").write_text(f"platform,user_id,item_id\n{rows}")
    isthmus("import", shop, "table", files / "bought.csv")
    people = "".join(f"{name},shop,{name}\n" for name in ("ann", "bob", "cyd", "dan"))
    (files / "shoppers.csv").write_text(f"person,platform,user_id\n{people}ann,books,ann\n")
    isthmus("link", shop, files / "shoppers.csv")
    isthmus("match", shop, "--no-vectors")
    isthmus("fit", shop, "--model", "popularity")
    asked = ("recommend", shop, "--user", "ann", "--platform", "shop", "--repeats", "--explain")
    told = isthmus(*asked, "--json").json["lists"][0]["items"]
    same = {one["item_id"]: one["same_as"] for one in told}
    assert same["s1"] == [
        {"platform": "books", "item_id": "b1", "title": "The Three-Body Problem", "confidence": 0.95}
    ]
    assert same["s3"] == []
    sentence = {one["item_id"]: one["reason"] for one in told}["s1"]
    assert sentence.startswith("The same as The Three-Body Problem (books), which you read.")
    assert "The same as" in isthmus(*asked).out
    evaluation = ("evaluate", shop, "--target", "shop", "--models", "popularity", "--option", "test=0.9")
    isthmus(*evaluation, "--option", "validation=0", "--json", files / "figures.json")
    assert json.loads((files / "figures.json").read_text())["twins"]["matched_pairs"] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--least", "0"], 3, "least"),
        (["--least", "2"], 3, "least"),
        (["--out", "matches.xlsx"], 3, "Endings"),
        (["--review", "nowhere.csv"], 3, "nowhere.csv"),
    ],
)
def test_what_match_refuses(ws, isthmus, arguments, code, message):
    assert message in isthmus("match", ws, *arguments, code=code).err


def test_no_matches_are_said_with_the_way_out(ws, isthmus):
    assert "--least 0.5" in isthmus("match", ws, "--no-vectors").err
