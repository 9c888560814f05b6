"""The read side: the log as typed DuckDB tables, cut to a viewpoint on three clocks and folded into answers.

The log is the only truth. Everything here can be deleted at any time and is made again from it.
"""

from projections.catalogue import CATALOGUE, FIGURE_IDENTITY, FIGURES, SERIES
from projections.column_kinds import COMMON as COLUMN_KINDS
from projections.column_kinds import Kind, is_detail
from projections.engine import Engine
from projections.projection import Applies, Filter, Projection
from projections.queries.allowance import Abandoned, Allowance, OutOfMemory, OutOfTime, Unanswered
from projections.queries.filter_values import FilterError, Value, listed
from projections.queries.filters import UnknownFilter
from projections.queries.inquiry import Inquiry
from projections.queries.reader import Reader
from projections.queries.thing_diff import DiffPlace
from projections.queries.thing_histories import Place as ThingPlace
from projections.queries.touched_things import THINGS
from projections.upkeep import TablesUnavailable
from projections.viewpoint import Viewpoint

__all__ = [
    "CATALOGUE",
    "COLUMN_KINDS",
    "FIGURES",
    "FIGURE_IDENTITY",
    "SERIES",
    "THINGS",
    "Abandoned",
    "Allowance",
    "Applies",
    "DiffPlace",
    "Engine",
    "Filter",
    "FilterError",
    "Inquiry",
    "Kind",
    "OutOfMemory",
    "OutOfTime",
    "Projection",
    "Reader",
    "TablesUnavailable",
    "ThingPlace",
    "Unanswered",
    "UnknownFilter",
    "Value",
    "Viewpoint",
    "is_detail",
    "listed",
]
