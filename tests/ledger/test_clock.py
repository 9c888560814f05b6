"""A clock that cannot be right records nothing, until it is right or confirmed; and reads never take it for now."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger import ClockInDoubt, Ledger, import_file
from ledger.clock import machine_elapsed, machine_now

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATE = datetime(9999, 1, 1, tzinfo=UTC)


class Machine:
    """A machine whose clock may be set, and whose seconds pass all the same."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self.passed_s = 1000.0

    def wall(self) -> datetime:
        return self.at

    def elapsed(self) -> float:
        return self.passed_s

    def wait(self, span: timedelta) -> None:
        self.at += span
        self.passed_s += span.total_seconds()

    def opened(self, path: Path | str = ":memory:", *, confirmed: datetime | None = None) -> Ledger:
        return Ledger(path, clock=self.wall, elapsed=self.elapsed, confirmed=confirmed)


def registration(number: int) -> dict[str, str]:
    return {"type": "EntityRegistered", "entity": f"e{number}", "kind": "other", "name": f"Thing {number}"}


def append(ledger: Ledger) -> datetime:
    """Record something; when it was recorded."""
    position = ledger.append([registration(ledger.head())]).position
    at = ledger.recorded_at(position)
    assert at is not None
    return at


def assert_refused(ledger: Ledger, word: str) -> None:
    """No door takes anything in, and each says why."""
    head = ledger.head()
    for door in (
        lambda: ledger.append([registration(99)]),
        lambda: ledger.plan([registration(99)]),
        lambda: ledger.append_what_fits([registration(99)]),
    ):
        with pytest.raises(ClockInDoubt, match=word):
            door()
    assert ledger.head() == head
    assert len(list(ledger.entries())) == head


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def ledger(machine: Machine) -> Iterator[Ledger]:
    with machine.opened() as ledger:
        append(ledger)
        yield ledger


@pytest.mark.parametrize("at", [LATE, datetime(2101, 1, 1, tzinfo=UTC)])
def test_beyond_2100_nothing_is_recorded(at: datetime) -> None:
    machine = Machine(at)
    with machine.opened() as ledger:
        assert_refused(ledger, "beyond the year 2100")
        machine.at = datetime(2100, 12, 31, 23, 59, 59, tzinfo=UTC)
        assert append(ledger) == machine.at


def test_a_file_is_not_recorded_either(machine: Machine, ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "facts.jsonl").write_text('{"type": "EntityRegistered", "entity": "x", "kind": "other", "name": "X"}\n')
    machine.at = LATE
    for _ in range(2):
        with pytest.raises(ClockInDoubt):
            import_file(ledger, tmp_path / "facts.jsonl")
    machine.at = NOON
    assert import_file(ledger, tmp_path / "facts.jsonl").recorded == 1


@pytest.mark.parametrize("jump", [timedelta(hours=2), timedelta(hours=-2), timedelta(days=400), timedelta(days=-400)])
def test_a_clock_that_jumped_records_nothing_until_it_is_right(
    machine: Machine, ledger: Ledger, jump: timedelta
) -> None:
    machine.at += jump
    assert_refused(ledger, "jumped|one of them")
    machine.wait(timedelta(hours=5))
    assert_refused(ledger, "jumped|one of them")
    machine.at -= jump
    assert append(ledger) == NOON + timedelta(hours=5)


def test_a_small_step_is_followed_and_so_are_many(machine: Machine, ledger: Ledger) -> None:
    for _ in range(5):
        machine.at += timedelta(minutes=59)
        assert append(ledger) == machine.at


def test_time_asleep_is_no_jump(machine: Machine, ledger: Ledger) -> None:
    machine.wait(timedelta(days=30))
    assert append(ledger) == NOON + timedelta(days=30)


def test_sleep_between_two_looks_is_no_jump() -> None:
    seconds = iter([0.0, 0.0, 10.0, 7200.0, 7200.0, 7200.1])
    walls = iter([NOON, NOON + timedelta(seconds=10), NOON + timedelta(hours=2)])
    with Ledger(":memory:", clock=lambda: next(walls), elapsed=lambda: next(seconds)) as ledger:
        assert append(ledger) == NOON + timedelta(hours=2)


def test_a_jump_is_confirmed_by_a_call_and_by_a_start(machine: Machine, tmp_path: Path) -> None:
    with machine.opened(tmp_path / "a.db") as ledger:
        append(ledger)
        machine.at += timedelta(days=2)
        assert_refused(ledger, "jumped ahead by 2 days|48 hours")
        ledger.clock.confirm()
        assert append(ledger) == machine.at
        machine.at += timedelta(days=2)
        assert_refused(ledger, "jumped")
    with machine.opened(tmp_path / "a.db") as ledger:
        assert append(ledger) == machine.at


def test_a_clock_before_the_last_event_records_nothing_until_it_is_confirmed(machine: Machine, tmp_path: Path) -> None:
    with machine.opened(tmp_path / "a.db") as ledger:
        append(ledger)
    machine.at = datetime(1970, 1, 1, tzinfo=UTC)
    with machine.opened(tmp_path / "a.db") as ledger:
        assert_refused(ledger, "last event was recorded at 2026-11-21")
        machine.at = NOON + timedelta(minutes=1)  # the time has come from the network
        assert append(ledger) == machine.at
    machine.at = NOON - timedelta(days=400)
    with machine.opened(tmp_path / "a.db", confirmed=machine.at) as ledger:
        assert append(ledger) == NOON + timedelta(minutes=1)


def test_a_clock_that_is_a_little_behind_the_log_records(machine: Machine, tmp_path: Path) -> None:
    with machine.opened(tmp_path / "a.db") as ledger:
        append(ledger)
    machine.at -= timedelta(hours=20)
    with machine.opened(tmp_path / "a.db") as ledger:
        assert append(ledger) == NOON


def test_what_is_confirmed_holds_for_a_year(machine: Machine) -> None:
    machine.at = datetime(2150, 1, 1, tzinfo=UTC)
    with machine.opened(confirmed=machine.at) as ledger:
        append(ledger)
        machine.wait(timedelta(days=360))
        assert append(ledger) == machine.at
        machine.wait(timedelta(days=10))
        assert_refused(ledger, "2100")


def test_a_clock_before_the_instant_of_its_confirmation_is_wrong(machine: Machine) -> None:
    with machine.opened(confirmed=NOON + timedelta(days=3)) as ledger:
        assert_refused(ledger, "before .*, when it was confirmed")


def test_now_is_never_too_late_a_time(machine: Machine, ledger: Ledger) -> None:
    machine.at = LATE
    assert ledger.now() == NOON
    machine.at, machine.passed_s = NOON + timedelta(days=900), machine.passed_s + 60
    assert ledger.now() == NOON + timedelta(minutes=1)
    machine.at = NOON - timedelta(days=900)
    assert ledger.now() == machine.at
    assert ledger.now(NOON) == NOON
    with Machine(LATE).opened() as other:
        assert other.now().year == 1970
        assert other.now(NOON) == NOON


def test_an_event_of_a_year_that_cannot_be_is_not_now(machine: Machine, ledger: Ledger) -> None:
    assert ledger.now(LATE) == NOON
    machine.at = datetime(2150, 1, 1, tzinfo=UTC)
    with machine.opened(confirmed=machine.at) as other:
        assert other.now(machine.at + timedelta(hours=1)) == machine.at + timedelta(hours=1)


def test_the_machine_is_held_against_its_own_seconds(tmp_path: Path) -> None:
    assert machine_elapsed() <= machine_elapsed()
    before = machine_now()
    with Ledger(tmp_path / "a.db") as ledger:
        assert before <= append(ledger) <= machine_now()
