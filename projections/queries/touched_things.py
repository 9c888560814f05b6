"""Touched things: what holds over time and has an event that is new, or reads otherwise, since a position.

A statement that is taken back touches what it was about, a merge all that names the merged slug, and an `operates`
relationship the facility, whose operator it may name.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from projections.catalogue import CATALOGUE
from projections.sql_text import quoted

THINGS: Mapping[str, tuple[str, ...]] = {
    "policies": ("policy",),
    "agreements": ("agreement",),
    "facilities": ("facility",),
    "links": ("link",),
    "risks": ("risk",),
    "commitments": ("commitment",),
    "relationships": ("subject", "relation", "object"),
}
"""Resources of things that hold over time, and the columns that say which thing an item is of."""

_SINCE = "(since > $after AND since <= $position OR until > $after AND until <= $position)"


_SPOKEN = "since <= $position AND until > $position AND publisher IN (SELECT UNNEST(publishers) FROM log.preferences)"
"""What a publisher says that the ledger prefers, or did."""


def figures_touched(ask: Callable[..., list[Any]], after: int) -> list[UUID]:
    """The figures of which a version was opened or closed after a position, and those that others may answer since by
    the ledger's preference, in order.
    """
    scopes = _scopes_touched(ask, after)
    preferred = f"OR {_SPOKEN} AND (LIST_CONTAINS($scopes, '') OR LIST_CONTAINS($scopes, metric))" if scopes else ""
    query = f"SELECT DISTINCT figure_id FROM log.figures WHERE {_SINCE} {preferred} ORDER BY 1"
    return [figure_id for (figure_id,) in ask(query, after=after, scopes=scopes)]


def _scopes_touched(ask: Callable[..., list[Any]], after: int) -> list[str]:
    """The metrics, or '' for everything, for which another preference may be in force since a position."""
    return [
        scope
        for (scope,) in ask(f"SELECT DISTINCT COALESCE(metric, '') FROM log.preferences WHERE {_SINCE}", after=after)
    ]


def things_touched(ask: Callable[..., list[Any]], after: int) -> dict[str, list[tuple[str, ...]]]:
    """By resource, the things of which a version was opened or closed after a position, and those that others may tell
    since by the ledger's preference, in order.
    """
    taken_back = f"event_id IN (SELECT withdraws FROM log.withdrawals WHERE {_SINCE})"
    if "" in _scopes_touched(ask, after):
        taken_back = f"{taken_back} OR {_SPOKEN}"
    queries = [
        f"SELECT '{resource}', [{', '.join(map(quoted, key))}] FROM log.{CATALOGUE[resource].family} "
        f"WHERE {_SINCE} OR {taken_back}"
        for resource, key in THINGS.items()
    ]
    operated = f"relation = 'operates' AND ({_SINCE} OR {taken_back})"
    queries.append(f"SELECT 'facilities', [object] FROM log.relationships WHERE {operated}")
    found: dict[str, list[tuple[str, ...]]] = {}
    for resource, key in ask(f"SELECT DISTINCT * FROM ({' UNION ALL '.join(queries)}) ORDER BY ALL", after=after):
        found.setdefault(resource, []).append(tuple(key))
    return found
