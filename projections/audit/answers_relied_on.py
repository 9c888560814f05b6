"""Reliances: the answers that somebody relies on, each with the viewpoint that it was given at."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ledger.values import POSITION_PREFIX, instant_text
from projections.queries.reader import Reader

_REGISTERED = """
SELECT reliance, title, "by", question, basis, position, recorded_at, CAST(event_id AS VARCHAR)
FROM log.reliances
WHERE since <= $position AND until > $position AND ($all OR reliance IN (SELECT UNNEST(CAST($names AS VARCHAR[]))))
QUALIFY LEAD(position) OVER (PARTITION BY reliance ORDER BY position) IS NULL AND type = 'RelianceRegistered'
ORDER BY reliance
"""


class Reliance(NamedTuple):
    """An answer that is relied on: `as_of` and `position` are its viewpoint on the two clocks."""

    name: str
    title: str | None
    by: str | None
    question: str
    as_of: str
    position: int
    registered_at: str
    event_id: str


def reliances(reader: Reader, names: Sequence[str] = ()) -> list[Reliance]:
    """The reliances that are registered at the viewpoint and have not ended, by name: all, or those with some names."""
    rows = reader.ask(_REGISTERED, names=list(names), all=not names)
    return [_reliance(*row) for row in reader.allowance.each(rows)]


def _reliance(
    name: str,
    title: str | None,
    by: str | None,
    question: str,
    basis: dict[str, Any] | None,
    position: int,
    recorded_at: datetime,
    event_id: str,
) -> Reliance:
    registered_at, given = instant_text(recorded_at.replace(tzinfo=UTC)), basis or {}
    at = given.get("recorded_as_of")
    return Reliance(
        name,
        title,
        by,
        question,
        given.get("as_of") or registered_at,
        int(at.removeprefix(POSITION_PREFIX)) if at else position - 1,
        registered_at,
        event_id,
    )
