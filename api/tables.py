"""Items as a person reads them on a terminal: the columns that say something, and where they were folded from."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.reading import Page

WIDTH_PIPED = 160
# Identifiers, and what repeats another column in a form for machines: in every other format, not in a table.
LEFT_OUT = frozenset(
    "canonical_value canonical_low canonical_high canonical_unit period_start period_end event_id digest recorded_by "
    "revision publishers schema figure_id via recorded_at position spread nature approximate".split()
)
NUMBERS = frozenset("value low high spread change change_percent previous_value share position revision".split())


def console(*, stderr: bool = False) -> Console:
    """A console on the terminal's width, or wide where the output is piped."""
    made = Console(stderr=stderr)
    return made if made.is_terminal else Console(stderr=stderr, width=WIDTH_PIPED)


def page_table(page: Page, *, title: str) -> Table:
    """The items of a page; columns that are empty throughout are left out."""
    return _table(page.rows(), title=title)


def member_table(name: str, member: Any) -> Table:
    """What stands beside the items: objects in rows, or one object with a row a member."""
    if isinstance(member, dict):
        member = [{"": key, name: value} for key, value in member.items() if _says(value)]
    return _table(member, title=name)


def _table(rows: Sequence[Mapping[str, Any]], *, title: str) -> Table:
    names = [name for name in _names(rows) if name not in LEFT_OUT and any(_says(row.get(name)) for row in rows)]
    table = Table(title=title, title_justify="left")
    for name in names:
        table.add_column(name, justify="right" if name in NUMBERS else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(row.get(name))) for name in names))
    return table


def text_table(title: str, columns: Sequence[str], *groups: Sequence[Sequence[str]]) -> Table:
    """A table of texts, with a line between the groups of rows."""
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name, overflow="fold")
    for group in groups:
        for row in group:
            table.add_row(*map(Text, row))
        table.add_section()
    return table


def basis_line(basis: Mapping[str, Any]) -> str:
    """The viewpoint of an answer in one line."""
    if "from" in basis:
        return f"from: {basis_line(basis['from'])}\nto: {basis_line(basis['to'])}"
    return f"as of {basis['as_of']}, recorded as of {basis['recorded_as_of']}, effective at {basis['effective_at']}"


def cell(value: Any) -> str:
    """A value as text: nothing for null, lists with commas, objects as name=value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(cell(item) for item in value)
    if isinstance(value, dict):
        if all(not isinstance(part, dict | list) for part in value.values()):
            return " ".join(f"{name}={cell(part)}" for name, part in value.items() if part is not None)
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _says(value: Any) -> bool:
    return value not in (None, "", [], {}, False)


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))
