"""Disputes about things that hold over time: stretches of the publication clock in which what publishers say of one
transition cannot all be so.

For example, one dates the commissioning of a plant to 2027 and another to June 2028: the dates are intervals that do
not overlap. "2028" and "June 2028" are no dispute.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from heapq import heappop, heappush
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple

from ledger.values import parse_moment
from projections.audit.disputes import STATUSES
from projections.audit.findings import Findings, Item
from projections.audit.thing_series import Stated, ThingSeries, Voice
from projections.queries.filter_values import Value
from projections.queries.reader import Reader
from projections.queries.statement_history import DATES, Telling

_OPEN, _ENDED, _ALL = STATUSES
_NUMBERS = ("share",)


def thing_disputes(
    reader: Reader,
    resource: str,
    filters: Mapping[str, Value],
    *,
    publishers: Sequence[str] = (),
    status: str = _OPEN,
    limit: int | None = None,
    offset: int = 0,
) -> Findings:
    """The disputes about the transitions of the things that filters select, in order of these and of time; `limit` of
    them from `offset` on.

    An item holds what names the thing, `part`, `transition`, `status` (open or ended), `since` and `until` (as printed)
    with their days, `began_by` and `ended_by`, `days` from the one to the other or to `as_of`, `fields` (what cannot be
    so in all of them), `days_apart` from the start of the earliest stated start to that of the latest, and what all
    `publishers` say, or said at its last instant. With `publishers`, only those in which one of them has a say.
    """
    only = {reader.names.kept(slug) for slug in publishers}
    found = (
        _item(stated, run, reader.viewpoint.as_of)
        for stated in ThingSeries(reader, resource, filters).transitions(contested=True)
        for run in _disputes(stated.tellings, status)
        if not only or only & {one.publisher for one in run.says}
    )
    end = None if limit is None else offset + limit
    return Findings(list(islice(reader.allowance.each(found), offset, end)))


class _Run(NamedTuple):
    """A run of instants at which a transition is disputed: from which statement to which, and how many of its
    statements had been published at the last of the instants.
    """

    began: Telling
    ended: Telling | None
    until: int


class _Dispute(NamedTuple):
    """A run, and what was said at the last instant of it."""

    began: Telling
    ended: Telling | None
    fields: list[str]
    says: list["_Says"]


class _Says(NamedTuple):
    """What a publisher says: its last statement, and the fields with what that leaves out."""

    publisher: str | None
    last: Telling
    fields: Item


class _Extremes:
    """The greatest of the values that stand, while they come, change and go."""

    def __init__(self) -> None:
        self._heap: list[tuple[timedelta, str]] = []
        self._standing: dict[str, timedelta] = {}

    def put(self, of: str, value: timedelta | None) -> None:
        """Set or take away the value of one."""
        if value is None:
            self._standing.pop(of, None)
        elif self._standing.get(of) != value:
            self._standing[of] = value
            heappush(self._heap, (-value, of))

    @property
    def greatest(self) -> timedelta | None:
        """The greatest value that stands."""
        while self._heap and self._standing.get(self._heap[0][1]) != -self._heap[0][0]:
            heappop(self._heap)
        return -self._heap[0][0] if self._heap else None


class _DatesSaid:
    """The dates of one field that the publishers state: intervals."""

    def __init__(self) -> None:
        self._latest_start, self._earliest_end = _Extremes(), _Extremes()

    def put(self, of: str, value: Any) -> None:
        """Set or take away the date of a publisher."""
        moment = None if value is None else parse_moment(value)
        self._latest_start.put(of, None if moment is None else _distance(moment.start))
        self._earliest_end.put(of, None if moment is None else -_distance(moment.end))

    @property
    def clash(self) -> bool:
        """Whether two of them cannot both be so."""
        start, end = self._latest_start.greatest, self._earliest_end.greatest
        return start is not None and end is not None and start > -end


class _ValuesSaid:
    """The values of one field that the publishers state."""

    def __init__(self) -> None:
        self._standing: dict[str, Any] = {}
        self._counts: Counter[Any] = Counter()

    def put(self, of: str, value: Any) -> None:
        """Set or take away the value of a publisher."""
        before = self._standing.pop(of, None)
        if before is not None:
            self._counts[before] -= 1
            self._counts += Counter()
        if value is not None:
            self._standing[of] = value
            self._counts[value] += 1

    @property
    def clash(self) -> bool:
        """Whether two of them differ."""
        return len(self._counts) > 1


class _Sides:
    """What the publishers say of one transition, while their statements come and are taken back."""

    def __init__(self, tellings: Sequence[Telling]) -> None:
        names = dict.fromkeys(name for one in tellings for name in (*one.dates, *one.says))
        self._fields: dict[str, _DatesSaid | _ValuesSaid] = {
            name: _DatesSaid() if name in DATES else _ValuesSaid() for name in names
        }
        self._voices: dict[str, Voice] = {}
        self._taken_back: set[str] = set()

    def take(self, one: Telling) -> None:
        """Take in a statement or a withdrawal."""
        by = one.publisher or ""
        voice = self._voices.setdefault(by, Voice())
        if one.withdraws is not None:
            self._taken_back.add(one.withdraws)
        voice.take(one, self._taken_back)
        for name, said in self._fields.items():
            value = voice.says(name, self._taken_back)
            said.put(by, Decimal(value) if name in _NUMBERS and value is not None else value)

    @property
    def clashing(self) -> list[str]:
        """The fields of which two publishers say what cannot both be so."""
        return [name for name, said in self._fields.items() if said.clash]

    def says(self) -> list[_Says]:
        """What each publisher says, in order."""
        found = []
        for by in sorted(self._voices):
            voice = self._voices[by]
            last = voice.last(self._taken_back)
            if last is not None:
                fields = {name: voice.says(name, self._taken_back) for name in self._fields}
                found.append(_Says(by or None, last, fields))
        return found


def _disputes(tellings: Sequence[Telling], status: str) -> Iterator[_Dispute]:
    """The disputes of a status about a transition, in order."""
    in_order = sorted(tellings, key=attrgetter("published_until", "position"))
    sides, taken = _Sides(in_order), 0
    for run in _runs(in_order):
        if status == _ALL or (status == _ENDED) == (run.ended is not None):
            for one in in_order[taken : run.until]:
                sides.take(one)
            taken = run.until
            yield _Dispute(run.began, run.ended, sides.clashing, sides.says())


def _runs(in_order: Sequence[Telling]) -> Iterator[_Run]:
    """When a transition was disputed."""
    sides = _Sides(in_order)
    began: Telling | None = None
    taken = 0
    for _, together in groupby(in_order, key=attrgetter("published_until")):
        before_all = taken
        turned: Telling | None = None
        for one in together:
            before = bool(sides.clashing)
            sides.take(one)
            turned = one if bool(sides.clashing) != before else turned
            taken += 1
        if began is None and sides.clashing:
            began = turned
        elif began is not None and not sides.clashing:
            yield _Run(began, turned, before_all)
            began = None
    if began is not None:
        yield _Run(began, None, taken)


def _item(stated: Stated, run: _Dispute, as_of: datetime) -> Item:
    ended = run.ended
    starts = [parse_moment(start).start for one in run.says if (start := one.fields.get(DATES[0])) is not None]
    last = as_of if ended is None else ended.published_until
    return {
        **stated.thing,
        "part": stated.part,
        "transition": stated.transition,
        "status": _OPEN if ended is None else _ENDED,
        "fields": run.fields,
        "since": run.began.published_at,
        "since_date": _day(run.began.published_until),
        "began_by": _event(run.began),
        "until": None if ended is None else ended.published_at,
        "until_date": None if ended is None else _day(ended.published_until),
        "ended_by": None if ended is None else _event(ended),
        "days": (last.date() - run.began.published_until.date()).days,
        "days_apart": (max(starts).date() - min(starts).date()).days if DATES[0] in run.fields else None,
        "publishers": [
            {
                "publisher": one.publisher,
                **one.fields,
                "published_at": one.last.published_at,
                "event_id": one.last.event_id,
                "position": one.last.position,
            }
            for one in run.says
        ],
    }


def _event(one: Telling) -> Item:
    return {
        "event_id": one.event_id,
        "publisher": one.publisher,
        "cause": "withdrawal" if one.withdraws is not None else "statement",
        "position": one.position,
    }


def _distance(at: datetime) -> timedelta:
    """An instant as what can be negated, so that the earliest is the greatest of the negative ones."""
    return at - datetime.min.replace(tzinfo=UTC)


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
