"""An address at which there is nothing: a page for people, a problem document for programs."""

import pytest
from fastapi.testclient import TestClient

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/nowhere", "/v1/nowhere", "/figures/one/two", "/assets/nothing"])
def test_a_browser_is_shown_the_way_home(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": BROWSER})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert '<a href="/">Home</a>' in answer.text
    assert path in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html, application/json", "text/csv"])
def test_a_program_is_told_in_a_problem_document(client: TestClient, accept: str) -> None:
    answer = client.get("/nowhere", headers={"Accept": accept})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "Not Found"


def test_the_path_of_a_stranger_is_text(client: TestClient) -> None:
    answer = client.get("/%3Cscript%3Ealert(1)%3C/script%3E%E2%80%AE", headers={"Accept": BROWSER})
    assert "<script" not in answer.text
    assert "\u202e" not in answer.text


def test_a_thing_that_is_not_there_is_a_problem_to_everybody(client: TestClient) -> None:
    path = "/v1/figures/00000000-0000-4000-8000-000000000000/history"
    answer = client.get(path, headers={"Accept": BROWSER})
    assert answer.headers["content-type"] == "application/problem+json"
