"""`/v1/uncertainty`: how far figures may still move, from their publishers' own record of revisions."""

from collections.abc import Mapping
from typing import Any

from api.questions.audit.audit_question import SERIES_PARAMETERS, AuditQuestion, page_from, whole_number
from api.questions.audit.item_columns import FIGURE, item_columns
from api.questions.page import Page
from api.questions.parameters import Parameter
from projections import Inquiry, Reader
from projections.audit import LEVEL, PUBLICATIONS, Findings, uncertainty

ORDER = 25
LEVEL_LEAST, LEVEL_MOST = 50, 99
PUBLICATIONS_MOST = 24
DESCRIPTION = """\
An item a series: what its publisher says now, and the band in which it will stand after so many more `publications`
of the same line (the figures that differ in their period only): `low`, `expected` (the median) and `high`, decimals
in `canonical_unit`.

The band is the publisher's own record, nothing else: how far figures of the same metric moved that were as old
(`age`: publications of the line since the first release) and were first published about as long after the end of
their period. Ends are quantiles of those moves, as ratios, or as differences where values of the line go below zero
(`by`). Each of the `own` figures of the line counts one; `others`, of the publisher's other lines, count together as
twenty at most. Where the metric has too few, all that the publisher said counts (`of`: `metric`, `publisher`).
`unchanged_share`: how much of the record did not move.

What came of it is said too: such bands are given anew as of each earlier publication and held against what followed;
of `tried` ones `held` did. The ends are widened by such trials, of 80 % bands and for all levels in proportion:
`outside` is the share that is left outside now, 1 - `level` at most. The band of a level lies within that of every
higher one. `low` and the rest are null where the record is too short (for 80 % nine figures), or what stands is a
range, a symbol or taken back: `no_band` says which, and `reasons` why any of them is null.

A band is no forecast of the world and knows of no event to come: it says how this publisher used to revise.

Example: `GET /v1/uncertainty?metric=mine_production&publisher=usgs&period_from=2023&as_of=2026-03-01`
"""
OWN = (
    Parameter(
        "level",
        "In percent: how many of such bands are meant to hold.",
        schema={"type": "integer", "minimum": LEVEL_LEAST, "maximum": LEVEL_MOST, "default": LEVEL},
    ),
    Parameter(
        "publications",
        "After how many more publications of the line.",
        schema={"type": "integer", "minimum": 1, "maximum": PUBLICATIONS_MOST, "default": PUBLICATIONS},
    ),
)
_COLUMNS = item_columns(
    f"{FIGURE} canonical_unit publisher event_id published_at value:decimal age:count low:decimal expected:decimal "
    "high:decimal by own:count others:count of unchanged_share:real tried:count held:count held_share:real "
    "outside:real no_band reasons:object"
)


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of bands. Raises Problem."""

    def find(reader: Reader, asked: dict[str, Any], limit: int | None, offset: int) -> Findings:
        level = whole_number("level", asked.pop("level", str(LEVEL)), lowest=LEVEL_LEAST, highest=LEVEL_MOST)
        publications = whole_number(
            "publications", asked.pop("publications", str(PUBLICATIONS)), lowest=1, highest=PUBLICATIONS_MOST
        )
        return uncertainty(reader, asked, level=level, publications=publications, limit=limit, offset=offset)

    return page_from(engine, "uncertainty", parameters, find).with_columns(_COLUMNS)


QUESTION = AuditQuestion(
    "uncertainty",
    "How far figures may still move",
    DESCRIPTION,
    (*OWN, *SERIES_PARAMETERS),
    ask,
    columns=(
        *("subject", "metric", "material", "period", "publisher", "value", "low", "expected", "high"),
        *("canonical_unit", "age", "own", "others", "held_share", "no_band"),
    ),
)
"""How sure is this number."""
