"""Every setting stands in the guide with the default that it has."""

import re
from pathlib import Path
from typing import Any

import pytest

from isthmus.models.bridge import BridgeConfig
from isthmus.settings import Settings

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
_ROW = re.compile(r"^\| `([\w.]+)` \| (.+?) \|", re.MULTILINE)
_SAID = {None: "none", "": "empty"}


def _told(page: str) -> dict[str, str]:
    return dict(_ROW.findall((GUIDE / page).read_text(encoding="utf-8")))


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return _SAID.get(value) or (f'`"{value}"`' if isinstance(value, str) else f"`{value}`")


def test_settings_of_a_workspace() -> None:
    settings = Settings()
    told = _told("workspace.md")
    parts = {name: getattr(settings, name) for name in type(settings).model_fields}
    known = {f"{part}.{name}" for part, value in parts.items() for name in type(value).__dataclass_fields__}
    assert set(told) == known
    for part, value in parts.items():
        for name in type(value).__dataclass_fields__:
            default = getattr(value, name)
            if name not in ("base",):  # a table, described in words
                assert told[f"{part}.{name}"] == _written(default), f"{part}.{name}"


@pytest.mark.parametrize("name", sorted(BridgeConfig.__dataclass_fields__))
def test_settings_of_bridge(name: str) -> None:
    assert _told("models.md")[name] == _written(getattr(BridgeConfig(), name))
