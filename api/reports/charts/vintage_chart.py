"""The chart of a figure's vintages: what every publisher said of it, over the time of publication."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from api.reports.charts.axes import Scale, bounds, moved, shortened
from api.reports.charts.layers import Spec
from api.reports.charts.step_chart import Marks, legend_names, moment_of, specification

BAND_WIDTH = 0.04
"""How wide the band of a publisher is, as a share of the time that the chart shows."""
BAND_DAYS_MIN = 10
EXPECTED = -1
"""The segment of a line in which no step is: where a figure is expected."""


def vintages_chart(
    vintages: Sequence[Mapping[str, Any]],
    *,
    names: Mapping[str, str],
    until: datetime,
    expected: Sequence[Mapping[str, Any]] = (),
) -> Spec | None:
    """What every publisher said of one figure: a step a vintage, up to `until`.

    `vintages` are tidy items of `/v1/vintages` of one figure; `names` those of the publishers. A range is a band, one
    that is open at an end a line at the other; a line ends in a cross where the publisher took its figure back or says
    a symbol. `expected` are items of `/v1/uncertainty`: after `until` stands where each publisher's figure is expected
    after its next publications. None where fewer than two vintages can be drawn.
    """
    if not vintages:
        return None
    until = shortened(until, [moment_of(item) for item in vintages])
    called = legend_names((item["publisher"] for item in vintages), names)
    marks = Marks(names=[*called.values()])
    for slug, name in called.items():
        own = (item for item in vintages if item["publisher"] == slug)
        _add(marks, sorted(own, key=lambda item: (moment_of(item), item["position"])), name=name, until=until)
    if marks.too_few:
        return None
    _add_expected(marks, expected, called, until=until)
    return specification(marks, _Values(marks.levels, vintages[0]["canonical_unit"]))


def _add(marks: Marks, series: Sequence[Mapping[str, Any]], *, name: str, until: datetime) -> None:
    """Add what one publisher said, in order of publication."""
    segment = 0
    level: Decimal | None = None
    for item, following in zip(series, [*series[1:], None], strict=True):
        at = moment_of(item)
        upto = moment_of(following) if following is not None else max(until, at)
        marks.moments += [at, upto]
        value, low, high = (_number(item[f"canonical_{part}"]) for part in ("value", "low", "high"))
        said = [part for part in (value, low, high) if part is not None]
        if not said:
            segment += 1
            label = "withdrawn" if item["withdrawn"] else str(item["symbol"]).replace("_", " ")
            marks.gone.append({"at": at, "name": name, "level": level, "label": label})
            continue
        level = said[0]
        marks.levels += said
        if value is None:
            segment += 1
        if low is not None and high is not None:
            marks.bands.append({"at": at, "upto": upto, "low": low, "high": high, "name": name})
        else:
            marks.lines += [{"at": end, "level": level, "name": name, "segment": segment} for end in (at, upto)]
        if value is None:
            segment += 1
        marks.points.append({"at": at, "level": level, "name": name, "item": item})


def _add_expected(
    marks: Marks, expected: Sequence[Mapping[str, Any]], called: Mapping[str, str], *, until: datetime
) -> None:
    """Add the bands side by side, in the order of the legend: a rectangle each, and a line where the middle is."""
    of_publishers = {item["publisher"]: item for item in expected if item["low"] is not None}
    at = max(until, *marks.moments)
    width = max((at - min(marks.moments)) * BAND_WIDTH, timedelta(days=BAND_DAYS_MIN))
    for slug, name in called.items():
        if (item := of_publishers.get(slug)) is None:
            continue
        low, middle, high = (Decimal(item[part]) for part in ("low", "expected", "high"))
        at, upto = moved(at, width / 4), moved(at, width * 5 / 4)
        marks.bands.append({"at": at, "upto": upto, "low": low, "high": high, "name": name})
        marks.lines += [{"at": end, "level": middle, "name": name, "segment": EXPECTED} for end in (at, upto)]
        marks.levels += [low, high]
        marks.moments.append(upto)
        at = upto


class _Values:
    """The axis of values in a unit."""

    kind = "quantitative"

    def __init__(self, levels: Sequence[Decimal], unit: str) -> None:
        self.bottom, self.top = bounds(levels)
        self._scale = Scale.of(levels, unit)
        from_zero = self.bottom <= 0 <= self.top
        self._title = f"Value in {self._scale.title}" + ("" if from_zero else " (the axis does not start at zero)")

    @property
    def axis(self) -> Spec:
        """Its title and labels."""
        above = {"titleAngle": 0, "titleAlign": "left", "titleX": 0, "titleY": -14}
        return {"title": self._title, "format": self._scale.label_format, "tickCount": 5, **above}

    @property
    def scale(self) -> Spec:
        """Its domain."""
        return {"domain": [self.number(self.bottom), self.number(self.top)], "zero": False, "nice": False}

    def number(self, level: Decimal) -> float:
        """A value in the multiple of the unit that the axis counts in."""
        return self._scale.number(level)

    def label(self, item: Mapping[str, Any]) -> str | None:
        """The value as far as it is news."""
        return None if item["cause"] == "confirmation" else self._scale.amount(item)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
