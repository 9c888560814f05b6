"""Multipliers: what a printed number is multiplied by, exactly, so that it is in the unit that its event names.

A column in cents per pound is `unit = "USD/lb"`, `times = "0.01"`: `31.5` is recorded as 0.315, `>520` as more than
5.20. Symbols are never multiplied. What was printed stays in the event's note, `Printed 31.5, times 0.01`, which is no
part of what a fact is known by.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Any

from ledger.errors import QuantityError
from ledger.imports.mappings.cell_values import CellError
from ledger.values.quantities import EXACT, parse_number

AMOUNTS = ("value", "low", "high")
ONE = Decimal(1)


@lru_cache(maxsize=256)
def multiplier(text: str) -> Decimal:
    """The multiplier that a text prints; one where it is empty. Raises CellError where it is none."""
    if text == "":
        return ONE
    try:
        number = parse_number(text)
    except QuantityError as error:
        raise CellError(f"times: {error}") from None
    if number <= 0:
        raise CellError(f"times: a multiplier is more than 0, and not {text[:40]}")
    return number


def multiply(sent: dict[str, Any], times: str, cells: list[str]) -> None:
    """Multiply the amounts of an event, and note what its cells had printed. Raises CellError for too many digits."""
    number = multiplier(times)
    amounts = [name for name in AMOUNTS if name in sent]
    if number == ONE or not amounts:
        return
    for name in amounts:
        try:
            product = format(EXACT.multiply(parse_number(str(sent[name])), number), "f")
            parse_number(product)
        except QuantityError as error:
            raise CellError(f"{sent[name]} times {times}: {error}") from None
        sent[name] = product
    said = f"Printed {' and '.join(cells)}, times {times}"
    sent["note"] = f"{sent['note']}; {said}" if "note" in sent else said
