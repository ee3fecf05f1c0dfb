from pathlib import Path
from typing import Any

import pytest

from contracts.export_suite import ExportSuite, inserted
from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "gog"


class TestGog(ExportSuite):
    name = "gog"
    fixture = FOLDER / "gog.json"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        bad: list[object] = [{"id": "", "title": "203.0.113.7"}, {"title": "x"}, 7]
        return inserted(text, bad, '"products"')


def read(name: str) -> Any:
    return joined(list(load_source("gog", user_id="mira").read(FOLDER / name)))


def test_what_was_played_or_bought() -> None:
    batch = read("gog.json")
    assert batch.events.select("item_id", "kind", "value").rows() == [
        ("1207658691", "purchase", None),
        ("2", "purchase", None),
        ("3", "purchase", None),
    ]
    assert batch.events["occurred_at"].to_list() == [None, None, None]
    assert batch.items["title"].to_list() == ["Unreal Tournament 2004", "Disco Elysium", "巫师 3"]


@pytest.mark.parametrize("content", ["[]", "{}", "{", "[" * 100_000])
def test_other_json_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "gog.json").write_text(content)
    with pytest.raises(InputError):
        list(load_source("gog", user_id="mira").read(tmp_path / "gog.json"))
