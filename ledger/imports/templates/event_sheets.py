"""Event sheets: the rows of a workbook that was filled in, as events.

A column is a field, as in CSV. What names an entity may be its slug, its name, an alias or an identifier; a list is
several of them between semicolons. Rows have the numbers that Excel shows.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, BinaryIO, get_origin

from ledger.codec.strict_json import MalformedJSON, parse_json
from ledger.events.base import REGISTRY, SLUG_PATTERN, Event, ref_paths
from ledger.imports.mappings.table_mapping import MappingError, TableForm
from ledger.imports.mappings.tables import Reading, Table, open_table
from ledger.imports.rows import Row, faulty, placed
from ledger.imports.tables_of_others import VERDICT, no_events

EVENTS = "events"
"""The sheet with the events."""
_SLUG = re.compile(SLUG_PATTERN)


def event_table(file: BinaryIO) -> Table:
    """The sheet of events of a workbook. Raises MappingError where it has none."""
    table = open_table(file, "sheet.xlsx", TableForm(), Reading(prefer=EVENTS))
    if (why := no_events(table.columns)) is not None:
        raise MappingError(why)
    return table


def event_rows(table: Table, names: Mapping[str, str]) -> Iterator[Row]:
    """The events of the rows, or why there are none. `names` gives the slug of a name in small letters."""
    for number, cells, fault, _ in table.rows:
        if fault is not None:
            yield faulty(number, "malformed_cell", fault)
            continue
        given = {
            column: cell.strip()
            for column, cell in zip(table.columns, cells, strict=True)
            if cell.strip() and column != VERDICT and not _has_no_title(column)
        }
        if given:
            yield _row(number, given, names)


def _has_no_title(column: str) -> bool:
    return column.startswith("column ") and column[7:].isdecimal()


def _row(number: int, given: Mapping[str, str], names: Mapping[str, str]) -> Row:
    cls = REGISTRY.get(given.get("type", ""))
    cells: list[tuple[str, Any]] = []
    for column, cell in given.items():
        path = tuple(column.split("."))
        try:
            value: Any = cell
            if cls is not None and _is_list(cls, path):
                value = _listed(cell)
            if cls is not None and (inside := _reference(cls, path)) is not None:
                value = _named(value, inside, names)
        except ValueError as error:
            return faulty(number, "malformed_cell", str(error), column=column)
        cells.append((column, value))
    return placed(number, cells)


def _listed(cell: str) -> list[Any]:
    """The items of a cell: a list in JSON, or texts between semicolons. Raises ValueError."""
    if cell.startswith("["):
        try:
            value = parse_json(cell.encode())
        except MalformedJSON as error:
            raise ValueError(f"the list is no JSON: {error}; write it with semicolons between") from None
        return value if isinstance(value, list) else [value]
    return [one.strip() for one in cell.split(";") if one.strip()]


def _slug(text: Any, names: Mapping[str, str]) -> Any:
    """The slug of an entity that is named by a text. Raises ValueError for a text that can be none."""
    if not isinstance(text, str):
        return text
    if (slug := names.get(text.casefold())) is not None:
        return slug
    if not _SLUG.fullmatch(text):
        raise ValueError(
            f"no registered entity is called {text[:80]!r}: choose one of the list, or write the short name of a "
            "new one (small letters, digits and hyphens)"
        )
    return text


def _named(value: Any, inside: tuple[str, ...], names: Mapping[str, str]) -> Any:
    """A value with slugs for names: a text, the texts in a list, or those as the parts of objects in a list."""
    if isinstance(value, list):
        return [_named(one, inside[1:], names) for one in value]
    return {inside[0]: _slug(value, names)} if inside and isinstance(value, str) else _slug(value, names)


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
