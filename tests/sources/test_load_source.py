from pathlib import Path

import pytest

from isthmus.errors import SettingsError, UnknownNameError
from isthmus.sources import SOURCES, Source, load_source


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_name_leads_to_a_source(name: str) -> None:
    source = load_source(name, user_id="mira", mapping=None)
    assert isinstance(source, Source)
    assert source.name == name


def test_a_near_name_is_offered() -> None:
    with pytest.raises(UnknownNameError) as caught:
        load_source("spotfy")
    assert "spotify" in caught.value.hint


def test_an_option_that_a_source_does_not_take() -> None:
    with pytest.raises(SettingsError, match="steam has no option mapping"):
        load_source("steam", user_id="mira", mapping=Path("map.toml"))
