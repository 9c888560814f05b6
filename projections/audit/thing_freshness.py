"""Freshness of things that hold over time: who looked last at the sources of what is said of each, and what was found.

A policy has no rhythm in which anybody would speak of it again, so nothing is ever overdue here. But that it is still
as it was said can be told from nobody having looked.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from projections.audit.findings import Findings, Item
from projections.audit.last_checks import Check, LastChecks, checks_at
from projections.catalogue import CATALOGUE
from projections.queries.filter_values import Value
from projections.queries.reader import Reader
from projections.queries.transition_types import things_of
from projections.sql_text import quoted

THING_STATES = ("gone", "changed", "unchecked", "unchanged")
"""Those that want somebody to do something come first."""
_SAID = """
said AS (
  SELECT {thing}, NULLIF(publisher, '') AS publisher, source_title AS title, source_edition AS edition,
    source_url AS url, source_retrieved_on, published_until, position
  FROM tellings_{family}
  WHERE NOT taken_back {only}
)"""
_THINGS_SAID = """
SELECT {thing}, publisher, MAX(published_until) AS last_published, COUNT(*) AS statements, MAX(position) AS position,
  MAX(source_retrieved_on) FILTER (source_retrieved_on <= $today) AS retrieved
FROM said
GROUP BY {thing}, publisher
ORDER BY {thing}, publisher
"""


def thing_freshness(
    reader: Reader,
    resource: str,
    filters: Mapping[str, Value],
    *,
    publishers: Sequence[str] = (),
    states: Sequence[str] = THING_STATES,
) -> Findings:
    """One item a thing that filters select and publisher that speaks of it, what wants somebody to look first.

    An item has what names the thing, `publisher`, `state`, the day on which it last spoke of it (`last_published_on`)
    and in how many `statements`, the last check of a source of these (`last_checked_at`, `last_found`, `last_check`:
    its event) and the last day by `as_of` on which one was retrieved (`last_retrieved_on`). `state`: `gone` and
    `changed` (as the last check found, and nothing was recorded since), `unchanged` (so the last check found it, after
    it was last published), else `unchecked`. Members: `summary`, how many items are in each state. Raises
    UnknownFilter and FilterError.
    """
    projection = CATALOGUE[resource]
    family = reader.families[projection.family]
    keys = things_of(family)
    thing = ", ".join(map(quoted, keys))
    only = "AND publisher IN (SELECT UNNEST(CAST($speakers AS VARCHAR[])))" if publishers else ""
    said = _SAID.format(thing=thing, family=family.name, only=only)
    params = {"speakers": [reader.names.kept(slug) for slug in publishers]} if publishers else {}
    last = LastChecks(checks_at(reader))
    places: dict[tuple[object, ...], Check] = {}
    if last.any:
        sources = f"sources AS (SELECT DISTINCT {thing}, publisher, title, edition, url FROM said)"
        query = f"{said}, {sources} {last.query(*map(quoted, keys), 'publisher')}"
        with reader.lending(looked=last.table()):
            found = reader.tellings_chosen(projection, filters, query, params)
        places = {tuple(row): last.check_at(place) for *row, place in reader.allowance.tuples_of(found)}
    today = reader.viewpoint.as_of.astimezone(UTC).date().isoformat()
    query = said + _THINGS_SAID.format(thing=thing)
    rows = reader.tellings_chosen(projection, filters, query, {**params, "today": today})
    items = [
        _item(row, keys, places.get((*(row[key] for key in keys), row["publisher"])))
        for row in reader.allowance.rows_of(rows)
    ]
    summary = {state: sum(item["state"] == state for item in items) for state in THING_STATES}
    chosen = sorted((item for item in items if item["state"] in states), key=_turn)
    return Findings(chosen, {"summary": summary})


def _turn(item: Item) -> int:
    return THING_STATES.index(item["state"])


def _item(row: Item, keys: Sequence[str], check: Check | None) -> Item:
    return {
        **{key: row[key] or None for key in keys},
        "publisher": row["publisher"],
        "state": _state(row, check),
        "last_published_on": row["last_published"][:10],
        "statements": row["statements"],
        "last_checked_at": check and check.checked_at,
        "last_found": check and check.found,
        "last_check": check and check.event_id,
        "last_retrieved_on": row["retrieved"],
    }


def _state(row: Item, check: Check | None) -> str:
    if check is None:
        return "unchecked"
    if check.found != "unchanged":
        return check.found if check.position > row["position"] else "unchecked"
    return "unchanged" if check.until > datetime.fromisoformat(row["last_published"]) else "unchecked"
