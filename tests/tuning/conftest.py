"""The world in which settings are searched."""

import pytest
from tuning_world import make_world

from isthmus.dataset import Dataset


@pytest.fixture(scope="session")
def world() -> Dataset:
    return make_world()
