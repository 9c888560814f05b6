"""`backup`, `restore` and `doctor`, as whoever runs a ledger types them, beside a server and without one."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger
from projections import Engine
from tests.api.cli.test_commands import FACTS, Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "data")
    shell.ok("append", stdin=json.dumps(FACTS))
    shell.data.chmod(0o700)
    return shell


def readiness(data: Path) -> dict[str, object]:
    with Ledger(data / "ledger.db") as ledger, Engine(ledger) as engine:
        said: dict[str, object] = TestClient(create_app(engine)).get("/readyz").json()
        return said


def test_a_ledger_is_backed_up_tried_and_restored(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "b"
    said = shell.ok("backup", str(file))
    assert f"Backed up {len(FACTS)} events" in said
    assert "Nothing was changed." in shell.ok("restore", str(file), "--check")
    restored = Shell(tmp_path / "restored")
    said = restored.ok("restore", str(file))
    assert "It goes on as " in said
    assert restored.ok("figures", "--format", "csv") == shell.ok("figures", "--format", "csv")
    assert "as they were recorded" in restored.ok("verify")


def test_a_client_sees_that_a_restored_ledger_is_another(shell: Shell, tmp_path: Path) -> None:
    shell.ok("backup", str(tmp_path / "b"))
    Shell(tmp_path / "restored").ok("restore", str(tmp_path / "b"))
    origins = []
    for data in (shell.data, tmp_path / "restored"):
        with Ledger(data / "ledger.db") as ledger, Engine(ledger) as engine:
            client = TestClient(create_app(engine))
            url = f"/v1/figures?as_of=2025-01-01&recorded_as_of=position:{len(FACTS)}"
            items = client.get(url).json()["items"]
            assert [item["value"] for item in items] == ["240000"]
            origins.append(ledger.proofs.origin)
            assert ledger.proofs.checkpoint().text.startswith(origins[-1] + "\n")
    assert len(set(origins)) == 2


def test_a_backup_is_made_while_a_server_has_the_ledger_open(shell: Shell, tmp_path: Path) -> None:
    with Ledger(shell.data / "ledger.db") as ledger, Engine(ledger) as engine:
        client = TestClient(create_app(engine))
        before = client.get("/readyz").json()
        shell.ok("backup", str(tmp_path / "b"))
        after = client.get("/readyz").json()
        assert "stop it first" in shell.fails("restore", str(tmp_path / "b"), "--replace")
    assert (before["backed_up"], after["backed_up"]["position"]) == (None, len(FACTS))


def test_what_cannot_be_done_is_said(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "b"
    shell.ok("backup", str(file))
    assert "replaces nothing" in shell.fails("backup", str(file))
    assert "say --replace" in shell.fails("restore", str(file))
    assert "Cannot restore" in shell.fails("restore", str(tmp_path / "nothing"), "--replace")
    assert "about a --checkpoint" in shell.fails("restore", str(file), "--accept-loss")
    assert "no verifier key" in shell.fails("restore", str(file), "--checkpoint", str(file), "--key", "x")
    assert "Cannot read the checkpoint" in shell.fails("restore", str(file), "--checkpoint", str(tmp_path / "c"))
    assert "cannot be verified" in shell.fails("restore", str(file), "--check", "--checkpoint", str(file))
    file.write_bytes(file.read_bytes()[:-1])
    assert "was cut off" in shell.fails("restore", str(file), "--replace")


def test_lost_positions_are_told(shell: Shell, tmp_path: Path) -> None:
    shell.ok("backup", str(tmp_path / "b"))
    shell.ok("append", stdin=json.dumps({**FACTS[0], "entity": "another"}))
    with Ledger(shell.data / "ledger.db") as ledger:
        (tmp_path / "kept").write_bytes(ledger.proofs.checkpoint().encoded())
    options = ("--checkpoint", str(tmp_path / "kept"), "--replace")
    assert "positions 4 to 4 would be lost" in shell.fails("restore", str(tmp_path / "b"), *options)
    said = shell.ok("restore", str(tmp_path / "b"), *options, "--accept-loss")
    assert "Lost, as the checkpoint says: positions 4 to 4." in said
    assert "What was there before is in " in said


def test_a_verification_is_noted_and_a_fault_stops_appends_until_somebody_has_acted(
    shell: Shell, tmp_path: Path
) -> None:
    shell.ok("backup", str(tmp_path / "b"))
    with Ledger(shell.data / "ledger.db") as ledger, Engine(ledger) as engine:
        client = TestClient(create_app(engine))
        assert client.get("/readyz").json()["verified"] is None
        shell.ok("verify")
        assert client.get("/readyz").json()["verified"]["position"] == len(FACTS)
        with closing(sqlite3.connect(shell.data / "ledger.db")) as log, log:
            (sql,) = log.execute("SELECT sql FROM sqlite_schema WHERE name = 'stored_events_never_update'").fetchone()
            log.execute("DROP TRIGGER stored_events_never_update")
            log.execute("UPDATE stored_events SET recorded_by = 'x' WHERE position = 2")
            log.execute(sql)
        log.close()
        assert shell.run("verify").exit_code == 1
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["type"]) == (503, "urn:supply-ledger:problem:ledger-damaged")
        assert "position 2" in ready.json()["detail"]
        for path in ("/v1/events", "/v1/events?dry_run=true", "/v1/imports"):
            refused = client.post(path, json=FACTS[0])
            assert (refused.status_code, refused.json()["type"]) == (503, ready.json()["type"])
        assert client.get("/v1/entities").status_code == 200
        assert client.get("/healthz").status_code == 200
        assert ledger.head() == len(FACTS)
    doctor = json.loads(shell.run("doctor", "--format", "json").stdout)
    assert {item["what"] for item in doctor["items"] if item["state"] == "fault"} >= {"verification"}
    shell.ok("restore", str(tmp_path / "b"), "--replace")
    assert readiness(shell.data)["status"] == "ready"


def test_a_server_over_a_log_that_was_altered_is_not_ready(shell: Shell) -> None:
    with closing(sqlite3.connect(shell.data / "ledger.db")) as log, log:
        log.execute("UPDATE tree SET root = zeroblob(32)")
    log.close()
    assert readiness(shell.data)["type"] == "urn:supply-ledger:problem:ledger-damaged"


def test_the_doctor_finds_nothing_at_fault_with_a_ledger_that_is_well(shell: Shell, tmp_path: Path) -> None:
    shell.ok("verify")
    shell.ok("backup", str(tmp_path / "b"))
    before = sorted(shell.data.iterdir())
    said = json.loads(shell.ok("doctor", "--format", "json"))
    states = {item["what"]: item["state"] for item in said["items"]}
    assert sorted(shell.data.iterdir()) == before
    del states["SQLite"], states["disk"]  # which are those of this machine
    assert set(states.values()) == {"ok"}, said
    assert states.keys() >= {"Python", "duckdb", "eventsourcing", "file system", "data directory", "ledger.key"}
    assert states.keys() >= {"durability", "log", "clock", "tables", "verification", "backup", "keys", "settings"}
    assert "how it is" in shell.ok("doctor")


def test_the_doctor_ends_with_1_where_something_is_at_fault(shell: Shell) -> None:
    (shell.data / "ledger.key").chmod(0o644)
    result = shell.run("doctor")
    assert result.exit_code == 1
    assert "chmod 600" in result.stdout


def test_the_doctor_finds_no_ledger(tmp_path: Path) -> None:
    assert "there is none in" in Shell(tmp_path / "nothing").ok("doctor")
    assert not (tmp_path / "nothing").exists()


def test_the_doctor_finds_a_log_that_cannot_be_read(shell: Shell) -> None:
    (shell.data / "ledger.db").write_bytes(b"nothing of the kind" * 1000)
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (shell.data / name).unlink(missing_ok=True)
    said = json.loads(shell.run("doctor", "--format", "json").stdout)
    assert {item["what"] for item in said["items"] if item["state"] == "fault"} == {"log"}


def test_the_doctor_works_beside_a_server(shell: Shell) -> None:
    with Ledger(shell.data / "ledger.db") as ledger, Engine.beside(ledger, shell.data / "projections.duckdb") as engine:
        engine.catch_up()
        said = json.loads(shell.run("doctor", "--format", "json").stdout)
    (tables,) = [item for item in said["items"] if item["what"] == "tables"]
    assert tables["state"] == "ok"
    assert "in use" in tables["detail"] or os.name != "posix"
