"""Near things: the items of a few things that are asked for by name, folded one by one.

To plan the view of a resource takes DuckDB fifty milliseconds, whatever it is about; the few statements on one policy
are found and folded in a fraction of that. Where there are many, or items are filtered by what they are, the view
answers.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from projections.projection import THINGS, Projection
from projections.queries.filter_values import Value
from projections.queries.filters import Selection
from projections.queries.near_states import NEAR_STATES, facilities, relationships
from projections.queries.near_transitions import Fold, Row
from projections.queries.statement_history import Item
from projections.queries.transition_types import step_of, things_of
from projections.queries.viewpoint_cursor import NEAR_ROWS_MAX, ViewpointCursor, naive
from projections.sql_text import quoted
from projections.tables.families import Family

_SAID = (
    *(
        "position",
        "published_at",
        "source_kind",
        "published_from",
        "published_until",
        "starts",
        "starts_until",
        "ends_from",
    ),
    "ends",
)
NEAR_BEARING_MAX = 4 * NEAR_ROWS_MAX
"""So often statements are looked at, at most: each once for every part that it bears on."""
_HELD = "versions.since <= $position AND versions.until > $position AND versions.visible_from <= $as_of"


def are_few(projection: Projection, selection: Selection, filters: Mapping[str, Value]) -> bool:
    """Whether filters name the things that are wanted, and nothing else is asked of these."""
    of_whole = [selection.of_whole] if selection.of_whole else []
    named = {projection.slug, *({"subject", "object"} if projection.known_by else ())}
    return projection.name in THINGS and selection.items == of_whole and bool(named & set(filters))


def near_items(
    cursor: ViewpointCursor, projection: Projection, families: Mapping[str, Family], selection: Selection
) -> list[Item] | None:
    """The items in their order, as rows; None where many statements bear on them."""
    family = families[projection.family]
    rows = _statements(cursor, family, selection.rows, selection)
    if rows is None or _bearing(family, rows) > NEAR_BEARING_MAX:
        return None
    fold = partial(
        Fold,
        world=naive(cursor.viewpoint.effective_at),
        prefer=cursor.ranking.after(selection.params["prefer"]).order(),
        only=selection.params.get("publishers"),
    )
    states = NEAR_STATES[projection.name]
    if projection.name == "facilities":
        operates = _operators(cursor, families["relationships"], {row["facility"] for row in rows}, fold, selection)
        if operates is None:
            return None
        items = [
            item
            for (slug,), said in _by_thing(family, rows).items()
            for item in facilities(fold(family), said, operates.get(slug, ()))
        ]
    else:
        items = [item for said in _by_thing(family, rows).values() for item in states(fold(family), said)]
    if selection.of_whole:
        items = [item for item in items if item[str(projection.part)] is None]
    return sorted(items, key=lambda item: [(item[name] is not None, item[name]) for name in projection.order])


def _bearing(family: Family, rows: Sequence[Row]) -> int:
    """How often statements are looked at, at most: what names no part bears on all parts of its thing."""
    parts = {row[family.part] for row in rows} if family.part else set()
    return len(rows) * (1 + len(parts - {None}))


def _operators(
    cursor: ViewpointCursor, family: Family, slugs: set[str], fold: Any, selection: Selection
) -> dict[str, list[Item]] | None:
    """By facility, the intervals in which somebody operates it."""
    asked = Selection("operated_p")
    asked.params |= {name: selection.params[name] for name in ("prefer", "publishers") if name in selection.params}
    conditions = ["versions.relation = 'operates'", f"LIST_CONTAINS({asked.bind(sorted(slugs))}, versions.object)"]
    rows = _statements(cursor, family, conditions, asked)
    if rows is None:
        return None
    found: dict[str, list[Item]] = defaultdict(list)
    for said in _by_thing(family, rows).values():
        for item in relationships(fold(family), said):
            found[item["object"]].append(item)
    return found


def _statements(
    cursor: ViewpointCursor, family: Family, conditions: Sequence[str], selection: Selection
) -> list[Row] | None:
    """The statements that conditions leave, without those that were taken back; None where they are many."""
    own = [column.name for column in family.columns if column.name != "restates"]
    changed = ["changed"] if any(cls.amends for cls in family.classes) else []
    columns = ", ".join(f"versions.{quoted(name)}" for name in (*_SAID, *own, *changed))
    found = cursor.rows(
        f"SELECT {step_of(family)} AS type, CAST(versions.event_id AS VARCHAR) AS event_id, "
        f"CAST(versions.restates AS VARCHAR) AS restates, COALESCE(versions.publisher, '') AS publisher, {columns} "
        f"FROM log.{family.name} AS versions WHERE {' AND '.join((_HELD, *conditions))}",
        selection,
    )
    if len(found) > NEAR_ROWS_MAX:
        return None
    asked = Selection("withdrawn_p")
    ids = asked.bind([row["event_id"] for row in found])
    withdrawn = {
        row["withdraws"]
        for row in cursor.rows(
            "SELECT CAST(versions.withdraws AS VARCHAR) AS withdraws FROM log.withdrawals AS versions "
            f"WHERE {_HELD} AND versions.withdraws IN (SELECT UNNEST(CAST({ids} AS UUID[]))) LIMIT {NEAR_ROWS_MAX}",
            asked,
        )
    }
    return [row for row in found if row["event_id"] not in withdrawn]


def _by_thing(family: Family, rows: Sequence[Row]) -> dict[tuple[str, ...], list[Row]]:
    """The statements on each thing."""
    found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row[name] or "" for name in things_of(family))].append(row)
    return found


def as_table(items: Sequence[Item], schema: pa.Schema) -> pa.Table:
    """Items as the view gives them."""
    return pa.Table.from_pylist([{name: item[name] for name in schema.names} for item in items], schema=schema)
