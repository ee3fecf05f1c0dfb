from pathlib import Path

import pytest

from contracts.planted_suite import PlantedSuite
from isthmus.errors import InputError
from isthmus.sources import load_source

FOLDER = Path(__file__).parent / "fixtures" / "tiktok"


class TestTikTok(PlantedSuite):
    name = "tiktok"
    fixture = FOLDER / "user_data_tiktok.json"

    def spoil(self, text: str) -> tuple[str, list[int]]:
        link = '"Link":"https://www.tiktokv.com/share/video/7100000000000000001/"'
        bad = [
            f'{{"Date":"203.0.113.7 o\'clock",{link}}},',
            '{"Date":"2024-05-01 10:00:00","Link":"https://203.0.113.7/x"},',
            '{"Date":"2024-05-01 10:00:00"},',
            '"203.0.113.7",',
        ]
        at = text.index("[", text.index('"Watch History"'))
        first = text.count("\n", 0, at) + 1
        return text[: at + 1] + "\n".join(bad) + text[at + 1 :], list(range(first, first + 4))


def test_all_lists_of_the_newer_form() -> None:
    batch = next(load_source("tiktok", user_id="mira").read(FOLDER / "user_data_tiktok.json"))
    assert batch.events.select("item_id", "kind").rows() == [
        ("7100000000000000001", "watch"),
        ("7100000000000000002", "watch"),
        ("7100000000000000001", "save"),
        ("7100000000000000002", "like"),
        ("@night.trains", "follow"),
    ]
    assert dict(batch.left_out) == {"shared, and no video": 1}
    assert batch.items["title"].to_list()[:2] == [None, None]


def test_the_older_form_and_douyin() -> None:
    batch = next(load_source("tiktok", user_id="mira", platform="douyin").read(FOLDER / "user_data.json"))
    assert batch.events.select("item_id", "kind", "text").rows() == [
        (None, "search", "lighthouse keeper"),
        ("7000000000000000009", "watch", None),
    ]


@pytest.mark.parametrize("content", ["{}", "[]", '{"Activity":{"Login History":{}}}', '{"a":' * 100_000])
def test_other_json_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "user_data.json"
    file.write_text(content)
    with pytest.raises(InputError):
        list(load_source("tiktok", user_id="mira").read(file))
