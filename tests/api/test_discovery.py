"""A module that is added to a package is found by itself, and the others keep their order."""

import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import api.http.routes
import api.questions.audit
from api.app import create_app
from api.discovery import modules_of
from projections import Engine

ROUTE = """
from fastapi import APIRouter

from api.http.openapi import operation
from api.keys.scopes import READ


def router(engine):
    routes = APIRouter()

    @routes.get("/v1/new-thing", openapi_extra=operation(READ))
    def read() -> dict[str, int]:
        return {"head": engine.ledger.head()}

    return routes
"""


def test_modules_come_by_their_order_and_those_without_one_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "found_modules"
    package.mkdir()
    for name, order in (("__init__", None), ("zebra", 1), ("apple", 2), ("pear", None), ("banana", None)):
        (package / f"{name}.py").write_text("" if order is None else f"ORDER = {order}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = modules_of(__import__("found_modules"))
    assert [module.__name__.partition(".")[2] for module in found] == ["zebra", "apple", "banana", "pear"]


def test_a_new_module_of_routes_is_served(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "new_thing.py").write_text(ROUTE, encoding="utf-8")
    monkeypatch.setattr(api.http.routes, "__path__", [*api.http.routes.__path__, str(tmp_path)])
    try:
        app = create_app(engine)
        assert TestClient(app).get("/v1/new-thing").json() == {"head": 0}
        assert list(app.openapi()["paths"])[-1] == "/v1/new-thing"
    finally:
        sys.modules.pop("api.http.routes.new_thing", None)


def test_a_new_module_with_a_question_is_among_the_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(api.questions.audit.__file__).with_name("scorecard_question.py").read_text(encoding="utf-8")
    new = source.replace('"scorecards",\n', '"second-scorecards",\n').replace("ORDER = 60\n", "")
    assert new != source
    (tmp_path / "second_scorecard_question.py").write_text(new, encoding="utf-8")
    monkeypatch.setattr(api.questions.audit, "__path__", [*api.questions.audit.__path__, str(tmp_path)])
    try:
        names = [question.name for question in api.questions.audit.found_questions()]
    finally:
        sys.modules.pop("api.questions.audit.second_scorecard_question", None)
    assert names == [*(question.name for question in api.questions.audit.AUDIT_QUESTIONS), "second-scorecards"]
