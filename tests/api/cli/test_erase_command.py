"""`supply-ledger erase`, beside a running server and writers: no byte of the text is left in the data directory."""

import json
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger
from tests.api.cli.test_graceful_stop import serving
from tests.api.cli.test_proof_commands import Shell
from tests.api.helpers import BASICS, mined
from tests.patience import PATIENCE_S

SECRETS = ("271828.18", "a secret explanation", "https://secret.example/page", "secretbasis")
"""In an event and in its correction: a value, an explanation, an address, a dimension."""
EVENT = mined(
    "china",
    SECRETS[0],
    "2024-01-31",
    source={"publisher": "usgs", "url": SECRETS[2]},
    dimensions={"basis": SECRETS[3]},
)
WHY = ("--reason", "personal_data", "--explanation", "They asked for it.")


def left_in(data: Path) -> set[tuple[str, str]]:
    """The secrets in the files of a data directory, at the end of their names and in any folder."""
    found = set()
    for path in data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found |= {(path.name, text) for text in SECRETS if text.encode() in content}
    return found


def corrected(event_id: str) -> dict[str, Any]:
    return {
        "type": "EventCorrected",
        "target": event_id,
        "changes": {"note": "Page 7."},
        "reason": "other",
        "explanation": SECRETS[1],
    }


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path / "data")
    made.append(*BASICS)
    return made


@pytest.fixture
def event_id(shell: Shell) -> str:
    """An event with a correction, of which the tables are made."""
    (item,) = json.loads(shell.ok("append", "--format", "json", stdin=json.dumps(EVENT)))["items"]
    shell.append(corrected(item["event_id"]))
    shell.ok("figures")
    assert {text for _, text in left_in(shell.data)} == {*SECRETS}
    return str(item["event_id"])


def test_it_is_asked_for_and_leaves_nothing(shell: Shell, event_id: str, tmp_path: Path) -> None:
    assert shell.run("erase", event_id, *WHY, stdin="n\n").exit_code == 1
    assert left_in(shell.data)
    said = shell.run("erase", event_id, *WHY, stdin="y\n")
    assert said.exit_code == 0, said.output
    assert "Backups and exports that were made before still hold it" in said.output
    assert left_in(shell.data) == set()
    shell.ok("figures")
    shell.ok("export", str(tmp_path / "export"))
    assert left_in(shell.data) == left_in(tmp_path / "export") == set()
    assert "as they were recorded" in shell.ok("verify")
    assert "was erased" in shell.fails("erase", event_id, *WHY, "--yes")


def test_it_says_what_it_takes(shell: Shell, event_id: str) -> None:
    assert "personal_data" in shell.fails("erase", event_id, "--reason", "shame", "--explanation", "-", "--yes")
    assert "uuid" in shell.fails("erase", "x", *WHY, "--yes").lower()
    assert left_in(shell.data)


def test_an_export_taken_in_as_recorded_is_the_same_log(shell: Shell, event_id: str, tmp_path: Path) -> None:
    shell.ok("erase", event_id, *WHY, "--yes")
    shell.ok("export", str(tmp_path / "export"))
    other = Shell(tmp_path / "other")
    other.ok("import", str(tmp_path / "export"), "--as-recorded")
    assert json.loads(other.ok("verify", "--json"))["root"] == json.loads(shell.ok("verify", "--json"))["root"]
    assert json.loads(other.ok("verify", "--json"))["faults"] == []
    other.ok("export", str(tmp_path / "again"))
    texts = [(tmp_path / name / "events.jsonl").read_bytes() for name in ("export", "again")]
    assert texts[0] == texts[1]
    joined = Shell(tmp_path / "joined")
    refused = joined.run("import", str(tmp_path / "export"))
    assert refused.exit_code == 1
    assert "erased" in refused.output


def test_rows_without_a_text_need_the_row_that_erased_them(shell: Shell, event_id: str, tmp_path: Path) -> None:
    shell.ok("erase", event_id, *WHY, "--yes")
    shell.ok("export", str(tmp_path / "export"))
    lines = (tmp_path / "export" / "events.jsonl").read_bytes().splitlines(keepends=True)
    for number, kept in enumerate((lines[:-1], [line.replace(b'"acts":[8]', b'"acts":[]') for line in lines])):
        (tmp_path / "cut.jsonl").write_bytes(b"".join(kept))
        other = Shell(tmp_path / f"other-{number}")
        assert other.run("import", str(tmp_path / "cut.jsonl"), "--as-recorded").exit_code == 1
        assert json.loads(other.ok("verify", "--json"))["size"] == 0


def test_a_backup_that_is_made_later_has_nothing_of_it(shell: Shell, event_id: str, tmp_path: Path) -> None:
    shell.ok("erase", event_id, *WHY, "--yes")
    shell.ok("backup", str(tmp_path / "backup.tar"))
    other = Shell(tmp_path / "restored")
    result = other.run("restore", str(tmp_path / "backup.tar"))
    assert result.exit_code == 0, result.output
    assert left_in(other.data) == set()
    assert "as they were recorded" in other.ok("verify")


def test_beside_a_server_and_writers_no_byte_is_left(shell: Shell, event_id: str) -> None:
    with serving(shell.data, stop_seconds=1) as server:

        def ask(path: str) -> bytes:
            with urllib.request.urlopen(f"http://127.0.0.1:{server._port}{path}", timeout=PATIENCE_S) as answer:
                return bytes(answer.read())

        fixed = "/v1/figures?as_of=2024-12-31&recorded_as_of=position:8"
        for path in (fixed, fixed + "&format=csv", "/v1/figures?format=parquet"):
            for _ in range(2):
                ask(path)
        assert SECRETS[0].encode() in ask(fixed)
        ended = threading.Event()

        def write() -> None:
            with Ledger(shell.data / "ledger.db") as ledger:
                year = 1000
                while not ended.is_set():
                    ledger.append([mined("china", "5", "2024-01-31", period=str(year))])
                    year += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            said = shell.run("erase", event_id, *WHY, "--yes")
        finally:
            ended.set()
            writer.join()
        assert said.exit_code == 0, said.output
        for path in (fixed, fixed + "&format=csv", "/v1/events", f"/v1/events/{event_id}"):
            assert not [text for text in SECRETS if text.encode() in ask(path)]
        assert left_in(shell.data) == set(), "the questions brought the tables up"
    with serving(shell.data, stop_seconds=1):
        assert left_in(shell.data) == set()
    assert "as they were recorded" in shell.ok("verify")


def test_a_server_that_nobody_asks_lets_go_of_it_too(shell: Shell, event_id: str) -> None:
    with serving(shell.data, stop_seconds=1):
        shell.ok("erase", event_id, *WHY, "--yes")
        looks = 0
        while left_in(shell.data) and looks < 10_000:
            looks += 1
        assert left_in(shell.data) == set()


def test_doctor_says_that_nothing_is_left(shell: Shell, event_id: str) -> None:
    assert "erased texts" not in shell.run("doctor").output
    shell.ok("erase", event_id, *WHY, "--yes")
    assert "no byte of one is left" in shell.run("doctor").output.replace("\n", " ")
