"""The page is whole, valid, safe and says what the report says; the drawings show what they are given."""

import base64
import hashlib
import re
import tomllib
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.dataset import checkerboard
from isthmus.errors import InputError, UnknownNameError
from isthmus.evaluation import (
    Flow,
    InterestMap,
    ListedItem,
    PersonList,
    TwinSettings,
    cold_start,
    evaluate,
    map_interests,
    measure_flow,
    render_report,
)
from isthmus.evaluation.plots import Dot, DotRow, Line, draw_dots, draw_lines
from isthmus.evaluation.plots.markup import number, ticks
from isthmus.evaluation.report import LANGUAGES
from isthmus.models import EASE, Popularity

EVIL = "<script>alert('x')</script> & \"quotes\" ${title} {braces} \x00 ‮"


class Balanced(HTMLParser):
    """Reads a page and fails where a tag is not closed in its turn."""

    VOID = ("meta", "br", "link")

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.text, self.links = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [
            value for name, value in attrs if name in ("href", "src", "xlink:href", "action", "data")
        ]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(page):
    reader = Balanced()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def report():
    board = checkerboard(60, 20)
    return evaluate(
        board,
        {"popular": Popularity(), EVIL: EASE()},
        target="there",
        protocol="k-shot",
        options={"k": (0, 2)},
        metrics=("ndcg@10", "mrr@5", "coverage@10", "novelty@10"),
        seeds=(0, 1),
        resamples=100,
        twins=TwinSettings(creators=1.0, jaccard=1.0),
    )


@pytest.fixture(scope="module")
def sections():
    xy = np.random.default_rng(0).normal(size=(40, 2))
    role = ("history",) * 3 + ("recommended",) * 4 + ("",) * 33
    titles = (EVIL, *(f"Title {number}" for number in range(39)))
    return {
        "interest_map": InterestMap(xy, np.arange(40) % 2, ("here", "there"), titles, role, EVIL),
        "flow": Flow(("here", EVIL), ("there",), np.array([[0.7], [0.3]])),
        "people": [
            PersonList(EVIL, "P", (ListedItem(EVIL, (EVIL, "a reason")), ListedItem("B")), (EVIL, "A"))
        ],
    }


@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_is_whole_valid_and_safe(report, sections, language):
    page = render_report(report, title=EVIL, language=language, **sections)
    read = parsed(page)
    assert page.startswith("<!DOCTYPE html>")
    assert f'<html lang="{language}">' in page
    assert read.tags.count("script") == read.tags.count("style") == 1, "the page's own"
    assert read.links == []
    assert not re.search(r"https?:|//[a-z]|url\(|@import|\bsrc=", page)
    assert "\x00" not in page
    assert read.tags.count("svg") == 9  # dots, cost, lines, twins, three groups, map, flow
    assert "prefers-color-scheme: dark" in page
    assert "${" not in page.replace(unescape("${title}"), "")


@pytest.mark.parametrize("kind", ["style", "script"])
def test_only_what_is_our_own_runs(report, kind):
    """The policy names the hash of the one script and the one style, as a browser computes it."""
    page = render_report(report, title=EVIL)
    (inside,) = re.findall(f"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
    assert f"{kind}-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    assert " style=" not in page


def test_both_languages_on_one_page(report, sections):
    page = render_report(report, title="T", language="both", **sections)
    read = parsed(page)
    assert read.tags.count("main") == read.tags.count("input") == 2
    assert read.tags.count("script") == 1
    text = " ".join(read.text)
    assert "Which differences are real" in text
    assert "哪些差异是真的" in text


def test_every_language_has_every_line():
    words = tomllib.loads((files("isthmus.evaluation") / "page" / "words.toml").read_text(encoding="utf-8"))
    fields = {
        language: {name: set(re.findall(r"{(\w+)}", line)) for name, line in lines.items()}
        for language, lines in words.items()
    }
    assert set(fields) == set(LANGUAGES)
    assert fields["en"] == fields["zh"]


def test_numbers_are_those_of_the_report(report):
    text = " ".join(parsed(render_report(report, title="T")).text)
    for model in report.models:
        for metric in report.metrics:
            figure = report.figure(model, metric)
            assert number(figure.mean) in text
            if not np.isnan(figure.low):
                assert f"[{number(figure.low)}, {number(figure.high)}]" in text
    best = report.best("ndcg@10")
    row = next(
        row
        for row in report.comparisons
        if (row.model, row.metric, row.k, row.twins) == (best, "ndcg@10", None, report.headline)
    )
    assert f"{row.ratio:.2f} times popular" in text
    for k in report.ks:
        assert f"popular, {k}: {number(report.figure('popular', 'ndcg@10', k=k).mean)}" in text
    twins = report.twins
    assert f"{twins['test_rows_with_a_twin']} of {twins['test_rows']} things" in text
    assert "k 0 / 2" in text
    assert "0, 1" in text
    assert report.dataset["fingerprint"] in text
    assert f"numpy {np.__version__}" in text
    assert "reg 100.0" in text
    assert f"there: 60 people, 20 items, {report.dataset['platforms']['there']['interactions']} inter" in text


def test_only_what_is_given_has_a_section(report, sections):
    assert parsed(render_report(title="Nothing")).tags.count("section") == 0
    one = parsed(render_report(title="Flow", flow=sections["flow"]))
    assert one.tags.count("section") == 1
    alone = render_report(report, title="Figures")
    assert "Map of interests" not in alone


def test_says_where_nobody_could_be_judged():
    board = checkerboard(60, 20)
    report = evaluate(board, [EASE()], target="there", metrics=("ndcg@10",), resamples=20)
    emptied = {key: np.full_like(values, np.nan) for key, values in report.per_person.items()}
    figures = tuple(replace(f, mean=np.nan, low=np.nan, high=np.nan, n=0) for f in report.figures)
    page = render_report(replace(report, figures=figures, per_person=emptied), title="T")
    parsed(page)
    assert "Nobody could be judged" in page


def test_unknown_language():
    with pytest.raises(UnknownNameError, match="language"):
        render_report(title="T", language="tlh")


def test_map_places_alike_texts_together():
    rng = np.random.default_rng(0)
    board = checkerboard(40, 20)
    topic = np.arange(board.n_items) % 2
    vectors = (np.eye(2)[topic] @ rng.normal(size=(2, 16)) + rng.normal(0, 0.05, (board.n_items, 16))).astype(
        "f4"
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    board = replace(board, features=replace(board.features, vectors=vectors))
    found = map_interests(board, np.array([0, 2]), np.array([20, 22, -1]), person="p")
    at = dict(zip(found.titles, found.xy, strict=True))
    assert len(found.titles) == board.n_items
    assert sorted(found.role, reverse=True)[:4] == ["recommended"] * 2 + ["history"] * 2
    even = np.array([at[board.features.titles[item]][0] for item in range(0, 20, 2)])
    odd = np.array([at[board.features.titles[item]][0] for item in range(1, 20, 2)])
    assert even.max() < odd.min() or odd.max() < even.min()
    assert len(map_interests(board, np.array([0]), np.array([20]), limit=5).titles) == 7
    with pytest.raises(InputError, match="three items"):
        map_interests(checkerboard(), np.array([0]), np.array([20]))
    with pytest.raises(InputError, match="map of"):
        InterestMap(np.zeros((2, 2)), np.zeros(2, dtype=int), ("a",), ("x",), ("",))


def test_flow_adds_up_what_models_say():
    board = checkerboard(40, 20)
    split = cold_start(board, "there")
    query = split.test.query(split.train, "there")
    for model, source in ((EASE().fit(split.train), "here"), (Popularity().fit(split.train), "everybody")):
        lists = model.recommend(query, 5)
        flow = measure_flow(board, {"there": model.explain(query, lists.item_nums)})
        assert flow.sources == (source,)
        assert flow.targets == ("there",)
        assert flow.shares.sum() == pytest.approx(1)
    for wrong in (np.ones((2, 2)), np.array([[-1.0]]), np.array([[np.nan]])):
        with pytest.raises(InputError):
            Flow(("a",), ("b",), wrong)


@given(st.floats(1e-6, 1e6))
def test_ticks_are_few_round_and_reach_the_top(top):
    found = ticks(top)
    assert found[0] == 0
    assert found[-1] >= top * (1 - 1e-6)
    assert 3 <= len(found) <= 6


@given(st.lists(st.floats(0, 1) | st.just(np.nan), min_size=1, max_size=5))
def test_drawings_stay_inside(values):
    rows = [
        DotRow(f"m{place}", (Dot(value, value / 2, value * 1.5, "m"),), place)
        for place, value in enumerate(values)
    ]
    line = Line(
        "m", tuple(values), tuple(value / 2 for value in values), tuple(value * 1.5 for value in values)
    )
    for drawing in (draw_dots(rows, "a"), draw_lines(range(len(values)), [line], "k", "a")):
        parsed(drawing)
        assert drawing.count("<circle") == sum(not np.isnan(value) for value in values)
        for x in re.findall(r'\b(?:cx|x1|x2)="([^"]+)"', drawing):
            assert 0 <= float(x) <= 480
