"""Has what comes in, what goes out, or how good it is changed? The newest window against those before it."""

from isthmus.evaluation.drift.blocks import Shift
from isthmus.evaluation.drift.inputs import Stream, measure_inputs
from isthmus.evaluation.drift.judging import Drift, DriftFinding, DriftSettings, Measured, judge
from isthmus.evaluation.drift.outputs import measure_quality, measure_scores
from isthmus.evaluation.drift.windows import Windows, window_cases

__all__ = [
    "Drift",
    "DriftFinding",
    "DriftSettings",
    "Measured",
    "Shift",
    "Stream",
    "Windows",
    "judge",
    "measure_inputs",
    "measure_quality",
    "measure_scores",
    "window_cases",
]
