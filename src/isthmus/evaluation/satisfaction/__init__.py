"""Are people content? What they say, which of two systems they choose, and what another system would have
earned."""

from isthmus.evaluation.satisfaction.feedback import Feedback, analyse_feedback
from isthmus.evaluation.satisfaction.interleaving import (
    Interleaved,
    Preference,
    credit,
    find_preference,
    team_draft,
)
from isthmus.evaluation.satisfaction.off_policy import Estimate, OffPolicy, estimate_off_policy
from isthmus.evaluation.satisfaction.sequential import ConfidenceSequence, follow_difference, follow_mean
from isthmus.evaluation.satisfaction.surveys import Satisfied, measure_csat, measure_nps, wilson_interval

__all__ = [
    "ConfidenceSequence",
    "Estimate",
    "Feedback",
    "Interleaved",
    "OffPolicy",
    "Preference",
    "Satisfied",
    "analyse_feedback",
    "credit",
    "estimate_off_policy",
    "find_preference",
    "follow_difference",
    "follow_mean",
    "measure_csat",
    "measure_nps",
    "team_draft",
    "wilson_interval",
]
