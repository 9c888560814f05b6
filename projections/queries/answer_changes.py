"""Answer changes: a figure's history on the ledger clock, row by row: what was answered, and the event that did it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

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
_CAUSES = {
    "EventCorrected": "correction",
    "EventRetracted": "retraction",
    "EventReinstated": "reinstatement",
    "EntitiesMerged": "merge",
}


class _Said(NamedTuple):
    """An event that is the answer, or none, and what it says: the columns of _ANSWER."""

    event_id: UUID | None
    answer: Sequence[Any]


def versions_of(ask: Ask, figures: Sequence[UUID], *, near: str) -> list[Version]:
    """All versions of statements on some figures that the ledger ever held up to the viewpoint's position."""
    rows = ask(
        "SELECT figure_id, publisher, published_until, position, since, until, type = 'FigureWithdrawn', "
        f"source_kind = 'primary' FROM log.figures WHERE {near} AND LIST_CONTAINS(CAST($figures AS UUID[]), figure_id) "
        "AND since <= $position",
        figures=figures,
    )
    return list(map(Version._make, rows))


def answer_changes(ask: Ask, histories: Sequence[Sequence[Step]], *, near: str) -> list[list[tuple[Any, ...]]]:
    """Of each history the steps at which the answer became another event, or the same one says something else, as rows
    of COLUMNS.
    """
    steps = [step for history in histories for step in history]
    shown = _shown(ask, {step.answer for step in steps if step.answer is not None}, near=near)
    events = _events(ask, sorted({step.position for step in steps}), near=near)
    return [list(_changes(history, shown, events)) for history in histories]


def _changes(
    steps: Sequence[Step],
    shown: Mapping[tuple[int, int], _Said],
    events: Mapping[int, tuple[UUID, Any, str]],
) -> Iterator[tuple[Any, ...]]:
    before = nothing = _Said(None, (None,) * len(_ANSWER))
    for step in steps:
        said = nothing if step.answer is None else shown[step.answer.position, step.answer.since]
        differs = said.event_id != before.event_id or _printed(said.answer) != _printed(before.answer)
        if differs and step.position in events:
            event_id, recorded_at, kind = events[step.position]
            cause = _CAUSES.get(kind, "late_arrival" if step.late else "recorded")
            value, previous = said.answer[_VALUE], before.answer[_VALUE]
            change = None if value is None or previous is None else difference(value, previous)
            yield (step.position, recorded_at, event_id, cause, *said.answer, previous, change)
        before = said


def _printed(answer: Sequence[Any]) -> tuple[Any, ...]:
    """What an answer says as printed, without its canonical values."""
    return tuple(value for name, value in zip(_ANSWER, answer, strict=True) if not name.startswith("canonical_"))


def _shown(ask: Ask, versions: set[Version], *, near: str) -> dict[tuple[int, int], _Said]:
    """The event, and what it says, of each version of a statement, by its position and `since`."""
    rows = ask(
        f"SELECT position, since, event_id, {', '.join(_ANSWER)} FROM log.figures WHERE {near} "
        "AND position IN (SELECT UNNEST(CAST($places AS BIGINT[])))",
        places=sorted({one.position for one in versions}),
    )
    return {(position, since): _Said(event_id, answer) for position, since, event_id, *answer in rows}


def _events(ask: Ask, positions: Sequence[int], *, near: str) -> dict[int, tuple[UUID, Any, str]]:
    """What was recorded at positions: statements on these figures, ledger events and merges."""
    kinds = {"figures": near, "keeping": "TRUE", "entities": "type = 'EntitiesMerged'"}
    query = " UNION ALL ".join(
        f"SELECT position, event_id, recorded_at, type FROM log.{family} WHERE {condition} "
        "AND since = position AND position IN (SELECT UNNEST(CAST($places AS BIGINT[])))"
        for family, condition in kinds.items()
    )
    return {
        position: (event_id, recorded_at, kind)
        for position, event_id, recorded_at, kind in ask(query, places=list(positions))
    }
