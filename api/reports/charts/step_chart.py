"""Step charts: what every publisher said, over the time of publication, a step for as long as it said so.

What is said is a level on an axis: a value in a unit, or a date. Publishers are told apart by colour, by the shape of
their points and by the dashes of their lines, so that a print in black and white says the same.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Protocol

from api.reports.charts.axes import milliseconds, span, ticks
from api.reports.charts.labels import Box, Place, around, placed
from api.reports.charts.layers import Spec, layers, settings
from ledger.values import parse_moment

WIDTH, HEIGHT = 700, 300
_INNER_WIDTH, _INNER_HEIGHT = 630, 205
LEGEND_ROW = 14
COLOURS = ("#0b5fa5", "#c24a00", "#00735c", "#7b3f98", "#222222", "#8a5a00", "#b0175b", "#4b6a88")
SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "triangle-right")
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [5, 2])
GUIDE = {"name": " ", "segment": 0, "colour": "#999999", "dash": [4, 4]}
"""What tells a line that guides the eye apart from those of publishers."""
LABELS_MAX = 16
NAME_LETTERS_MAX = 100
NAME_LETTERS_BESIDE_MAX = 48
"""Longer names have a line of the legend each."""


class LevelAxis(Protocol):
    """The axis of levels: its ends, and how a level stands on it."""

    bottom: Decimal
    top: Decimal
    kind: str
    """What Vega-Lite calls its values: `quantitative` or `temporal`."""

    def number(self, level: Decimal) -> float:
        """A level as the chart takes it."""

    def label(self, item: Mapping[str, Any]) -> str | None:
        """The label of what was said; None where it is no news."""

    @property
    def axis(self) -> Spec:
        """Its title and labels."""

    @property
    def scale(self) -> Spec:
        """Its kind and domain."""


@dataclass
class Marks:
    """The rows that the layers of the chart draw."""

    names: list[str]
    lines: list[Spec] = field(default_factory=list)
    bands: list[Spec] = field(default_factory=list)
    points: list[Spec] = field(default_factory=list)
    gone: list[Spec] = field(default_factory=list)
    levels: list[Decimal] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)

    @property
    def too_few(self) -> bool:
        """Whether fewer than two things that were said can be drawn."""
        return not self.levels or len(self.points) + len(self.gone) < 2


def moment_of(item: Mapping[str, Any]) -> datetime:
    """When a vintage was out: a stated instant, or the day at whose end a date counts."""
    interval = parse_moment(item["published_at"])
    if interval.end - interval.start < timedelta(hours=1):
        return interval.end
    return interval.end.replace(hour=0, minute=0, second=0, microsecond=0)


def specification(marks: Marks, levels: LevelAxis, *, guide: Sequence[tuple[datetime, Decimal]] = ()) -> Spec:
    """The chart of what was marked, with its levels on an axis; `guide` is a line that says nothing by itself."""
    frame = _Frame(marks, levels)
    columns = 2 if max(map(len, marks.names)) <= NAME_LETTERS_BESIDE_MAX else 1
    drawn: list[tuple[str | Place, Sequence[Spec]]] = [
        ("range", marks.bands),
        ("rule", marks.bands),
        ("line", marks.lines),
        ("point", marks.points),
        ("gone", frame.gone),
        *frame.labels().items(),
    ]
    templates = layers()
    point = templates["point"]["encoding"]
    for channel, of in (("color", COLOURS), ("shape", SHAPES)):
        point[channel]["legend"]["columns"] = columns
        point[channel]["scale"] = {"domain": marks.names, "range": _cycled(of, marks)}
    shown = [
        {**frame.on_axes(templates[name]), "data": {"values": [frame.row(row) for row in rows]}}
        for name, rows in drawn
        if rows
    ]
    if guide:
        straight = frame.on_axes(layers()["line"])
        straight["mark"]["interpolate"] = "linear"
        drawn_guide = [frame.row({"at": at, "level": level, **GUIDE}) for at, level in guide]
        shown.insert(0, {**straight, "data": {"values": drawn_guide}})
    height = HEIGHT + LEGEND_ROW * ((len(marks.names) - 1) // columns)
    return {**settings(), "layer": shown, "width": WIDTH, "height": height}


class _Frame:
    """The axes of the chart, and the rows as they lie in it."""

    def __init__(self, marks: Marks, levels: LevelAxis) -> None:
        self._marks, self._levels = marks, levels
        self.start, self.end = span(marks.moments)
        self.gone = [{**row, "level": levels.bottom if row["level"] is None else row["level"]} for row in marks.gone]
        self._colours = dict(zip(marks.names, _cycled(COLOURS, marks), strict=True))
        self._dashes = dict(zip(marks.names, _cycled(DASHES, marks), strict=True))

    def on_axes(self, layer: Spec) -> Spec:
        """A layer whose places are measured along the axes."""
        encoding = layer["encoding"]
        scale = self._x_scale
        if "x2" in encoding:
            # Vega-Lite takes the ends of such a channel as numbers, and then finds two domains of one axis.
            del scale["domain"]
        encoding["x"] |= {"axis": self._x_axis, "scale": scale}
        encoding["y"] |= {"axis": self._levels.axis, "scale": self._levels.scale, "type": self._levels.kind}
        return layer

    @property
    def _x_axis(self) -> Spec:
        wanted, form = ticks(self.end - self.start)
        words = {"title": "Date of publication", "labelFlush": False, "labelOverlap": True}
        return {**words, "format": form, "tickCount": wanted}

    @property
    def _x_scale(self) -> Spec:
        return {"type": "utc", "domain": [milliseconds(self.start), milliseconds(self.end)], "nice": False}

    def row(self, row: Spec) -> Spec:
        """A row as the chart takes it."""
        shown: Spec = {}
        for key, value in row.items():
            if isinstance(value, datetime):
                shown[key] = milliseconds(value)
            elif isinstance(value, Decimal):
                shown[key] = self._levels.number(value)
            elif key != "item":
                shown[key] = value
        if row.get("name") in self._colours:
            shown["colour"] = self._colours[row["name"]]
        if row.get("name") in self._dashes and "segment" in row:
            shown["dash"] = self._dashes[row["name"]]
        return shown

    def labels(self) -> dict[Place, list[Spec]]:
        """The rows that are labelled, by the place of their label: what is news, as far as there is room."""
        told = [{**row, "label": self._levels.label(row["item"])} for row in self._marks.points]
        news = [row for row in told if row["label"] is not None]
        wanted = sorted([*news, *self.gone], key=lambda row: (row["at"], row["name"]))
        if len(wanted) > LABELS_MAX:
            return {}
        taken = [around(*self._pixel(row)) for row in (*self._marks.points, *self.gone)]
        for row, following in pairwise(self._marks.lines):
            if (row["name"], row["segment"]) == (following["name"], following["segment"]):
                (_, one), (right, other) = self._pixel(row), self._pixel(following)
                taken.append(Box(right - 1, min(one, other), right + 1, max(one, other)))
        by_place: dict[Place, list[Spec]] = {}
        asked = [(*self._pixel(row), row["label"]) for row in wanted]
        for number, place in placed(asked, taken=taken, within=Box(0, -4, _INNER_WIDTH + 10, _INNER_HEIGHT)):
            row = wanted[number]
            by_place.setdefault(place, []).append({name: row[name] for name in ("at", "level", "label")})
        return by_place

    def _pixel(self, row: Spec) -> tuple[float, float]:
        top = self._levels.top
        right = (row["at"] - self.start) / (self.end - self.start) * _INNER_WIDTH
        return right, float((top - row["level"]) / (top - self._levels.bottom)) * _INNER_HEIGHT


def legend_names(slugs: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """What the legend calls publishers, in order: a long name is cut, one that two have has the slug with it."""
    publishers = sorted(set(slugs), key=lambda slug: (names.get(slug, slug), slug))
    short = {one: _cut(names.get(one, one)) for one in publishers}
    common = Counter(short.values())
    return {slug: name if common[name] == 1 else f"{_cut(name, 30)} ({_cut(slug, 28)})" for slug, name in short.items()}


def _cut(text: str, most: int = NAME_LETTERS_MAX) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _cycled(choices: Sequence[Any], marks: Marks) -> list[Any]:
    return [choices[place % len(choices)] for place in range(len(marks.names))]
