import pytest

from isthmus.encoders import CachedEncoder, load_encoder
from isthmus.encoders.use import UseEncoder
from isthmus.errors import UnknownNameError
from isthmus.settings import EncoderSettings


def test_the_default_is_found_by_name():
    assert isinstance(load_encoder("use"), UseEncoder)
    assert load_encoder("use").embedding_size == 512


def test_a_folder_puts_it_behind_the_cache(tmp_path):
    cached = load_encoder("use", cache=tmp_path)
    assert isinstance(cached, CachedEncoder)
    assert (cached.name, cached.revision) == ("use", load_encoder("use").revision)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.extras
def test_the_name_given_wins_over_the_settings():
    settings = EncoderSettings(name="use", base_url="http://localhost:1/v1")
    assert load_encoder("openai:nomic", settings).name == "openai:nomic"


UNKNOWN = [("usse", "use"), ("openai:", "openai:<model>"), ("bert", "openai:<model>, use")]


@pytest.mark.parametrize(("name", "says"), UNKNOWN)
def test_an_unknown_name_offers_the_known_ones(name, says):
    with pytest.raises(UnknownNameError) as caught:
        load_encoder(name)
    assert says in caught.value.hint
