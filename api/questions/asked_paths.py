"""Asked paths: the question that a path of the API asks, for whoever has to put it again.

`/v1/figures/9c1b…/history` asks for the history of a figure. A question that is to be answered the same for ever is
*pinned*: its viewpoint is written into its parameters, as the basis of an answer has it.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from api.questions.audit import AUDIT_QUESTIONS, AuditQuestion
from api.questions.audit.audit_question import Ask
from api.questions.page import NOT_FILTERS, VIEWPOINT_NAMES, Page, mark_of, marked_anew
from api.questions.parameters import PAGING, VIEWPOINT, Parameter
from api.questions.resources import EVENTS, HISTORY, event, events, history, list_parameters_of, one, state
from api.questions.thing_history import THING_HISTORY, WITH_HISTORY, thing_history
from projections import CATALOGUE, FIGURES, Inquiry, Projection

API_PREFIX = "/v1/"
ONE = (*VIEWPOINT, *PAGING)
_AUDIT = {question.name: question for question in AUDIT_QUESTIONS}
_HISTORIES = {projection.name: projection for projection in WITH_HISTORY}

Pin = Callable[[Mapping[str, str], Page], dict[str, str]]
"""(the parameters, the page that answered) -> the parameters that fix its viewpoint"""


class AskedQuestion(NamedTuple):
    """A question: its parameters, what answers it, how its viewpoint is fixed, and what its cursors are marked with.

    `about_one` says whether it is about one thing alone, of which every event can be shown.
    """

    known: tuple[Parameter, ...]
    ask: Ask
    mark: str
    pin: Pin
    about_one: bool = False

    def pinned(self, parameters: Mapping[str, str], page: Page) -> dict[str, str]:
        """The parameters of the same question at the viewpoint of the page that answered it, and that alone."""
        kept = {name: text for name, text in parameters.items() if name not in _OF_THE_FORM}
        fixed = {**kept, **self.pin(parameters, page)}
        if "cursor" in fixed:
            fixed["cursor"] = marked_anew(fixed["cursor"], mark_of(self.mark, fixed))
        return fixed

    def following(self, page: Page, pinned: Mapping[str, str]) -> str | None:
        """The cursor of the next page of the pinned question."""
        return None if page.next is None else marked_anew(page.next, mark_of(self.mark, pinned))


_OF_THE_FORM = tuple(name for name in NOT_FILTERS if name not in ("limit", "cursor"))


def question_at(path: str) -> AskedQuestion | None:
    """The question that a path asks; None where it asks none that can be pinned."""
    name, _, rest = path.removeprefix(API_PREFIX).partition("/") if path.startswith(API_PREFIX) else ("", "", "")
    if name == "events":
        return AskedQuestion(EVENTS, events, "events", _pin_log) if not rest else _event(rest)
    if not rest:
        return _list(name)
    thing, _, last = rest.rpartition("/")
    if last == "history" and thing:
        return _history(name, thing)
    projection = CATALOGUE.get(name)
    if projection is None or projection.slug is None or "/" in rest:
        return None
    return AskedQuestion(ONE, partial(_one, projection, rest), f"{name}/{rest}", _pin, about_one=True)


def _list(name: str) -> AskedQuestion | None:
    if name in _AUDIT:
        question: AuditQuestion = _AUDIT[name]
        return AskedQuestion(question.parameters, question.ask, name, _PINS.get(name, _pin))
    projection = CATALOGUE.get(name)
    if projection is None:
        return None
    return AskedQuestion(list_parameters_of(projection), partial(_state, projection), name, _pin)


def _history(name: str, thing: str) -> AskedQuestion | None:
    if name == FIGURES.name and "/" not in thing:
        return AskedQuestion(HISTORY, partial(_figure_history, thing), f"history/{_as_uuid(thing)}", _pin, True)
    projection = _HISTORIES.get(name)
    if projection is None or ("/" in thing and not projection.known_by):
        return None
    return AskedQuestion(THING_HISTORY, partial(_thing, projection, thing), f"{name}/{thing}/history", _pin, True)


def _event(event_id: str) -> AskedQuestion:
    return AskedQuestion(ONE, partial(_one_event, event_id), f"events/{_as_uuid(event_id)}", _pin_log)


def _state(projection: Projection, engine: Inquiry, parameters: Mapping[str, str], /) -> Page:
    return state(engine, projection, parameters)


def _one(projection: Projection, slug: str, engine: Inquiry, parameters: Mapping[str, str], /) -> Page:
    return one(engine, projection, slug, parameters)


def _thing(projection: Projection, name: str, engine: Inquiry, parameters: Mapping[str, str], /) -> Page:
    return thing_history(engine, projection, name, parameters)


def _figure_history(figure_id: str, engine: Inquiry, parameters: Mapping[str, str], /) -> Page:
    return history(engine, figure_id, parameters)


def _one_event(event_id: str, engine: Inquiry, parameters: Mapping[str, str], /) -> Page:
    return event(engine, event_id, parameters)


def _as_uuid(text: str) -> str:
    """An id as it marks cursors; what is none is not answered at all."""
    try:
        return str(UUID(text))
    except ValueError:
        return text


# How the viewpoint of each kind of question is fixed


def _pin(parameters: Mapping[str, str], page: Page) -> dict[str, str]:
    """One viewpoint, on three clocks."""
    return {name: page.basis[name] for name in VIEWPOINT_NAMES}


def _pin_log(parameters: Mapping[str, str], page: Page) -> dict[str, str]:
    """The log is cut by publication only where that was asked for."""
    named = [name for name in VIEWPOINT_NAMES if name in parameters]
    return {name: page.basis[name] for name in (*named, "recorded_as_of")}


def _pin_diff(parameters: Mapping[str, str], page: Page) -> dict[str, str]:
    """Two viewpoints."""
    return {f"{side}_{name}": page.basis[side][name] for side in ("from", "to") for name in VIEWPOINT_NAMES[:2]}


def _pin_impact(parameters: Mapping[str, str], page: Page) -> dict[str, str]:
    """Two places on the ledger clock, and one publication clock."""
    before, after = page.basis["from"], page.basis["to"]
    fixed = {"recorded_from": before["recorded_as_of"], "recorded_to": after["recorded_as_of"]}
    return {**fixed, "as_of": before["as_of"]}


def _pin_concentration(parameters: Mapping[str, str], page: Page) -> dict[str, str]:
    """One viewpoint, and the one that it is compared with, if there is one."""
    compared: Mapping[str, Any] = page.more.get("compared_with", {})
    fixed = {f"compare_{name}": compared[name] for name in VIEWPOINT_NAMES[:2] if name in compared}
    fixed |= _pin(parameters, page)
    if "effective_at" not in parameters:
        del fixed["effective_at"]  # Each of the two has its own `as_of` for it.
    return fixed


_PINS: Mapping[str, Pin] = {"diff": _pin_diff, "impact": _pin_impact, "concentration": _pin_concentration}
