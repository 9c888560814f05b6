"""What differs between two viewpoints is answered with the events that made the difference."""

import pytest

from tests.api.helpers import Api, mined

WORLD_2024 = mined("world", "350000", "2024-01-31")
WORLD_2025 = mined("world", "376000", "2025-01-31")
YEAR = {"from_as_of": "2024-06-30", "to_as_of": "2025-06-30"}


def test_a_revision_is_the_cause_of_a_changed_figure(api: Api) -> None:
    first, second = api.post(WORLD_2024, WORLD_2025)
    answer = api.client.get("/v1/diff", params=YEAR).json()
    (item,) = answer["items"]
    assert (item["kind"], item["change"], item["change_percent"]) == ("changed", "26000", "7.4286")
    assert (item["before"]["value"], item["after"]["value"]) == ("350000", "376000")
    assert item["figure_id"] == first["figure_id"]
    (cause,) = item["causes"]
    assert (cause["event_id"], cause["cause"], cause["type"]) == (second["event_id"], "statement", "ProductionReported")
    assert answer["basis"]["from"]["as_of"] == "2024-06-30T23:59:59.999999Z"
    assert answer["basis"]["to"]["position"] == second["position"]


def test_our_own_correction_differs_on_the_ledger_clock_only(api: Api) -> None:
    (fact,) = api.post(mined("australia", "113000", "2025-01-31"))
    api.post(
        {
            "type": "EventCorrected",
            "target": fact["event_id"],
            "changes": {"value": "13000"},
            "reason": "transcription",
            "explanation": "a footnote mark",
        }
    )
    before = f"position:{fact['position']}"
    (item,) = api.client.get("/v1/diff", params={"from_recorded_as_of": before}).json()["items"]
    assert (item["before"]["value"], item["after"]["value"], item["change"]) == ("113000", "13000", "-100000")
    assert [cause["cause"] for cause in item["causes"]] == ["correction"]
    assert api.client.get("/v1/diff", params=YEAR).json()["items"][0]["kind"] == "added"
    same = {"from_as_of": "2025-06-30", "to_as_of": "2025-07-30"}
    assert api.client.get("/v1/diff", params=same).json()["items"] == []


def act(kind: str, target: str, **fields: object) -> dict[str, object]:
    return {"type": kind, "target": target, "explanation": "looked again", **fields}


def causes(api: Api, **clocks: str) -> list[str]:
    (item,) = api.client.get("/v1/diff", params=clocks).json()["items"]
    return [cause["event_id"] for cause in item["causes"]]


def test_what_was_known_at_the_earlier_moment_is_no_cause(api: Api) -> None:
    _, second = api.post(mined("world", "1", "2024-06-30"), mined("world", "2", "2025-06-30"))
    assert causes(api, from_as_of="2024-06-30", to_as_of="2025-06-30") == [second["event_id"]]


def test_what_was_done_up_to_the_earlier_position_is_no_cause(api: Api) -> None:
    (fact,) = api.post(mined("world", "1", "2024-06-30"))
    reason = {"reason": "transcription"}
    (before,) = api.post(act("EventCorrected", fact["event_id"], changes={"value": "2"}, **reason))
    (after,) = api.post(act("EventCorrected", fact["event_id"], changes={"value": "3"}, **reason))
    assert causes(api, from_recorded_as_of=f"position:{before['position']}") == [after["event_id"]]


def test_the_last_retraction_is_the_cause(api: Api) -> None:
    (fact,) = api.post(mined("world", "1", "2024-06-30"))
    api.post(act("EventRetracted", fact["event_id"], reason="other"))
    api.post(act("EventReinstated", fact["event_id"]))
    (last,) = api.post(act("EventRetracted", fact["event_id"], reason="other"))
    assert causes(api, from_recorded_as_of=f"position:{fact['position']}") == [last["event_id"]]


def test_a_comparison_takes_the_filters_of_figures(api: Api) -> None:
    api.post(WORLD_2024, WORLD_2025, mined("china", "270000", "2025-01-31"))
    found = api.client.get("/v1/diff", params={**YEAR, "subject": "china"}).json()["items"]
    assert [(item["subject"], item["kind"], item["before"]) for item in found] == [("china", "added", None)]


@pytest.mark.parametrize(
    "params", [{"resolve": "all"}, {"as_of": "2024"}, {"from_as_of": "soon"}, {"to_recorded_as_of": "position:999"}]
)
def test_a_parameter_that_means_nothing_here_is_refused(api: Api, params: dict[str, str]) -> None:
    response = api.client.get("/v1/diff", params=params)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


def test_pages_of_a_comparison_fit_together_while_the_log_grows(api: Api) -> None:
    api.post(*(mined(place, "1", "2025-01-31") for place in ("world", "china", "australia")))
    params = {"from_as_of": "2024", "limit": "2"}
    first = api.client.get("/v1/diff", params=params).json()
    api.post(mined("world", "2", "2025-02-28"))
    second = api.client.get("/v1/diff", params={**params, "cursor": first["next"]}).json()
    subjects = [item["subject"] for item in (*first["items"], *second["items"])]
    assert subjects == ["australia", "china", "world"]
    assert second["items"][0]["after"]["value"] == "1"
    assert second["next"] is None
    assert second["basis"] == first["basis"]


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "arrow"])
def test_a_comparison_comes_in_every_format(api: Api, form: str) -> None:
    api.post(WORLD_2024, WORLD_2025)
    assert api.client.get("/v1/diff", params={**YEAR, "format": form}).status_code == 200
