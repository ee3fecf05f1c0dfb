from pathlib import Path

import pytest

from isthmus.errors import InputError
from isthmus.sources.paths import find_files


def test_folders_globs_and_files_each_once_and_in_order(tmp_path: Path) -> None:
    for name in ("b.csv", "a.CSV", "deep/c.csv", "deep/._c.csv", "d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find_files([tmp_path], ["*.csv"])
    assert [file.name for file in found] == ["a.CSV", "b.csv", "c.csv"]
    assert find_files([tmp_path / "*.csv"], ["*.csv"]) == [tmp_path / "b.csv"]
    assert find_files([tmp_path / "**" / "c.csv", tmp_path / "deep"], ["*.csv"]) == [
        tmp_path / "deep" / "c.csv"
    ]
    assert find_files([tmp_path / "d.txt"], ["*.csv"]) == [tmp_path / "d.txt"]


def test_a_name_with_brackets_is_a_file_first(tmp_path: Path) -> None:
    (tmp_path / "[1].csv").touch()
    assert find_files([tmp_path / "[1].csv"], ["*.csv"]) == [tmp_path / "[1].csv"]


def test_nothing_found_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\*\.csv or \*\.tsv") as caught:
        find_files([tmp_path], ["*.csv", "*.tsv"], "Look elsewhere.")
    assert caught.value.hint == "Look elsewhere."
    with pytest.raises(InputError):
        find_files([tmp_path / "*.csv"], ["*.csv"])
    with pytest.raises(InputError, match=r"no such file"):
        find_files([tmp_path / "x.csv"], ["*.csv"])
