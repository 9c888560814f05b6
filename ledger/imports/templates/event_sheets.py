"""Event sheets: the rows of a workbook that was filled in, as events.

A column is a field, as in CSV. What names an entity may be its slug, its name, an alias or an identifier; a list is
several of them between semicolons. Rows have the numbers that Excel shows.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, BinaryIO, get_origin

from ledger.codec.strict_json import MalformedJSON, parse_json
from ledger.errors import Violation
from ledger.events.base import REGISTRY, Event, ref_paths
from ledger.events.entities import EntityRegistered
from ledger.imports.mappings.table_mapping import MappingError, TableForm
from ledger.imports.mappings.tables import Reading, Table, open_table
from ledger.imports.registrations import Kinds, kind_of
from ledger.imports.rows import Row, faulty, placed
from ledger.imports.tables_of_others import VERDICT, no_events
from ledger.values.slugs import SLUG_PATTERN, slug_for

EVENTS = "events"
"""The sheet with the events."""
_SLUG = re.compile(SLUG_PATTERN)


def event_table(file: BinaryIO) -> Table:
    """The sheet of events of a workbook. Raises MappingError where it has none."""
    table = open_table(file, "sheet.xlsx", TableForm(), Reading(prefer=EVENTS))
    if (why := no_events(table.columns)) is not None:
        raise MappingError(why)
    return table


def event_rows(table: Table, names: dict[str, str], *, register: Kinds | None) -> Iterator[Row]:
    """The events of the rows, or why there are none. `names` gives the slug of a name in small letters; with `register`
    a name that it does not know is registered, as this kind of entity where its column does not tell.
    """
    for number, cells, fault, faults, merged in table.rows:
        if fault is not None:
            yield faulty(number, "malformed_cell", fault)
            continue
        if (place := next(iter(faults), None)) is not None:
            yield faulty(number, "malformed_cell", faults[place], column=table.columns[place])
            continue
        if merged:
            cell = next(iter(merged.values()))
            yield faulty(number, "malformed_cell", f"the cells {cell.cells} are merged: unmerge them, and fill each")
            continue
        given = {
            column: cell.strip()
            for column, cell in zip(table.columns, cells, strict=True)
            if cell.strip() and column != VERDICT and not _has_no_title(column)
        }
        if given:
            yield from _SheetRow(number, names, register).rows(given)


def _has_no_title(column: str) -> bool:
    return column.startswith("column ") and column[7:].isdecimal()


class _SheetRow:
    """One row on its way to an event, and the registrations that come before it."""

    def __init__(self, number: int, names: dict[str, str], register: Kinds | None) -> None:
        self._number, self._names, self._register = number, names, register
        self._registrations: list[dict[str, Any]] = []
        self._unknown: list[Violation] = []
        """Slugs that nobody has registered, which matters where the row is rejected: its place in the log tells."""

    def rows(self, given: Mapping[str, str]) -> Iterator[Row]:
        """The event, or why there is none."""
        cls = REGISTRY.get(given.get("type", ""))
        made: dict[str, Any] = {}
        faults: list[Violation] = []
        # What must be of a certain kind first: then its name is not registered as another one.
        for column in sorted(given, key=lambda column: not kind_of(column.split("."), "")):
            path = tuple(column.split("."))
            try:
                value: Any = given[column]
                if cls is not None and _is_list(cls, path):
                    value = _listed(value)
                if cls is not None and (inside := _reference(cls, path)) is not None:
                    value = self._named(value, inside, path)
            except ValueError as error:
                faults.append(Violation((column,), "malformed_cell", str(error)))
                if cls is None or _reference(cls, path) != ():
                    continue
                # So that the others are looked at as if this one were right.
                value = slug_for(given[column]) or "unknown"
            made[column] = value
        row = placed(self._number, [(column, made[column]) for column in given if column in made])
        if faults:
            first, *more = faults if row.fault is None else [*faults, row.fault]
            yield row._replace(fault=first, more=(*more, *row.more, *self._unknown))
            return
        for registration in self._registrations:
            yield Row(self._number, registration, None)
        if given.get("type") == EntityRegistered.__name__ and isinstance(slug := made.get("entity"), str):
            self._names.setdefault(slug.casefold(), slug)
        yield row._replace(more=(*row.more, *self._unknown))

    def _named(self, value: Any, inside: tuple[str, ...], path: tuple[str, ...]) -> Any:
        """A value with slugs for names: a text, the texts in a list, or those as the parts of objects in a list."""
        if isinstance(value, list):
            return [self._named(one, inside[1:], path) for one in value]
        if not isinstance(value, str):
            return value
        return {inside[0]: self._slug(value, path)} if inside else self._slug(value, path)

    def _slug(self, text: str, path: tuple[str, ...]) -> str:
        """The slug of an entity that is named by a text. Raises ValueError for a text that can be none."""
        if (slug := self._names.get(text.casefold())) is not None:
            return slug
        if _SLUG.fullmatch(text):
            if self._register is None:
                detail = f"no entity {text!r} is registered; record an EntityRegistered for it first"
                self._unknown.append(Violation(path, "unregistered", detail))
            return text
        slug = slug_for(text)
        if self._register is None or not slug:
            raise ValueError(
                f"no registered entity is called {text[:80]!r}: choose one of the list, or write the short name of a "
                "new one (small letters, digits and hyphens), or let the import register it (--register)"
            )
        if slug not in self._names:
            kind = self._register.of(slug, path)
            self._registrations.append({"type": "EntityRegistered", "entity": slug, "kind": kind, "name": text})
        self._names[text.casefold()] = self._names[slug] = slug
        return slug


def _listed(cell: str) -> list[Any]:
    """The items of a cell: a list in JSON, or texts between semicolons. Raises ValueError."""
    if cell.startswith("["):
        try:
            value = parse_json(cell.encode())
        except MalformedJSON as error:
            raise ValueError(f"the list is no JSON: {error}; write it with semicolons between") from None
        return value if isinstance(value, list) else [value]
    return [one.strip() for one in cell.split(";") if one.strip()]


@cache
def _reference(cls: type[Event], path: tuple[str, ...]) -> tuple[str, ...] | None:
    """Where in a field names of entities are: () for itself, ("*", "entity") for a part of each object in a list."""
    inside = (ref[len(path) :] for ref in ref_paths(cls) if ref[: len(path)] == path)
    return next((one for one in inside if one[:1] in ((), ("*",))), None)


@cache
def _is_list(cls: type[Event], path: tuple[str, ...]) -> bool:
    field = cls.model_fields.get(path[0]) if len(path) == 1 else None
    return field is not None and _holds_list(field.annotation)


def _holds_list(annotation: Any) -> bool:
    args = getattr(annotation, "__args__", ())
    return get_origin(annotation) is list or (get_origin(annotation) is not dict and any(map(_holds_list, args)))
