"""Series of things that hold over time: what each publisher stated of a transition, in order of publication.

For example, of the commissioning of a plant a company said 2027 and then June 2028, and a newspaper 2029: two series.
A publisher's *voice* is what its statements up to a moment amount to: the last one, and what that leaves out as it was
said before; a statement that it has taken back is as if it had never been made.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from projections.audit.findings import Item
from projections.catalogue import CATALOGUE
from projections.queries.filter_values import Value
from projections.queries.reader import Reader
from projections.queries.statement_history import DATES, Telling
from projections.queries.transition_types import things_of
from projections.queries.transitions import CLASHING
from projections.sql_text import quoted, sql


class Stated(NamedTuple):
    """A transition: which thing it is of, as shown, its part and type, and all that was said of it in order."""

    thing: Item
    part: str | None
    transition: str
    tellings: list[Telling]


class ThingSeries:
    """The transitions of the things of a resource that filters select."""

    def __init__(self, reader: Reader, resource: str, filters: Mapping[str, Value]) -> None:
        self._reader, self._projection, self._filters = reader, CATALOGUE[resource], filters
        family = reader.families[self._projection.family]
        self.thing = things_of(family)
        names = [column.name for column in family.columns]
        self.dates = [name for name in DATES if name in names]
        self.clashing = [name for name in CLASHING if name in names]
        self._text = sql("audit/thing_series.sql").format(
            family=family.name,
            thing=", ".join(map(quoted, self.thing)),
            said=", ".join(map(quoted, (*self.dates, *self.clashing))),
        )

    def transitions(self, *, contested: bool = False) -> Iterator[Stated]:
        """The transitions in the order of their things, parts and starts: all, or those of which several speak."""
        where = "WHERE contested" if contested else ""
        order = ", ".join((*map(quoted, self.thing), "of_part", "first_start", "step", "occurrence"))
        query = f"{self._text} SELECT * FROM series {where} ORDER BY {order}, published_until, position"
        tables = self._reader.tellings_in_parts(self._projection, self._filters, query, {})
        rows = (row for table in tables for row in self._reader.allowance.rows_of(table))
        keys = (*self.thing, "of_part", "step", "occurrence")
        for _, together in groupby(rows, key=lambda row: tuple(row[key] for key in keys)):
            yield self._stated(list(together))

    def days(self) -> list[str]:
        """The days on which a date was published, or taken back."""
        query = f"{self._text} SELECT DISTINCT CAST(published_until AS DATE) AS day FROM series ORDER BY day"
        table = self._reader.tellings_chosen(self._projection, self._filters, query, {})
        return self._reader.allowance.values_of(table["day"])

    def _stated(self, rows: Sequence[Item]) -> Stated:
        first = rows[0]
        return Stated(
            {name: first[name] or None for name in self.thing},
            first["of_part"] or None,
            first["type"],
            [self._telling(row) for row in rows],
        )

    def _telling(self, row: Item) -> Telling:
        return Telling(
            published_until=datetime.fromisoformat(row["published_until"]),
            position=row["position"],
            event_id=row["event_id"],
            type=row["type"],
            part=row["of_part"] or None,
            transition=(),
            publisher=row["publisher"] or None,
            published_at=row["published_at"],
            recorded_at=row["recorded_at"],
            dates={name: row[name] for name in self.dates if row[name] is not None},
            says={name: row[name] for name in self.clashing if row[name] is not None},
            withdraws=row["withdraws"],
        )


class Voice:
    """What one publisher says of one transition, while its statements come and are taken back."""

    def __init__(self) -> None:
        self._said: dict[str, list[tuple[Telling, Any]]] = defaultdict(list)
        self._made: list[Telling] = []

    def take(self, telling: Telling, taken_back: set[str]) -> None:
        """Take in a statement, or note that one was taken back: `taken_back` are those up to now."""
        if telling.withdraws is None and telling.event_id not in taken_back:
            self._made.append(telling)
            for name, value in (*telling.dates.items(), *telling.says.items()):
                self._said[name].append((telling, value))

    def says(self, name: str, taken_back: set[str]) -> Any:
        """What it says of a field; None where nothing."""
        stack = self._said.get(name, [])
        while stack and stack[-1][0].event_id in taken_back:
            stack.pop()
        return stack[-1][1] if stack else None

    def last(self, taken_back: set[str]) -> Telling | None:
        """Its last statement that stands."""
        while self._made and self._made[-1].event_id in taken_back:
            self._made.pop()
        return self._made[-1] if self._made else None
