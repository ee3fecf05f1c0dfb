"""The flagship model, DESIGN.md §3."""

from isthmus.models.bridge.bridge import Bridge
from isthmus.models.bridge.config import BridgeConfig

__all__ = ["Bridge", "BridgeConfig"]
