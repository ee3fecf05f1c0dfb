import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.planted_suite import MUTATIONS, PLANTED, PlantedSuite, found_in, fuzz
from isthmus.errors import InputError
from isthmus.sources import Batch, load_source

FOLDER = Path(__file__).parent / "fixtures" / "youtube"
PAGE = FOLDER / "page" / "watch-history.html"


class TestYouTube(PlantedSuite):
    name = "youtube"
    fixture = FOLDER / "watch-history.json"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        good = '{"title":"Watched x 203.0.113.7","titleUrl":"https://www.youtube.com/watch?v=AAAAAAAAAA9"'
        bad = [good + ',"time":"gestern"},', good + "},", '"203.0.113.7",', good + ',"time":"\\ud83d"},']
        return text.replace("[", "[" + "\n".join(bad), 1), [1, 2, 3, 4]


def read(file: Path) -> Batch:
    return next(load_source("youtube", user_id="mira").read(file))


def write(folder: Path, entries: list[dict[str, str]]) -> Path:
    file = folder / "watch-history.json"
    file.write_text(json.dumps(entries), encoding="utf-8")
    return file


def test_what_an_entry_is_is_told_from_its_link() -> None:
    batch = read(FOLDER / "watch-history.json")
    assert batch.events.select("item_id", "kind").rows() == [
        ("AAAAAAAAAA1", "watch"),
        ("AAAAAAAAAA2", "play"),
        ("AAAAAAAAAA3", "watch"),
        ("AAAAAAAAAA5", "watch"),
    ]
    assert batch.items["title"].to_list() == ["How a Fresnel lens works", "So What", None, "灯台の一日"]
    assert batch.items["creators"].to_list() == [["Lamp Room"], ["Miles Davis"], [], ["灯台"]]
    assert dict(batch.left_out) == {
        "advertisements": 1,
        "removed videos, and entries without a link": 1,
        "neither videos nor searches": 1,
    }


def test_searches_have_words_and_no_item() -> None:
    batch = read(FOLDER / "search-history.json")
    assert batch.events.select("kind", "text", "item_id").rows() == [
        ("search", "night trains & ferries", None)
    ]
    assert batch.items.is_empty()


def test_the_page_says_the_same_in_german() -> None:
    batch = read(PAGE)
    assert batch.events.select("item_id", "kind", "text").rows() == [
        ("AAAAAAAAAA1", "watch", None),
        ("AAAAAAAAAA2", "play", None),
        (None, "search", "nachtzug wien"),
    ]
    assert batch.events["occurred_at"][0] == datetime(2024, 3, 2, 21, 14, 7, tzinfo=UTC)
    assert batch.items["title"].to_list() == ["How a Fresnel lens works & why", "So What"]
    assert batch.items["creators"].to_list() == [["Lamp Room"], ["Miles Davis"]]
    assert dict(batch.left_out) == {"advertisements": 1, "removed videos, and entries without a link": 1}
    assert batch.events["line"].to_list() == [2, 3, 5]
    assert found_in(batch, PLANTED) == []


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Watched Lenses", "Lenses"),
        ("Has visto Faros", "Faros"),
        ("Вы посмотрели Маяк", "Маяк"),
        ("Leuchtturm angesehen", "Leuchtturm"),
        ("Je hebt naar Vuurtoren gekeken", "Vuurtoren"),
        ("灯台 を視聴しました", "灯台"),
        ("Vous avez regardé Phares &amp; balises", "Phares & balises"),
        ("Watched ", "Watched"),
    ],
)
def test_verbs_of_known_languages(tmp_path: Path, title: str, expected: str) -> None:
    row = {"title": title, "titleUrl": "https://youtu.be/AAAAAAAAAA1", "time": "2024-01-01T00:00:00Z"}
    assert read(write(tmp_path, [row])).items["title"].to_list() == [expected]


@pytest.mark.parametrize(("before", "after"), [("Umebukwa na ", ""), ("", " izlandi bugun")])
def test_the_verb_of_an_unknown_language_is_what_all_titles_share(
    tmp_path: Path, before: str, after: str
) -> None:
    rows = [
        {
            "title": f"{before}{word} film {number}{after}",
            "titleUrl": f"https://www.youtube.com/watch?v=AAAAAAAAA{number:02}",
            "time": "2024-01-01T00:00:00Z",
        }
        for number, word in enumerate("abcdefghijklmnopqrstuvwxyz")
    ]
    assert read(write(tmp_path, rows)).items["title"].to_list()[0] == "a film 0"


def test_an_unknown_zone_is_told(tmp_path: Path) -> None:
    file = tmp_path / "watch-history.html"
    file.write_text(PAGE.read_text(encoding="utf-8").replace(" MEZ", " QQQ"), encoding="utf-8")
    batch = read(file)
    assert batch.events["occurred_at"][0] == datetime(2024, 3, 2, 22, 14, 7, tzinfo=UTC)
    assert len(batch.notes) == 1


@pytest.mark.parametrize(
    "content",
    [
        "<html><body>nothing</body></html>",
        "<!" * 200_000,
        "<div class=" + "a" * 1_000_000,
        "<![x[" + PAGE.read_text(encoding="utf-8"),
        "&" * 1_000_000,
    ],
    ids=["empty", "declarations", "endless tag", "broken declaration", "entities"],
)
def test_pages_that_are_none_or_never_end_are_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "watch-history.html"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        list(load_source("youtube", user_id="mira").read(file))


def test_entities_stand_for_nothing_but_single_signs(tmp_path: Path) -> None:
    attack = '<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    file = tmp_path / "watch-history.html"
    file.write_text(attack + PAGE.read_text(encoding="utf-8").replace("How a", "&b;"), encoding="utf-8")
    title = read(file).items["title"].to_list()[0]
    assert title.startswith("&b;")


def test_mutated_pages_raise_nothing_but_our_own_errors(tmp_path: Path) -> None:
    assert 0 < fuzz(load_source("youtube", user_id="mira"), PAGE, tmp_path, MUTATIONS) < MUTATIONS


def test_a_long_page_streams(tmp_path: Path) -> None:
    head, *cells = PAGE.read_text(encoding="utf-8").split("\n")
    file = tmp_path / "watch-history.html"
    file.write_text("\n".join([head, *[cells[0]] * 3_000, cells[-1]]), encoding="utf-8")
    first = next(load_source("youtube", user_id="mira", batch_rows=500).read(file))
    assert first.events.height == 500
