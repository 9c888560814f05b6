"""`/v1/definitions`: the derived metrics, and how each follows from others."""

from collections.abc import Mapping

from api.questions.audit.audit_question import AuditQuestion, page_of, texts_of
from api.questions.audit.derived_question import hints_of
from api.questions.audit.item_columns import item_columns
from api.questions.page import Page
from api.questions.parameters import PAGING, VIEWPOINT, Parameter
from projections import Inquiry, Reader
from projections.audit import Findings, definitions

ORDER = 71
DESCRIPTION = """\
The derived metrics that are defined at the viewpoint, an item each: its `formula` over metrics that publishers state
(`inputs`), the `unit` of the result and how many `decimals` it is rounded to, and since when, by which event and by
whom. Definitions are recorded with `POST /v1/events` (`MetricDefined`) and count on the ledger clock alone: of one
metric the last that stands. The language of formulas is written down in `ledger/README.md`, *Derived figures*.

Example: `GET /v1/definitions`
"""
OWN = (Parameter("metric", "Only these derived metrics: names with commas between.", "world_share"),)
_COLUMNS = item_columns(
    "metric title unit decimals:count formula inputs:texts position recorded_at recorded_by event_id"
)


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of definitions. Raises Problem."""

    def find(reader: Reader, asked: dict[str, str]) -> Findings:
        metrics = texts_of(asked, "metric")
        return definitions(reader, metrics)._replace(members=hints_of(reader, metrics))

    return page_of(engine, "definitions", parameters, find, apart=("metric",)).with_columns(_COLUMNS)


QUESTION = AuditQuestion(
    "definitions",
    "How metrics are derived from others",
    DESCRIPTION,
    (*OWN, *VIEWPOINT, *PAGING),
    ask,
    columns=("metric", "title", "unit", "decimals", "formula", "recorded_at"),
)
