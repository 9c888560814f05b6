"""Aliases: slugs of entities that were merged into others, and which slug each resolves to, position by position.

The table `slugs` has them for every position; a variable of the cursor, behind the macro `kept(slug, position)`, those
that some row which is still to be written may need.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
from duckdb import DuckDBPyConnection

from projections.tables.families import FOREVER
from projections.tables.planned_statements import PlannedStatements


class Merging(NamedTuple):
    """What the merge of position `merge` says from position `at` on: nothing where it is retracted."""

    at: int
    merge: int
    merged: str | None
    kept: str | None


class Moves:
    """Which slugs resolve to another one than before, from which positions on, within a stretch of the log."""

    def __init__(self, standing: Mapping[str, str]) -> None:
        self._standing = standing
        self._positions: dict[str, list[int]] = {}
        self._kept: dict[str, list[str]] = {}
        self.left: set[str] = set()
        """The slugs that some slug, another or the same one, resolved to and does no longer."""

    def add(self, slug: str, at: int, *, before: str, after: str) -> None:
        """Note that a slug resolves to another one from a position on."""
        self._kept.setdefault(slug, [before]).append(after)
        self._positions.setdefault(slug, []).append(at)
        self.left.add(before)

    def __bool__(self) -> bool:
        return bool(self._positions)

    def of(self, slug: str) -> Sequence[int]:
        """The positions where a slug moved."""
        return self._positions.get(slug, ())

    def kept(self, slug: str, at: int) -> str:
        """What a slug resolves to at a position."""
        if slug not in self._positions:
            return self._standing.get(slug, slug)
        return self._kept[slug][bisect_right(self._positions[slug], at)]

    def rows(self) -> Iterator[tuple[str, str, int, int]]:
        """(slug, kept, since, until) of the slugs that moved and resolve to another one then."""
        for slug, positions in self._positions.items():
            untils = [*positions[1:], FOREVER]
            for kept, since, until in zip(self._kept[slug][1:], positions, untils, strict=True):
                if kept != slug:
                    yield slug, kept, since, until

    def ends(self) -> Iterator[tuple[str, int]]:
        """(slug, until) of the slugs that moved and resolved to another one before all moves."""
        for slug, positions in self._positions.items():
            if self._kept[slug][0] != slug:
                yield slug, positions[0]


class Aliases:
    """Keeps the aliases, through one cursor and in its transaction."""

    def __init__(self, cursor: DuckDBPyConnection, planned: PlannedStatements) -> None:
        self._cursor = cursor
        self._planned = planned
        self._said: dict[int, tuple[str, str]] = {}
        """(merged, kept) of each merge that stands, by its position."""
        self._into: dict[str, dict[int, str]] = {}
        """What each merged slug was merged into, by the position of the merge; the last one counts."""
        self._merged: dict[str, set[str]] = defaultdict(set)
        """The slugs that were merged into each."""
        self._kept: dict[str, str] = {}
        self.ever = False
        """Whether any slug ever resolved to another than itself."""

    def recall(self) -> None:
        """Read the tables, after they were opened or a transaction was rolled back."""
        self._said, self._into, self._merged = {}, {}, defaultdict(set)
        self.ever = bool(self._ask("SELECT 1 FROM log.slugs LIMIT 1"))
        self._kept = dict(self._ask(f"SELECT slug, kept FROM log.slugs WHERE until = {FOREVER}"))
        merges = f"log.entities WHERE type = 'EntitiesMerged' AND until = {FOREVER}"
        for place, merged, kept in self._ask(f"SELECT position, merged, kept FROM {merges} ORDER BY position"):
            self._put(place, merged, kept)
        self._set_variable(first=FOREVER)

    def follow(self, mergings: Iterable[Merging], *, first: int) -> Moves:
        """Take in what merges of a stretch of the log say, in order, and write down which slugs moved, and when.

        `first` is the first position of which rows are still to be written.
        """
        moves = Moves(dict(self._kept))
        for at, merge, merged, kept in mergings:
            sources = {said[0] for said in (self._said.get(merge),) if said}
            self._take_back(merge)
            if merged is not None and kept is not None:
                self._put(merge, merged, kept)
                sources.add(merged)
            roots: dict[str, str] = {}
            for slug in self._behind(sources):
                before, after = self._kept.get(slug, slug), self._root(slug, roots)
                if before != after:
                    moves.add(slug, at, before=before, after=after)
                    self._kept[slug] = after
                    if after == slug:
                        del self._kept[slug]
        if moves:
            self._write(moves)
            self._set_variable(first=first)
        return moves

    def _put(self, merge: int, merged: str, kept: str) -> None:
        self._said[merge] = merged, kept
        self._into.setdefault(merged, {})[merge] = kept
        self._merged[kept].add(merged)

    def _take_back(self, merge: int) -> None:
        said = self._said.pop(merge, None)
        if said is None:
            return
        merged, kept = said
        del self._into[merged][merge]
        if kept not in self._into[merged].values():
            self._merged[kept].discard(merged)
        if not self._into[merged]:
            del self._into[merged]

    def _behind(self, slugs: Iterable[str]) -> list[str]:
        """These slugs, and all that were merged into them, directly or not."""
        found = dict.fromkeys(slugs)
        waiting = list(found)
        while waiting:
            for slug in sorted(self._merged.get(waiting.pop(), ())):
                if slug not in found:
                    found[slug] = None
                    waiting.append(slug)
        return list(found)

    def _root(self, slug: str, roots: dict[str, str]) -> str:
        """Where a slug resolves to in the end. `roots` are those that are known already; more are added."""
        path = [slug]
        while path[-1] in self._into and path[-1] not in roots:
            into = self._into[path[-1]]
            following = into[max(into)]
            if following == slug:
                break
            path.append(following)
        root = roots.get(path[-1], path[-1])
        roots.update(dict.fromkeys(path, root))
        return root

    def _write(self, moves: Moves) -> None:
        self.ever = True
        ends = list(moves.ends())
        if ends:
            slugs, untils = zip(*ends, strict=True)
            self._cursor.register("aliases_ended", pa.table({"slug": list(slugs), "until": list(untils)}))
            self._ask(
                "UPDATE log.slugs AS known SET until = ended.until FROM aliases_ended AS ended "
                f"WHERE known.slug = ended.slug AND known.until = {FOREVER}"
            )
        rows = [dict(zip(("slug", "kept", "since", "until"), row, strict=True)) for row in moves.rows()]
        if rows:
            self._cursor.register("aliases_made", pa.Table.from_pylist(rows))
            self._ask("INSERT INTO log.slugs BY NAME SELECT * FROM aliases_made")

    def _set_variable(self, *, first: int) -> None:
        times = "LIST({'since': since, 'until': until, 'kept': kept})"
        known = f"SELECT slug, {times} AS times FROM log.slugs WHERE until > {first} OR until = {FOREVER} GROUP BY slug"
        self._planned.set("kept", f"(SELECT MAP(COALESCE(LIST(slug), []), COALESCE(LIST(times), [])) FROM ({known}))")

    def _ask(self, query: str, **params: Any) -> list[Any]:
        return self._cursor.execute(query, params or None).fetchall()
