"""`/v1/influence`: which publisher, and which event, an answer hangs on."""

from collections.abc import Mapping
from typing import Any

from api.questions.audit.audit_question import SERIES_PARAMETERS, AuditQuestion, page_from, texts_of
from api.questions.audit.item_columns import FIGURE, item_columns
from api.questions.page import Page
from api.questions.parameters import Parameter
from projections import Inquiry, Reader
from projections.audit import TURNS, Findings, influence

ORDER = 47
DESCRIPTION = f"""\
What the answers to figures hang on: of each figure every publisher is left out in turn, and every event that stands
at the end of a series (a withdrawal too), and there is an item where the answer turns. `left_out` is `publisher` or
`event`, with the `publisher` and `event_id` that were left out; `value` and `answered_by` are the answer, in the
canonical unit, and `value_without` and `answered_by_without` what it would be. `turns`: {", ".join(TURNS)} (`gone`:
there would be no answer; `publisher`: the same, said by another; `disputed`: publishers would differ, or no
longer).

A figure without items is said alike by several, whichever of them is left out. Without an event its publisher's
series goes back to what it said before.

Example: `GET /v1/influence?subject=world&metric=mine_production&period=2018`
"""
OWN = (Parameter("prefer", "Publishers that are asked first, in this order: slugs with commas between.", "usgs,bgs"),)
_COLUMNS = item_columns(
    f"{FIGURE} canonical_unit value answered_by disputed left_out publisher event_id turns value_without "
    "answered_by_without disputed_without:flag"
)


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of what answers hang on. Raises Problem."""

    def find(reader: Reader, asked: dict[str, Any], limit: int | None, offset: int) -> Findings:
        prefer = texts_of(asked, "prefer")
        enough = None if limit is None else offset + limit
        found = influence(reader, asked, prefer=prefer, enough=enough)
        return Findings(found.items if limit is None else found.items[offset:][:limit])

    return page_from(engine, "influence", parameters, find).with_columns(_COLUMNS)


QUESTION = AuditQuestion(
    "influence",
    "What an answer hangs on",
    DESCRIPTION,
    (*OWN, *SERIES_PARAMETERS),
    ask,
    columns=(
        *("subject", "metric", "material", "period", "value", "answered_by", "left_out", "publisher"),
        *("turns", "value_without", "answered_by_without"),
    ),
)
