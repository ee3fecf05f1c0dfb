"""The reference of the command line says what the command line says."""

import re

import cli_reference

from isthmus import errors


def test_the_reference_is_what_help_says() -> None:
    _, below = cli_reference.FILE.read_text(encoding="utf-8").split(cli_reference.MARK)
    assert below.strip() == cli_reference.render().strip(), "run: python tests/docs/cli_reference.py"


def test_the_exit_codes_are_those_of_the_errors() -> None:
    above, _ = cli_reference.FILE.read_text(encoding="utf-8").split(cli_reference.MARK)
    told = dict(re.findall(r"^\| (\d+) \|.*?`(\w+)`", above, re.MULTILINE))
    for code, name in told.items():
        assert getattr(errors, name).exit_code == int(code)
    known = {
        getattr(errors, name).exit_code
        for name in errors.__all__
        if issubclass(getattr(errors, name), Exception)
    }
    assert {int(code) for code in told} == known
