"""One file per metric; a name with its cut-off, `ndcg@10`, is all the other rooms need to know."""

from collections.abc import Mapping

from isthmus.errors import UnknownNameError
from isthmus.evaluation.metrics.auc import auc
from isthmus.evaluation.metrics.average_precision import average_precision
from isthmus.evaluation.metrics.base import Lists, Metric, MetricFunction
from isthmus.evaluation.metrics.calibration import calibration
from isthmus.evaluation.metrics.category_diversity import category_diversity
from isthmus.evaluation.metrics.coverage import coverage
from isthmus.evaluation.metrics.f1 import f1
from isthmus.evaluation.metrics.gini import gini
from isthmus.evaluation.metrics.hit_rate import hit_rate
from isthmus.evaluation.metrics.intra_list_diversity import intra_list_diversity
from isthmus.evaluation.metrics.mrr import reciprocal_rank
from isthmus.evaluation.metrics.ndcg import ndcg
from isthmus.evaluation.metrics.novelty import novelty
from isthmus.evaluation.metrics.popularity_bias import popularity_bias
from isthmus.evaluation.metrics.precision import precision
from isthmus.evaluation.metrics.recall import recall
from isthmus.evaluation.metrics.serendipity import serendipity

__all__ = ["LOWER_IS_BETTER", "METRICS", "Lists", "Metric", "MetricFunction", "parse_metric"]

METRICS: Mapping[str, MetricFunction] = {
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "hit_rate": hit_rate,
    "ndcg": ndcg,
    "map": average_precision,
    "mrr": reciprocal_rank,
    "auc": auc,
    "coverage": coverage,
    "gini": gini,
    "diversity": intra_list_diversity,
    "category_diversity": category_diversity,
    "novelty": novelty,
    "serendipity": serendipity,
    "popularity_bias": popularity_bias,
    "calibration": calibration,
}
"""Every metric by its name."""

LOWER_IS_BETTER = frozenset({"gini", "popularity_bias", "calibration"})
"""Names of the metrics of which less is better; of all others more is."""


def parse_metric(text: str) -> Metric:
    """The metric that `text`, such as "ndcg@10", names; raises UnknownNameError."""
    name, _, cut = text.strip().lower().partition("@")
    if name not in METRICS:
        raise UnknownNameError("metric", text, (f"{known}@{cut or 10}" for known in METRICS))
    if not (cut.isascii() and cut.isdigit() and int(cut) > 0):
        hint = f"Give the length of the list it looks at: {name}@10."
        raise UnknownNameError("metric", text, hint=hint)
    return Metric(name, int(cut), METRICS[name])
