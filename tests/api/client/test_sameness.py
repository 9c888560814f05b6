"""A book gives the same here and over HTTP: every resource, every question, at random viewpoints."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from api.client import Book, BookError, Refusal, Result, Viewpoint
from api.client.book_questions import questions
from ledger.values import instant_text
from projections import Engine
from projections.queries.touched_things import THINGS
from tests.api.client.doors import both, same
from tests.depth import seeds
from tests.oracle.histories import random_viewpoint
from tests.properties.test_viewpoints import recorded

POLICY = "china-announcement-61-2025"
DAYS = ("2026-03-01", "2025-12-31", "2024-06-30")
NEEDS: dict[str, dict[str, str]] = {
    "search": {"q": "china"},
    "trace": {"entity": "lynas-rare-earths"},
    "concentration": {"metric": "mine_production", "period": "2023"},
    "impact": {"recorded_from": "position:100"},
}
"""What a question cannot do without."""
NONE_SHIPPED = ("definitions", "derived", "derived_vintages", "links", "preferences", "reliance", "risks", "trace")
"""Of these the shipped ledger has nothing; generated histories have, or the tests of their own."""
LIMITS = {"vintages": 400, "revisions": 200, "scorecards": 200}
"""Questions of which all rows would take long."""


@pytest.fixture(scope="module")
def books(shipped: Engine) -> Iterator[tuple[Book, Book]]:
    with both(shipped) as both_books:
        yield both_books


def asked(view: Any, name: str, **filters: Any) -> Result:
    """The result of a question; where it is refused, an empty one would not tell why."""
    result: Result = getattr(view, name)(**NEEDS.get(name, {}), **filters)
    return result


@pytest.mark.parametrize("name", [name for name in questions() if name not in ("diff", "event_types")])
def test_the_shipped_ledger_answers_every_question_the_same_through_both_doors(
    name: str, books: tuple[Book, Book]
) -> None:
    counts = []
    for as_of in DAYS[: 3 if name in ("figures", "policies") else 1]:
        # `impact` has no ledger clock of its own: it compares two states of the record.
        at = Viewpoint(as_of, recorded_as_of=None if name == "impact" else "position:1300")
        limit = LIMITS.get(name)
        counts.append(len(same(*(asked(book.at(at), name, limit=limit) for book in books))))
    assert bool(sum(counts)) is (name not in NONE_SHIPPED)


def test_differences_histories_and_types_of_events_are_the_same_too(books: tuple[Book, Book]) -> None:
    early, late = Viewpoint("2025-12-31", recorded_as_of=1300), Viewpoint("2026-03-01", recorded_as_of=1300)
    assert same(*(book.at(early).diff(book.at(late), metric="mine_production") for book in books))
    assert same(*(book.at(Viewpoint("2023")).diff(book.at(late), resource="policies") for book in books))
    (figure,) = {row["figure_id"] for row in books[0].at(late).figures(limit=1)}
    for clock in ("publication", "ledger"):
        assert same(*(book.at(late).history(figure, clock=clock) for book in books))
        assert same(
            *(book.at(late).history("china-announcement-61-2025", of="policies", clock=clock) for book in books)
        )
    assert same(*(book.at(late).policies("china-announcement-61-2025") for book in books))
    assert same(*(book.at(late).events(type=["PolicySuspended"]) for book in books))
    event = books[0].events(limit=1).rows()[0]["event_id"]
    assert same(*(book.at(Viewpoint(recorded_as_of=1300)).event(event) for book in books))
    assert same(*(book.event_types() for book in books))


@pytest.mark.parametrize("refused", ["figures", "events"])
def test_what_one_door_refuses_the_other_refuses_in_the_same_words(refused: str, books: tuple[Book, Book]) -> None:
    told = []
    for book in books:
        with pytest.raises(Refusal) as refusal:
            getattr(book, refused)(subjct="china")
        told.append(refusal.value.problem)
    assert told[0] == told[1]


def test_a_viewpoint_that_a_question_does_not_know_is_not_passed_over(books: tuple[Book, Book]) -> None:
    for book in books:
        with pytest.raises(BookError, match="knows no recorded_as_of"):
            book.as_of("2025", recorded_as_of=100).impact(recorded_from="position:1")


@pytest.mark.parametrize("seed", seeds(ordinarily=1, first=7, one_in=20))
def test_generated_histories_are_told_the_same_at_random_viewpoints(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        with both(engine) as (local, remote):
            for _ in range(3):
                at = random_viewpoint(rng, events)
                view = Viewpoint(instant_text(at.as_of), at.position, instant_text(at.effective_at))
                for name in (*THINGS, "figures", "statements", "entities", "catalogue"):
                    same(*(asked(book.at(view), name) for book in (local, remote)))
                same(*(book.at(view).figures(resolve="all") for book in (local, remote)))
                same(*(book.at(view).events() for book in (local, remote)))
