"""Ids of figures where slugs were merged: what they answer to, and what it costs to find out, counted in statements."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from uuid import UUID

import pytest

from ledger.events import figure_id
from ledger.values import parse_period
from projections import Engine
from projections.queries.figure_keys import keys_by_other_names
from tests.logged_statements import logged_statements
from tests.projections.conftest import IDS, Book, figure, merge, retraction

NEVER = "00000000-0000-4000-8000-00000000dead"


def id_by(subject: str, *, period: str = "2023") -> str:
    """The id of world mine production, with another subject."""
    return str(
        figure_id(
            subject=subject,
            metric="mine_production",
            material=None,
            dimensions=None,
            nature="observed",
            period=parse_period(period),
            canonical_unit="t",
        )
    )


def registered(*slugs: str) -> list[dict[str, str]]:
    return [{"type": "EntityRegistered", "entity": slug, "kind": "country", "name": slug} for slug in slugs]


def chain(book: Book, count: int) -> list[str]:
    """Slugs of which each was merged into the next, after a statement on the first."""
    slugs = [f"place-{number}" for number in range(count + 1)]
    book.record(*registered(*slugs), figure(subject=slugs[0]))
    book.record(*(merge(merged=one, kept=other) for one, other in pairwise(slugs)))
    return slugs


def statements_for(engine: Engine, ask: Callable[[], object]) -> int:
    """How many statements of SQL a question takes."""
    with engine.reader(engine.viewpoint()) as reader, logged_statements(reader) as statements:
        ask()
        return len(statements())


def test_an_id_that_no_event_ever_had_is_looked_for_once_whatever_was_merged() -> None:
    counts = []
    for count in (5, 20):
        book = Book()
        chain(book, count)
        assert book.history(NEVER, clock="ledger") == []
        counts.append(statements_for(book.engine, partial(book.history, NEVER, clock="ledger")))
        book.close()
    assert counts[0] == counts[1]


def test_many_ids_are_resolved_together() -> None:
    counts = []
    for count in (5, 20):
        book = Book()
        slugs = [f"place-{number}" for number in range(count)]
        others = [f"other-{number}" for number in range(count)]
        book.record(*registered(*slugs, *others), *(figure(subject=slug) for slug in slugs))
        book.record(*(merge(merged=other, kept=slug) for slug, other in zip(slugs, others, strict=True)))
        filters = {"figure_id": [*map(id_by, others), NEVER]}
        assert [item["subject"] for item in book.ask("figures", filters=filters)] == sorted(slugs)
        counts.append(statements_for(book.engine, partial(book.ask, "figures", filters=filters)))
        book.close()
    assert counts[0] == counts[1]


def test_a_key_is_tried_once_with_each_name_however_often_its_subject_moved(book: Book) -> None:
    slugs = chain(book, 30)
    with book.engine.reader(book.engine.viewpoint()) as reader:
        tried = keys_by_other_names(reader.ask, [UUID(NEVER)], [set(slugs)], at=book.ledger.head())
        assert list(tried) == [None] * len(slugs)


@pytest.mark.parametrize("place", [0, 15, 30])
def test_every_name_in_a_chain_answers(book: Book, place: int) -> None:
    slugs = chain(book, 30)
    item = book.one("figures", filters={"figure_id": id_by(slugs[place])})
    assert item["figure_id"] == id_by(slugs[-1])


def test_an_id_by_another_name_answered_as_long_as_that_meant_the_same(book: Book) -> None:
    book.record(figure("7", subject="china"))
    merged = book.record(merge(merged="prc", kept="china", event_id=IDS[1]))
    assert book.one("figures", filters={"figure_id": id_by("prc")})["value"] == "7"
    parted = book.record(retraction(IDS[1]))
    assert book.ask("figures", filters={"figure_id": id_by("prc")}) == []
    changes = book.history(id_by("prc"), clock="ledger")
    assert [(one["position"], one["value"]) for one in changes] == [(merged, "7"), (parted, None)]
