"""Touched figures: those whose answers may differ between two viewpoints, by the subjects that they are about.

Figures come in the order of their subjects. So the first differences are looked for among the figures of the first few
subjects, then among those of more, until there are enough: of a year in which most of a million figures changed, the
first page costs what its own few figures do.
"""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

import pyarrow as pa

from projections.catalogue import CATALOGUE
from projections.queries.figure_pages import among
from projections.queries.filter_values import Value, values_of
from projections.queries.filters import filter_named
from projections.queries.names import NEAR_MAX
from projections.queries.reader import Reader
from projections.queries.viewpoint_cursor import naive

_PER_PLACE = 2
"""So many figures are looked at for each difference that is wanted, or times as many as it took to find one so far."""
_TIMES_AS_MANY = 8
"""Where what was looked at was not enough, at least so many times as much is looked at next."""
_TOUCHED = """(since <= $held_before AND until > $held_before AND visible_from <= $known_before)
  <> (since <= $held_after AND until > $held_after AND visible_from <= $known_after)"""


class FiguresAbout(NamedTuple):
    """Figures about some subjects that follow each other: `near` is a condition on tables with `subject_code` that
    leaves out most other subjects; `ids` has the column `figure_id`, and is None where it would be all of them.
    """

    near: str
    ids: pa.Table | None


class TouchedFigures:
    """The figures of which something is held and known at one of two viewpoints only: of what the publisher says who is
    asked for (`how`), else of anything. Where the ledger preferred other publishers in between, all figures are.
    """

    def __init__(self, readers: Sequence[Reader], how: Mapping[str, Value]) -> None:
        before, self._reader = readers
        self._params: dict[str, Any] = {}
        for side, reader in zip(("before", "after"), readers, strict=True):
            self._params[f"held_{side}"] = reader.viewpoint.position
            self._params[f"known_{side}"] = naive(reader.viewpoint.as_of)
        conditions = [f"({_TOUCHED})"]
        publishers = publishers_named(how)
        if len(publishers) == 1:
            self._params["publishers"] = [reader.names.kept(slug) for reader in readers for slug in publishers]
            conditions.append("LIST_CONTAINS($publishers, publisher)")
        elif not before.ranking.asks_as(self._reader.ranking):
            conditions = []
        self._is_any = not conditions
        self._from = f"FROM log.figures WHERE {' AND '.join(conditions) or 'TRUE'}"

    def all(self) -> FiguresAbout:
        """The figures about all subjects."""
        return FiguresAbout("TRUE", None if self._is_any else self._ids(""))

    def about(self, subjects: Sequence[str]) -> FiguresAbout:
        """The figures about the subjects from the first of these to the last, which are all that there are."""
        near = among(subjects)
        ends = {"first": subjects[0], "last": subjects[-1]}
        return FiguresAbout(near, self._ids(f" AND {near} AND subject BETWEEN $first AND $last", ends))

    def counted(self) -> list[tuple[str, int]]:
        """The subjects in order, each with how many figures about it there are."""
        query = f"SELECT subject, COUNT(DISTINCT figure_id) {self._from} GROUP BY subject ORDER BY subject"
        return self._reader.ask(query, **self._params)

    def _ids(self, conditions: str, ends: Mapping[str, str] = {}) -> pa.Table:
        return self._reader.table(f"SELECT DISTINCT figure_id {self._from}{conditions}", {**self._params, **ends})


def publishers_named(how: Mapping[str, Value]) -> list[str]:
    """The publishers who are asked for. Raises FilterError."""
    known = filter_named(CATALOGUE["figures"], "publisher")
    return values_of(known, known.name, how[known.name]) if known.name in how else []


class Stretches:
    """Cuts subjects, of which it is counted how many figures each has, into stretches that are looked at in turn."""

    def __init__(self, counted: Sequence[tuple[str, int]], *, enough: int) -> None:
        self._left = list(reversed(counted))
        self._seen = 0
        self._most: float = _PER_PLACE * enough
        if enough <= NEAR_MAX:
            self._most = min(self._most, NEAR_MAX)

    def next(self, *, found: int, lacking: int) -> list[str]:
        """The next subjects, none after the last: about as many as it takes for what is lacking, by what was found."""
        if self._seen:
            likely = _PER_PLACE * lacking * self._seen / found if found else inf
            self._most = max(likely, self._most * _TIMES_AS_MANY)
        subjects: list[str] = []
        held = 0
        while self._left and (not subjects or held + self._left[-1][1] <= self._most):
            subject, count = self._left.pop()
            subjects.append(subject)
            held += count
        self._seen += held
        return subjects
