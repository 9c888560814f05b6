"""The chart of a figure's vintages: what every publisher said of it, over the time of publication.

Publishers are told apart by colour, by the shape of their points and by the dashes of their lines, so that a print in
black and white says the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from api.reports.charts.axes import Scale, bounds, milliseconds, shortened, span, ticks
from api.reports.charts.labels import Box, Place, around, placed
from api.reports.charts.layers import Spec, layers, settings
from ledger.values import parse_moment

WIDTH, HEIGHT = 700, 300
_INNER_WIDTH, _INNER_HEIGHT = 630, 205
LEGEND_ROW = 14
COLOURS = ("#0b5fa5", "#c24a00", "#00735c", "#7b3f98", "#222222", "#8a5a00", "#b0175b", "#4b6a88")
SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "triangle-right")
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [5, 2])
LABELS_MAX = 16
NAME_LETTERS_MAX = 100
NAME_LETTERS_BESIDE_MAX = 48
"""Longer names have a line of the legend each."""


def vintages_chart(vintages: Sequence[Mapping[str, Any]], *, names: Mapping[str, str], until: datetime) -> Spec | None:
    """What every publisher said of one figure: a step a vintage, up to `until`.

    `vintages` are tidy items of `/v1/vintages` of one figure; `names` those of the publishers. A range is a band, one
    that is open at an end a line at the other; a line ends in a cross where the publisher took its figure back or says
    a symbol. None where fewer than two vintages can be drawn.
    """
    if not vintages:
        return None
    until = shortened(until, [moment_of(item) for item in vintages])
    publishers = sorted({item["publisher"] for item in vintages}, key=lambda slug: (names.get(slug, slug), slug))
    marks = _Marks(names=[_legend_name(slug, publishers, names) for slug in publishers])
    for slug, name in zip(publishers, marks.names, strict=True):
        own = (item for item in vintages if item["publisher"] == slug)
        marks.add(sorted(own, key=lambda item: (moment_of(item), item["position"])), name=name, until=until)
    if not marks.levels or len(marks.points) + len(marks.gone) < 2:
        return None
    return _specification(marks, vintages[0]["canonical_unit"])


def moment_of(item: Mapping[str, Any]) -> datetime:
    """When a vintage was out: a stated instant, or the day at whose end a date counts."""
    interval = parse_moment(item["published_at"])
    if interval.end - interval.start < timedelta(hours=1):
        return interval.end
    return interval.end.replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass
class _Marks:
    """The rows that the layers of the chart draw."""

    names: list[str]
    lines: list[Spec] = field(default_factory=list)
    bands: list[Spec] = field(default_factory=list)
    points: list[Spec] = field(default_factory=list)
    gone: list[Spec] = field(default_factory=list)
    levels: list[Decimal] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)

    def add(self, series: Sequence[Mapping[str, Any]], *, name: str, until: datetime) -> None:
        """Add what one publisher said, in order of publication."""
        segment = 0
        level: Decimal | None = None
        for item, following in zip(series, [*series[1:], None], strict=True):
            at = moment_of(item)
            upto = moment_of(following) if following is not None else max(until, at)
            self.moments += [at, upto]
            value, low, high = (_number(item[f"canonical_{part}"]) for part in ("value", "low", "high"))
            said = [part for part in (value, low, high) if part is not None]
            if not said:
                segment += 1
                label = "withdrawn" if item["withdrawn"] else str(item["symbol"]).replace("_", " ")
                self.gone.append({"at": at, "name": name, "level": level, "label": label})
                continue
            level = said[0]
            self.levels += said
            if value is None:
                segment += 1
            if low is not None and high is not None:
                self.bands.append({"at": at, "upto": upto, "low": low, "high": high, "name": name})
            else:
                self.lines += [{"at": end, "level": level, "name": name, "segment": segment} for end in (at, upto)]
            if value is None:
                segment += 1
            self.points.append({"at": at, "level": level, "name": name, "item": item})


def _specification(marks: _Marks, unit: str) -> Spec:
    frame = _Frame(marks, unit)
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
    height = HEIGHT + LEGEND_ROW * ((len(marks.names) - 1) // columns)
    return {**settings(), "layer": shown, "width": WIDTH, "height": height}


class _Frame:
    """The axes of the chart, and the rows as they lie in it."""

    def __init__(self, marks: _Marks, unit: str) -> None:
        self._marks = marks
        self.start, self.end = span(marks.moments)
        self.bottom, self.top = bounds(marks.levels)
        self.scale = Scale.of(marks.levels, unit)
        self.title = f"Value in {self.scale.title}" + (
            "" if self.bottom <= 0 <= self.top else " (the axis does not start at zero)"
        )
        self.gone = [{**row, "level": self.bottom if row["level"] is None else row["level"]} for row in marks.gone]
        self._colours = dict(zip(marks.names, _cycled(COLOURS, marks), strict=True))
        self._dashes = dict(zip(marks.names, _cycled(DASHES, marks), strict=True))

    def on_axes(self, layer: Spec) -> Spec:
        """A layer whose places are measured along the axes."""
        encoding = layer["encoding"]
        encoding["x"] |= {"axis": self._x_axis, "scale": self._x_scale}
        encoding["y"] |= {"axis": self._y_axis, "scale": self._y_scale}
        return layer

    @property
    def _x_axis(self) -> Spec:
        wanted, form = ticks(self.end - self.start)
        words = {"title": "Date of publication", "labelFlush": False, "labelOverlap": True}
        return {**words, "format": form, "tickCount": wanted}

    @property
    def _x_scale(self) -> Spec:
        return {"type": "utc", "domain": [milliseconds(self.start), milliseconds(self.end)], "nice": False}

    @property
    def _y_axis(self) -> Spec:
        above = {"titleAngle": 0, "titleAlign": "left", "titleX": 0, "titleY": -14}
        return {"title": self.title, "format": self.scale.label_format, "tickCount": 5, **above}

    @property
    def _y_scale(self) -> Spec:
        domain = [self.scale.number(self.bottom), self.scale.number(self.top)]
        return {"domain": domain, "zero": False, "nice": False}

    def row(self, row: Spec) -> Spec:
        """A row as the chart takes it."""
        shown: Spec = {}
        for key, value in row.items():
            if isinstance(value, datetime):
                shown[key] = milliseconds(value)
            elif isinstance(value, Decimal):
                shown[key] = self.scale.number(value)
            elif key != "item":
                shown[key] = value
        if "name" in row:
            shown["colour"] = self._colours[row["name"]]
        if "segment" in row:
            shown["dash"] = self._dashes[row["name"]]
        return shown

    def labels(self) -> dict[Place, list[Spec]]:
        """The rows that are labelled, by the place of their label: what is news, as far as there is room."""
        news = [{**row, "label": self._label(row["item"])} for row in self._marks.points if _is_news(row["item"])]
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
        right = (row["at"] - self.start) / (self.end - self.start) * _INNER_WIDTH
        return right, float((self.top - row["level"]) / (self.top - self.bottom)) * _INNER_HEIGHT

    def _label(self, item: Mapping[str, Any]) -> str:
        value, low, high = (_number(item[f"canonical_{part}"]) for part in ("value", "low", "high"))
        if value is not None:
            return self.scale.text(value)
        if low is not None and high is not None:
            return f"{self.scale.text(low)} to {self.scale.text(high)}"
        return (
            f"at least {self.scale.text(low)}" if low is not None else f"at most {self.scale.text(high or Decimal(0))}"
        )


def _is_news(item: Mapping[str, Any]) -> bool:
    return bool(item["cause"] != "confirmation")


def _legend_name(slug: str, publishers: Sequence[str], names: Mapping[str, str]) -> str:
    """A publisher's name, cut where it is long; with its slug where another is called the same."""
    short = {one: _cut(names.get(one, one)) for one in publishers}
    name = short[slug]
    return name if list(short.values()).count(name) == 1 else f"{_cut(name, 30)} ({_cut(slug, 28)})"


def _cut(text: str, most: int = NAME_LETTERS_MAX) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _cycled(choices: Sequence[Any], marks: _Marks) -> list[Any]:
    return [choices[place % len(choices)] for place in range(len(marks.names))]


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
