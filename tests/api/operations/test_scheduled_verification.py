"""A server verifies its log by itself when that is due, in a child, and says what was found."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.operations.care_records import (
    VERIFICATION_FILE,
    BackupRecord,
    VerificationRecord,
    at_of,
    keep_record,
    last_backup,
    last_verification,
)
from api.operations.care_watch import CareWatch
from api.operations.scheduled_verification import ScheduledVerification, due_in_s
from api.settings import DataDirectory
from ledger import Ledger
from tests.ledger.conftest import WORLD

NOW = datetime(2026, 11, 27, 7, tzinfo=UTC)
DAY = timedelta(days=1)


def record(at: datetime = NOW, faults: list[dict[str, object]] | None = None) -> VerificationRecord:
    return VerificationRecord(at.isoformat(), 9, "00", faults or [])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.append(WORLD)
    return tmp_path


def test_when_a_verification_is_due() -> None:
    assert due_in_s(None, NOW, DAY) == 0
    assert due_in_s(record(), NOW, DAY) == 86_400
    assert due_in_s(record(), NOW + DAY, DAY) == 0
    assert due_in_s(record(), NOW + 2 * DAY, DAY) == 0


def test_a_log_is_verified_in_a_child_and_what_was_found_is_told(data: Path) -> None:
    told: list[VerificationRecord] = []
    verification = ScheduledVerification(DataDirectory(data), hours=24, tell=told.append)
    found = verification.verify()
    assert [found] == told == [last_verification(data)]
    assert (told[0].position, told[0].faults) == (len(WORLD), [])
    assert due_in_s(found, datetime.now(UTC), DAY) > 86_000
    verification.close()
    assert verification.verify() is None
    assert len(told) == 1


def test_a_fault_is_told_with_its_position(data: Path) -> None:
    with closing(sqlite3.connect(data / "ledger.db")) as log, log:
        log.execute("DROP TRIGGER leaves_never_update")
        log.execute("UPDATE leaves SET salt = x'00' WHERE position = 4")
    log.close()
    told: list[VerificationRecord] = []
    ScheduledVerification(DataDirectory(data), hours=24, tell=told.append).verify()
    assert [fault["position"] for fault in told[0].faults][:1] == [4]
    assert "position 4" in (CareWatch(data).fault or "")


def test_a_verification_that_comes_to_no_end_is_no_verification(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "ledger.db").write_bytes(b"nothing of the kind" * 1000)
    keep_record(tmp_path, record())
    assert (
        ScheduledVerification(DataDirectory(tmp_path), hours=24, tell=lambda found: pytest.fail(found.at)).verify()
        is None
    )
    assert "could not be verified" in caplog.text
    assert last_verification(tmp_path) == record()


def test_records_are_seen_as_soon_as_they_are_there(tmp_path: Path) -> None:
    care = CareWatch(tmp_path)
    assert care.said() == {"verified": None, "backed_up": None}
    keep_record(tmp_path, record(faults=[{"position": None, "detail": "the tree"}]))
    assert care.said()["verified"] == {"at": NOW.isoformat(), "position": 9}
    assert str(care.fault) == "the tree"
    keep_record(tmp_path, record())
    assert care.fault is None
    keep_record(tmp_path, BackupRecord(NOW.isoformat(), 9, "00", "/b"))
    assert care.said()["backed_up"] == {"at": NOW.isoformat(), "position": 9}
    assert at_of(record()) == NOW
    assert CareWatch(None).said() == {}
    assert CareWatch(None).fault is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"at": 1, "position": 1, "root": "", "faults": []}', "nothing", "null"]
)
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / VERIFICATION_FILE).write_text(text, encoding="utf-8")
    assert last_verification(tmp_path) is None
    assert last_backup(tmp_path) is None


def test_a_record_has_no_fault_that_is_none(tmp_path: Path) -> None:
    keep_record(tmp_path, record())
    assert json.loads((tmp_path / VERIFICATION_FILE).read_bytes())["faults"] == []
