"""`hangs_on=true` brings with some figures what their answers hang on, as `/v1/influence` says it, and is bounded."""

from typing import Any

import pytest

from api.questions.hanging_answers import FIGURES_MAX
from tests.api.helpers import Api, mined


def said(subject: str, value: str, publisher: str, **fields: Any) -> dict[str, Any]:
    return mined(subject, value, publisher=publisher, **{"published_at": "2024-01-31", **fields})


@pytest.fixture
def two_publishers(api: Api) -> Api:
    """Australia's figure is said by two, alike once the first has revised it; China's by one."""
    api.post(
        said("australia", "18000", "usgs"),
        said("australia", "17000", "bgs", published_at="2024-03-31"),
        said("china", "240000", "usgs"),
    )
    return api


@pytest.mark.parametrize(
    "asked",
    [
        {"metric": "mine_production"},
        {"subject": "australia", "prefer": "bgs"},
        {"subject": "australia", "prefer": "usgs"},
        {"subject": "australia,china", "publisher": "usgs"},
        {"subject": "australia", "disputed": "true"},
        {"subject": "China", "unit": "kt"},
        {"subject": "nowhere"},
    ],
)
def test_it_is_what_the_question_of_influence_answers(two_publishers: Api, asked: dict[str, str]) -> None:
    answer = two_publishers.get("figures", hangs_on="true", **asked)
    plain = two_publishers.get("figures", **asked)
    assert answer["items"] == plain["items"]
    assert "hangs_on" not in plain
    ids = ",".join(item["figure_id"] for item in answer["items"])
    same = {name: asked[name] for name in ("prefer", "publisher") if name in asked}
    assert answer["hangs_on"] == (two_publishers.items("influence", figure_id=ids, **same) if ids else [])


def test_without_its_publisher_an_answer_is_another(two_publishers: Api) -> None:
    told = two_publishers.get("figures", hangs_on="true", subject="australia")["hangs_on"]
    turn = next(one for one in told if (one["left_out"], one["publisher"]) == ("publisher", "bgs"))
    assert (turn["turns"], turn["value"], turn["value_without"]) == ("value", "17000", "18000")


def test_it_is_of_the_figures_on_the_page(two_publishers: Api) -> None:
    first = two_publishers.get("figures", hangs_on="true", limit=1)
    second = two_publishers.get("figures", hangs_on="true", limit=1, cursor=first["next"])
    assert [{one["subject"] for one in page["hangs_on"]} for page in (first, second)] == [{"australia"}, {"china"}]


def test_of_more_figures_it_is_refused_with_what_to_narrow(api: Api) -> None:
    api.post(*(said("china", "1", "usgs", period=str(1900 + number)) for number in range(FIGURES_MAX + 1)))
    for ending in ("", ".csv"):
        answer = api.client.get(f"/v1/figures{ending}", params={"hangs_on": "true"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["rule"] == "too_many"
        assert "period" in answer.json()["detail"]
    assert len(api.get("figures", hangs_on="true", limit=FIGURES_MAX)["hangs_on"]) >= FIGURES_MAX
    assert len(api.get("figures", hangs_on="false")["items"]) == FIGURES_MAX + 1


@pytest.mark.parametrize("query", ["hangs_on=maybe", "hangs_on=true&resolve=all", "hangs_on=", "hangs_on=1"])
def test_what_cannot_be_answered_is_refused(two_publishers: Api, query: str) -> None:
    answer = two_publishers.client.get(f"/v1/figures?{query}")
    assert answer.status_code == 422
    assert "hangs_on" in answer.json()["detail"]
    assert two_publishers.client.get("/v1/policies?hangs_on=true").status_code == 422


def test_a_receipt_holds_it_and_a_reliance_overlooks_it(two_publishers: Api) -> None:
    whole = two_publishers.get("figures", hangs_on="true", subject="australia", receipt="full")
    verdict = two_publishers.client.post("/v1/receipts/verify", json=whole).json()
    assert verdict["verdict"] == "same"
    two_publishers.post(
        {
            "type": "RelianceRegistered",
            "reliance": "page-4",
            "question": "/v1/figures?subject=australia&hangs_on=true",
        }
    )
    two_publishers.post(said("australia", "16000", "bgs", published_at="2024-06-30"))
    (item,) = two_publishers.items("reliance")
    assert (item["changed"], item["error"]) == (True, None)
