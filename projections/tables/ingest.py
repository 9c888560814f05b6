"""From rows of the log to rows of the typed tables: one path for a rebuild and for catching up.

A row of a typed table is a content version of an event: what the ledger held it to say from position `since` until
position `until`. Facts open a first version. A correction closes the version that stands and opens another, a
retraction closes it, a reinstatement opens it again. A merge of entities, and whatever else changes what slugs or
fiscal years mean, does the same to every version that reads differently from then on.

So the log is taken in segments that end at such an event; within one, slugs mean the same, and only the events that
ledger events act on are looked at one by one. The rows do not depend on where batches were cut.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection

from ledger import Entry, LedgerDamaged, LogStore, body_of, content, encoded
from ledger.events import REGISTRY, EntitiesMerged, EntityRegistered, LedgerEvent
from projections.sql_text import quoted, sql
from projections.tables import answer_intervals, lookups
from projections.tables.aliases import Aliases
from projections.tables.answer_intervals import FIGURES_ORDER
from projections.tables.arrow_rows import SCHEMA, VersionRow, versions
from projections.tables.families import FOREVER, UNRESOLVED, Family
from projections.tables.planned_statements import FEW, PlannedStatements

_WORD_START = re.compile(r"(?<=[A-Za-z])(?=[A-Z][a-z])")
_GLOBAL = (EntityRegistered.__name__, EntitiesMerged.__name__)


class Act(NamedTuple):
    """A ledger event of a batch: what it says, and the event that it acts on."""

    position: int
    type: str
    body: dict[str, Any]
    target: Entry


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
        self.touched: set[int] = set()
        """The codes of the subjects about which a version of a figure was opened or closed; the caller empties it."""
        self.follows = True
        """Whether touched figures are noted."""
        self.figures = "log.figures"
        """The table of the rows of figures: another one for a while, where the whole log is taken in at once."""

    def create_tables(self) -> None:
        """Make the tables, empty, and a view for each type of event."""
        self._run(sql("tables/sql/bookkeeping.sql"))
        self.planned.give("batch", SCHEMA.empty_table())
        for family in self._families.values():
            if family.name == "figures":
                self._run(sql("tables/sql/fiscal.sql").format(forever=FOREVER))
            self._run(f"CREATE TABLE log.{family.name} AS {self._rows_of(family, all_figures_known=True, few=True)}")
            for name in family.types:
                view = _WORD_START.sub("_", name).lower()
                self._run(f"CREATE OR REPLACE VIEW log.{view} AS SELECT * FROM log.{family.name} WHERE type = '{name}'")
        answer_intervals.create_table(self._cursor)

    def recall(self) -> None:
        """Read the state of this object from the tables again: they were opened, or a transaction was rolled back."""
        self.planned.forget()
        self.aliases.recall()
        self.touched.clear()

    def take(self, batch: pa.Table, *, drafted: Mapping[bytes, Entry] | None = None) -> None:
        """Write what the next rows of the log say. Raises nothing that a log written by this ledger could cause."""
        self._drafted = dict(drafted or {})
        acts = self._acts_in(batch)
        first = batch["position"][0].as_py()
        start = 0
        for end in self._segment_ends(batch, acts):
            within = [act for act in acts if first + start <= act.position < first + end]
            self._take_segment(batch.slice(start, end - start), within)
            start = end

    def _take_segment(self, segment: pa.Table, acts: Sequence[Act]) -> None:
        last = segment["position"][-1].as_py()
        self._insert(segment)
        self._act([act for act in acts if act.target.type not in _GLOBAL])
        overall = [act for act in acts if act.target.type in _GLOBAL]
        self._act(overall)
        if overall or segment["type"][-1].as_py() == EntitiesMerged.__name__:
            self._read_anew(last)

    def _segment_ends(self, batch: pa.Table, acts: Iterable[Act]) -> list[int]:
        """Where to cut a batch: after every event that may change what slugs or fiscal years mean."""
        merges = pc.indices_nonzero(pc.equal(batch["type"], EntitiesMerged.__name__)).to_pylist()
        first = batch["position"][0].as_py()
        overall = [act.position - first for act in acts if act.target.type in _GLOBAL]
        return sorted({*(index + 1 for index in (*merges, *overall)), len(batch)})

    def _acts_in(self, batch: pa.Table) -> list[Act]:
        kinds = pa.array([name for name, cls in REGISTRY.items() if issubclass(cls, LedgerEvent)], pa.string())
        acting = batch.filter(pc.is_in(batch["type"], kinds)).select(["position", "type", "state"]).to_pylist()
        acts = [
            (row["position"], row["type"], body_of(row["type"], row["state"], position=row["position"]))
            for row in acting
        ]
        targets = self._entries({UUID(body["target"]).bytes for _, _, body in acts})
        return [Act(*act, targets[UUID(act[2]["target"]).bytes]) for act in acts]

    def _entries(self, event_ids: Iterable[bytes]) -> dict[bytes, Entry]:
        wanted = [one for one in event_ids if one not in self._drafted]
        return {**self._drafted, **{entry.event_key: entry for entry in self._log.with_event_ids(wanted)}}

    # Versions

    def _act(self, acts: Sequence[Act]) -> None:
        """Close and open the versions that ledger events of one segment close and open."""
        if not acts:
            return
        first = min(act.position for act in acts)
        entries = {act.target.event_id: act.target for act in acts}
        bodies = self._acts_on(entries, known={act.position: act for act in acts})
        opened: list[VersionRow] = []
        closed: dict[str, list[tuple[int, int]]] = {}
        for target, on_it in bodies.items():
            entry = entries[target]
            new = [index for index, (position, _, _) in enumerate(on_it) if position >= first]
            closed.setdefault(self._family_of[entry.type].name, []).append((entry.position, on_it[new[0]][0]))
            ends = [*(on_it[index][0] for index in new[1:]), FOREVER]
            for index, end in zip(new, ends, strict=True):
                body = self._content(entry, on_it[: index + 1])
                if body is not None:
                    opened.append(VersionRow(entry, on_it[index][0], end, encoded(body)))
        for name, pairs in closed.items():
            self._close(name, pairs)
        if opened:
            self._insert(versions(opened), all_figures_known=False)

    def _content(self, entry: Entry, acts: Sequence[tuple[int, str, dict[str, Any]]]) -> dict[str, Any] | None:
        return content((entry.cls, entry.body), [(type_name, act) for _, type_name, act in acts])

    def _acts_on(
        self, targets: Iterable[UUID], *, known: Mapping[int, Act] | None = None
    ) -> dict[UUID, list[tuple[int, str, dict[str, Any]]]]:
        """(position, type, body) of the ledger events so far on each of the targets that has any, in order.

        `known` are some of them, by position, that need not be read again.
        """
        known = known or {}
        self._cursor.register("targets", pa.table({"target": [str(target) for target in targets]}))
        places = dict(
            self._all(
                "SELECT position, keeping.target FROM log.keeping JOIN targets "
                "ON keeping.target = CAST(targets.target AS UUID) ORDER BY position"
            )
        )
        acts = {place: (act.type, act.body) for place, act in known.items() if place in places}
        drafted = [entry for entry in self._drafted.values() if entry.position in places]
        for entry in (*self._log.at_positions([place for place in places if place not in known]), *drafted):
            acts[entry.position] = entry.type, entry.body
        by_target: dict[UUID, list[tuple[int, str, dict[str, Any]]]] = {}
        for place in sorted(acts):
            by_target.setdefault(places[place], []).append((place, *acts[place]))
        return by_target

    def _read_anew(self, position: int) -> None:
        """Open new versions of what reads differently now that slugs or fiscal years mean something else."""
        moved = self.aliases.move(position)
        refiscal = self._all(
            "SELECT DISTINCT kept(opened.entity) FROM log.entities AS opened JOIN log.entities AS closed "
            "USING (position) WHERE opened.since = $at AND closed.until = $at AND opened.type = 'EntityRegistered' "
            "AND opened.fiscal_year_end IS DISTINCT FROM closed.fiscal_year_end",
            at=position,
        )
        for family in self._families.values():
            if family.name in UNRESOLVED:
                continue
            standing = f"SELECT position FROM {self._table(family.name)} WHERE until = {FOREVER}"
            changed = self._all(f"{standing} AND {family.mentions()}", slugs=moved) if moved else []
            if family.name == "figures" and refiscal:
                subjects = [slug for (slug,) in refiscal]
                changed += self._all(f"{standing} AND period LIKE 'FY%' AND LIST_CONTAINS($s, subject)", s=subjects)
            if changed:
                self._reread(family, sorted({place for (place,) in changed}), position)

    def _reread(self, family: Family, positions: Sequence[int], since: int) -> None:
        """Close and open the versions of a family, at these positions, that read differently from now on."""
        drafted = [entry for entry in self._drafted.values() if entry.position in set(positions)]
        entries = [*self._log.at_positions(positions), *drafted]
        acts = self._acts_on(entry.event_id for entry in entries)
        rereadings = []
        for entry in entries:
            body = self._content(entry, acts.get(entry.event_id, ()))
            if body is None:
                raise LedgerDamaged(f"position {entry.position} stands in the tables, and is retracted in the log")
            rereadings.append(VersionRow(entry, since, FOREVER, encoded(body)))
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

    def _insert(self, batch: pa.Table, *, all_figures_known: bool = True) -> None:
        """Write versions; where `all_figures_known`, the stream of a figure event is its figure."""
        types = set(pc.unique(batch["type"]).to_pylist())
        few = len(batch) <= FEW
        for family in self._families.values():
            if types.intersection(family.types):
                own = batch.filter(pc.is_in(batch["type"], pa.array(family.types, pa.string())))
                self.planned.give("batch", own)
                self._put(family, self._rows_of(family, all_figures_known=all_figures_known, few=few), few=few)

    def _rows_of(self, family: Family, *, all_figures_known: bool, few: bool) -> str:
        """A query for the rows that `batch` makes in a family's table."""
        query = family.select(merged=self.aliases.any)
        if family.name != "figures":
            return query
        if few:
            self.planned.give("staged_few", self.planned.table(query))
        else:
            self._run(f"CREATE OR REPLACE TEMP TABLE staged AS {query}")
        staged = "staged_few" if few else "staged"
        all_countable = self._lookups.make(staged, few=few)
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
        """Add the rows that a query gives to a family's table, and note which figures they are of."""
        notes = family.name == "figures" and self.follows
        returning = " RETURNING subject_code" if notes else ""
        statement = f"INSERT INTO {self._table(family.name)} BY NAME {rows}{returning}"
        written = self.planned.run(statement) if few else self._cursor.execute(statement, params or None)
        if notes:
            self.touched.update(code for (code,) in written.fetchall())

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
            codes = "SELECT DISTINCT subject_code FROM log.figures AS versions, closings WHERE "
            self.touched.update(code for (code,) in self._all(codes + which, **within))
        self._run(
            f"UPDATE {self._table(family)} AS versions SET until = closings.ending FROM closings WHERE {which}",
            **within,
        )

    def _run(self, statement: str, **params: Any) -> None:
        self._cursor.execute(statement, params or None)

    def _all(self, query: str, **params: Any) -> list[Any]:
        return self._cursor.execute(query, params or None).fetchall()
