"""What a printed period, a unit, a type with a status and a set of dimensions stand for, by distinct spelling.

These have one meaning, in `ledger`. They are few beside the rows, so each spelling is looked up once a batch, and
joined.
"""

import json
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection

from ledger.calendars import Period, parse_period
from ledger.errors import CalendarError
from ledger.events import REGISTRY
from ledger.events.figures import Figure, figure_id
from ledger.quantities import unit
from projections.schema import FOREVER

_CANONICAL = pa.decimal128(38, 18)
_FACTOR = pa.decimal128(19, 9)
_WIDE = pa.decimal256(38, 18)
"""Holds the product with any factor, which the ledger has already found to fit a _CANONICAL."""
_NO_NUMBERS = pa.schema(
    [("position", pa.int64()), ("since", pa.int64()), *((name, _CANONICAL) for name in ("value", "low", "high"))]
).empty_table()


def register(cursor: DuckDBPyConnection) -> None:
    """Make the dictionaries of the figures in `staged`: `natures`, `units`, `spelt`, `periods`, `fiscal`, `exact`."""
    cursor.execute(
        "CREATE OR REPLACE TEMP VIEW fiscal AS SELECT entity, fiscal_year_end FROM log.entities "
        f"WHERE type = 'EntityRegistered' AND until = {FOREVER} AND fiscal_year_end IS NOT NULL"
    )
    natures, units, dimensions, periods, all_short = _rows(
        cursor,
        "SELECT LIST(DISTINCT ROW(type, status)), LIST(DISTINCT unit), "
        "LIST(DISTINCT dimensions) FILTER (WHERE dimensions IS NOT NULL), "
        "LIST(DISTINCT ROW(period, CASE WHEN period LIKE 'FY%' THEN fiscal_year_end END)), "
        "BOOL_AND(is_short(value) AND is_short(low) AND is_short(high)) "
        "FROM staged LEFT JOIN fiscal ON fiscal.entity = staged.named",
    )[0]
    cursor.register("natures", _natures(natures or []))
    factors = _units(units or [])
    cursor.register("units", factors)
    cursor.register("spelt", _dimensions(dimensions or []))
    cursor.register("periods", _periods(periods or []))
    is_plain = all_short and not factors["factor"].null_count
    cursor.register("exact", _NO_NUMBERS if is_plain else _exact(cursor))


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


def _natures(pairs: list[tuple[str, str | None]]) -> pa.Table:
    classes = [cast(type[Figure], REGISTRY[type_name]) for type_name, _ in pairs]
    bodies = [{"status": status} if status else {} for _, status in pairs]
    return pa.table(
        {
            "type": _texts(type_name for type_name, _ in pairs),
            "status": _texts(status for _, status in pairs),
            "metric": _texts(cls.default_metric for cls in classes),
            "nature": _texts(cls.nature_of(body) for cls, body in zip(classes, bodies, strict=True)),
        }
    )


def _units(names: list[str]) -> pa.Table:
    found = [unit(name) for name in names]
    return pa.table(
        {
            "unit": _texts(one.name for one in found),
            "canonical": _texts(one.canonical for one in found),
            "factor": pa.array([one.factor if _is_plain(one.factor) else None for one in found], _FACTOR),
        }
    )


def _is_plain(factor: Decimal) -> bool:
    """Whether the macro `times` can take it: 9 digits before the point, 9 after it."""
    try:
        return bool(pa.scalar(factor, _FACTOR).as_py() == factor)
    except pa.ArrowInvalid:
        return False


def _exact(cursor: DuckDBPyConnection) -> pa.Table:
    """The numbers of `staged` that the macro `times` cannot count, in canonical units."""
    rows = cursor.sql(
        "SELECT position, since, unit, shortened(value) AS value, shortened(low) AS low, shortened(high) AS high "
        "FROM staged JOIN units USING (unit) "
        "WHERE factor IS NULL OR NOT (is_short(value) AND is_short(low) AND is_short(high))"
    ).to_arrow_table()
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
    return pa.concat_tables(parts) if parts else _NO_NUMBERS


def _dimensions(sent: list[str]) -> pa.Table:
    canonical = [
        json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":")) for text in sent
    ]
    return pa.table(
        {"dimensions": _texts(sent), "canonical": _texts(None if text == "{}" else text for text in canonical)}
    )


def _periods(pairs: list[tuple[str | None, str | None]]) -> pa.Table:
    found = []
    for text, fiscal_year_end in pairs:
        if text is None:
            continue
        try:
            found.append((text, fiscal_year_end, parse_period(text, fiscal_year_end)))
        except CalendarError:
            # No rule lets a fiscal period stand whose subject has no fiscal year; were it so, it would have no days.
            continue
    return pa.table(
        {
            "period": _texts(text for text, _, _ in found),
            "fiscal_year_end": _texts(end for _, end, _ in found),
            "first_day": pa.array([period.start for _, _, period in found], pa.date32()),
            "last_day": pa.array([period.end for _, _, period in found], pa.date32()),
        }
    )


def _texts(values: Any) -> pa.Array:
    return pa.array(list(values), pa.string())
