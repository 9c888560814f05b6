"""The read side: the log as typed DuckDB tables, cut to a viewpoint on three clocks and folded into answers.

The log is the only truth. Everything here can be deleted at any time and is made again from it.
"""

from projections.catalogue import CATALOGUE, Applies, Filter, Projection
from projections.engine import Engine
from projections.queries.filters import FilterError, UnknownFilter
from projections.viewpoint import Viewpoint

__all__ = [
    "CATALOGUE",
    "Applies",
    "Engine",
    "Filter",
    "FilterError",
    "Projection",
    "UnknownFilter",
    "Viewpoint",
]
