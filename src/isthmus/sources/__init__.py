"""Where events come from: one file per platform, and `table` for any table with a mapping.

Adding a source: write `sources/<name>.py` after the pattern of `Source`, add a line to `SOURCES` and subclass
the contract suite (`tests/contracts/source_suite.py`) in `tests/sources/test_source_<name>.py`.
"""

import inspect
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from isthmus.errors import SettingsError, UnknownNameError
from isthmus.sources.base import Batch, Source
from isthmus.sources.recognition import Finding, Recognised, recognise

__all__ = [
    "SOURCES", "Batch", "Finding", "Recognised", "Source", "find_sources", "load_source", "options_of",
]  # fmt: skip

SOURCES = {
    "table": "isthmus.sources.table:TableSource",
    "spotify": "isthmus.sources.spotify:SpotifySource",
    "goodreads": "isthmus.sources.goodreads:GoodreadsSource",
    "steam": "isthmus.sources.steam:SteamSource",
    "netflix": "isthmus.sources.netflix:NetflixSource",
    "spotify_account": "isthmus.sources.spotify_account:SpotifyAccountSource",
    "apple_music": "isthmus.sources.apple_music:AppleMusicSource",
    "lastfm": "isthmus.sources.lastfm:LastfmSource",
    "listenbrainz": "isthmus.sources.listenbrainz:ListenBrainzSource",
    "amazon_orders": "isthmus.sources.amazon_orders:AmazonOrdersSource",
    "amazon_reviews": "isthmus.sources.amazon_reviews:AmazonReviewsSource",
    "retailrocket": "isthmus.sources.retailrocket:RetailRocketSource",
    "playstation": "isthmus.sources.playstation:PlayStationSource",
    "nintendo": "isthmus.sources.nintendo:NintendoSource",
    "xbox": "isthmus.sources.xbox:XboxSource",
    "gog": "isthmus.sources.gog:GogSource",
    "itch": "isthmus.sources.itch:ItchSource",
    "gorse": "isthmus.sources.gorse:GorseSource",
    "recbole": "isthmus.sources.recbole:RecBoleSource",
    "segment": "isthmus.sources.segment:SegmentSource",
    "snowplow": "isthmus.sources.snowplow:SnowplowSource",
    "sql": "isthmus.sources.sql:SqlSource",
    "lastfm_api": "isthmus.sources.lastfm:LastfmApiSource",
    "listenbrainz_api": "isthmus.sources.listenbrainz:ListenBrainzApiSource",
    "steam_api": "isthmus.sources.steam:SteamApiSource",
    "x": "isthmus.sources.x:XSource",
    "instagram": "isthmus.sources.instagram:InstagramSource",
    "activitystreams": "isthmus.sources.activitystreams:ActivityStreamsSource",
    "reddit": "isthmus.sources.reddit:RedditSource",
    "youtube": "isthmus.sources.youtube:YouTubeSource",
    "tiktok": "isthmus.sources.tiktok:TikTokSource",
    "letterboxd": "isthmus.sources.letterboxd:LetterboxdSource",
    "movielens": "isthmus.sources.movielens:MovieLensSource",
    "douban": "isthmus.sources.douban:DoubanSource",
    "bangumi": "isthmus.sources.bangumi:BangumiSource",
    "storygraph": "isthmus.sources.storygraph:StoryGraphSource",
    "kindle": "isthmus.sources.kindle:KindleSource",
    "librarything": "isthmus.sources.librarything:LibraryThingSource",
    "calibre": "isthmus.sources.calibre:CalibreSource",
    "activitystreams_api": "isthmus.sources.activitystreams:ActivityStreamsApiSource",
    "bangumi_api": "isthmus.sources.bangumi:BangumiApiSource",
}
"""Every source by name, as "module:Class"; a module is imported when its source is asked for."""


def load_source(name: str, **options: object) -> Source:
    """The source `name`; options that are None count as not given.

    Raises UnknownNameError for an unknown name and SettingsError for an option it does not take.
    """
    source_type = _load_type(name)
    given = {key: value for key, value in options.items() if value is not None}
    taken = options_of(name)
    for key in given.keys() - taken:
        raise SettingsError(
            f"The source {name} has no option {key}.", f"It takes: {', '.join(sorted(taken))}."
        )
    return cast(Source, source_type(**given))


def options_of(name: str) -> frozenset[str]:
    """The options that the source `name` takes. Raises UnknownNameError."""
    return frozenset(inspect.signature(_load_type(name)).parameters)


def find_sources(paths: Sequence[Path]) -> Recognised:
    """Which source reads which file below `paths`, and why. InputError where a path is not there."""
    return recognise(paths, SOURCES)


def _load_type(name: str) -> Any:
    if name not in SOURCES:
        raise UnknownNameError("source", name, SOURCES)
    module, _, class_name = SOURCES[name].partition(":")
    return getattr(import_module(module), class_name)
