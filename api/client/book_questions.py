"""What a book can be asked, at a viewpoint: every resource and every question of the audit, found by themselves.

A new projection, or a new question of the audit, is a method here as soon as it is in the catalogue: its parameters
are the filters, and its description the help.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from inspect import Parameter as Argument
from inspect import Signature
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from api.client.door import Door
from api.client.door_errors import BookError
from api.client.figure_chart import Chart
from api.client.filter_texts import FilterValue, parameters_of
from api.client.result import Answer, Result, WholeAnswer

if TYPE_CHECKING:
    from api.client.book_viewpoint import Viewpoint
    from api.questions.parameters import Parameter

OF_THE_PAGE = ("cursor", "format", "safe", "receipt")
"""Parameters that the door itself sets."""
CLOCK_NAMES = ("as_of", "recorded_as_of", "effective_at")
DIFF = "diff"


class Ask(Protocol):
    """A question, ready to be asked."""

    def __call__(self, thing: str | None = None, /, *, limit: int | None = None, **filters: FilterValue) -> Result:
        """The result. `thing` is the slug of one, where it is asked for one alone."""


class BookQuestion(NamedTuple):
    """A question that a book can be asked: its path, what it asks in words, and its parameters."""

    path: str
    summary: str
    parameters: "tuple[Parameter, ...]"

    @property
    def filters(self) -> "tuple[Parameter, ...]":
        """The parameters that are written as filters."""
        return tuple(one for one in self.parameters if one.name not in (*OF_THE_PAGE, *CLOCK_NAMES, "limit"))


@cache
def questions() -> Mapping[str, BookQuestion]:
    """Every question by the name of its method: from the catalogue, and of the audit."""
    from api.questions.audit import AUDIT_QUESTIONS
    from api.questions.parameters import PAGING
    from api.questions.resources import EVENTS, list_parameters_of
    from projections import CATALOGUE

    found = {
        "events": BookQuestion("/v1/events", "The log in order, as it was recorded", EVENTS),
        "event_types": BookQuestion("/v1/event-types", "What can be recorded: every type of event", PAGING),
    }
    for projection in CATALOGUE.values():
        found[_method(projection.name)] = BookQuestion(
            f"/v1/{projection.name}", projection.description, list_parameters_of(projection)
        )
    for question in AUDIT_QUESTIONS:
        found[_method(question.name)] = BookQuestion(f"/v1/{question.name}", question.summary, question.parameters)
    return found


class Questions:
    """What can be asked at a viewpoint. `dir()` lists it; `help()` of each tells its filters.

    >>> then = book.as_of("2025-12-15", effective_at="2025-12-15")
    >>> [row["status"] for row in then.policies("china-announcement-61-2025")]
    ['suspended']
    >>> then.polices
    Traceback (most recent call last):
    AttributeError: A book is asked nothing called 'polices'; there are: policies
    """

    def _at(self) -> "tuple[Door, Viewpoint]":
        """The door, and from when to look."""
        raise NotImplementedError

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *questions()})

    def __getattr__(self, name: str) -> Ask:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in questions():
            near = get_close_matches(name, questions(), n=3) or sorted(questions())
            raise AttributeError(f"A book is asked nothing called {name!r}; there are: {', '.join(near)}")
        return self._question(name)

    def history(
        self,
        thing: str,
        /,
        *,
        of: str = "figures",
        clock: str | None = None,
        limit: int | None = None,
        **filters: FilterValue,
    ) -> Result:
        """How a figure got where it is, by its figure_id; or, `of` another resource, a thing by its slug.

        `clock="publication"` (the default) is what the world said, `"ledger"` what this ledger answered.

        >>> (figure,) = book.figures(subject="australia", metric="mine_production", publisher="usgs", period="2024")
        >>> said = book.history(figure["figure_id"])
        >>> [(row["published_at"], row["value"]) for row in said if row["publisher"] == "usgs"]
        [('2025-01-31', '13000'), ('2025', '13000'), ('2026-02-06', '29000')]
        """
        return self._result(f"/v1/{of}/{thing}/history", {"clock": clock, **filters}, limit)

    def event(self, event_id: str, /) -> Result:
        """One event, what it says at the viewpoint, and what was done to it since."""
        return self._result(f"/v1/events/{event_id}", {}, None)

    def diff(self, other: "Viewpoint", /, *, limit: int | None = None, **filters: FilterValue) -> Result:
        """What differs at another viewpoint, and the events that made the difference: from this one to the other.

        `resource="policies"` and others compares these instead of figures.

        >>> (row,) = book.as_of("2025-12-31").diff(book.as_of("2026-03-01"), subject="nigeria", period="2024")
        >>> row["kind"], row["change"], row["causes"][0]["published_at"]
        ('changed', Decimal('-11500'), '2026-02-06')
        """
        door, here = self._at()
        sides = {"from": here.clocks(), "to": other.clocks()}
        clocks = {f"{side}_{name}": one[name] for side, one in sides.items() for name in CLOCK_NAMES[:2] if name in one}
        at, *others = {one.get("effective_at") for one in sides.values()}
        if others:
            raise BookError("effective_at is one instant for both viewpoints of a diff: set the same, or leave it out.")
        effective = {} if at is None else {"effective_at": at}
        return Result(Answer(door, "/v1/diff", {**clocks, **effective, **parameters_of(filters)}, limit))

    def sql(self, statement: str, /) -> Result:
        """The rows of one SELECT over the public tables, which are cut to the viewpoint.

        >>> quota = "SELECT subject, canonical_value FROM figures WHERE metric = 'mining_quota' AND value = '255000'"
        >>> [float(row["canonical_value"]) for row in book.as_of("2024").sql(quota)]
        [255000.0]
        """
        door, here = self._at()
        return Result(WholeAnswer("sql", door.sql({"sql": statement, **here.clocks()})))

    def chart(self, figure_id: str | None = None, /, **filters: FilterValue) -> Chart:
        """The chart of one figure's vintages, by its figure_id; or of all figures that the filters choose, over their
        periods.

        >>> book.as_of("2025").chart(subject="china", metric="mine_production").svg()[:4]
        '<svg'
        """
        door, here = self._at()
        if figure_id is not None:
            return Chart(door, "vintages", {"figure_id": figure_id, **here.clocks(), **parameters_of(filters)})
        return Chart(door, "series", {**here.clocks(), **parameters_of(filters)})

    def _question(self, name: str) -> Ask:
        """The method of a question, which says its filters to whoever looks at it."""
        question = questions()[name]

        def ask(thing: str | None = None, /, *, limit: int | None = None, **filters: FilterValue) -> Result:
            path = question.path if thing is None else f"{question.path}/{thing}"
            return self._result(path, filters, limit, known=question.parameters if thing is None else None)

        ask.__name__ = ask.__qualname__ = name
        ask.__doc__ = _help(question)
        ask.__signature__ = _signature(question)  # type: ignore[attr-defined]
        return ask

    def _result(
        self,
        path: str,
        filters: Mapping[str, FilterValue],
        limit: int | None,
        known: "tuple[Parameter, ...] | None" = None,
    ) -> Result:
        door, here = self._at()
        clocks = here.clocks()
        if known is not None and (unknown := clocks.keys() - {one.name for one in known}):
            raise BookError(
                f"{path.rpartition('/')[2]} knows no {' and no '.join(sorted(unknown))}: "
                "ask at a viewpoint without, and look at its filters."
            )
        return Result(Answer(door, path, {**clocks, **parameters_of(filters)}, limit))


def _method(name: str) -> str:
    return name.replace("-", "_")


def _help(question: BookQuestion) -> str:
    lines = [f"{question.summary.rstrip('.')}.", "", "Filters:"]
    lines += [f"    {one.name}: {' '.join(one.description.split())}" for one in question.filters]
    return "\n".join(lines) if question.filters else lines[0]


def _signature(question: BookQuestion) -> Signature:
    """The filters as arguments, where their names can be: `dimension.*` is `dimension`, a dictionary."""
    names = dict.fromkeys(one.name.partition(".")[0] for one in question.filters)
    arguments = [Argument("thing", Argument.POSITIONAL_ONLY, default=None, annotation=str | None)]
    arguments += [Argument(name, Argument.KEYWORD_ONLY, default=None) for name in (*names, "limit") if _is_name(name)]
    return Signature(arguments, return_annotation=Result)


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name.isidentifier()
