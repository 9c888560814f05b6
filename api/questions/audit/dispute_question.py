"""`/v1/disputes`: figures on which publishers differ."""

from collections.abc import Mapping

from api.questions.audit.audit_question import SERIES_PARAMETERS, AuditQuestion, choice_of, page_from, texts_of
from api.questions.audit.item_columns import FIGURE, columns_of_things, item_columns
from api.questions.audit.resource_parameters import NOT_OF_SPEAKERS, PUBLISHER, RESOURCE, check_taken, with_things
from api.questions.page import Page
from api.questions.parameters import VIEWPOINT, Parameter
from projections import FIGURES, THINGS, Inquiry, Reader
from projections.audit import STATUSES, Findings, disputes, thing_disputes

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

With `resource=facilities` (policies, agreements, links, risks, relationships, commitments): stretches in which what
publishers say of one `transition` of a thing (of a `part` of it) cannot all be so: `fields` are the dates that do not
overlap and the values that differ, `days_apart` how far the stated starts are, and `publishers` who says or said what.

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


OF_FIGURES = (STATUS, *SERIES_PARAMETERS)
OF_THINGS = (STATUS, PUBLISHER, *VIEWPOINT)
_COLUMNS = {
    FIGURES.name: item_columns(
        f"{FIGURE} canonical_unit status since since_date began_by:object until until_date ended_by:object days:count "
        "kind spread spread_percent highest:decimal highest_by lowest:decimal lowest_by reasons:object "
        "publishers:objects"
    ),
    **columns_of_things(
        "part transition status fields:texts since since_date began_by:object until until_date ended_by:object "
        "days:count days_apart:count publishers:objects"
    ),
}


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of disputes. Raises Problem."""
    resource = check_taken(parameters, OF_FIGURES, OF_THINGS, besides=NOT_OF_SPEAKERS)

    def find(reader: Reader, asked: dict[str, str], limit: int | None, offset: int) -> Findings:
        status = choice_of(asked, "status", STATUSES)
        asked.pop(RESOURCE.name, None)
        if resource != FIGURES.name:
            publishers = texts_of(asked, PUBLISHER.name)
            return thing_disputes(
                reader, resource, asked, publishers=publishers, status=status, limit=limit, offset=offset
            )
        return disputes(reader, asked, status=status, limit=limit, offset=offset)

    return page_from(engine, "disputes", parameters, find).with_columns(_COLUMNS[resource])


def _named_by(resource: str) -> tuple[str, ...]:
    return (*THINGS[resource], "part")


QUESTION = AuditQuestion(
    "disputes",
    "Where publishers differ, since when, and how it ended",
    DESCRIPTION,
    with_things(OF_FIGURES, (), besides=NOT_OF_SPEAKERS),
    ask,
    {"pairs": PAIRS},
    (
        *("subject", "metric", "material", "period", "status", "since", "until", "days", "kind", "spread"),
        *("spread_percent", "highest", "highest_by", "lowest", "lowest_by"),
    ),
    thing_columns={
        resource: (*_named_by(resource), "transition", "status", "fields", "since", "until", "days_apart", "publishers")
        for resource in THINGS
    },
)
