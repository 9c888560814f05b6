"""What a publisher says last of a figure, and how finely it was printed; sums and growth are checked with it."""

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

from ledger import REGISTRY
from ledger.events import Figure
from ledger.values import exponent_of, plain, unit
from projections.audit.findings import Item
from projections.audit.vintages import cell
from projections.catalogue import FIGURE_KEY, SERIES
from projections.queries.filter_values import Value
from projections.queries.format import presented
from projections.queries.reader import Reader
from projections.sql_text import quoted

EDITION = ("publisher", "metric", "canonical_unit", "published_at")
"""What the totals and parts of an edition have in common."""
DIGITS_MEANT = 2
"""The digits of a total that are no rounding, whatever they are."""
TOTAL = ("figure_id", *FIGURE_KEY)
_READ = (
    *TOTAL,
    *("publisher", "type", "value", "unit", "symbol", "canonical_value", "canonical_low", "canonical_high"),
    *("canonical_unit", "published_at", "event_id", "compared_with", "source_kind", "published_until", "position"),
)

Key = tuple[Any, ...]
N = TypeVar("N", Decimal, Fraction)


class Said:
    """What a publisher says last of a figure: a row as it was read, decimals and days as text.

    `rest` is who says it and the figure's key but for subject, dimensions and period; `period` its first and last day;
    `point` the canonical value, where it is one.
    """

    __slots__ = ("dimensions", "period", "point", "rest", "row", "subject")

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row
        self.subject: str = row["subject"]
        self.rest: Key = tuple(row[name] for name in ("publisher", "metric", "material", "nature", "canonical_unit"))
        self.period = (row["period_start"], row["period_end"]) if row["period_start"] else None
        self.dimensions = _dimensions(row["dimensions"])
        self.point = None if row["canonical_value"] is None else Decimal(row["canonical_value"])

    @property
    def is_flow(self) -> bool:
        """Whether it adds up over time: by the type of its event, and by its unit."""
        cls = REGISTRY[self.row["type"]]
        flows = issubclass(cls, Figure) and cls.flow
        return flows and not unit(self.row["canonical_unit"]).family.endswith("_rate")

    @property
    def edition(self) -> Key:
        """What was published together with it and shows the same kind of number."""
        return tuple(self.row[name] for name in EDITION)

    def rounding(self) -> tuple[Decimal, Decimal]:
        """Half a unit of the last printed digit, in the canonical unit; and of the last that is not a zero."""
        return _half_units(self.row["value"], self.row["unit"])


@lru_cache(maxsize=65_536)
def _half_units(value: str, unit_name: str) -> tuple[Decimal, Decimal]:
    """Zeros before the point may be rounding, but for that of the second digit: 300,000 may be off by 5,000, and no
    more. Those behind the point were printed to say that they are none.
    """
    number = Decimal(value)
    text, exponent = "".join(map(str, number.as_tuple().digits)), exponent_of(number)
    zeros = len(text) - max(len(text.rstrip("0")), DIGITS_MEANT) if exponent >= 0 and number else 0
    places = (exponent, exponent + max(zeros, 0))
    half, at_most = (Decimal(5).scaleb(place - 1) * unit(unit_name).factor for place in places)
    return half, at_most


@lru_cache(maxsize=65_536)
def _dimensions(text: str | None) -> dict[str, str]:
    named: dict[str, str] = json.loads(text) if text else {}
    return named


def said_last(reader: Reader, filters: Mapping[str, Value]) -> list[Said]:
    """What each publisher says last of each figure that filters select, in the order of the series."""
    shown = ", ".join(map(quoted, _READ))
    by = ", ".join(f"{quoted(column)} NULLS FIRST" for column in SERIES.order[:-2])
    query = f"SELECT {shown} FROM chosen WHERE next_until IS NULL AND NOT withdrawn ORDER BY {by}"
    return [Said(row) for row in reader.allowance.rows_of(presented(reader.series("vintages", filters, query=query)))]


def as_part(name: str, said: Said) -> Item:
    """A part that is a number, as a finding shows it."""
    row = said.row
    where = {column: row[column] for column in ("figure_id", "event_id", "published_at")}
    return {"part": name, "value": row["canonical_value"], **where}


def as_missing(name: str, said: Said | None) -> Item:
    """A part that is none, with what is said of it instead, if anything."""
    row = said.row if said else {}
    where = {column: row.get(column) for column in ("figure_id", "event_id", "published_at")}
    return {"part": name, "says": cell(row) if row else None, **where}


def plainly(number: Decimal | None) -> str | None:
    """A number as it is shown."""
    return None if number is None else plain(number)


def verdict_of(distance: N, *, rounding: N, at_most: N) -> str:
    """What a distance of so much is, where rounding explains so much and perhaps so much."""
    if distance == 0:
        return "equal"
    if distance <= rounding:
        return "rounding"
    return "perhaps_rounding" if distance <= at_most else "gap"
