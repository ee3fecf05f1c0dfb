"""Large export files in their true formats, made up: what reading.py reads.

Every maker yields the text of a file of `n` rows piece by piece. Shapes follow the fixtures of the tests;
titles, people and times are drawn by a seed, so that files are the same on every machine.
"""

import csv
import io
import json
import random
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

__all__ = ["FORMATS", "Format"]

Row = dict[str, Any]
_LETTERS = string.ascii_letters + string.digits
_START = datetime(2015, 1, 1, tzinfo=UTC)


class Chance:
    """Draws the same words, things and times in every run."""

    def __init__(self) -> None:
        self._random = random.Random(1)
        draw = self._random
        self._words = [
            "".join(draw.choices(string.ascii_lowercase, k=draw.randint(2, 9))) for _ in range(5000)
        ]
        self._things = [(self.id(22), self.words(draw.randint(3, 9)), self.words(2)) for _ in range(40_000)]

    def words(self, n: int) -> str:
        """A text of `n` words."""
        return " ".join(self._random.choices(self._words, k=n)).capitalize()

    def id(self, length: int) -> str:
        """Letters and digits."""
        return "".join(self._random.choices(_LETTERS, k=length))

    def thing(self) -> tuple[str, str, str]:
        """Id, title and creator of something; a few are met much oftener than others."""
        often = min(int(self._random.paretovariate(0.7)), len(self._things)) - 1
        return self._things[often] if self._random.random() < 0.5 else self._random.choice(self._things)

    def below(self, n: int) -> int:
        """0 to n - 1."""
        return self._random.randrange(n)

    def of(self, *choices: Any) -> Any:
        """One of the choices."""
        return self._random.choice(choices)

    def when(self, row: int) -> datetime:
        """A time that only rises by chance."""
        return _START + timedelta(seconds=row * 997 % 300_000_000, milliseconds=self.below(1000))


@dataclass(frozen=True)
class Format:
    """A sort of file, who reads it, and how one is made."""

    source: str
    file: str
    make: Callable[[int, Chance], Iterator[str]]
    personal: bool = False
    """Whether it is the export of one person, who must be named."""

    @property
    def name(self) -> str:
        """As the table names it."""
        return f"{self.source}: {self.file}"


def _array(rows: Iterable[Row]) -> Iterator[str]:
    """As exports write it: indented, one array."""
    for number, row in enumerate(rows):
        yield ("[\n" if number == 0 else ",\n") + json.dumps(row, indent=2, ensure_ascii=False)
    yield "\n]\n"


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _table(header: Iterable[str], rows: Iterable[Iterable[Any]], separator: str = ",") -> Iterator[str]:
    for row in chain([header], rows):
        text = io.StringIO()
        csv.writer(text, delimiter=separator, lineterminator="\n").writerow(row)
        yield text.getvalue()


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _youtube(n: int, chance: Chance) -> Iterator[str]:
    def rows() -> Iterator[Row]:
        for row in range(n):
            id_, title, channel = chance.thing()
            music, sort = chance.below(5) == 0, chance.below(100)
            about = {
                "header": "YouTube Music" if music else "YouTube",
                "title": f"Watched {title}",
                "titleUrl": f"https://{'music' if music else 'www'}.youtube.com/watch?v={id_[:11]}",
                "subtitles": [{"name": channel, "url": f"https://www.youtube.com/channel/UC{id_}"}],
                "time": _iso(chance.when(row)),
                "products": ["YouTube"],
                "activityControls": ["YouTube watch history"],
            }
            if sort < 2:
                about = {
                    "header": "YouTube",
                    "title": "Watched a video that has been removed",
                    "time": about["time"],
                }
            elif sort < 6:
                about["details"] = [{"name": "From Google Ads"}]
            yield about

    return (text.replace("&", "\\u0026").replace("=", "\\u003d") for text in _array(rows()))


def _tiktok(n: int, chance: Chance) -> Iterator[str]:
    def video(row: int) -> Row:
        link = f"https://www.tiktokv.com/share/video/{7_100_000_000_000_000_000 + chance.below(10**15)}/"
        return {"Date": f"{chance.when(row):%Y-%m-%d %H:%M:%S}", "Link": link}

    liked = n // 10
    activity = {
        "Favorite Videos": {"FavoriteVideoList": [video(row) for row in range(liked // 2)]},
        "Login History": {"LoginHistoryList": [{"Date": "2024-01-01 00:00:00 UTC", "IP": "192.0.2.7"}] * 500},
        "Video Browsing History": {"VideoList": [video(row) for row in range(n - liked)]},
        "Like List": {"ItemFavoriteList": [
            {name.lower(): value for name, value in video(row).items()} for row in range(liked - liked // 2)
        ]},
    }  # fmt: skip
    yield json.dumps({"Activity": activity}, indent=2, ensure_ascii=False)


def _spotify(n: int, chance: Chance) -> Iterator[str]:
    devices = ("Android OS 13 API 33 (samsung, SM-G991B)", "iOS 17.1 (iPhone14,5)", "web_player windows 10")

    def rows() -> Iterator[Row]:
        for row in range(n):
            id_, title, creator = chance.thing()
            episode = chance.below(20) == 0
            track = {
                "master_metadata_track_name": None if episode else title,
                "master_metadata_album_artist_name": None if episode else creator,
                "master_metadata_album_album_name": None if episode else f"{creator} II",
                "spotify_track_uri": None if episode else f"spotify:track:{id_}",
                "episode_name": title if episode else None,
                "episode_show_name": creator if episode else None,
                "spotify_episode_uri": f"spotify:episode:{id_}" if episode else None,
            }
            played = {
                "ts": f"{chance.when(row):%Y-%m-%dT%H:%M:%SZ}", "platform": chance.of(*devices),
                "ms_played": chance.below(300_000), "conn_country": "AT", "ip_addr": "203.0.113.7",
            }  # fmt: skip
            ended = {
                "reason_start": "trackdone", "reason_end": "trackdone", "shuffle": False,
                "skipped": chance.below(3) == 0, "offline": False, "offline_timestamp": None,
                "incognito_mode": chance.below(100) == 0,
            }  # fmt: skip
            yield played | track | ended

    return _array(rows())


def _listenbrainz(n: int, chance: Chance) -> Iterator[str]:
    def rows() -> Iterator[Row]:
        for row in range(n):
            id_, title, artist = chance.thing()
            more = {
                "music_service": "spotify.com", "submission_client": "Pano Scrobbler",
                "artist_names": [artist], "duration_ms": chance.below(400_000),
                "spotify_id": f"https://open.spotify.com/track/{id_}",
            }  # fmt: skip
            track = {
                "artist_name": artist, "track_name": title, "release_name": f"{artist} II",
                "additional_info": more,
            }  # fmt: skip
            yield {"listened_at": int(chance.when(row).timestamp()), "track_metadata": track}

    return _lines(rows())


def _amazon(n: int, chance: Chance) -> Iterator[str]:
    def rows() -> Iterator[Row]:
        for row in range(n):
            asin = f"B0{chance.thing()[0][:8].upper()}"
            yield {
                "rating": float(1 + chance.below(5)), "title": chance.words(4),
                "text": chance.words(10 + chance.below(70)), "images": [], "asin": asin, "parent_asin": asin,
                "user_id": f"AE{chance.below(50_000):026}", "helpful_vote": 0, "verified_purchase": True,
                "timestamp": int(chance.when(row).timestamp() * 1000),
            }  # fmt: skip

    return _lines(rows())


def _movielens(n: int, chance: Chance) -> Iterator[str]:
    rows = (
        (row // 100 + 1, chance.below(60_000), (1 + chance.below(10)) / 2, int(chance.when(row).timestamp()))
        for row in range(n)
    )
    return _table(("userId", "movieId", "rating", "timestamp"), rows)


def _retailrocket(n: int, chance: Chance) -> Iterator[str]:
    kinds = ("view",) * 18 + ("addtocart", "transaction")

    def rows() -> Iterator[tuple[Any, ...]]:
        for row in range(n):
            kind, time = chance.of(*kinds), int(chance.when(row).timestamp() * 1000)
            sold = row if kind == "transaction" else ""
            yield time, chance.below(10**6), kind, chance.below(400_000), sold

    return _table(("timestamp", "visitorid", "event", "itemid", "transactionid"), rows())


def _recbole(n: int, chance: Chance) -> Iterator[str]:
    header = ("user_id:token", "item_id:token", "rating:float", "timestamp:float")
    rows = (
        (
            row // 100 + 1,
            chance.below(60_000),
            (1 + chance.below(10)) / 2,
            f"{chance.when(row).timestamp():.1f}",
        )
        for row in range(n)
    )
    return _table(header, rows, "\t")


def _gorse(n: int, chance: Chance) -> Iterator[str]:
    header = ("feedback_type", "user_id", "item_id", "time_stamp", "comment")
    rows = (
        (chance.of("star", "like", "read"), f"u{chance.below(50_000)}", chance.thing()[0],
         f"{chance.when(row):%Y-%m-%d %H:%M:%S} +0000 UTC", "")
        for row in range(n)
    )  # fmt: skip
    return _table(header, rows)


def _segment(n: int, chance: Chance) -> Iterator[str]:
    context = {
        "ip": "203.0.113.7", "library": {"name": "analytics.js", "version": "2.11.1"}, "locale": "en-US",
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    }  # fmt: skip

    def rows() -> Iterator[Row]:
        for row in range(n):
            id_, title, brand = chance.thing()
            time = _iso(chance.when(row))
            product = {
                "product_id": id_,
                "category": "c",
                "name": title,
                "brand": brand,
                "price": 18.99,
                "quantity": 1,
            }
            event = chance.of(
                "Product Viewed", "Product Viewed", "Product Added", "Product Clicked", "Order Completed"
            )
            properties = (
                {"order_id": str(row), "products": [product]} if event == "Order Completed" else product
            )
            yield {
                "anonymousId": chance.id(32), "context": context, "event": event, "messageId": chance.id(32),
                "properties": properties, "timestamp": time, "type": "track",
                "userId": f"u{chance.below(50_000)}",
            }  # fmt: skip

    return _lines(rows())


def _snowplow(n: int, chance: Chance) -> Iterator[str]:
    action = "unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1"
    product = "contexts_com_snowplowanalytics_snowplow_ecommerce_product_1"

    def rows() -> Iterator[Row]:
        for row in range(n):
            id_, title, brand = chance.thing()
            time = _iso(chance.when(row))
            about: Row = {
                "app_id": "shop", "platform": chance.of("web", "mob"), "collector_tstamp": time,
                "event": "page_view", "event_id": chance.id(32), "user_id": f"u{chance.below(50_000)}",
                "user_ipaddress": "203.0.113.7", "domain_userid": chance.id(32), "page_title": title,
                "page_url": f"https://www.example.com/{id_}",
                "useragent": "Mozilla/5.0 (X11; Linux x86_64)", "derived_tstamp": time,
            }  # fmt: skip
            if chance.below(2):
                sold = {
                    "id": id_,
                    "name": title,
                    "brand": brand,
                    "price": 9.5,
                    "currency": "EUR",
                    "quantity": 1,
                }
                about |= {
                    "event": "unstruct",
                    action: {"type": chance.of("product_view", "transaction")},
                    product: [sold],
                }
            yield about

    return _lines(rows())


def _netflix(n: int, chance: Chance) -> Iterator[str]:
    header = ("Profile Name", "Start Time", "Duration", "Attributes", "Title", "Supplemental Video Type",
              "Device Type", "Bookmark", "Latest Bookmark", "Country")  # fmt: skip

    def rows() -> Iterator[tuple[str, ...]]:
        for row in range(n):
            _, title, part = chance.thing()
            series = f": Season {1 + chance.below(5)}: {part} (Episode {1 + chance.below(9)})"
            lasted = f"{chance.below(3):02}:{chance.below(60):02}:{chance.below(60):02}"
            yield (
                "Mira", f"{chance.when(row):%Y-%m-%d %H:%M:%S}", lasted, "",
                title + chance.of(series, ""), "", "Apple iPhone 12", "00:10:00", "00:10:00", "AT (Austria)",
            )  # fmt: skip

    return _table(header, rows())


def _log(n: int, chance: Chance) -> Iterator[str]:
    header = ("platform", "user_id", "item_id", "kind", "value", "occurred_at")
    rows = (
        ("shop", f"u{chance.below(50_000)}", chance.thing()[0], chance.of("view", "play"), chance.below(300),
         _iso(chance.when(row)))
        for row in range(n)
    )  # fmt: skip
    return _table(header, rows)


def _described(n: int, chance: Chance) -> Iterator[str]:
    def rows() -> Iterator[tuple[str, ...]]:
        for row in range(n):
            id_, title, creator = chance.thing()
            yield ("shop", f"u{chance.below(50_000)}", id_, "view", _iso(chance.when(row)),
                   title.replace(" ", ", ", 1), creator)  # fmt: skip

    header = ("platform", "user_id", "item_id", "kind", "occurred_at", "title", "creators")
    return _table(header, rows())


FORMATS = (
    Format("amazon_reviews", "Books.amazon_reviews.jsonl", _amazon),
    Format("movielens", "ratings.csv", _movielens),
    Format("retailrocket", "events.csv", _retailrocket),
    Format("recbole", "ml.inter", _recbole),
    Format("gorse", "feedback.csv", _gorse),
    Format("table", "log.csv", _log),
    Format("table", "described.csv", _described),
    Format("segment", "segment.jsonl", _segment),
    Format("snowplow", "snowplow.jsonl", _snowplow),
    Format("listenbrainz", "listens.jsonl", _listenbrainz, personal=True),
    Format("spotify", "Streaming_History_Audio_1.json", _spotify, personal=True),
    Format("youtube", "watch-history.json", _youtube, personal=True),
    Format("tiktok", "user_data_tiktok.json", _tiktok, personal=True),
    Format("netflix", "ViewingActivity.csv", _netflix, personal=True),
)
