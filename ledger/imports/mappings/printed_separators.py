"""Printed separators: which of comma and point stands before decimals, which between thousands, and whether that can be
told.

`2,5` and `0,125` show a decimal comma, `1,234,567` and `1,234.5` a comma between thousands. `1,125` alone shows
neither, and a wrong guess is wrong by a thousand. Where commas stand between cells, and in workbooks, a comma in a
number groups thousands; in any other table it is chosen by who knows the table.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

_PRINTED = re.compile(r"(?<![0-9.,])[0-9]+(?:[.,][0-9]+)+(?![0-9.,])")
"""A number with separators, wherever it stands in a cell."""


def separator_lines(cells: Iterable[str], delimiter: str | None) -> Iterator[str]:
    """What the [table] of a draft says of the separators in these cells."""
    printed = [number for cell in cells for number in _PRINTED.findall(cell)]
    commas, points = _Use(printed, ",", "."), _Use(printed, ".", ",")
    is_continental, is_english = commas.decimal + points.grouped, commas.grouped + points.decimal
    both_open = commas.open and points.open
    is_open = both_open or (delimiter not in (None, ",") and (commas.open or points.open))
    if (is_continental and is_english) or (not is_continental and not is_english and is_open):
        yield from _choice((commas.open or points.open or is_continental)[0])
    elif is_continental:
        yield f'decimal = ","  # for example {(commas.decimal + commas.open + is_continental)[0]}'
        if thousands := points.grouped + points.open:
            yield f'thousands = "."  # for example {thousands[0]}'
    elif thousands := commas.grouped + commas.open:
        yield f'thousands = ","  # {thousands[0]} is read as {thousands[0].replace(",", "")}'
    elif points.open and not is_english:
        yield f"# {points.open[0]} is read with a decimal point; where the points group thousands:"
        yield '#   decimal = ",", thousands = "."'


def _choice(example: str) -> Iterator[str]:
    yield f'decimal = ""  # {example} has two readings: put the two lines of one of them in the place of this one'
    for decimal, thousands in (".,", ",."):
        yield f"# where it is {example.replace(thousands, '').replace(decimal, '.')}:"
        yield f'#   decimal = "{decimal}"'
        yield f'#   thousands = "{thousands}"'


class _Use:
    """The numbers with a mark, by what they show of it: that it groups thousands, or precedes decimals, or neither."""

    def __init__(self, printed: Sequence[str], mark: str, other: str) -> None:
        one, two = re.escape(mark), re.escape(other)
        start = "[1-9][0-9]{0,2}"
        grouped = re.compile(rf"{start}(?:{one}[0-9]{{3}}){{2,}}|{start}(?:{one}[0-9]{{3}})+{two}[0-9]+")
        may_be_grouped = re.compile(rf"{start}{one}[0-9]{{3}}")
        decimal = re.compile(rf"[0-9]+{one}[0-9]+|{start}(?:{two}[0-9]{{3}})+{one}[0-9]+")
        self.grouped = [number for number in printed if grouped.fullmatch(number)]
        self.open = [number for number in printed if may_be_grouped.fullmatch(number)]
        self.decimal = [
            number for number in printed if decimal.fullmatch(number) and not may_be_grouped.fullmatch(number)
        ]
