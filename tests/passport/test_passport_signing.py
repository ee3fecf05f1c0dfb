"""Keys and signatures: a vector of RFC 8032, one byte more or less, and where the key lies."""

import base64
import sys

import pytest

from isthmus.errors import MissingExtraError, PassportTamperedError, WorkspaceError
from isthmus.passport import IssuerKey, check_signature, fingerprint

pytestmark = pytest.mark.extras


def test_the_public_key_is_that_of_rfc_8032():
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert base64.b64decode(IssuerKey(seed).public_key).hex() == public


def test_a_signature_fits_just_what_was_signed():
    key = IssuerKey(bytes(32))
    signed = key.sign({"issuer": {"public_key": key.public_key}, "weight": 0.5})
    check_signature(signed)
    check_signature(dict(reversed(signed.items())))  # the order of members says nothing
    for changed in ({"weight": 0.25}, {"more": 1}, {"signature": base64.b64encode(bytes(64)).decode()}):
        with pytest.raises(PassportTamperedError):
            check_signature(signed | changed)
    other = IssuerKey(bytes([1]) * 32)
    with pytest.raises(PassportTamperedError):
        check_signature(signed | {"issuer": {"public_key": other.public_key}})
    with pytest.raises(PassportTamperedError):
        check_signature({name: one for name, one in signed.items() if name != "weight"})


def test_the_key_is_made_once_and_is_private(tmp_path):
    first = IssuerKey.of(tmp_path)
    file = tmp_path / "private" / "passport.key"
    assert IssuerKey.of(tmp_path).public_key == first.public_key
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in file.parent.iterdir()] == ["passport.key"]
    assert first.secret("noise") != first.secret("other")
    file.write_text("no key")
    with pytest.raises(WorkspaceError, match=r"passport\.key"):
        IssuerKey.of(tmp_path)


def test_without_the_extra_nothing_is_written_and_the_command_is_named(tmp_path, monkeypatch):
    for name in [one for one in sys.modules if one.startswith("cryptography")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(MissingExtraError, match=r"isthmus\[passport\]"):
        IssuerKey.of(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_fingerprint_is_short_and_differs():
    one, other = (fingerprint(IssuerKey(bytes([byte]) * 32).public_key) for byte in (1, 2))
    assert len(one) == 19
    assert one != other
