"""Proof over HTTP, checked as a client checks it: with the hashes alone, and with the verifier that stands alone."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger import Ledger
from ledger.proof import ED25519_NOTE, Checkpoint, SignerKey, TlogProof, VerifierKey, opened
from ledger.proof.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion
from projections import Engine
from tests.api.formats.long_list import served
from tests.ledger.conftest import WORLD, figure
from tests.ledger.proof.sumdb import Judge, judge
from tests.tampering import tampered

EVENTS = 600


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with Ledger(tmp_path_factory.mktemp("proofs") / "ledger.db") as ledger:
        ledger.append(WORLD)
        rest = EVENTS - ledger.head()
        ledger.append([figure(str(number), period=str(1800 + number)) for number in range(rest)])
        yield ledger


@pytest.fixture(scope="module")
def client(log: Ledger) -> Iterator[TestClient]:
    with Engine(log) as engine:
        yield TestClient(create_app(engine))


def got(client: TestClient, path: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def hashes(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def test_the_checkpoint_is_signed_and_is_the_root_of_answers(client: TestClient) -> None:
    told = got(client, "/v1/checkpoint")
    checkpoint, _ = opened(told["note"].encode(), [VerifierKey.parse(told["key"])], origin=told["origin"])
    assert (checkpoint.size, checkpoint.root.hex()) == (told["size"], told["root"]) == (EVENTS, told["root"])
    assert got(client, "/v1/figures")["basis"]["root"] == told["root"]
    then = got(client, "/v1/figures", recorded_as_of="position:300", as_of="2030")["basis"]
    assert then["root"] == got(client, "/v1/checkpoint", size=300)["root"]
    assert client.get("/checkpoint").text == told["note"]


@pytest.mark.parametrize("position", [1, 255, 256, 257, 512, 513, EVENTS])
def test_an_event_is_in_the_log(client: TestClient, log: Ledger, position: int) -> None:
    told = got(client, "/v1/proofs/inclusion", position=position)
    content = told["content"]
    text = bytes.fromhex(content["salt"]) + bytes.fromhex(content["digest"]) + content["state"].encode()
    assert hashlib.sha256(text).hexdigest() == content["sha256"] == json.loads(told["leaf"])["content"]
    leaf = leaf_hash(told["leaf"].encode())
    assert leaf.hex() == told["leaf_hash"]
    verify_inclusion(leaf, told["index"], told["size"], hashes(told["proof"]), bytes.fromhex(told["root"]))
    assert json.loads(told["leaf"])["position"] == position == told["index"] + 1
    proof = TlogProof.parse(told["tlog_proof"].encode())
    assert Checkpoint.parse(opened(proof.note, [log.proofs.key.verifier])[1].text).size == EVENTS
    same = got(client, "/v1/proofs/inclusion", event_id=told["event_id"], size=EVENTS)
    assert same == told
    smaller = got(client, "/v1/proofs/inclusion", position=position, size=position)
    verify_inclusion(leaf, position - 1, position, hashes(smaller["proof"]), log.log.root(position))


@pytest.mark.parametrize(
    "path",
    [
        "/v1/checkpoint",
        "/v1/checkpoint?size=2",
        "/v1/proofs/inclusion?position=1",
        "/v1/proofs/consistency?from=1",
        "/checkpoint",
        "/tile/0/000.p/2",
    ],
)
def test_who_has_a_proof_already_hears_so(client: TestClient, path: str) -> None:
    first = client.get(path)
    assert first.status_code == 200, first.text
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = client.get(path, headers={"If-None-Match": '"another"'})
    assert (other.status_code, other.content) == (200, first.content)
    head = client.head(path)
    assert (head.headers["etag"], head.headers["content-length"]) == (first.headers["etag"], str(len(first.content)))


@pytest.mark.parametrize("smaller", [0, 1, 256, 300, 599, EVENTS])
def test_the_log_only_grew(client: TestClient, smaller: int) -> None:
    told = got(client, "/v1/proofs/consistency", **{"from": smaller})
    roots = bytes.fromhex(told["from_root"]), bytes.fromhex(told["to_root"])
    verify_consistency(told["from"], told["to"], hashes(told["proof"]), *roots)
    assert told["from_root"] == got(client, "/v1/checkpoint", size=smaller)["root"]


def test_tiles_have_the_hashes_and_the_leaves(client: TestClient, log: Ledger) -> None:
    bundles = [client.get(f"/tile/entries/{name}").content for name in ("000", "001", "002.p/88")]
    leaves: list[bytes] = []
    for bundle in bundles:
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            leaves.append(leaf_hash(bundle[2 : 2 + length]))
            bundle = bundle[2 + length :]
    assert root_of(leaves) == log.log.root(EVENTS)
    assert client.get("/tile/0/000").content == b"".join(leaves[:256])
    assert client.get("/tile/0/002.p/88").content == b"".join(leaves[512:])
    assert client.get("/tile/1/000.p/2").content == root_of(leaves[:256]) + root_of(leaves[256:512])
    assert "immutable" in client.get("/tile/0/001").headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "/tile/0/002",
        "/tile/0/002.p/89",
        "/tile/0/002.p/256",
        "/tile/0/000.p/0",
        "/tile/0/1",
        "/tile/0/x000/00",
        "/tile/x/000",
        "/tile/8/000",
        "/tile/99999999999/000",
        "/tile/1/000",
        "/tile/0/x999/x999/x999/x999/x999/999",
        "/tile/0/../../etc/passwd",
        "/tile/entries/003",
        "/v1/proofs/inclusion?event_id=00000000-0000-4000-8000-999999999999",
    ],
)
def test_what_is_not_there_is_a_404(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    [
        "/v1/checkpoint?size=601",
        "/v1/checkpoint?size=-1",
        "/v1/checkpoint?size=" + "9" * 400,
        "/v1/checkpoint?sise=1",
        "/v1/proofs/inclusion",
        "/v1/proofs/inclusion?position=0",
        "/v1/proofs/inclusion?position=601",
        "/v1/proofs/inclusion?position=5&size=4",
        "/v1/proofs/inclusion?position=5&event_id=00000000-0000-4000-8000-000000000001",
        "/v1/proofs/inclusion?event_id=nobody",
        "/v1/proofs/consistency",
        "/v1/proofs/consistency?from=601",
        "/v1/proofs/consistency?from=5&to=4",
    ],
)
def test_what_cannot_be_shown_is_a_422(client: TestClient, query: str) -> None:
    answer = client.get(query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]


def test_an_empty_log_has_a_checkpoint() -> None:
    with Ledger(":memory:") as ledger, Engine(ledger) as engine:
        client = TestClient(create_app(engine))
        told = got(client, "/v1/checkpoint")
        assert (told["size"], told["root"]) == (0, hashlib.sha256().hexdigest())
        assert told["note"].split("\n")[2] == b64encode(hashlib.sha256().digest()).decode()
        assert got(client, "/v1/proofs/consistency", **{"from": 0})["proof"] == []


def test_a_proof_is_taken_by_the_verifier_that_stands_alone(client: TestClient, tmp_path: Path, log: Ledger) -> None:
    from ledger.proof import standalone_verifier

    file = tmp_path / "one.tlog-proof"
    file.write_text(got(client, "/v1/proofs/inclusion", position=257)["tlog_proof"])
    words = [str(file), "--key", log.proofs.key.verifier.text()]
    assert standalone_verifier.main(words) == 0
    file.write_text(file.read_text().replace("index 256", "index 255"))
    assert standalone_verifier.main(words) != 0


def test_a_server_over_a_log_that_was_altered_records_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        ledger.append([*WORLD, figure("17")])
        head = ledger.head()
    tampered(path, f"UPDATE stored_events SET recorded_by = 'somebody' WHERE position = {head}")
    with Ledger(path) as ledger, Engine(ledger) as engine:
        client = TestClient(create_app(engine))
        answer = client.post("/v1/events", json=figure("1", period="1999"))
        assert answer.status_code == 503
        assert answer.json()["detail"].startswith(f"Nothing is recorded: position {head}:")
        assert client.get("/v1/figures").status_code == 200
        assert client.get("/readyz").status_code == 503
        assert ledger.head() == head


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return judge(tmp_path_factory.mktemp("sumdb"))


def test_go_reads_the_log_of_a_running_server(go: Judge) -> None:
    with Ledger(":memory:") as ledger, Engine(ledger) as engine, served(engine) as address:
        key = ledger.proofs.key.verifier.text()
        ledger.append(WORLD)
        for count in (1, 250, 300, 300):  # Whole tiles and unfinished ones, on two levels.
            ledger.append([figure(str(number), period=str(1000 + number)) for number in range(count)])
            assert go.say([["log", key, address]]) == ["ok"]
        other = SignerKey("another.example", ED25519_NOTE, b"o" * 32).verifier.text()
        assert go.say([["log", other, address]]) != ["ok"]
        root = b64encode(bytes(32)).decode()
        assert go.say([["tiles", address, ledger.head(), root]]) != ["ok"]
