"""Lookups: what printed periods, units, dimensions and types of figures stand for, by their spelling.

`ledger` alone says what these mean: `2024-Q3` is a stretch of days, `kt` is 1000 `t`. A batch has few spellings beside
its rows, so each is looked up once in Python, and SQL joins the result to the rows.
"""

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pyarrow as pa
from duckdb import DuckDBPyConnection

from ledger import CalendarError
from ledger.events import REGISTRY, Figure, figure_id
from ledger.values import Period, Unit, parse_period, unit
from projections.sql_text import literals
from projections.tables.database import ARROW_ROWS
from projections.tables.planned_statements import PlannedStatements

_CANONICAL = pa.decimal128(38, 18)
_FACTOR = pa.decimal128(19, 9)
_WIDE = pa.decimal256(38, 18)
"""Holds the product with any factor, which the ledger has already checked to fit a _CANONICAL."""


class Lookups:
    """Makes the lookups of one cursor: tables by name, and variables."""

    def __init__(self, cursor: DuckDBPyConnection, planned: PlannedStatements) -> None:
        self._cursor = cursor
        self._planned = planned
        self._natures: set[tuple[str, str | None]] = set()
        self._units: dict[str, Unit] = {}
        planned.set("natures", _natures(()))
        planned.set("units", _units(()))

    def make(self, staged: str, *, few: pa.Table | None) -> bool:
        """Make those that the figures of a table need; whether the macro `times` can count all of their numbers.

        They are the tables `spelt` and `periods`, and `exact` where some numbers need it. Two more are variables,
        `natures` and `units`, of all that was ever seen: with so few keys, a MAP is faster than a join. `few` are the
        rows of the table, where these are few.
        """
        spellings = None if few is None else _spellings_of_few(few)
        natures, units, dimensions, periods, all_short = spellings or self._spellings(staged)
        named = {name: unit(name) for name in units or []}
        if not self._natures.issuperset(natures or []):
            self._natures.update(natures)
            self._planned.set("natures", _natures(sorted(self._natures, key=str)))
        if not self._units.keys() >= named.keys():
            self._units.update(named)
            self._planned.set("units", _units(self._units.values()))
        self._planned.give("spelt", _dimensions(dimensions or []))
        self._planned.give("periods", _periods(periods or []))
        if all_short is not False and all(_is_plain(one.factor) for one in named.values()):
            return True
        self._planned.give("exact", _exact(self._cursor, staged))
        return False

    def _spellings(self, staged: str) -> Sequence[Any]:
        query = (
            "SELECT LIST(DISTINCT ROW(type, status)), LIST(DISTINCT unit), "
            "LIST(DISTINCT dimensions) FILTER (WHERE dimensions IS NOT NULL), "
            "LIST(DISTINCT ROW(period, CASE WHEN is_fiscal(period) THEN fiscal_year END)), "
            "BOOL_AND(is_short(value) AND is_short(low) AND is_short(high)) "
            f"FROM {staged} AS staged LEFT JOIN log.fiscal ON fiscal.entity = staged.named"
        )
        (spellings,) = _rows(self._cursor, query)
        return cast(Sequence[Any], spellings)


def _spellings_of_few(rows: pa.Table) -> Sequence[Any] | None:
    """The same of a few rows, for which SQL takes several times as long; None where periods may depend on subjects."""
    columns = {name: rows[name].to_pylist() for name in ("type", "status", "unit", "dimensions", "period")}
    if any(period is not None and (period.startswith("FY") or "/" in period) for period in columns["period"]):
        return None
    dimensions = {one for one in columns["dimensions"] if one is not None}
    numbers = (number for name in ("value", "low", "high") for number in rows[name].to_pylist())
    return (
        list(dict.fromkeys(zip(columns["type"], columns["status"], strict=True))),
        list(dict.fromkeys(columns["unit"])),
        list(dimensions),
        [(period, None) for period in dict.fromkeys(columns["period"])],
        all(map(is_short, numbers)),
    )


def is_short(printed: str | None) -> bool:
    """What the macro of this name says."""
    if printed is None:
        return True
    return len(printed) <= 11 and len(printed.partition(".")[2]) <= 6


def register_figure_ids(cursor: DuckDBPyConnection) -> None:
    """Make `figure_ids`: the id of the figure of each row of `keyed`, by (position, since)."""
    rows = _rows(
        cursor,
        "SELECT position, since, subject, metric, material, dimensions, nature, period_start, period_end, "
        "canonical_unit FROM keyed",
    )
    ids = [id_of(*key).bytes for _, _, *key in rows]
    cursor.register(
        "figure_ids",
        pa.table(
            {
                "position": pa.array([row[0] for row in rows], pa.int64()),
                "since": pa.array([row[1] for row in rows], pa.int64()),
                "figure_id": pa.ExtensionArray.from_storage(pa.uuid(), pa.array(ids, pa.binary(16))),
            }
        ),
    )


def id_of(
    subject: str,
    metric: str,
    material: str | None,
    dimensions: str | None,
    nature: str,
    period_start: Any,
    period_end: Any,
    canonical_unit: str,
) -> UUID:
    """The id of the figure with a key as the tables hold it."""
    return figure_id(
        subject=subject,
        metric=metric,
        material=material,
        dimensions=json.loads(dimensions) if dimensions else None,
        nature=nature,
        period=Period(period_start, period_end) if period_start else None,
        canonical_unit=canonical_unit,
    )


def _rows(cursor: DuckDBPyConnection, query: str) -> list[Any]:
    return cursor.execute(query).fetchall()


def _natures(pairs: Iterable[tuple[str, str | None]]) -> str:
    """A MAP from a type and a status to the metric and the nature that a figure has which names none."""
    keys, defaults = [], []
    for type_name, status in pairs:
        cls = cast(type[Figure], REGISTRY[type_name])
        metric = literals([cls.default_metric]) if cls.default_metric else "NULL"
        nature = literals([cls.nature_of({"status": status} if status else {})])
        keys.append(literals([f"{type_name} {status}" if status else type_name]))
        defaults.append(f"{{'metric': {metric}, 'nature': {nature}}}")
    kind = "STRUCT(metric VARCHAR, nature VARCHAR)[]"
    return f"MAP(CAST([{', '.join(keys)}] AS VARCHAR[]), CAST([{', '.join(defaults)}] AS {kind}))"


def _units(units: Iterable[Unit]) -> str:
    """A MAP from a unit to its canonical one, and the factor to it where the macro `times` can take that."""
    keys = literals(one.name for one in units)
    values = []
    for one in units:
        factor = format(one.factor, "f") if _is_plain(one.factor) else "NULL"
        values.append(f"{{'canonical': {literals([one.canonical])}, 'factor': {factor}}}")
    kind = "STRUCT(canonical VARCHAR, factor DECIMAL(19, 9))[]"
    return f"MAP(CAST([{keys}] AS VARCHAR[]), CAST([{', '.join(values)}] AS {kind}))"


def _is_plain(factor: Decimal) -> bool:
    """Whether the macro `times` can take it: 9 digits before the point, 9 after it."""
    try:
        return bool(pa.scalar(factor, _FACTOR).as_py() == factor)
    except pa.ArrowInvalid:
        return False


def _exact(cursor: DuckDBPyConnection, staged: str) -> pa.Table:
    """The numbers of staged figures that the macro `times` cannot count, in canonical units."""
    import pyarrow.compute as pc

    rows = cursor.sql(
        "SELECT position, since, unit, shortened(value) AS value, shortened(low) AS low, shortened(high) AS high "
        f"FROM {staged} WHERE GETVARIABLE('units')[unit].factor IS NULL "
        "OR NOT (is_short(value) AND is_short(low) AND is_short(high))"
    ).to_arrow_table(ARROW_ROWS)
    parts = []
    for name in pc.unique(rows["unit"]).to_pylist():
        part = rows.filter(pc.equal(rows["unit"], name)).drop(["unit"])
        factor = unit(name).factor
        for column in ("value", "low", "high"):
            numbers = part[column].cast(_CANONICAL)
            if factor != 1:
                numbers = pc.multiply(numbers.cast(_WIDE), pa.scalar(factor)).cast(_CANONICAL)
            part = part.set_column(part.schema.get_field_index(column), column, numbers)
        parts.append(part)
    return pa.concat_tables(parts)


def _dimensions(sent: list[str]) -> pa.Table:
    canonical = [
        json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":")) for text in sent
    ]
    return pa.table(
        {"dimensions": _texts(sent), "canonical": _texts(None if text == "{}" else text for text in canonical)}
    )


def _periods(pairs: list[tuple[str | None, str | None]]) -> pa.Table:
    days = []
    for text, fiscal_year in pairs:
        if text is None:
            continue
        try:
            days.append((text, fiscal_year, parse_period(text, fiscal_year)))
        except CalendarError:
            # No rule lets a fiscal period stand whose subject has no fiscal year; were it so, it would have no days.
            continue
    return pa.table(
        {
            "period": _texts(text for text, _, _ in days),
            "fiscal_year": _texts(fiscal_year for _, fiscal_year, _ in days),
            "first_day": pa.array([period.start for _, _, period in days], pa.date32()),
            "last_day": pa.array([period.end for _, _, period in days], pa.date32()),
        }
    )


def _texts(values: Any) -> pa.Array:
    return pa.array(list(values), pa.string())
