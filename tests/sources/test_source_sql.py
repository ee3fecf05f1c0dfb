"""The source `sql`; without SQLAlchemy only what it says then."""

import importlib.util
import sqlite3
from pathlib import Path

import pytest

from contracts.source_suite import joined
from isthmus.errors import InputError, MappingError, MissingExtraError
from isthmus.sources import Batch, load_source

ABSENT = importlib.util.find_spec("sqlalchemy") is None


@pytest.fixture
def shop(tmp_path: Path) -> str:
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE orders (buyer TEXT, sku INTEGER, stars REAL, at TEXT, card TEXT)")
        rows = [("ann", 7, 4.5, "2024-03-02 21:14:07"), ("bob", 8, None, None), ("ann", 8, 5, "2024-03-03")]
        database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, '4111-1111-1111-1111')", rows)
    database.close()
    return f"sqlite:///{tmp_path}/shop.db"


def run(folder: Path, url: str, query: str, **options: object) -> Batch:
    (folder / "orders.sql").write_text(query)
    source = load_source("sql", url=url, **options)
    return joined([batch for file in source.files([folder]) for batch in source.read(file)])


NATURAL = (
    "SELECT buyer AS user_id, sku AS item_id, 'shop' AS platform, "
    "stars AS value, at AS occurred_at FROM orders;"
)


@pytest.mark.extras
def test_columns_with_our_names(tmp_path: Path, shop: str) -> None:
    events = run(tmp_path, shop, NATURAL, batch_rows=2).events
    assert events.select("user_id", "item_id", "value", "line").rows() == [
        ("ann", "7", 4.5, 1),
        ("bob", "8", None, 2),
        ("ann", "8", 5.0, 3),
    ]
    assert events["occurred_at"].null_count() == 1


@pytest.mark.extras
def test_a_mapping_and_an_address_from_the_environment(
    tmp_path: Path, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISTHMUS_SQL_URL", shop)
    mapping = tmp_path / "map.toml"
    mapping.write_text('[event]\nplatform = { value = "shop" }\nuser_id = "buyer"\nitem_id = "sku"\n')
    batch = run(tmp_path, "", "SELECT * FROM orders", mapping=mapping)
    assert batch.events["user_id"].to_list() == ["ann", "bob", "ann"]
    assert "4111" not in batch.events.write_ndjson()
    mapping.write_text('[event]\nplatform = { value = "shop" }\nuser_id = "customer"\n')
    with pytest.raises(MappingError, match="customer"):
        run(tmp_path, "", "SELECT * FROM orders", mapping=mapping)


@pytest.mark.extras
@pytest.mark.parametrize(
    ("url", "query"),
    [
        ("sqlite:///{}/shop.db", "SELECT nothing FROM nowhere"),
        ("sqlite:///{}/shop.db", "CREATE TABLE x (a)"),
        ("sqlite:///{}/no/such/folder/shop.db", "SELECT 1"),
        ("shop.db", "SELECT 1"),
        ("nosuchdatabase://u:secret@h/d", "SELECT 1"),
        ("", "SELECT 1"),
    ],
)
def test_what_cannot_be_read_is_refused_and_no_password_told(
    tmp_path: Path, shop: str, url: str, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ISTHMUS_SQL_URL", raising=False)
    with pytest.raises(InputError) as caught:
        run(tmp_path, url.format(tmp_path), query)
    assert caught.value.hint
    assert "secret" not in str(caught.value)


@pytest.mark.skipif(not ABSENT, reason="SQLAlchemy is installed")
def test_without_sqlalchemy_it_says_how_to_get_it(tmp_path: Path, shop: str) -> None:
    with pytest.raises(MissingExtraError, match=r"isthmus\[sql\]"):
        run(tmp_path, shop, NATURAL)


def test_a_folder_without_queries(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\*\.sql"):
        load_source("sql").files([tmp_path])
