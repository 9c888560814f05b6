"""`/v1/derived`: figures that follow by a formula from figures that publishers state."""

from collections.abc import Mapping
from typing import Any

from api.questions.audit.audit_question import AuditQuestion, choice_of, page_from, texts_of
from api.questions.audit.item_columns import item_columns
from api.questions.name_hints import word_hints
from api.questions.page import NOT_FILTERS, VIEWPOINT_NAMES, Page
from api.questions.parameters import PAGING, VIEWPOINT, Parameter
from api.questions.resources import parameters_of
from projections import FIGURES, Inquiry, Reader
from projections.audit import COMPUTED, Findings, definitions, derived_figures

ORDER = 72
METRIC = "metric"
DESCRIPTION = """\
What the derived metrics (`/v1/definitions`) amount to at the viewpoint: an item for each `subject`, `material`,
`dimensions`, `nature` and `period` of which there is a figure that the formula is about.

`value` is in the `unit` of the definition, rounded half to even to its decimals, and `exact` is the same without
rounding: a decimal, or a quotient, `12750000/188719`. `inputs` are the figures that it is made of, each with its
`value` in the canonical unit, `publisher`, `published_at` and `event_id`, by the `input` of the formula. What is made
of several publishers says so (`said_by`, `mixed`), and so does what is disputed or approximate; `weakest_nature` is the
weakest of forecast, plan, target and observed, `status` that of estimated, announced, provisional, reported, restated,
audited.

Nothing is guessed: without a number for every input `value` is null, and `reasons` says why, by input: `missing`,
`range`, the symbol that stands there, `several_units` (select one with `[unit=…]`), `no_period`, `no_whole`,
`several_wholes`, `no_parts`; `formula`: `divided_by_zero`, `units`, `too_large` (numbers have 20 digits before the
point at most). An `exact` of more than some 4,000 digits is null.

With `publisher` the inputs are what this publisher says; `prefer` puts publishers first. How these figures changed is
in `/v1/derived-vintages`.

Example: `GET /v1/derived?subject=china&period=2023`
"""
_NAMED = "Which derived metrics: names with commas between. Default: all."
DERIVED_METRIC = Parameter(METRIC, _NAMED, "world_share")
OWN = (
    DERIVED_METRIC,
    Parameter(
        "computed",
        "`true`: only those that have a value; `false`: only those that have none.",
        schema={"type": "string", "enum": list(COMPUTED), "default": COMPUTED[0]},
    ),
)
_NOT_OF_PLACES = (METRIC, "publisher", "resolve", "figure_id", "disputed", *NOT_FILTERS, *VIEWPOINT_NAMES)
PLACE_FILTERS = (
    *(one for one in parameters_of(FIGURES) if one.name not in _NOT_OF_PLACES),
    Parameter("publisher", "Only what this publisher says counts as input: a slug.", "usgs"),
)
_COLUMNS = item_columns(
    "metric subject material dimensions nature period_start period_end period value:decimal unit exact reasons:object "
    "weakest_nature status approximate disputed said_by:slugs mixed:flag known_from:instant formula definition "
    "inputs:objects"
)


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of derived figures. Raises Problem."""

    def find(reader: Reader, asked: dict[str, Any], limit: int | None, offset: int) -> Findings:
        computed, metrics = choice_of(asked, "computed", COMPUTED), texts_of(asked, METRIC)
        found = derived_figures(reader, asked, metrics=metrics, computed=computed, limit=limit, offset=offset)
        return found._replace(members=hints_of(reader, metrics))

    return page_from(engine, "derived", parameters, find, apart=(METRIC,)).with_columns(_COLUMNS)


def hints_of(reader: Reader, metrics: list[str]) -> dict[str, Any]:
    """The member `hints`, where a derived metric is asked for that is not defined here; else nothing."""
    return word_hints(METRIC, metrics, [item[METRIC] for item in definitions(reader).items] if metrics else ())


QUESTION = AuditQuestion(
    "derived",
    "Figures that follow from others",
    DESCRIPTION,
    (*OWN, *PLACE_FILTERS, *VIEWPOINT, *PAGING),
    ask,
    columns=("metric", "subject", "material", "dimensions", "period", "value", "unit", "said_by", "reasons"),
)
