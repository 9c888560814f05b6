"""`/v1/impact`: which answers that this ledger gave before would be different now."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from api.problems import bad_parameter
from api.questions.audit.audit_question import AuditQuestion
from api.questions.audit.diff_question import COLUMNS, FILTERS, compared, stood_at
from api.questions.audit.resource_parameters import check_taken, with_things
from api.questions.audit.thing_differences import AT
from api.questions.audit.thing_differences import COLUMNS as THING_COLUMNS
from api.questions.page import ONCE, Page, mark_of
from api.questions.parameters import AS_OF, PAGING, Parameter
from ledger.values import POSITION_PREFIX, instant_text
from projections import Inquiry

ORDER = 40
DESCRIPTION = """\
Figures whose answer at an earlier viewpoint has changed on the ledger clock since: `before`, what this ledger answered
for `as_of` when it stood at `recorded_from`; `after`, what it answers for the same `as_of` at `recorded_to`; and
`causes`: each a `late_arrival` (published by `as_of`, recorded since), `withdrawal`, `correction`, `retraction`,
`reinstatement`, `merge` or `preference`. What the world has published after `as_of` is no part of it: that is
`/v1/diff`.

With `resource=policies` (agreements, facilities, links, risks, relationships, commitments) the same of things that hold
over time, with `fields`; they are looked at on the world clock at `as_of`, or at `effective_at`.

Example: `GET /v1/impact?recorded_from=2026-01-01&metric=mine_production`
"""
RECORDED = (
    Parameter(
        "recorded_from",
        "Ledger clock of the earlier answers: a day, an instant, or `position:N`.",
        "2026-01-01",
        required=True,
    ),
    Parameter("recorded_to", "Ledger clock of the later answers, not before `recorded_from`. Default: now."),
    Parameter(
        AS_OF.name,
        "Publication clock of both. Default: the moment that `recorded_from` names; now for the empty ledger.",
    ),
)
OF_FIGURES = (*RECORDED, *FILTERS, *PAGING)
OF_THINGS = (*RECORDED, AT)
_OWN = ("recorded_from", "recorded_to", "as_of")


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of figures whose earlier answers would be different. Raises Problem."""
    check_taken(parameters, OF_FIGURES, OF_THINGS)
    recorded_from = parameters.get("recorded_from")
    if recorded_from is None:
        raise bad_parameter("recorded_from", "required", "recorded_from says which answers: a day, or position:N")
    then = stood_at(engine, "recorded_from", recorded_from)
    if stood_at(engine, "recorded_to", parameters.get("recorded_to")).position < then.position:
        raise bad_parameter("recorded_to", "order", "recorded_to is before recorded_from: exchange the two")
    as_of = parameters.get("as_of")
    if as_of is None and not recorded_from.startswith(POSITION_PREFIX):
        as_of = recorded_from
    of_the_present = as_of is None and then.recorded_at is None
    as_of = as_of or instant_text(then.recorded_at or then.as_of)
    views = {"from_as_of": as_of, "to_as_of": as_of, "from_recorded_as_of": recorded_from}
    if "recorded_to" in parameters:
        views["to_recorded_as_of"] = parameters["recorded_to"]
    rest = {name: value for name, value in parameters.items() if name not in _OWN}
    page = compared(engine, {**rest, **views}, asked=mark_of("impact", parameters), names=_NAMES)
    if of_the_present and "cursor" not in parameters:
        page = replace(page, validity=ONCE)
    parts = page.rest
    return replace(
        page,
        items=[_with_causes(item) for item in page.rows()],
        rest=None if parts is None else lambda: ([_with_causes(item) for item in part] for part in parts()),
    )


_NAMES = {
    "from_as_of": "as_of",
    "to_as_of": "as_of",
    "from_recorded_as_of": "recorded_from",
    "to_recorded_as_of": "recorded_to",
}


def _with_causes(item: dict[str, Any]) -> dict[str, Any]:
    """Every statement that made a difference here came late: it was published by `as_of`, and recorded since."""
    causes = [
        {**cause, "cause": "late_arrival"} if cause["cause"] == "statement" else cause for cause in item["causes"]
    ]
    return {**item, "causes": causes}


QUESTION = AuditQuestion(
    "impact",
    "Which earlier answers would be different now",
    DESCRIPTION,
    with_things(OF_FIGURES, OF_THINGS),
    ask,
    columns=COLUMNS,
    thing_columns=THING_COLUMNS,
)
