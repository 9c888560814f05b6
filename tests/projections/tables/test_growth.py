"""What histories cost that pile ten thousand of everything on one thing, counted in rows and in statements of SQL."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random

import pytest

from ledger import Ledger
from projections import Engine
from tests.logged_statements import logged_statements
from tests.projections.conftest import WORLD, Item
from tests.shared_tables import engine_of

FIRST = date(2000, 1, 1)
TARGET = "00000000-0000-4000-8000-00000000beef"


def statement(number: int, *, day: int | None = None, **fields: str) -> Item:
    """A statement on one and the same figure, of a day of its own."""
    return {
        "type": "ProductionReported",
        "subject": "world",
        "metric": "mine_production",
        "period": "2023",
        "value": str(number),
        "unit": "t",
        "published_at": (FIRST + timedelta(days=number if day is None else day)).isoformat(),
        "source": {"publisher": "usgs"},
        **fields,
    }


def shuffled(count: int) -> list[int]:
    numbers = list(range(count))
    Random(count).shuffle(numbers)
    return numbers


ORDERS: dict[str, Callable[[int], Sequence[int]]] = {
    "in turn": range,
    "newest first": lambda count: range(count - 1, -1, -1),
    "shuffled": shuffled,
}


@contextmanager
def caught_up(events: Sequence[Item], *, before: Sequence[Item] = ()) -> Iterator[tuple[Engine, int]]:
    """An engine that took events in at once after others, and how many statements of SQL that took."""
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, *before])
        with engine.reader(engine.viewpoint()) as reader:
            with logged_statements(reader) as statements:
                ledger.append(events)
                engine.catch_up()
                count = len(statements())
            yield engine, count


def rows_of(engine: Engine, table: str) -> int:
    return len(engine.table(table))


@pytest.mark.parametrize(("order", "same_day"), [*((order, False) for order in ORDERS), ("in turn", True)])
def test_statements_on_one_figure_cost_two_intervals_each_in_any_order(order: str, same_day: bool) -> None:
    counts = []
    for count in (1_100, 1_100, 1_600):  # the first time in a process some statements are prepared for good
        events = [statement(number, day=0 if same_day else None) for number in ORDERS[order](count)]
        with caught_up(events) as (engine, statements):
            counts.append(statements)
            assert rows_of(engine, "figures") == count
            assert rows_of(engine, "answer_intervals") <= 2.2 * count
    assert counts[1] == counts[2]


def intervals(engine: Engine) -> set[str]:
    with engine.reader(engine.viewpoint()) as reader:
        return {text for (text,) in reader.ask("SELECT CAST(made AS VARCHAR) FROM log.answer_intervals AS made")}


def test_one_more_statement_looks_at_its_neighbours_alone() -> None:
    """The first that comes late looks at all once: the series has no tallies from then on."""
    for count in (500, 1_500):
        with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
            ledger.append([*WORLD, *(statement(2 * number) for number in range(count))])
            engine.catch_up()
            in_turn = intervals(engine)
            ledger.append([statement(2 * count)])
            before = intervals(engine)
            assert len(before - in_turn) == 2
            assert len(in_turn - before) == 1
            ledger.append([statement(count // 2 * 2 + 1)])
            before = intervals(engine)
            assert len(before) == count + 1 + 2
            ledger.append([statement(count // 2 * 2 - 9)])
            after = intervals(engine)
            assert len(after - before) == 2 + 1
            assert len(before - after) == 1


def correction(number: int) -> Item:
    return {
        "type": "EventCorrected",
        "target": TARGET,
        "changes": {"value": str(number)},
        "reason": "transcription",
        "explanation": f"Read {number}.",
    }


def retracted_and_back(number: int) -> Item:
    kind = "EventRetracted" if number % 2 == 0 else "EventReinstated"
    reason = {"reason": "other"} if number % 2 == 0 else {}
    return {"type": kind, "target": TARGET, "explanation": f"Look {number}.", **reason}


@pytest.mark.parametrize("act", [correction, retracted_and_back])
def test_acts_on_one_event_cost_a_version_each(act: Callable[[int], Item]) -> None:
    counts = []
    for count in (40, 160):
        before = [statement(1), statement(2, event_id=TARGET), statement(3)]
        with caught_up([act(number) for number in range(count)], before=before) as (engine, statements):
            counts.append(statements)
            assert rows_of(engine, "figures") <= 3 + count
            assert rows_of(engine, "answer_intervals") <= 2.2 * rows_of(engine, "figures")
    assert counts[0] == counts[1]


def merges_of_pairs(count: int) -> list[Item]:
    return [merge(f"twin-{number}", f"place-{number}") for number in range(count)]


def merges_into_one(count: int) -> list[Item]:
    return [merge(f"place-{number}", "place-0") for number in range(1, count)]


def merge(merged: str, kept: str) -> Item:
    return {"type": "EntitiesMerged", "merged": merged, "kept": kept, "reason": "The same place."}


@pytest.mark.parametrize("merges", [merges_of_pairs, merges_into_one])
def test_merges_cost_what_they_move(merges: Callable[[int], list[Item]]) -> None:
    counts = []
    for count in (20, 80):
        slugs = [f"{kind}-{number}" for kind in ("place", "twin") for number in range(count)]
        before = [{"type": "EntityRegistered", "entity": slug, "kind": "country", "name": slug} for slug in slugs]
        before += [statement(1, subject=slug) for slug in slugs]
        events = merges(count)
        with caught_up(events, before=before) as (engine, statements):
            counts.append(statements)
            assert rows_of(engine, "figures") == len(slugs) + len(events)
            assert rows_of(engine, "slugs") <= 2 * len(events)
            assert rows_of(engine, "slug_groups") <= len(events)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("order", ORDERS)
def test_a_chain_of_merges_costs_what_it_moves(order: str) -> None:
    counts = []
    for count in (50, 200):
        slugs = [f"place-{number}" for number in range(count + 1)]
        before = [{"type": "EntityRegistered", "entity": slug, "kind": "country", "name": slug} for slug in slugs]
        before.append(statement(1, subject=slugs[-1]))
        events = [merge(slugs[number], slugs[number + 1]) for number in ORDERS[order](count)]
        with caught_up(events, before=before) as (engine, statements):
            counts.append(statements)
            assert rows_of(engine, "figures") == 1
            assert rows_of(engine, "slugs") + rows_of(engine, "slug_groups") <= 6 * count
    assert counts[0] == counts[1]


def test_names_corrected_one_by_one_are_taken_in_together() -> None:
    counts = []
    for count in (20, 80):
        ids = [f"00000000-0000-4000-8000-{number:012x}" for number in range(count)]
        before = [
            {"type": "EntityRegistered", "entity": f"place-{number}", "kind": "country", "name": "X", "event_id": one}
            for number, one in enumerate(ids)
        ]
        events = [{**correction(1), "target": one, "changes": {"name": "Y"}} for one in ids]
        with caught_up(events, before=before) as (_, statements):
            counts.append(statements)
    assert counts[0] == counts[1]
