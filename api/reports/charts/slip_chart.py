"""The chart of slips: the date that every publisher stated of a transition, over the time of publication.

A plant that was to open in January 2027, and is now to open in June 2028, is a step upwards. Where a step meets the
dashed line, the date has come.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from api.reports.charts.axes import milliseconds, shortened, span, ticks
from api.reports.charts.layers import Spec
from api.reports.charts.step_chart import Marks, legend_names, moment_of, specification
from ledger.values import parse_moment

NOBODY = ""
"""Who says what nobody in particular says."""


def slips_chart(vintages: Sequence[Mapping[str, Any]], *, names: Mapping[str, str], until: datetime) -> Spec | None:
    """The stated starts of one transition: a step a vintage, up to `until`.

    `vintages` are tidy items of `/v1/vintages?resource=…` of one transition; `names` those of the publishers. A date
    coarser than a day is a band; a line ends in a cross where the publisher states no date any more. None where fewer
    than two vintages can be drawn.
    """
    if not vintages:
        return None
    until = shortened(until, [moment_of(item) for item in vintages])
    called = legend_names((item["publisher"] or NOBODY for item in vintages), {NOBODY: "nobody in particular", **names})
    marks = Marks(names=[*called.values()])
    for slug, name in called.items():
        own = (item for item in vintages if (item["publisher"] or NOBODY) == slug)
        _add(marks, sorted(own, key=lambda item: (moment_of(item), item["position"])), name=name, until=until)
    if marks.too_few:
        return None
    dates = _Dates(marks.levels)
    return specification(marks, dates, guide=[*_meeting(marks, dates)])


def _add(marks: Marks, series: Sequence[Mapping[str, Any]], *, name: str, until: datetime) -> None:
    """Add the dates that one publisher stated, in order of publication."""
    for segment, (item, following) in enumerate(zip(series, [*series[1:], None], strict=True)):
        at, stated = moment_of(item), parse_moment(item["effective_from"])
        upto = moment_of(following) if following is not None else max(until, at)
        ends = parse_moment(item["superseded_on"]).start if item["superseded_on"] else None
        is_last_word = ends is not None and (following is None or ends < parse_moment(following["vintage_date"]).start)
        if ends is not None and is_last_word:
            upto = ends
        marks.moments += [at, upto]
        first, last = (Decimal(milliseconds(end)) for end in (stated.start, stated.end))
        marks.levels += [first, last]
        if stated.start.date() == stated.end.date():
            marks.lines += [{"at": end, "level": first, "name": name, "segment": 0} for end in (at, upto)]
        else:
            marks.bands.append({"at": at, "upto": upto, "low": first, "high": last, "name": name})
            marks.lines += [{"at": end, "level": first, "name": name, "segment": segment + 1} for end in (at, upto)]
        marks.points.append({"at": at, "level": first, "name": name, "item": item})
        if is_last_word:
            marks.gone.append({"at": upto, "name": name, "level": first, "label": "no date any more"})


def _meeting(marks: Marks, dates: "_Dates") -> Iterator[tuple[datetime, Decimal]]:
    """The ends of the line on which a stated date is the day of its publication, as far as the chart shows it."""
    start, end = (Decimal(milliseconds(at)) for at in span(marks.moments))
    first, last = max(start, dates.bottom), min(end, dates.top)
    if first < last:
        for level in (first, last):
            yield datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(level)), level


class _Dates:
    """The axis of stated dates."""

    kind = "temporal"

    def __init__(self, levels: Sequence[Decimal]) -> None:
        first, last = min(levels), max(levels)
        room = max((last - first) * Decimal("0.15"), Decimal(30 * 86_400_000))
        self.bottom, self.top = (Decimal(int(level)) for level in (first - room, last + room))

    @property
    def axis(self) -> Spec:
        """Its title and labels."""
        wanted, form = ticks(timedelta(milliseconds=int(self.top - self.bottom)))
        above = {"titleAngle": 0, "titleAlign": "left", "titleX": 0, "titleY": -14}
        return {"title": "Stated date", "format": form, "tickCount": wanted, **above}

    @property
    def scale(self) -> Spec:
        """Its domain, the same in every time zone."""
        return {"type": "utc", "domain": [self.number(self.bottom), self.number(self.top)], "nice": False}

    def number(self, level: Decimal) -> float:
        """A moment as the chart takes it."""
        return int(level)

    def label(self, item: Mapping[str, Any]) -> str | None:
        """The date as it was printed, where it is another than before."""
        stated: str = item["effective_from"]
        return stated if stated != item["previous_effective_from"] else None
