"""What all tests share: numbers that are not numbers are errors, and the contract suites can be imported."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

np.seterr(invalid="raise", divide="raise")

# Suites are plain modules, so that a test of a model is a class with three lines wherever it stands.
sys.path.insert(0, str(Path(__file__).parent / "contracts"))
# Their assertions speak plainly too; this must come before whoever imports them first.
pytest.register_assert_rewrite("contracts.source_suite", "contracts.planted_suite", "contracts.export_suite")

# The same examples in every run and on every machine, however slow.
settings.register_profile(
    "isthmus", derandomize=True, deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("isthmus")
