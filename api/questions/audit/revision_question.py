"""`/v1/revisions`: how far off first figures are, and of what kind each revision is."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from api.problems import bad_parameter
from api.questions.audit.audit_question import (
    MONTHS_MAX,
    RELEASE_MAX,
    SERIES_PARAMETERS,
    AuditQuestion,
    page_from,
    texts_of,
    whole_number,
    whole_numbers_of,
)
from api.questions.audit.item_columns import FIGURE, item_columns
from api.questions.page import Page
from api.questions.parameters import Parameter
from ledger import QuantityError
from ledger.values import parse_number
from projections import Inquiry, Reader
from projections.audit import GROUPINGS, KINDS, Findings, Options, revisions

ORDER = 20
TARGETS_MAX = 24
YOUNG_DAYS_MAX = 36_525
DEFAULT = Options()
DESCRIPTION = """\
How what publishers say of figures changed after they first said it. An item a series: counts of its entries, `first`
and `latest`, `total_change`, `range`, when it settled, and `steps`: every entry after the first, with its `kind` of
change, the `rule` that fired and its `explanation`, and whether anything `announced` it (a note, the status `restated`,
an erratum recorded on the publisher) or it came silently.

Kinds: `unchanged`, `status` (the same value, otherwise qualified), `unit_relabel` (a power of ten or the ratio of two
units of mass, and the printed unit changed too, the whole table moved by it, or three figures of that publisher, metric
and publication did), `rescale` (one factor over four fifths of a table in one vintage, three figures at least: a
rebase; the rest of it is judged against the rescaled value), `definition` (what is measured changed, as recorded or
noted), `rounding` (12,345 and 12,300: zeros after three digits may be rounding), `substantial` (with `rule:
suspected_unit` where only the factor speaks of another unit). With `kinds=substantial` all other changes are taken out:
what was said before them is carried over to the scale of the latest value.

Beside the items, over the whole selection: `summary`; `statistics` of target - first (targets: `latest`, `release_2`,
what was known `12m` after the period's end) in canonical units (`absolute`) and in `percent` of |first|, with errors
after Newey and West (Bartlett kernel, `lags` = floor(4 (n/100)^(2/9)), p-values by t with n - 1 degrees);
`error_by_age`, the quantiles of what was known at each age less the latest; `efficiency` (Mincer-Zarnowitz: target =
a + b first, with the Wald test of a = 0 and b = 1); `news_noise` (correlation of the revision with the first and with
the target); `settling`; and with `by=`, `groups` of the same. Statistics are JSON numbers; what cannot be computed is
null, and `reasons` says why.

Example: `GET /v1/revisions?subject_kind=country&metric=mine_production&publisher=usgs&as_of=2026-03-01`
"""
OWN = (
    Parameter("kinds", "The kinds of change that count as revision, with commas between. Default: all.", "substantial"),
    Parameter("release", "n of the revisions from the first to the n-th release, with commas between.", "2"),
    Parameter("horizons", "Months after the end of the period, with commas between.", "3,12,24,36"),
    Parameter("tolerance", "A figure has settled when it stays within N percent of its latest value.", "1"),
    Parameter(
        "young",
        "Days after its first release, and after its last move, for which a figure is too young to have settled.",
        schema={"type": "integer", "minimum": 0, "maximum": YOUNG_DAYS_MAX, "default": DEFAULT.young},
    ),
    Parameter("by", f"Group by these, with commas between: {', '.join(GROUPINGS)}.", "subject"),
)
COLUMNS = (
    *("subject", "metric", "material", "period", "publisher", "releases", "kinds"),
    *("first", "latest", "total_change", "total_change_percent", "announced", "silent", "settled_after_days"),
)
_ROWS: Mapping[str, Any] = {"type": "array", "items": {"type": "object"}}
MEMBERS: Mapping[str, Any] = {
    "summary": {"type": "object", "description": "How many series, entries and changes; which kinds count."},
    "statistics": {**_ROWS, "description": "The revisions to each target, in canonical units and in percent."},
    "error_by_age": {**_ROWS, "description": "Quantiles of what was known at each horizon less the latest."},
    "efficiency": {**_ROWS, "description": "Mincer-Zarnowitz: target = intercept + slope first."},
    "news_noise": {**_ROWS, "description": "Correlations of the revision with the first figure and the target."},
    "settling": {"type": "object", "description": "How many figures have settled, and after how many days."},
    "groups": {**_ROWS, "description": "With `by`: the same members for each group."},
}
_COLUMNS = item_columns(
    f"{FIGURE} publisher canonical_unit statements releases:count confirmations:count revisions conflicts:count "
    "withdrawals:count republications:count kinds:object announced:count silent:count first:decimal "
    "first_published_at first_comparable:decimal latest:decimal latest_published_at total_change:decimal "
    "total_change_percent:decimal range:decimal settled:flag censored:flag settled_after_days:count "
    "settled_age_days:count reasons:object steps:objects"
)


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of series and their revisions. Raises Problem."""

    def find(reader: Reader, asked: dict[str, str], limit: int | None, offset: int) -> Findings:
        options = _options(asked)
        return revisions(reader, asked, options=options, limit=limit, offset=offset)

    return page_from(engine, "revisions", parameters, find).with_columns(_COLUMNS)


def _options(asked: dict[str, str]) -> Options:
    """Takes the own parameters out of what is asked. Raises Problem."""
    releases = [whole_number("release", text, lowest=2, highest=RELEASE_MAX) for text in texts_of(asked, "release")]
    horizons = whole_numbers_of(asked, "horizons", highest=MONTHS_MAX)
    for name, numbers in (("release", releases), ("horizons", horizons)):
        if len(numbers) > TARGETS_MAX:
            raise bad_parameter(name, "too_many", f"{len(numbers)} values are too many; {TARGETS_MAX} at most")
    return Options(
        kinds=_chosen(asked, "kinds", KINDS) or DEFAULT.kinds,
        releases=sorted(set(releases)) or DEFAULT.releases,
        horizons=sorted(set(horizons)) or DEFAULT.horizons,
        tolerance=_tolerance(asked.pop("tolerance", str(DEFAULT.tolerance))),
        young=whole_number("young", asked.pop("young", str(DEFAULT.young)), lowest=0, highest=YOUNG_DAYS_MAX),
        by=_chosen(asked, "by", GROUPINGS),
    )


def _chosen(asked: dict[str, str], name: str, choices: Sequence[str]) -> Sequence[str]:
    given = name in asked
    texts = texts_of(asked, name)
    wrong = next((text for text in texts if text not in choices), None)
    if wrong is not None or (given and not texts):
        raise bad_parameter(name, "choice", f"{name} takes {', '.join(choices)}, not {(wrong or '')[:40]!r}")
    return texts


def _tolerance(text: str) -> Decimal:
    try:
        percent = parse_number(text)
    except QuantityError as error:
        raise bad_parameter("tolerance", "number", f"tolerance: {error}") from None
    if percent < 0:
        raise bad_parameter("tolerance", "range", f"tolerance is a percentage, 0 or more, not {text[:40]}")
    return percent


QUESTION = AuditQuestion(
    "revisions",
    "How far off first figures are",
    DESCRIPTION,
    (*OWN, *SERIES_PARAMETERS),
    ask,
    members=MEMBERS,
    columns=COLUMNS,
)
