"""The chart of series: figures over their periods, a line for each series, or a bar each where there is one period.

Where publishers differ, or one states a range, a wide faint stroke goes from the least to the greatest that they say;
the point of a range is in the middle of it, that of a bound at the bound. A figure whose answer is no number has no
point, whatever others say of it.

A series is *mixed* where its answers are of several publishers: 2022 and 2023 of one, 2024 of another. Then a step from
one period to the next may be one from publisher to publisher, so the chart says it: in a line above, in white points
where the publisher changes, and in `usermeta.series` of the specification.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from api.reports.charts.axes import Scale, milliseconds
from api.reports.charts.layers import INK, Spec, settings
from api.reports.charts.step_chart import COLOURS, HEIGHT, WIDTH

SERIES_MAX = len(COLOURS)
BARS_MAX = 24
"""Of so many figures of one period each has its bar: bars need no colours that tell them apart."""
BAR_HEIGHT = 22
LABEL_ROOM = 1.15
"""How much longer than the longest bar the axis is, so that its number fits beside it."""
POINTS_MAX = 2000
_APART = ("subject", "metric", "material", "dimensions", "nature")
_LENGTHS = (
    *((1, 1, "days"), (7, 7, "weeks"), (28, 31, "months")),
    *((89, 92, "quarters"), (181, 184, "halves"), (364, 371, "years")),
)
"""From how many days to how many; fiscal years of whole weeks are years too."""
_MONTH_DAYS = 30.44
DIFFER = "datum.low < datum.high"
HOP = "datum.hop"
_MIXED_NAMED_MAX = 3
"""Of so many mixed series lines above the chart tell the publishers, a line each."""


def series_chart(
    items: Sequence[Mapping[str, Any]], *, names: Mapping[str, str], title: str, lines: Sequence[str]
) -> Spec | None:
    """Figures over their periods. `items` are those of `/v1/figures` with `resolve=all`: one a publisher, those that
    answer before the others. `title` and `lines` (source, point in time) stand above, and how many answers are not
    drawn. None where nothing can be drawn: no item has a number and a period.
    """
    answers = {item["figure_id"]: item for item in reversed(items)}
    numbers = {figure_id for figure_id, answer in answers.items() if _ends(answer)}
    drawn = [item for item in items if _ends(item) and item["period_end"] and item["figure_id"] in numbers]
    if not drawn:
        return None
    ((unit, _),) = Counter(item["canonical_unit"] for item in drawn).most_common(1)
    by_series: dict[tuple[Any, ...], dict[tuple[date, date], list[Mapping[str, Any]]]] = defaultdict(dict)
    for item in drawn[:POINTS_MAX]:
        if item["canonical_unit"] == unit:
            key = (*(str(item[name]) for name in _APART), _length(item))
            by_series[key].setdefault((item["period_end"], item["period_start"]), []).append(item)
    alone = len({period for points in by_series.values() for period in points}) == 1
    shown = sorted(by_series.values(), key=_weight, reverse=True)[: BARS_MAX if alone else SERIES_MAX]
    called = _called([next(iter(points.values()))[0] for points in shown], names)
    levels = [level for points in shown for said in points.values() for one in said for level in _ends(one)]
    scale = Scale.of(levels or [Decimal(0)], unit)
    rows = [
        row
        for name, points in zip(called, shown, strict=True)
        for row in _rows(name, [said for _, said in sorted(points.items())], scale, names)
    ]
    of_series = _publishers(called, rows)
    lines = [*lines, *_mixed(of_series, names)]
    left_out = len(items) - sum(len(said) for points in shown for said in points.values())
    if left_out:
        why = "without a number or a period, in another unit, or of a lesser series"
        lines = [*lines, f"Not drawn: {left_out} of {len(items)} answers ({why})"]
    spec = _specification(rows, called, scale, title=title, lines=lines)
    return {**spec, "usermeta": {"series": of_series}}


def _weight(points: Mapping[Any, Sequence[Mapping[str, Any]]]) -> tuple[int, Decimal]:
    """Longer series first, then greater ones."""
    return len(points), max(_middle(said[0]) for said in points.values())


def _ends(item: Mapping[str, Any]) -> list[Decimal]:
    """The numbers that an item says: a value, or one or both ends of a range; none of a symbol."""
    names = ("canonical_value", "canonical_low", "canonical_high")
    return [Decimal(item[name]) for name in names if item[name] is not None]


def _middle(item: Mapping[str, Any]) -> Decimal:
    ends = _ends(item)
    return sum(ends, Decimal(0)) / len(ends)


def _called(items: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    """What tells the series apart, in words; each once."""
    differing = [name for name in _APART if len({str(item[name]) for item in items}) > 1] or ["subject"]
    lengths = {_length(item) for item in items}
    called: list[str] = []
    for item in items:
        of_length = _length(item) if len(lengths) > 1 else ""
        text = ", ".join(filter(None, [*(_words(item[name], names) for name in differing), of_length]))
        called.append(text if text not in called else f"{text} ({len(called) + 1})")
    return called


def _length(item: Mapping[str, Any]) -> str:
    """How long the period is, in words: years and their quarters are no one line."""
    first, last = (date.fromisoformat(str(item[name])) for name in ("period_start", "period_end"))
    days = (last - first).days + 1
    other = f"{days} days" if days < _LENGTHS[2][0] else f"{round(days / _MONTH_DAYS)} months"
    return next((word for least, most, word in _LENGTHS if least <= days <= most), other)


def _words(part: Any, names: Mapping[str, str]) -> str:
    if part is None:
        return ""
    if isinstance(part, Mapping):
        return ", ".join(str(one).replace("_", " ") for one in part.values())
    return names.get(part, str(part).replace("_", " "))


def _publishers(called: Sequence[str], rows: Iterable[Spec]) -> list[Spec]:
    """Of each series whether it is mixed, and whose answers it has, in the order of its periods."""
    found: dict[str, dict[str, None]] = {name: {} for name in called}
    for row in rows:
        found[row["name"]][row["publisher"]] = None
    return [{"name": name, "mixed": len(of) > 1, "publishers": [*of]} for name, of in found.items()]


def _mixed(of_series: Sequence[Spec], names: Mapping[str, str]) -> list[str]:
    """The lines that say which series are mixed."""
    mixed = [one for one in of_series if one["mixed"]]
    if not mixed:
        return []
    told = [
        f"Mixed publishers: {one['name']} ({', '.join(names.get(slug, slug) for slug in one['publishers'])})"
        for one in mixed[:_MIXED_NAMED_MAX]
    ]
    if len(mixed) > _MIXED_NAMED_MAX:
        told.append(f"Mixed publishers: {len(mixed) - _MIXED_NAMED_MAX} more of these series")
    return [*told, "A white point: another publisher than in the period before"]


def _rows(
    name: str, points: Iterable[Sequence[Mapping[str, Any]]], scale: Scale, names: Mapping[str, str]
) -> Iterable[Spec]:
    """The points of a series in the order of their periods; `hop` where another publisher answers than before."""
    before = None
    for said in points:
        row = _row(name, said, scale, names)
        yield {**row, "hop": before is not None and row["publisher"] != before}
        before = row["publisher"]


def _row(name: str, said: Sequence[Mapping[str, Any]], scale: Scale, names: Mapping[str, str]) -> Spec:
    """A point, with what is said of it when somebody points at it."""
    first = said[0]
    levels = [level for item in said for level in _ends(item)]
    start = datetime.fromisoformat(str(first["period_start"])).replace(tzinfo=UTC)
    amount, publisher = scale.amount(first), names.get(first["publisher"], first["publisher"])
    return {
        "name": name,
        "period": first["period"],
        "publisher": first["publisher"],
        "start": milliseconds(start),
        "value": scale.number(_middle(first)),
        "low": scale.number(min(levels)),
        "high": scale.number(max(levels)),
        "ahead": first["nature"] != "observed",
        "label": amount,
        "told": f"{name}, {first['period']}: {amount} {scale.title}, {publisher}",
    }


def _drawn_of(layer: Spec, rows: Iterable[Spec]) -> bool:
    """Whether there is something in a layer: Vega warns of one without."""
    chosen: dict[str, Callable[[Spec], bool]] = {
        DIFFER: lambda row: row["low"] < row["high"],
        HOP: lambda row: row["hop"],
    }
    return all(any(map(chosen[one["filter"]], rows)) for one in layer.get("transform", ()))


def _specification(rows: list[Spec], called: Sequence[str], scale: Scale, *, title: str, lines: Sequence[str]) -> Spec:
    colour = {
        "field": "name",
        "type": "nominal",
        "title": None,
        "scale": {"domain": [*called], "range": list(COLOURS[: len(called)])},
        "legend": {"columns": 2, "symbolOpacity": 1} if len(called) > 1 else None,
    }
    above = {"titleAngle": 0, "titleAlign": "left", "titleX": 0, "titleY": -10}
    y = {"type": "quantitative", "axis": {"title": scale.title, "format": scale.label_format, **above}}
    told = {"field": "told", "type": "nominal"}
    periods = {row["start"] for row in rows}
    layers: list[Spec]
    height: int = HEIGHT
    if len(periods) == 1:
        height = max(HEIGHT // 2, BAR_HEIGHT * len(called))
        of_bar = {"field": "name", "type": "nominal", "sort": [*called], "axis": {"title": None, "labelLimit": 220}}
        axis = {"title": scale.title, "format": scale.label_format, "grid": True, "tickCount": 5}
        ends = [min(0, *(row["low"] for row in rows)), max(0, *(row["high"] for row in rows)) * LABEL_ROOM]
        across = {"type": "quantitative", "axis": axis, "scale": {"domain": ends} if ends[1] > ends[0] else {}}
        layers = [
            {
                "mark": {"type": "bar", "color": COLOURS[0]},
                "encoding": {"y": of_bar, "x": {**across, "field": "value"}, "tooltip": told},
            },
            {
                "mark": {"type": "rule", "strokeWidth": 3, "color": "#555555"},
                "transform": [{"filter": DIFFER}],
                "encoding": {"y": of_bar, "x": {**across, "field": "low"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 11, "color": INK},
                "encoding": {
                    "y": of_bar,
                    "x": {**across, "field": "high"},
                    "text": {"field": "label", "type": "nominal"},
                },
            },
        ]
    else:
        x = {
            "field": "start",
            "type": "temporal",
            "scale": {"type": "utc", "padding": 12},
            "axis": {
                "title": "First day of the period",
                "format": "%Y",
                "tickCount": "year",
                "labelOverlap": True,
                "labelFlush": False,
            },
        }
        layers = [
            {
                "mark": {"type": "rule", "strokeWidth": 7, "opacity": 0.25, "strokeCap": "round"},
                "transform": [{"filter": DIFFER}],
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour},
            },
            {
                "mark": {"type": "line", "strokeWidth": 1.8},
                "encoding": {"x": x, "y": {**y, "field": "value"}, "color": colour},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 42, "opacity": 1},
                "encoding": {"x": x, "y": {**y, "field": "value"}, "color": colour, "tooltip": told},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 14, "opacity": 1, "color": "#ffffff"},
                "transform": [{"filter": HOP}],
                "encoding": {"x": x, "y": {**y, "field": "value"}},
            },
        ]
    layers = [layer for layer in layers if _drawn_of(layer, rows)]
    heading = {
        "text": title,
        "subtitle": [*lines],
        "anchor": "start",
        "color": INK,
        "subtitleColor": "#555555",
        "limit": WIDTH,
        "fontSize": 15,
        "subtitleFontSize": 11,
        "offset": 14,
    }
    return {**settings(), "title": heading, "data": {"values": rows}, "layer": layers, "width": WIDTH, "height": height}
