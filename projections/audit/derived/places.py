"""Places: where a derived figure is, and which figures its inputs are there.

A *place* is what the inputs of a formula have in common: subject, material, dimensions, nature and period. What an
input selects, another figure than the place's own is meant by: of the place (china, rare-earths, 2023) the input
`mine_production[subject=world]` is the figure of (world, rare-earths, 2023). Places are those of the figures that there
are, with what is selected taken out; a nature that is selected stays, for what is planned is nowhere observed.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import orjson

from ledger.values import SELECTED_DIMENSION, FormulaInput

MONTHS = 12
Dimensions = tuple[tuple[str, str], ...]
"""Names and values, by name."""


class Place(NamedTuple):
    """Where a derived figure is."""

    subject: str
    material: str | None
    dimensions: Dimensions
    nature: str
    period_start: date | None
    period_end: date | None

    @property
    def order(self) -> tuple[object, ...]:
        """Places come as figures do, by this."""
        days = (str(one or "") for one in (self.period_start, self.period_end))
        dimensions = orjson.dumps(dict(self.dimensions)).decode() if self.dimensions else ""
        return (self.subject, self.material or "", self.nature, *days, dimensions)


class InputKey(NamedTuple):
    """Which figure an input is, but for its unit."""

    subject: str
    metric: str
    material: str | None
    dimensions: Dimensions
    nature: str
    period_start: date | None
    period_end: date | None


def key_of_row(row: Mapping[str, Any]) -> InputKey:
    """The figure that a row is about: its days may be texts, its dimensions are JSON."""
    return InputKey(
        row["subject"],
        row["metric"],
        row["material"],
        tuple(sorted(orjson.loads(row["dimensions"]).items())) if row["dimensions"] else (),
        row["nature"],
        _day(row["period_start"]),
        _day(row["period_end"]),
    )


def _day(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


class Surroundings(NamedTuple):
    """What is so around figures at a viewpoint: what each slug means, and what is declared to be a part of what."""

    kept: Callable[[str], str]
    parts: Mapping[str, Sequence[str]]
    wholes: Mapping[str, Sequence[str]]


class NoFigure(Exception):
    """No figure is meant by an input: `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def wholes_of(parts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Each entity that is declared to be a part, and of what."""
    wholes: dict[str, list[str]] = {}
    for whole, some in parts.items():
        for part in some:
            wholes.setdefault(part, []).append(whole)
    return wholes


def keys_of(one: FormulaInput, place: Place, around: Surroundings) -> list[InputKey]:
    """The figures that an input means at a place: one, or those that are added. Raises NoFigure."""
    selected = dict(one.selected)
    first, last = _shifted(place, one.shift)
    dimensions = dict(place.dimensions) | {
        name.removeprefix(SELECTED_DIMENSION): value
        for name, value in one.selected
        if name.startswith(SELECTED_DIMENSION)
    }
    material = around.kept(selected["material"]) if "material" in selected else place.material
    return [
        InputKey(
            subject,
            one.metric,
            material,
            tuple(sorted(dimensions.items())),
            selected.get("nature", place.nature),
            first,
            last,
        )
        for subject in _subjects(one, place, around)
    ]


def _subjects(one: FormulaInput, place: Place, around: Surroundings) -> Iterable[str]:
    if one.over == "whole":
        wholes = around.wholes.get(place.subject, ())
        if len(wholes) != 1:
            raise NoFigure("several_wholes" if wholes else "no_whole")
        return wholes
    if one.over == "parts":
        parts = [around.kept(slug) for slug in one.subjects] or around.parts.get(place.subject, ())
        if not parts:
            raise NoFigure("no_parts")
        return dict.fromkeys(parts)
    selected = dict(one.selected).get("subject")
    return [place.subject if selected is None else around.kept(selected)]


def places_of(one: FormulaInput, key: InputKey, unit: str, around: Surroundings) -> Iterator[Place]:
    """Where a derived figure is, for one of whose inputs there is this figure."""
    selected = dict(one.selected)
    dimensions = dict(key.dimensions)
    for name, value in one.selected:
        if name.startswith(SELECTED_DIMENSION) and dimensions.pop(name.removeprefix(SELECTED_DIMENSION), None) != value:
            return
    if key.metric != one.metric or selected.get("nature", key.nature) != key.nature:
        return
    if one.canonical_unit not in (None, unit):
        return
    if "material" in selected and around.kept(selected["material"]) != key.material:
        return
    for subject in around.wholes.get(key.subject, ()) if one.over == "parts" else (key.subject,):
        yield Place(
            subject,
            None if "material" in selected else key.material,
            tuple(sorted(dimensions.items())),
            key.nature,
            key.period_start,
            key.period_end,
        )


def makes(one: FormulaInput, place: Place) -> bool:
    """Whether a place lacks what an input selects, so that a figure of the input can be what makes it."""
    selected = dict(one.selected)
    return (
        ("material" not in selected or place.material is None)
        and selected.get("nature", place.nature) == place.nature
        and selected.keys().isdisjoint(f"{SELECTED_DIMENSION}{name}" for name, _ in place.dimensions)
    )


def _shifted(place: Place, shift: str) -> tuple[date | None, date | None]:
    """The days of the period that is meant. Raises NoFigure where there is none."""
    first, last = place.period_start, place.period_end
    if not shift:
        return first, last
    if first is None or last is None:
        raise NoFigure("no_period")
    try:
        return _months_or_days_before(first, last, shift)
    except (ValueError, OverflowError):
        raise NoFigure("no_period") from None


def _months_or_days_before(first: date, last: date, shift: str) -> tuple[date, date]:
    if first.day != 1 or last.day != monthrange(last.year, last.month)[1]:
        if shift == "year_before":
            raise NoFigure("no_period")
        back = timedelta(days=(last - first).days + 1)
        return first - back, last - back
    start, end = first.year * MONTHS + first.month - 1, last.year * MONTHS + last.month - 1
    by = MONTHS if shift == "year_before" else end - start + 1
    start, end = start - by, end - by
    until = date(end // MONTHS, end % MONTHS + 1, 1)
    return date(start // MONTHS, start % MONTHS + 1, 1), until.replace(day=monthrange(until.year, until.month)[1])
