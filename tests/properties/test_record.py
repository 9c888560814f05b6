"""Whatever history throws at it, the record stays what the log says."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import Ledger, Refused, digest
from projections import Engine
from tests.depth import examples
from tests.oracle.histories import Body, histories
from tests.postgres import cluster

SETTINGS = settings(
    max_examples=examples(12, deeply=400),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def append_one_by_one(ledger: Ledger, history: list[Body]) -> list[Body]:
    """Append what the ledger accepts; what it accepted."""
    accepted = []
    for event in history:
        try:
            ledger.append([event])
        except Refused:
            continue
        accepted.append(event)
    return accepted


def rules_memory(ledger: Ledger) -> dict[str, Any]:
    """What the rules know, as plain values."""
    ledger.plan([])
    state = ledger._writer._state
    return {
        "things": {
            key: {event.position: event.body for event in events} for key, events in state._things.items() if events
        },
        "kept": state.kept,
        "metrics": state.metrics,
        "head": state.head,
        "recorded_at": state.recorded_at,
    }


@SETTINGS
@given(histories())
def test_a_reopened_ledger_remembers_what_the_running_one_does(tmp_path: Path, history: list[Body]) -> None:
    path = tmp_path / "ledger.db"
    path.unlink(missing_ok=True)
    ledger = Ledger(path)
    append_one_by_one(ledger, history)
    before = rules_memory(ledger)
    ledger.close()
    reopened = Ledger(path)
    assert rules_memory(reopened) == before
    reopened.close()
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)


@SETTINGS
@given(histories(), st.randoms(use_true_random=False))
def test_a_batch_records_what_single_appends_would(history: list[Body], random: Any) -> None:
    one_by_one, in_batches = Ledger(":memory:"), Ledger(":memory:")
    accepted = append_one_by_one(one_by_one, history)
    rest = list(accepted)
    while rest:
        size = random.randint(1, len(rest))
        in_batches.append(rest[:size])
        rest = rest[size:]
    singles, batches = list(one_by_one.entries()), list(in_batches.entries())
    assert [(e.stream, e.stream_version, e.position, e.event_id, e.body) for e in singles] == [
        (e.stream, e.stream_version, e.position, e.event_id, e.body) for e in batches
    ]
    assert rules_memory(one_by_one)["things"] == rules_memory(in_batches)["things"]
    assert rules_memory(one_by_one)["metrics"] == rules_memory(in_batches)["metrics"]


@settings(SETTINGS, max_examples=examples(4, deeply=200))
@given(histories())
def test_every_store_records_the_same_and_every_table_made_of_it_is_the_same(history: list[Body]) -> None:
    address = cluster().address(f"of_{uuid4().hex}")
    with Ledger(":memory:", clock=noon) as one, Ledger(address, clock=noon) as other:
        accepted = append_one_by_one(one, history)
        assert append_one_by_one(other, history) == accepted
        assert list(one.entries()) == list(other.entries())
        assert rules_memory(one) == rules_memory(other)
        with Engine(one) as first, Engine(other) as second:
            for engine in (first, second):
                engine.catch_up()
            for name in first.tables():
                assert first.table(name).equals(second.table(name)), name
        with Ledger(address) as reopened:
            assert reopened.doubt is None
            assert rules_memory(reopened) == rules_memory(other)
        assert other.verify().faults == ()


def noon() -> datetime:
    """When everything is recorded."""
    return datetime(2026, 11, 27, 12, tzinfo=UTC)


@SETTINGS
@given(histories())
def test_a_dry_run_and_a_refusal_leave_no_trace(history: list[Body]) -> None:
    plain, tried = Ledger(":memory:"), Ledger(":memory:")
    for event in history:
        outcomes = []
        for ledger in (plain, tried):
            if ledger is tried:
                before = rules_memory(tried)
                try:
                    planned = ledger.plan([event]).entries
                except Refused as error:
                    outcomes.append([v.rule for v in error.violations])
                    planned = ()
                assert rules_memory(tried) == before
            try:
                ledger.append([event])
            except Refused as error:
                outcomes.append([v.rule for v in error.violations])
            else:
                if ledger is tried:
                    assert [entry.body for entry in planned] == [
                        entry.body for entry in tried.entries(after=tried.head() - 1)
                    ]
        assert all(outcome == outcomes[0] for outcome in outcomes)
    assert digest([e.body for e in plain.entries()]) == digest([e.body for e in tried.entries()])
