"""From rows of the log to rows of the typed tables: one path for a rebuild and for catching up.

A row of a typed table is a content version of an event: what the ledger held it to say from position `since` until
position `until`. Facts open a first version. A correction closes the version that stands and opens another, a
retraction closes it, a reinstatement opens it again. A merge of entities, and whatever else changes what slugs or
fiscal years mean, does the same to every version that reads differently from then on.

Only events that ledger events act on, or that name a slug that moves, are looked at one by one
(`projections.tables.later_versions`). A batch is cut before and after an event that changes what fiscal years mean. The
rows do not depend on where batches were cut.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import pyarrow as pa
from duckdb import DuckDBPyConnection

from ledger import Content, Entry, LedgerDamaged, LogStore, body_of, encoded
from ledger.events import REGISTRY, EntitiesMerged, EntityRegistered, EventErased, LedgerEvent
from projections.sql_text import quoted, sql
from projections.tables import lookups
from projections.tables.aliases import Aliases, Merging
from projections.tables.answer_intervals import FIGURES_ORDER, SERIES
from projections.tables.arrow_rows import SCHEMA, VersionRow, versions
from projections.tables.database import arrow_table
from projections.tables.families import FOREVER, UNRESOLVED, Family
from projections.tables.later_versions import Act, Contents, changed
from projections.tables.planned_statements import FEW, PlannedStatements
from projections.tables.slug_meanings import SlugMeanings
from projections.tables.table_shapes import create_tables


class ActOn(NamedTuple):
    """A ledger event of a batch, and the event that it acts on."""

    act: Act
    target: Entry


def _acting() -> list[str]:
    """The types of events that change what others say. What was erased has no rows that an EventErased could change."""
    return [name for name, cls in REGISTRY.items() if issubclass(cls, LedgerEvent) and cls is not EventErased]


def _with_texts(entries: list[Entry]) -> list[Entry]:
    """Some entries from which rows were made. Raises TextsErased where one says nothing any more."""
    if any(entry.is_erased for entry in entries):
        raise TextsErased
    return entries


_STEPS = ("staged", "keyed", "anew")
"""The temporary tables of rows on their way: those of a whole batch hold 140 MB."""

_FISCAL_YEAR = frozenset(("fiscal_year_end", "fiscal_year_named"))


def _may_move_periods(one: ActOn) -> bool:
    """Whether an act may change what the fiscal periods of an entity mean."""
    if one.target.type != EntityRegistered.__name__:
        return False
    changes = one.act.body.get("changes")
    return not _FISCAL_YEAR.isdisjoint(one.target.body if changes is None else changes)


class TextsErased(Exception):
    """Texts were erased from which rows of the tables were made, so that these have to be made anew."""


class Ingest:
    """Writes versions through one cursor, in its transaction. `drafted` are entries that the log does not hold."""

    def __init__(self, cursor: DuckDBPyConnection, log: LogStore, families: Mapping[str, Family]) -> None:
        self._cursor = cursor
        self._log = log
        self._families = families
        self._family_of = {name: family for family in families.values() for name in family.types}
        self._drafted: dict[bytes, Entry] = {}
        self.planned = PlannedStatements(cursor)
        self._lookups = lookups.Lookups(cursor, self.planned)
        self.aliases = Aliases(cursor, self.planned)
        self._contents = Contents()
        self.touched: list[pa.Table] = []
        """The series of figures in which a version was opened or closed, with repetitions; the caller empties it."""
        self._has_opened_many = False
        """Whether there are versions of figures, opened since then, whose series are not noted yet."""
        self.follows = True
        """Whether touched figures are noted."""
        self.figures = "log.figures"
        """The table of the rows of figures: another one for a while, where the whole log is taken in at once."""

    def create_tables(self, columns: Mapping[str, str] | None = None) -> None:
        """Make the tables, empty, and a view for each type of event. `columns` are those of the families' tables; where
        they are not known, they are those of the queries that fill the tables, which take far longer to plan.
        """
        self.planned.give("batch", SCHEMA.empty_table())

        def shape_of(family: Family) -> str:
            if columns:
                return f"({columns[family.name]})"
            return f"AS {self._rows_of(family, all_figures_known=True, few=True)} WITH NO DATA"

        create_tables(self._cursor, self._families.values(), shape_of)

    def recall(self) -> None:
        """Read the state of this object from the tables again: they were opened, or a transaction was rolled back."""
        self.planned.forget()
        self.aliases.recall()
        self._contents.clear()
        self.touched.clear()
        self._has_opened_many = False

    def take(self, batch: pa.Table, *, drafted: Mapping[bytes, Entry] | None = None) -> None:
        """Write what the next rows of the log say. Raises nothing that a log written by this ledger could cause."""
        self._drafted = dict(drafted or {})
        acts = self._acts_in(batch)
        first = batch["position"][0].as_py()
        start = 0
        for end in self._segment_ends(batch, acts):
            within = [one for one in acts if first + start <= one.act.position < first + end]
            self._take_segment(batch.slice(start, end - start), within)
            start = end
        self._note_opened(first)
        self._run("; ".join(f"DROP TABLE IF EXISTS temp.{step}" for step in _STEPS))

    def _take_segment(self, segment: pa.Table, acts: Sequence[ActOn]) -> None:
        first, last = segment["position"][0].as_py(), segment["position"][-1].as_py()
        self.aliases.set_standing()
        moves = self.aliases.follow(self._mergings(segment, acts))
        self._insert(segment)
        self._change({one.target.position: one.target for one in acts}, acts, moves, after=first - 1)
        if acts and acts[-1].act.position == last and _may_move_periods(acts[-1]):
            self.aliases.set_standing()
            self._read_fiscal_periods_anew(last)

    def _segment_ends(self, batch: pa.Table, acts: Iterable[ActOn]) -> list[int]:
        """Where to cut a batch: before and after every event that may change what fiscal years mean.

        So no version that another act opens takes a fiscal year from an event after it.
        """
        first = batch["position"][0].as_py()
        moving = [one.act.position - first for one in acts if _may_move_periods(one)]
        return sorted({*moving, *(place + 1 for place in moving), len(batch)} - {0})

    def _acts_in(self, batch: pa.Table) -> list[ActOn]:
        acts = [
            Act(row["position"], row["type"], body_of(row["type"], row["state"], position=row["position"]))
            for row in self._of_types(batch, _acting())
        ]
        targets = self._entries({UUID(act.body["target"]).bytes for act in acts})
        return [ActOn(act, targets[UUID(act.body["target"]).bytes]) for act in acts]

    def _of_types(self, batch: pa.Table, names: Sequence[str]) -> list[dict[str, Any]]:
        import pyarrow.compute as pc

        of_these = batch.filter(pc.is_in(batch["type"], pa.array(names, pa.string())))
        of_these = of_these.filter(pc.not_equal(of_these["state"], ""))
        rows: list[dict[str, Any]] = of_these.select(["position", "type", "state"]).to_pylist()
        return rows

    def _entries(self, event_ids: Iterable[bytes]) -> dict[bytes, Entry]:
        wanted = [one for one in event_ids if one not in self._drafted]
        found = _with_texts(self._log.with_event_ids(wanted))
        return {**self._drafted, **{entry.event_key: entry for entry in found}}

    # Versions

    def _mergings(self, segment: pa.Table, acts: Sequence[ActOn]) -> list[Merging]:
        """What merges of entities say from when on, in order: those of a segment, and those on which it acts."""
        mergings = []
        for row in self._of_types(segment, [EntitiesMerged.__name__]):
            body = body_of(row["type"], row["state"], position=row["position"])
            mergings.append(Merging(row["position"], row["position"], body["merged"], body["kept"]))
        on_merges = [one for one in acts if one.target.type == EntitiesMerged.__name__]
        before = segment["position"][0].as_py() - 1
        says = self._contents_before({one.target.position: one.target for one in on_merges}, after=before)
        for act, target in on_merges:
            now = says[target.position] = says[target.position].after(target.cls, (act.type, act.body))
            body = now.said or {}
            mergings.append(Merging(act.position, target.position, body.get("merged"), body.get("kept")))
        return sorted(mergings)

    def _change(self, targets: dict[int, Entry], acts: Sequence[ActOn], moves: SlugMeanings, *, after: int) -> None:
        """Close and open the versions that acts and moves after a position close and open."""
        acts_on: dict[int, list[Act]] = {}
        for one in acts:
            acts_on.setdefault(one.target.position, []).append(one.act)
        entries = {**targets, **self._naming(moves)}
        before = self._contents_before(entries, after=after)
        closed: dict[str, list[tuple[int, int]]] = {}
        misread: dict[str, list[int]] = {}
        opened: list[VersionRow] = []
        for position, entry in entries.items():
            family = self._family_of[entry.type]
            change = changed(entry, family, before[position], acts_on.get(position, ()), moves, after=after)
            if change.closed_at is not None:
                closed.setdefault(family.name, []).append((position, change.closed_at))
            if change.misread:
                misread.setdefault(family.name, []).append(position)
            opened += change.opened
            if position in acts_on:
                self._contents.put(entry.event_id, change.now)
        for name, pairs in closed.items():
            self._close(name, pairs)
        for name, positions in misread.items():
            self._run(f"DELETE FROM {self._table(name)} WHERE LIST_CONTAINS($misread, position)", misread=positions)
        if opened:
            self._insert(versions(opened), all_figures_known=False, resolved=bool(moves))

    def _naming(self, moves: SlugMeanings) -> dict[int, Entry]:
        """The events whose standing versions name slugs that moved, by position."""
        if not moves:
            return {}
        self._cursor.register("left_slugs", pa.table({"slug": sorted(moves.left)}))
        queries = [
            family.naming(self._table(name), "left_slugs")
            for name, family in self._families.items()
            if name not in UNRESOLVED
        ]
        positions = {position for (position,) in self._all(" UNION ".join(queries))}
        drafted = [entry for entry in self._drafted.values() if entry.position in positions]
        return {entry.position: entry for entry in (*self._at(sorted(positions)), *drafted)}

    def _at(self, positions: Sequence[int]) -> list[Entry]:
        """The entries of the log at these positions. Raises TextsErased."""
        return _with_texts(self._log.at_positions(positions))

    def _contents_before(self, entries: Mapping[int, Entry], *, after: int) -> dict[int, Content]:
        """What events said at a position of the log, or when they were recorded where that was later."""
        known = {position: self._contents.get(entry.event_id) for position, entry in entries.items()}
        unknown = {entry.event_id: entry for position, entry in entries.items() if known[position] is None}
        acts = self._acts_on([one for one, entry in unknown.items() if entry.position <= after], until=after)
        found = {}
        for position, entry in entries.items():
            content = known[position]
            if content is None:
                content = Content(entry.body)
                for act in acts.get(entry.event_id, ()):
                    content = content.after(entry.cls, (act.type, act.body))
            found[position] = content
        return found

    def _acts_on(self, targets: Sequence[UUID], *, until: int) -> dict[UUID, list[Act]]:
        """The ledger events up to a position on each of the targets that has any, in order."""
        if not targets:
            return {}
        self._cursor.register("targets", pa.table({"target": [str(target) for target in targets]}))
        places = dict(
            self._all(
                "SELECT position, keeping.target FROM log.keeping JOIN targets "
                "ON keeping.target = CAST(targets.target AS UUID) WHERE position <= $until",
                until=until,
            )
        )
        by_target: dict[UUID, list[Act]] = {}
        drafted = [entry for entry in self._drafted.values() if entry.position in places]
        for entry in (*self._at(sorted(places)), *drafted):
            by_target.setdefault(places[entry.position], []).append(Act(entry.position, entry.type, entry.body))
        return by_target

    def _read_fiscal_periods_anew(self, position: int) -> None:
        """Open new versions of figures whose periods are other days now that a fiscal year ends on another."""
        refiscal = self._all(
            "SELECT DISTINCT kept(opened.entity) FROM log.entities AS opened JOIN log.entities AS closed "
            "USING (position) WHERE opened.since = $at AND closed.until = $at AND opened.type = 'EntityRegistered' "
            "AND (opened.fiscal_year_end, opened.fiscal_year_named) IS DISTINCT FROM "
            "(closed.fiscal_year_end, closed.fiscal_year_named)",
            at=position,
        )
        if not refiscal:
            return
        changed = self._all(
            f"SELECT position FROM {self.figures} WHERE until = {FOREVER} AND is_fiscal(period) "
            "AND LIST_CONTAINS($subjects, subject) ORDER BY position",
            subjects=[slug for (slug,) in refiscal],
        )
        if changed:
            self._reread(self._families["figures"], [place for (place,) in changed], position)

    def _reread(self, family: Family, positions: Sequence[int], since: int) -> None:
        """Close and open the versions of a family, at these positions, that read differently from now on."""
        drafted = [entry for entry in self._drafted.values() if entry.position in set(positions)]
        entries = {entry.position: entry for entry in (*self._at(positions), *drafted)}
        says = self._contents_before(entries, after=since)
        rereadings = []
        for position, entry in entries.items():
            body, was_corrected = says[position].said, says[position].corrected
            if body is None:
                raise LedgerDamaged(f"position {position} stands in the tables, and is retracted in the log")
            rereadings.append(VersionRow(entry, since, FOREVER, encoded(body), corrected=was_corrected))
        self.planned.give("batch", versions(rereadings))
        rows = self._rows_of(family, all_figures_known=False, few=False)
        self._run(f"CREATE OR REPLACE TEMP TABLE anew AS {rows}")
        changed = self._all(
            "SELECT position FROM (SELECT * EXCLUDE (since, until) FROM anew EXCEPT "
            f"SELECT * EXCLUDE (since, until) FROM {self._table(family.name)} "
            f"WHERE until = {FOREVER} AND position IN (SELECT position FROM anew))"
        )
        self._close(family.name, [(position, since) for (position,) in changed])
        self._put(
            family,
            "SELECT * FROM anew WHERE LIST_CONTAINS($changed, position)",
            changed=[position for (position,) in changed],
        )

    # Rows

    def _insert(self, batch: pa.Table, *, all_figures_known: bool = True, resolved: bool = False) -> None:
        """Write versions, perhaps `resolved` ones; where `all_figures_known`, a figure event's stream is its figure."""
        import pyarrow.compute as pc

        has_text = pc.not_equal(batch["state"], "")
        types = set(pc.unique(batch["type"]).to_pylist())
        few = len(batch) <= FEW
        for family in self._families.values():
            if types.intersection(family.types):
                is_own = pc.is_in(batch["type"], pa.array(family.types, pa.string()))
                own = batch.filter(pc.and_(has_text, is_own))
                self.planned.give("batch", own)
                rows = self._rows_of(family, all_figures_known=all_figures_known, few=few, resolved=resolved)
                self._put(family, rows, few=few)

    def _rows_of(self, family: Family, *, all_figures_known: bool, few: bool, resolved: bool = False) -> str:
        """A query for the rows that `batch` makes in a family's table."""
        query = family.select(merged=self.aliases.ever and not resolved)
        if family.name != "figures":
            return query
        rows_if_few = self.planned.table(query) if few else None
        if rows_if_few is not None:
            self.planned.give("staged_few", rows_if_few)
        else:
            self._run(f"CREATE OR REPLACE TEMP TABLE staged AS {query}")
        staged = "staged_few" if few else "staged"
        all_countable = self._lookups.make(staged, few=rows_if_few)
        rows = sql("tables/sql/figures.sql").format(staged=staged)
        if not all_countable:
            rows = sql("tables/sql/exact.sql").format(counted=rows)
        if all_figures_known:
            return rows if few else f"{rows} {FIGURES_ORDER}"
        self._run(f"CREATE OR REPLACE TEMP TABLE keyed AS {rows}")
        lookups.register_figure_ids(self._cursor)
        return (
            "SELECT keyed.* REPLACE (figure_ids.figure_id AS figure_id) FROM keyed "
            f"JOIN figure_ids USING (position, since) {FIGURES_ORDER}"
        )

    def _put(self, family: Family, rows: str, *, few: bool = False, **params: Any) -> None:
        """Add the rows that a query gives to a family's table, and note which series they are of."""
        statement = f"INSERT INTO {self._table(family.name)} BY NAME {rows}"
        notes = family.name == "figures" and self.follows
        if not few:
            self._run(statement, **params)
            self._has_opened_many = self._has_opened_many or notes
        elif notes:
            self.touched.append(self.planned.table(f"{statement} RETURNING {', '.join(SERIES)}"))
        else:
            self.planned.run(statement)

    def _note_opened(self, first: int) -> None:
        """Note the series of all versions that begin at a position or later: to have INSERT return those of many rows
        takes twice as long as to look for them.
        """
        if self._has_opened_many:
            series = f"SELECT DISTINCT {', '.join(SERIES)} FROM log.figures WHERE since >= $first"
            self.touched.append(self._arrow(series, first=first))
            self._has_opened_many = False

    def _table(self, family: str) -> str:
        return self.figures if family == "figures" else f"log.{quoted(family)}"

    def _close(self, family: str, pairs: Sequence[tuple[int, int]]) -> None:
        """End the standing versions at these (position, until)."""
        if not pairs:
            return
        positions, untils = zip(*pairs, strict=True)
        self._cursor.register("closings", pa.table({"position": list(positions), "ending": list(untils)}))
        within = {"first": min(positions), "last": max(positions)}
        which = (
            f"versions.position = closings.position AND versions.until = {FOREVER} "
            "AND versions.position BETWEEN $first AND $last"
        )
        if family == "figures" and self.follows:
            series = f"SELECT DISTINCT {', '.join(SERIES)} FROM log.figures AS versions, closings WHERE "
            self.touched.append(self._arrow(series + which, **within))
        self._run(
            f"UPDATE {self._table(family)} AS versions SET until = closings.ending FROM closings WHERE {which}",
            **within,
        )

    def _run(self, statement: str, **params: Any) -> None:
        self._cursor.execute(statement, params or None)

    def _arrow(self, query: str, **params: Any) -> pa.Table:
        return arrow_table(self._cursor, query, params or None)

    def _all(self, query: str, **params: Any) -> list[Any]:
        return self._cursor.execute(query, params or None).fetchall()
