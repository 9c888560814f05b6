"""Figures that are said to be exactly some amount: where to look, when a document does not say what its number is of.

Any number of amounts is looked up in one statement. An amount that many figures share tells nothing, so only those of a
few are given.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import pyarrow as pa

from ledger.values import FRACTION_DIGITS_MAX, INTEGER_DIGITS_MAX, exponent_of
from projections.queries.compose import shown_at
from projections.queries.reader import Reader
from projections.sql_text import sections

SHARED_MAX = 3
"""The figures of an amount are given where there are so many at most."""
_AMOUNT = pa.decimal128(38, 18)
_FIGURE = (
    *("figure_id", "subject", "metric", "material", "dimensions", "nature", "period"),
    *("value", "low", "high", "unit", "publisher"),
)


class Amount(NamedTuple):
    """An amount in a canonical unit: a point, or a range from `low` to `high`."""

    low: Decimal
    high: Decimal | None
    unit: str


def same_amounts(reader: Reader, amounts: Collection[Amount]) -> Mapping[Amount, Sequence[Mapping[str, Any]]]:
    """The figures, by amount, of which some publisher says exactly this last at the viewpoint: at most SHARED_MAX, and
    none where there are more.

    A percentage is the same with either sign, since what fell by 30 % may be held as -30 percent.
    """
    asked = [one for one in dict.fromkeys(amounts) if _can_be_held(one)]
    if not asked:
        return {}
    columns = {
        "number": pa.array(range(len(asked)), pa.int64()),
        "low": pa.array([one.low for one in asked], _AMOUNT),
        "high": pa.array([one.high for one in asked], _AMOUNT),
        "unit": pa.array([one.unit for one in asked], pa.string()),
    }
    shown = shown_at("CAST($as_of AS TIMESTAMP)", "$position")
    with reader.lending(asked=pa.table(columns)):
        rows = reader.ask(_text("same").format(shown=shown, most=SHARED_MAX + 1))
    found = defaultdict[Amount, list[Mapping[str, Any]]](list)
    for number, *told in reader.allowance.each(rows):
        figure = dict(zip(_FIGURE, told, strict=True))
        dimensions = json.loads(figure["dimensions"]) if figure["dimensions"] else None
        found[asked[number]].append({**figure, "dimensions": dimensions})
    return {amount: figures for amount, figures in found.items() if len(figures) <= SHARED_MAX}


def _can_be_held(amount: Amount) -> bool:
    ends = [one for one in (amount.low, amount.high) if one is not None]
    return all(one.adjusted() < INTEGER_DIGITS_MAX and exponent_of(one) >= -FRACTION_DIGITS_MAX for one in ends)


@cache
def _text(name: str) -> str:
    return sections("audit/same_amounts.sql")[name]
