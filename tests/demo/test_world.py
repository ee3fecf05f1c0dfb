import csv
import json
from pathlib import Path

import polars as pl
import pytest

from isthmus.demo.themes import PLATFORMS, THEMES
from isthmus.demo.world import copy_exports, load_items, load_population
from isthmus.errors import StorageError
from isthmus.schema import EVENT, ITEM, LINK

GOODREADS = (
    "Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Average Rating,Publisher,"
    "Binding,Number of Pages,Year Published,Original Publication Year,Date Read,Date Added,Bookshelves,"
    "Bookshelves with positions,Exclusive Shelf,My Review,Spoiler,Private Notes,Read Count,Owned Copies"
)
NETFLIX = (
    "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,"
    "Latest Bookmark,Country"
)
SPOTIFY = (
    "ts platform ms_played conn_country ip_addr master_metadata_track_name "
    "master_metadata_album_artist_name master_metadata_album_album_name spotify_track_uri episode_name "
    "episode_show_name spotify_episode_uri audiobook_title audiobook_uri audiobook_chapter_uri "
    "audiobook_chapter_title reason_start reason_end shuffle skipped offline offline_timestamp incognito_mode"
)


@pytest.fixture(scope="module")
def items() -> pl.DataFrame:
    return load_items()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    copy_exports(folder)
    return folder


def ids_of(items: pl.DataFrame, platform: str) -> set[str]:
    return set(items.filter(pl.col("platform") == platform)["item_id"])


def read_csv(file: Path) -> tuple[list[str], list[dict[str, str]]]:
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, strict=True)
        return list(reader.fieldnames or ()), list(reader)


def plays_of(folder: Path, number: int) -> list[dict[str, object]]:
    return json.loads((folder / f"Streaming_History_Audio_2025_{number}.json").read_text(encoding="utf-8"))


class TestCatalogue:
    def test_each_platform_has_its_share_in_both_languages(self, items):
        assert items.schema == ITEM.schema
        assert set(items["platform"]) == set(PLATFORMS)
        assert set(items["language"]) == {"zh", "en"}
        for platform in PLATFORMS:
            here = items.filter(pl.col("platform") == platform)
            assert 80 <= here.height <= 130, platform
            assert 0.2 <= (here["language"] == "zh").mean() <= 0.5, platform

    def test_no_item_stands_twice(self, items):
        assert not items.select("platform", "item_id").is_duplicated().any()
        assert not items.select("platform", "title").is_duplicated().any()
        assert not items["description"].is_duplicated().any()

    def test_every_theme_lives_on_every_platform(self, items):
        themes = items.explode("tags").group_by("platform", "tags").len()
        assert themes.height == len(PLATFORMS) * len(THEMES)
        assert set(themes["tags"]) == set(THEMES)
        assert themes["len"].min() >= 6

    def test_descriptions_are_short_and_in_the_language_they_claim(self, items):
        text = pl.col("description")
        words, characters = text.str.count_matches(r"\S+"), text.str.len_chars()
        chinese_signs = text.str.count_matches(r"\p{Han}") / characters
        english = items.filter(pl.col("language") == "en").select(words=words, han=chinese_signs)
        chinese = items.filter(pl.col("language") == "zh").select(characters=characters, han=chinese_signs)
        assert english["words"].is_between(12, 40).all()
        assert english["han"].max() == 0
        assert chinese["characters"].is_between(24, 80).all()
        assert chinese["han"].min() > 0.5

    def test_ids_have_the_form_of_their_platform(self, items):
        form = {
            "books": r"^\d+$",
            "films": r"\S",
            "music": r"^spotify:track:\w{22}$",
            "games": r"^\d+$",
            "shop": r"^S\d{4}$",
        }
        for platform, pattern in form.items():
            here = items.filter(pl.col("platform") == platform)
            assert here["item_id"].str.contains(pattern).all(), platform
        films = items.filter(pl.col("platform") == "films")
        assert (films["item_id"] == films["title"]).all()

    def test_the_same_story_is_told_on_several_platforms(self, items):
        tellings = items.filter(
            pl.col("title").is_in(["三体", "流浪地球", "Dune", "The Martian", "灌篮高手"])
        )
        assert tellings.group_by("title").agg(pl.col("platform").n_unique())["platform"].min() >= 2


class TestExports:
    def test_goodreads_has_its_columns_and_joins_the_books(self, items, folder):
        header, rows = read_csv(folder / "goodreads_library_export.csv")
        assert ",".join(header) == GOODREADS
        assert len(rows) == 28
        strangers = [row["Title"] for row in rows if row["Book Id"] not in ids_of(items, "books")]
        assert strangers == ["The Dispossessed (Hainish Cycle, #6)"]
        assert {row["Exclusive Shelf"] for row in rows} == {"read", "currently-reading", "to-read"}
        assert all(0 <= int(row["My Rating"]) <= 5 for row in rows)
        assert {row["ISBN13"] for row in rows} > {'=""', '="9780441013593"'}
        known = dict(items.select("item_id", "title").iter_rows())
        assert all(row["Title"].startswith(known[row["Book Id"]]) for row in rows if row["Book Id"] in known)

    def test_spotify_has_its_fields_and_joins_the_music(self, items, folder):
        first, second = plays_of(folder, 1), plays_of(folder, 2)
        plays = first + second
        assert all(" ".join(play) == SPOTIFY for play in plays)
        assert len(plays) == 80
        known = ids_of(items, "music")
        tracks = [play["spotify_track_uri"] for play in plays if play["spotify_track_uri"]]
        assert sum(uri not in known for uri in tracks) == 1
        assert len(plays) - len(tracks) == 2, "two podcast episodes"

    def test_spotify_shows_its_quirks(self, folder):
        first, second = plays_of(folder, 1), plays_of(folder, 2)
        assert sum(play in first for play in second) == 1
        plays = first + second
        assert {play["skipped"] for play in plays} == {True, False, None}
        assert any(play["ms_played"] == 0 for play in plays)
        assert all(str(play["ip_addr"]).startswith("203.0.113.") for play in plays)

    def test_netflix_has_its_columns_and_joins_the_films(self, items, folder):
        header, rows = read_csv(folder / "ViewingActivity.csv")
        assert ",".join(header) == NETFLIX
        assert len(rows) == 27
        assert [row["Supplemental Video Type"] for row in rows if row["Supplemental Video Type"]] == [
            "TRAILER"
        ]
        watched = [row["Title"] for row in rows if not row["Supplemental Video Type"]]
        assert {title.split(": Season ")[0] for title in watched} <= ids_of(items, "films")
        assert {"2001: A Space Odyssey", "三体: Season 1: Episode 1"} <= set(watched)

    def test_steam_comes_later_and_joins_the_games(self, items, folder):
        response = json.loads((folder / "later" / "steam_owned_games.json").read_text(encoding="utf-8"))[
            "response"
        ]
        games = response["games"]
        assert response["game_count"] == len(games) == 9
        assert {str(game["appid"]) for game in games} <= ids_of(items, "games")
        assert any(game["playtime_forever"] == 0 for game in games)

    def test_copies_say_where_they_lie_and_may_be_made_twice(self, tmp_path):
        first, second = copy_exports(tmp_path / "new" / "folder"), copy_exports(tmp_path / "new" / "folder")
        assert first == second
        assert len(first) == 5
        assert all(file.is_file() for file in first)

    def test_a_file_in_the_way_is_told(self, tmp_path):
        (tmp_path / "taken").write_text("not a folder")
        with pytest.raises(StorageError, match="taken"):
            copy_exports(tmp_path / "taken")


def test_the_population_lives_in_the_catalogue(items):
    events, links = load_population(n_people=40, seed=3)
    assert events.schema == EVENT.schema
    assert links.schema == LINK.schema
    assert events.join(items, on=["platform", "item_id"], how="anti").is_empty()
