"""The comparison of things at two viewpoints: both are folded in one question, then put side by side.

It is the one rule of what is a difference: for what differs between viewpoints, and for what a planned append would do.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from projections.column_kinds import Kind
from projections.projection import Projection
from projections.queries.comparable_amounts import comparable
from projections.queries.difference_causes import Item
from projections.queries.filter_values import Value
from projections.queries.filters import Selection, select
from projections.queries.format import presented
from projections.queries.reader import Reader
from projections.queries.resource_clauses import resource_clauses, viewpoint_rows
from projections.queries.thing_causes import OPERATES
from projections.queries.transition_types import things_of
from projections.queries.viewpoint_cursor import naive
from projections.sql_text import quoted, sections

NO_DIFFERENCE = ("publisher", "publishers", "disputed", "foreseen", "event_id", "published_at", "position")
"""Columns of items that differ where something is only said again."""
SIDES = ("before", "after")
CHANGED = "changed"
_FIELDS_OF_PROVISIONS = (
    "LIST_TRANSFORM({}, lambda one: ROW(one.provision, one.status, one.effective_from, one.effective_to, "
    "one.interrupted_from, one.interrupted_to))"
)
"""Of the provisions of a policy, what is not only said again."""
_BESIDE = ("viewpoint", "is_wanted", "side_number", "number", "difference", "changed_fields")
_FILE = "queries/thing_diff.sql"

_ITEM_COLUMNS: dict[str, list[str]] = {}
"""By resource, the columns of its view, once they were asked for: to plan that takes as long as a whole question."""

Thing = tuple[str, ...]


class _Columns(NamedTuple):
    """The columns of a resource: those that name an item, what orders intervals, and those that are compared."""

    keys: list[str]
    within: str | None
    compared: list[str]


class ThingComparison:
    """Compares the things of a resource that filters select at one of two viewpoints. Slugs in filters mean what they
    mean at each. Raises UnknownFilter and FilterError.
    """

    def __init__(self, before: Reader, after: Reader, projection: Projection, filters: Mapping[str, Value]) -> None:
        self._reader, self._projection = after, projection
        self._asked_first = [reader.ranking for reader in (before, after)]
        self._family = after.families[projection.family]
        self._thing = [column for column in things_of(self._family) if column != "role"]
        self._chosen = [
            select(projection, filters, reader.names, prefix=f"{side}_p")
            for reader, side in zip((before, after), SIDES, strict=True)
        ]
        self._views = views = (before.viewpoint, after.viewpoint)
        bound = Selection("viewpoints_p")
        self._viewpoints = viewpoint_rows(views, bound.bind)
        named = {
            name: [
                slug for slugs in zip(*(one.params.pop(name) for one in self._chosen), strict=True) for slug in slugs
            ]
            for name in ("prefer", "publishers")
            if all(name in one.params for one in self._chosen)
        }
        worlds = sorted(naive(at.effective_at) for at in views)
        self._params: dict[str, Any] = {
            **bound.params,
            **self._chosen[0].params,
            **self._chosen[1].params,
            **{name: list(dict.fromkeys(slugs)) for name, slugs in named.items()},
            "earliest_world": worlds[0],
            "latest_world": worlds[1],
            "first_asked": sorted({slug for one in self._asked_first for slug in one.order()}),
        }
        for side, at in zip(SIDES, views, strict=True):
            self._params |= {f"{side}_position": at.position, f"{side}_known": naive(at.as_of)}

    def touched(self) -> list[Thing]:
        """The things of which an item may differ, in order."""
        touched = self._touched(self._family.name, self._selected)
        if self._family.name == "facilities":
            touched += "\nUNION ALL\n" + self._touched("relationships", OPERATES, thing=['versions."object"'])
        names = ", ".join(f"thing[{place}]" for place, _ in enumerate(self._thing, 1))
        table = self._reader.table(f"SELECT {names} FROM ({touched}) GROUP BY ALL ORDER BY ALL", self._params)
        return list(self._reader.allowance.tuples_of(table))

    def turned(self, items: Sequence[Item]) -> set[int]:
        """The places, among some that differ, of those that would be otherwise at one of the viewpoints with the
        preference of the other.
        """
        if not items or self._asks_alike:
            return set()
        bound = Selection("turned_p")
        before, after = (at.position for at in self._views)
        viewpoints = viewpoint_rows(2 * self._views, bound.bind, preferred_at=(before, after, after, before))
        hidden = "".join(f", {quoted(one)}" for one in self._projection.hidden)
        keys = self._columns.keys
        turned = sections(_FILE)["turned"].format(hidden=hidden, keys=", ".join(map(quoted, keys)))
        params = {**self._params, **bound.params, "things": self._named(list(dict.fromkeys(map(self.thing_of, items))))}
        table = self._reader.table(f"{self._clauses_at(viewpoints)},\n{turned}", params)
        found = set(self._reader.allowance.tuples_of(table))
        return {place for place, item in enumerate(items) if tuple(item[one] for one in keys) in found}

    @property
    def _asks_alike(self) -> bool:
        """Whether the same come first at both viewpoints."""
        before, after = self._asked_first
        return before.order() == after.order()

    def _named(self, things: Sequence[Thing]) -> Sequence[Any]:
        """Some things as the parameter of a question that folds them."""
        return [one for (one,) in things] if len(self._thing) == 1 else things

    def thing_of(self, item: Item) -> Thing:
        """Which of the things that may differ an item is of."""
        return tuple(item[column] for column in self._thing)

    def differing(self, things: Sequence[Thing]) -> Iterator[Item]:
        """Of some things those that differ, in order: key, `before`, `after`, `kind` and `fields`."""
        params = {**self._params, "things": self._named(things)}
        rows = self._reader.allowance.rows_of(presented(self._reader.table(self._text, params)))
        for _, together in groupby(rows, key=itemgetter("number")):
            item = self._item(list(together))
            if item["kind"] != CHANGED or item["fields"]:
                yield item

    @property
    def _selected(self) -> str:
        """The condition that an event is of a thing that is selected at one of the viewpoints."""
        either = dict.fromkeys(f"({' AND '.join(one.rows) or 'TRUE'})" for one in self._chosen)
        return f"({' OR '.join(either)})"

    def _touched(self, family: str, rows: str, *, thing: Sequence[str] = ()) -> str:
        texts = sections(_FILE)
        before, after = (texts["said"].format(side=side) for side in SIDES)
        amends = any(cls.amends for cls in self._reader.families[family].classes)
        return texts["touched"].format(
            thing=", ".join(thing or self._columns_of_thing),
            family=family,
            rows=rows,
            before=before,
            after=after,
            amended=texts["amended"] if amends else "",
            preferred="" if self._asks_alike else texts["preferred"].format(before=before, after=after),
        )

    @property
    def _columns_of_thing(self) -> list[str]:
        return [f"versions.{quoted(column)}" for column in self._thing]

    @cached_property
    def _clauses(self) -> str:
        """The clauses of the question that folds some things at both viewpoints."""
        return self._clauses_at(self._viewpoints)

    def _clauses_at(self, viewpoints: str) -> str:
        several = len(self._thing) > 1
        named = f"[{', '.join(self._columns_of_thing)}]" if several else self._columns_of_thing[0]
        these = f"(SELECT UNNEST(CAST($things AS VARCHAR{'[]' if several else ''}[])))"
        rows = {self._family.name: [self._selected, f"{named} IN {these}"]}
        if self._family.name == "facilities":
            rows["relationships"] = [OPERATES, f"versions.object IN {these}"]
        return resource_clauses(
            self._reader.ask,
            self._reader.families,
            self._projection.name,
            rows,
            viewpoints=viewpoints,
            of_publishers="publishers" in self._params,
            by_preference=self._reader.prefers,
        )

    @cached_property
    def _text(self) -> str:
        texts, columns = sections(_FILE), self._columns
        keys, order = ", ".join(map(quoted, columns.keys)), [*map(quoted, self._projection.order)]
        within = quoted(columns.within) if columns.within else ""
        matched = (*map(quoted, columns.keys), "meets_at", "place")
        return ",\n".join(
            (
                self._clauses,
                texts["sides"].format(wanted_before=_all(self._chosen[0]), wanted_after=_all(self._chosen[1])),
                texts["placed" if within else "alone"].format(keys=keys, within=within),
                texts["differing"].format(
                    fields=",\n        ".join(map(self._field, columns.compared)),
                    order=",\n    ".join(f"COALESCE(after.{one}, before.{one}) AS {one}" for one in order),
                    same="\n    AND ".join(f"before.{one} IS NOT DISTINCT FROM after.{one}" for one in matched),
                    by=", ".join(f"{one} NULLS FIRST" for one in order),
                ),
            )
        )

    @cached_property
    def _columns(self) -> _Columns:
        """The columns of an item, which a view alone knows: always the same, so it is asked once."""
        names = _ITEM_COLUMNS.get(self._projection.name)
        if names is None:
            none = {**self._params, "things": []}
            names = self._reader.table(f"{self._clauses}\nSELECT * FROM items LIMIT 0", none).column_names
            _ITEM_COLUMNS[self._projection.name] = names
        hidden = self._projection.hidden
        keys = [one for one in self._projection.order if one not in hidden]
        within = next((one for one in self._projection.order if one in hidden), None)
        left_out = {*keys, *hidden, *NO_DIFFERENCE, "viewpoint"}
        return _Columns(keys, within, [one for one in names if one not in left_out])

    def _field(self, name: str) -> str:
        """The name of a column where it differs, else nothing. Numbers are the same however they are printed."""
        before, after = (f"{side}.{quoted(name)}" for side in SIDES)
        if name == "provisions":
            before, after = (_FIELDS_OF_PROVISIONS.format(one) for one in (before, after))
        elif self._projection.kinds.get(name) is Kind.PRINTED:
            before, after = (f"CAST(shortened({one}) AS DECIMAL(38, 18))" for one in (before, after))
        return f"CASE WHEN {before} IS DISTINCT FROM {after} THEN '{name}' END"

    def _item(self, rows: Sequence[Item]) -> Item:
        hidden = {*_BESIDE, *self._projection.hidden}
        shown = {
            SIDES[row["viewpoint"]]: {name: value for name, value in row.items() if name not in hidden} for row in rows
        }
        last = rows[-1]
        differing = [one for one in last["changed_fields"] if not self._prints_the_same(one, *rows)]
        return {
            **{name: last[name] for name in self._columns.keys},
            "before": shown.get("before"),
            "after": shown.get("after"),
            "kind": last["difference"],
            "fields": {name: {side: shown[side][name] for side in SIDES} for name in differing},
        }

    def _prints_the_same(self, name: str, before: Item, after: Item) -> bool:
        """Whether a field holds the same amounts on both sides, printed otherwise."""
        kind = self._projection.kinds.get(name)
        if kind not in (Kind.OBJECT, Kind.OBJECTS):
            return False
        said = (json.loads(one[name]) if kind is Kind.OBJECT and one[name] else one[name] for one in (before, after))
        first, second = (comparable(name, one) for one in said)
        return bool(first == second)


def _all(selection: Selection) -> str:
    """The condition that an item is one of those selected, by the rows that it is made of too."""
    return f"({' AND '.join([*selection.rows, *selection.items]) or 'TRUE'})"
