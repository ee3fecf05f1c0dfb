"""Steam: the games an account owns and how long each was played (Web API, GetOwnedGames)."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from isthmus.errors import InputError
from isthmus.sources.api import ApiSource, numbered
from isthmus.sources.base import Batch, PersonalSource
from isthmus.sources.tabular import Broken, JsonRow, parse_array
from isthmus.sources.tabular.stream import read_text

__all__ = ["SteamApiSource", "SteamSource"]

_STEAM_OPENED = 1_063_000_000  # September 2003; the API writes 0 or 86400 where a time is not known
_LAST_SECOND = 253_402_300_799


class _Games(PersonalSource):
    """What a game of a library becomes, wherever it comes from."""

    def _batch(self, file: Path, games: list[JsonRow]) -> Batch:
        events, items, rejects = [], [], []
        for line, game in games:
            if isinstance(game, Broken):
                rejects += self.rejected(file, [game])
                continue
            try:
                events.append({**self._event(game), "line": line})
                items.append(_item(game))
            except InputError as error:
                rejects.append(self.refused(file, line, error))
        return self.batch(events, items, rejects)

    def _event(self, game: Mapping[str, Any]) -> dict[str, Any]:
        minutes = _whole_number(game, "playtime_forever")
        last = _whole_number(game, "rtime_last_played")
        known = _STEAM_OPENED <= last <= _LAST_SECOND
        kind = "play" if minutes else "purchase"
        app_id = _app_id(game)
        return {
            "event_id": self.event_id(app_id, kind),
            "item_id": app_id,
            "kind": kind,
            "value": minutes * 60.0 if minutes else None,
            "unit": "seconds" if minutes else None,
            "occurred_at": datetime.fromtimestamp(last, UTC) if known else None,
        }


class SteamSource(_Games):
    """A played game as `play` in seconds, at the time it was last played; one never played as `purchase`.

    Play time is a running total. An event is known by the game, so a later export adds games, not hours.
    """

    name = "steam"
    patterns = ("*getownedgames*.json", "*owned_games*.json", "*steam*.json")
    marks = (('"games"', '"appid"', '"playtime_forever"'),)
    advice = (
        "Save the answer of IPlayerService/GetOwnedGames (with include_appinfo=true) as GetOwnedGames.json."
    )

    def read(self, file: Path) -> Iterator[Batch]:
        """Batches of games. InputError where the file is not the answer of GetOwnedGames."""
        games = _games(file)
        for start in range(0, max(len(games), 1), self.batch_rows):
            yield self._batch(file, games[start : start + self.batch_rows])


class SteamApiSource(ApiSource, _Games):
    """Games straight from Steam: the numbers of accounts (SteamID64) stand where files do.

    Play time is a running total, so there is nothing to ask for "since".
    """

    name = "steam_api"
    service = "Steam"
    address = "https://api.steampowered.com"
    key_variable = "STEAM_API_KEY"
    key_hint = (
        "Make a key at steamcommunity.com/dev/apikey and set STEAM_API_KEY; the account must be public."
    )
    advice = "Name the account: isthmus import WS steam_api 7656119… --user ID."

    def read(self, file: Path) -> Iterator[Batch]:
        """One batch of all games, numbered from 1. InputError where the account shows none."""
        asked: dict[str, str | int] = {
            "key": self._key, "steamid": str(file), "include_appinfo": 1, "include_played_free_games": 1,
            "format": "json",
        }  # fmt: skip
        answer = self.connect().get("/IPlayerService/GetOwnedGames/v1/", asked)
        games = answer.get("response", {}).get("games") if isinstance(answer.get("response"), dict) else None
        if not isinstance(games, list):
            raise InputError("holds no games", "Are the game details of the profile private?", file=str(file))
        yield self._batch(file, list(numbered(games, "is no game")))


def _games(file: Path) -> list[JsonRow]:
    """The games with the lines on which they start."""
    text = read_text(file)
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise InputError(f"is no JSON: {error}", SteamSource.advice, file=str(file), line=line) from error
    response = answer.get("response", answer) if isinstance(answer, dict) else None
    if response == {}:
        raise InputError("holds no games", "Are the game details of the profile private?", file=str(file))
    if not isinstance(response, dict) or not isinstance(response.get("games"), list):
        raise InputError("is no answer of GetOwnedGames", SteamSource.advice, file=str(file))
    start = text.index("[", text.index('"games"'))
    return list(parse_array([text[start:]], file, text.count("\n", 0, start) + 1, after="}"))


def _app_id(game: Mapping[str, Any]) -> str:
    app_id = game.get("appid")
    if isinstance(app_id, str) and app_id.isdecimal():
        return app_id
    raise InputError(f"{str(app_id)[:40]!r} is no app id", field="appid")


def _whole_number(game: Mapping[str, Any], name: str) -> int:
    value = game.get(name, "0")
    if isinstance(value, str) and value.isdecimal() and len(value) < 13:
        return int(value)
    raise InputError(f"{str(value)[:40]!r} is no whole number", field=name)


def _item(game: Mapping[str, Any]) -> dict[str, Any]:
    name = game.get("name")
    return {
        "item_id": _app_id(game),
        "title": name if isinstance(name, str) and name else None,
        "categories": ["game"],
        "url": f"https://store.steampowered.com/app/{_app_id(game)}",
    }
