"""The report as a reader sees it: in a real browser, cut off from every network."""

import re
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from isthmus.dataset import Dataset
from isthmus.evaluation import Report, evaluate, map_interests, measure_flow, render_report
from isthmus.models import Content, Popularity
from isthmus.schema import Query

_BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.extras,
    pytest.mark.skipif(_BROWSER is None, reason="needs chromium (apt install chromium)"),
]

TITLE = "films & books <测试>"
PERSON = "ann"


def _dataset() -> Dataset:
    """Twenty people on two platforms, half of whom like the sea and half the stars."""
    rng = np.random.default_rng(0)
    rows = [
        (platform, f"u{person}", f"{platform[0]}{number}")
        for person in range(20)
        for platform in ("books", "films")
        for number in rng.choice(np.arange(person % 2, 12, 2), size=3, replace=False)
    ]
    events = pl.DataFrame(rows, schema=["platform", "user_id", "item_id"], orient="row")
    items = pl.DataFrame(
        {"platform": platform, "item_id": f"{platform[0]}{number}", "title": f"{word} {number}"}
        for platform in ("books", "films")
        for number, word in enumerate(["sea", "stars"] * 6)
    )
    links = events.select("platform", "user_id", person="user_id").unique()
    return Dataset.from_frames(events, items, links, encoder="use")


@pytest.fixture(scope="module")
def report_and_page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    """A report with every figure in it, and the file it was written to."""
    dataset = _dataset()
    report = evaluate(
        dataset, [Popularity(), Content()], target="films", options={"test": 0.5}, resamples=200
    )
    model = Content().fit(dataset)
    query: Query = dataset.query(range(dataset.n_users), "films")
    lists = model.recommend(query, 3).item_nums
    html = render_report(
        report,
        title=TITLE,
        interest_map=map_interests(dataset, dataset.interactions[[0]].indices, lists[0], person=PERSON),
        flow=measure_flow(dataset, {"films": model.explain(query, lists)}),
    )
    page = tmp_path_factory.mktemp("page") / "report.html"
    page.write_text(html, encoding="utf-8")
    return report, page


def _browse(page: Path, *arguments: str) -> str:
    """Run the browser on `page`; whatever it wanted from a network would fail and be told on stderr."""
    done = subprocess.run(
        [
            str(_BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={page.parent / 'profile'}",
            "--virtual-time-budget=2000", *arguments, page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def test_the_page_shows_the_figures(report_and_page: tuple[Report, Path]) -> None:
    report, page = report_and_page
    seen = _browse(page, "--dump-dom")
    assert f"<title>{TITLE.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</title>" in seen
    assert seen.count("<svg") >= 3, "plot of metrics, interest map, flow"
    assert PERSON in seen
    for model in ("popularity", "content"):
        figure = report.figure(model, "ndcg@10")
        assert f"{figure.mean:.4f}"[1:] in seen, f"NDCG of {model}"


def test_the_page_asks_for_nothing_elsewhere(report_and_page: tuple[Report, Path]) -> None:
    _, page = report_and_page
    seen = _browse(page, "--dump-dom")
    loads = re.findall(r"""(?:src|href|srcset|data|action|poster)\s*=\s*["']([^"'#][^"']*)""", seen)
    loads += re.findall(r"url\(([^)#]+)\)|@import", page.read_text(encoding="utf-8"))
    assert [load for load in loads if not load.startswith("data:")] == []


def test_a_click_on_a_heading_puts_the_rows_in_order(report_and_page: tuple[Report, Path]) -> None:
    """The policy allows our script only, so the click is made on a copy without the policy."""
    report, page = report_and_page
    click = "<script>document.querySelectorAll('.figures thead button')[1].click()</script>"
    text = page.read_text(encoding="utf-8").replace("</body>", f"{click}</body>")
    copy = page.with_name("sorted.html")
    copy.write_text(re.sub(r"<meta http-equiv=.Content-Security-Policy.*?>", "", text), encoding="utf-8")
    seen = _browse(copy, "--dump-dom")
    table = seen[seen.index('class="figures"') :]
    assert 'aria-sort="descending"' in table
    means = {model: report.figure(model, report.metrics[0]).mean for model in report.models}
    order = sorted(means, key=lambda model: -means[model])
    assert table.index(f">{order[0]}</th>") < table.index(f">{order[1]}</th>")


def test_no_script_but_the_pages_own_runs(report_and_page: tuple[Report, Path]) -> None:
    _, page = report_and_page
    text = page.read_text(encoding="utf-8")
    planted = "<script>document.title = 'taken over'</script>"
    copy = page.with_name("planted.html")
    copy.write_text(text.replace("</body>", f"{planted}</body>"), encoding="utf-8")
    seen = _browse(copy, "--dump-dom")
    assert "<title>taken over</title>" not in seen
    assert '<button type="button">' in seen, "the page's own did"


def test_the_page_is_drawn(report_and_page: tuple[Report, Path]) -> None:
    _, page = report_and_page
    picture = page.with_name("page.png")
    _browse(page, f"--screenshot={picture}", "--window-size=1000,1400")
    content = picture.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (1000, 1400)
    blank = page.with_name("blank.html")
    blank.write_text("<html></html>", encoding="utf-8")
    _browse(blank, f"--screenshot={picture}", "--window-size=1000,1400")
    assert len(content) > 5 * picture.stat().st_size, "a page with plots is no blank page"
