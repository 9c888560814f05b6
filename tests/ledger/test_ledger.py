"""Facts go in once, in order, all or none."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from ledger import EventIdReused, KeyReused, Ledger, Refused, VersionConflict, digest
from tests.ledger.conftest import WORLD, correction, figure, retraction
from tests.stores import STORES

pytestmark = pytest.mark.parametrize("store", STORES, indirect=True)


def test_positions_run_without_gaps_and_across_refused_batches(ledger: Ledger) -> None:
    with pytest.raises(Refused):
        ledger.append([figure(), figure(unit="cubits")])
    receipt = ledger.append([figure(), figure(period="2024")])
    assert [item["position"] for item in receipt.items] == [len(WORLD) + 1, len(WORLD) + 2]
    assert [entry.position for entry in ledger.entries()] == list(range(1, len(WORLD) + 3))


def test_a_batch_with_one_bad_event_records_nothing_and_points_at_every_fault(ledger: Ledger) -> None:
    head = ledger.head()
    with pytest.raises(Refused) as refused:
        ledger.append([figure(), figure(unit="cubits"), figure(subject="nowhere")])
    assert [violation.pointer for violation in refused.value.violations] == ["/1/unit", "/2/subject"]
    assert ledger.head() == head


def test_an_event_may_name_what_an_earlier_one_of_its_batch_registers(ledger: Ledger) -> None:
    new = {"type": "EntityRegistered", "entity": "nigeria", "kind": "country", "name": "Nigeria"}
    ledger.append([new, figure(subject="nigeria")])
    with pytest.raises(Refused):
        ledger.append([figure(subject="togo"), {**new, "entity": "togo"}])


def test_the_same_event_id_and_body_is_one_event_for_ever(ledger: Ledger) -> None:
    event = figure(event_id=str(uuid4()))
    first = ledger.append([event]).items[0]
    again = ledger.append([event]).items[0]
    assert (again["status"], again["position"], again["recorded_at"]) == (
        "duplicate",
        first["position"],
        first["recorded_at"],
    )
    assert [item["status"] for item in ledger.append([event, figure(), event]).items] == [
        "duplicate",
        "recorded",
        "duplicate",
    ]


def test_the_same_event_id_with_another_body_is_refused(ledger: Ledger) -> None:
    event = figure(event_id=str(uuid4()))
    ledger.append([event])
    for other in ({**event, "value": "1"}, {**event, "note": "x"}, {**event, "value": 350000}):
        with pytest.raises(EventIdReused):
            ledger.append([other])


def test_an_idempotency_key_answers_the_same_request_the_same_way(ledger: Ledger) -> None:
    body = [figure()]
    first = ledger.append(body, request=("key-1", digest(body)))
    again = ledger.append(body, request=("key-1", digest(body)))
    assert again.replayed
    assert (again.items, again.position, again.recorded_at) == (first.items, first.position, first.recorded_at)
    assert ledger.head() == first.position
    with pytest.raises(KeyReused):
        ledger.append([figure("1")], request=("key-1", digest([figure("1")])))


def test_a_refused_request_leaves_its_key_free(ledger: Ledger) -> None:
    with pytest.raises(Refused):
        ledger.append([figure(unit="cubits")], request=("key-1", b"hash"))
    assert not ledger.append([figure()], request=("key-1", b"other")).replayed


def test_an_append_can_insist_on_the_version_of_its_stream(ledger: Ledger) -> None:
    ledger.append([figure(expected_version=0), figure("351000", expected_version=1)])
    with pytest.raises(VersionConflict, match="holds 2"):
        ledger.append([figure(expected_version=1)])


def test_a_ledger_event_counts_in_its_targets_stream(ledger: Ledger) -> None:
    target = ledger.append([figure()]).items[0]["event_id"]
    ledger.append([correction(target, value="360000")])
    ledger.append([figure("370000", expected_version=2)])


def test_a_fiscal_and_a_calendar_quarter_of_the_same_days_share_a_stream(ledger: Ledger) -> None:
    first, second = ledger.append(
        [figure(subject="lynas", period="FY2025-Q4"), figure(subject="lynas", period="2025-Q2", expected_version=1)]
    ).items
    assert first["figure_id"] == second["figure_id"]


def test_ledger_time_never_goes_back(location: str) -> None:
    times = [datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)]
    clock = iter(times)
    book = Ledger(location, clock=lambda: next(clock))
    for name in ("a", "b", "c"):
        book.append([{"type": "EntityRegistered", "entity": name, "kind": "other", "name": name}])
    assert [entry.recorded_at for entry in book.entries()] == [times[0], times[0], times[2]]
    assert book.position_at(times[0]) == 2
    assert book.position_at(times[0] - timedelta(microseconds=1)) == 0
    assert book.position_at(times[2]) == 3
    book.close()


def test_a_plan_records_nothing_and_leaves_no_trace(ledger: Ledger) -> None:
    head = ledger.head()
    new = {"type": "EntityRegistered", "entity": "togo", "kind": "country", "name": "Togo"}
    plan = ledger.plan([new, figure(subject="togo", metric="new_metric", unit="USD")])
    assert [entry.position for entry in plan.entries] == [head + 1, head + 2]
    assert ledger.head() == head
    with pytest.raises(Refused):
        ledger.append([figure(subject="togo")])
    ledger.append([figure(metric="new_metric", unit="t")])


def test_two_ledgers_on_one_file_see_each_others_events(location: str) -> None:
    one, other = Ledger(location), Ledger(location)
    one.append(WORLD)
    other.append([figure()])
    with pytest.raises(Refused):
        one.append([figure(unit="USD")])
    one.append([figure("2")])
    assert other.head() == len(WORLD) + 2
    one.close()
    other.close()


def test_many_writers_lose_nothing_and_repeat_nothing(location: str) -> None:
    books = [Ledger(location) for _ in range(3)]
    books[0].append(WORLD)
    failures: list[BaseException] = []

    def write(book: Ledger, year: int) -> None:
        try:
            for month in range(1, 13):
                book.append([figure(period=f"{year}-{month:02}")])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(books[n % 3], 2000 + n)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    entries = list(books[0].entries())
    assert [entry.position for entry in entries] == list(range(1, len(WORLD) + 73))
    assert len({entry.event_id for entry in entries}) == len(entries)
    assert len({entry.body["period"] for entry in entries[len(WORLD) :]}) == 72
    for book in books:
        book.close()


def test_a_reopened_ledger_knows_the_rules_of_its_past(location: str) -> None:
    book = Ledger(location)
    book.append(WORLD)
    target = book.append([figure()]).items[0]["event_id"]
    book.append([retraction(target)])
    book.close()
    reopened = Ledger(location)
    with pytest.raises(Refused, match="is retracted"):
        reopened.append([correction(target, value="1")])
    reopened.append([figure(unit="USD")])
    reopened.close()


@pytest.mark.parametrize("field", ["position", "recorded_at", "recorded_by"])
def test_what_the_ledger_sets_is_never_accepted_from_a_client(ledger: Ledger, field: str) -> None:
    fields: dict[str, Any] = {field: "1"}
    with pytest.raises(Refused) as refused:
        ledger.append([figure(**fields)])
    assert refused.value.violations[0].pointer == f"/0/{field}"
