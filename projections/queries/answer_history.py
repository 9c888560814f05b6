"""Answer history: what this ledger answered for a figure, position by position where that changed.

At one moment of publication, the statements on a figure are followed along the ledger clock, as they come in and go: of
each publisher the last one that is published by then counts, and of these the answer is the one that ranks first. Each
step looks only at the publisher that it is about, or at whom the ledger asks first from then on.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from projections.queries.publisher_ranking import PreferenceChange, ranks_of


class Version(NamedTuple):
    """A version of a statement on a figure, or of its withdrawal, that the ledger holds from `since` until `until`.

    `says` is what an answer shows of it.
    """

    figure_id: str
    metric: str
    publisher: str
    shown_from: datetime
    position: int
    since: int
    until: int
    withdrawn: bool
    is_primary: bool
    event_id: str
    recorded_at: datetime
    says: Sequence[Any]


class Step(NamedTuple):
    """A position where the answer may have changed, and the version that is the answer from then on.

    `late` says that what was recorded there was published before something that its publisher had said already.
    """

    position: int
    answer: Version | None
    late: bool


class _Figure:
    """One figure at one moment of publication, while versions of statements come in and go."""

    def __init__(self, as_of: datetime, preferred: Mapping[str, int]) -> None:
        self._as_of = as_of
        self._preferred = preferred
        self._held: dict[str, list[Version]] = defaultdict(list)
        self._answers: dict[str, Version] = {}
        self._ranked: list[Version] = []

    @property
    def answer(self) -> Version | None:
        """The version that answers."""
        return self._ranked[-1] if self._ranked else None

    def come(self, version: Version) -> bool:
        """Take a version in; whether its publisher had said something later already."""
        held = self._held[version.publisher]
        insort(held, version, key=_shown)
        self._choose(version.publisher)
        return held[-1].shown_from > version.shown_from

    def go(self, version: Version) -> None:
        """Take a version out."""
        held = self._held[version.publisher]
        del held[bisect_right(held, _shown(version), key=_shown) - 1]
        self._choose(version.publisher)

    def prefer(self, preferred: Mapping[str, int]) -> None:
        """Ask others first."""
        self._preferred = preferred
        self._ranked.sort(key=self._rank)

    def _rank(self, version: Version) -> tuple[int, bool, datetime, int]:
        return self._preferred.get(version.publisher, 0), version.is_primary, version.shown_from, version.position

    def _choose(self, publisher: str) -> None:
        known = self._answers.pop(publisher, None)
        if known is not None:
            del self._ranked[bisect_right(self._ranked, self._rank(known), key=self._rank) - 1]
        held = self._held[publisher]
        visible = bisect_right(held, self._as_of, key=lambda one: one.shown_from)
        if visible and not held[visible - 1].withdrawn:
            self._answers[publisher] = held[visible - 1]
            insort(self._ranked, held[visible - 1], key=self._rank)


def answer_history(
    versions: Sequence[Version],
    figures: Sequence[tuple[int, str]],
    *,
    as_of: datetime,
    position: int,
    preferences: Iterable[PreferenceChange] = (),
) -> Iterator[Step]:
    """The answer at each position up to one where it may have changed, in order.

    `figures` are (position, id): under which id the figure answers from which position on, the first from the start.
    """
    orders = dict(preferences)
    preferred: Mapping[str, int] = {}
    states: dict[str, _Figure] = defaultdict(lambda: _Figure(as_of, preferred))
    changes: list[tuple[int, int, Version | None, str]] = [(at, 1, None, figure_id) for at, figure_id in figures]
    changes += [(one.since, 2, one, one.figure_id) for one in versions]
    changes += [(one.until, 0, one, one.figure_id) for one in versions if one.until <= position]
    changes += [(at, 3, None, "") for at in orders]
    changes.sort(key=itemgetter(0, 1))
    current = figures[0][1]
    for at, group in groupby((one for one in changes if one[0] <= position), key=itemgetter(0)):
        late = False
        for _, kind, version, figure_id in group:
            if kind == 3:
                preferred = ranks_of(orders[at])
                for state in states.values():
                    state.prefer(preferred)
            elif version is None:
                current = figure_id
            elif kind == 0:
                states[figure_id].go(version)
            else:
                came_late = states[figure_id].come(version)
                late = late or (came_late and version.position == at)
        yield Step(at, states[current].answer, late)


def _shown(version: Version) -> tuple[datetime, int]:
    return version.shown_from, version.position
