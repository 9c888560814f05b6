"""Causes of differences: the events that made an answer at one viewpoint another than at the other.

An event is a cause where its presence or content differs between the viewpoints, and it bears on the answer: a
statement that came into the log, or was published, in between; what was done to one by a ledger event; a merge on the
way from a slug in it to the one that is kept. So are the acts by which the ledger asks others first, where one of the
answers would be another with the preference of the other viewpoint. What cancels out between the two is none: for
example the corrections of a statement that reads in the end as it did before.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from ledger import Entry, Ledger, content
from ledger.values import instant_text, parse_moment
from projections.queries.publisher_ranking import EVERYTHING, LastPreference, last_preferences
from projections.queries.reader import Reader
from projections.viewpoint import Viewpoint

Item = dict[str, Any]
FETCHED_TOGETHER = 1000
"""Entries of the log that are read before the next look at the time."""
_CAUSES = {
    "EventCorrected": "correction",
    "EventRetracted": "retraction",
    "EventReinstated": "reinstatement",
    "EntitiesMerged": "merge",
    "PreferenceSet": "preference",
    "FigureWithdrawn": "withdrawal",
    "ReportWithdrawn": "withdrawal",
}


class Seen(NamedTuple):
    """A statement that is not the same version, or not visible, from both viewpoints."""

    position: int
    by_one: bool
    """Whether it is visible from both, as a statement of the same publisher."""


def cause_item(event_id: str, kind: str, position: int, published_at: str | None, recorded_at: datetime) -> Item:
    """An event as a cause."""
    recorded = instant_text(recorded_at)
    return {
        "event_id": event_id,
        "type": kind,
        "cause": _CAUSES.get(kind, "statement"),
        "position": position,
        "published_at": published_at or recorded,
        "recorded_at": recorded,
    }


class DifferenceCauses(ABC):
    """Finds the causes of differences. The log itself is read only for events between the two positions."""

    def __init__(self, ledger: Ledger, before: Reader, after: Reader) -> None:
        self._ledger = ledger
        self._readers = (before, after)
        self._views: tuple[Viewpoint, Viewpoint] = (before.viewpoint, after.viewpoint)
        positions = (before.viewpoint.position, after.viewpoint.position)
        self._earlier, self._later = min(positions), max(positions)
        self._entries: dict[int, Entry] = {}
        self._acts_on: dict[UUID, list[Entry]] = defaultdict(list)
        """The ledger events on the events of the entries, in order."""
        self._said: dict[tuple[int, int], dict[str, Any] | None] = {}
        self._came_between: dict[int, set[int]] = {}

    @abstractmethod
    def _depended_on(self, position: int) -> set[int]:
        """The events that make a statement say what it does of what it is about, from either viewpoint."""

    def _reads_the_same(self, position: int) -> bool:
        """Whether an event says the same from both viewpoints."""
        return self._says(position, self._earlier) == self._says(position, self._later)

    def _positions(self, statements: Iterable[Seen]) -> set[int]:
        positions: set[int] = set()
        for one in statements:
            if one.by_one and self._reads_the_same(one.position):
                continue
            for position in self._depended_on(one.position):
                positions |= self._between(position)
            body = self._says(one.position, self._later)
            if body is not None and len({self._published(one.position, body) <= at.as_of for at in self._views}) == 2:
                positions.add(one.position)
        return positions

    def _between(self, position: int) -> set[int]:
        """The events between the two positions that made an event there, made it stand, or made it read as it does."""
        if position not in self._came_between:
            self._came_between[position] = self._found_between(position)
        return self._came_between[position]

    def _found_between(self, position: int) -> set[int]:
        if position > self._later:
            return set()
        entry = self._entry(position)
        acts = [act for act in self._acts(position) if self._earlier < act.position <= self._later]
        new = self._says(position, self._later)
        was_there = position <= self._earlier
        old = self._says(position, self._earlier) if was_there else entry.body
        positions = set() if was_there else {position}
        if (new is None) != (old is None):
            positions.add([act.position for act in acts if act.type != "EventCorrected"][-1])
        if new is not None and new != (old if old is not None else self._says_if_standing(position, self._earlier)):
            positions |= {act.position for act in acts if act.type == "EventCorrected"}
        return positions

    def _says(self, position: int, at: int) -> dict[str, Any] | None:
        """What an event says at a position of the log; None where it is not there, or retracted."""
        if position > at:
            return None
        if (position, at) not in self._said:
            entry = self._entry(position)
            acts = [(act.type, act.body) for act in self._acts(position) if act.position <= at]
            self._said[position, at] = content((entry.cls, entry.body), acts)
        return self._said[position, at]

    def _says_if_standing(self, position: int, at: int) -> dict[str, Any] | None:
        entry = self._entry(position)
        acts = [(a.type, a.body) for a in self._acts(position) if a.position <= at and a.type == "EventCorrected"]
        return content((entry.cls, entry.body), acts)

    def _acts(self, position: int) -> list[Entry]:
        return self._acts_on.get(self._entry(position).event_id, [])

    def _entry(self, position: int) -> Entry:
        if position not in self._entries:
            self._fetch({position})
        return self._entries[position]

    def _fetch(self, positions: Iterable[int]) -> None:
        missing = sorted(set(positions) - self._entries.keys())
        entries = self._read(missing)
        self._entries.update({entry.position: entry for entry in entries})
        acts = self._readers[0].ask(
            "SELECT position, target FROM log.keeping WHERE position <= $at "
            "AND target IN (SELECT UNNEST(CAST($targets AS UUID[]))) ORDER BY position",
            at=self._later,
            targets=[entry.event_id for entry in entries],
        )
        for (_, target), act in zip(acts, self._read([position for position, _ in acts]), strict=True):
            self._acts_on[target].append(act)

    def _read(self, positions: Sequence[int]) -> list[Entry]:
        """The entries at these positions of the log, in order."""
        parts = [positions[start : start + FETCHED_TOGETHER] for start in range(0, len(positions), FETCHED_TOGETHER)]
        return [entry for part in self._readers[0].allowance.each(parts) for entry in self._ledger.at_positions(part)]

    def _published(self, position: int, body: Mapping[str, Any]) -> datetime:
        text = body.get("published_at")
        return parse_moment(text).end if text else self._entry(position).recorded_at

    def _cause(self, position: int) -> Item:
        entry = self._entry(position)
        body = self._says(position, self._later) or entry.body
        return cause_item(str(entry.event_id), entry.type, position, body.get("published_at"), entry.recorded_at)

    def _of_preference(self, metric: str = EVERYTHING) -> set[int]:
        """The events between the two positions by which others come first for a metric, or for what has none."""
        found: set[int] = set()
        for at, held in self._preferences.items():
            for position in self._deciding(held, metric):
                found |= self._between(position)
                for slug in (self._says(position, at) or {}).get("publishers", ()):
                    for merge in self._merges_of(slug, at):
                        found |= self._between(merge)
        return found

    def _deciding(self, held: Mapping[str, LastPreference], metric: str) -> list[int]:
        """The last preference for a metric and, where that is none or names nobody, the last one for everything."""
        scopes = (metric,) if metric in held and held[metric].publishers else (metric, EVERYTHING)
        return [held[scope].position for scope in dict.fromkeys(scopes) if scope in held]

    def _merges_of(self, slug: str, at: int) -> Iterator[int]:
        """The merges that lead from a slug to the kept one at one of the two positions."""
        while slug in self._merges[at]:
            merge, slug = self._merges[at][slug]
            yield merge

    @cached_property
    def _preferences(self) -> dict[int, dict[str, LastPreference]]:
        """At each of the two positions: the last preference for each scope."""
        return {at: last_preferences(self._readers[0].ask, at) for at in (self._earlier, self._later)}

    @cached_property
    def _merges(self) -> dict[int, dict[str, tuple[int, str]]]:
        """At each of the two positions: for each merged slug, the merge and the slug that it was merged into."""
        query = (
            "SELECT merged, position, kept FROM log.entities "
            "WHERE type = 'EntitiesMerged' AND since <= $at AND until > $at"
        )
        return {
            at: {merged: (position, kept) for merged, position, kept in self._readers[0].ask(query, at=at)}
            for at in (self._earlier, self._later)
        }
