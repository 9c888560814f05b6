"""Figure words: which figures are meant by the words that say what a figure is, for who does not have its id.

`subject`, `metric`, `period` and so on select figures as they do in lists, also those that have no answer any more
since they were withdrawn: these have a history too.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from api.questions.audit.audit_question import SERIES_PARAMETERS
from api.questions.name_hints import names_taken
from api.questions.page import NOT_FILTERS, VIEWPOINT_NAMES, viewpoint_of
from projections import Inquiry

WORDS = tuple(
    one for one in SERIES_PARAMETERS if one.name not in (*NOT_FILTERS, *VIEWPOINT_NAMES, "figure_id", "publisher")
)
"""What says which figure is meant."""
LISTED_MAX = 20
_KEY = ("subject", "metric", "material", "dimensions", "nature", "period_start", "period_end", "canonical_unit")


class FiguresMeant(NamedTuple):
    """The figures that words mean: their `figure_id`s, and what tells them apart. `total` is how many there are, of
    which a few are listed; `members` say what names were taken for.
    """

    figures: list[dict[str, Any]]
    total: int
    members: dict[str, Any]


def figures_meant(engine: Inquiry, parameters: Mapping[str, str]) -> FiguresMeant:
    """The figures that parameters mean, as far as anything is said of them at the viewpoint.

    Raises Problem, FilterError and UnknownFilter.
    """
    words = {name: text for name, text in parameters.items() if name not in (*NOT_FILTERS, *VIEWPOINT_NAMES)}
    with engine.reader(viewpoint_of(engine, parameters)) as reader:
        taken = names_taken(reader, words)
        key = ", ".join(_KEY)
        query = (
            f"SELECT figure_id, {key}, COUNT(*) OVER () AS figures FROM chosen GROUP BY figure_id, {key} "
            f"ORDER BY {key} LIMIT {LISTED_MAX}"
        )
        found = reader.series("published", taken.filters, query=query).to_pylist()
    total = found[0]["figures"] if found else 0
    apart = [name for name in _KEY if len({one[name] for one in found}) > 1]
    figures = [{"figure_id": str(one["figure_id"]), **{name: _text(one[name]) for name in apart}} for one in found]
    return FiguresMeant(figures, total, taken.members)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
