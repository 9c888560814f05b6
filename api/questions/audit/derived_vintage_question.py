"""`/v1/derived-vintages`: when derived figures changed, and what each input did to it."""

from collections.abc import Mapping
from typing import Any

from api.questions.audit.audit_question import AuditQuestion, choice_of, page_from, texts_of
from api.questions.audit.derived_question import DERIVED_METRIC, METRIC, PLACE_FILTERS, hints_of
from api.questions.audit.item_columns import item_columns
from api.questions.page import Page
from api.questions.parameters import PAGING, VIEWPOINT, Parameter
from ledger.values import instant_text
from projections import Inquiry, Reader
from projections.audit import DERIVED_CLOCKS, Findings, derived_vintages

ORDER = 73
DESCRIPTION = """\
Every change of the derived figures (`/v1/derived`), oldest first, figure by figure. On the `publication` clock an item
is what the world came to say (`known_from`), by the definitions at the viewpoint; on the `ledger` clock, what this
ledger came to answer about what was published by `as_of`, with the event that did it (`position`, `recorded_at`,
`event_id`, `event_type`): a statement, a correction, a merge, a definition. `kind`: `first`, `revision`, `gone` or
`again`.

`value` was `previous_value` before, in `previous_unit`, and `change` is the difference, if the unit is still the same;
`exact`, `previous_exact` and `change_exact` are the same without rounding. `attributions` are the inputs that moved,
each with what it was `before` and `after`, and its `share` of the change. The `share_exact` of all add up to
`change_exact`, to the last digit; rounded, they may not. A rounded number has 20 digits before the point at most and
an exact one some 4,000 in all; a longer one is null. `attribution` says how the change was shared out:

- `one_input`: one moved, and did it all;
- `every_order`: several moved at once (an edition revises a country and the world). The share of each is the mean over
  all orders in which they could have moved, Shapley's value, which favours none;
- `two_orders`: the same where more than eight moved: from the first input to the last, and back;
- `together`: in some order there would be no result on the way (a division by zero), so nobody can tell them apart;
- `definition`: the formula or the unit is another;
- null: there was or is no value, so there is no change to share out.

Example: `GET /v1/derived-vintages?subject=china&period=2023`
"""
OWN = (
    DERIVED_METRIC,
    Parameter(
        "clock",
        "`publication`: what the world said; `ledger`: what this ledger answered.",
        schema={"type": "string", "enum": list(DERIVED_CLOCKS), "default": DERIVED_CLOCKS[0]},
    ),
)
_COLUMNS = item_columns(
    "metric subject material dimensions nature period_start period_end period kind known_from:instant position "
    "value:decimal unit previous_value previous_unit change change_percent exact previous_exact change_exact "
    "reasons:object attribution attributions:objects definition recorded_at event_id event_type"
)


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of changes. Raises Problem."""

    def find(reader: Reader, asked: dict[str, Any], limit: int | None, offset: int) -> Findings:
        clock, metrics = choice_of(asked, "clock", DERIVED_CLOCKS), texts_of(asked, METRIC)
        found = derived_vintages(reader, asked, metrics=metrics, clock=clock, limit=limit, offset=offset)
        return Findings(_with_events(engine, found.items), hints_of(reader, metrics))

    return page_from(engine, "derived-vintages", parameters, find, apart=(METRIC,)).with_columns(_COLUMNS)


def _with_events(engine: Inquiry, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items with the events at their positions."""
    positions = sorted({item["position"] for item in items if item["position"] is not None})
    entries = {entry.position: entry for entry in engine.ledger.at_positions(positions)}
    told = []
    for item in items:
        entry = entries.get(item["position"])
        of_event = {
            "recorded_at": entry and instant_text(entry.recorded_at),
            "event_id": entry and str(entry.event_id),
            "event_type": entry and entry.type,
        }
        told.append({**item, **of_event})
    return told


QUESTION = AuditQuestion(
    "derived-vintages",
    "When derived figures changed, and by which inputs",
    DESCRIPTION,
    (*OWN, *PLACE_FILTERS, *VIEWPOINT, *PAGING),
    ask,
    columns=(
        "metric",
        "subject",
        "period",
        "known_from",
        "position",
        "kind",
        "value",
        "change",
        "unit",
        "attributions",
    ),
)
