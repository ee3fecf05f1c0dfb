"""Arrays in, arrays out: the mathematics that several rooms share. Knows no ids, no people, no files."""

from isthmus.numeric.probability import log_sum_exp, softmax
from isthmus.numeric.solvers import inverse_spd
from isthmus.numeric.sparse import idf, row_normalise, scale_columns, scale_rows, unit_rows
from isthmus.numeric.topk import top_k

__all__ = [
    "idf",
    "inverse_spd",
    "log_sum_exp",
    "row_normalise",
    "scale_columns",
    "scale_rows",
    "softmax",
    "top_k",
    "unit_rows",
]
