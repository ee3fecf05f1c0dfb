"""A passport out of one workspace and into another, where nobody is known."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from isthmus.errors import (
    InputError,
    PassportDowngradedError,
    PassportIssuerError,
    PassportLockedError,
    PassportPurposeError,
    UnknownNameError,
)
from isthmus.passport import Terms
from isthmus.pipeline import Workspace
from isthmus.pipeline.passports import (
    edit_passport,
    issuer_of,
    make_passport,
    read_passport,
    use_passport,
    write_passport,
)

pytestmark = pytest.mark.extras

SHOP = """\
platform,item_id,title,creators,categories
shop,s1,Foundation,Isaac Asimov,science fiction
shop,s2,Bread at home,Anna Baker,cooking
shop,s3,Hyperion,Dan Simmons,science fiction
shop,s4,The bread of others,Anna Baker,cooking
"""


@pytest.fixture
def shop(tmp_path, take_in: Callable) -> Workspace:
    """A catalogue, and not one event."""
    found = Workspace.create(tmp_path / "shop")
    take_in(found, SHOP, role="items", name="shop.csv")
    return found


@pytest.fixture
def made(workspace, tmp_path):
    def make(user="books:ann", *, passphrase=None, name="me.passport", **terms):
        write_passport(make_passport(workspace, user, Terms(**terms)), tmp_path / name, passphrase)
        return tmp_path / name

    return make


@pytest.mark.parametrize("level", ["topics", "vectors", "full"])
def test_a_shop_that_knows_nobody_reads_it(made, shop, level):
    found = use_passport(shop, read_passport(made(level=level)), "shop", 2)
    assert set(found.item_ids) == {"s1", "s3"}
    assert all("science fiction" in one.sentence("shop") for one in found.found.reasons)
    assert found.found.by == ("texts" if level == "topics" else "vectors")
    assert shop.log.count() == 0


def test_a_linked_person_is_one(made):
    passport = read_passport(made("bob"))
    assert {one.platform: one.n_items for one in passport.provenance} == {"books": 2, "films": 1}


def test_nothing_of_a_person_stays_in_the_shop(made, shop):
    file = made(level="full", with_items=True)
    before = {path.relative_to(shop.folder) for path in shop.folder.rglob("*")}
    use_passport(shop, read_passport(file), "shop", 2)
    new = {path.relative_to(shop.folder) for path in shop.folder.rglob("*")} - before
    assert {path.as_posix() for path in new if path.parts[0] != "vectors"} == {"private/passports.json"}
    kept = shop.folder / "private" / "passports.json"
    assert json.loads(kept.read_text()) == {json.loads(file.read_text())["passport_id"]: 1}
    assert kept.stat().st_mode & 0o777 == 0o600


def test_what_the_passport_lists_is_not_recommended_again(made, workspace):
    passport = read_passport(made("cyd", with_items=True))
    assert set(use_passport(workspace, passport, "films", 5).item_ids) == {"f3"}
    unlisted = read_passport(made("cyd", name="unlisted.passport"))
    assert len(use_passport(workspace, unlisted, "films", 5).item_ids) == 3


def test_popularity_is_that_of_the_workspace(made, workspace):
    scores = use_passport(workspace, read_passport(made()), "films", 3)
    assert scores.item_ids[0] == "f1"  # two people, and named by the same topic
    assert np.all(np.diff(scores.found.scores) <= 0)


def test_a_revision_that_its_owner_changed_is_not_used_again(made, workspace, shop, tmp_path):
    first = read_passport(made())
    use_passport(shop, first, "shop", 1)
    use_passport(shop, first, "shop", 1)
    document = edit_passport(workspace, first, remove=[first.keywords[0].name])
    write_passport(document, tmp_path / "second.passport")
    use_passport(shop, read_passport(tmp_path / "second.passport"), "shop", 1)
    with pytest.raises(PassportDowngradedError, match="revision 1"):
        use_passport(shop, first, "shop", 1)


def test_refusals_name_the_file_and_the_reason(made, shop, workspace, tmp_path):
    file = made()
    with pytest.raises(PassportIssuerError, match=r"me\.passport"):
        read_passport(file, issuers=[issuer_of(shop)])
    assert read_passport(file, issuers=[issuer_of(workspace)])
    sealed = made(passphrase="open sesame", name="sealed.passport")
    with pytest.raises(PassportLockedError, match="passphrase"):
        read_passport(sealed)
    assert read_passport(sealed, passphrase="open sesame").level == "topics"
    private = read_passport(made(purposes=("personalise",), name="here.passport"))
    with pytest.raises(PassportPurposeError, match="transfer"):
        use_passport(shop, private, "shop", 1)
    with pytest.raises(UnknownNameError, match="platform"):
        use_passport(shop, read_passport(file), "nowhere", 1)
    with pytest.raises(InputError, match="at least 1"):
        use_passport(shop, read_passport(file), "shop", 0)
    with pytest.raises(InputError, match="cannot be read"):
        read_passport(tmp_path / "absent.passport")


def test_nobody_has_no_passport_and_none_is_overwritten(made, workspace):
    with pytest.raises(UnknownNameError, match="books:zoe"):
        make_passport(workspace, "books:zoe")
    file = made()
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match="is there already"):
        made()


def test_an_empty_workspace_has_nothing_to_recommend(made, tmp_path):
    with pytest.raises(InputError, match="nothing to recommend"):
        use_passport(Workspace.create(tmp_path / "empty"), read_passport(made()), "shop", 1)
