"""Measurements as a table in Markdown, with the marks and whether they are reached."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.benchmarks.machine import sentence
from tests.benchmarks.measurements import Measurement, Reference, Sample, measurement_from

HEADER = ("path", "what", "median (min – max, runs)", "beside it", "ratio", "mark", "reached")


def markdown(found: Mapping[str, Any], other: Mapping[str, Any] | None = None) -> str:
    """A run as a section of Markdown; with another run, how many times its value each one is."""
    return "\n".join([f"## {found['size']:,} events", "", sentence(found["machine"]), "", *lines(found, other), ""])


def lines(found: Mapping[str, Any], other: Mapping[str, Any] | None = None) -> list[str]:
    """The lines of the table, and what failed."""
    earlier = {} if other is None else _by_name(map(measurement_from, other["measurements"]))
    header = HEADER if other is None else (*HEADER, f"to {other['size']:,} events")
    table = [_line(header), _line(["---"] * len(header))]
    for one in map(measurement_from, found["measurements"]):
        for cells in _rows(one):
            if other is not None:
                cells.append(_growth(one, earlier.get((one.path, one.what))) if cells[0] else "")
            table.append(_line(cells))
    return [*table, *(f"FAILED: {one['phase']}: {one['error']}" for one in found["failures"])]


def _by_name(measurements: Iterable[Measurement]) -> dict[tuple[str, str], Measurement]:
    return {(one.path, one.what): one for one in measurements}


def _rows(one: Measurement) -> Iterator[list[str]]:
    """A row for the measurement and its first reference, one for each other reference."""
    what = f"{one.what} ({one.note})" if one.note else one.what
    first, *others = one.references or (None,)
    mark, reached = _mark(one)
    beside, ratio, ratio_mark, ratio_reached = _beside(one, first)
    both = [text for text in (mark, ratio_mark) if text]
    reached_both = [text for text in (reached, ratio_reached) if text]
    yield [one.path, what, shown(one.sample, one.unit), beside, ratio, "; ".join(both), "; ".join(reached_both)]
    for reference in others:
        yield ["", "", "", *_beside(one, reference)]


def _mark(one: Measurement) -> tuple[str, str]:
    value = one.sample.value if one.sample.runs else None
    if one.at_least is not None:
        return f"≥ {number(one.at_least)} {one.unit}", _said(value is not None and value >= one.at_least)
    if one.at_most is not None:
        return f"≤ {number(one.at_most)} {one.unit}", _said(value is not None and value <= one.at_most)
    return "", ""


def _beside(one: Measurement, reference: Reference | None) -> tuple[str, str, str, str]:
    if reference is None:
        return "", "", "", ""
    beside = f"{reference.name}: {shown(reference.sample, one.unit)}"
    if not one.sample.runs or not reference.sample.value:
        return beside, "", "", ""
    ratio = one.sample.value / reference.sample.value
    mark = reached = ""
    if reference.ratio_at_least is not None:
        mark, reached = f"≥ {number(reference.ratio_at_least)} ×", _said(ratio >= reference.ratio_at_least)
    elif reference.ratio_at_most is not None:
        mark, reached = f"≤ {number(reference.ratio_at_most)} ×", _said(ratio <= reference.ratio_at_most)
    return beside, f"{number(ratio)} ×", mark, reached


def _growth(one: Measurement, earlier: Measurement | None) -> str:
    if earlier is None or not earlier.sample.value or not one.sample.runs:
        return ""
    ratio = one.sample.value / earlier.sample.value
    if one.grows_at_most is None:
        return f"{number(ratio)} ×"
    return f"{number(ratio)} × (≤ {number(one.grows_at_most)}: {_said(ratio <= one.grows_at_most)})"


def shown(sample: Sample, unit: str) -> str:
    """A sample with its unit, and its ends where there are several runs."""
    if not sample.runs:
        return "–"
    if sample.runs == 1:
        return f"{number(sample.value)} {unit}"
    return f"{number(sample.value)} {unit} ({number(sample.minimum)} – {number(sample.maximum)}, {sample.runs})"


def number(value: float) -> str:
    """A number with three digits that count, or all of those before the point."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def _said(reached: bool) -> str:
    return "yes" if reached else "**no**"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
