"""The ledger's clock: what time it is, and whether it may be recorded.

`recorded_at` never goes backwards, so what is recorded under a wrong clock cannot be made good: one append in a
machine's year 9999 dates every later one 9999 too. So a clock that cannot be right records nothing (`ClockInDoubt`)
until it is right again, or somebody confirms it. It cannot be right where

- it stands beyond the year 2100;
- it stands more than a day before the last event of the log: either of the two was dated by a wrong clock;
- it has jumped by more than an hour: more or less time has passed on it than on the counter of seconds since the
  machine started, which nobody sets. (Sleep counts as time, so a laptop that is opened again has not jumped.)

For example, a server's clock is set from 2026 to 2027 while it runs: appends are refused, and go on when it is set
back. If 2027 is right, a restart says so, since a program believes the clock that it starts with; `Clock.confirm` says
it without one. Where the log stands after the clock, or the year is beyond 2100, a restart is not enough: then whoever
runs it names an instant at which the clock was seen to be right (`confirmed`), and for a year from then it is believed.

Reads go on meanwhile. What they call now is never later than the time is thought to be, so nothing is shown that is not
published yet, and no answer is called final that is not.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ledger.errors import ClockInDoubt
from ledger.values.calendars import instant_text
from ledger.values.identifiers import EPOCH

YEAR_MAX = 2100
JUMP_MAX = timedelta(hours=1)
BEHIND_MAX = timedelta(days=1)
CONFIRMED_FOR = timedelta(days=366)
_AT_ONCE_S = 1.0
"""Two looks that follow each other are less than this apart, unless the machine slept between them."""


def machine_now() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


def machine_elapsed() -> float:
    """Seconds since some moment, those of sleep included; nobody can set them."""
    # On Linux and on macOS; unlike `time.monotonic` there, these go on while the machine sleeps.
    which = getattr(time, "CLOCK_BOOTTIME", None) if sys.platform != "darwin" else time.CLOCK_MONOTONIC
    return time.monotonic() if which is None else time.clock_gettime(which)


class Clock:
    """A clock that is watched. `wall` gives the time and `elapsed` the seconds that it is held against, if any.

    `confirmed` is an instant at which the clock was seen to be right.
    """

    def __init__(
        self,
        wall: Callable[[], datetime],
        elapsed: Callable[[], float] | None = None,
        *,
        confirmed: datetime | None = None,
    ) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._confirmed = confirmed
        self._held: tuple[datetime, float] | None = None
        """A time that was believed, and the seconds then."""
        if elapsed is not None:
            self._held = self._look()

    def confirm(self) -> None:
        """Say that the clock is right as it stands."""
        self._held = self._look()
        self._confirmed = self._held[0]

    def for_record(self, last: datetime | None) -> datetime:
        """The instant at which something is recorded now, after `last`. Raises ClockInDoubt."""
        wall, elapsed = self._look()
        if (doubt := self._doubt(wall, elapsed, last)) is not None:
            raise ClockInDoubt(
                f"{doubt}. Nothing is recorded until the clock is right again, since what is recorded under a wrong "
                "clock stays dated by it for ever. Set the clock; or where it is right, confirm it (see Clock in the "
                "README of the API) and start again."
            )
        if self._elapsed is not None:
            self._held = wall, elapsed
        return max(wall, last or EPOCH)

    def now(self, last: datetime | None = None) -> datetime:
        """What time it is to those who read a log whose last event was recorded at `last`: never too late a time."""
        wall, elapsed = self._look()
        thought = wall if self._is_possible(wall) else EPOCH
        if self._held is not None and self._is_possible(self._held[0]):
            expected = _later(*self._held, elapsed)
            if thought == EPOCH or wall - expected > JUMP_MAX:
                thought = expected
        # The clock may have been set back since the last event was recorded, which counts all the same.
        if last is not None and (self._is_possible(last) or last - thought <= BEHIND_MAX):
            return max(thought, last)
        return thought

    def _look(self) -> tuple[datetime, float]:
        if self._elapsed is None:
            return self._wall().astimezone(UTC), 0.0
        while True:
            before, wall, after = self._elapsed(), self._wall(), self._elapsed()
            if after - before < _AT_ONCE_S:
                return wall.astimezone(UTC), after

    def _doubt(self, wall: datetime, elapsed: float, last: datetime | None) -> str | None:
        """Why the clock cannot be right; None where it may be."""
        stands = f"The clock of this machine stands at {instant_text(wall)}"
        if self._confirmed is not None and self._confirmed - wall > JUMP_MAX:
            return f"{stands}, before {instant_text(self._confirmed)}, when it was confirmed"
        if not self._is_possible(wall):
            return f"{stands}, beyond the year {YEAR_MAX}"
        if self._is_behind(wall, last):
            return f"{stands}, and the last event was recorded at {instant_text(last or wall)}: one of them is wrong"
        if self._held is None or not self._is_possible(self._held[0]) or self._is_behind(self._held[0], last):
            return None
        jump = wall - _later(*self._held, elapsed)
        if abs(jump) <= JUMP_MAX:
            return None
        return f"{stands}, and has jumped {'ahead' if jump > timedelta() else 'back'} by {_in_words(abs(jump))}"

    def _is_possible(self, at: datetime) -> bool:
        return at.year <= YEAR_MAX or self._is_confirmed(at)

    def _is_behind(self, at: datetime, last: datetime | None) -> bool:
        return last is not None and last - at > BEHIND_MAX and not self._is_confirmed(at)

    def _is_confirmed(self, at: datetime) -> bool:
        return self._confirmed is not None and -JUMP_MAX <= at - self._confirmed <= CONFIRMED_FOR


def _later(at: datetime, then_s: float, now_s: float) -> datetime:
    """The instant that comes some seconds after another; the last of all where the calendar ends before it."""
    try:
        return at + timedelta(seconds=now_s - then_s)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _in_words(span: timedelta) -> str:
    hours = int(span.total_seconds()) // 3600
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours" if hours >= 2 else "more than an hour"
