"""Sealed: only the passphrase opens it, and a weaker kind of sealing is refused."""

import base64
import copy

import pytest

from isthmus.errors import PassportDowngradedError, PassportError, PassportLockedError
from isthmus.passport import seal, unseal

pytestmark = pytest.mark.extras

DOCUMENT = {"format": "isthmus-passport", "topics": [{"name": "科幻", "weight": 0.5}]}


@pytest.fixture(scope="module")
def sealed():
    return seal(DOCUMENT, "correct horse")


def test_the_passphrase_opens_it_and_nothing_can_be_read_without(sealed):
    assert unseal(sealed, "correct horse") == DOCUMENT
    assert "科幻".encode() not in base64.b64decode(sealed["ciphertext"])
    assert seal(DOCUMENT, "correct horse")["ciphertext"] != sealed["ciphertext"]  # a fresh salt and nonce
    for wrong in ("Correct horse", "", None):
        with pytest.raises(PassportLockedError):
            unseal(sealed, wrong, "me.passport")


@pytest.mark.parametrize("place", [("ciphertext",), ("kdf", "salt"), ("cipher", "nonce")])
def test_a_changed_envelope_does_not_open(sealed, place):
    changed = copy.deepcopy(sealed)
    inner = changed
    for name in place[:-1]:
        inner = inner[name]
    raw = bytearray(base64.b64decode(inner[place[-1]]))
    raw[0] ^= 1
    inner[place[-1]] = base64.b64encode(raw).decode()
    with pytest.raises(PassportLockedError):
        unseal(changed, "correct horse")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"version": 0}, PassportDowngradedError),
        ({"kdf": {"name": "md5"}}, PassportDowngradedError),
        ({"kdf": {"n": 2}}, PassportDowngradedError),
        ({"cipher": {"name": "none"}}, PassportDowngradedError),
        ({"kdf": {"n": 2**40}}, PassportError),  # a terabyte of memory
        ({"kdf": {"n": 2**15 + 1}}, PassportError),
        ({"ciphertext": "###"}, PassportError),
        ({"kdf": None}, PassportError),
    ],
)
def test_another_way_of_sealing_is_refused(sealed, change, error):
    changed = copy.deepcopy(sealed)
    for name, value in change.items():
        changed[name] = changed[name] | value if isinstance(value, dict) else value
    with pytest.raises(error):
        unseal(changed, "correct horse")


def test_an_empty_passphrase_seals_nothing():
    with pytest.raises(PassportError, match="empty"):
        seal(DOCUMENT, "")
