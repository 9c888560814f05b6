"""`/v1/sums`: published totals beside the sums of their published parts."""

from collections.abc import Mapping

from api.questions.audit.audit_question import SERIES_PARAMETERS, AuditQuestion, choices_of, page_of
from api.questions.audit.item_columns import FIGURE, item_columns
from api.questions.page import Page
from api.questions.parameters import Parameter
from projections import Inquiry, Reader
from projections.audit import VERDICTS, WAYS, Findings, sums

ORDER = 70
DESCRIPTION = """\
Totals, each beside the sum of its parts, both as the same publisher states them last. The filters select totals. Parts
are declared, never guessed:

- `by=subject`: by relationships `part_of` that are open at the viewpoint (the world and its countries);
- `by=period`: shorter periods that tile the total's own exactly (a year and its quarters), for flows: production,
  sales, trade, investment and quotas. `tiled_by` says by which: the fewest periods there are;
- `by=dimension`: where a dimension's value is `full_year`, `total` or `all`, by its other values (a quota's batches);
- `by=growth`: a rate of change in percent that says what it is against (`compared_with`), beside its two levels: of a
  `production_change` (or `production_growth`) the `production` of both periods, else of the same key. `total` is the
  stated rate, `parts_sum` the one that the levels make, `parts` the levels, each with its `publisher`: the one of the
  rate where it says both, else whoever answers for the level. `rounding` is how far rounding may put them apart.

`gap` is `total` - `parts_sum`, in `unit`, the canonical one. `verdict` is `equal`; `rounding`: the gap is no more than
half a unit of the last printed digit of the total and of each part together (`rounding`); `perhaps_rounding`: no more
than `rounding_at_most`: what the zeros at the end of the total may hide (of 376,000 half a thousand; two digits are
meant at least), and for each part half of the finest digit that the publisher's numbers of the edition show; `gap`: a
finding; or `incomplete`: the total or a declared part is no number, and is in `missing` with what is said of it. The
sum and the gap of what is incomplete are over the parts that there are. `summary` counts the verdicts, whichever are
shown.

Example: `GET /v1/sums?subject=world&metric=mine_production&period=2023&publisher=usgs&as_of=2025-06-30`
"""
OWN = (
    Parameter(
        "by",
        "In which ways totals have parts: some of `subject`, `period`, `dimension`, `growth`. Default: all.",
        "subject",
    ),
    Parameter("verdict", f"Only these verdicts: some of {', '.join(VERDICTS)}.", "gap,incomplete"),
)
COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}
MEMBERS = {"summary": {**COUNTS, "description": "How many totals have each verdict."}}
_COLUMNS = item_columns(
    f"{FIGURE} unit publisher published_at event_id by dimension tiled_by total:decimal parts_sum:decimal gap:decimal "
    "gap_percent:decimal rounding:decimal rounding_at_most:decimal verdict finding:flag parts:objects missing:objects"
)


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of totals and their parts. Raises Problem."""

    def find(reader: Reader, asked: dict[str, str]) -> Findings:
        by, verdicts = choices_of(asked, "by", WAYS), choices_of(asked, "verdict", VERDICTS)
        return sums(reader, asked, by=by, verdicts=verdicts)

    return page_of(engine, "sums", parameters, find).with_columns(_COLUMNS)


QUESTION = AuditQuestion(
    "sums",
    "Totals beside the sums of their parts",
    DESCRIPTION,
    (*OWN, *SERIES_PARAMETERS),
    ask,
    MEMBERS,
    (
        *("subject", "metric", "material", "dimensions", "period", "publisher", "by", "total", "parts_sum", "gap"),
        *("gap_percent", "verdict"),
    ),
)
