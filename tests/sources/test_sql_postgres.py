"""The source `sql` on a PostgreSQL server that the test starts for itself."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.source_suite import joined
from isthmus.errors import InputError
from isthmus.pipeline import Workspace, import_files
from isthmus.sources import Batch, load_source

pytestmark = [pytest.mark.extras, pytest.mark.slow]

PASSWORD = "s3cr3t-of-the-shop"
QUERY = (
    "SELECT buyer::text AS user_id, sku AS item_id, 'shop' AS platform, 'purchase' AS kind, "
    "paid AS value, at AS occurred_at FROM orders ORDER BY n"
)
SHOP = """
CREATE TABLE orders (
    n serial, buyer text, sku bigint, paid numeric(8, 2), at timestamptz, tags text[], more jsonb
);
INSERT INTO orders (buyer, sku, paid, at, tags, more) VALUES
    ('ann', 7, 4.50, '2024-03-02 21:14:07+08', '{a,b}', '{"card": "4111-1111-1111-1111"}'),
    ('邓丽君', 9007199254740993, NULL, NULL, NULL, NULL),
    ('ann', 8, 12345.67, '2024-03-03 00:00:00.25Z', '{}', '[]');
CREATE TABLE many AS
    SELECT 'ann' AS user_id, n AS item_id, 'shop' AS platform FROM generate_series(1, 5000) AS n;
"""


@dataclass(frozen=True)
class Server:
    """A running server; `call` runs one of its programs as the user that it belongs to."""

    bin: Path
    folder: Path
    port: int

    def call(self, program: str, *arguments: str) -> None:
        keeper = _keeper()
        # The server refuses to run as root.
        other: dict[str, Any] = (
            {"user": keeper.pw_uid, "group": keeper.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        )
        done = subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            check=False,
            **other,
        )
        assert done.returncode == 0, f"{program} {arguments}: {_log(self.folder)}"

    def url(self, password: str = PASSWORD, database: str = "postgres") -> str:
        return f"postgresql+psycopg://shop:{password}@127.0.0.1:{self.port}/{database}"


def _keeper() -> pwd.struct_passwd:
    names = {one.pw_name: one for one in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _log(folder: Path) -> str:
    return (folder / "log").read_text()[-2000:] if (folder / "log").exists() else "no log"


def _programs() -> Path:
    """Where the programs of the newest PostgreSQL lie."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    lying = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[4]))
    if not lying:
        pytest.skip("needs PostgreSQL: initdb is neither on the PATH nor in /usr/lib/postgresql/*/bin")
    return lying[-1].parent


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    pytest.importorskip("sqlalchemy", reason="needs SQLAlchemy: pip install 'isthmus[sql]'")
    pytest.importorskip("psycopg", reason="needs the driver of PostgreSQL: pip install 'psycopg[binary]'")
    programs = _programs()
    # Not below tmp_path: the user of the server could not go there.
    with tempfile.TemporaryDirectory(prefix="isthmus-postgres-") as name:
        folder = Path(name)
        (folder / "password").write_text(PASSWORD)
        if os.getuid() == 0:
            for one in (folder, folder / "password"):
                os.chown(one, _keeper().pw_uid, _keeper().pw_gid)
        made = Server(programs, folder, _free_port())
        secret = ("--username=shop", "--auth=scram-sha-256", f"--pwfile={folder}/password")
        made.call("initdb", f"--pgdata={folder}/data", "--encoding=UTF8", "--no-sync", *secret)
        options = f"-h 127.0.0.1 -p {made.port} -k {folder} -F"
        control = (f"--pgdata={folder}/data", f"--log={folder}/log", "-w")
        made.call("pg_ctl", *control, "-o", options, "start")
        try:
            _fill(made)
            yield made
        finally:
            made.call("pg_ctl", *control, "-m", "immediate", "stop")


def _fill(server: Server) -> None:
    import psycopg

    with psycopg.connect(server.url().replace("+psycopg", "")) as connection:
        connection.execute(SHOP)


def run(folder: Path, url: str, query: str, **options: Any) -> Batch:
    (folder / "orders.sql").write_text(query)
    source = load_source("sql", url=url, **options)
    return joined([batch for file in source.files([folder]) for batch in source.read(file)])


def test_rows_with_the_types_of_the_database(server: Server, tmp_path: Path) -> None:
    events = run(tmp_path, server.url(), QUERY, batch_rows=2).events
    assert events.select("user_id", "item_id", "kind", "value", "occurred_at", "line").rows() == [
        ("ann", "7", "purchase", 4.5, datetime(2024, 3, 2, 13, 14, 7, tzinfo=UTC), 1),
        ("邓丽君", "9007199254740993", "purchase", None, None, 2),
        ("ann", "8", "purchase", 12_345.67, datetime(2024, 3, 3, 0, 0, 0, 250_000, tzinfo=UTC), 3),
    ]


def test_rows_come_batch_by_batch(server: Server, tmp_path: Path) -> None:
    (tmp_path / "many.sql").write_text("SELECT * FROM many ORDER BY item_id")
    source = load_source("sql", url=server.url(), batch_rows=700)
    batches = list(source.read(tmp_path / "many.sql"))
    assert max(batch.events.height for batch in batches) == 700
    lines = joined(batches).events["line"].to_list()
    assert lines == list(range(1, 5_001))


def test_a_mapping_leaves_out_what_it_does_not_name(server: Server, tmp_path: Path) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text('[event]\nplatform = { value = "shop" }\nuser_id = "buyer"\nitem_id = "sku"\n')
    batch = run(tmp_path, server.url(), "SELECT * FROM orders ORDER BY n", mapping=mapping)
    assert batch.events["item_id"].to_list() == ["7", "9007199254740993", "8"]
    assert "4111" not in batch.events.write_ndjson()


def test_an_import_and_again(server: Server, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    (tmp_path / "orders.sql").write_text(QUERY)
    counts = [
        next(import_files(workspace, load_source("sql", url=server.url()), [tmp_path / "orders.sql"])).counts
        for _ in range(2)
    ]
    assert [one["events"] for one in counts] == [3, 0]
    kept = b"".join(file.read_bytes() for file in (tmp_path / "ws").rglob("*") if file.is_file())
    assert PASSWORD.encode() not in kept


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT nothing FROM nowhere", 'relation "nowhere" does not exist'),
        ("SELECT 1 / 0 AS user_id", "division by zero"),
        ("DROP TABLE orders", "syntax error"),
    ],
)
def test_queries_that_are_refused(server: Server, tmp_path: Path, query: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        run(tmp_path, server.url(), query)
    assert PASSWORD not in str(caught.value)


def test_a_wrong_password_and_an_unknown_database(server: Server, tmp_path: Path) -> None:
    for url in (server.url(password="wrong-s3cr3t"), server.url(database="nowhere")):
        with pytest.raises(InputError, match="the database refused") as caught:
            run(tmp_path, url, QUERY)
        assert "s3cr3t" not in str(caught.value)


def test_nobody_at_the_address(server: Server, tmp_path: Path) -> None:
    url = server.url().replace(str(server.port), str(_free_port()))
    with pytest.raises(InputError, match="refused") as caught:
        run(tmp_path, url, QUERY)
    assert PASSWORD not in str(caught.value)
