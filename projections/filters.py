"""Which items a reader wants: query parameters as conditions.

A condition bites on the rows of the log, before they are folded, or on the items, after. A slug means what it means at the
viewpoint's position, and so does an id of a figure.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from ledger.calendars import Period, parse_period
from ledger.errors import CalendarError
from projections.catalogue import Applies, Filter, Projection
from projections.schema import quoted

_DIMENSION = re.compile(r"[a-z][a-z0-9_]{0,79}", re.ASCII)

Value = str | list[str]


class FilterError(ValueError):
    """A filter has a value that means nothing. `parameter` is its name."""

    def __init__(self, parameter: str, detail: str) -> None:
        super().__init__(f"{parameter}: {detail}")
        self.parameter = parameter
        self.detail = detail


class UnknownFilter(ValueError):
    """A projection has no filter of that name. `known` are those that it has."""

    def __init__(self, parameter: str, known: list[str]) -> None:
        super().__init__(f"unknown filter {parameter!r}; known: {', '.join(known)}")
        self.parameter = parameter
        self.known = known


class Names(Protocol):
    """What slugs and ids mean at a position."""

    def kept(self, slug: str) -> str:
        """The slug that a slug was merged into, or itself."""

    def fiscal_year_end(self, slug: str) -> str | None:
        """`MM-DD`, of the entity registered under exactly this slug."""

    def figure(self, figure_id: UUID) -> UUID:
        """The figure under which an id answers."""


@dataclass
class Selection:
    """Conditions on rows (of `versions`) and on items, with their parameters."""

    rows: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: Any) -> str:
        """A parameter with this value; how to write it in a condition."""
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"${name}"


def select(projection: Projection, filters: Mapping[str, Value], names: Names) -> Selection:
    """The conditions that filters make. Raises UnknownFilter and FilterError."""
    selection = Selection()
    if projection.name == "figures":
        _answers(selection, filters, names)
    for name, value in filters.items():
        known = _filter(projection, name)
        values = [_text(name, one) for one in ([value] if isinstance(value, str) else value)]
        if known.choices and not set(values) <= set(known.choices):
            raise FilterError(name, f"{values[0][:40]!r} is none of: {', '.join(known.choices)}")
        if known.column is None:
            _OWN[known.name](selection, name, values, filters, names)
            continue
        if known.slug:
            values = [names.kept(slug) for slug in values]
        target = selection.rows if known.applies is Applies.ROWS else selection.items
        target.append(_equals(selection, known, values))
    return selection


def _filter(projection: Projection, name: str) -> Filter:
    for known in projection.filters:
        if known.name == name and not name.endswith("*"):
            return known
        if known.name.endswith("*") and name.startswith(known.name[:-1]) and _DIMENSION.fullmatch(
            name.removeprefix(known.name[:-1])
        ):
            return known
    raise UnknownFilter(name, [known.name for known in projection.filters])


def _text(name: str, value: str) -> str:
    if "\0" in value:
        raise FilterError(name, "a filter must not hold the character U+0000")
    return value


def _equals(selection: Selection, known: Filter, values: list[str]) -> str:
    assert known.column is not None
    column = quoted(known.column)
    if known.column in ("materials", "party_slugs"):
        return f"LIST_HAS_ANY({column}, {selection.bind(values)})"
    if known.choices == ("true", "false"):
        return f"LIST_CONTAINS({selection.bind([value == 'true' for value in values])}, {column})"
    prefix = "versions." if known.applies is Applies.ROWS else ""
    if len(values) == 1:
        return f"{prefix}{column} = {selection.bind(values[0])}"
    return f"LIST_CONTAINS({selection.bind(values)}, {prefix}{column})"


def _answers(selection: Selection, filters: Mapping[str, Value], names: Names) -> None:
    """Which of the publishers' answers to a figure is shown."""
    prefer = filters.get("prefer", [])
    slugs = [slug for part in ([prefer] if isinstance(prefer, str) else prefer) for slug in part.split(",") if slug]
    selection.params["prefer"] = [names.kept(slug) for slug in slugs]
    if "publisher" not in filters and filters.get("resolve", "latest") == "latest":
        selection.items.append("place = 1")


def _publisher(selection: Selection, name: str, values: list[str], filters: Mapping[str, Value], names: Names) -> None:
    selection.items.append(f"LIST_CONTAINS({selection.bind([names.kept(slug) for slug in values])}, publisher)")


def _nothing(selection: Selection, name: str, values: list[str], filters: Mapping[str, Value], names: Names) -> None:
    """`prefer` and `resolve` are about the answers, not about the figures."""


def _disputed(selection: Selection, name: str, values: list[str], filters: Mapping[str, Value], names: Names) -> None:
    selection.items.append(f"LIST_CONTAINS({selection.bind([value == 'true' for value in values])}, disputed)")


def _dimension(selection: Selection, name: str, values: list[str], filters: Mapping[str, Value], names: Names) -> None:
    path = selection.bind(f'$."{name.partition(".")[2]}"')
    wanted = selection.bind(values)
    selection.rows.append(f"LIST_CONTAINS({wanted}, JSON_EXTRACT_STRING(versions.dimensions, {path}))")


def _figure_id(selection: Selection, name: str, values: list[str], filters: Mapping[str, Value], names: Names) -> None:
    try:
        ids = [names.figure(UUID(value)) for value in values]
    except ValueError:
        raise FilterError(name, f"{values[0][:60]!r} is no UUID") from None
    selection.rows.append(f"LIST_CONTAINS({selection.bind(ids)}, versions.figure_id)")


def _period(selection: Selection, name: str, values: list[str], filters: Mapping[str, Value], names: Names) -> None:
    periods = [_parsed(name, value, filters, names) for value in values]
    exact = (
        f"(versions.period_start = {selection.bind(period.start)} AND versions.period_end = {selection.bind(period.end)})"
        for period in periods
    )
    selection.rows.append("(" + " OR ".join(exact) + ")")


def _period_from(selection: Selection, name: str, values: list[str], filters: Mapping[str, Value], names: Names) -> None:
    first: date = min(_parsed(name, value, filters, names).start for value in values)
    selection.rows.append(f"versions.period_start >= {selection.bind(first)}")


def _period_to(selection: Selection, name: str, values: list[str], filters: Mapping[str, Value], names: Names) -> None:
    last: date = max(_parsed(name, value, filters, names).end for value in values)
    selection.rows.append(f"versions.period_end <= {selection.bind(last)}")


def _q(selection: Selection, name: str, values: list[str], filters: Mapping[str, Value], names: Names) -> None:
    for value in values:
        wanted = selection.bind(value)
        selection.items.append(f"CONTAINS(searched, LOWER({wanted}))")


def _parsed(name: str, value: str, filters: Mapping[str, Value], names: Names) -> Period:
    """A period in a filter; a fiscal one is that of the subject in the same filters."""
    subject = filters.get("subject")
    fiscal_year_end = names.fiscal_year_end(subject) if isinstance(subject, str) and value.startswith("FY") else None
    try:
        if value.startswith("FY") and fiscal_year_end is None:
            parse_period(value, "12-31")
            raise FilterError(name, f"{value!r} is a fiscal period: name a subject that has a fiscal year with it")
        return parse_period(value, fiscal_year_end)
    except CalendarError as error:
        raise FilterError(name, str(error)) from None


_OWN: dict[str, Callable[[Selection, str, list[str], Mapping[str, Value], Names], None]] = {
    "publisher": _publisher,
    "period": _period,
    "period_from": _period_from,
    "period_to": _period_to,
    "dimension.*": _dimension,
    "figure_id": _figure_id,
    "prefer": _nothing,
    "resolve": _nothing,
    "disputed": _disputed,
    "q": _q,
}
