"""`/v1/vintages`: the revision triangle of figures."""

from collections.abc import Mapping

from api.questions.audit.audit_question import (
    MONTHS_MAX,
    RELEASE_MAX,
    SERIES_PARAMETERS,
    AuditQuestion,
    choice_of,
    moments_of,
    page_from,
    texts_of,
    whole_number,
    whole_numbers_of,
)
from api.questions.audit.item_columns import FIGURE, columns_of_things, item_columns
from api.questions.audit.resource_parameters import PUBLISHER, RESOURCE, check_taken, with_things
from api.questions.page import Page
from api.questions.parameters import VIEWPOINT, Parameter
from projections import FIGURES, Inquiry, Reader
from projections.audit import Columns, Findings, thing_vintages, vintages

ORDER = 10
LAYOUTS = ("tidy", "wide")
DESCRIPTION = """\
What every publisher said of every figure at each time that it said something. Without more, every vintage; or those of
given `dates`, `releases` or `horizons`. A horizon that lies after `as_of` is not reached yet and shows nothing.

`layout=tidy` gives an item a series and vintage: `vintage` (its name), `vintage_date`, `superseded_on`, `release`
(counted from 1), and what was said, with its `cause` and `change` to the entry before. `layout=wide` gives an item a
series with the vintages across, earliest first: canonical values, ranges as `low..high`, symbols by name.

With `resource=facilities` (policies, agreements, links, risks, relationships, commitments) the starts that every
publisher stated of every `transition` of a thing: `effective_from` as it was stated then, and `shift_days` to the
vintage before; across, the stated dates. There, `dates` and `layout` choose.

Example: `GET /v1/vintages?subject=australia&metric=mine_production&publisher=usgs&layout=wide`
"""
LAID_OUT = (
    Parameter(
        "layout",
        "`tidy`: a row a vintage; `wide`: periods down, vintages across.",
        schema={"type": "string", "enum": list(LAYOUTS), "default": "tidy"},
    ),
    Parameter("dates", "As of these days: days or instants with commas between.", "2024-06-30,2025-06-30"),
)
OWN = (
    *LAID_OUT,
    Parameter("releases", "`first`, `latest`, or the n-th release: with commas between.", "first,2,latest"),
    Parameter("horizons", "What was known N months after the end of the period: N with commas between.", "3,12,24,36"),
)


VINTAGE_FIGURES = (*OWN, *SERIES_PARAMETERS)
VINTAGE_THINGS = (*LAID_OUT, PUBLISHER, *VIEWPOINT)
_ACROSS = {
    FIGURES.name: item_columns(f"{FIGURE} publisher canonical_unit"),
    **columns_of_things("part transition publisher"),
}
"""What stands before the vintages across."""
_DOWN = {
    FIGURES.name: item_columns(
        f"{FIGURE} publisher vintage vintage_date superseded_on value low high symbol unit canonical_value "
        "canonical_low canonical_high canonical_unit approximate status note via edition published_at recorded_at "
        "position event_id withdrawn release revision cause previous_value change change_percent"
    ),
    **columns_of_things(
        "part transition publisher vintage vintage_date superseded_on effective_from effective_to published_at "
        "recorded_at event_id position previous_effective_from shift_days:count"
    ),
}
_NOT_OF_THINGS = ("publisher", "prefer")
"""Filters of things that mean something else here: every publisher has a series."""


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of vintages. Raises Problem."""
    resource = check_taken(parameters, VINTAGE_FIGURES, VINTAGE_THINGS, besides=_NOT_OF_THINGS)

    def find(reader: Reader, asked: dict[str, str], limit: int | None, offset: int) -> Findings:
        wide = choice_of(asked, "layout", LAYOUTS) == "wide"
        asked.pop(RESOURCE.name, None)
        dates = moments_of(asked, "dates")
        if resource != FIGURES.name:
            publishers = texts_of(asked, PUBLISHER.name)
            return thing_vintages(
                reader, resource, asked, publishers=publishers, dates=dates, wide=wide, limit=limit, offset=offset
            )
        columns = Columns(
            dates=dates,
            releases=[_release(text) for text in texts_of(asked, "releases")],
            horizons=whole_numbers_of(asked, "horizons", highest=MONTHS_MAX),
        )
        return vintages(reader, asked, columns=columns, wide=wide, limit=limit, offset=offset)

    columns = _ACROSS if parameters.get("layout") == "wide" else _DOWN
    return page_from(engine, "vintages", parameters, find).with_columns(columns[resource])


def _release(text: str) -> str:
    return text if text in ("first", "latest") else str(whole_number("releases", text, lowest=1, highest=RELEASE_MAX))


QUESTION = AuditQuestion(
    "vintages",
    "Every vintage of figures",
    DESCRIPTION,
    with_things(VINTAGE_FIGURES, (), besides=_NOT_OF_THINGS),
    ask,
)
