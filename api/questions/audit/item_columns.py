"""Item columns: which members the items of a question have, in order, and of which kinds, whether there are any or not.

So a table without rows has the columns that it would have with some, and no column is of a type that its values happen
to have. They are written as one text, a name and its kind: `gap:decimal days:count`; without a kind a name has the one
that it has everywhere (`projections.column_kinds`), or is a text.
"""

from collections.abc import Mapping

from projections import COLUMN_KINDS, THINGS, Kind

FIGURE = "figure_id subject metric material dimensions nature period period_start period_end"
"""What tells figures apart."""
_NAMED_BY = {resource: (*names, "role") if resource == "relationships" else names for resource, names in THINGS.items()}


def item_columns(text: str) -> Mapping[str, Kind]:
    """The columns that a text names."""
    columns = {}
    for one in text.split():
        name, _, kind = one.partition(":")
        columns[name] = Kind(kind) if kind else COLUMN_KINDS.get(name, Kind.TEXT)
    return columns


def columns_of_things(text: str) -> Mapping[str, Mapping[str, Kind]]:
    """The same of things that hold over time, by resource: what names a thing comes first."""
    return {resource: item_columns(" ".join((*names, text))) for resource, names in _NAMED_BY.items()}
