"""Thing histories: how a thing that holds over time got where it is, along either clock.

On the publication clock, what publishers said of it, statement by statement; on the ledger clock, what this ledger
answered, change by change.
"""

import json
from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any, NamedTuple

import pyarrow as pa

from ledger.events import Role
from ledger.values import instant_text
from projections.projection import Applies, Projection
from projections.queries.compose import tellings_of
from projections.queries.decisive_statements import Recorded, decisive
from projections.queries.filter_values import Value
from projections.queries.filters import Selection, filter_named, select
from projections.queries.format import presented
from projections.queries.names import Names
from projections.queries.publisher_choice import PublisherChoice
from projections.queries.statement_history import DATES, Item, Telling, statement_history
from projections.queries.tellings import own_columns
from projections.queries.thing_answers import Event, change_item, changes_of, late_arrivals
from projections.queries.thing_names import ThingName
from projections.queries.transition_types import step_of, things_of, types_of
from projections.queries.viewpoint_cursor import ViewpointCursor
from projections.sql_text import quoted
from projections.tables.families import Family

Items = dict[Any, Item]

TOGETHER_MAX = 100
"""At so many positions at most a thing is folded together."""
FOLDED_MAX = 200_000
"""About so many statements are folded together, those of each position counted."""
_ENVELOPE = ("published_until", "position", "event_id", "type", "publisher", "published_at", "recorded_at")


class Place(NamedTuple):
    """Where a history on the ledger clock goes on: behind the `shown` first changes at a position, or, where there are
    none of these, behind the position.
    """

    position: int
    shown: int


START = Place(0, 0)


class ThingHistories(ViewpointCursor):
    """Asks for the histories of things at one viewpoint."""

    families: Mapping[str, Family]
    names: Names

    def knows(self, thing: ThingName) -> bool:
        """Whether anything was ever recorded of a thing that is published by now, retracted since or not."""
        selection = Selection()
        condition = thing.condition(selection.bind)
        return bool(
            self.ask(
                f"SELECT 1 FROM log.{thing.family} AS versions WHERE since <= $position AND visible_from <= $as_of "
                f"AND {condition} LIMIT 1",
                **selection.params,
            )
        )

    def statements_of(self, thing: ThingName, choice: PublisherChoice) -> Iterator[Item]:
        """What was said of a thing, in order of publication, and why each statement differs from the one before."""
        told = self._tellings(thing.as_at(self.viewpoint.position), choice)
        return statement_history(list(self.allowance.each(told)))

    def answers_of(
        self,
        projection: Projection,
        thing: ThingName,
        choice: PublisherChoice,
        *,
        place: Place = START,
        together: int = TOGETHER_MAX,
    ) -> Iterator[Item]:
        """What this ledger answered of a thing, change by change, from a place on: `together` positions at a time, in
        which the names of publishers mean the same.
        """
        recorded = self._recorded(thing)
        late = late_arrivals(recorded)
        visible = [one for one in recorded if one.published_until <= self._params["as_of"]]
        renamed = choice.moves()
        moves = {at for one in visible for at in (one.since, one.until)} | thing.moves() | renamed
        moves |= {one.position for one in self.preference_changes()}
        positions = sorted(at for at in moves if at <= self.viewpoint.position)
        begin = place.position + (not place.shown)
        done = bisect_left(positions, begin)
        skip, first = place.shown, max(done - 1, 0)
        before: Items = {}
        while first < len(positions):
            some = positions[first : first + together]
            some = some[: next((nth for nth, at in enumerate(some) if nth and at in renamed), None)]
            kept = decisive(self.allowance.each(visible), some[0], some[-1])
            some = some[: max(FOLDED_MAX // max(len(kept), 1), 1)]
            first += len(some)
            columns, answers = self._answers_at(projection, thing, choice, some, kept)
            changes = []
            for at in some:
                after = answers.get(at, {})
                if at >= begin:
                    changes += [(at, one) for one in changes_of(before, after, paired=bool(projection.known_by))]
                before = after
            events = self._events_at(thing, sorted({at for at, _ in changes}))
            for at, one in changes[skip:]:
                yield change_item(one, events[at], at=at, columns=columns, late=at in late)
            skip = 0

    def _recorded(self, thing: ThingName) -> list[Recorded]:
        """All versions of statements that bear on a thing, and of what takes them back, so far."""
        selection = Selection()
        rows = thing.rows(selection.bind)
        query = " UNION ALL ".join(
            f"SELECT '{family}', position, since, until, published_from, published_until, event_id, "
            f"{self._deciding(family)} FROM log.{family} AS versions "
            f"WHERE since <= $position AND {' AND '.join(conditions)}"
            for family, conditions in rows.items()
        )
        return [
            Recorded._make(row) for row in self.ask(f"{query} ORDER BY published_until, position", **selection.params)
        ]

    def _deciding(self, name: str) -> str:
        """What a version of a family says that may decide what a thing is: the rest of `Recorded`."""
        family = self.families[name]
        if name == "withdrawals":
            return (
                "withdraws, CAST(NULL AS TIMESTAMP), CAST(NULL AS TIMESTAMP), 0, [type, CAST(event_id AS VARCHAR)], "
                "CAST([] AS VARCHAR[])"
            )
        step, part = step_of(family), family.classes[0].part
        side = (
            f"CASE WHEN {step} IN ({types_of(family, Role.OPENS)}) THEN 1 "
            f"WHEN {step} IN ({types_of(family, Role.CLOSES)}) THEN -1 ELSE 0 END"
        )
        series = ", ".join((step, "publisher", *map(quoted, things_of(family)), *([quoted(part)] if part else [])))
        given = [
            f"CASE WHEN {quoted(one)} IS NOT NULL THEN '{one}' END"
            for one in (*own_columns(family), *DATES)
            if any(column.name == one for column in family.columns)
        ]
        changed = " || COALESCE(changed, [])" if any(cls.amends for cls in family.classes) else ""
        return f"restates, starts, starts_until, {side}, [{series}], [{', '.join(given)}]{changed}"

    def _answers_at(
        self,
        projection: Projection,
        thing: ThingName,
        choice: PublisherChoice,
        positions: Sequence[int],
        kept: Sequence[int],
    ) -> tuple[list[str], dict[int, Items]]:
        """The columns of items, and the items of a thing at each of some positions, by their parts or starts.

        `kept` are the positions of the statements that may decide something there.
        """
        selection = Selection()
        viewpoints = (
            "SELECT position AS viewpoint, position, position AS preferred_at, CAST($as_of AS TIMESTAMP) AS as_of, "
            "CAST($effective_at AS TIMESTAMP) AS effective_at "
            f"FROM (SELECT UNNEST(CAST({selection.bind(positions)} AS BIGINT[])) AS position)"
        )
        decide = f"versions.position IN (SELECT UNNEST(CAST({selection.bind(kept)} AS BIGINT[])))"
        rows = {family: [*own, decide] for family, own in thing.rows(selection.bind).items()}
        params = choice.params_at(positions[0])
        selection.params |= params
        of_publishers = "publishers" in params
        clauses = self._question(projection.name, rows, viewpoints=viewpoints, of_publishers=of_publishers)
        order = ("viewpoint", *projection.order)
        hidden = [name for name in projection.hidden if name != "starts"]
        table = self._table(clauses, selection, order=order, hidden=hidden)
        key = "starts" if projection.known_by else self.families[thing.family].classes[0].part
        columns = [name for name in table.column_names if name not in ("viewpoint", "starts")]
        answers: dict[int, Items] = {at: {} for at in positions}
        for row in self.allowance.rows_of(table):
            at = row.pop("viewpoint")
            if not thing.is_named(row, at):
                continue
            value = row.pop(key, None) if key == "starts" else row.get(key or "")
            count = 0
            while (value, count) in answers[at]:
                count += 1
            row |= {name: json.loads(row[name]) for name in projection.objects if row[name] is not None}
            answers[at][value, count] = row
        return columns, answers

    def _events_at(self, thing: ThingName, positions: Sequence[int]) -> dict[int, Event]:
        """What was recorded at some positions: statements, what takes them back, ledger events, merges, preferences."""
        kinds = {**dict.fromkeys(thing.rows(Selection().bind), "TRUE"), "keeping": "TRUE"}
        kinds["entities"] = "type = 'EntitiesMerged'"
        kinds["preferences"] = "TRUE"
        query = " UNION ALL ".join(
            f"SELECT position, CAST(event_id AS VARCHAR), recorded_at, type FROM log.{family} WHERE {condition} "
            "AND since = position AND position IN (SELECT UNNEST(CAST($places AS BIGINT[])))"
            for family, condition in kinds.items()
        )
        return {
            position: Event(event_id, instant_text(recorded_at.replace(tzinfo=UTC)), kind)
            for position, event_id, recorded_at, kind in self.ask(query, places=positions)
        }

    def tellings_chosen(
        self, projection: Projection, filters: Mapping[str, Value], query: str, params: Mapping[str, Any]
    ) -> pa.Table:
        """What a query gives that goes on from `tellings_FAMILY`: of the things that filters of a resource select."""
        clauses, selection = self._chosen(projection, filters)
        return presented(self._ask(f"{clauses},\n{query}", selection, params))

    def tellings_in_parts(
        self, projection: Projection, filters: Mapping[str, Value], query: str, params: Mapping[str, Any]
    ) -> Iterator[pa.Table]:
        """The same, some rows at a time: one table at least."""
        clauses, selection = self._chosen(projection, filters)
        selection.params.update(params)
        return self._in_parts(f"{clauses},\n{query}", selection)

    def _chosen(self, projection: Projection, filters: Mapping[str, Value]) -> tuple[str, Selection]:
        """The clauses of the tellings of the things that filters select: by what these are at the viewpoint."""
        selection = select(projection, filters, self.names)
        family = self.families[projection.family]
        rows = {family.name: selection.rows}
        told = tellings_of(
            family.name,
            self.families,
            rows=rows,
            restating=self.restating(family.name, " AND ".join(selection.rows) or "TRUE", selection),
            items=self._of_items(projection, filters, selection),
        )
        return told, selection

    def _of_items(self, projection: Projection, filters: Mapping[str, Value], selection: Selection) -> str | None:
        """A query for the things (and parts) of which an item is selected; None where all are that rows select."""
        if all(filter_named(projection, name).applies is Applies.ROWS for name in filters):
            return None
        part = self.families[projection.family].classes[0].part
        keys = [f"COALESCE({name}, '') AS {name}" for name in map(quoted, things_of(self.families[projection.family]))]
        keys.append(
            f"{quoted(part)} AS item_part" if part in projection.order else "CAST(NULL AS VARCHAR) AS item_part"
        )
        clauses = self._question(projection.name, {projection.family: selection.rows})
        return f"{clauses} SELECT DISTINCT {', '.join(keys)} FROM items WHERE {' AND '.join(selection.items) or 'TRUE'}"

    def _tellings(self, thing: ThingName, choice: PublisherChoice) -> Iterator[Telling]:
        selection = Selection()
        family = self.families[thing.family]
        rows = thing.rows(selection.bind)
        rows[thing.family] += choice.conditions(self.viewpoint.position, selection.bind)
        clauses = tellings_of(
            thing.family,
            self.families,
            rows=rows,
            restating=self.restating(thing.family, thing.condition(selection.bind), selection),
        )
        own = own_columns(family)
        dates = [column.name for column in family.columns if column.name in DATES]
        extra = ["changed"] if "changes" in own else []
        columns = [*_ENVELOPE, "of_part", "step", "occurrence", *dates, *own, *extra]
        told: dict[str, Telling] = {}
        query = f"{clauses} SELECT {', '.join(map(quoted, columns))} FROM tellings_{thing.family}"
        for row in self.allowance.rows_of(self._ask(query, selection)):
            one = _telling(row, dates, own)
            told[one.event_id] = one
            yield one
        columns = [*_ENVELOPE, "withdraws"]
        for row in self.allowance.rows_of(
            self._ask(f"{clauses} SELECT {', '.join(columns)} FROM withdrawals", selection)
        ):
            if (target := told.get(str(row["withdraws"]))) is not None:
                taken = target._replace(dates={}, says={}, changes=None, publisher=row["publisher"])
                yield taken._replace(**_envelope(row), type=target.type, withdraws=target.event_id)

    def restating(self, family: str, condition: str, selection: Selection) -> int:
        """How many versions of events of a family say another event anew, of those that a condition leaves."""
        query = f"SELECT COUNT(*) FROM log.{family} AS versions WHERE restates IS NOT NULL AND {condition}"
        ((count,),) = self.ask(query, **selection.params)
        return int(count)

    @abstractmethod
    def _question(
        self,
        view: str,
        rows: Mapping[str, Sequence[str]],
        *,
        viewpoints: str | None = None,
        of_publishers: bool = False,
    ) -> str:
        """The clauses of a view of a resource."""


def _telling(row: Mapping[str, Any], dates: Sequence[str], own: Sequence[str]) -> Telling:
    changed = row.get("changed")
    return Telling(
        **_envelope(row),
        publisher=row["publisher"] or None,
        type=row["type"],
        part=row["of_part"] or None,
        transition=(row["of_part"], row["step"], row["occurrence"]),
        dates={name: row[name] for name in dates},
        says={name: row[name] for name in own if name != "changes"},
        changes=None if changed is None else {name: row["changes"][name] for name in changed},
    )


def _envelope(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("published_until", "position", "published_at")},
        "event_id": str(row["event_id"]),
        "recorded_at": instant_text(row["recorded_at"].replace(tzinfo=UTC)),
    }
