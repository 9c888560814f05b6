"""Appends that share a transaction end as they would alone, one after another."""

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import Append, KeyReused, Ledger, Refused, RuleBroken, StoreFull, VersionConflict, import_file
from tests.depth import examples
from tests.ledger.conftest import WORLD, correction, figure, record_together, retraction, sqlite_of
from tests.ledger.imports.test_importer import jsonl
from tests.oracle.histories import Body, histories
from tests.patience import PATIENCE_S
from tests.places import ROOT

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
BAD: list[Any] = [
    "no event",
    {"type": "Unknown"},
    figure(unit="cubits"),
    figure(subject="nowhere"),
    figure(expected_version=7, event_id="0198f0a2-5d3c-7c7e-9a51-3f2b8c6d1e00"),
    retraction("0198f0a2-5d3c-7c7e-9a51-3f2b8c6d1e01"),
]


def outcome(append: Append) -> Any:
    """The receipt of an append, or what kept it out."""
    try:
        receipt = append.unwrap()
    except (Refused, KeyReused) as error:
        return type(error), getattr(error, "violations", str(error))
    return receipt


@st.composite
def workloads(draw: st.DrawFn) -> list[tuple[list[Body], tuple[str, bytes] | None]]:
    """Batches of a history, with bad events among theirs, some sent twice, and a few idempotency keys."""
    history = draw(histories())
    batches: list[tuple[list[Body], tuple[str, bytes] | None]] = []
    while history:
        size = draw(st.integers(1, 4))
        batch, history = history[:size], history[size:]
        if draw(st.integers(0, 3)) == 0:
            batch.insert(draw(st.integers(0, len(batch))), draw(st.sampled_from(BAD)))
        if draw(st.integers(0, 4)) == 0:
            expected: Any = {"expected_version": draw(st.integers(0, 2))}
            batch = [{**event, **expected} if isinstance(event, dict) else event for event in batch]
        key = draw(st.sampled_from([None, None, "one", "two"]))
        batches.append((batch, (key, draw(st.sampled_from([b"a", b"b"]))) if key else None))
        if draw(st.integers(0, 4)) == 0:
            batches.append(draw(st.sampled_from(batches)))
    return batches


@settings(max_examples=examples(20, deeply=500))
@given(workloads(), st.randoms(use_true_random=False))
def test_a_group_gives_the_receipts_and_the_log_of_its_appends_one_by_one(workload: Any, random: Any) -> None:
    alone, grouped = Ledger(":memory:", clock=lambda: NOON), Ledger(":memory:", clock=lambda: NOON)
    one_by_one = [Append.of(batch, key=key) for batch, key in workload]
    in_groups = [Append.of(batch, key=key) for batch, key in workload]
    for append in one_by_one:
        alone.record(append)
    rest = in_groups
    while rest:
        size = random.randint(1, len(rest))
        record_together(grouped, rest[:size])
        rest = rest[size:]
    assert [outcome(append) for append in one_by_one] == [outcome(append) for append in in_groups]
    assert list(alone.entries()) == list(grouped.entries())
    for left, right in ((alone._writer._state, grouped._writer._state),):
        assert (left.head, left.recorded_at, left.metrics, left.kinds, left.kept) == (
            right.head,
            right.recorded_at,
            right.metrics,
            right.kinds,
            right.kept,
        )
    assert alone.log.metrics() == grouped.log.metrics()
    alone.close()
    grouped.close()


def test_a_refused_append_changes_nothing_for_its_neighbours(ledger: Ledger) -> None:
    head = ledger.head()
    event_id = str(uuid4())
    togo = {"type": "EntityRegistered", "entity": "togo", "kind": "country", "name": "Togo"}
    appends = [
        Append.of([figure(event_id=event_id)], key=("key", b"hash")),
        Append.of([togo, figure(unit="cubits")]),
        Append.of([figure(subject="togo")]),
        Append.of([correction(event_id, value="360000"), figure(metric="new", unit="USD"), figure(expected_version=9)]),
        Append.of([figure("1", event_id=event_id)]),
        Append.of([figure()], key=("key", b"other")),
        Append.of([togo]),
        Append.of([figure(subject="togo", metric="new", unit="t")]),
        Append.of([figure(event_id=event_id)], key=("key", b"hash")),
        Append.of([figure("3", expected_version=1)]),
    ]
    record_together(ledger, appends)
    errors = [type(append.error).__name__ if append.error else None for append in appends]
    assert errors == [
        None,
        "InvalidEvent",
        "RuleBroken",
        "VersionConflict",
        "EventIdReused",
        "KeyReused",
        None,
        None,
        None,
        None,
    ]
    receipts = [append.receipt for append in appends if append.receipt is not None]
    assert [receipt.position for receipt in receipts] == [head + 1, head + 2, head + 3, head + 1, head + 4]
    assert receipts[3].replayed
    assert [entry.type for entry in ledger.entries(after=head)] == [
        "ProductionReported",
        "EntityRegistered",
        "ProductionReported",
        "ProductionReported",
    ]
    assert ledger.log.metrics()["new"][0] == "mass"
    with pytest.raises(RuleBroken, match="units of mass"):
        ledger.append([figure(metric="new", unit="USD")])


def test_what_is_odd_is_told_as_if_each_append_were_alone(ledger: Ledger) -> None:
    appends = [
        Append.of([figure("5", published_at="2024-02")]),
        Append.of([figure("5000", published_at="2024-03"), "bad"]),
        Append.of([figure("7", published_at="2024-04")]),
        Append.of([figure("7000", published_at="2024-05")]),
        Append.of([figure("7001", published_at="2024-06")]),
    ]
    record_together(ledger, appends)
    told = [[item["warnings"] for item in append.receipt.items] for append in appends if append.receipt]
    assert [[[one["rule"] for one in warnings] for warnings in items] for items in told] == [
        [[]],
        [[]],
        [["unit_slip"]],
        [[]],
    ]


def test_where_the_disk_is_full_nobody_is_told_otherwise_and_nothing_is_kept(ledger: Ledger) -> None:
    head = ledger.head()
    with sqlite_of(ledger).writing() as cursor:
        (pages,) = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages + 1}")
    big = {"type": "EntityRegistered", "entity": "togo", "kind": "country", "name": "Togo", "note": "x" * 20_000}
    appends = [Append.of([big]), Append.of(["bad"]), Append.of([figure(subject="togo")], key=("key", b"hash"))]
    record_together(ledger, appends)
    assert isinstance(appends[0].error, StoreFull)
    assert isinstance(appends[1].error, Refused)
    assert isinstance(appends[2].error, StoreFull)
    assert ledger.head() == head
    with sqlite_of(ledger).writing() as cursor:
        cursor.execute("PRAGMA max_page_count = 1000000")
    with pytest.raises(RuleBroken):
        ledger.append([figure(subject="togo")])
    assert ledger.append([big], request=("key", b"hash")).position == head + 1


WRITER = """
import sys, threading
from ledger import Ledger, Refused
from tests.ledger.conftest import figure
book, number = Ledger(sys.argv[1]), int(sys.argv[2])
def write(thread):
    for month in range(1, 13):
        period = f"{1000 + number * 100 + thread}-{month:02}"
        if month % 4 == 0:
            try:
                book.append([figure(period=period), figure(unit="cubits")])
            except Refused:
                pass
            else:
                raise SystemExit("a bad event was recorded")
        receipt = book.append([figure(period=period)], request=(period, b"hash"))
        sys.stdout.write(f"{period} {receipt.position}\\n")
threads = [threading.Thread(target=write, args=(thread,)) for thread in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_threads_of_several_processes_append_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    book = Ledger(path)
    book.append(WORLD)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(number)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": "."},
            text=True,
        )
        for number in range(3)
    ]
    path_of_facts = jsonl(tmp_path / "facts.jsonl", *(figure(period=str(1900 + number)) for number in range(100)))
    assert import_file(book, path_of_facts).recorded == 100
    told: dict[str, int] = {}
    for writer in writers:
        out, _ = writer.communicate(timeout=PATIENCE_S)
        assert writer.returncode == 0
        told |= {period: int(position) for period, position in map(str.split, out.splitlines())}
    entries = list(book.entries())
    assert [entry.position for entry in entries] == list(range(1, len(WORLD) + 100 + 3 * 8 * 12 + 1))
    assert len(told) == 3 * 8 * 12
    assert {
        entry.body["period"]: entry.position for entry in entries[len(WORLD) :] if "-" in entry.body["period"]
    } == told
    assert [entry.recorded_at for entry in entries] == sorted(entry.recorded_at for entry in entries)
    book.close()


def test_appends_that_wait_share_a_transaction(ledger: Ledger) -> None:
    """While one has the turn, the others queue up; they are decided together, and share the moment of recording."""
    positions: list[int] = []

    def append(year: int) -> None:
        positions.append(ledger.append([figure(period=str(year))]).position)

    head = ledger.head()
    threads = [threading.Thread(target=append, args=(1900 + number,)) for number in range(20)]
    with ledger.batch():
        for thread in threads:
            thread.start()
        while len(ledger._writer._queue._waiting) < 20:
            os.sched_yield()
    for thread in threads:
        thread.join()
    assert sorted(positions) == list(range(head + 1, head + 21))
    assert len({entry.recorded_at for entry in ledger.entries(after=head)}) == 1


def test_an_append_need_not_wait_for_the_end_of_an_import(ledger: Ledger, tmp_path: Path) -> None:
    """The turns are fair: an append that comes while a file is being recorded goes in between two of its pieces."""
    path = jsonl(tmp_path / "facts.jsonl", *(figure(period=f"{1000 + number}") for number in range(3000)))
    began = threading.Event()
    receipts: list[int] = []

    def append() -> None:
        began.wait()
        receipts.append(ledger.append([figure(period="0999")]).position)

    def progress(done: int) -> None:
        began.set()
        while thread.is_alive() and not receipts and not ledger._writer._queue._waiting:
            os.sched_yield()

    thread = threading.Thread(target=append)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.imports.rows.PIECE_ROWS", 100)
        patch.setattr("ledger.imports.importer.TRANSACTION_PIECES", 1)
        report = import_file(ledger, path, mode="proceed", progress=progress)
    thread.join()
    assert report.recorded == 3000
    assert receipts[0] < len(WORLD) + 1000


def test_an_interrupt_while_a_group_is_written_leaves_no_trace_and_no_one_waiting(ledger: Ledger) -> None:
    head = ledger.head()
    appends = [Append.of([figure()]), Append.of([figure("2")])]

    def interrupt(*_: Any) -> Any:
        raise KeyboardInterrupt

    sound, ledger._writer._clock = ledger._writer._clock, interrupt
    with pytest.raises(KeyboardInterrupt):
        ledger._writer._record_together(appends)
    ledger._writer._clock = sound
    assert [str(append.error) for append in appends] == [
        "the write was interrupted, and nothing was recorded; try again"
    ] * 2
    assert ledger.head() == head
    assert ledger.append([figure()]).position == head + 1


WAITS_FOR_ANOTHER_PROCESS = """
import os, signal, sqlite3, sys, threading
from ledger import Ledger
from tests.ledger.conftest import WORLD, figure
ledger = Ledger(sys.argv[1])
other = sqlite3.connect(sys.argv[1], isolation_level=None, check_same_thread=False)
ledger.append(WORLD)
other.execute("BEGIN IMMEDIATE")
datastore = ledger.log.datastore
def interrupt():
    while not datastore._write_lock.locked():
        pass
    os.kill(os.getpid(), signal.SIGINT)  # it is heard once SQLite has the lock, or has given up
    other.execute("ROLLBACK")
thread = threading.Thread(target=interrupt)
thread.start()
try:
    ledger.append([figure()])
    print("recorded before it was heard")
except KeyboardInterrupt:
    pass
thread.join()
other.execute("BEGIN IMMEDIATE")
other.execute("ROLLBACK")
print(ledger.append([figure("2", period="2024")]).position > 0)
"""


def test_an_interrupt_while_another_process_has_the_file_locks_nobody_out(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WAITS_FOR_ANOTHER_PROCESS, str(tmp_path / "ledger.db")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    assert (ran.stdout.splitlines()[-1], ran.stderr) == ("True", "")


def test_a_version_conflict_sees_what_came_just_before_it(ledger: Ledger) -> None:
    appends = [Append.of([figure(expected_version=0)]) for _ in range(3)]
    record_together(ledger, appends)
    assert appends[0].receipt is not None
    assert [type(append.error) for append in appends[1:]] == [VersionConflict] * 2
