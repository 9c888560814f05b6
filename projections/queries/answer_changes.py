"""Answer changes: a figure's history on the ledger clock, row by row: what was answered, and the event that did it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ledger.values import difference
from projections.queries.answer_history import Step, Version

Ask = Callable[..., list[Any]]

COLUMNS = {
    "position": "BIGINT",
    "recorded_at": "TIMESTAMP",
    "event_id": "UUID",
    "cause": "VARCHAR",
    "publisher": "VARCHAR",
    "published_at": "VARCHAR",
    "value": "VARCHAR",
    "low": "VARCHAR",
    "high": "VARCHAR",
    "symbol": "VARCHAR",
    "unit": "VARCHAR",
    "canonical_value": "DECIMAL(38,18)",
    "canonical_low": "DECIMAL(38,18)",
    "canonical_high": "DECIMAL(38,18)",
    "canonical_unit": "VARCHAR",
    "approximate": "BOOLEAN",
    "status": "VARCHAR",
    "previous_value": "DECIMAL(38,18)",
    "change": "DECIMAL(38,18)",
}
"""What one change says: its position, what was recorded there and why it changes the answer, and the answer then."""

_ANSWER = list(COLUMNS)[4:-2]
_VALUE = _ANSWER.index("canonical_value")
CAUSES = {
    "EventCorrected": "correction",
    "EventRetracted": "retraction",
    "EventReinstated": "reinstatement",
    "EntitiesMerged": "merge",
    "PreferenceSet": "preference",
}
"""Why an answer changes where a ledger event, a merge or a preference was recorded; elsewhere a statement was."""
_NOTHING = (None,) * len(_ANSWER)


class _Event(NamedTuple):
    """What was recorded at a position: `kind` is the type of a ledger event, merge or preference, else None."""

    event_id: str
    recorded_at: datetime
    kind: str | None


def versions_of(ask: Ask, figures: Sequence[str], *, near: str) -> list[Version]:
    """All versions of statements on some figures that the ledger ever held up to the viewpoint's position."""
    rows = ask(
        "SELECT CAST(figure_id AS VARCHAR), metric, publisher, published_until, position, since, until, "
        "type = 'FigureWithdrawn', source_kind = 'primary', CAST(event_id AS VARCHAR), recorded_at, "
        f"{', '.join(_ANSWER)} FROM log.figures "
        f"WHERE {near} AND LIST_CONTAINS(CAST($figures AS UUID[]), figure_id) AND since <= $position",
        figures=figures,
    )
    columns = len(Version._fields) - 1
    return [Version._make((*row[:columns], row[columns:])) for row in rows]


def answer_changes(
    ask: Ask, histories: Sequence[Sequence[Step]], versions: Iterable[Version]
) -> list[list[tuple[Any, ...]]]:
    """Of each history the steps at which the answer became another event, or the same one says something else, as rows
    of COLUMNS. `versions` are all those of the figures.
    """
    changes = [list(_changes(history)) for history in histories]
    stated = (one for one in versions if one.since == one.position)
    events = {one.position: _Event(one.event_id, one.recorded_at, None) for one in stated}
    others = {one.step.position for ones in changes for one in ones} - events.keys()
    if others:
        events |= _other_events(ask, sorted(others))
    return [[_row(one, events[one.step.position]) for one in ones if one.step.position in events] for ones in changes]


class _Change(NamedTuple):
    """A step at which the answer becomes another event, or says something else; and what was and is answered."""

    step: Step
    before: Sequence[Any]
    after: Sequence[Any]


def _changes(steps: Sequence[Step]) -> Iterator[_Change]:
    known: str | None = None
    before: Sequence[Any] = _NOTHING
    for step in steps:
        event_id, after = (None, _NOTHING) if step.answer is None else (step.answer.event_id, step.answer.says)
        if event_id != known or _printed(after) != _printed(before):
            yield _Change(step, before, after)
        known, before = event_id, after


def _row(change: _Change, event: _Event) -> tuple[Any, ...]:
    step, before, after = change
    cause = CAUSES.get(event.kind or "", "late_arrival" if step.late else "recorded")
    value, previous = after[_VALUE], before[_VALUE]
    by = None if value is None or previous is None else difference(value, previous)
    return (step.position, event.recorded_at, event.event_id, cause, *after, previous, by)


def _printed(answer: Sequence[Any]) -> tuple[Any, ...]:
    """What an answer says as printed, without its canonical values."""
    return tuple(value for name, value in zip(_ANSWER, answer, strict=True) if not name.startswith("canonical_"))


def _other_events(ask: Ask, positions: Sequence[int]) -> dict[int, _Event]:
    """What was recorded at positions that is no statement on the figures: ledger events, merges and preferences."""
    kinds = {"keeping": "TRUE", "entities": "type = 'EntitiesMerged'", "preferences": "TRUE"}
    query = " UNION ALL ".join(
        f"SELECT position, CAST(event_id AS VARCHAR), recorded_at, type FROM log.{family} WHERE {condition} "
        "AND since = position AND position IN (SELECT UNNEST(CAST($places AS BIGINT[])))"
        for family, condition in kinds.items()
    )
    return {position: _Event(*event) for position, *event in ask(query, places=positions)}
