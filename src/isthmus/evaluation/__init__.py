"""Who is tested on what, how good the lists are, how sure that is, and a report to look at."""

from isthmus.evaluation.evaluate import DEFAULT_METRICS, evaluate
from isthmus.evaluation.k_core import k_core
from isthmus.evaluation.metrics import METRICS, Lists, parse_metric
from isthmus.evaluation.plots import Flow, InterestMap, map_interests, measure_flow
from isthmus.evaluation.protocols import (
    PROTOCOLS,
    cold_start,
    find_protocol,
    k_shot,
    leave_last_out,
    time_split,
)
from isthmus.evaluation.report import ListedItem, PersonList, render_report
from isthmus.evaluation.results import Comparison, Figure, Report, Timing
from isthmus.evaluation.significance import Interval, PairedInterval, bootstrap_interval, paired_bootstrap
from isthmus.evaluation.split import Cases, Split
from isthmus.evaluation.twins import Twins, TwinSettings, find_twins, without_twins

__all__ = [
    "DEFAULT_METRICS",
    "METRICS",
    "PROTOCOLS",
    "Cases",
    "Comparison",
    "Figure",
    "Flow",
    "InterestMap",
    "Interval",
    "ListedItem",
    "Lists",
    "PairedInterval",
    "PersonList",
    "Report",
    "Split",
    "Timing",
    "TwinSettings",
    "Twins",
    "bootstrap_interval",
    "cold_start",
    "evaluate",
    "find_protocol",
    "find_twins",
    "k_core",
    "k_shot",
    "leave_last_out",
    "map_interests",
    "measure_flow",
    "paired_bootstrap",
    "parse_metric",
    "render_report",
    "time_split",
    "without_twins",
]
