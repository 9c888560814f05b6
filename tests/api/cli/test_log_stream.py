"""The stream of a real server: all in order, on from the last id, until its key is revoked or the server ends."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.http.event_streams import STREAMS_MAX
from api.keys.key_file import KeyFile
from api.keys.scopes import READ
from ledger import Ledger
from tests.api.helpers import BASICS, LOOKS_MAX, country, mined
from tests.patience import PATIENCE_S
from tests.places import ROOT

STEPS = [mined("china", str(1000 + step), f"2024-01-{step + 1:02}") for step in range(20)]


class Stream:
    """A stream of a server, as its client reads it."""

    def __init__(self, port: int, query: str = "", **headers: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.connection.request("GET", f"/v1/stream{query}", headers=headers)
        self.response = self.connection.getresponse()

    def next(self) -> dict[str, Any] | None:
        """The next event, with its id; None where the stream has ended."""
        told: dict[str, str] = {}
        while line := self.response.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                told[name] = value
            elif "data" in told:
                event: dict[str, Any] = json.loads(told["data"])
                assert int(told["id"]) == event["position"]
                return event
            else:
                told = {}
        return None

    def take(self, count: int) -> list[dict[str, Any]]:
        events = [self.next() for _ in range(count)]
        assert None not in events
        return [event for event in events if event is not None]

    def close(self) -> None:
        self.response.close()
        self.connection.close()


@contextmanager
def served(data: Path, **settings: str) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    command = [sys.executable, "-m", "api", "serve", "--port", "0", "--data", str(data)]
    variables = {**os.environ, "SUPPLY_LEDGER_VERIFY_HOURS": "0", **settings}
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield int(line.partition("127.0.0.1:")[2].partition("/")[0]), process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("streamed") / "data"
    data.mkdir()
    with Ledger(data / "ledger.db") as ledger:
        ledger.append(BASICS)
    return data


@pytest.fixture(scope="module")
def port(data: Path) -> Iterator[int]:
    with served(data) as (port, _):
        yield port


def append(port: int, *events: dict[str, Any]) -> int:
    """The position of the last of some events, recorded now."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.request("POST", "/v1/events", json.dumps(events), {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
    return int(answer["items"][-1]["position"])


def read(port: int, path: str, **headers: str) -> tuple[int, dict[str, Any]]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_what_was_recorded_before_comes_first_and_then_what_is_recorded_meanwhile(port: int, data: Path) -> None:
    with closing(Stream(port)) as stream:
        assert stream.response.headers["Content-Type"].startswith("text/event-stream")
        before = stream.take(len(BASICS))
        assert [event["position"] for event in before] == list(range(1, len(BASICS) + 1))
        assert before == read(port, f"/v1/events?limit={len(BASICS)}")[1]["items"]
        last = append(port, *STEPS[:3])
        assert [event["position"] for event in stream.take(3)] == [last - 2, last - 1, last]
        with Ledger(data / "ledger.db") as other:  # another process may write to the log, too
            other.append([country("brazil")])
        assert [event["position"] for event in stream.take(1)] == [last + 1]


def test_a_client_that_comes_back_misses_nothing_and_sees_nothing_twice(port: int) -> None:
    with closing(Stream(port)) as stream:
        seen = [event["position"] for event in stream.take(4)]
    last = append(port, *STEPS[3:6])
    headers = {"Last-Event-ID": str(seen[-1])}
    with closing(Stream(port, "?after=1", **headers)) as stream:  # the header goes before
        seen += [event["position"] for event in stream.take(last - 4)]
    assert seen == list(range(1, last + 1))


def test_more_than_one_batch_comes_whole_and_only_what_passes_the_filters(port: int) -> None:
    last = append(port, *(country(f"place-{number}") for number in range(250)), STEPS[7])
    with closing(Stream(port, f"?after={last - 251}")) as stream:
        assert [event["position"] for event in stream.take(251)] == list(range(last - 250, last + 1))
    with closing(Stream(port, f"?after={last - 251}&type=ProductionReported")) as stream:
        assert [event["position"] for event in stream.take(1)] == [last]
        later = append(port, country("place-x"), STEPS[8])
        assert [event["position"] for event in stream.take(1)] == [later]


def test_a_stream_goes_on_for_longer_than_a_question_may_take(tmp_path: Path) -> None:
    seconds = 4
    with (
        served(tmp_path / "data", SUPPLY_LEDGER_QUESTION_SECONDS=str(seconds)) as (port, _),
        closing(Stream(port)) as stream,
    ):
        ends_at = time.monotonic() + 1.5 * seconds
        while time.monotonic() < ends_at:
            last = append(port, {**country("brazil"), "entity": f"place-{time.monotonic_ns()}"})
            assert [event["position"] for event in stream.take(1)] == [last]


@pytest.mark.parametrize(
    ("query", "headers", "status", "kind"),
    [
        ("?since=4", {}, 422, "bad-parameter"),
        ("?as_of=2024-01-01", {}, 422, "bad-parameter"),
        ("?after=-1", {}, 422, "bad-parameter"),
        ("?after=999999999", {}, 422, "bad-parameter"),
        ("", {"Last-Event-ID": "x7"}, 422, "bad-parameter"),
        ("", {"Last-Event-ID": "999999999"}, 422, "bad-parameter"),
        ("?type=NoSuchType", {}, 422, "bad-parameter"),
        ("", {"Accept": "application/json"}, 406, "not-acceptable"),
    ],
)
def test_what_cannot_be_streamed_is_refused_before_anything_is_sent(
    port: int, query: str, headers: dict[str, str], status: int, kind: str
) -> None:
    answered, problem = read(port, f"/v1/stream{query}", **headers)
    assert (answered, problem["type"].rpartition(":")[2]) == (status, kind), problem


def test_of_a_head_request_only_the_headers_come(port: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.request("HEAD", "/v1/stream")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        assert answer.headers["Content-Type"].startswith("text/event-stream")


def test_of_too_many_streams_the_last_is_refused_until_another_has_ended(port: int) -> None:
    with ExitStack() as all_of_them:
        streams = [all_of_them.enter_context(closing(Stream(port, "?after=1"))) for _ in range(STREAMS_MAX)]
        assert streams[-1].take(1)[0]["position"] == 2
        status, problem = read(port, "/v1/stream")
        assert (status, problem["type"].rpartition(":")[2]) == (503, "too-many-streams")
    for _ in range(LOOKS_MAX):  # until the server has noticed that they are gone
        with closing(Stream(port)) as stream:
            if stream.response.status == 200:
                assert stream.take(1)[0]["position"] == 1
                return
    pytest.fail("no stream is given though all others have ended")


def test_a_stream_ends_when_its_key_is_revoked_and_when_the_first_key_is_made(tmp_path: Path) -> None:
    with served(tmp_path / "data") as (port, _):
        keys = KeyFile(tmp_path / "data" / "keys.db")
        with closing(Stream(port)) as while_open:
            text = keys.create("ana", frozenset({READ}))
            assert while_open.next() is None
        with closing(Stream(port, Authorization=f"Bearer {text}")) as stream:
            assert stream.response.status == 200
            keys.revoke("ana")
            assert stream.next() is None


def test_streams_end_at_once_when_the_server_is_told_to_stop(tmp_path: Path) -> None:
    with served(tmp_path / "data") as (port, process), closing(Stream(port)) as stream:
        process.send_signal(signal.SIGTERM)
        assert stream.next() is None
        assert process.wait(PATIENCE_S) == 0
