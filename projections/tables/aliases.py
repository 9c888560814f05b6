"""Aliases: slugs of entities that were merged into others, and which slug each resolves to, position by position.

The table `slugs` has them for every position; a variable of the cursor, behind the macro `kept(slug)`, those of now.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from duckdb import DuckDBPyConnection

from projections.tables.families import FOREVER
from projections.tables.planned_statements import PlannedStatements


class Aliases:
    """Keeps the aliases, through one cursor and in its transaction."""

    def __init__(self, cursor: DuckDBPyConnection, planned: PlannedStatements) -> None:
        self._cursor = cursor
        self._planned = planned
        self.any = False
        """Whether any slug resolves to another than itself."""
        self.ever = False
        """Whether any ever did."""

    def recall(self) -> None:
        """Set the cursor's variable from the table, after it was opened or rolled back."""
        standing = f"FROM log.slugs WHERE until = {FOREVER}"
        self.ever = bool(self._ask("SELECT 1 FROM log.slugs LIMIT 1"))
        self.any = self.ever and bool(self._ask(f"SELECT 1 {standing} LIMIT 1"))
        self._planned.set(
            "kept",
            f"(SELECT MAP(COALESCE(LIST(slug ORDER BY slug), []), COALESCE(LIST(kept ORDER BY slug), [])) {standing})",
        )

    def move(self, position: int) -> list[str]:
        """Write down what each merged slug resolves to from a position on.

        Returns the slugs that some slug, another or the same one, resolved to before and does no longer.
        """
        before = dict(self._ask(f"SELECT slug, kept FROM log.slugs WHERE until = {FOREVER}"))
        after = _roots(
            dict(
                self._ask(
                    "SELECT merged, kept FROM log.entities "
                    f"WHERE type = 'EntitiesMerged' AND until = {FOREVER} ORDER BY position"
                )
            )
        )
        moved = [slug for slug in {**before, **after} if before.get(slug) != after.get(slug)]
        if not moved:
            return []
        self._ask(
            f"UPDATE log.slugs SET until = $at WHERE until = {FOREVER} AND LIST_CONTAINS($moved, slug)",
            at=position,
            moved=moved,
        )
        for slug in moved:
            if slug in after:
                values = f"VALUES ($slug, $kept, $at, {FOREVER})"
                self._ask(f"INSERT INTO log.slugs {values}", slug=slug, kept=after[slug], at=position)
        self.recall()
        return sorted({before.get(slug, slug) for slug in moved})

    def _ask(self, query: str, **params: Any) -> list[Any]:
        return self._cursor.execute(query, params or None).fetchall()


def _roots(merges: Mapping[str, str]) -> dict[str, str]:
    """Where each merged slug resolves to in the end."""

    def steps(slug: str) -> Iterator[str]:
        seen = {slug}
        while slug in merges and (slug := merges[slug]) not in seen:
            seen.add(slug)
            yield slug

    return {slug: list(steps(slug))[-1] for slug in merges}
