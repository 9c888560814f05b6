"""Thing names: which thing that holds over time is meant, at each position of the log.

A policy has one slug for ever. A facility is known by the slug of an entity, and a relationship by two, which may have
been merged into others since: asked for by the one slug, it is what that meant at each position.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from projections.queries.names import Names
from projections.queries.transition_types import things_of
from projections.sql_text import quoted
from projections.tables.families import Family

Bind = Callable[[Any], str]


@dataclass(frozen=True)
class ThingName:
    """What a thing of a family is known by: for each of its columns the values, and from which position on each."""

    family: str
    meanings: Mapping[str, Sequence[tuple[int, str]]]

    def at(self, position: int) -> dict[str, str]:
        """What it is known by at a position."""
        return {
            column: meant[bisect_right(meant, position, key=lambda one: one[0]) - 1][1]
            for column, meant in self.meanings.items()
        }

    def as_at(self, position: int) -> "ThingName":
        """The same thing, as it is known at a position."""
        return ThingName(self.family, {column: [(0, value)] for column, value in self.at(position).items()})

    def moves(self) -> set[int]:
        """The positions from which on it is known by another name than before."""
        return {at for meant in self.meanings.values() for at, _ in meant[1:]}

    def is_named(self, item: Mapping[str, Any], position: int) -> bool:
        """Whether an item is of the thing at a position."""
        return all((item[column] or "") == value for column, value in self.at(position).items())

    def ever(self, column: str) -> list[str]:
        """All that a column of it ever was."""
        return list(dict.fromkeys(value for _, value in self.meanings[column]))

    def condition(self, bind: Bind) -> str:
        """A condition on rows of the family, as `versions`: they are of the thing, under any of its names."""
        conditions = []
        for column in self.meanings:
            values = self.ever(column)
            name = f"versions.{quoted(column)}"
            if values == [""]:
                conditions.append(f"{name} IS NULL")
            elif len(values) == 1:
                conditions.append(f"{name} = {bind(values[0])}")
            else:
                conditions.append(f"LIST_CONTAINS({bind(values)}, {name})")
        return " AND ".join(conditions)

    def rows(self, bind: Bind) -> dict[str, list[str]]:
        """Conditions on the rows of relations: those that bear on the thing, and what takes one of them back."""
        own = self.condition(bind)
        rows = {self.family: [own]}
        taken = [f"SELECT event_id FROM log.{self.family} AS versions WHERE {own}"]
        if self.family == "facilities":
            operated = (
                f"versions.relation = 'operates' AND LIST_CONTAINS({bind(self.ever('facility'))}, versions.object)"
            )
            rows["relationships"] = [operated]
            taken.append(f"SELECT event_id FROM log.relationships AS versions WHERE {operated}")
        return {**rows, "withdrawals": [f"versions.withdraws IN ({' UNION ALL '.join(taken)})"]}


def thing_named(family: Family, key: Sequence[str], names: Names) -> ThingName:
    """The thing that values of the columns that things of a family are known by mean, up to the names' position."""
    resolved = {column.name for column in family.columns if () in column.slugs}
    return ThingName(
        family.name,
        {
            column: names.meanings_of(value) if column in resolved else [(0, value)]
            for column, value in zip(things_of(family), key, strict=True)
        },
    )
