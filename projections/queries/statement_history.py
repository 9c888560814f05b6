"""Statement history: what was said of a thing, statement by statement, and why each differs from the one before.

Of each transition every publisher has a series. A statement is compared with what its publisher said of the transition
up to then: what its earlier statements gave last, without those that it had taken back. For example, after "2027" and
"in the second quarter of 2027", which confirms it, "2027-09" is a revision.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ledger.values import parse_moment
from projections.queries.comparable_amounts import comparable

Item = dict[str, Any]

DATES = ("effective_from", "effective_to")


class Telling(NamedTuple):
    """A statement of a transition, or the withdrawal of one (then `withdraws` is its event_id).

    `transition` tells the transitions of a thing apart, with `part` and `type`. `dates` are those that it states, as
    printed; `says` are its other fields, and `changes` what it amends, perhaps to None.
    """

    published_until: datetime
    position: int
    event_id: str
    type: str
    part: str | None
    transition: tuple[Any, ...]
    publisher: str | None
    published_at: str
    recorded_at: str
    dates: Mapping[str, str]
    says: Mapping[str, Any]
    changes: Mapping[str, Any] | None = None
    withdraws: str | None = None


class _Voice:
    """What one publisher says of one transition, while its statements come and are taken back."""

    def __init__(self) -> None:
        self._said: dict[str, list[tuple[str, Any]]] = defaultdict(list)
        self.last: Telling | None = None

    def said(self, name: str, taken_back: set[str]) -> Any:
        """What it said last of a field, that stands; None where nothing."""
        stack = self._said.get(name, [])
        while stack and stack[-1][0] in taken_back:
            stack.pop()
        return stack[-1][1] if stack else None

    def clashes(self, fields: Mapping[str, Any], taken_back: set[str]) -> list[str]:
        """The fields of which it said what cannot be so as well."""
        return [
            name
            for name, value in fields.items()
            if (before := self.said(name, taken_back)) is not None and _clash(name, before[0], value)
        ]

    def take(self, telling: Telling, fields: Mapping[str, Any]) -> None:
        """Take in what a statement says."""
        for name, value in fields.items():
            self._said[name].append((telling.event_id, (value,)))
        self.last = telling


def statement_history(tellings: Sequence[Telling]) -> Iterator[Item]:
    """The statements and withdrawals in order of publication, each with its `cause`.

    `changed` names the fields that clash with what was said before, `says` has those besides the dates.
    """
    voices: dict[tuple[Any, ...], _Voice] = defaultdict(_Voice)
    taken_back: set[str] = set()
    for one in sorted(tellings, key=lambda one: (one.published_until, one.position)):
        voice = voices[one.transition, one.publisher]
        before = voice.said(DATES[0], taken_back)
        previous = before[0] if before else None
        fields = compared(one)
        changed: list[str] = []
        if one.withdraws is not None:
            cause = "withdrawal"
            taken_back.add(one.withdraws)
        elif voice.last is None:
            cause = "first_report"
        elif voice.last.withdraws is not None:
            cause = "republication"
        elif not (changed := voice.clashes(fields, taken_back)):
            cause = "confirmation"
        else:
            cause = "conflict" if voice.last.published_until == one.published_until else "revision"
        if one.event_id not in taken_back:
            voice.take(one, fields)
        yield _item(one, cause, previous, changed)


def compared(one: Telling) -> dict[str, Any]:
    """What a statement says, by field; `nature` is never left out, and of an amendment each changed field is one."""
    fields: dict[str, Any] = {**one.dates, **one.says}
    if one.withdraws is None and "nature" in fields:
        fields["nature"] = fields["nature"] or "actual"
    fields = {name: value for name, value in fields.items() if value is not None}
    return fields | {f"changes.{name}": value for name, value in (one.changes or {}).items()}


def shift_days(before: str | None, after: str | None) -> int | None:
    """The days from the start of one printed date to that of another; None where they may be the same day."""
    if before is None or after is None:
        return None
    (first, first_end), (second, second_end) = parse_moment(before), parse_moment(after)
    coarse = first.date() != first_end.date() or second.date() != second_end.date()
    if coarse and first <= second_end and second <= first_end:
        return None
    return (second.date() - first.date()).days


def _item(one: Telling, cause: str, previous: str | None, changed: Sequence[str]) -> Item:
    says = {name: _said(value) for name, value in one.says.items() if value is not None}
    if one.changes is not None:
        says["changes"] = {name: _said(value) for name, value in one.changes.items()}
    stated = one.dates.get(DATES[0])
    return {
        "transition": one.type,
        "part": one.part,
        "event_id": one.event_id,
        "position": one.position,
        "publisher": one.publisher,
        "published_at": one.published_at,
        "recorded_at": one.recorded_at,
        **{name: one.dates.get(name) for name in DATES},
        "cause": cause,
        "previous_effective_from": previous,
        "shift_days": shift_days(previous, stated),
        "changed": list(changed) or None,
        "says": says or None,
    }


def _clash(name: str, before: Any, after: Any) -> bool:
    if name.removeprefix("changes.") in DATES and before is not None and after is not None:
        first, second = parse_moment(before), parse_moment(after)
        return first.end < second.start or second.end < first.start
    field = name.removeprefix("changes.")
    return bool(comparable(field, before) != comparable(field, after))


def _said(value: Any) -> Any:
    """A value without the members that are not given."""
    if isinstance(value, dict):
        return {name: _said(part) for name, part in value.items() if part is not None}
    return [_said(part) for part in value] if isinstance(value, list) else value
