"""The owner is told, in both languages, all that matters and nothing that is not so."""

import pytest

from isthmus.passport import tell
from isthmus.passport.languages import language_of

pytestmark = pytest.mark.extras


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("level", ["topics", "vectors", "full"])
def test_both_languages_tell_the_same(known, level, language):
    passport = known.passport(level, epsilon=3.0)
    said = "\n".join(tell(passport, language))
    for one in (*passport.topics[:8], *passport.keywords):
        assert one.name in said
    for one in passport.provenance:
        assert one.platform in said
        assert str(one.n_items) in said
    assert "2027-05-23" in said
    assert ("epsilon" in said) == (level == "vectors")
    assert len(tell(passport, "en")) == len(tell(passport, "zh"))


def test_a_list_of_items_is_owned_up_to(known):
    assert "is not in it" in "\n".join(tell(known.passport()))
    assert "item by item" in "\n".join(tell(known.passport(with_items=True)))
    assert "清单" in "\n".join(tell(known.passport(with_items=True), "zh"))


@pytest.mark.parametrize(
    ("title", "code"),
    [("三体", "zh"), ("ノルウェイの森", "ja"), ("채식주의자", "ko"), ("Война", "ru"), ("Dune", "")],
)
def test_a_script_tells_a_language(title, code):
    assert language_of(title) == code
