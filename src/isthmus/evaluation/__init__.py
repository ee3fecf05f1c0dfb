"""Who is tested on what, how good the lists are, how sure that is, and a report to look at."""

from isthmus.evaluation.breakdown import by_activity, by_item_popularity, by_platform
from isthmus.evaluation.corrections import benjamini_hochberg, holm
from isthmus.evaluation.evaluate import DEFAULT_METRICS, evaluate
from isthmus.evaluation.k_core import k_core
from isthmus.evaluation.leaks import Finding, Leaks, LeakSettings, check_leaks
from isthmus.evaluation.metrics import LOWER_IS_BETTER, METRICS, Lists, parse_metric
from isthmus.evaluation.pairwise import compare_all, compare_report
from isthmus.evaluation.permutation import PermutationTest, paired_permutation
from isthmus.evaluation.plots import Flow, InterestMap, map_interests, measure_flow
from isthmus.evaluation.protocols import (
    PROTOCOLS,
    SERIES,
    cold_items,
    cold_start,
    find_options,
    find_protocol,
    k_shot,
    leave_last_out,
    leave_platform_out,
    make_splits,
    rolling_windows,
    time_split,
)
from isthmus.evaluation.report import ListedItem, PersonList, render_report
from isthmus.evaluation.results import (
    Comparison,
    Figure,
    GroupFigure,
    PairedDifference,
    Report,
    Timing,
    TransferFigure,
)
from isthmus.evaluation.significance import Interval, PairedInterval, bootstrap_interval, paired_bootstrap
from isthmus.evaluation.split import Cases, Split
from isthmus.evaluation.study import Skipped, Standing, Study
from isthmus.evaluation.transfer import choose_model, measure_transfer
from isthmus.evaluation.twins import Twins, TwinSettings, find_twins, without_twins

__all__ = [
    "DEFAULT_METRICS",
    "LOWER_IS_BETTER",
    "METRICS",
    "PROTOCOLS",
    "SERIES",
    "Cases",
    "Comparison",
    "Figure",
    "Finding",
    "Flow",
    "GroupFigure",
    "InterestMap",
    "Interval",
    "LeakSettings",
    "Leaks",
    "ListedItem",
    "Lists",
    "PairedDifference",
    "PairedInterval",
    "PermutationTest",
    "PersonList",
    "Report",
    "Skipped",
    "Split",
    "Standing",
    "Study",
    "Timing",
    "TransferFigure",
    "TwinSettings",
    "Twins",
    "benjamini_hochberg",
    "bootstrap_interval",
    "by_activity",
    "by_item_popularity",
    "by_platform",
    "check_leaks",
    "choose_model",
    "cold_items",
    "cold_start",
    "compare_all",
    "compare_report",
    "evaluate",
    "find_options",
    "find_protocol",
    "find_twins",
    "holm",
    "k_core",
    "k_shot",
    "leave_last_out",
    "leave_platform_out",
    "make_splits",
    "map_interests",
    "measure_flow",
    "measure_transfer",
    "paired_bootstrap",
    "paired_permutation",
    "parse_metric",
    "render_report",
    "rolling_windows",
    "time_split",
    "without_twins",
]
