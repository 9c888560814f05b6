"""Reliances: the answers that somebody relies on, each with the viewpoint that it was given at."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ledger.values import instant_text
from projections.queries.reader import Reader

_REGISTERED = """
SELECT reliance, title, "by", question, basis, position, recorded_at, CAST(event_id AS VARCHAR)
FROM log.reliances
WHERE since <= $position AND until > $position AND ($all OR reliance IN (SELECT UNNEST(CAST($names AS VARCHAR[]))))
QUALIFY LEAD(position) OVER (PARTITION BY reliance ORDER BY position) IS NULL AND type = 'RelianceRegistered'
ORDER BY reliance
"""


class Reliance(NamedTuple):
    """An answer that is relied on.

    Its viewpoint is what its basis says. What that leaves open is None: the question's own address may say it, else
    the answer is the one of the registration, of `registered_at` and of the `position` before it.
    """

    name: str
    title: str | None
    by: str | None
    question: str
    as_of: str | None
    recorded_as_of: str | None
    effective_at: str | None
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
    given = basis or {}
    return Reliance(
        name,
        title,
        by,
        question,
        given.get("as_of"),
        given.get("recorded_as_of"),
        given.get("effective_at") if given.get("effective_at") != given.get("as_of") else None,
        position - 1,
        instant_text(recorded_at.replace(tzinfo=UTC)),
        event_id,
    )
