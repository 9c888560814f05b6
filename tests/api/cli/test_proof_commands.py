"""`checkpoint`, `proof`, `witness` and `anchor`, as a user runs them."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.cli.main import app
from api.cli.witness_server import watched_logs, witness_key
from api.http.witness_app import witness_app
from ledger import Ledger
from ledger.proof import Note, TlogProof, VerifierKey, opened, standalone_verifier
from ledger.proof.standalone_verifier import Files, Key, Trust
from tests.api.helpers import country, organisation
from tests.api.outbound.other_servers import Answer, served
from tests.ledger.proof.openssl_authority import OpenSSLAuthority
from tests.places import ROOT


class Shell:
    """Runs commands over one data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *words: str, stdin: str | None = None) -> Any:
        return CliRunner().invoke(app, [*words, "--data", str(self.data)], input=stdin)

    def ok(self, *words: str, stdin: str | None = None) -> str:
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    def fails(self, *words: str) -> str:
        result = self.run(*words)
        assert result.exit_code in (1, 2), result.output
        assert isinstance(result.exception, SystemExit)
        return str(result.output)

    def append(self, *events: dict[str, Any]) -> None:
        self.ok("append", stdin=json.dumps(events))

    def key(self) -> VerifierKey:
        return VerifierKey.parse(self.ok("checkpoint", "key").strip())


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path / "data")
    made.append(organisation("usgs"), country("china"))
    return made


def verified(shell: Shell, files: Files, *witnesses: VerifierKey) -> str:
    """What the verifier that stands alone says of files."""
    keys = [Key.parse(one.text()) for one in witnesses]
    return standalone_verifier.verify(files, Trust([Key.parse(shell.key().text())], keys, len(keys)))


def test_a_checkpoint_is_printed_and_written_the_same(shell: Shell, tmp_path: Path) -> None:
    printed = shell.ok("checkpoint")
    checkpoint, _ = opened(printed.encode(), [shell.key()])
    assert checkpoint.size == 2
    assert "Wrote" in shell.ok("checkpoint", "--output", str(tmp_path / "kept"))
    assert (tmp_path / "kept").read_bytes() == printed.encode()


def test_a_proof_stands_alone(shell: Shell, tmp_path: Path) -> None:
    shell.ok("proof", "2", "--output", str(tmp_path / "two.tlog-proof"))
    raw = (tmp_path / "two.tlog-proof").read_bytes()
    assert TlogProof.parse(raw).verify([shell.key()]).size == 2
    assert 'Entry 2 of the log is {"content":' in verified(shell, Files(raw))
    assert "none of them has position 3" in shell.fails("proof", "3")
    shell.fails("proof", "0")


def test_an_older_checkpoint_is_proved_to_be_of_the_same_log(shell: Shell, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    shell.ok("checkpoint", "--output", str(kept))
    shell.append(country("japan"))
    proof = shell.ok("checkpoint", "--since", str(kept)).encode()
    assert "Its first 2 entries are those of the older" in verified(shell, Files(proof, old=kept.read_bytes()))
    other = Shell(tmp_path / "other")
    other.append(country("japan"))
    assert "not signed by" in other.fails("checkpoint", "--since", str(kept))
    assert "Cannot read" in shell.fails("checkpoint", "--since", str(tmp_path / "absent"))


def test_what_is_no_ledger_has_no_checkpoint(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "absent")
    for words in (["checkpoint"], ["checkpoint", "key"], ["proof", "1"], ["anchor"], ["witness", "submit"]):
        assert "There is no ledger" in shell.fails(*words)
    assert "No witness" in shell.ok("witness")
    assert not shell.data.exists()


def test_a_witness_signs_and_finds_out_a_log_that_was_taken_back(shell: Shell, tmp_path: Path) -> None:
    theirs = Shell(tmp_path / "theirs")
    key = VerifierKey.parse(theirs.ok("witness", "key", "--name", "witness.example/one").strip())
    assert key.name == "witness.example/one"
    logs = watched_logs(theirs.data)
    with (
        Ledger(shell.data / "ledger.db") as ledger,
        TestClient(witness_app(logs, witness_key(theirs.data, None), now=ledger.now)) as client,
    ):

        def answer(path: str, body: bytes) -> Answer:
            said = client.post(path, content=body)
            return Answer(said.status_code, said.headers["content-type"], said.content)

        with served(answer) as url:
            assert "no witness to ask" in shell.fails("witness", "submit")
            assert "No witness has signed" in shell.fails("checkpoint", "--witnessed")
            shell.ok("witness", "add", url, key.text())
            assert "does not know this log" in shell.fails("witness", "submit")
            theirs.ok("witness", "trust", shell.key().text())
            assert key.name in shell.ok("witness", "submit")
            before = (shell.data / "ledger.db").read_bytes()
            shell.append(country("japan"))
            shell.ok("witness", "submit")
            listed = shell.ok("witness")
            assert url in listed
            assert key.name in listed
            witnessed = shell.ok("checkpoint", "--witnessed").encode()
            assert Note.parse(witnessed).verified([key])
            proof = shell.ok("proof", "1", "--witnessed").encode()
            assert f"Witnessed by {key.name}" in verified(shell, Files(proof), key)
            assert shell.key().name in theirs.ok("witness")

            copy = Shell(tmp_path / "copy")
            copy.data.mkdir()
            (copy.data / "ledger.db").write_bytes(before)
            (copy.data / "ledger.key").write_bytes((shell.data / "ledger.key").read_bytes())
            copy.ok("witness", "add", url, key.text())
            assert "taken back" in " ".join(copy.fails("witness", "submit").split())

            shell.ok("witness", "remove", key.name)
            assert "There is no witness" in shell.fails("witness", "remove", key.name)


@pytest.mark.parametrize(
    "words",
    [
        ["add"],
        ["add", "https://witness.example"],
        ["add", "witness.example", "KEY"],
        ["add", "https://witness.example", "KEY"],
        ["add", "https://witness.example", "LOG"],
        ["trust", "WITNESS"],
        ["trust", "nonsense"],
        ["submit", "more"],
        ["sign"],
    ],
)
def test_what_a_witness_command_cannot_be_is_said(shell: Shell, tmp_path: Path, words: list[str]) -> None:
    known = {"LOG": shell.key().text(), "WITNESS": Shell(tmp_path / "theirs").ok("witness", "key").strip()}
    assert "Error" in shell.fails("witness", *(known.get(word, word) for word in words))


def test_the_name_of_a_witness_stays(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "theirs")
    key = shell.ok("witness", "key")
    assert key.startswith("supply-ledger-witness/")
    assert shell.ok("witness", "key") == key
    assert "is called supply-ledger-witness/" in shell.fails("witness", "key", "--name", "another")


def test_a_witness_is_served_to_this_machine_alone(tmp_path: Path) -> None:
    assert "loopback" in Shell(tmp_path / "theirs").fails("witness", "serve", "--host", "0.0.0.0")


def test_a_witness_serves_until_it_is_terminated(shell: Shell, tmp_path: Path) -> None:
    theirs = Shell(tmp_path / "theirs")
    theirs.ok("witness", "trust", shell.key().text())
    command = [sys.executable, "-m", "api", "witness", "serve", "--port", "0", "--data", str(theirs.data)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        address = running.stdout.readline().partition(" on ")[2].strip().removesuffix(".")
        key = running.stdout.readline().rpartition(" ")[2].strip()
        shell.ok("witness", "add", address, key)
        shell.ok("witness", "submit")
        assert Note.parse(shell.ok("checkpoint", "--witnessed").encode()).verified([VerifierKey.parse(key)])
        running.send_signal(signal.SIGTERM)
        said, errors = running.communicate(timeout=60)
    assert (running.returncode, said, errors) == (0, "Stopped.\n", "")


def test_a_checkpoint_is_dated_and_verified_offline(shell: Shell, tmp_path: Path) -> None:
    authority = OpenSSLAuthority(tmp_path)
    roots = str(tmp_path / "root.pem")
    strangers = str(tmp_path / "stranger.pem")
    name = str(tmp_path / "dated")

    def answer(_: str, body: bytes) -> Answer:
        return Answer(200, "application/timestamp-reply", authority.answer(body))

    assert "No checkpoint was dated" in shell.ok("anchor")
    with served(answer) as url:
        assert "give --roots" in shell.ok("anchor", "--tsa", url)
        said = shell.ok("anchor", "--tsa", url, "--roots", roots, "--output", name)
        assert "says that 2 events were there at 20" in said
        assert "not verified" in shell.fails("anchor", "--tsa", url, "--roots", strangers)
    assert shell.ok("anchor").count("not verified: give --roots") == 2
    assert shell.ok("anchor", "--roots", roots).count("yes") == 2
    assert "yes" not in shell.ok("anchor", "--roots", strangers)
    assert "was there at" in shell.ok("anchor", "--verify", name, "--roots", roots)
    assert authority.verifies(Path(f"{name}.checkpoint").read_bytes(), Path(f"{name}.tsr").read_bytes())
    Path(f"{name}.checkpoint").write_bytes(b"another")
    assert "not verified" in shell.fails("anchor", "--verify", name, "--roots", roots)
    assert "needs --roots" in shell.fails("anchor", "--verify", name)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, "text/plain", b""),
        Answer(200, "text/html", b"<p>"),
        Answer(200, "application/timestamp-reply", b"x"),
    ],
)
def test_an_authority_that_answers_nonsense_is_not_believed(shell: Shell, answer: Answer) -> None:
    with served(lambda *_: answer) as url:
        assert "time stamp" in shell.fails("anchor", "--tsa", url)
    assert "No checkpoint was dated" in shell.ok("anchor")
