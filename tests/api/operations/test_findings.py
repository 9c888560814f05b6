"""What is found of each thing that is looked at: well, worth a warning, or at fault."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.keys.key_file import KEYS_FILE, KeyFile
from api.keys.scopes import Scope
from api.operations import data_place, network_settings, program_versions
from api.operations.care_records import BackupRecord, VerificationRecord
from api.operations.examination import of_backup, of_verification, worst
from api.operations.health_findings import State, fault, warning, well

NOW = datetime(2026, 11, 27, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("version", "state"),
    [("3.40.1", "warning"), ("3.51.2", "warning"), ("3.51.3", "ok"), ("3.52.0", "ok"), ("4.0", "ok")],
)
def test_versions_of_sqlite(version: str, state: str) -> None:
    assert program_versions.of_sqlite(version).state == state


@pytest.mark.parametrize(
    ("version", "state"),
    [("1.5.5", "fault"), ("1.5.6", "ok"), ("2.0.0", "fault"), ("2.0.1", "ok"), ("3.0.0", "fault"), ("3", "fault")],
)
def test_versions_of_a_library(version: str, state: str) -> None:
    found = program_versions.of_library("duckdb", version, "!=2.0.0,<3,>=1.5.6")
    assert found.state == state
    assert bool(found.advice) == (state != "ok")


def test_the_versions_in_use_are_looked_at() -> None:
    found = {one.what: one for one in program_versions.of_programs()}
    assert found.keys() == {"Python", "SQLite", "duckdb", "eventsourcing"}
    assert found["eventsourcing"].state is State.ok


@pytest.mark.parametrize(
    ("free", "taken", "state"), [(10**8, 10**6, "fault"), (10**9, 2 * 10**9, "warning"), (10**10, 10**9, "ok")]
)
def test_room_on_the_disk(free: int, taken: int, state: str) -> None:
    assert data_place.of_room(free=free, taken=taken).state == state


@pytest.mark.parametrize(("mode", "state"), [(0o700, "ok"), (0o755, "warning"), (0o770, "fault"), (0o707, "fault")])
def test_permissions_of_the_data_directory(tmp_path: Path, mode: int, state: str) -> None:
    tmp_path.chmod(mode)
    assert data_place.of_directory_mode(tmp_path).state == state
    tmp_path.chmod(0o700)


@pytest.mark.parametrize(("mode", "state"), [(0o600, "ok"), (0o400, "ok"), (0o640, "fault"), (0o604, "fault")])
def test_permissions_of_a_secret(tmp_path: Path, mode: int, state: str) -> None:
    path = tmp_path / "ledger.key"
    path.touch()
    path.chmod(mode)
    assert data_place.of_secret(path).state == state


MOUNTS = """
/dev/a / ext4 rw 0 0
server:/x /srv nfs4 rw 0 0
/dev/b /srv/local\\040disk xfs rw 0 0
overlay /data overlay rw 0 0
"""


@pytest.mark.parametrize(
    ("directory", "state", "kind"),
    [
        ("/var/x", "ok", "ext4"),
        ("/srv/x", "fault", "nfs4"),
        ("/srvx", "ok", "ext4"),
        ("/srv/local disk/x", "ok", "xfs"),
        ("/data", "ok", "overlay"),
    ],
)
def test_file_systems(tmp_path: Path, directory: str, state: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS, encoding="utf-8")
    found = data_place.of_file_system(Path(directory), mounts)
    assert found.state == state
    assert kind in found.detail
    assert data_place.of_file_system(Path(directory), tmp_path / "none").state is State.ok


SETTINGS = {
    "SUPPLY_LEDGER_PROXIES=0.0.0.0/0": "fault",
    "SUPPLY_LEDGER_PROXIES=::/0": "fault",
    "SUPPLY_LEDGER_PROXIES=10.0.0.0/8": "ok",
    "SUPPLY_LEDGER_CORS_ORIGINS=http://a.example": "warning",
    "SUPPLY_LEDGER_CORS_ORIGINS=https://a.example": "ok",
    "SUPPLY_LEDGER_HOSTS=a.example": "warning",
    "SUPPLY_LEDGER_QUESTION_SECONDS=0": "warning",
    "SUPPLY_LEDGER_QUESTION_MEMORY=0": "warning",
    "SUPPLY_LEDGER_VERIFY_HOURS=0": "warning",
    "SUPPLY_LEDGER_VERIFY_HOURS=daily": "fault",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings(setting: str) -> None:
    name, _, value = setting.partition("=")
    found = list(network_settings.of_settings({name: value}))
    assert worst(found) == SETTINGS[setting]
    assert all(one.what == name for one in found if one.state is State.warning)


def test_keys(tmp_path: Path) -> None:
    assert network_settings.of_keys(tmp_path).state is State.ok
    keys = KeyFile(tmp_path / KEYS_FILE)
    keys.create("reader", frozenset({Scope.READ}))
    assert network_settings.of_keys(tmp_path).detail == "1 in force"
    keys.create("chief", frozenset({Scope.ADMIN}))
    assert network_settings.of_keys(tmp_path).detail.startswith("chief may do everything")
    keys.revoke("reader")
    keys.revoke("chief")
    assert "nobody is let in" in network_settings.of_keys(tmp_path).detail
    (tmp_path / KEYS_FILE).write_bytes(b"nothing of the kind" * 1000)
    assert network_settings.of_keys(tmp_path).state is State.fault


@pytest.mark.parametrize(
    ("hours", "faults", "state"),
    [(None, [], "warning"), (1, [], "ok"), (49, [], "warning"), (1, [{"position": 3, "detail": "x"}], "fault")],
)
def test_the_last_verification(hours: int | None, faults: list[dict[str, object]], state: str) -> None:
    at = None if hours is None else NOW - timedelta(hours=hours)
    record = None if at is None else VerificationRecord(at.isoformat(), 10, "00", faults)
    assert of_verification(record, NOW, timedelta(hours=48)).state == state


@pytest.mark.parametrize(("days", "state"), [(None, "warning"), (1, "ok"), (8, "warning")])
def test_the_last_backup(days: int | None, state: str) -> None:
    record = None if days is None else BackupRecord((NOW - timedelta(days=days)).isoformat(), 10, "00", "/b")
    assert of_backup(record, NOW).state == state


def test_the_worst_of_all_counts() -> None:
    assert worst([]) is State.ok
    assert worst([well("a", "b"), warning("a", "b", "c")]) is State.warning
    assert worst([fault("a", "b", "c"), warning("a", "b", "c")]) is State.fault
