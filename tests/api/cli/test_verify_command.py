"""`supply-ledger verify`, as an auditor runs it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli.main import app
from ledger import Ledger
from tests.ledger.conftest import WORLD, figure
from tests.tampering import hash_tree_again, seal_again, tampered

VALUE = "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), '17', '18') AS BLOB) WHERE position = {0}"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.append([*WORLD, figure("17"), figure("18", period="2001")])
        (tmp_path / "kept.note").write_bytes(ledger.proofs.checkpoint().encoded())
        (tmp_path / "kept.key").write_text(ledger.proofs.key.verifier.text())
    return tmp_path


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["verify", *words, "--data", str(data)])


def test_a_whole_log_is_said_to_be_whole_with_its_root(data: Path) -> None:
    result = run(data)
    assert result.exit_code == 0, result.output
    with Ledger(data / "ledger.db") as ledger:
        assert ledger.log.root(ledger.head()).hex() in result.stdout.replace("\n", "")
    assert "keep a checkpoint elsewhere" in result.stdout.replace("\n", " ")
    kept = run(data, "--checkpoint", str(data / "kept.note"), "--key", (data / "kept.key").read_text())
    assert (kept.exit_code, "elsewhere" in kept.stdout) == (0, False)


def test_what_was_altered_is_said_with_its_position(data: Path) -> None:
    position = len(WORLD) + 1
    tampered(data / "ledger.db", VALUE.format(position))
    result = run(data)
    assert result.exit_code == 1
    assert f"Position {position}: the text of the event" in result.stdout
    told = json.loads(run(data, "--json").stdout)
    assert (told["whole"], told["faults"][0]["position"]) == (False, position)


def test_who_has_the_key_is_found_by_a_checkpoint_kept_elsewhere(data: Path) -> None:
    tampered(data / "ledger.db", VALUE.format(len(WORLD) + 1))
    hash_tree_again(data / "ledger.db")
    seal_again(data / "ledger.db")
    assert run(data).exit_code == 0
    result = run(data, "--checkpoint", str(data / "kept.note"))
    assert result.exit_code == 1
    assert "checkpoint that was kept elsewhere" in result.stdout.replace("\n", " ")


@pytest.mark.parametrize(
    "words", [["--key", "nonsense"], ["--checkpoint", "absent.note"], ["--key", "a+00000000+AAAA"]]
)
def test_what_cannot_be_used_is_said(data: Path, words: list[str]) -> None:
    result = run(data, *words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_file_that_is_no_checkpoint_verifies_nothing(data: Path) -> None:
    (data / "other.note").write_text("nothing\n")
    result = run(data, "--checkpoint", str(data / "other.note"))
    assert result.exit_code == 1
    assert "cannot be used" in result.stdout.replace("\n", " ")
