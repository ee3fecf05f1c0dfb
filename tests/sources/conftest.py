"""Makes `contracts` importable, with the plain sentences of pytest for its assertions."""

import sys
from pathlib import Path

import pytest

_TESTS = str(Path(__file__).parents[1])
if _TESTS not in sys.path:
    sys.path.insert(0, _TESTS)
pytest.register_assert_rewrite("contracts.source_suite", "contracts.planted_suite", "contracts.export_suite")
