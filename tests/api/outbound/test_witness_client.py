"""A log and a witness, each as it runs: checkpoints are signed, and a log that was rewritten is found out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.http.witness_app import witness_app
from api.outbound.http_exchange import NoAnswer
from api.outbound.witness_client import submit, submit_to_all
from ledger.proof import Attestations, Checkpoint, Note, NoteError, Witness, WitnessedLogs
from tests.api.outbound.other_servers import Answer, served
from tests.ledger.proof.signed_trees import (
    LOG,
    ORIGIN,
    SECOND_WITNESS,
    STRANGER,
    WITNESS,
    checkpoint,
    consistency,
    root,
)

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def logs(tmp_path: Path) -> WitnessedLogs:
    made = WitnessedLogs(tmp_path / "witness.db")
    made.trust(LOG.verifier)
    return made


@pytest.fixture
def app(logs: WitnessedLogs) -> Iterator[TestClient]:
    with TestClient(witness_app(logs, WITNESS, now=lambda: NOON), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def asked() -> list[bytes]:
    """What the witness was asked."""
    return []


@pytest.fixture
def witness(app: TestClient, asked: list[bytes]) -> Iterator[Witness]:
    def answer(path: str, body: bytes) -> Answer:
        asked.append(body)
        said = app.post(path, content=body)
        return Answer(said.status_code, said.headers["content-type"], said.content)

    with served(answer) as url:
        yield Witness(WITNESS.verifier, url)


@pytest.fixture
def kept(tmp_path: Path, witness: Witness) -> Attestations:
    made = Attestations(tmp_path / "attestations.db")
    made.add_witness(witness)
    return made


def test_a_log_that_grows_is_signed_each_time(witness: Witness, kept: Attestations, asked: list[bytes]) -> None:
    for count, size in enumerate((3, 3, 7, 100), start=1):
        note = submit(checkpoint(size), witness, consistency, kept, now=NOON)
        assert note.verified([WITNESS.verifier])
        assert kept.latest(ORIGIN) == note
        assert len(asked) == count
    assert kept.cosigned_at(WITNESS.verifier, ORIGIN) == NOON


def test_a_witness_that_remembers_more_is_asked_once_more(
    witness: Witness, kept: Attestations, asked: list[bytes], tmp_path: Path
) -> None:
    submit(checkpoint(7), witness, consistency, kept, now=NOON)
    forgetful = Attestations(tmp_path / "anew.db")
    assert submit(checkpoint(9), witness, consistency, forgetful, now=NOON).verified([WITNESS.verifier])
    assert [body.partition(b"\n")[0] for body in asked] == [b"old 0", b"old 0", b"old 7"]


def test_a_log_that_was_taken_back_is_found_out(witness: Witness, kept: Attestations) -> None:
    submit(checkpoint(7), witness, consistency, kept, now=NOON)
    with pytest.raises(NoteError, match="has seen 7 entries of this log, and here are 5"):
        submit(checkpoint(5), witness, consistency, kept, now=NOON)


def test_a_log_that_was_rewritten_is_found_out(witness: Witness, kept: Attestations, logs: WitnessedLogs) -> None:
    submit(checkpoint(7), witness, consistency, kept, now=NOON)
    other = Checkpoint(ORIGIN, 7, root(8)).signed(LOG)
    with pytest.raises(NoteError, match="has signed another checkpoint of this log with as many entries"):
        submit(other, witness, consistency, kept, now=NOON)
    assert logs.logs()[0].contradiction == (checkpoint(7).encoded(), other.encoded())
    with pytest.raises(NoAnswer, match="the log was rewritten"):
        submit(Checkpoint(ORIGIN, 9, root(8)).signed(LOG), witness, consistency, kept, now=NOON)


def test_a_log_that_the_witness_does_not_trust_is_told_what_to_do(witness: Witness, kept: Attestations) -> None:
    for note in (Checkpoint(ORIGIN, 5, root(5)).signed(STRANGER), Checkpoint("unknown", 5, root(5)).signed(LOG)):
        with pytest.raises(NoAnswer, match="give its owner the line of `checkpoint key`"):
            submit(note, witness, consistency, kept, now=NOON)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, "text/plain", b""),
        Answer(200, "text/plain", STRANGER.sign(checkpoint(5).text).line().encode()),
        Answer(200, "text/plain", WITNESS.sign(checkpoint(6).text, at=1).line().encode()),
        Answer(200, "text/plain", WITNESS.sign(checkpoint(5).text, at=int(NOON.timestamp()) + 3600).line().encode()),
        Answer(409, "text/plain", b"3\n"),
        Answer(409, "text/x.tlog.size", b"-3\n"),
        Answer(409, "text/x.tlog.size", "\N{ARABIC-INDIC DIGIT FIVE}\n".encode()),
        Answer(409, "text/x.tlog.size", b"9" * 10_000),
        Answer(500, "text/html", b"<html>"),
        Answer(999, "text/html", b""),
        Answer(301, "text/plain", b"", (("Location", "https://elsewhere.example"),)),
        Answer(413, "text/plain", b"x" * 100_000),
    ],
    ids=lambda answer: f"{answer.status} {answer.body[:12]!r}",
)
def test_a_witness_that_answers_nonsense_is_not_believed(answer: Answer, tmp_path: Path) -> None:
    kept = Attestations(tmp_path / "attestations.db")
    with served(lambda *_: answer) as url, pytest.raises((NoAnswer, NoteError)):
        submit(checkpoint(5), Witness(WITNESS.verifier, url), consistency, kept, now=NOON)
    assert kept.latest(ORIGIN) is None
    assert kept.cosigned_size(WITNESS.verifier, ORIGIN) == 0


def test_a_witness_that_always_says_another_size_is_given_up(tmp_path: Path) -> None:
    sizes = iter(range(1, 100))
    kept = Attestations(tmp_path / "attestations.db")
    with (
        served(lambda *_: Answer(409, "text/x.tlog.size", b"%d\n" % next(sizes))) as url,
        pytest.raises(NoAnswer, match="ask again"),
    ):
        submit(checkpoint(50), Witness(WITNESS.verifier, url), consistency, kept, now=NOON)
    assert next(sizes) == 4


def test_one_witness_that_is_away_keeps_no_other_from_signing(witness: Witness, kept: Attestations) -> None:
    kept.add_witness(Witness(SECOND_WITNESS.verifier, "http://127.0.0.1:1"))
    signed, failed = submit_to_all(checkpoint(5), consistency, kept, now=NOON)
    assert (signed.witness, signed.at, signed.problem) == (witness, NOON, None)
    assert failed.at is None
    assert "could not be asked" in (failed.problem or "")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"old 0\n\n", 400),
        (b"old x\n\n" + checkpoint(5).encoded(), 400),
        (b"old 6\n\n" + checkpoint(5).encoded(), 400),
        (b"old 0\n" + b"A" * 43 + b"=\n\n" + checkpoint(5).encoded(), 422),
        (b"old 0\n\n" + Checkpoint("unknown", 5, root(5)).signed(LOG).encoded(), 404),
        (b"old 0\n\n" + Checkpoint(ORIGIN, 5, root(5)).signed(STRANGER).encoded(), 403),
        (b"x" * 1_100_000, 413),
    ],
)
def test_the_witness_answers_as_it_is_specified(app: TestClient, body: bytes, status: int) -> None:
    answer = app.post("/add-checkpoint", content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_the_witness_says_its_size_where_another_was_said(app: TestClient) -> None:
    first = app.post("/add-checkpoint", content=b"old 0\n\n" + checkpoint(5).encoded())
    assert first.status_code == 200
    assert Note.parse(checkpoint(5).encoded() + first.content).verified([WITNESS.verifier])
    again = app.post("/add-checkpoint", content=b"old 0\n\n" + checkpoint(9).encoded())
    assert (again.status_code, again.headers["content-type"], again.content) == (409, "text/x.tlog.size", b"5\n")


def test_the_witness_has_one_address_and_one_method(app: TestClient) -> None:
    assert app.get("/add-checkpoint").status_code == 405
    assert app.post("/elsewhere").status_code == 404
