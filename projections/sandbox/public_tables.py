"""The public tables: what a statement of the sandbox may read, each cut to the viewpoint.

Names and columns are those of the resources and questions over HTTP. A computed number is an exact DECIMAL, a day a
DATE, an instant a TIMESTAMP in UTC; what a source printed stays the text that it printed; an object with members of any
name (`dimensions`, `content`) is JSON. Rows come in the order of the resource, those of `events`, `history` and
`vintages` in that of the log.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from ledger import Ledger
from projections.audit.vintages import KEY
from projections.catalogue import CATALOGUE
from projections.column_kinds import COMMON, Kind
from projections.projection import Projection
from projections.queries.compose import question
from projections.queries.filters import Selection, select
from projections.queries.reader import Reader
from projections.queries.resource_clauses import resource_clauses
from projections.queries.viewpoint_cursor import naive
from projections.sandbox.audit_rows import AUDIT_TABLES
from projections.sandbox.event_rows import COLUMNS as EVENT_COLUMNS
from projections.sandbox.event_rows import event_rows
from projections.sandbox.public_table import PublicTable
from projections.sql_text import quoted

DECIMAL = "DECIMAL(38,18)"
_HIDDEN = ("viewpoint", "subject_code")
_OF_HISTORY = (
    *("figure_id", "subject", "metric", "material", "dimensions", "nature", "period", "period_start", "period_end"),
    *("publisher", "event_id", "position", "via", "edition", "published_at", "recorded_at", "value", "low", "high"),
    *("symbol", "unit", "canonical_value", "canonical_low", "canonical_high", "canonical_unit", "approximate"),
    *("status", "note", "revision", "cause", "previous_value", "change"),
)
_OF_VINTAGES = (
    *(*KEY, "vintage", "vintage_date", "superseded_on", "value", "low", "high", "symbol", "unit"),
    *("canonical_value", "canonical_low", "canonical_high", "canonical_unit", "approximate", "status", "note", "via"),
    *("edition", "published_at", "recorded_at", "position", "event_id", "withdrawn", "release", "revision", "cause"),
    *("previous_value", "change"),
)
_EVERY_VINTAGE = """(
  SELECT
    *,
    CAST(published_until AS DATE) AS vintage_date,
    CAST(CAST(published_until AS DATE) AS VARCHAR) AS vintage,
    CAST(next_until AS DATE) AS superseded_on
  FROM items
)"""


@dataclass(frozen=True)
class _Source:
    """A query for the rows of a table: its clauses, from where it reads, and in which order."""

    clauses: str
    relation: str
    order: Sequence[str]
    params: Mapping[str, object]


def public_tables(reader: Reader) -> Mapping[str, PublicTable]:
    """Every public table by name, in order; the same for all viewpoints of an engine."""
    return {name: public_table(reader, name) for name in (*CATALOGUE, *_TOLD, *_AUDIT)}


def public_table(reader: Reader, name: str) -> PublicTable:
    """The public table of a name, which reads what it is made of, and no other table of the reader's."""
    families = tuple(
        (name, column.name, column.type) for name, family in reader.families.items() for column in family.columns
    )
    known = _known.setdefault(families, {**_AUDIT})
    if name not in known:
        known[name] = _of_resource(reader, CATALOGUE[name]) if name in CATALOGUE else _TOLD[name](reader)
    return known[name]


_AUDIT = {table.name: table for table in AUDIT_TABLES}
_known: dict[tuple[tuple[str, str, str], ...], dict[str, PublicTable]] = {}
"""By the columns of all families, and by name: to ask DuckDB of all of them takes a second."""


def _of_resource(reader: Reader, projection: Projection) -> PublicTable:
    hidden = {*_HIDDEN, *projection.hidden}
    source = _resource(reader, projection)
    columns = {name: kind for name, kind in _described(reader, source, projection.kinds).items() if name not in hidden}

    def rows(_: Ledger | None, reader: Reader, wanted: Sequence[str]) -> Iterator[pa.Table]:
        return _rows_of(reader, _resource(reader, projection), wanted)

    return PublicTable(projection.name, projection.description, columns, rows)


def _resource(reader: Reader, projection: Projection) -> _Source:
    selection: Selection = select(projection, {}, reader.names)
    view = "current" if projection.name == "figures" else projection.name
    clauses = resource_clauses(
        reader.ask,
        reader.families,
        view,
        selection.rows_of(projection),
        by_preference=bool(reader.ranking),
    )
    conditions = " AND ".join(selection.items) or "TRUE"
    as_text = "REPLACE (distance_of(spread, spread_beyond) AS spread)" if view == "current" else ""
    return _Source(clauses, f"(SELECT * {as_text} FROM items WHERE {conditions})", projection.order, selection.params)


def _viewpoint_table(_: Reader) -> PublicTable:
    columns = {
        "as_of": "TIMESTAMP",
        "recorded_as_of": "VARCHAR",
        "effective_at": "TIMESTAMP",
        "position": "BIGINT",
        "recorded_at": "TIMESTAMP",
    }

    def rows(_: Ledger | None, reader: Reader, wanted: Sequence[str]) -> Iterator[pa.Table]:
        at = reader.viewpoint
        values = {
            "as_of": naive(at.as_of),
            "recorded_as_of": at.basis()["recorded_as_of"],
            "effective_at": naive(at.effective_at),
            "position": at.position,
            "recorded_at": naive(at.recorded_at) if at.recorded_at else None,
        }
        types = {"TIMESTAMP": pa.timestamp("us"), "BIGINT": pa.int64(), "VARCHAR": pa.string()}
        yield pa.table({name: pa.array([values[name]], types[columns[name]]) for name in wanted})

    return PublicTable("viewpoint", "One row: where the statement looks from, on the three clocks.", columns, rows)


def _events_table(_: Reader) -> PublicTable:
    def rows(ledger: Ledger | None, reader: Reader, wanted: Sequence[str]) -> Iterator[pa.Table]:
        if ledger is None:
            raise ValueError("events are read from the log, and there is none here")
        return event_rows(ledger, reader, wanted)

    return PublicTable(
        "events",
        "The log as it was recorded, up to the position and the publication time of the viewpoint; `content` is what "
        "was sent.",
        EVENT_COLUMNS,
        rows,
    )


def _history_table(reader: Reader) -> PublicTable:
    def rows(_: Ledger | None, reader: Reader, wanted: Sequence[str]) -> Iterator[pa.Table]:
        return _rows_of(reader, _history(reader), wanted)

    kinds = _described(reader, _history(reader), COMMON)
    return PublicTable(
        "history",
        "What every publisher said of every figure, statement by statement, and why each differs from the one before.",
        {name: kinds[name] for name in _OF_HISTORY},
        rows,
    )


def _history(reader: Reader) -> _Source:
    return _Source(question("history", reader.families), "items", ("position",), {})


def _vintages_table(reader: Reader) -> PublicTable:
    def rows(_: Ledger | None, reader: Reader, wanted: Sequence[str]) -> Iterator[pa.Table]:
        return _rows_of(reader, _vintages(reader), wanted)

    kinds = _described(reader, _vintages(reader), COMMON)
    return PublicTable(
        "vintages",
        "The revision triangle: every vintage of every figure, from when to when it was what its publisher said last.",
        {name: kinds[name] for name in _OF_VINTAGES},
        rows,
    )


def _vintages(reader: Reader) -> _Source:
    return _Source(question("vintages", reader.families), _EVERY_VINTAGE, ("position",), {})


def _described(reader: Reader, source: _Source, kinds: Mapping[str, Kind]) -> dict[str, str]:
    """The columns of a source, with the types that a statement sees."""
    said = reader.ask(f"DESCRIBE {source.clauses}\nSELECT * FROM {source.relation}", **source.params)
    return {name: _type(kind, kinds.get(name)) for name, kind, *_ in said}


def _type(kind: str, meant: Kind | None) -> str:
    """The type of a column: that of DuckDB, but where only its kind says what its texts are."""
    if meant is Kind.DECIMAL:
        return DECIMAL
    if meant is Kind.OBJECT or (kind == "JSON"):
        return "JSON"
    return kind.replace("UUID", "VARCHAR")


def _rows_of(reader: Reader, source: _Source, wanted: Sequence[str]) -> Iterator[pa.Table]:
    columns = ", ".join(map(quoted, wanted))
    order = ", ".join(f"{quoted(column)} NULLS FIRST" for column in source.order)
    query = f"{source.clauses}\nSELECT {columns} FROM {source.relation} ORDER BY {order}"
    return reader.tables(query, source.params)


_TOLD: Mapping[str, Callable[[Reader], PublicTable]] = {
    "viewpoint": _viewpoint_table,
    "events": _events_table,
    "history": _history_table,
    "vintages": _vintages_table,
}
