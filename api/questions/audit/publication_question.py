"""`/v1/publications`: the days on which something was published."""

from collections.abc import Mapping

from api.questions.audit.audit_question import SERIES_PARAMETERS, AuditQuestion, page_of
from api.questions.audit.item_columns import item_columns
from api.questions.page import Page
from projections import Inquiry, Reader
from projections.audit import Findings, publications

ORDER = 90
DESCRIPTION = """\
The days on which something was published that the ledger holds at the viewpoint, oldest first: when an answer could
have changed. An item is a `day` and the number of `statements`; a month or a year that is all a source tells counts at
its end. Without filters all facts count, and `holds` says how many statements there are of each family; with filters
those on the figures that they select.

Example: `GET /v1/publications?subject=australia&metric=mine_production`
"""
MEMBERS = {
    "holds": {
        "type": "object",
        "description": "How many statements there are of each family; without filters only.",
        "additionalProperties": {"type": "integer"},
    }
}
_COLUMNS = item_columns("day statements")


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of days. Raises Problem."""

    def find(reader: Reader, asked: dict[str, str]) -> Findings:
        return publications(reader, asked)

    return page_of(engine, "publications", parameters, find).with_columns(_COLUMNS)


QUESTION = AuditQuestion(
    "publications", "The days on which something was published", DESCRIPTION, SERIES_PARAMETERS, ask, MEMBERS
)
