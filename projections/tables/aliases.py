"""Aliases: slugs of entities that were merged into others, and which slug each resolves to, position by position.

The tables `slugs` and `slug_groups` have that for every position. A variable of the cursor, behind the macro
`kept(slug)`, has what slugs resolve to before the stretch of the log of which rows are written.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import pyarrow as pa
from duckdb import DuckDBPyConnection

from projections.sql_text import sql
from projections.tables.changes import Changes
from projections.tables.families import FOREVER
from projections.tables.planned_statements import PlannedStatements
from projections.tables.slug_groups import SlugGroups
from projections.tables.slug_meanings import SlugMeanings

BUCKET_SIZE = 8
"""How many slugs there are in a bucket of the variable, about."""


class Merging(NamedTuple):
    """What the merge of position `merge` says from position `at` on: nothing where it is retracted."""

    at: int
    merge: int
    merged: str | None
    kept: str | None


class Aliases:
    """Keeps the aliases, through one cursor and in its transaction."""

    def __init__(self, cursor: DuckDBPyConnection, planned: PlannedStatements) -> None:
        self._cursor = cursor
        self._planned = planned
        self._said: dict[int, tuple[str, str]] = {}
        """(merged, kept) of each merge that stands, by its position."""
        self._linked: set[int] = set()
        """Those of them that count. Rules see to it that all do."""
        self._groups = SlugGroups()
        self._is_set = False
        """Whether the variable `kept` has what slugs resolve to now."""
        self.ever = False
        """Whether any slug ever resolved to another than itself."""

    def recall(self) -> None:
        """Read the tables, after they were opened or a transaction was rolled back."""
        self.ever = bool(self._ask("SELECT 1 FROM log.slugs LIMIT 1"))
        merges = f"log.entities WHERE type = 'EntitiesMerged' AND until = {FOREVER}"
        said = self._ask(f"SELECT position, merged, kept FROM {merges} ORDER BY position")
        self._said = {place: (merged, kept) for place, merged, kept in said}
        links: dict[str, str] = {}
        self._linked = set()
        for place, merged, kept in said:
            if links.setdefault(merged, kept) == kept:
                self._linked.add(place)
        self._groups = SlugGroups(
            self._ask(f"SELECT slug, number FROM log.slugs WHERE until = {FOREVER}"),
            self._ask(f"SELECT number, kept FROM log.slug_groups WHERE until = {FOREVER}"),
            links.items(),
        )
        self._is_set = False

    def follow(self, mergings: Iterable[Merging]) -> SlugMeanings:
        """Take in what merges of a stretch of the log say, in order, and write down which slugs moved, and when."""
        moves = self._groups.begin()
        for at, merge, merged, kept in mergings:
            says = None if merged is None or kept is None else (merged, kept)
            if self._said.get(merge) == says:
                continue
            self._take_back(merge, at=at)
            if says is not None:
                self._said[merge] = says
                if self._groups.link(*says, at=at):
                    self._linked.add(merge)
        if moves:
            self.ever = True
            self._write("slugs", "slug", "number", moves.joined)
            self._write("slug_groups", "number", "kept", moves.named)
            self._is_set = False
        return moves

    def set_standing(self) -> None:
        """Let the macro `kept` say what slugs resolve to now, that is, before the next stretch of the log."""
        if self._is_set:
            return
        resolved = self._groups.merged()
        count = len(resolved) // BUCKET_SIZE + 1
        self._planned.set("kept_buckets", f"CAST({count} AS UBIGINT)")
        if resolved:
            pairs = pa.table({"slug": list(resolved), "kept": list(resolved.values())}, schema=_PAIRS)
            self._cursor.register("aliases_set", pairs)
            self._planned.set("kept", f"({sql('tables/sql/kept.sql').format(count=count)})")
        else:
            self._planned.set("kept", _NOTHING)
        self._is_set = True

    def _take_back(self, merge: int, *, at: int) -> None:
        said = self._said.pop(merge, None)
        if said is not None and merge in self._linked:
            self._linked.discard(merge)
            self._groups.cut(said[0], at=at)

    def _write(self, table: str, key: str, value: str, changes: Changes[Any, Any]) -> None:
        ends = list(changes.ends())
        if ends:
            keys, untils = zip(*ends, strict=True)
            self._cursor.register("aliases_ended", pa.table({"key": list(keys), "until": list(untils)}))
            self._ask(
                f"UPDATE log.{table} AS known SET until = ended.until FROM aliases_ended AS ended "
                f"WHERE known.{key} = ended.key AND known.until = {FOREVER}"
            )
        rows = [dict(zip((key, value, "since", "until"), span, strict=True)) for span in changes.spans()]
        if rows:
            self._cursor.register("aliases_made", pa.Table.from_pylist(rows))
            self._ask(f"INSERT INTO log.{table} BY NAME SELECT * FROM aliases_made")

    def _ask(self, query: str) -> list[Any]:
        return self._cursor.execute(query).fetchall()


_NOTHING = "[CAST(NULL AS MAP(VARCHAR, VARCHAR))]"
"""What the query for the variable `kept` gives where every slug is its own."""

_PAIRS = pa.schema([("slug", pa.string()), ("kept", pa.string())])
