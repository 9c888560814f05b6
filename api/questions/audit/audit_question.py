"""What a question of the audit is to the server and to the command line, and how its parameters are read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from api.problems import bad_parameter
from api.questions.name_hints import HINTS, names_taken
from api.questions.page import NOT_FILTERS, VIEWPOINT_NAMES, Items, Page, read
from api.questions.parameters import Parameter, check_moment
from api.questions.resources import parameters_of
from ledger.values import parse_moment
from projections import SERIES, Inquiry, Reader, Viewpoint
from projections.audit import Findings

SERIES_PARAMETERS = parameters_of(SERIES)
"""The filters of a series, the viewpoint and the page."""
LIST_MAX = 1000
RELEASE_MAX = 1000
"""The n-th release of a figure that can be asked for."""
MONTHS_MAX = 600
"""How long after the end of a period it can be asked what was known."""
TEXT_OR_NULL: Mapping[str, Any] = {"type": ["string", "null"]}
"""The JSON Schema of a member that is a text, or null where there is nothing to say."""


class Ask(Protocol):
    """Answers a question from its parameters. Raises Problem."""

    def __call__(self, engine: Inquiry, parameters: Mapping[str, str], /) -> Page:
        """The page that answers."""


@dataclass(frozen=True)
class AuditQuestion:
    """A question: `name` is its path under `/v1` and its command.

    The description holds an example request, which the tests run. `members` are the JSON Schemas of what stands beside
    the items; `columns` are those that fit on a terminal (none: all), every other format has all. `thing_columns` are
    those of answers about things, by resource.
    """

    name: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    ask: Ask
    members: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    thing_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def columns_of(self, parameters: Mapping[str, str]) -> tuple[str, ...]:
        """The columns of an answer that fit on a terminal."""
        return self.thing_columns.get(parameters.get("resource", ""), self.columns)


def page_of(
    engine: Inquiry,
    name: str,
    parameters: Mapping[str, str],
    find: Callable[[Reader, dict[str, str]], Findings],
    *,
    apart: Sequence[str] = (),
) -> Page:
    """A page of what `find` gives for a reader at the viewpoint and those parameters that are about series.

    Names in those `apart` are taken as they are. The members are about all findings, not about those on the page.
    Raises Problem.
    """

    def cut(reader: Reader, asked: dict[str, str], limit: int | None, offset: int) -> Findings:
        findings = find(reader, asked)
        return findings._replace(items=findings.items[offset:][:limit])

    return page_from(engine, name, parameters, cut, apart=apart)


def page_from(
    engine: Inquiry,
    name: str,
    parameters: Mapping[str, str],
    find: Callable[[Reader, dict[str, Any], int | None, int], Findings],
    *,
    apart: Sequence[str] = (),
) -> Page:
    """A page of what `find` gives, which takes as well how many items are wanted (None: all) and come before.

    Names in the parameters `apart` are taken as they are: they are not those of figures.
    """
    asked = {key: value for key, value in parameters.items() if key not in (*NOT_FILTERS, *VIEWPOINT_NAMES)}
    members: dict[str, Any] = {}

    def fetch(viewpoint: Viewpoint, count: int | None, skip: int) -> Items:
        with engine.reader(viewpoint) as reader:
            names = names_taken(reader, {name: text for name, text in asked.items() if name not in apart})
            as_they_are = {name: asked[name] for name in apart if name in asked}
            findings = find(reader, {**names.filters, **as_they_are}, count, 0 if count is None else skip)
        members.update({**findings.members, **names.members})
        if hints := [*findings.members.get(HINTS, ()), *names.members.get(HINTS, ())]:
            members[HINTS] = hints
        return findings.items[skip:] if count is None else findings.items

    page = read(engine, fetch, path=name, parameters=parameters)
    return page.with_members(**members)


def texts_of(asked: dict[str, str], name: str) -> list[str]:
    """Takes a parameter out of what is asked: texts with commas between, each once. Raises Problem for too many."""
    texts = [text.strip() for text in asked.pop(name, "").split(",")]
    if len(texts) > LIST_MAX:
        raise bad_parameter(name, "too_many", f"{name}: {len(texts)} values are too many; {LIST_MAX} at most")
    return list(dict.fromkeys(text for text in texts if text))


def whole_numbers_of(asked: dict[str, str], name: str, *, highest: int) -> list[int]:
    """Takes a parameter out of what is asked: whole numbers from 1 to `highest`, with commas between."""
    return [whole_number(name, text, lowest=1, highest=highest) for text in texts_of(asked, name)]


def whole_number(name: str, text: str, *, lowest: int, highest: int) -> int:
    """A whole number in a range. Raises Problem."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and lowest <= int(text) <= highest):
        raise bad_parameter(name, "range", f"{name}: {text[:40]!r} is no whole number from {lowest} to {highest}")
    return int(text)


def choice_of(asked: dict[str, str], name: str, choices: Sequence[str]) -> str:
    """Takes a parameter out of what is asked: one of the choices, the first by default. Raises Problem."""
    text = asked.pop(name, choices[0])
    if text not in choices:
        raise bad_parameter(name, "choice", f"{name} is one of {', '.join(choices)}, not {text[:40]!r}")
    return text


def choices_of(asked: dict[str, str], name: str, choices: Sequence[str]) -> list[str]:
    """Takes a parameter out of what is asked: some of the choices, commas between; all by default. Raises Problem."""
    if name not in asked:
        return list(choices)
    texts = texts_of(asked, name)
    wrong = next((text for text in texts if text not in choices), None)
    if wrong is not None or not texts:
        given = "nothing" if wrong is None else repr(wrong[:40])
        raise bad_parameter(name, "choice", f"{name} is some of {', '.join(choices)}, not {given}")
    return texts


def moments_of(asked: dict[str, str], name: str) -> list[tuple[str, datetime]]:
    """Takes a parameter out of what is asked: days or instants with commas between, and the end of each."""
    moments = []
    for text in texts_of(asked, name):
        check_moment(name, text)
        moments.append((text, parse_moment(text).end))
    return moments
