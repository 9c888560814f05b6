"""`/v1/scorecards`: how early, how often revised, how biased, and how far from the others each publisher is."""

from collections.abc import Mapping

from api.questions.audit.audit_question import SERIES_PARAMETERS, AuditQuestion, page_of
from api.questions.audit.item_columns import item_columns
from api.questions.page import Page
from projections import Inquiry
from projections.audit import scorecards

ORDER = 60
DESCRIPTION = """\
One item a publisher of the selected figures. How early: `first` of the `figures_shared` with others,
`mean_days_after_first`, and the lag from the end of the period to the first release (`mean_lag_days`,
`median_lag_days`; negative before the end). How often revised: `revised`, `revisions`, `revisions_per_figure`,
`confirmations`, `conflicts`, `withdrawals`, `republications`. How biased: `bias_percent`, the mean of
(latest - first) / |first| over `bias_figures`, those released at least twice; `mean_absolute_revision_percent`. How far
from the others: `bias_from_consensus_percent` and `mean_absolute_from_consensus_percent` over `consensus_figures`, the
consensus being the median of what the others state; `outlier`: on how many of `outlier_figures` it is the farthest.

With `publisher` only its own item, compared with all others all the same. A statistic without a basis is null, and
`reasons` says why.

Example: `GET /v1/scorecards?metric=mine_production&period_from=2018`
"""
_COLUMNS = item_columns(
    "publisher name figures:count statements secondary_share:real figures_shared:count first:count "
    "mean_days_after_first:real mean_lag_days:real median_lag_days:real figures_without_period:count revised:count "
    "revisions revisions_per_figure:real confirmations:count conflicts:count withdrawals:count republications:count "
    "bias_figures:count bias_percent:real mean_absolute_revision_percent:real consensus_figures:count "
    "bias_from_consensus_percent:real mean_absolute_from_consensus_percent:real outlier_figures:count outlier:count "
    "reasons:object"
)


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of scorecards. Raises Problem."""
    return page_of(engine, "scorecards", parameters, scorecards).with_columns(_COLUMNS)


QUESTION = AuditQuestion(
    "scorecards",
    "How early, how often revised, how biased each publisher is",
    DESCRIPTION,
    SERIES_PARAMETERS,
    ask,
)
