"""A table that fits the screen, whatever it holds, and breaks no number.

Where all columns have room it is the table as anybody would draw it. Where they have not, what is the same in every row
is said once above it, then texts are folded; numbers never are. Where even that is not enough, each row becomes a few
lines: what it is about, and below it what is said, as `value 21000, unit t`.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ledger import visible, visible_lines

BETWEEN = 3
"""What a column takes beside its text: a line and two blanks."""
FOLDED_TO = 12
"""No text is folded to less, unless it is shorter."""
KEYS = 4
"""So many columns, the first ones without numbers, say what a row is about."""

NUMBER = re.compile(r"-?\d+(\.\d+)?|", re.ASCII)


class Column(NamedTuple):
    """A column: its name, and whether it holds numbers."""

    name: str
    is_number: bool = False


def fitting_table(
    title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, width: int
) -> RenderableType:
    """Rows of texts, as many as there are columns, on a screen of a width."""
    rows = [[visible_lines(text) for text in row] for row in rows]
    columns = [Column(one.name, one.is_number or _is_numeric(place, rows)) for place, one in enumerate(columns)]
    if _taken([_widest(place, rows, column) for place, column in enumerate(columns)]) <= width:
        return _table(title, columns, rows, None)
    same = [place for place in range(len(columns)) if len({row[place] for row in rows}) == 1 and len(rows) > 1]
    left = [place for place in range(len(columns)) if place not in same]
    said = [Text(f"{columns[place].name} {rows[0][place]}") for place in same if rows[0][place]]
    above = [Text(visible(title), style="italic"), *([Text(" · ").join(said)] if said else [])]
    columns, rows = [columns[place] for place in left], [[row[place] for place in left] for row in rows]
    if (widths := _widths(columns, rows, width)) is not None:
        return Group(*above, _table(None, columns, rows, widths))
    return Group(*above, *(part for row in rows for part in _record(columns, row)))


def _table(
    title: str | None, columns: Sequence[Column], rows: Sequence[Sequence[str]], widths: Sequence[int] | None
) -> Table:
    table = Table(title=None if title is None else escape(visible(title)), title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(
            escape(visible(column.name) if widths is None else _in_pieces(column.name)),
            justify="right" if column.is_number else "left",
            overflow="fold",
            no_wrap=column.is_number and widths is None,
            width=None if widths is None else widths[place],
        )
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _record(columns: Sequence[Column], row: Sequence[str]) -> list[RenderableType]:
    """A row as lines."""
    keys = [place for place, column in enumerate(columns) if not column.is_number][:KEYS]
    about = Text(" ").join(Text(row[place], style="bold") for place in keys if row[place])
    others = [place for place, text in enumerate(row) if text and place not in keys]
    parts = [Text(f"{visible(columns[place].name)} {row[place]}") for place in others]
    return [about, Padding(Text("\n" if any("\n" in part.plain for part in parts) else ", ").join(parts), (0, 0, 0, 2))]


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int] | None:
    """The widths of columns that fit together, their texts folded as little as can be; None where they do not."""
    wanted = [max(_cells(place, rows), _title(column)) for place, column in enumerate(columns)]
    least = [
        most if column.is_number else min(most, max(FOLDED_TO, _title(column)))
        for column, most in zip(columns, wanted, strict=True)
    ]
    room = width - _taken(least)
    if room < 0:
        return None
    while room > 0 and any(now < most for now, most in zip(least, wanted, strict=True)):
        narrow = min((place for place in range(len(least)) if least[place] < wanted[place]), key=least.__getitem__)
        least[narrow] += 1
        room -= 1
    return least


def _taken(widths: Sequence[int]) -> int:
    return sum(widths) + BETWEEN * len(widths) + 1


def _widest(place: int, rows: Sequence[Sequence[str]], column: Column) -> int:
    return max(_cells(place, rows), len(column.name))


def _is_numeric(place: int, rows: Sequence[Sequence[str]]) -> bool:
    return all(NUMBER.fullmatch(row[place]) for row in rows)


def _cells(place: int, rows: Sequence[Sequence[str]]) -> int:
    return max((Text(line).cell_len for row in rows for line in row[place].split("\n")), default=0)


def _title(column: Column) -> int:
    return max(map(len, _in_pieces(column.name).split("\n")))


def _in_pieces(name: str) -> str:
    """A column's name in lines: `published_` and `at`."""
    return visible(name).replace("_", "_\n")
