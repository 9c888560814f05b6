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
from api.questions.page import Page
from api.questions.parameters import Parameter
from projections import Inquiry, Reader
from projections.audit import Columns, Findings, vintages

ORDER = 10
LAYOUTS = ("tidy", "wide")
DESCRIPTION = """\
What every publisher said of every figure at each time that it said something. Without more, every vintage; or those of
given `dates`, `releases` or `horizons`. A horizon that lies after `as_of` is not reached yet and shows nothing.

`layout=tidy` gives an item a series and vintage: `vintage` (its name), `vintage_date`, `superseded_on`, `release`
(counted from 1), and what was said, with its `cause` and `change` to the entry before. `layout=wide` gives an item a
series with the vintages across, earliest first: canonical values, ranges as `low..high`, symbols by name.

Example: `GET /v1/vintages?subject=australia&metric=mine_production&publisher=usgs&layout=wide`
"""
OWN = (
    Parameter(
        "layout",
        "`tidy`: a row a vintage; `wide`: periods down, vintages across.",
        schema={"type": "string", "enum": list(LAYOUTS), "default": "tidy"},
    ),
    Parameter("dates", "As of these days: days or instants with commas between.", "2024-06-30,2025-06-30"),
    Parameter("releases", "`first`, `latest`, or the n-th release: with commas between.", "first,2,latest"),
    Parameter("horizons", "What was known N months after the end of the period: N with commas between.", "3,12,24,36"),
)


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of vintages. Raises Problem."""

    def find(reader: Reader, asked: dict[str, str], limit: int | None, offset: int) -> Findings:
        wide = choice_of(asked, "layout", LAYOUTS) == "wide"
        columns = Columns(
            dates=moments_of(asked, "dates"),
            releases=[_release(text) for text in texts_of(asked, "releases")],
            horizons=whole_numbers_of(asked, "horizons", highest=MONTHS_MAX),
        )
        return vintages(reader, asked, columns=columns, wide=wide, limit=limit, offset=offset)

    return page_from(engine, "vintages", parameters, find)


def _release(text: str) -> str:
    return text if text in ("first", "latest") else str(whole_number("releases", text, lowest=1, highest=RELEASE_MAX))


QUESTION = AuditQuestion("vintages", "Every vintage of figures", DESCRIPTION, (*OWN, *SERIES_PARAMETERS), ask)
