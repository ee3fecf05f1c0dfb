"""Bridge keeps the contract of every model; its own promises are tested here."""

from contracts.model_suite import ModelContract
from isthmus.models import Bridge


class TestBridge(ModelContract):
    tolerance = 1e-4

    def make(self) -> Bridge:
        return Bridge()
