"""How often a figure was revised, as it is kept beside its answers: the same after a catch-up and after a rebuild."""

from collections.abc import Sequence
from typing import Any

import pytest

from ledger import Ledger
from projections import Engine
from tests.oracle.rebuild_in_parts import rebuild_in_parts
from tests.projections.conftest import WORLD, Item
from tests.shared_tables import engine_of

ONE_STATEMENT = 2**32


def said(day: int, value: int | None, *, publisher: str = "usgs") -> Item:
    """A statement, or a withdrawal where it has no value, published on a day of January."""
    body: Item = {
        "type": "FigureWithdrawn" if value is None else "ProductionReported",
        "subject": "china",
        "metric": "mine_production",
        "period": "2023",
        "unit": "t",
        "published_at": f"2025-01-{day:02}",
        "source": {"publisher": publisher},
    }
    return body if value is None else {**body, "value": str(value)}


def counts(engine: Engine, day: int) -> tuple[int, int] | None:
    """Statements and revisions of the answer as of a day."""
    items = engine.read("figures", engine.viewpoint(as_of=f"2025-01-{day:02}")).to_pylist()
    return (items[0]["statements"], items[0]["revisions"]) if items else None


def kept(engine: Engine) -> list[tuple[int, int] | None]:
    """What is kept of each statement of China, in order of position."""
    with engine.reader(engine.viewpoint()) as reader:
        rows: list[Any] = reader.ask("SELECT tally FROM log.answer_intervals ORDER BY position, since")
    return [None if tally is None else divmod(tally, ONE_STATEMENT) for (tally,) in rows]


IN_TURN: dict[str, tuple[Sequence[int | None], list[tuple[int, int]]]] = {
    "the same again": ((1, 1, 1), [(1, 0), (2, 0), (3, 0)]),
    "another, and back": ((1, 2, 1), [(1, 0), (2, 1), (3, 2)]),
    "taken back, and the same": ((1, None, 1), [(1, 0), (3, 2)]),
    "taken back twice": ((1, None, None, 1), [(1, 0), (4, 3)]),
    "begun with a withdrawal": ((None, 1, 2), [(2, 2), (3, 3)]),
}


@pytest.mark.parametrize("name", IN_TURN)
def test_statements_that_come_in_turn_are_counted_as_they_come(name: str) -> None:
    values, expected = IN_TURN[name]
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append(WORLD)
        for day, value in enumerate(values, 1):
            ledger.append([said(day, value)])
            engine.catch_up()
        assert kept(engine) == expected
        assert counts(engine, 31) == expected[-1]
        rebuild_in_parts(engine)
        assert kept(engine) == expected


def test_a_series_that_moved_is_counted_when_it_is_asked_for() -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, said(1, 1), said(5, 2), said(9, 3), said(2, 7, publisher="bgs")])
        assert kept(engine) == [(1, 0), (2, 1), (3, 2), (1, 0)]
        ledger.append([said(3, 1)])
        engine.catch_up()
        assert set(kept(engine)) == {None, (1, 0)}, "only the other publisher's did not move"
        assert [counts(engine, day) for day in (1, 4, 6, 31)] == [(1, 0), (2, 0), (3, 1), (4, 2)]
        ledger.append([said(12, 3), said(13, 8, publisher="bgs")])
        engine.catch_up()
        assert counts(engine, 12) == (5, 2)
        assert counts(engine, 31) == (2, 1)
        before = engine.table("answer_intervals")
        rebuild_in_parts(engine)
        assert engine.table("answer_intervals") == before


def test_a_series_moves_where_something_is_taken_out_of_it() -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        first, _ = ledger.append([*WORLD, said(1, 1), said(5, 2)]).items[-2:]
        assert kept(engine) == [(1, 0), (2, 1)]
        retraction = {"type": "EventRetracted", "target": first["event_id"], "reason": "duplicate", "explanation": "-"}
        ledger.append([retraction])
        engine.catch_up()
        assert set(kept(engine)) == {None}
        ledger.append([said(9, 2)])
        engine.catch_up()
        assert set(kept(engine)) == {None}
        assert counts(engine, 31) == (2, 0)
        rebuild_in_parts(engine)
        assert set(kept(engine)) == {None}


def test_a_series_that_moves_leaves_alone_what_was_corrected_to_be_of_another() -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ours = ledger.append([*WORLD, said(1, 1), said(5, 2)]).items[-1]
        assert kept(engine) == [(1, 0), (2, 1)]
        misread = {"type": "EventCorrected", "reason": "transcription", "explanation": "another table"}
        ledger.append([{**misread, "target": ours["event_id"], "changes": {"source.publisher": "bgs"}}])
        engine.catch_up()
        assert set(kept(engine)) == {None, (1, 0)}
        ledger.append([said(9, 3)])
        engine.catch_up()
        assert set(kept(engine)) == {None, (1, 0)}, "the other publisher's did not move"
        before = engine.table("answer_intervals")
        rebuild_in_parts(engine)
        assert engine.table("answer_intervals") == before
