"""Questions without end, asked of a real server through real sockets: they end, and hold up nobody."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.http.question_queue import LARGE_AT_ONCE, SMALL_AT_ONCE
from tests.api.helpers import mined
from tests.api.http.endless_server import Server, endless_server

NO_END = {"SUPPLY_LEDGER_QUESTION_SECONDS": "0"}
SMALL, LARGE = "/v1/figures?as_of=2025", "/v1/vintages?as_of=2025"
LEFT = 6
"""So many clients go away, which is more than there are threads for large questions."""


def is_ready(server: Server) -> Any:
    """What it says once it has taken in all; until then it says at once how far it is."""
    status, readiness, _ = server.ask("/readyz")
    while "head" in readiness:
        assert readiness["position"] < readiness["head"]
        status, readiness, _ = server.ask("/readyz")
    assert (status, readiness["status"]) == (200, "ready")
    return readiness


def everything_else_is_answered(server: Server) -> None:
    assert server.ask("/healthz")[:2] == (200, {"status": "ok"})
    head = is_ready(server)["position"]
    facts = [mined("australia", str(number), "2024-06-30") for number in range(300)]
    for body in (facts[0], facts[1:]):  # a small body and a large one, which is read in a thread
        status, _, _ = server.ask("/v1/events", method="POST", body=body)
        assert status == 201
    assert is_ready(server)["position"] == head + len(facts)


@pytest.mark.parametrize(("path", "at_once"), [(SMALL, SMALL_AT_ONCE), (LARGE, LARGE_AT_ONCE)])
def test_what_nobody_waits_for_is_given_up(tmp_path: Path, path: str, at_once: int) -> None:
    with endless_server(tmp_path, **NO_END) as server:
        clients = [server.begin(f"{path}-01-{day:02}") for day in range(1, LEFT + at_once + 1)]
        assert server.said(at_once) == ["began"] * at_once
        everything_else_is_answered(server)
        for client in clients:
            client.close()
        # Those that waited may begin as the others end, before their own clients are seen to have gone.
        said = server.said(at_once)
        while said.count("ended") < at_once + said.count("began"):
            said += server.said(1)
        assert len(said) <= at_once + 2 * LEFT
        assert server.ask(path.replace("2025", "2024"))[0] == 200


def test_small_questions_are_answered_while_large_ones_have_all_their_threads(tmp_path: Path) -> None:
    with endless_server(tmp_path, **NO_END) as server:
        clients = [server.begin(f"{LARGE}-01-{day:02}") for day in range(1, LEFT + 1)]
        assert server.said(LARGE_AT_ONCE) == ["began"] * LARGE_AT_ONCE
        status, body, _ = server.ask("/v1/figures?as_of=2024")
        assert (status, len(body["items"])) == (200, 1)
        for client in clients:
            client.close()


@pytest.fixture(scope="module")
def of_one_second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that gives up after a second, for questions one after another."""
    with endless_server(tmp_path_factory.mktemp("second"), SUPPLY_LEDGER_QUESTION_SECONDS="1") as server:
        yield server


@pytest.mark.parametrize("path", [SMALL, LARGE, "/v1/report?subject=china&as_of=2025", f"{SMALL}&limit=5000"])
def test_what_takes_too_long_is_a_problem_that_says_what_to_narrow(of_one_second: Server, path: str) -> None:
    server = of_one_second
    status, problem, headers = server.ask(path)
    assert (status, problem["type"]) == (503, "urn:supply-ledger:problem:time-limit")
    assert "1 seconds" in problem["detail"]
    assert "SUPPLY_LEDGER_QUESTION_SECONDS" in problem["detail"]
    assert "filters" in problem["detail"]
    assert "Retry-After" not in headers
    assert server.said(2) == ["began", "ended"]
    assert server.ask(path.replace("2025", "2024").replace("report", "figures"))[0] == 200
