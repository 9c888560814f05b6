"""The read side: the log as typed DuckDB tables, cut to a viewpoint on three clocks and folded into answers.

The log is the only truth. Everything here can be deleted at any time and is made again from it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projections.catalogue import CATALOGUE, FIGURE_IDENTITY, FIGURES, SERIES
    from projections.column_kinds import COMMON as COLUMN_KINDS
    from projections.column_kinds import Kind, is_detail
    from projections.engine import Engine
    from projections.projection import Applies, Filter, Projection
    from projections.queries.allowance import (
        Abandoned,
        Allowance,
        OutOfMemory,
        OutOfTime,
        OverLimit,
        SandboxUnavailable,
        Unanswered,
    )
    from projections.queries.filter_values import FilterError, Value, listed
    from projections.queries.filters import UnknownFilter
    from projections.queries.format import presented
    from projections.queries.inquiry import Inquiry
    from projections.queries.preferences_in_force import preferences_deciding, preferences_in_force
    from projections.queries.question_columns import ANSWER_COLUMNS, QUESTION_COLUMNS, QuestionsRefused
    from projections.queries.reader import Reader
    from projections.queries.thing_diff import DiffPlace
    from projections.queries.thing_effects import thing_effects
    from projections.queries.thing_histories import Place as ThingPlace
    from projections.queries.touched_things import THINGS
    from projections.tables.kept_position import KeptPosition, kept_position
    from projections.tables.table_place import tables_removed
    from projections.tables.tables_unavailable import TablesUnavailable
    from projections.viewpoint import Viewpoint
else:
    from importlib import import_module

    _PLACES = {
        "projections.catalogue": "CATALOGUE FIGURE_IDENTITY FIGURES SERIES",
        "projections.column_kinds": "COLUMN_KINDS=COMMON Kind is_detail",
        "projections.engine": "Engine",
        "projections.projection": "Applies Filter Projection",
        "projections.queries.allowance": (
            "Abandoned Allowance OutOfMemory OutOfTime OverLimit SandboxUnavailable Unanswered"
        ),
        "projections.queries.filter_values": "FilterError Value listed",
        "projections.queries.filters": "UnknownFilter",
        "projections.queries.format": "presented",
        "projections.queries.inquiry": "Inquiry",
        "projections.queries.preferences_in_force": "preferences_deciding preferences_in_force",
        "projections.queries.question_columns": "ANSWER_COLUMNS QUESTION_COLUMNS QuestionsRefused",
        "projections.queries.reader": "Reader",
        "projections.queries.thing_diff": "DiffPlace",
        "projections.queries.thing_effects": "thing_effects",
        "projections.queries.thing_histories": "ThingPlace=Place",
        "projections.queries.touched_things": "THINGS",
        "projections.tables.kept_position": "KeptPosition kept_position",
        "projections.tables.table_place": "tables_removed",
        "projections.tables.tables_unavailable": "TablesUnavailable",
        "projections.viewpoint": "Viewpoint",
    }
    """The names that each module has for others, `ours=its` where it calls one otherwise."""
    _PLACE_OF = {
        ours: (module, its or ours)
        for module, names in _PLACES.items()
        for ours, _, its in (name.partition("=") for name in names.split())
    }

    def __getattr__(name: str) -> object:
        """A public name, whose module is imported the first time that it is asked for."""
        if name not in _PLACE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, its = _PLACE_OF[name]
        value = globals()[name] = getattr(import_module(module), its)
        return value


__all__ = [
    "ANSWER_COLUMNS",
    "CATALOGUE",
    "COLUMN_KINDS",
    "FIGURES",
    "FIGURE_IDENTITY",
    "QUESTION_COLUMNS",
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
    "KeptPosition",
    "Kind",
    "OutOfMemory",
    "OutOfTime",
    "OverLimit",
    "Projection",
    "QuestionsRefused",
    "Reader",
    "SandboxUnavailable",
    "TablesUnavailable",
    "ThingPlace",
    "Unanswered",
    "UnknownFilter",
    "Value",
    "Viewpoint",
    "is_detail",
    "kept_position",
    "listed",
    "preferences_deciding",
    "preferences_in_force",
    "presented",
    "tables_removed",
    "thing_effects",
]
