"""Matches in a workspace: found, reviewed, and left out of lists."""

import numpy as np
import polars as pl
import pytest

from isthmus.errors import InputError, StorageError
from isthmus.items import Matches
from isthmus.pipeline import (
    Wish,
    Workspace,
    evaluate_models,
    find_matches,
    fit_model,
    open_model,
    read_dataset,
    read_matches,
    recommend,
    review_matches,
)
from isthmus.pipeline import matching as module

EVENTS = "platform,user_id,item_id,kind\n" + "".join(
    f"{platform},p{person},{item},read\n"
    for platform, item, people in (
        ("books", "b1", (0, 1, 2, 3)), ("books", "b2", (0, 2, 4, 5)), ("books", "b3", (1, 3, 5)),
        ("books", "b4", (2, 4)), ("ebooks", "e1", (1, 2)), ("ebooks", "e2", (2, 3)), ("ebooks", "e3", (0, 4)),
        ("ebooks", "0439785960", (5,)),
    )
    for person in people
)  # fmt: skip
ITEMS = """\
platform,item_id,title,creators,extra
books,b1,The Three-Body Problem (Remembrance #1),Liu Cixin,
books,b2,Dune,Frank Herbert,
books,b3,Salt Fat Acid Heat,Samin Nosrat,
books,b4,Harry Potter,,"{""isbn13"": ""9780439785969""}"
ebooks,e1,三体 The Three-Body Problem,Cixin Liu,
ebooks,e2,DUNE: A Novel,"Herbert, Frank",
ebooks,e3,Emma,Jane Austen,
"""
LINKS = "person,platform,user_id\n" + "".join(
    f"q{n},{on},p{n}\n" for n in range(6) for on in ("books", "ebooks")
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    from isthmus.pipeline import import_files
    from isthmus.sources import load_source

    folder = tmp_path_factory.mktemp("matching")
    workspace = Workspace.create(folder / "ws")
    for name, text, role in (("events", EVENTS, None), ("items", ITEMS, "items"), ("links", LINKS, "links")):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        list(import_files(workspace, load_source("table", role=role), [folder / f"{name}.csv"]))
    fit_model(workspace, "popularity")
    fit_model(workspace, "bridge", seed=0)
    return folder / "ws"


@pytest.fixture
def ws(made, tmp_path):
    import shutil

    shutil.copytree(made, tmp_path / "ws")
    return Workspace.open(tmp_path / "ws")


def pairs(matching):
    return sorted(matching.frame.select("item_id", "other_item_id", "how").rows())


SURE = [("b2", "e2", "title"), ("b4", "0439785960", "id")]
LIKELY = ("b1", "e1", "title")


def test_pairs_are_found_kept_and_counted(ws):
    assert read_matches(ws).frame.is_empty()
    found = find_matches(ws, vectors=False)
    assert pairs(found) == sorted(SURE)
    assert found.to_dict(matches=False) == {
        "certain_from": 0.9,
        "pairs": [{"platform": "books", "other_platform": "ebooks", "id": 1, "title": 1, "vectors": 0,
                   "certain": 2, "confirmed": 0, "refused": 0}],
    }  # fmt: skip
    again = read_matches(Workspace.open(ws.folder))
    assert again.frame.equals(found.frame)
    lower = find_matches(ws, vectors=False, least=0.5)
    assert pairs(lower) == sorted([LIKELY, *SURE])
    assert lower.frame["confidence"].is_sorted(descending=True)
    assert lower.frame.filter(item_id="b1").select("title", "other_title", "other_language").row(0) == (
        "The Three-Body Problem (Remembrance #1)", "三体 The Three-Body Problem", None,
    )  # fmt: skip
    assert lower.pairs[0].certain == 2
    assert pairs(find_matches(ws, vectors=False)) == sorted(SURE)


def test_texts_are_compared_with_the_encoder_of_the_workspace(ws, take_in):
    take_in(ws, "platform,item_id,title\nebooks,e9,Salt fat acid heat cookery\n", role="items")
    found = find_matches(ws, least=0.01)
    row = found.frame.filter(how="vectors")
    assert ("b3", "e9") in row.select("item_id", "other_item_id").rows()
    assert row["confidence"].max() <= 0.6
    assert found.pairs[0].vectors == row.height


def reviewed(ws, tmp_path, ending, **said):
    """The file that matching writes, with what a person said of the pairs of these items of books."""
    frame = find_matches(ws, vectors=False, least=0.5).frame
    frame = frame.with_columns(same=pl.col("item_id").replace_strict(said, default=""))
    file = tmp_path / f"matches{ending}"
    {".csv": frame.write_csv, ".jsonl": frame.write_ndjson, ".parquet": frame.write_parquet}[ending](file)
    return file


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_a_review_is_taken_in_and_a_refused_pair_never_returns(ws, tmp_path, ending):
    told = review_matches(ws, reviewed(ws, tmp_path, ending, b1="yes", b2="No "))
    assert (told.judged, told.undecided) == (2, 1)
    assert pairs(told) == sorted([LIKELY, SURE[1]])
    assert told.frame.filter(item_id="b1").select("confidence", "same").row(0) == (1.0, "yes")
    for found in (find_matches(ws, vectors=False), find_matches(ws, vectors=False, least=0.1)):
        assert "b2" not in found.frame["item_id"]
        assert found.frame.filter(item_id="b1")["same"].to_list() == ["yes"]
        assert (found.pairs[0].confirmed, found.pairs[0].refused) == (1, 1)
    again = review_matches(ws, tmp_path / f"matches{ending}")
    assert again.judged == 0


def test_a_pair_that_a_person_adds_counts_whichever_way_it_is_written(ws, tmp_path):
    file = tmp_path / "own.csv"
    file.write_text(
        "\ufeffother_platform;other_item_id;platform;item_id;same\nbooks;b3;ebooks;e3;是\n", "utf-8"
    )
    told = review_matches(ws, file)
    assert told.frame.select("platform", "item_id", "other_item_id", "how", "same").rows() == [
        ("books", "b3", "e3", None, "yes")
    ]
    assert told.pairs[0].confirmed == told.pairs[0].certain == 1


HEAD = "platform,item_id,other_platform,other_item_id,same\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEAD}books,b1,ebooks,e1,maybe\n", ":2, field same: 'maybe' is neither"),
        (f"{HEAD}books,b1,ebooks,e1,yes\nbooks,b99,ebooks,e1,no\n", ":3, field item_id: 'b99' is no item"),
        (f"{HEAD}books,b4,ebooks,439785960,no\n", "field other_item_id: '439785960' is no item"),
        (f"{HEAD}books,b1,books,b2,yes\n", "same platform"),
        (f"{HEAD}books,b1,ebooks,e1,yes\nebooks,e1,books,b1,no\n", "yes and no"),
        ("platform,item_id,same\nbooks,b1,yes\n", "lacks the column 'other_platform'"),
        ("", "cannot be read"),
    ],
)
def test_a_review_that_cannot_be_taken_changes_nothing(ws, tmp_path, text, message):
    file = tmp_path / "bad.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        review_matches(ws, file)
    assert str(file) in str(caught.value)
    assert caught.value.hint
    assert read_matches(ws).frame.is_empty()


def test_what_is_no_review_is_refused(ws, tmp_path):
    for name in ("absent.csv", "review.xlsx"):
        with pytest.raises(InputError):
            review_matches(ws, tmp_path / name)
    (tmp_path / "latin.csv").write_bytes(f"{HEAD}b\xfccher,b1,ebooks,e1,yes\n".encode("latin-1"))
    with pytest.raises(InputError, match="cannot be read"):
        review_matches(ws, tmp_path / "latin.csv")


def test_a_commit_that_fails_keeps_what_was(ws, monkeypatch):
    find_matches(ws, vectors=False)

    def fail(*_):
        raise StorageError("full")

    monkeypatch.setattr("isthmus.storage.writer.Manifest.commit", fail, raising=True)
    with pytest.raises(StorageError):
        find_matches(ws, vectors=False, least=0.5)
    monkeypatch.undo()
    assert pairs(read_matches(ws)) == sorted(SURE)


def ids(ws, user, **wish):
    return set(recommend(ws, [user], Wish("ebooks", **wish), model="popularity").frame()["item_id"])


def test_what_was_taken_elsewhere_is_not_recommended_again(ws, tmp_path):
    everything = {"e1", "e2", "e3", "0439785960"}
    assert ids(ws, "q4") == everything - {"e3"}  # read on ebooks
    find_matches(ws, vectors=False, least=0.5)
    assert ids(ws, "q4") == everything - {"e3", "e2", "0439785960"}  # as books b2 and b4
    assert ids(ws, "q4", repeats=True) == everything - {"e3"}
    assert ids(ws, "q4", include_seen=True) == everything
    assert ids(ws, "q1") == everything - {"e1"}  # b1 is only likely to be e1, which q1 has read
    assert "e1" in ids(ws, "q0")
    review_matches(ws, reviewed(ws, tmp_path, ".csv", b1="yes", b2="no"))
    assert "e1" not in ids(ws, "q0")
    assert "e2" in ids(ws, "q4")


def test_what_somebody_refused_elsewhere_is_not_recommended_either(ws, take_in):
    find_matches(ws, vectors=False)
    assert "e2" in ids(ws, "q1")
    take_in(ws, "platform,user_id,item_id,kind\nbooks,p1,b2,dislike\n")
    assert "e2" not in ids(ws, "q1")
    assert "e2" in ids(ws, "q1", repeats=True)


def test_to_have_taken_it_is_no_dislike(ws):
    before = recommend(ws, None, Wish("ebooks"), model="bridge").frame()
    find_matches(ws, vectors=False)
    after = recommend(ws, None, Wish("ebooks"), model="bridge").frame()
    assert after.height < before.height
    kept = after.join(before, on=["user", "item_id"], suffix="_before")
    assert kept.height == after.height
    np.testing.assert_allclose(kept["score"], kept["score_before"])


def test_a_stranger_has_taken_nothing(ws):
    find_matches(ws, vectors=False)
    assert len(ids(ws, "nobody")) == 4


def test_matches_in_the_numbers_of_a_model(ws):
    _, items, _ = open_model(ws, "popularity")
    assert module.same_items(ws, items) is None
    find_matches(ws, vectors=False)
    same = module.same_items(ws, items)
    assert (same != same.T).nnz == 0
    assert same.nnz == 4
    assert set(same.data) == {0.95, 0.99}
    find_matches(ws, vectors=False, least=0.5)
    assert module.same_items(ws, items).nnz == 4
    assert module.same_items(ws, items, 0.5).nnz == 6


def known_pairs(ws):
    dataset = read_dataset(ws, None)
    ids = [key.partition("\x1f")[2] for key in dataset.items.ids]
    return {frozenset((ids[one], ids[two])) for one, two in dataset.same}


def test_a_dataset_knows_what_is_certain_and_what_a_person_said(ws, tmp_path):
    assert known_pairs(ws) == set()
    find_matches(ws, vectors=False, least=0.5)
    assert known_pairs(ws) == {frozenset(("b2", "e2")), frozenset(("b4", "0439785960"))}
    review_matches(ws, reviewed(ws, tmp_path, ".csv", b1="yes", b2="no"))
    assert known_pairs(ws) == {frozenset(("b1", "e1")), frozenset(("b4", "0439785960"))}


def test_matches_are_twins_in_an_evaluation(ws, take_in):
    take_in(ws, "platform,user_id,item_id,kind\nebooks,p4,e2,read\n")

    def evaluated():
        options = {"test": 0.9, "validation": 0.0}
        report = evaluate_models(ws, ["popularity"], target="ebooks", options=options)
        return report.twins, report.figure("popularity", "ndcg@10", twins="with").mean

    before, figure = evaluated()
    assert (before["pairs"], before["test_rows_with_a_twin"]) == (0, 0)
    find_matches(ws, vectors=False)
    after, figure_after = evaluated()
    assert (after["pairs"], after["matched_pairs"], after["test_rows"]) == (2, 2, before["test_rows"])
    # q2 and q4 read e2 and, as b2, the same on books; of six people one, by chance, stays in training.
    assert after["test_rows_with_a_twin"] in (1, 2)
    assert figure_after == figure


def why(ws, user, language="en", **wish):
    """Of each item of a list, what its reason says."""
    answer = recommend(ws, [user], Wish("ebooks", explain=True, **wish), model="popularity")
    (one,) = answer.lists
    return {
        answer.item_id(num): answer.sentence(0, place, language) for place, num in enumerate(one.item_nums)
    }


def test_reasons_say_what_is_the_same_on_another_platform(ws, tmp_path):
    popular = "Popular on ebooks."
    assert set(why(ws, "q0").values()) == {popular}
    find_matches(ws, vectors=False, least=0.3)
    likely = "Perhaps the same as The Three-Body Problem (Remembrance #1) (books), which you read."
    assert why(ws, "q0") == {"e1": f"{likely} {popular}", "0439785960": popular}
    certain = "The same as Dune (books), which you read."
    assert why(ws, "q0", repeats=True)["e2"] == f"{certain} {popular}"
    assert why(ws, "q0", "zh", repeats=True)["e2"].startswith("与你读过的《Dune》（books）是同一作品。")
    assert why(ws, "q3", repeats=True)["0439785960"] == popular  # has not read b4
    review_matches(ws, reviewed(ws, tmp_path, ".csv", b1="no", b2="yes"))
    assert why(ws, "q0", repeats=True)["e1"] == popular
    assert why(ws, "q0", repeats=True)["e2"] == f"{certain} {popular}"


def test_a_match_that_is_more_likely_wrong_than_right_is_not_said(ws):
    found = find_matches(ws, vectors=False, least=0.5).frame
    weak = found.with_columns(confidence=pl.lit(0.45))
    with ws.writing() as writer:
        Matches(ws.store).replace(writer, weak)
    assert set(why(ws, "q0", repeats=True).values()) == {"Popular on ebooks."}
