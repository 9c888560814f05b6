"""A question that has used up its time or its memory, or whose client has gone, ends wherever it is."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ledger import Ledger
from projections import Abandoned, Allowance, Engine, OutOfMemory, OutOfTime, Reader
from projections.queries.allowance import CELL_BYTES, ROWS_BETWEEN_LOOKS
from tests.ledger.conftest import WORLD, figure
from tests.patience import PATIENCE_S
from tests.shared_tables import engine_of

ROWS = "range(3000000000) AS rows(one)"
ENDLESS = {
    "a scan": f"SELECT COUNT(*) FROM {ROWS} WHERE hash(one) = 1",
    "an aggregate": f"SELECT one % 100 AS part, SUM(one) FROM {ROWS} GROUP BY part",
    "a sort": f"SELECT one FROM (SELECT one FROM {ROWS} ORDER BY hash(one)) LIMIT 1 OFFSET 7",
    "a join": f"SELECT COUNT(*) FROM {ROWS} JOIN range(30000) AS others(other) ON hash(one) < hash(other) + one",
    "a window": f"SELECT MAX(upto) FROM (SELECT SUM(one) OVER (PARTITION BY one % 9 ORDER BY one) AS upto FROM {ROWS})",
    "a fetch": f"SELECT CAST(one AS VARCHAR) FROM {ROWS}",
}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Ledger(tmp_path / "ledger.db") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, figure()])
        yield engine


def leave(allowance: Allowance, begun: threading.Event) -> None:
    assert begun.wait(PATIENCE_S)
    allowance.abandon()


def is_well(engine: Engine) -> bool:
    return len(engine.read("figures", engine.viewpoint())) == 1


@pytest.mark.parametrize("statement", ENDLESS)
@pytest.mark.parametrize("end", ["time", "nobody waits"])
def test_a_statement_ends_with_its_question_and_the_next_one_is_answered(
    engine: Engine, statement: str, end: str
) -> None:
    allowance = Allowance(seconds=0.3 if end == "time" else None)
    begun = threading.Event()
    if end == "nobody waits":
        threading.Thread(target=leave, args=(allowance, begun)).start()

    def ask() -> None:
        with engine.reader(engine.viewpoint(), allowance) as reader:
            begun.set()
            reader.ask(ENDLESS[statement])

    with pytest.raises(OutOfTime if end == "time" else Abandoned):
        ask()
    assert is_well(engine)


def test_a_statement_that_begins_as_its_question_ends_ends_too(engine: Engine) -> None:
    """An interrupt that comes between two statements is forgotten by DuckDB, so it must come again."""
    allowance = Allowance(seconds=1000)

    def ask() -> None:
        with engine.reader(engine.viewpoint(), allowance) as reader:
            allowance.abandon()
            reader._cursor.execute(ENDLESS["a scan"]).fetchall()

    with pytest.raises(Abandoned):
        ask()
    assert is_well(engine)


def test_arrow_ends_with_its_question(engine: Engine) -> None:
    with pytest.raises(OutOfTime), engine.reader(engine.viewpoint(), Allowance(seconds=0.3)) as reader:
        reader._ask(f"SELECT * FROM ({ENDLESS['a sort']}) WHERE $position >= 0")
    assert is_well(engine)


def test_a_question_that_is_over_asks_nothing_more(engine: Engine) -> None:
    allowance = Allowance(seconds=0.0)
    asks: list[Callable[[Reader], Any]] = [
        lambda reader: reader.ask("SELECT 1"),
        lambda reader: reader.read("figures"),
        lambda reader: reader.entries(["position"]),
    ]
    with engine.reader(engine.viewpoint()) as reader:
        reader.allowance = allowance
        for ask in asks:
            with pytest.raises(OutOfTime):
                ask(reader)
    with pytest.raises(OutOfTime), engine.reader(engine.viewpoint(), allowance):
        raise AssertionError("it had no time to begin")


def test_what_was_begun_within_an_allowance_shares_it(engine: Engine) -> None:
    allowance = Allowance(seconds=1000)
    inquiry = engine.within(allowance)
    assert len(inquiry.read("figures", inquiry.viewpoint())) == 1
    allowance.abandon()
    for ask in (inquiry.read, lambda name, at: inquiry.timeline(name, "china", at), engine.within(allowance).read):
        with pytest.raises(Abandoned):
            ask("entities", engine.viewpoint())


def test_a_preview_that_is_over_leaves_the_tables_as_they_were(engine: Engine) -> None:
    plan = engine.ledger.plan([figure(period="2022")])
    allowance = Allowance(seconds=0.3)
    with pytest.raises(OutOfTime), engine.preview(plan.entries, allowance) as reader:
        reader.ask(ENDLESS["an aggregate"])
    assert is_well(engine)
    engine.ledger.append([figure(period="2022")])
    assert len(engine.read("figures", engine.viewpoint())) == 2


def test_a_question_waits_for_the_tables_no_longer_than_it_may(engine: Engine) -> None:
    engine.catch_up()
    engine.ledger.append([figure(period="2022")])
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with engine._upkeep._writing:
            held.set()
            assert done.wait(PATIENCE_S)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(PATIENCE_S)
    with pytest.raises(OutOfTime) as raised, engine.reader(engine.viewpoint(), Allowance(seconds=0.1)):
        raise AssertionError("the tables have not caught up")
    assert raised.value.waited
    gone = Allowance()
    gone.abandon()
    with pytest.raises(Abandoned), engine.preview([], gone):
        raise AssertionError("nobody waits for it")
    done.set()
    holder.join()
    assert len(engine.read("figures", engine.viewpoint())) == 2


def test_python_looks_at_the_time_between_rows() -> None:
    table = pa.table({"one": range(10 * ROWS_BETWEEN_LOOKS)})
    allowance = Allowance()
    for rows in (allowance.rows_of(table), allowance.tuples_of(table), allowance.each(table["one"])):
        next(rows)
    allowance.abandon()
    for rows in (allowance.rows_of(table), allowance.tuples_of(table), allowance.each(table["one"])):
        with pytest.raises(Abandoned):
            next(rows)
    with pytest.raises(Abandoned):
        allowance.values_of(table["one"])


def test_rows_are_made_whole_and_in_order() -> None:
    table = pa.table({"one": list(range(2500)), "two": [str(number) for number in range(2500)]})
    allowance = Allowance(seconds=1000)
    assert list(allowance.rows_of(table)) == table.to_pylist()
    assert list(allowance.tuples_of(table)) == [(number, str(number)) for number in range(2500)]
    assert allowance.values_of(table["two"]) == table["two"].to_pylist()
    assert (
        list(allowance.rows_of(table.slice(0, 0)))
        == list(allowance.each([]))
        == allowance.values_of(table["one"][:0])
        == []
    )


def test_what_a_question_holds_is_counted_together() -> None:
    table = pa.table({"one": range(10)})
    allowance = Allowance(bytes_max=25 * CELL_BYTES)
    assert len(list(allowance.rows_of(table))) == len(allowance.values_of(table["one"])) == 10
    with pytest.raises(OutOfMemory):
        list(allowance.tuples_of(table))


def test_what_is_read_counts_too(engine: Engine) -> None:
    size = engine.read("figures", engine.viewpoint()).nbytes
    assert size > 100
    with pytest.raises(OutOfMemory):
        engine.within(Allowance(bytes_max=50)).read("entities", engine.viewpoint())


def test_no_memory_in_duckdb_is_told_as_such() -> None:
    with Ledger(":memory:") as ledger, Engine(ledger) as engine:
        ledger.append([*WORLD, figure()])
        engine.catch_up()
        tables = engine._upkeep._tables
        assert tables is not None
        tables.connection.execute("SET memory_limit = '100MB'; SET max_temp_directory_size = '1MB'")
        with pytest.raises(OutOfMemory), engine.reader(engine.viewpoint(), Allowance()) as reader:
            reader.ask("SELECT COUNT(*) FROM (SELECT DISTINCT hash(one) FROM range(100000000) AS rows(one))")
        assert is_well(engine)


def test_the_watchdog_lets_go_of_what_has_ended(engine: Engine) -> None:
    others = watchdogs()
    for _ in range(20):
        assert len(engine.within(Allowance(seconds=1000)).read("figures", engine.viewpoint())) == 1
    assert engine._watchdog._watched == {}
    assert watchdogs() <= others + 1


def watchdogs() -> int:
    return [thread.name for thread in threading.enumerate()].count("watchdog")


def test_time_counts_from_when_it_was_asked() -> None:
    assert Allowance(seconds=10, asked_at=time.monotonic() - 11).is_over
    assert not Allowance(seconds=1000, asked_at=time.monotonic() - 11).is_over
    assert Allowance().left_s == float("inf")
