"""`/v1/slips`: how often and how far stated dates moved."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from api.problems import bad_parameter
from api.questions.audit.audit_question import AuditQuestion, choice_of, texts_of
from api.questions.page import NOT_FILTERS, VIEWPOINT_NAMES, Items, Page, read
from api.questions.parameters import PAGING, VIEWPOINT, Parameter, checked
from api.questions.resources import parameters_of
from projections import CATALOGUE, THINGS, Inquiry, Kind, Reader, Viewpoint
from projections.audit import SLIP_GROUPS, Slips

ORDER = 35
FACILITIES = "facilities"
RESOURCES = (FACILITIES, *(name for name in THINGS if name != FACILITIES))
DESCRIPTION = """\
How often and how far the dates moved that publishers state of what happens to plants, policies and other things over
time. An item a transition and publisher that dated it: `first_effective_from` and `effective_from`, the first and the
last stated date; `restated`, how many statements moved it; `shift_days` from the first to the last, null where they are
too coarse to tell; `happened`, whether the last date is not after `effective_at`, and somebody spoke of the transition
at it or later; `lead_days`, how long before the first stated date that was published.

Beside the items, `summary` over all that is selected: how many `transitions`, `restated` ones, `settled` (happened),
`ahead` (still to come) and `unconfirmed` (the date is past, and nobody has said since that it happened); and of the
shifts of settled ones, whose dates are fine enough, the `mean` with Newey-West errors (as in `/v1/revisions`, in
order of the dates), `median`, `share_late` and so on. What is ahead or unconfirmed is counted, and in no mean. With
`by=`, `groups` of the same.

Example: `GET /v1/slips?resource=facilities&by=publisher`
"""
RESOURCE = Parameter(
    "resource",
    "Of which things.",
    FACILITIES,
    schema={"type": "string", "enum": list(RESOURCES), "default": FACILITIES},
)
BY = Parameter("by", f"Group by these, with commas between: {', '.join(SLIP_GROUPS)}.", "publisher")
PUBLISHER = Parameter("publisher", "Only dates that these publishers stated: slugs.", several=True)
_LEFT_OUT = ("prefer", PUBLISHER.name, BY.name, *VIEWPOINT_NAMES, *NOT_FILTERS)
"""Of commitments `by` is who is committed: here it says what to group by, as in every question of the audit."""
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("restated", "shift_days", "lead_days"), Kind.COUNT),
    **dict.fromkeys(("transition", "part"), Kind.TEXT),
    "happened": Kind.FLAG,
    "first_effective_from": Kind.MOMENT,
}
MEMBERS: Mapping[str, Any] = {
    "summary": {"type": "object", "description": "How many transitions, and the statistics of their `shift_days`."},
    "groups": {"type": "array", "items": {"type": "object"}, "description": "With `by`: the same for each group."},
}
COLUMNS = (*(name for names in THINGS.values() for name in names), "role", *Slips.COLUMNS)


def ask(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """A page of slips. Raises Problem."""
    asked = dict(parameters)
    resource = choice_of(asked, RESOURCE.name, RESOURCES)
    checked(asked.items(), (BY, PUBLISHER, *_filters(resource), *VIEWPOINT, *PAGING))
    by = _groups(asked, resource)
    filters = {name: value for name, value in asked.items() if name not in (*NOT_FILTERS, *VIEWPOINT_NAMES)}
    members: dict[str, Any] = {}

    def slips(reader: Reader) -> Slips:
        """The slips that are selected; what is said of all of them is noted."""
        own = {name: value for name, value in filters.items() if name != PUBLISHER.name}
        names = reader.meant(CATALOGUE[resource], own)
        found = Slips(reader, resource, {**filters, **names.filters})
        if not members:
            (summary,) = found.summaries()
            members.update(summary=summary, **({"groups": found.summaries(by)} if by else {}), **names.members())
        return found

    def fetch(viewpoint: Viewpoint, count: int | None, skip: int) -> Items:
        with engine.reader(viewpoint) as reader:
            return slips(reader).items(limit=count or 1, offset=skip)

    def fetch_all(viewpoint: Viewpoint, skip: int) -> Iterator[Items]:
        with engine.reader(viewpoint) as reader:
            yield from slips(reader).parts(offset=skip)

    page = read(engine, fetch, path="slips", parameters=parameters, fetch_all=fetch_all)
    return page.with_kinds({**CATALOGUE[resource].kinds, **_KINDS}).with_members(**members)


def _groups(asked: dict[str, str], resource: str) -> list[str]:
    """Takes what to group by out of what is asked. Raises Problem."""
    given = BY.name in asked
    by = texts_of(asked, BY.name)
    wrong = next((one for one in by if one not in SLIP_GROUPS), None)
    if wrong is not None or (given and not by):
        raise bad_parameter(BY.name, "choice", f"by takes {', '.join(SLIP_GROUPS)}, not {(wrong or '')[:40]!r}")
    if "stage" in by and resource not in (FACILITIES, "links"):
        raise bad_parameter(BY.name, "choice", f"by=stage is of facilities and links: {resource} have none")
    return by


def _filters(resource: str) -> list[Parameter]:
    """The filters of a resource that select slips."""
    return [one for one in parameters_of(CATALOGUE[resource]) if one.name not in _LEFT_OUT]


def _all_filters() -> list[Parameter]:
    """The filters of all resources, each once, with the values that any of them takes."""
    described: dict[str, Parameter] = {}
    of: dict[str, list[str]] = {}
    for resource in RESOURCES:
        for one in _filters(resource):
            of.setdefault(one.name, []).append(resource)
            known = described.setdefault(one.name, one)
            if known.schema != one.schema:
                choices = dict.fromkeys((*known.schema.get("enum", ()), *one.schema.get("enum", ())))
                described[one.name] = replace(known, schema={"type": "string", "enum": list(choices)})
    # An example would stand alone, and without its resource a filter is refused.
    return [
        replace(one, description=f"Of {', '.join(of[name])}: {one.description}", example=None)
        for name, one in described.items()
    ]


QUESTION = AuditQuestion(
    "slips",
    "How often and how far stated dates moved",
    DESCRIPTION,
    (RESOURCE, BY, PUBLISHER, *_all_filters(), *VIEWPOINT, *PAGING),
    ask,
    members=MEMBERS,
    columns=COLUMNS,
)
