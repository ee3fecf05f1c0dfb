"""A song that no export gives an id: known by who plays it and how it is called."""

import json
from typing import Any

__all__ = ["song"]


def song(
    artist: str, title: str, album: str | None = None, category: str = "music", **extra: str | None
) -> dict[str, Any]:
    """The item of a song, the same id wherever artist and title are written alike."""
    more = {key: value for key, value in extra.items() if value}
    return {
        "item_id": f"{artist} – {title}" if artist else title,
        "title": title,
        "description": album,
        "creators": [artist] if artist else [],
        "categories": [category],
        "extra": json.dumps(more, ensure_ascii=False, sort_keys=True) if more else None,
    }
