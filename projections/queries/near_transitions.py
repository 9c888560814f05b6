"""Near transitions: what happened to one thing, out of a few statements, folded one by one.

It gives what `transitions.sql` gives, for which DuckDB takes longer to plan than to answer where few statements bear on
a question. Properties compare both with a naive model that shares no code with them.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple

from ledger.events import Role
from projections.queries.transition_types import things_of
from projections.queries.transitions import CLASHING
from projections.tables.families import Family

Row = Mapping[str, Any]
"""A statement: its columns. `type` is the type of its transition, `publisher` is '' for nobody in particular."""
Rank = tuple[int, int, datetime, int]
"""In which order publishers count: preferred, primary before secondary, what was said later."""
NATURE, ACTUAL = "nature", "actual"
SHARE = "share"


class EventSaid(NamedTuple):
    """What an item says of the event that decided something; in order of taking effect."""

    starts: datetime
    published_until: datetime
    position: int
    event_id: str
    publisher: str | None
    published_at: str
    foreseen: bool


class Voice(NamedTuple):
    """What one publisher says of a transition: its statements in order of publication."""

    publisher: str
    statements: Sequence[Row]
    rank: Rank

    def last(self, name: str) -> Any:
        """What it gave last of a field; `nature` is never left out."""
        if name == NATURE:
            return self.statements[-1][NATURE] or ACTUAL
        return next((value for row in reversed(self.statements) if (value := row[name]) is not None), None)

    def dated(self, *names: str, by: str) -> list[Any]:
        """Its dates, as it stated them last: of the last statement that gives `by`."""
        row = next((row for row in reversed(self.statements) if row[by] is not None), None)
        return [None if row is None else row[name] for name in names]


class Transition:
    """What happened to a thing, as the publisher that comes first says, filled in by the others."""

    def __init__(self, step: str, part: str, voices: Sequence[Voice], shape: "Shape", world: datetime) -> None:
        self.type, self.own_part, self.voices = step, part, sorted(voices, key=attrgetter("rank"), reverse=True)
        self.is_opening, self.is_ending = step in shape.openings, step in shape.endings
        rows = [row for voice in voices for row in voice.statements]
        self.published_from: datetime = min(row["published_from"] for row in rows)
        spoken_until = max(row["published_until"] for row in rows)
        starts = [voice.dated("starts", "starts_until", by="effective_from") for voice in self.voices]
        ends = [voice.dated("ends", "ends_from", by="ends") if shape.has_end else [None, None] for voice in self.voices]
        self.starts: datetime = next((one for one, _ in starts if one is not None), self.published_from)
        stated_ends = next((one for one, _ in ends if one is not None), None)
        self._ends: datetime | None = stated_ends if stated_ends is not None and stated_ends >= self.starts else None
        self.begun = self.starts <= world
        self.past = self._ends is not None and self._ends < world
        self.listed = min(self.starts, self.published_from) <= world
        self.is_second = False
        self.disputed = self._clash(starts, ends, shape)
        last = self.voices[0].statements[-1]
        self.as_event = EventSaid(
            self.starts,
            max(row["published_until"] for row in self.voices[0].statements),
            last["position"],
            last["event_id"],
            self.voices[0].publisher or None,
            last["published_at"],
            spoken_until < self.starts,
        )

    def field(self, name: str) -> Any:
        """What is said of a field; an end that lies before the start is none."""
        if name == "effective_to" and self._ends is None:
            return None
        return next((value for voice in self.voices if (value := voice.last(name)) is not None), None)

    @property
    def turn(self) -> tuple[datetime, datetime, int]:
        """Its place in the order of taking effect."""
        return self.as_event[:3]

    def _clash(self, starts: Sequence[Any], ends: Sequence[Any], shape: "Shape") -> bool:
        """Whether what two publishers say cannot both be so."""
        if len(self.voices) == 1:
            return False
        said_starts = [both for both in starts if both[0] is not None]
        said_ends = [both for both in ends if both[0] is not None]
        if said_starts and max(one for one, _ in said_starts) > min(until for _, until in said_starts):
            return True
        if said_ends and max(start for _, start in said_ends) > min(end for end, _ in said_ends):
            return True
        for name in shape.clashing:
            said = {voice.last(name) for voice in self.voices} - {None}
            if len({Decimal(one) for one in said} if name == SHARE else said) > 1:
                return True
        return False


class Amended(NamedTuple):
    """A statement of an amendment, and its transition; in order of taking effect."""

    turn: tuple[Any, ...]
    transition: Transition
    changed: Sequence[str]
    changes: Mapping[str, Any]


class Told(NamedTuple):
    """What happened to a thing, or to a part of it, that counts; and what is said of it by all."""

    transitions: list[Transition]
    publishers: int
    disputed: bool


class Shape:
    """What the event types of a family are to the things that they are about."""

    def __init__(self, family: Family) -> None:
        names = [column.name for column in family.columns]
        besides = {*things_of(family), family.part}
        self.clashing = [name for name in CLASHING if name in names and name not in besides]
        self.has_end = "effective_to" in names
        self.openings, self.endings = (
            {cls.__name__ for cls in family.classes if cls.lifecycle_role is role} for role in (Role.OPENS, Role.CLOSES)
        )


class Fold:
    """Folds statements at a moment of the world, with some publishers first and perhaps some alone."""

    def __init__(
        self, family: Family, world: datetime, *, prefer: Sequence[str] = (), only: Collection[str] | None = None
    ) -> None:
        self.shape, self.world = Shape(family), world
        self._part = family.part
        self._preferred = {slug: place for place, slug in reversed([*enumerate(prefer)])}
        self._only = only

    def own(self, rows: Iterable[Row]) -> list[Row]:
        """The statements that are folded: those of some publishers alone, where these are chosen."""
        return [row for row in rows if self._only is None or row["publisher"] in self._only]

    def told(self, rows: Sequence[Row]) -> Told:
        """What the statements that bear on a thing, or on a part of it, amount to."""
        everything = self._transitions(rows)
        own = self.own(rows)
        counted = everything if self._only is None else self._transitions(own)
        publishers = {row["publisher"] for row in rows} - {""}
        return Told(self._counting(counted), len(publishers), any(one.disputed for one in everything))

    def amended(self, told: Told, amendment: str) -> list[Amended]:
        """The statements of the amendments that have begun, in order of taking effect."""
        found = []
        for one in told.transitions:
            if one.type == amendment and one.begun:
                for voice in one.voices:
                    for row in voice.statements:
                        turn = (one.turn, voice.rank, row["published_until"], row["position"])
                        found.append(Amended(turn, one, row["changed"] or (), row["changes"] or {}))
        return sorted(found, key=attrgetter("turn"))

    def _transitions(self, rows: Sequence[Row]) -> list[Transition]:
        series: dict[tuple[Any, ...], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row, transition in self._placed(rows):
            series[transition][row["publisher"]].append(row)
        return [
            Transition(step, part, [self._voice(*said) for said in of_each.items()], self.shape, self.world)
            for (part, step, _), of_each in series.items()
        ]

    def _voice(self, publisher: str, rows: list[Row]) -> Voice:
        rows.sort(key=_said)
        last = rows[-1]
        kind = 0 if not publisher else 2 if last["source_kind"] == "primary" else 1
        preferred = -self._preferred.get(publisher, len(self._preferred))
        return Voice(publisher, rows, (preferred, kind, *_said(last)))

    def _placed(self, rows: Sequence[Row]) -> Iterable[tuple[Row, tuple[Any, ...]]]:
        """Each statement with what tells its transition apart: the part that it names, its type, and which of these."""
        part = self._part
        roots = _roots(rows)
        opposites = {
            side: sorted(row["starts"] for row in rows if row["type"] in types)
            for side, types in ((True, self.shape.endings), (False, self.shape.openings))
        }
        places: dict[str, tuple[Any, ...]] = {}
        again: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in rows:
            if row["event_id"] in roots:
                continue
            own, step = (row[part] or "") if part else "", row["type"]
            if step in self.shape.openings or step in self.shape.endings:
                places[row["event_id"]] = (
                    own,
                    step,
                    bisect_left(opposites[step in self.shape.openings], row["starts"]),
                )
            else:
                again[own, step].append(row)
        for (own, step), statements in again.items():
            statements.sort(key=lambda row: (row["starts"], _MAX - row["starts_until"], *_said(row)))
            following: Row | None = None
            same: tuple[Any, ...] = ()
            for row in reversed(statements):
                if following is None or following["starts"] > row["starts_until"]:
                    same = (own, step, row["starts"])
                places[row["event_id"]] = same
                following = row
        for row in rows:
            event_id: str = row["event_id"]
            yield row, places[roots.get(event_id, event_id)]

    def _counting(self, found: Sequence[Transition]) -> list[Transition]:
        """Those that count: a second opening of a type, with an ending before it, counts from its start on, and then
        with what starts after that ending alone.
        """
        endings = sorted(one.starts for one in found if one.is_ending)
        if not endings:
            return list(found)
        first: dict[str, datetime] = {}
        for one in found:
            first[one.type] = min(one.starts, first.get(one.type, one.starts))
        since: datetime | None = None
        for one in found:
            before = bisect_left(endings, one.starts)
            if one.is_opening and before and first[one.type] <= endings[before - 1]:
                one.is_second = True
                if one.begun:
                    since = endings[before - 1] if since is None else max(since, endings[before - 1])
        return [one for one in found if (one.begun or not one.is_second) and (since is None or one.starts > since)]


_MAX = datetime.max


def _said(row: Row) -> tuple[datetime, int]:
    return row["published_until"], row["position"]


def _roots(rows: Sequence[Row]) -> dict[str, str]:
    """Of each statement that says another one anew, which one that was at first."""
    by_id = {row["event_id"]: row for row in rows}
    restated = {
        row["event_id"]: row["restates"]
        for row in rows
        if row["restates"] is not None and by_id.get(row["restates"], {}).get("type") == row["type"]
    }
    roots: dict[str, str] = {}
    for one in restated:
        path = [one]
        while (target := restated.get(path[-1])) is not None and path[-1] not in roots:
            path.append(target)
        root = roots.get(path[-1], path[-1])
        roots |= dict.fromkeys((step for step in path if step in restated), root)
    return roots
