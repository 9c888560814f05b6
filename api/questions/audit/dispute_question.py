"""`/v1/disputes`: figures on which publishers differ."""

from collections.abc import Mapping

from api.questions.audit.audit_question import SERIES_PARAMETERS, AuditQuestion, choice_of, page_from
from api.questions.page import Page
from api.questions.parameters import Parameter
from projections import Inquiry, Reader
from projections.audit import STATUSES, Findings, disputes

ORDER = 50
DESCRIPTION = """\
A dispute is a stretch of the publication clock in which what publishers say of a figure differs in canonical value,
range or symbol: `between` publishers, `within` one that contradicts itself, or `both`. Each with `since` and `until`,
the events that began and ended it (with their `cause`: revision, confirmation, withdrawal, …), how many `days` it
lasted (an open one: until `as_of`), the `spread` of the points, `spread_percent` of |their median|, and what all
`publishers` say, or said at its last instant. With `publisher`: the disputes in which it has a say; they are still over
all publishers.

Beside the items, `pairs`: for every two publishers that both say something of a selected figure at the viewpoint, how
often they agree and by how much they differ, in percent of the mean of the two. `status` does not bear on pairs.

Example: `GET /v1/disputes?subject=world&metric=mine_production&status=all`
"""
STATUS = Parameter(
    "status",
    "`open` at the viewpoint, `ended` before it, or `all`.",
    "ended",
    schema={"type": "string", "enum": list(STATUSES), "default": STATUSES[0]},
)
PAIRS = {
    "type": "array",
    "description": "Every two publishers that both say something of a selected figure, and how they differ.",
    "items": {
        "type": "object",
        "properties": {
            "publishers": {"type": "array", "items": {"type": "string"}, "description": "Two slugs, in order."},
            **{
                name: {"type": "integer"}
                for name in ("figures", "agreeing", "differing", "comparable", "higher", "lower")
            },
            **{
                f"{name}_difference_percent": {"type": ["number", "null"]}
                for name in ("mean", "median", "mean_absolute")
            },
            "reasons": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    },
}


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of disputes. Raises Problem."""

    def find(reader: Reader, asked: dict[str, str], limit: int | None, offset: int) -> Findings:
        status = choice_of(asked, "status", STATUSES)
        return disputes(reader, asked, status=status, limit=limit, offset=offset)

    return page_from(engine, "disputes", parameters, find)


QUESTION = AuditQuestion(
    "disputes",
    "Where publishers differ, since when, and how it ended",
    DESCRIPTION,
    (STATUS, *SERIES_PARAMETERS),
    ask,
    {"pairs": PAIRS},
    (
        *("subject", "metric", "material", "period", "status", "since", "until", "days", "kind", "spread"),
        *("spread_percent", "highest", "highest_by", "lowest", "lowest_by"),
    ),
)
