"""`/v1/concentration`: who has which share, and how concentrated that is."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from api.problems import bad_parameter
from api.questions.audit.audit_question import TEXT_OR_NULL, AuditQuestion, page_of, whole_numbers_of
from api.questions.audit.item_columns import item_columns
from api.questions.page import NOT_FILTERS, ONCE, VIEWPOINT_NAMES, Page, holds_no_more
from api.questions.parameters import PAGING, VIEWPOINT, Parameter, check_ledger_moment, check_moment
from api.questions.resources import parameters_of
from ledger import UnitError
from ledger.events import NAME_PATTERN
from ledger.values import instant_text, unit
from projections import FIGURES, Inquiry, Reader, Value, listed
from projections.audit import DIMENSION, MATERIAL, SUBJECT, TOP, Findings, concentration

ORDER = 90
TOP_MAX = 1000
_COMPARE = ("compare_as_of", "compare_recorded_as_of")
_OF_THE_PERIOD = ("resolve", "period_from", "period_to", "figure_id")
_OF_ONE_WHOLE = ("metric", "material", "nature", "period", "dimension")
DESCRIPTION = """\
Who has which share of what the figures of a `period` add up to, each by its answer at the viewpoint, largest first:
`value` in `unit`, the canonical one; `share` and `cumulative_share` in percent; `rank`, the same for equals.

Beside the items, `summary`: `total`, `n`, `hhi` (Herfindahl-Hirschman index: the sum of the squared shares in percent,
at most 10,000), `effective_number` (10,000 / HHI), and `top`: the share of the 1, 3, 5 largest. What has no share is in
`left_out`, by `reason`: `total` (parts of it are there, by relationships `part_of`, directly or through others, or the
value of the dimension is `full_year`, `total` or `all`), with `covered_percent`, how much of it the parts that have a
share add up to; `part` (it is `located_in` another that is there, and counted with that); `no_number` (a range, a
bound, a symbol); `negative`; `unnamed` (no such material or dimension). Totals are told by what was declared by
`as_of`; where nothing was, choose with `subject_kind=country`. Where one name has several figures, or units differ, the
answer is a 422 that says how to choose. Without `period`, figures without one are meant.

What nobody declared may still be a total: the largest of three or more that is as much as all the others together.
Where it is of a kind of its own (a region beside countries) it is left out, as `perhaps_total`; else it is counted, and
`reasons.total` says so, as of a region that is more than all the others together.

With `compare_as_of` or `compare_recorded_as_of`, also what was so at that viewpoint: `previous_value`, `previous_share`
and `share_change` (percentage points; who is not there has 0), and in the summary `previous` and `change`.

Example: `GET /v1/concentration?metric=mine_production&period=2023&publisher=usgs&compare_as_of=2024-06-30`
"""
REQUIRED = (Parameter("metric", "What is measured.", "mine_production", required=True),)
OWN = (
    Parameter(
        "period", "Exactly these days, in any form; fiscal forms need `subject`. Default: figures without one.", "2023"
    ),
    Parameter("by", "What has the shares: `subject` (default), `material`, or `dimension.NAME`.", "subject"),
    Parameter(
        "unit", "Only figures in this unit, or in others of its kind: `t` and `kt` are one, currencies are not.", "t"
    ),
    Parameter("top", "Of how many largest the shares are added: numbers with commas between.", "1,3,5"),
    Parameter("compare_as_of", "Publication clock of an earlier viewpoint. Default: `as_of`.", "2024-06-30"),
    Parameter("compare_recorded_as_of", "Ledger clock of an earlier viewpoint. Default: `recorded_as_of`."),
)
FILTERS = tuple(
    one
    for one in parameters_of(FIGURES)
    if one.name not in (*_OF_THE_PERIOD, *NOT_FILTERS, *VIEWPOINT_NAMES, *(known.name for known in (*REQUIRED, *OWN)))
)
_SHARES = "subject material dimensions figure_id value:decimal unit share:decimal rank:count cumulative_share:decimal"
_SAID = "publisher published_at event_id"
_COLUMNS = item_columns(f"{_SHARES} {_SAID}")
_COMPARED = item_columns(f"{_SHARES} {_SAID} previous_value previous_share:decimal share_change:decimal")
_MEASURES = {
    "total": {"type": "string"},
    "unit": TEXT_OR_NULL,
    "n": {"type": "integer"},
    "hhi": TEXT_OR_NULL,
    "effective_number": TEXT_OR_NULL,
    "top": {"type": "object", "additionalProperties": TEXT_OR_NULL},
    "reasons": {"type": "object", "additionalProperties": {"type": "string"}},
}
_LEFT_OUT = {"type": "array", "items": {"type": "object"}}
MEMBERS = {
    "summary": {
        "type": "object",
        "description": "How concentrated it is; with a comparison also `previous`, and `change` in each.",
        "properties": {
            **_MEASURES,
            "previous": {"type": "object", "properties": _MEASURES},
            "change": {"type": "object"},
        },
    },
    "left_out": {**_LEFT_OUT, "description": "Figures that have no share, and why."},
    "previous_left_out": {**_LEFT_OUT, "description": "The same at the viewpoint compared with."},
    "compared_with": {"type": "object", "description": "The viewpoint compared with, as `basis` has it."},
}


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of shares. Raises Problem."""
    compared: dict[str, Any] = {}

    def find(reader: Reader, asked: dict[str, str]) -> Findings:
        for one in REQUIRED:
            if one.name not in asked:
                raise bad_parameter(one.name, "required", f"{one.name} is needed: for example {one.example}")
        by = asked.pop("by", SUBJECT)
        of_dimension = by.startswith(DIMENSION) and re.fullmatch(NAME_PATTERN, by.removeprefix(DIMENSION))
        if by not in (SUBJECT, MATERIAL) and not of_dimension:
            raise bad_parameter("by", "choice", f"by is subject, material or dimension.NAME, not {by[:40]!r}")
        canonical_unit = _canonical_unit(asked.pop("unit", None))
        top = sorted(whole_numbers_of(asked, "top", highest=TOP_MAX)) or TOP
        filters: dict[str, Value] = {name: text for name, text in asked.items() if name not in _COMPARE}
        _check_one_whole(filters, by=by)
        with _earlier(engine, reader, parameters, compared) as before:
            return concentration(reader, filters, by=by, canonical_unit=canonical_unit, top=top, before=before)

    page = page_of(engine, "concentration", parameters, find).with_columns(_COMPARED if compared else _COLUMNS)
    if not compared:
        return page
    recorded = parameters.get("compare_recorded_as_of")
    page = page.with_members(compared_with=compared)
    moves = page.validity.final and recorded is not None and not holds_no_more(engine, recorded)
    return replace(page, validity=ONCE) if moves else page


def _check_one_whole(filters: Mapping[str, Value], *, by: str) -> None:
    """Shares are of one whole: of one metric, material and period. Raises Problem."""
    for name, value in filters.items():
        of_one = name != by and name.partition(".")[0] in _OF_ONE_WHOLE
        if of_one and len(listed(name, value) if isinstance(value, str) else value) > 1:
            detail = f"{name}: shares are of one whole, so give one value, and ask again for another"
            raise bad_parameter(name, "several", detail)
        if name == "period" and value == "latest":
            raise bad_parameter(
                name, "period", "period: shares are of one period, and each figure may have another latest"
            )


def _canonical_unit(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return unit(text).canonical
    except UnitError as error:
        raise bad_parameter("unit", "unit", f"unit: {error}") from None


@contextmanager
def _earlier(
    engine: Inquiry, reader: Reader, parameters: Mapping[str, str], compared: dict[str, Any]
) -> Iterator[Reader | None]:
    """A reader at the viewpoint that is compared with, if there is one; its receipt is written to `compared`."""
    if not any(name in parameters for name in _COMPARE):
        yield None
        return
    as_of = check_moment("compare_as_of", parameters.get("compare_as_of"))
    recorded = check_ledger_moment("compare_recorded_as_of", parameters.get("compare_recorded_as_of"))
    at = engine.viewpoint(
        as_of=as_of or instant_text(reader.viewpoint.as_of),
        recorded_as_of=recorded or f"position:{reader.viewpoint.position}",
        effective_at=parameters.get("effective_at"),
    )
    compared.update(at.basis())
    with engine.reader(at) as before:
        yield before


QUESTION = AuditQuestion(
    "concentration",
    "Shares and how concentrated they are",
    DESCRIPTION,
    (*REQUIRED, *OWN, *FILTERS, *VIEWPOINT, *PAGING),
    ask,
    MEMBERS,
)
