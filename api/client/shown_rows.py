"""Rows as they are shown: in a terminal of 80 columns, or in a notebook. Data have all columns, what is shown has few.

Texts come from events, and so from anywhere: what is unseen in them is written out, and in HTML they are escaped.
"""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from textwrap import wrap
from typing import Any

from api.client.door import Row

WIDTH = 80
CELL_WIDTH = 24
HTML_COLUMNS = 12
GAP = 2


def as_text(title: str, rows: Sequence[Row], count: int, *, said: Sequence[str] = ()) -> str:
    """The title, what is `said` of the question, and a table of the rows, none wider than a terminal."""
    names = _names(rows)
    cells = {name: [_shortened(_cell(row.get(name))) for row in rows] for name in names}
    widths = {name: max(len(name), *map(len, cells[name])) for name in names}
    shown: list[str] = []
    for name in names:
        if sum(widths[one] + GAP for one in (*shown, name)) - GAP <= WIDTH:
            shown.append(name)
    lines = [title, *(part for line in said for part in wrap(_cell(line), WIDTH))]
    if shown:
        lines.append((" " * GAP).join(name.ljust(widths[name]) for name in shown).rstrip())
        lines += [
            (" " * GAP).join(cells[name][place].ljust(widths[name]) for name in shown).rstrip()
            for place in range(len(rows))
        ]
    return "\n".join([*lines, *_left_out(rows, count, _all_names(rows) - len(shown))])


def as_html(title: str, rows: Sequence[Row], count: int, *, said: Sequence[str] = ()) -> str:
    """The same as a table of HTML, in which nothing can be run."""
    names = _names(rows)[:HTML_COLUMNS]
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_shortened(_cell(row.get(name))))}</td>" for name in names) + "</tr>"
        for row in rows
    )
    left_out = "".join(f"<p>{escape(line)}</p>" for line in _left_out(rows, count, _all_names(rows) - len(names)))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if names else ""
    told = "".join(f"<p>{escape(_cell(line))}</p>" for line in said)
    return f"<div><p>{escape(_cell(title))}</p>{told}{table}{left_out}</div>"


def _names(rows: Sequence[Row]) -> list[str]:
    """The columns that say something to a person: neither details for machines, nor without any value."""
    from projections import is_detail

    names = dict.fromkeys(name for row in rows for name in row)
    return [name for name in names if not is_detail(name) and any(row.get(name) not in (None, [], {}) for row in rows)]


def _all_names(rows: Sequence[Row]) -> int:
    return len({name for row in rows for name in row})


def _left_out(rows: Sequence[Row], count: int, columns: int) -> list[str]:
    said = [f"{count - len(rows):,} more rows"] if count > len(rows) else []
    said += [f"{columns} more columns"] if columns > 0 else []
    return [f"… and {' and '.join(said)}"] if said else []


def _cell(value: Any) -> str:
    from api.formats.cells import cell
    from ledger import visible

    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return visible(cell(value) if isinstance(value, str | int | float | dict | list | None) else str(value))


def _shortened(text: str) -> str:
    return text if len(text) <= CELL_WIDTH else f"{text[: CELL_WIDTH - 1]}…"
