"""Where else statements on a figure may stand than in its own stream.

An event stays in the stream of the figure that it was recorded about. It is about another figure since, where its key
was corrected, where the figure's subject or material was merged or a merge was taken back, or where the fiscal year of
its subject was corrected. For example, `burma` was merged into `myanmar`: what was said of `burma` before is in another
stream than what is said of `myanmar` now, and yet of one figure.

What is here says where to look, and may name streams too many. Which of the events found there are about the figure is
told by what they say.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any
from uuid import UUID

from ledger.errors import CalendarError
from ledger.events.figure_facts import FigureFacts
from ledger.events.figures import FigureKey, figure_stream
from ledger.values.calendars import Period, parse_period

STREAMS_MAX = 50
"""In how many streams it is looked for what was said of one figure, and of how many slugs one is said to be merged."""
KEY_FIELDS = frozenset("subject metric material dimensions nature period unit status".split())
"""What a correction has to change so that a statement may be about another figure; the status tells a plan."""
_PARTS = ("", "-H1", "-H2", "-Q1", "-Q2", "-Q3", "-Q4")
Undo = Callable[[], object]


class MovedFigures:
    """What was ever merged, in which fiscal years slugs were registered, and which events a correction moved."""

    def __init__(self) -> None:
        self.any = False
        """Whether anything here may ever have moved; False for certain."""
        self.unread: dict[UUID, None] = {}
        """Events of which the key was corrected, and which nobody has looked at yet."""
        self._joined: dict[str, dict[str, int]] = {}
        """The slugs that each slug was ever merged with, and by how many merges."""
        self._fiscal_years: dict[str, dict[str, int]] = {}
        """The fiscal years of slugs, and by how many registrations or corrections of one."""
        self._several: dict[str, None] = {}
        """The slugs with several fiscal years."""
        self._moved: dict[bytes, list[int]] = {}
        """The positions of events that a correction moved to a figure, by its id before merges are followed."""

    def concern(self, facts: FigureFacts) -> bool:
        """Whether something may have been said elsewhere of the figure that an event is about."""
        return self.any and self.concern_figure(facts.subject, facts.material, facts.figure)

    def concern_figure(self, subject: str, material: str | None, figure: bytes | None) -> bool:
        """The same of a figure by its id, and of slugs in its key."""
        joined = self._joined
        return subject in joined or material in joined or subject in self._several or figure in self._moved

    def join(self, one: str, other: str) -> Undo:
        """Note that two slugs are merged; call what is returned to undo it."""
        self.any = True
        pairs = (one, other), (other, one)
        for slug, its in pairs:
            joined = self._joined.setdefault(slug, {})
            joined[its] = joined.get(its, 0) + 1

        def undo() -> None:
            for slug, its in pairs:
                _take_one(self._joined[slug], its)
                if not self._joined[slug]:
                    del self._joined[slug]

        return undo

    def note_fiscal_year(self, slug: str, fiscal_year: str) -> Undo:
        """Note in which fiscal year a slug is registered; call what is returned to undo it."""
        years = self._fiscal_years.setdefault(slug, {})
        years[fiscal_year] = years.get(fiscal_year, 0) + 1
        if len(years) > 1:
            self.any = True
            self._several[slug] = None

        def undo() -> None:
            _take_one(years, fiscal_year)
            if len(years) <= 1:
                self._several.pop(slug, None)

        return undo

    def note(self, figure: bytes, position: int) -> Undo:
        """Note that the event at a position is about a figure since; call what is returned to undo it."""
        self.any = True
        positions = self._moved.setdefault(figure, [])
        insort(positions, position)

        def undo() -> None:
            del positions[bisect_left(positions, position)]
            if not positions:
                del self._moved[figure]

        return undo

    def streams(self, key: FigureKey, fiscal_year: Callable[[str], str | None]) -> list[bytes]:
        """The streams in which something may stand of the figure with this key, its own first."""
        subjects = self._ever_merged_with(key["subject"])
        material = key["material"]
        materials: Sequence[str | None] = [None] if material is None else self._ever_merged_with(material)
        periods = [key["period"]]
        if key["period"] is not None:
            for slug in subjects:
                if slug in self._several and (now := fiscal_year(slug)) is not None:
                    periods += _otherwise(key["period"], now, self._fiscal_years[slug])
        # The nearest names of each come first, so that few of all are left out where there are too many.
        names = islice(product(dict.fromkeys(periods), materials, subjects), STREAMS_MAX)
        others = (
            figure_stream(**{**key, "subject": one, "material": other, "period": period})
            for period, other, one in names
        )
        return list(dict.fromkeys(others))

    def positions(self, streams: Iterable[bytes], *, last: int) -> list[int]:
        """The last positions of those events that a correction moved to one of these figures, in order."""
        return sorted({one for stream in streams for one in self._moved.get(stream, ())[-last:]})[-last:]

    def _ever_merged_with(self, slug: str) -> list[str]:
        """A slug and those that it was ever merged with, directly or not, the nearest first."""
        found = {slug: None}
        waiting = [slug]
        for one in waiting:
            for other in self._joined.get(one, ()):
                if len(found) >= STREAMS_MAX:
                    return list(found)
                if other not in found:
                    found[other] = None
                    waiting.append(other)
        return list(found)


def may_move(changes: Mapping[str, Any]) -> bool:
    """Whether the changes of a correction may make a statement one of another figure."""
    return not KEY_FIELDS.isdisjoint(path.partition(".")[0] for path in changes)


def _otherwise(period: Period, now: str, years: Iterable[str]) -> Iterator[Period]:
    """What was printed for this period, as it was resolved with the other fiscal years of its subject."""
    year = period.end.year
    for first in range(max(1, year - 1), min(year + 1, 9998) + 1):
        for text in (f"FY{first:04}", f"FY{first:04}-{(first + 1) % 100:02}"):
            for part in _PARTS:
                if _resolved(text + part, now) == period:
                    for other in years:
                        if (resolved := _resolved(text + part, other)) is not None:
                            yield resolved


def _resolved(text: str, fiscal_year: str) -> Period | None:
    try:
        return parse_period(text, fiscal_year)
    except CalendarError:
        return None


def _take_one(counted: dict[str, int], name: str) -> None:
    counted[name] -= 1
    if not counted[name]:
        del counted[name]
