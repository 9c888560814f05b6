"""Events as events: the log filtered, and the events of one thing.

The tables say which positions; the log itself says what was recorded there.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from ledger import Entry, Ledger, content
from projections.projection import Projection
from projections.queries.compose import parameters
from projections.queries.filters import one_of, select
from projections.queries.reader import Reader
from projections.sql_text import literals
from projections.tables.families import Family

_OF_FIGURES = ("figures", "keeping")
"""The families whose events may be about a figure."""


def events_where(
    reader: Reader,
    *,
    after: int,
    limit: int,
    types: Sequence[str] = (),
    entities: Sequence[str] = (),
    figure_ids: Sequence[UUID] = (),
    publishers: Sequence[str] = (),
    reference: str | None = None,
) -> list[int]:
    """The first positions after `after` of events that pass every filter given: one of several values is enough.

    An event counts for what any of its versions so far says, corrected or retracted since: it is in the log. `entities`
    and `publishers` are slugs, and mean the same as the slugs merged with them. A figure's ledger events are among its
    own.
    """
    if not (types or entities or figure_ids or publishers or reference is not None):
        return list(range(after + 1, min(after + limit, reader.viewpoint.position) + 1))
    params: dict[str, Any] = {"after": after, "limit": limit}
    conditions = ["position > $after", "since <= $position"]
    if reference is not None:
        conditions.append("source_reference = $reference")
        params["reference"] = reference
    if publishers:
        conditions.append("LIST_CONTAINS($publishers, publisher)")
        params["publishers"] = [slug for one in publishers for slug in reader.names.slugs_of(one)]
    if entities:
        params["slugs"] = [slug for one in entities for slug in reader.names.slugs_of(one)]
    figure = None
    if figure_ids:
        known = {*reader.names.figures(figure_ids), *figure_ids}
        params["figures"] = list(known)
        figure = f"LIST_CONTAINS(CAST($figures AS UUID[]), figure_id) AND {reader.names.near(known)}"
    queries = []
    for family in reader.families.values():
        own_types = [one for one in types if one in family.types]
        if (own_types or not types) and (figure is None or family.name in _OF_FIGURES):
            own = list(_own(family, own_types, bool(entities), figure))
            queries.append(f"SELECT position FROM log.{family.name} WHERE {' AND '.join([*conditions, *own])}")
    if not queries:
        return []
    # An event has a row for each of its versions, and is one event of the page nevertheless.
    rows = reader.ask(
        f"SELECT DISTINCT position FROM ({' UNION ALL '.join(queries)}) ORDER BY position LIMIT $limit", **params
    )
    return [position for (position,) in rows]


def _own(family: Family, types: Sequence[str], entity: bool, figure: str | None) -> Iterator[str]:
    if types:
        yield f"type IN ({literals(types)})"
    if entity:
        yield family.mentions()
    if figure and family.name == "figures":
        yield figure
    elif figure:
        yield f"target IN (SELECT event_id FROM log.figures WHERE {figure} AND since <= $position)"


def timeline(ledger: Ledger, reader: Reader, projection: Projection, slug: str) -> list[dict[str, Any]]:
    """The events of one thing that are visible at the reader's viewpoint, as they read there, by publication.

    What takes one of them back is among them.
    """
    if projection.slug is None:
        raise ValueError(f"no slug names an item of {projection.name}, so there is no timeline of one")
    params: dict[str, Any]
    if projection.known_by:
        selection = select(projection, {projection.slug: [slug]}, reader.names)
        (conditions,) = selection.rows
        params = parameters(conditions, selection.params)
    else:
        slugs = reader.names.slugs_of(slug) if projection.names_entities else [slug]
        columns = [projection.slug]
        if projection.family == "entities":
            columns += ["kept", "merged"]
        conditions = " OR ".join(f"LIST_CONTAINS($slugs, {column})" for column in columns)
        params = {"slugs": slugs}
    visible = "since <= $position AND until > $position AND visible_from <= $as_of"
    rows = reader.ask(
        "WITH own AS (SELECT position, published_until, event_id "
        f"FROM log.{projection.family} AS versions WHERE {visible} AND ({conditions})) "
        "SELECT position FROM (SELECT position, published_until FROM own UNION ALL "
        "SELECT position, published_until FROM log.withdrawals "
        f"WHERE {visible} AND withdraws IN (SELECT event_id FROM own)) ORDER BY published_until, position",
        **params,
    )
    entries = {entry.position: entry for entry in ledger.at_positions([position for (position,) in rows])}
    acts = ledger.acts_on_each(list(entries.values()))
    return [
        _as_it_reads(entries[position], acts[entries[position].event_id], until=reader.viewpoint.position)
        for (position,) in reader.allowance.each(rows)
    ]


def _as_it_reads(entry: Entry, acts: Sequence[Entry], *, until: int) -> dict[str, Any]:
    held = [(act.type, act.body) for act in acts if act.position <= until]
    return {**entry.envelope(), **(content((entry.cls, entry.body), held) or {})}


def acts_on_events(reader: Reader, event_ids: Sequence[UUID], *, limit: int) -> list[int]:
    """The positions of the first ledger events that act on some events, up to the reader's position, in order."""
    rows = reader.ask(
        "SELECT DISTINCT position FROM log.keeping WHERE LIST_CONTAINS(CAST($targets AS UUID[]), target) "
        "AND since <= $position ORDER BY 1 LIMIT $limit",
        targets=list(event_ids),
        limit=limit,
    )
    return [position for (position,) in rows]


def acts_on_figures(ledger: Ledger, reader: Reader, figures: Sequence[UUID]) -> dict[UUID, tuple[int, list[Entry]]]:
    """How many events each of some figures ever had, with the ledger events on these; and the latter, in order.

    The ids are those under which the figures answer at the viewpoint.
    """
    rows = reader.ask(
        "WITH stated AS (SELECT DISTINCT figure_id, position, event_id FROM log.figures AS versions "
        f"WHERE {one_of('$figures', count=len(figures))} AND {reader.names.near(figures)} AND since <= $position) "
        "SELECT figure_id, position, FALSE FROM stated UNION SELECT figure_id, keeping.position, TRUE "
        "FROM log.keeping AS keeping JOIN stated ON stated.event_id = keeping.target "
        "WHERE keeping.since <= $position ORDER BY 2",
        figures=list(figures),
    )
    acts = {entry.position: entry for entry in ledger.at_positions([position for _, position, acts in rows if acts])}
    found: dict[UUID, list[tuple[int, bool]]] = {figure_id: [] for figure_id in figures}
    for figure_id, position, acting in reader.allowance.each(rows):
        found[figure_id].append((position, acting))
    return {
        figure_id: (len(events), [acts[position] for position, acting in events if acting])
        for figure_id, events in found.items()
    }
