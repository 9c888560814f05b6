"""What the axes of a chart show: in which multiple of a unit they count, from where to where, and with which ticks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ledger.values import plain

TICKS_MAX = 8
_MONTH, _YEAR = 30.44, 365.25
# (days from tick to tick, interval, step, format): the first that gives few enough ticks is taken.
_TICKS = (
    (1, "day", 1, "%-d %b %Y"),
    (2, "day", 2, "%-d %b %Y"),
    (7, "week", 1, "%-d %b %Y"),
    *((_MONTH * step, "month", step, "%b %Y") for step in (1, 2, 3, 6)),
    *((_YEAR * step, "year", step, "%Y") for step in (1, 2, 5, 10, 20, 50, 100, 500, 2000)),
)
_SCALES = ((15, "quadrillion"), (12, "trillion"), (9, "billion"), (6, "million"))
_DIGITS_MAX = 10


@dataclass(frozen=True)
class Scale:
    """An axis of values that counts in 10 ** `power` units, so that its labels stay short."""

    power: int
    title: str
    label_format: str

    @classmethod
    def of(cls, levels: Sequence[Decimal], unit: str) -> "Scale":
        """The scale for these levels, in their canonical unit."""
        largest = max(map(abs, levels))
        unit = "%" if unit == "percent" else unit
        if largest >= Decimal(10) ** 7:
            power, word = next(scale for scale in _SCALES if largest >= Decimal(10) ** scale[0])
            return cls(power, f"{word} {unit}", ",~f")
        small = 0 < largest < Decimal("0.001")
        return cls(0, unit, ".2~e" if small else ",~f")

    def number(self, level: Decimal) -> float:
        """A level as the chart takes it."""
        return float(level.scaleb(-self.power))

    def text(self, level: Decimal) -> str:
        """A level as a label: whole where that is short, else its first four digits."""
        whole = plain(level.scaleb(-self.power))
        if len(whole) > _DIGITS_MAX:
            rounded = Decimal(f"{Decimal(whole):.3e}")
            whole = plain(rounded) if -5 < rounded.adjusted() < 8 else f"{rounded.normalize():e}"
        sign, head, point, tail = whole[: whole.startswith("-")], *whole.lstrip("-").partition(".")
        grouped = f"{int(head):,}" if head.isdigit() else head
        return (sign + grouped + point + tail).replace("-", "\N{MINUS SIGN}")

    def amount(self, item: Mapping[str, Any]) -> str:
        """What an item says in numbers, of which it has one at least: a value, a range or a bound."""
        value, low, high = (
            None if item[name] is None else self.text(Decimal(item[name]))
            for name in ("canonical_value", "canonical_low", "canonical_high")
        )
        if value is not None:
            return value
        if low is not None and high is not None:
            return f"{low} to {high}"
        return f"at least {low}" if low is not None else f"at most {high}"


def bounds(levels: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """The ends of an axis of values: from zero, unless all values lie in its upper half."""
    lowest, highest = min(levels), max(levels)
    if lowest >= 0 and 2 * lowest < highest:
        lowest = Decimal(0)
    elif highest <= 0 and 2 * highest > lowest:
        highest = Decimal(0)
    room = (highest - lowest) * Decimal("0.15") or abs(highest) * Decimal("0.1") or Decimal(1)
    return (lowest if lowest == 0 else lowest - room, highest if highest == 0 and lowest < 0 else highest + room)


def span(moments: Sequence[datetime]) -> tuple[datetime, datetime]:
    """The ends of an axis of time, with some room."""
    first, last = min(moments), max(moments)
    room = max((last - first) * 0.03, timedelta(days=1))
    return moved(first, -room), moved(last, room)


def shortened(until: datetime, moments: Sequence[datetime]) -> datetime:
    """The end of an axis of time: `until`, but no later than leaves the moments apart from each other."""
    first, last = min(moments), max(moments)
    return min(until, moved(last, max(4 * (last - first), timedelta(days=5 * _YEAR))))


def ticks(length: timedelta) -> tuple[Any, str]:
    """Where an axis of time is marked (as `tickCount` takes it), and the format of its labels."""
    days = length / timedelta(days=1)
    for between, interval, step, form in _TICKS:
        if days / between <= TICKS_MAX:
            return {"interval": interval, "step": step}, form
    return TICKS_MAX, "%Y"


def milliseconds(at: datetime) -> int:
    """A moment as the chart takes it, which is the same in every time zone."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def moved(at: datetime, by: timedelta) -> datetime:
    """A moment moved `by` a span of time; the same moment where that is beyond the end of the calendar."""
    try:
        return at + by
    except OverflowError:
        return at
