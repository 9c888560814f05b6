"""Which error is which problem."""

import threading

import pytest

from api.http.problem_responses import error_response, problem_response
from api.problems import problem_of
from ledger import LedgerDamaged, StoreBusy, StoreError, StoreFull
from projections import TablesUnavailable
from tests.api.helpers import Api, mined


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [(StoreBusy("x"), 503, True), (StoreFull("x"), 507, False), (StoreError("x"), 503, True)],
)
def test_a_store_that_cannot_says_whether_to_try_again(error: Exception, status: int, retry: bool) -> None:
    response = problem_response(problem_of(error))
    assert response.status_code == status
    assert ("retry-after" in response.headers) is retry
    assert response.headers["content-type"] == "application/problem+json"


def test_what_no_client_can_cause_is_an_internal_error_that_gives_nothing_away() -> None:
    problem = problem_of(RuntimeError("row 7 of /secret/path"))
    assert problem.status == 500
    assert "secret" not in problem.detail


@pytest.mark.parametrize("kind", [StoreError, StoreBusy, StoreFull])
def test_what_a_store_says_of_hosts_and_roles_goes_to_the_log_and_to_no_client(
    kind: type[StoreError], caplog: pytest.LogCaptureFixture
) -> None:
    error = kind("the database cannot be reached just now", reason='host db.internal: role "ledger"')
    answer = error_response(error, {"type": "http", "method": "GET", "path": "/readyz", "headers": []})
    assert answer.status_code in (503, 507)
    assert b"cannot be reached just now" in bytes(answer.body)
    assert b"db.internal" not in bytes(answer.body)
    assert "db.internal" in caplog.text
    assert "db.internal" in str(error)


def test_a_damaged_log_is_no_bug_and_says_where_and_what_to_do() -> None:
    problem = problem_of(LedgerDamaged("the event at position 7 is no JSON object", position=7))
    assert (problem.status, problem.kind) == (503, "ledger-damaged")
    assert "position 7" in problem.detail
    assert "backup" in problem.detail
    assert "Retry-After" not in problem.headers


def test_tables_in_the_making_say_how_far_they_are_and_when_to_ask_again() -> None:
    problem = problem_of(TablesUnavailable("the tables are being made", position=250_000, head=1_000_000))
    assert problem.status == 503
    assert problem.document()["position"] == 250_000
    assert problem.document()["head"] == 1_000_000
    assert problem.headers == {"Retry-After": "16"}


def test_readers_and_writers_beside_each_other_see_every_append_once(api: Api) -> None:
    failures: list[BaseException] = []

    def work(publisher: str) -> None:
        try:
            for number in range(10):
                (item,) = api.post(mined("china", str(number), f"2024-01-{number + 1:02}", publisher=publisher))
                answer = api.only("figures", subject="china", publisher=publisher)
                assert (answer["value"], answer["position"]) == (str(number), item["position"])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(publisher,)) for publisher in ("usgs", "bgs", "lynas")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [item["position"] for item in api.items("events")] == list(range(1, 37))
    assert [item["revisions"] for item in api.items("figures", resolve="all")] == [9, 9, 9]
