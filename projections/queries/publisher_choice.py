"""A publisher choice: as whose statements alone a thing is told (`publisher=`), and who comes first (`prefer=`).

Publishers are named by slugs, which may have been merged into others since: a history looks at each position of the log
with what the names meant there.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from projections.projection import Projection
from projections.queries.filter_values import Value, values_of
from projections.queries.filters import filter_named, select
from projections.queries.names import Names

CHOICE = ("publisher", "prefer")
"""The filters that make a choice."""


class PublisherChoice(NamedTuple):
    """The slugs as they were asked for; without any of `only`, the statements of all publishers count."""

    names: Names
    only: Sequence[str]
    prefer: Sequence[str]

    @classmethod
    def of(cls, projection: Projection, filters: Mapping[str, Value], names: Names) -> "PublisherChoice":
        """What filters choose. Raises UnknownFilter and FilterError."""
        select(projection, filters, names)
        only, prefer = (
            values_of(filter_named(projection, name), name, filters[name]) if name in filters else [] for name in CHOICE
        )
        return cls(names, only, prefer)

    def moves(self) -> set[int]:
        """The positions from which on one of the names means another publisher than before."""
        return {at for slug in {*self.only, *self.prefer} for at, _ in self.names.meanings_of(slug)[1:]}

    def params_at(self, position: int) -> dict[str, list[str]]:
        """The parameters of a question at a position."""
        meant = {"prefer": self._meant(self.prefer, position)}
        return {**meant, "publishers": self._meant(self.only, position)} if self.only else meant

    def _meant(self, slugs: Sequence[str], position: int) -> list[str]:
        return [next(kept for at, kept in reversed(self.names.meanings_of(slug)) if at <= position) for slug in slugs]

    def conditions(self, position: int, bind: Any) -> list[str]:
        """The condition on rows of a family, as `versions`, that one of them says so; none where all count."""
        if not self.only:
            return []
        return [f"LIST_CONTAINS({bind(self._meant(self.only, position))}, versions.publisher)"]
