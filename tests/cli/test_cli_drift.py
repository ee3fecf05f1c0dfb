"""`isthmus drift`: the exit code says whether there is drift, the output what it is."""

from datetime import UTC, datetime, timedelta

import pytest

from isthmus.cli.drift import DRIFT


@pytest.fixture
def ws(tmp_path, isthmus):
    """40 people read on every tenth day of 2024; from November on they skip what they read before."""
    rows = ["platform,user_id,item_id,kind,occurred_at"]
    for number in range(40):
        for step in range(36):
            when = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=10 * step, minutes=number)
            kind = "skip" if step > 30 and (number + step) % 2 else "read"
            rows.append(f"books,u{number},b{(number + step) % 7},{kind},{when.isoformat()}")
    (tmp_path / "events.csv").write_text("\n".join(rows) + "\n")
    isthmus("init", tmp_path / "ws")
    isthmus("import", tmp_path / "ws", "table", tmp_path / "events.csv")
    return tmp_path / "ws"


def test_drift_has_an_exit_code_of_its_own(ws, isthmus):
    told = isthmus("drift", ws, "--window", "30d", "--json", code=DRIFT).json
    assert DRIFT == 10
    assert told["drift"] is True
    kinds = next(one for one in told["findings"] if one["check"] == "kinds")
    assert kinds["drift"] is True
    assert kinds["says"] == "skip 11 % → 50 %, read 89 % → 50 %"
    assert "Drift." in isthmus("drift", ws, code=DRIFT).out


def test_no_drift_is_success(ws, isthmus):
    said = isthmus("drift", ws, "--until", "2024-10-01", "--window", "4w", "--since", "2024-06-01")
    assert "No drift." in said.out
    assert "kinds" in said.out
    told = isthmus("drift", ws, "--until", "2024-10-01", "--model", "popularity", "--json").json
    assert {one["check"] for one in told["findings"]} >= {"kinds", "quality", "scores, KS"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--window", "30"], 2, "hours, days or weeks"),
        (["--window", "0d"], 2, "hours, days or weeks"),
        (["--since", "yesterday"], 2, "--since"),
        (["--since", "2024-12-20"], 2, "no room"),
        (["--model", "popularty"], 4, "popularty"),
    ],
)
def test_what_drift_refuses(ws, isthmus, arguments, code, message):
    assert message in isthmus("drift", ws, *arguments, code=code).err
