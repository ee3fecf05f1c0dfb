"""Arrays in, arrays out: the mathematics that several rooms share. Knows no ids, no people, no files."""

from isthmus.numeric.alternating import ColumnFactors
from isthmus.numeric.elastic_net import ElasticNet, sparse_weights
from isthmus.numeric.probability import log_sum_exp, softmax
from isthmus.numeric.solvers import inverse_spd
from isthmus.numeric.sparse import idf, row_normalise, scale_columns, scale_rows, unit_rows
from isthmus.numeric.spectral import right_vectors
from isthmus.numeric.threads import in_threads, single_threaded
from isthmus.numeric.topk import top_k

__all__ = [
    "ColumnFactors",
    "ElasticNet",
    "idf",
    "in_threads",
    "inverse_spd",
    "log_sum_exp",
    "right_vectors",
    "row_normalise",
    "scale_columns",
    "scale_rows",
    "single_threaded",
    "softmax",
    "sparse_weights",
    "top_k",
    "unit_rows",
]
