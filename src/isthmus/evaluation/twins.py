"""Figures without twins: what is left of a test when nothing can be looked up (see `dataset/twins.py`)."""

from dataclasses import replace

from scipy.sparse import csr_array

from isthmus.dataset import Twins, TwinSettings, find_twins
from isthmus.evaluation.split import Cases

__all__ = ["TwinSettings", "Twins", "find_twins", "without_twins"]


def without_twins(cases: Cases, twins: Twins) -> Cases:
    """The same people, asked only for items that have no twin in their own history.

    A person all of whose truth goes keeps an empty row, which no metric judges, so that rows stay comparable.
    """
    leaked = cases.truth.multiply(twins.reached_by(cases.history).astype(bool))
    truth = csr_array(cases.truth - leaked)
    truth.eliminate_zeros()
    return replace(cases, truth=truth)
