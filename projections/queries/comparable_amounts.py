"""Comparable amounts: what a statement says as it can be compared, however its numbers and units are printed.

For example, `{"value": "2.0", "unit": "kt"}` and `{"value": "2000", "unit": "t"}` are the same quantity.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ledger.values import EXACT, unit

_UNIT = "unit"
NUMBERS = frozenset(("share", "share_low", "share_high", "value", "low", "high"))
"""The fields that hold numbers."""


def comparable(name: str, value: Any) -> Any:
    """A value of a field: numbers are exact, and amounts in canonical units; what is not given is left out."""
    if isinstance(value, Mapping):
        told = {key: comparable(key, part) for key, part in value.items() if part is not None}
        return _in_canonical_unit(told) if _UNIT in told else told
    if isinstance(value, list):
        return [comparable(name, part) for part in value]
    return Decimal(value) if name in NUMBERS and value is not None else value


def _in_canonical_unit(amount: dict[str, Any]) -> dict[str, Any]:
    printed = unit(amount[_UNIT])
    scaled = {name: EXACT.multiply(part, printed.factor) for name, part in amount.items() if name in NUMBERS}
    return {**amount, **scaled, _UNIT: printed.canonical}
