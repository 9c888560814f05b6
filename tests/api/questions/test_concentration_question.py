"""`/v1/concentration` over HTTP."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from tests.api.helpers import BASICS, Api, mined, opened

ASKED = {"metric": "mine_production", "period": "2023"}
FACTS = (
    mined("china", "6", "2024-01-31"),
    mined("australia", "3", "2024-01-31"),
    mined("australia", "4", "2025-01-31"),
    mined("lynas", "1", "2024-01-31", publisher="bgs"),
)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with opened(tmp_path_factory.mktemp("market") / "ledger.db") as engine:
        api = Api(TestClient(create_app(engine)))
        api.post(*BASICS, *FACTS)
        yield api


def test_shares_of_the_answers_at_a_viewpoint(market: Api) -> None:
    body = market.get("concentration", **ASKED, as_of="2024-12-31")
    assert [(item["subject"], item["share"]) for item in body["items"]] == [
        ("china", "60.0000"),
        ("australia", "30.0000"),
        ("lynas", "10.0000"),
    ]
    assert body["summary"]["hhi"] == "4600.0000"
    assert market.get("concentration", **ASKED, as_of="2023")["summary"]["n"] == 0
    only = market.get("concentration", **ASKED, publisher="usgs", top="2,1")
    assert (only["summary"]["n"], only["summary"]["top"]) == (2, {"1": "60.0000", "2": "100.0000"})


def test_tonnes_and_thousands_of_tonnes_are_one_unit_and_dollars_are_another(market: Api) -> None:
    held = [market.get("concentration", **ASKED, unit=unit)["summary"]["n"] for unit in ("t", "kt", "USD")]
    assert held == [3, 3, 0]


def test_what_changed_since_another_viewpoint_on_either_clock(market: Api) -> None:
    then = market.head() - 2
    published = market.get("concentration", **ASKED, publisher="usgs", compare_as_of="2024-12-31")
    recorded = market.get("concentration", **ASKED, publisher="usgs", compare_recorded_as_of=f"position:{then}")
    assert [(item["share"], item["share_change"]) for item in published["items"]] == [
        ("60.0000", "-6.6667"),
        ("40.0000", "6.6667"),
    ]
    assert recorded["items"] == published["items"]
    assert recorded["compared_with"]["position"] == then
    assert published["summary"]["change"]["hhi"] == "-355.5556"


def test_an_answer_that_may_still_change_is_not_kept_for_ever(market: Api) -> None:
    fixed = {**ASKED, "as_of": "2024-12-31", "recorded_as_of": f"position:{market.head()}"}
    headers = [
        market.client.get("/v1/concentration", params={**fixed, **compared}).headers["cache-control"]
        for compared in ({}, {"compare_recorded_as_of": "position:3"}, {"compare_recorded_as_of": "2999"})
    ]
    assert ["immutable" in one for one in headers] == [True, True, False]


def test_pages_compare_with_the_same_viewpoint_though_the_log_grows(api: Api) -> None:
    api.post(*FACTS)
    asked = {**ASKED, "compare_as_of": "2024-12-31", "limit": 2}
    first = api.get("concentration", **asked)
    api.post(mined("world", "1000", "2024-01-31"))
    second = api.get("concentration", **asked, cursor=first["next"])
    assert second["summary"] == first["summary"]
    assert [item["subject"] for item in first["items"] + second["items"]] == ["china", "australia", "lynas"]


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"metric": "mine_production"}, "period"),
        ({"period": "2023"}, "metric"),
        ({**ASKED, "by": "publisher"}, "by"),
        ({**ASKED, "by": "dimension."}, "by"),
        ({**ASKED, "top": "0"}, "top"),
        ({**ASKED, "unit": "cubits"}, "unit"),
        ({**ASKED, "top": "1,x"}, "top"),
        ({**ASKED, "period": "lately"}, "period"),
        ({**ASKED, "resolve": "all"}, "resolve"),
        ({**ASKED, "compare_as_of": "lately"}, "compare_as_of"),
        ({**ASKED, "compare_recorded_as_of": "position:x"}, "compare_recorded_as_of"),
        ({**ASKED, "compare_recorded_as_of": "position:9999"}, None),
        ({**ASKED, "disputed": "perhaps"}, "disputed"),
    ],
)
def test_a_wrong_parameter_is_named(market: Api, parameters: dict[str, str], parameter: str | None) -> None:
    answer = market.client.get("/v1/concentration", params=parameters)
    assert answer.status_code == 422, answer.text
    assert parameter is None or answer.json()["errors"][0]["parameter"] == parameter


def test_a_question_that_does_not_choose_says_how_to(api: Api) -> None:
    api.post(*FACTS, mined("china", "6", "2024-01-31", dimensions={"basis": "reo"}))
    answer = api.client.get("/v1/concentration", params=ASKED)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "dimension.basis"
    assert "dimension.basis=reo" in answer.json()["detail"]
    assert api.get("concentration", **ASKED, **{"dimension.basis": "reo"})["summary"]["n"] == 1
