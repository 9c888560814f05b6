"""Several workers over one log answer as one server does, whichever of them is asked."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from itertools import cycle
from pathlib import Path

import pytest

from api.hooks.hook import Place, new_secret
from api.hooks.hook_file import HOOKS_FILE, HookFile
from api.settings import data_directory
from ledger import Ledger
from tests.api.cli.worker_servers import WorkerServer, workers_at
from tests.api.helpers import BASICS, country, mined, organisation
from tests.api.hooks.receiver import position_of, receiving
from tests.patience import PATIENCE_S
from tests.stores import log_location

SECRET = "314159"
CASES = [("sqlite", 2), ("sqlite", 3), ("postgres", 2)]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[1]} on {case[0]}")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerServer]:
    """A server of several workers, over a log that all tests of this module add to."""
    store, count = request.param
    folder = tmp_path_factory.mktemp("workers")
    location = log_location(store, folder)
    with Ledger(location) as ledger:
        ledger.append(BASICS)
    data = location if store == "postgres" else folder
    with workers_at(data, count, folder=folder) as server:
        yield server


def test_what_one_worker_acknowledged_every_other_has_in_its_next_answer(server: WorkerServer) -> None:
    with server.clients() as clients:
        turns = cycle(clients)
        for number in range(12):
            slug = f"seen-{number}"
            position = next(turns).post(country(slug))
            for client in clients:
                assert client.get(f"/v1/entities/{slug}")["basis"]["position"] == position


def test_pages_go_on_at_any_worker(server: WorkerServer) -> None:
    with server.clients() as clients:
        clients[0].post(*(country(f"page-{number:02}") for number in range(11)))
        whole = [item["entity"] for item in clients[0].get("/v1/entities?limit=1000")["items"]]
        found: list[str] = []
        path = "/v1/entities?limit=4"
        for client in cycle(clients):
            page = client.get(path)
            found += [item["entity"] for item in page["items"]]
            if page["next"] is None:
                break
            path = f"/v1/entities?limit=4&cursor={page['next']}"
        assert found == whole


def test_a_receipt_of_one_worker_is_verified_by_the_others(server: WorkerServer) -> None:
    with server.clients() as clients:
        clients[0].post(mined("australia", "18000", "2024-01-31"))
        receipt = clients[0].get("/v1/figures?subject=australia&receipt=full")["receipt"]
        for client in clients:
            status, text = client.ask("POST", "/v1/receipts/verify", receipt)
            assert status == 200, text
            verdict = json.loads(text)
            assert verdict == json.loads(clients[0].ask("POST", "/v1/receipts/verify", receipt)[1])
            assert verdict["verdict"] == "same", text


def test_a_request_that_is_sent_again_to_another_worker_is_not_recorded_twice(server: WorkerServer) -> None:
    with server.clients() as clients:
        key = {"Idempotency-Key": "the same"}
        answers = [client.ask("POST", "/v1/events", [organisation("sent-again")], **key)[1] for client in clients]
        positions = {json.loads(answer)["items"][0]["position"] for answer in answers}
        assert len(positions) == 1, answers


def test_a_stream_of_one_worker_has_what_the_others_record(server: WorkerServer) -> None:
    with server.clients() as clients, closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
        connection.timeout = PATIENCE_S
        head = clients[0].get("/readyz")["position"]
        connection.request("GET", f"/v1/stream?after={head}")
        answer = connection.getresponse()
        wanted = [client.post(country(f"streamed-{number}")) for number, client in enumerate(clients)]
        seen: list[int] = []
        while len(seen) < len(wanted):
            line = answer.readline()
            assert line, "the stream goes on"
            if line.startswith(b"data: "):
                seen.append(json.loads(line[6:])["position"])
        assert seen == wanted


def test_what_is_counted_is_counted_of_all(server: WorkerServer) -> None:
    name = 'supply_ledger_requests_total{method="GET",route="/healthz",status="200"}'
    with server.clients() as clients:
        before = clients[0].metrics().get(name, 0)
        for client in clients:
            client.get("/healthz")
            client.get("/readyz")  # a request is counted once it is answered, and before the next of its connection
        assert [client.metrics()[name] for client in clients] == [before + len(clients)] * len(clients)


def test_an_erased_text_is_gone_from_the_answers_and_the_tables_of_every_worker(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.append([*BASICS, mined("china", "270000", "2024-01-31", note=f"by {SECRET}")])
    past = "/v1/figures?subject=china&as_of=2024-06-30&recorded_as_of=position:7"
    with workers_at(tmp_path, 2, folder=tmp_path) as server, server.clients() as clients:
        for client in clients:
            client.get(past)
    # A file of tables that nobody has, as a worker leaves it that was replaced.
    spare = tmp_path / "workers" / "3.duckdb"
    spare.write_bytes((tmp_path / "workers" / "2.duckdb").read_bytes())
    (tmp_path / "workers" / "3.lock").touch()
    with workers_at(tmp_path, 2, folder=tmp_path) as server:
        with server.clients() as clients:
            (item,) = clients[0].get(past)["items"]
            for client in clients:
                assert client.get(past)["items"] == [item]
        assert spare.exists()
        with server.clients() as clients:
            erasure = {"target": item["event_id"], "reason": "personal_data", "explanation": "They asked for it."}
            status, text = clients[0].ask("POST", "/v1/erasures", erasure)
            assert status == 201, text
            for client in clients:
                assert client.get(past)["items"] == []
                assert SECRET not in client.ask("GET", "/v1/events?limit=100")[1]
        while spare.exists() or holds(tmp_path, SECRET.encode()):
            with server.clients() as clients:
                for client in clients:
                    client.get("/healthz")
        server.process.terminate()
        assert server.process.wait(PATIENCE_S) == 0
    assert not holds(tmp_path, SECRET.encode())


def holds(folder: Path, text: bytes) -> bool:
    """Whether the text stands in any file."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return any(text in path.read_bytes() for path in files)


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_one_worker_alone_tells_hooks(tmp_path: Path, store: str) -> None:
    location = log_location(store, tmp_path)
    with Ledger(location) as ledger:
        ledger.append(BASICS)
    data = location if store == "postgres" else tmp_path
    start = Place(0, "1970-01-01T00:00:00Z")
    with receiving() as receiver:
        HookFile(tmp_path / HOOKS_FILE).add(
            "hook", receiver.url, secret=new_secret(), condition="event", filters={}, may_be_private=True, place=start
        )
        with workers_at(data, 2, folder=tmp_path) as server:
            with server.clients() as clients:
                turns = cycle(clients)
                last = [next(turns).post(country(f"told-{number}")) for number in range(10)][-1]
            receiver.wait_for(last)
            server.process.terminate()
            assert server.process.wait(PATIENCE_S) == 0
        assert [position_of(taken) for taken in receiver.taken] == list(range(1, last + 1))


def test_the_first_worker_has_the_tables_of_a_single_server(tmp_path: Path) -> None:
    with workers_at(tmp_path, 2, folder=tmp_path) as server, server.clients() as clients:
        clients[0].post(*BASICS)
        for client in clients:
            assert "tables" not in client.get("/readyz"), "each has its tables in a file"
    there = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.duckdb")}
    assert there == {data_directory(tmp_path).projections_path.name, "workers/2.duckdb"}
