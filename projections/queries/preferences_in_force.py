"""Preferences in force: whom this ledger asks first at a viewpoint, since when, and who said so."""

from collections.abc import Collection, Sequence
from datetime import UTC
from typing import Any

from ledger.values import instant_text
from projections.queries.publisher_ranking import EVERYTHING, LastPreference, last_preferences
from projections.queries.reader import Reader

Item = dict[str, Any]
_SAID = """
SELECT COALESCE(metric, ''), reason, recorded_at, recorded_by, position, CAST(event_id AS VARCHAR)
FROM log.preferences
WHERE since <= $position AND until > $position AND position IN (SELECT UNNEST(CAST($places AS BIGINT[])))
ORDER BY 1
"""


def preferences_in_force(reader: Reader, metrics: Sequence[str] = ()) -> list[Item]:
    """The preferences that count at the viewpoint, the one for everything first, then by metric; or those of them by
    which figures of some metrics are answered.

    Each: `metric` (None: everything), `preferred` (slugs, as they are kept), `reason`, `set_at`, `set_by`, `position`
    and `event_id`.
    """
    found = _in_force(reader)
    scopes = {_scope(found, metric) for metric in metrics} if metrics else found.keys()
    return _said(reader, {scope: one for scope, one in found.items() if scope in scopes})


def preferences_deciding(reader: Reader, answered: Collection[tuple[str, str]]) -> list[Item]:
    """Of these the ones that name who answers: `answered` are pairs of a metric, or '', and a publisher."""
    found = _in_force(reader)
    named = {(scope, slug) for scope, one in found.items() for slug in one.publishers}
    scopes = {scope for metric, slug in answered if ((scope := _scope(found, metric)), slug) in named}
    return _said(reader, {scope: one for scope, one in found.items() if scope in scopes})


def _in_force(reader: Reader) -> dict[str, LastPreference]:
    if not reader.prefers:
        return {}
    last = last_preferences(reader.ask, reader.viewpoint.position)
    return {scope: one for scope, one in last.items() if one.publishers}


def _scope(found: Collection[str], metric: str) -> str:
    """The scope of the preference that counts for a metric."""
    return metric if metric in found else EVERYTHING


def _said(reader: Reader, preferences: dict[str, LastPreference]) -> list[Item]:
    if not preferences:
        return []
    rows = reader.ask(_SAID, places=[one.position for one in preferences.values()])
    return [
        {
            "metric": scope or None,
            "preferred": list(dict.fromkeys(preferences[scope].publishers)),
            "reason": reason,
            "set_at": instant_text(recorded_at.replace(tzinfo=UTC)),
            "set_by": recorded_by,
            "position": position,
            "event_id": event_id,
        }
        for scope, reason, recorded_at, recorded_by, position, event_id in reader.allowance.each(rows)
    ]
