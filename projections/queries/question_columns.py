"""The columns of a table of questions about figures, and those of its answers."""

from collections.abc import Mapping, Sequence
from typing import Any

FIGURE = "figure_id"
NAMES = ("subject", "material", "publisher")
"""The columns that name entities."""
AS_OF, RECORDED_AS_OF = "as_of", "recorded_as_of"
QUESTION_COLUMNS = (
    FIGURE,
    *("subject", "metric", "material", "nature", "period", "publisher"),
    AS_OF,
    RECORDED_AS_OF,
)
"""The columns of a table of questions, besides `dimension.NAME`."""
DIMENSION = "dimension."
ANSWER_COLUMNS = (
    *("found", "reason", "figure_id", "value", "low", "high", "symbol", "unit"),
    *("canonical_value", "canonical_unit", "publisher", "status", "revisions", "event_id", "published_at"),
)
"""The columns of the answers. `reason` says why there is none: `nothing_known` then, `withdrawn`, `several_figures`."""


class QuestionsRefused(ValueError):
    """Rows of a table of questions ask for nothing that can be answered. `faults` are the first of `count`, each with
    `row` (from 1), `pointer`, `rule` and `detail`.
    """

    def __init__(self, faults: Sequence[Mapping[str, Any]], count: int) -> None:
        first = faults[0]
        super().__init__(f"row {first['row']}: {first['pointer'].removeprefix('/')}: {first['detail']}")
        self.faults = faults
        self.count = count
