"""Filter values: several in one text, with commas between, of which an item must have one.

A value that itself holds a comma stands in double quotes, as in a CSV file: `dimension.grade="Nd, Pr",Nd`.
"""

import csv
from collections.abc import Sequence

from projections.projection import Filter

VALUES_MAX = 1_000

Value = str | Sequence[str]
"""The value of a filter: a text as somebody writes it, or several values as they are."""


class FilterError(ValueError):
    """A filter has a value that it cannot take. `parameter` is the filter's name."""

    def __init__(self, parameter: str, detail: str) -> None:
        super().__init__(f"{parameter}: {detail}")
        self.parameter = parameter
        self.detail = detail


def values_of(known: Filter, name: str, value: Value) -> list[str]:
    """The values that a filter of this name was given. Raises FilterError."""
    if isinstance(value, str) and known.takes_several:
        values = listed(name, value)
    else:
        values = [value] if isinstance(value, str) else list(value)
    if any("\0" in one for one in values):
        raise FilterError(name, "a filter must not hold the character U+0000")
    if len(values) > VALUES_MAX:
        raise FilterError(name, f"{len(values)} values are too many; {VALUES_MAX} at most")
    return values


def listed(name: str, text: str) -> list[str]:
    """The values in a text, each once. Raises FilterError where there is none, or a quote is left open."""
    if "," not in text and not text.startswith('"'):
        return [text]
    try:
        rows = list(csv.reader([text], skipinitialspace=True, strict=True))
    except csv.Error:
        detail = f'{text[:40]!r}: a value that holds a comma stands in double quotes, "so, as here"'
        raise FilterError(name, detail) from None
    values = list(dict.fromkeys(value.strip() for row in rows for value in row if value.strip()))
    if not values:
        raise FilterError(name, "there is no value between the commas")
    return values
