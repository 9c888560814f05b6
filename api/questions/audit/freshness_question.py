"""`/v1/freshness`: what is overdue by a publisher's own rhythm, and whether anybody has looked."""

from collections.abc import Mapping

from api.questions.audit.audit_question import SERIES_PARAMETERS, AuditQuestion, choices_of, page_of
from api.questions.page import Page
from api.questions.parameters import Parameter
from projections import Inquiry, Reader
from projections.audit import FRESHNESS_STATES, Findings, freshness

ORDER = 65
DESCRIPTION = """\
An item a publisher and metric, what is overdue first. A publisher's rhythm is the days between its own publications
on that metric, those that are dated to the day: half of them are `every_days` at most, nine in ten
`mostly_within_days`. So the next one is `expected_on`, and overdue from `overdue_from` on; `days_over` says for how
many days it has been expected.

Silence is told from not having looked: a `SourceChecked` event says that somebody looked at a publisher's sources (or
those of a title, an edition, an address), when, and whether they were `unchanged`, `changed` or `gone`. The last one
that is about these figures is in `last_checked_at`, `last_found` and `last_check`; `last_retrieved_on` is the last
day on which a source was retrieved, as the statements say. A check counts from `checked_at` on for `as_of`.

`state`: `overdue` (it is, and nobody has looked since it was expected), `late` (it is, and somebody has looked),
`changed` and `gone` (so the last check found it, and nothing was recorded since), `due` (expected, not overdue yet),
`current`, and `irregular`: published on fewer than four days, so that there is no rhythm. `summary` counts the
states, whichever are shown.

Example: `GET /v1/freshness?publisher=lynas-rare-earths,usgs&state=overdue,due&as_of=2026-11-01`
"""
OWN = (Parameter("state", f"Only these states: some of {', '.join(FRESHNESS_STATES)}.", "overdue,changed,gone"),)
MEMBERS = {
    "summary": {
        "type": "object",
        "additionalProperties": {"type": "integer"},
        "description": "How many items are in each state.",
    }
}


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of what publishers published when, and who looked. Raises Problem."""

    def find(reader: Reader, asked: dict[str, str]) -> Findings:
        states = choices_of(asked, "state", FRESHNESS_STATES)
        return freshness(reader, asked, states=states)

    return page_of(engine, "freshness", parameters, find)


QUESTION = AuditQuestion(
    "freshness",
    "What is overdue, and who looked",
    DESCRIPTION,
    (*OWN, *SERIES_PARAMETERS),
    ask,
    MEMBERS,
    (
        *("publisher", "metric", "state", "days_over", "last_published_on", "every_days", "expected_on"),
        *("last_checked_at", "last_found"),
    ),
)
