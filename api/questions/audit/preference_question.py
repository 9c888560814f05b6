"""`/v1/preferences`: whom this ledger asks first where publishers differ, since when, and who said so."""

from collections.abc import Mapping

from api.questions.audit.audit_question import AuditQuestion, page_of, texts_of
from api.questions.audit.item_columns import item_columns
from api.questions.page import Page
from api.questions.parameters import PAGING, VIEWPOINT, Parameter
from projections import Inquiry, Reader, preferences_in_force
from projections.audit import Findings

ORDER = 66
DESCRIPTION = """\
Where publishers differ, the answer is the last one of a primary source before any other, so whoever calls itself
primary may become the answer to everything. A `PreferenceSet` event (`POST /v1/events`) says whom this ledger asks
first instead: `publishers` in order, for one `metric` or, without one, for all figures of metrics without a
preference of their own and for all that holds over time. Of one metric, or of none, the last one counts; an empty
list takes it back. `prefer` in a question stands above it.

An item a preference that is in force at the viewpoint: its `metric` (null: everything), `preferred` (the first first),
`reason`, when it was set and by whom (`set_at`, `set_by`) and by which event. Preferences live on the ledger clock
alone, so `as_of` cuts none; in histories and differences their `cause` is `preference`.

Example: `GET /v1/preferences?metric=mine_production`
"""
OWN = (
    Parameter(
        "metric",
        "Only what counts for these: the preference for the metric itself, else the one for everything.",
        "mine_production",
        several=True,
    ),
)
_COLUMNS = item_columns("metric preferred:slugs reason set_at set_by position event_id")


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of the preferences in force. Raises Problem."""

    def find(reader: Reader, asked: dict[str, str]) -> Findings:
        return Findings(preferences_in_force(reader, texts_of(asked, "metric")))

    return page_of(engine, "preferences", parameters, find).with_columns(_COLUMNS)


QUESTION = AuditQuestion(
    "preferences",
    "Whom this ledger asks first",
    DESCRIPTION,
    (*OWN, *VIEWPOINT, *PAGING),
    ask,
    columns=("metric", "preferred", "reason", "set_at", "set_by"),
)
