"""Items as a person reads them on a terminal: the columns that say something, and where they were folded from.

The kinds of the columns say what is left out (ids, and what repeats another column in a form for machines) and what
stands to the right (numbers).

Everything that is printed for people goes through here, where what a terminal would obey, and what nobody would see, is
written out (`ledger.visible_text`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from api.cli.fitting_table import Column, fitting_table
from api.cli.quietness import QUIET
from api.questions.page import Page
from ledger import visible, visible_lines
from projections import COLUMN_KINDS, Kind, is_detail

WIDTH_PIPED = 160
LISTED_MAX = 8


class PeopleConsole(Console):
    """A console whose lines hold nothing that acts on the terminal, but for what the console itself puts there."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print texts, with what is unseen in them written out, and tables, which are made of such texts."""
        super().print(*(visible_lines(one) if isinstance(one, str) else one for one in objects), **options)

    def note(self, text: str) -> None:
        """Print what is said beside a result, but for those who want results and errors alone."""
        if not QUIET.get():
            self.print(text, markup=False, highlight=False)


def console(*, stderr: bool = False, is_error: bool = False, file: TextIO | None = None) -> PeopleConsole:
    """A console on the terminal's width, or wide where the output is piped. Errors are said whatever was wanted."""
    quiet = stderr and not is_error and QUIET.get()
    made = PeopleConsole(file=file, stderr=stderr, quiet=quiet, emoji=False)
    if not made.is_terminal:
        made.width = WIDTH_PIPED
    return made


def page_table(page: Page, *, title: str, columns: Sequence[str] = (), width: int = WIDTH_PIPED) -> RenderableType:
    """The items of a page on a screen of a width; columns that are empty throughout are left out.

    `columns` are those wanted, else all that are no mere details.
    """
    rows = page.rows()
    wanted = columns or [name for name in _names(rows) if not is_detail(name, page.kinds)]
    return _table(rows, wanted, title=title, kinds=page.kinds, width=width)


def member_table(name: str, member: Any, *, width: int = WIDTH_PIPED) -> RenderableType:
    """What stands beside the items: objects in rows, or one object with a row a member."""
    if isinstance(member, dict):
        member = [{"": key, name: value} for key, value in member.items() if _says(value)]
    left_out = {one for one, kind in COLUMN_KINDS.items() if kind is Kind.IDENTIFIER} | {"reasons"}
    return _table(
        member, [one for one in _names(member) if one not in left_out], title=name, kinds=COLUMN_KINDS, width=width
    )


def _table(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, title: str, kinds: Mapping[str, Kind], width: int
) -> RenderableType:
    names = [name for name in columns if any(_says(row.get(name)) for row in rows)]
    shown = [Column(name, is_number=name in kinds and kinds[name].is_number) for name in names]
    return fitting_table(title, shown, [[cell(row.get(name)) for name in names] for row in rows], width=width)


def _word(text: str) -> str:
    """A text as the title of a table or a column, where brackets would be taken for markup."""
    return escape(visible(text))


def text_table(title: str, columns: Sequence[str], *groups: Sequence[Sequence[str]]) -> Table:
    """A table of texts, with a line between the groups of rows."""
    table = Table(title=_word(title), title_justify="left")
    for name in columns:
        table.add_column(_word(name), overflow="fold")
    for group in groups:
        for row in group:
            table.add_row(*(Text(visible_lines(text)) for text in row))
        table.add_section()
    return table


def basis_line(basis: Mapping[str, Any]) -> str:
    """The viewpoint of an answer in one line."""
    if "from" in basis:
        return f"from: {basis_line(basis['from'])}\nto: {basis_line(basis['to'])}"
    return f"as of {basis['as_of']}, recorded as of {basis['recorded_as_of']}, effective at {basis['effective_at']}"


_OF_AMOUNTS = {"value", "low", "high", "unit"}


def amount_text(amount: Mapping[str, Any]) -> str:
    """A value, a range or a bound with its unit: `400 million USD`, `at most 7200 t`."""
    low, high = amount.get("low"), amount.get("high")
    if amount.get("value") is not None:
        return f"{amount['value']} {amount['unit']}"
    if low is None and high is None:
        return f"an unknown number of {amount['unit']}"
    ends = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
    return f"{ends} {amount['unit']}"


def figure_text(item: Mapping[str, Any]) -> str:
    """What a figure item says: value and unit as printed, and whether it is disputed."""
    said = amount_text(item) if item["symbol"] is None else item["symbol"].replace("_", " ")
    if item.get("disputed"):
        spread = f", spread {item['spread']} {item['canonical_unit']}" if item["spread"] is not None else ""
        said += f"; disputed{spread}"
    return str(said)


def cell(value: Any) -> str:
    """A value as text: nothing for null, a line an object in a list, and of an object what a person wants of it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        if any(isinstance(item, dict) for item in value):
            more = [f"and {len(value) - LISTED_MAX} more"] if len(value) > LISTED_MAX else []
            return "\n".join([*(cell(item) for item in value[:LISTED_MAX]), *more])
        return ", ".join(cell(item) for item in value)
    if isinstance(value, dict):
        return _object(value)
    return str(value)


def _object(value: Mapping[str, Any]) -> str:
    if value.keys() >= {"value", "low", "high", "symbol", "unit"}:
        publisher = f" ({value['publisher']})" if value.get("publisher") else ""
        return figure_text({**value, "disputed": False}) + publisher
    if "event_id" in value and value.get("cause"):
        said = (value.get("kind"), value["cause"], value.get("publisher"), value.get("published_at"))
        return " ".join(str(part) for part in said if part is not None)
    if value.keys() <= _OF_AMOUNTS and "unit" in value:
        return amount_text(value)
    if "event_id" in value and value.get("status"):
        since = f" from {value['effective_from']}" if value.get("effective_from") else ""
        return (
            f"{value['provision']}: {value['status']}{since}" if "provision" in value else f"{value['status']}{since}"
        )
    if value and all(isinstance(part, dict) and part.keys() == {"before", "after"} for part in value.values()):
        return "\n".join(f"{name}: {_from_to(**sides)}" for name, sides in value.items())
    shown = {name: part for name, part in value.items() if not is_detail(name) and _says(part)}
    return " ".join(f"{name}={cell(part)}" for name, part in shown.items())


def _from_to(before: Any, after: Any) -> str:
    return f"{cell(before) or 'nothing'} → {cell(after) or 'nothing'}"


def _says(value: Any) -> bool:
    return value is not None and value is not False and value not in ("", [], {})


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))
