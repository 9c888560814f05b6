"""Figure histories: how figures got where they are, along either clock.

On the publication clock, what publishers said of a figure, statement by statement; on the ledger clock, what this
ledger answered, change by change.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Any
from uuid import UUID

import pyarrow as pa

from projections.catalogue import CATALOGUE, FIGURE_KEY, SERIES
from projections.queries.answer_changes import COLUMNS, answer_changes, versions_of
from projections.queries.answer_history import Version, answer_history
from projections.queries.compose import lookup, question
from projections.queries.filters import Selection, select
from projections.queries.format import presented_rows, with_percent
from projections.queries.near_history import BESIDE, near_history
from projections.queries.thing_histories import ThingHistories
from projections.queries.viewpoint_cursor import NEAR_ROWS_MAX

ENTRY_KEY = ("figure_id", *(name for name in FIGURE_KEY if name != "period"))
"""What an entry of a series says of its figure, which a history of one figure need not repeat."""
VISIBLE = "versions.visible_from <= CAST($as_of AS TIMESTAMP)"
"""A condition on held versions: they are published."""


class FigureHistories(ThingHistories):
    """Asks for the histories of figures, and of things, at one viewpoint."""

    def history(self, figure_id: UUID, *, limit: int | None = None, offset: int = 0) -> pa.Table:
        """What the world said of a figure, oldest first."""
        selection = select(CATALOGUE["figures"], {"figure_id": str(figure_id), "resolve": "all"}, self.names)
        if selection.near and (entries := self._near_history(selection)) is not None:
            return with_percent(entries.slice(offset, limit), self.allowance)
        return self.histories([figure_id], limit=limit, offset=offset).drop_columns(["figure_id"])

    def histories(self, figure_ids: Sequence[UUID], *, limit: int | None = None, offset: int = 0) -> pa.Table:
        """What the world said of some figures, oldest first, all together; each row with its `figure_id`."""
        selection = select(SERIES, {"figure_id": list(map(str, figure_ids))}, self.names)
        table = self._table(
            question("history", self.families, rows={"figures": selection.rows}),
            selection,
            order=("published_until", "position"),
            hidden=("viewpoint", "type", "source_kind", "published_until", "compared_with", *ENTRY_KEY[1:]),
            limit=limit,
            offset=offset,
        )
        return with_percent(table, self.allowance)

    def _near_history(self, selection: Selection) -> pa.Table | None:
        """The history of the figure that is selected; None where much was said of it."""
        columns, said = self._rows(lookup("entries", [*selection.rows, VISIBLE]), selection)
        if len(said) > NEAR_ROWS_MAX:
            return None
        told = near_history(said, {name: place for place, name in enumerate(columns)})
        table = presented_rows({**columns, **BESIDE}, told)
        return table.drop_columns(["type", "published_until"])

    def answers(self, figure_id: UUID, *, limit: int | None = None, offset: int = 0) -> pa.Table:
        """What this ledger answered for a figure, position by position where that changed."""
        (changes,) = self._answers([figure_id])
        return with_percent(presented_rows(COLUMNS, changes[offset:][:limit]), self.allowance)

    def all_answers(self, figure_ids: Sequence[UUID]) -> list[pa.Table]:
        """What this ledger answered for each of some figures, position by position where that changed."""
        return [with_percent(presented_rows(COLUMNS, changes), self.allowance) for changes in self._answers(figure_ids)]

    def _answers(self, figure_ids: Sequence[UUID]) -> list[list[tuple[Any, ...]]]:
        identities = self.names.identities(self.names.figures(figure_ids))
        ids = sorted({figure for figures in identities for _, figure in figures})
        versions: dict[str, list[Version]] = defaultdict(list)
        for one in self.allowance.each(versions_of(self.ask, list(map(str, ids)), near=self.names.near(ids))):
            versions[one.figure_id].append(one)
        of_each = (
            [one for figure in {figure for _, figure in figures} for one in versions[str(figure)]]
            for figures in identities
        )
        histories = [
            list(
                answer_history(
                    found,
                    [(at, str(figure)) for at, figure in figures],
                    as_of=self._params["as_of"],
                    position=self.viewpoint.position,
                    preferences=self.preference_changes(found[0].metric) if found else (),
                )
            )
            for figures, found in zip(identities, of_each, strict=True)
        ]
        return answer_changes(self.ask, histories, chain.from_iterable(versions.values()))
