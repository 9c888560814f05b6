"""What a projection is: a resource, with the order of its items, the filters that select them, and its columns.

For example, `policies` come in the order of their slugs, and `kind=tariff` selects some of them. Which there are is in
`projections.catalogue`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from projections.column_kinds import COMMON, Kind


class Applies(Enum):
    """Where a filter bites."""

    ROWS = "rows"
    """On the events, before they are folded: only for what never differs between the events of one item."""
    ITEMS = "items"
    """On the items, after the fold."""


THINGS = ("policies", "agreements", "facilities", "links", "risks", "relationships", "commitments")
"""The families of what holds over time."""

OWN_MEANINGS: Mapping[str, tuple[str, ...]] = {
    "publisher": THINGS,
    "relationship": ("relationships",),
    **dict.fromkeys(("subject_kind", "period", "period_from", "period_to", "dimension.*", "figure_id"), ("figures",)),
    "prefer": ("figures", *THINGS),
    "resolve": ("figures",),
    "q": ("entities", "figures"),
}
"""Filters that are no comparison with a column (`projections.queries.filters` says what they mean), and the families
that each of them is about."""

_TABLE_NAME = re.compile(r"[a-z]+(_[a-z]+)*")


@dataclass(frozen=True)
class Filter:
    """A query parameter that selects items. A name that ends in `*` stands for all names with that beginning.

    The value is compared with `column`, in the way of the column's kind: a list must hold it, a slug is followed
    through merges. Only the filters in `OWN_MEANINGS` have no column.
    """

    name: str
    description: str
    column: str | None = None
    applies: Applies = Applies.ITEMS
    example: str | None = None
    choices: tuple[str, ...] = ()
    several: bool = True
    """Whether one of several values may fit, with commas between: not where the value is a bound or a phrase."""

    @property
    def takes_several(self) -> bool:
        """Whether the text of a value may hold several. Both of `true` and `false` would select nothing."""
        return self.several and self.choices != ("true", "false")


@dataclass(frozen=True)
class Projection:
    """A resource: what one item is, in which order items come, and how they are selected.

    `reads` are the relations that its view reads (`projections.shared_views` says what names there are): its family, as
    a rule. `slug` is the column that names an item in a path. `columns` are the kinds of those of its columns that the
    common vocabulary (`projections.column_kinds.COMMON`) does not have, or has otherwise. `hidden` are columns of the
    view that serve filters and the order, and are no part of an item. `part` is the column that names a part of a thing
    (a policy's provision) where items are about the whole thing unless a filter asks for parts; `known_by` are the
    columns that together say what an item is about, where `slug` is made of them (`projections.queries.composite_ids`).
    `sorts` are further orders by name, and what each of them goes by before the projection's own order.

    Raises TypeError where the name is not letters with `_` between, as it stands in SQL and in addresses, or a filter
    compares with a column whose kind is not known, or cannot be compared.
    """

    name: str
    description: str
    family: str
    order: tuple[str, ...]
    filters: tuple[Filter, ...]
    reads: tuple[str, ...]
    slug: str | None = None
    columns: Mapping[str, Kind] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    part: str | None = None
    known_by: tuple[str, ...] = ()
    sorts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _TABLE_NAME.fullmatch(self.name):
            raise TypeError(f"projection {self.name!r}: its name is that of a table too; write it as in `lead_times`")
        for one in self.filters:
            where = f"filter {one.name!r} of projection {self.name!r}"
            if one.column is None:
                if self.family not in OWN_MEANINGS.get(one.name, ()):
                    raise TypeError(f"{where} names no column, and has no meaning of its own for {self.family!r}")
            elif one.column not in self.kinds:
                raise TypeError(f"{where}: the kind of column {one.column!r} is not known; declare it in `columns`")
            elif not self.kinds[one.column].can_be_filtered:
                raise TypeError(f"{where}: no value can be compared with column {one.column!r}, which holds objects")

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The kind of each column: the common vocabulary, and what is declared here."""
        return {**COMMON, **self.columns}

    @cached_property
    def objects(self) -> tuple[str, ...]:
        """The columns that hold a JSON object as text."""
        return tuple(name for name, kind in self.columns.items() if kind is Kind.OBJECT)

    @property
    def of_own_events(self) -> bool:
        """Whether items come in the order of their slugs, and each is made of the events that name its slug only."""
        own = (self.family,), (self.family, "withdrawals"), (f"transitions_{self.family}",)
        return self.slug == self.order[0] and self.reads in own

    @property
    def names_entities(self) -> bool:
        """Whether the slug that names an item is that of an entity, and so may have been merged into another."""
        return self.slug is not None and self.kinds[self.slug].names_entities
