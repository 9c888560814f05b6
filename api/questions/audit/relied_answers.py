"""Answers that somebody relies on, asked again: what differs between two viewpoints in the answer to their question."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from api.problems import Problem
from api.questions.audit.audit_question import choice_of, texts_of
from api.questions.audit.derived_question import METRIC, PLACE_FILTERS, hints_of
from api.questions.audit.derived_question import OWN as OF_DERIVED
from api.questions.audit.diff_question import compared, stood_at
from api.questions.audit.resource_parameters import RESOURCE
from api.questions.audit.thing_differences import AT
from api.questions.hanging_answers import HANGS_ON
from api.questions.name_hints import HINTS, names_taken
from api.questions.page import Page, decoded, encoded, filters_of
from api.questions.parameters import PAGING, VIEWPOINT, check_moment, checked
from api.questions.resources import list_parameters_of
from api.questions.unit_conversion import CONVERSION
from ledger.values import POSITION_PREFIX, instant_text, parse_moment
from projections import CATALOGUE, FIGURES, THINGS, Inquiry, Viewpoint
from projections.audit import COMPUTED, Reliance, derived_differences

DERIVED = "derived"
RELIED_ON = (FIGURES.name, DERIVED, *(name for name in CATALOGUE if name in THINGS))
DERIVED_IDENTITY = ("metric", "subject", "material", "dimensions", "nature", "period_start", "period_end")
"""The columns that name a derived figure."""
_NOT_COMPARED = ("sort", *(one.name for one in (*CONVERSION, HANGS_ON)))


class ReliedAnswer(NamedTuple):
    """The question of an answer: what it is about, and its parameters by name."""

    resource: str
    parameters: Mapping[str, str]


def relied_answer(one: Reliance) -> ReliedAnswer:
    """The answer of a reliance. Raises Problem."""
    path = urlsplit(one.question)
    resource, _, thing = path.path.removeprefix("/v1/").partition("/")
    if resource not in RELIED_ON or (thing and resource == DERIVED):
        resources = ", ".join(RELIED_ON)
        raise Problem(422, "bad-parameter", f"{path.path} is not one of the lists that can be relied on: {resources}")
    known = (
        (*OF_DERIVED, *PLACE_FILTERS, *VIEWPOINT, *PAGING)
        if resource == DERIVED
        else list_parameters_of(CATALOGUE[resource])
    )
    asked = checked(parse_qsl(path.query, keep_blank_values=True), known)
    if thing:
        asked["figure_id" if resource == FIGURES.name else str(CATALOGUE[resource].slug)] = thing
    if one.effective_at is not None:
        asked.setdefault(AT.name, one.effective_at)
    return ReliedAnswer(resource, asked)


def relied_viewpoint(one: Reliance, answer: ReliedAnswer) -> dict[str, str]:
    """The `as_of` and `recorded_as_of` of an answer: of its basis, else its own address, else its registration."""
    known = {"as_of": one.registered_at, "recorded_as_of": f"{POSITION_PREFIX}{one.position}"}
    return {name: getattr(one, name) or answer.parameters.get(name) or known[name] for name in known}


def answer_changes(
    engine: Inquiry,
    answer: ReliedAnswer,
    then: Mapping[str, str],
    now: Viewpoint,
    *,
    limit: int,
    asked: str,
    cursor: str | None = None,
) -> Page:
    """What differs between the answer `then` (its `as_of` and `recorded_as_of`) and now, `limit` at most: the first,
    or those that a `cursor` of another page leads to. `asked` marks the question in cursors. Raises Problem.
    """
    _check_is_past(then, now)
    if answer.resource == DERIVED:
        skip = 0 if cursor is None else int(decoded(cursor, asked, kinds=(int,))[0])
        page = _derived_changes(engine, answer.parameters, then, now)
        following = encoded([skip + limit], asked) if len(page.items) > skip + limit else None
        return replace(page, items=list(page.items)[skip:][:limit], next=following)
    of_things = answer.resource != FIGURES.name
    parameters = {
        **filters_of(answer.parameters, besides=_NOT_COMPARED),
        **({RESOURCE.name: answer.resource} if of_things else {}),
        **({AT.name: answer.parameters[AT.name]} if of_things and AT.name in answer.parameters else {}),
        **{f"from_{name}": text for name, text in then.items()},
        "to_as_of": instant_text(now.as_of),
        "to_recorded_as_of": f"{POSITION_PREFIX}{now.position}",
        "limit": str(limit),
        **({} if cursor is None else {"cursor": cursor}),
    }
    return compared(engine, parameters, asked=asked, names={f"from_{name}": name for name in then})


def _check_is_past(then: Mapping[str, str], now: Viewpoint) -> None:
    """Raises Problem where the answer that is relied on is of later than the viewpoint: it cannot have changed yet."""
    moment, place = parse_moment(then["as_of"]).end, then["recorded_as_of"].removeprefix(POSITION_PREFIX)
    if moment > now.as_of or (place.isdigit() and int(place) > now.position):
        of = f"{then['as_of']} and {then['recorded_as_of']}"
        raise Problem(422, "bad-parameter", f"The answer is as of {of}, which is of later than the viewpoint asked.")


def _derived_changes(engine: Inquiry, parameters: Mapping[str, str], then: Mapping[str, str], now: Viewpoint) -> Page:
    published = check_moment("as_of", then["as_of"])
    before = stood_at(engine, "recorded_as_of", then["recorded_as_of"], as_of=published)
    given = dict(filters_of(parameters))
    metrics, computed = texts_of(given, METRIC), choice_of(given, "computed", COMPUTED)
    with engine.reader(before) as earlier, engine.reader(now) as later:
        taken = names_taken(later, given)
        changes = derived_differences(earlier, later, taken.filters, metrics=metrics, computed=computed)
        hints = [*taken.members.get(HINTS, ()), *hints_of(later, metrics).get(HINTS, ())]
    basis = {"from": before.basis(), "to": now.basis()}
    return Page(changes, basis, more={HINTS: hints} if hints else {})
