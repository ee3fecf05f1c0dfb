"""`isthmus passport`, as it is written in its help."""

import json
import re

import pytest

pytestmark = pytest.mark.extras


@pytest.mark.parametrize("verb", ["make", "read", "verify", "show", "edit", "use"])
def test_help_has_an_example(isthmus, verb):
    assert re.search(rf"Example: isthmus passport {verb}", isthmus("passport", verb, "--help").out)


def test_from_one_workspace_to_another(ws, isthmus, files, tmp_path):
    file, less, shop = tmp_path / "me.passport", tmp_path / "less.passport", tmp_path / "shop"
    # The noise is drawn from the issuer's secret, new in every run: with epsilon 30 it changes nothing.
    made = ("make", ws, "--user", "bob", "--out", file, "--level", "vectors", "--epsilon", 30)
    said = isthmus("passport", *made).out
    signer = re.search(r"signed by ([0-9a-f-]{19})\.", said)[1]
    assert isthmus("passport", "verify", file, "--issuer", signer, "--json").json["issuer"] == signer
    assert "Any key was believed" in isthmus("passport", "verify", file).err
    assert isthmus("passport", "read", file).json == json.loads(file.read_text())
    assert "science fiction" in isthmus("passport", "show", file).out
    assert "你同意的用途" in isthmus("passport", "show", file, "--language", "zh").out

    isthmus("init", shop)
    isthmus("items", shop, files / "items.csv")
    found = isthmus("passport", "use", shop, file, "--platform", "films", "-n", 1, "--json").json
    assert [one["title"] for one in found["list"]] == ["Interstellar"]
    assert "science fiction" in found["list"][0]["why"]
    assert "感兴趣" in isthmus("passport", "use", shop, file, "--platform", "films", "--language", "zh").out

    isthmus("passport", "edit", ws, file, "--remove", "science fiction", "--out", less)
    assert "science fiction" not in less.read_text()
    isthmus("passport", "use", shop, less, "--platform", "films")
    assert "revision 1" in isthmus("passport", "use", shop, file, "--platform", "films", code=3).err


def test_refusals_end_with_a_reason_and_a_code(ws, isthmus, tmp_path):
    file, secret = tmp_path / "me.passport", tmp_path / "passphrase"
    isthmus("passport", "make", ws, "--user", "bob", "--out", file)
    assert (
        "no level"
        in isthmus("passport", "make", ws, "--user", "bob", "--out", file, "--level", "x", code=2).err
    )
    assert "there already" in isthmus("passport", "make", ws, "--user", "bob", "--out", file, code=3).err
    text = file.read_text()
    file.write_text(text.replace("science fiction", "cooking"))
    assert "signature does not fit" in isthmus("passport", "verify", file, code=3).err
    file.write_text(text.replace('"version": 1', '"version": 0'))
    assert "version 0" in isthmus("passport", "verify", file, code=3).err
    file.write_text(text)
    assert "not the issuer" in isthmus("passport", "verify", file, "--issuer", "0000", code=3).err
    assert "no factor" in isthmus("passport", "edit", ws, file, "--out", file, "--lower", "x", code=2).err

    secret.write_text("open sesame\n", encoding="utf-8")
    sealed = tmp_path / "sealed.passport"
    isthmus("passport", "make", ws, "--user", "bob", "--out", sealed, "--passphrase-file", secret)
    assert "passphrase" in isthmus("passport", "show", sealed, code=3).err
    assert "science fiction" in isthmus("passport", "show", sealed, "--passphrase-file", secret).out
    secret.write_text("\n")
    assert "no passphrase" in isthmus("passport", "show", sealed, "--passphrase-file", secret, code=3).err
