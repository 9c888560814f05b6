"""`/v1/freshness`: what is overdue by a publisher's own rhythm, and whether anybody has looked."""

from collections.abc import Mapping

from api.questions.audit.audit_question import SERIES_PARAMETERS, AuditQuestion, choices_of, page_of, texts_of
from api.questions.audit.item_columns import columns_of_things, item_columns
from api.questions.audit.resource_parameters import NOT_OF_SPEAKERS, PUBLISHER, RESOURCE, check_taken, with_things
from api.questions.page import Page
from api.questions.parameters import VIEWPOINT, Parameter
from projections import FIGURES, THINGS, Inquiry, Reader
from projections.audit import FRESHNESS_STATES, THING_STATES, Findings, freshness, thing_freshness

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

With `resource=policies` (agreements, facilities, links, risks, relationships, commitments) an item a thing and
publisher that speaks of it. These have no rhythm; `state` is `gone` or `changed` (so the last check found a source of
what is said, and nothing was recorded since), `unchanged` (so the last check found it, after it was last published), or
`unchecked`.

Example: `GET /v1/freshness?publisher=lynas-rare-earths,usgs&state=overdue,due&as_of=2026-11-01`
"""
STATE = Parameter(
    "state",
    f"Only these states: some of {', '.join(FRESHNESS_STATES)}; of things, of {', '.join(THING_STATES)}.",
    "changed,gone",
)
OF_FIGURES = (STATE, *SERIES_PARAMETERS)
OF_THINGS = (STATE, PUBLISHER, *VIEWPOINT)
_LOOKED = "last_checked_at last_found last_check last_retrieved_on"
_COLUMNS = {
    FIGURES.name: item_columns(
        "publisher metric state days_over:count last_published_on publications:count figures:count statements "
        f"every_days:count mostly_within_days:count expected_on overdue_from {_LOOKED} reasons:object"
    ),
    **columns_of_things(f"publisher state last_published_on statements {_LOOKED}"),
}
MEMBERS = {
    "summary": {
        "type": "object",
        "additionalProperties": {"type": "integer"},
        "description": "How many items are in each state.",
    }
}


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of what publishers published when, and who looked. Raises Problem."""
    resource = check_taken(parameters, OF_FIGURES, OF_THINGS, besides=NOT_OF_SPEAKERS)

    def find(reader: Reader, asked: dict[str, str]) -> Findings:
        asked.pop(RESOURCE.name, None)
        if resource != FIGURES.name:
            states, publishers = choices_of(asked, STATE.name, THING_STATES), texts_of(asked, PUBLISHER.name)
            return thing_freshness(reader, resource, asked, publishers=publishers, states=states)
        states = choices_of(asked, STATE.name, FRESHNESS_STATES)
        return freshness(reader, asked, states=states)

    return page_of(engine, "freshness", parameters, find).with_columns(_COLUMNS[resource])


QUESTION = AuditQuestion(
    "freshness",
    "What is overdue, and who looked",
    DESCRIPTION,
    with_things(OF_FIGURES, (), besides=NOT_OF_SPEAKERS),
    ask,
    MEMBERS,
    (
        *("publisher", "metric", "state", "days_over", "last_published_on", "every_days", "expected_on"),
        *("last_checked_at", "last_found"),
    ),
    thing_columns={
        resource: (*names, "publisher", "state", "last_published_on", "last_checked_at", "last_found")
        for resource, names in THINGS.items()
    },
)
