"""Reliance over HTTP: an answer is registered under a name, and told of when it would be another."""

from typing import Any

from api.questions.audit.relied_answers import RELIED_ON
from ledger.rules.warnings import LISTS_RELIED_ON
from tests.api.helpers import Api
from tests.api.questions.test_freshness_question import WORLD, told


def rely(api: Api, name: str, question: str, **fields: Any) -> None:
    api.post({"type": "RelianceRegistered", "reliance": name, "question": question, **fields})


def page_4(api: Api, **parameters: Any) -> dict[str, Any]:
    return api.only("reliance", reliance="page-4", **parameters)


FIGURE = "/v1/figures?subject=erewhon&metric=mine_production&period=2024"


def test_an_answer_that_is_relied_on_is_told_of_when_a_source_revises_it(api: Api) -> None:
    api.post(*WORLD, told("2025-01-31"))
    basis = api.get("figures", subject="erewhon", as_of="2025-06-30")["basis"]
    given = {name: basis[name] for name in ("as_of", "recorded_as_of")}
    rely(api, "page-4", FIGURE, title="Report, page 4", by="Desk", basis=given)
    item = page_4(api)
    assert (item["title"], item["by"], item["changed"], item["changes"]) == ("Report, page 4", "Desk", False, [])
    assert (item["as_of"], item["recorded_as_of"]) == (basis["as_of"], basis["recorded_as_of"])
    (revised,) = api.post({**told("2025-01-31"), "value": "12", "published_at": "2025-09-30"})
    assert page_4(api, as_of="2025-08-31")["changed"] is False
    item = page_4(api)
    assert item["changed"] is True
    ((change,),) = (item["changes"],)
    assert (change["before"]["value"], change["after"]["value"]) == ("10", "12")
    assert [cause["event_id"] for cause in change["causes"]] == [revised["event_id"]]
    assert api.items("reliance", changed="false") == []


def test_our_own_mistake_is_told_too_and_a_new_registration_starts_afresh(api: Api) -> None:
    (*_, event) = api.post(*WORLD, told("2025-01-31"))
    rely(api, "page-4", FIGURE)
    assert page_4(api)["changed"] is False
    correction = {"target": event["event_id"], "reason": "transcription", "explanation": "Misread."}
    api.post({"type": "EventCorrected", "changes": {"value": "11"}, **correction})
    item = page_4(api, as_of="2999-01-01")
    assert [cause["cause"] for cause in item["changes"][0]["causes"]] == ["correction"]
    rely(api, "page-4", FIGURE)
    assert page_4(api, as_of="2999-01-01")["changed"] is False
    assert page_4(api, recorded_as_of=f"position:{api.head() - 1}", as_of="2999-01-01")["changed"] is True
    api.post({"type": "RelianceEnded", "reliance": "page-4"})
    assert api.items("reliance") == []


def test_a_policy_can_be_relied_on(api: Api) -> None:
    policy = {"type": "PolicyEnacted", "policy": "ban", "jurisdiction": "erewhon", "kind": "export_ban"}
    api.post(*WORLD, {**policy, "effective_from": "2025-01-01", "published_at": "2024-12-01"})
    rely(api, "page-4", "/v1/policies?policy=ban", basis={"as_of": "2025-02-01"})
    assert page_4(api, as_of="2025-03-01")["changed"] is False
    api.post({"type": "PolicyRepealed", "policy": "ban", "effective_from": "2025-05-01", "published_at": "2025-04-01"})
    item = page_4(api, as_of="2025-06-01")
    assert [change["after"]["status"] for change in item["changes"]] == ["repealed"]
    basis = {"as_of": "2025-02-01", "effective_at": "2025-04-15"}
    rely(api, "page-4", "/v1/policies?policy=ban", basis=basis)
    assert page_4(api, as_of="2025-06-01")["changed"] is False


def test_the_viewpoint_in_the_address_of_a_question_counts_where_its_basis_says_none(api: Api) -> None:
    api.post(*WORLD, told("2025-01-31"), {**told("2025-01-31"), "value": "12", "published_at": "2025-09-30"})
    before = f"position:{api.head() - 1}"
    rely(api, "page-4", f"{FIGURE}&as_of=2025-06-30&unit=kt&sort=-value&limit=1")
    item = page_4(api)
    assert (item["as_of"], item["recorded_as_of"]) == ("2025-06-30", f"position:{api.head() - 1}")
    assert [change["after"]["value"] for change in item["changes"]] == ["12"]
    rely(api, "page-4", f"{FIGURE}&recorded_as_of={before}")
    item = page_4(api)
    assert (item["recorded_as_of"], item["changed"]) == (before, True)
    rely(api, "page-4", f"{FIGURE}&as_of=2025-06-30&recorded_as_of={before}", basis={"as_of": "2025-10-31"})
    assert (page_4(api)["as_of"], page_4(api)["recorded_as_of"]) == ("2025-10-31", before)


def test_a_policy_that_is_relied_on_at_a_day_of_the_world_is_compared_at_that_day(api: Api) -> None:
    policy = {"type": "PolicyEnacted", "policy": "ban", "jurisdiction": "erewhon", "kind": "export_ban"}
    api.post(*WORLD, {**policy, "effective_from": "2025-06-01", "published_at": "2024-12-01"})
    rely(api, "page-4", "/v1/policies?policy=ban", basis={"as_of": "2025-02-01"})
    assert page_4(api, as_of="2025-07-01")["changed"] is True
    rely(api, "page-4", "/v1/policies?policy=ban&effective_at=2025-12-15", basis={"as_of": "2025-02-01"})
    assert page_4(api, as_of="2025-07-01")["changed"] is False
    suspended = {"type": "PolicySuspended", "policy": "ban", "effective_from": "2025-11-01"}
    api.post({**suspended, "published_at": "2025-10-15"})
    ((change,),) = (page_4(api)["changes"],)
    assert (change["before"]["status"], change["after"]["status"]) == ("in_force", "suspended")


def test_a_question_that_cannot_be_answered_says_why(api: Api) -> None:
    api.post(*WORLD)
    for question in (
        "/v1/disputes?subject=erewhon",
        "/v1/figures?colour=blue",
        "/v1/figures?period=never",
        "/v1/figures?subject=erewhon&subject=world",
        "/v1/figures?subject=%ff",
        "/v1/figures?changed_by_more_than=5",
        "/v1/figures?as_of=yesterday",
        "/v1/figures?recorded_as_of=position:99999",
    ):
        rely(api, "page-4", question)
        item = page_4(api)
        assert item["changed"] is None
        assert item["error"]
    refused = {"type": "RelianceRegistered", "reliance": "page-4", "question": "https://example.org/v1/figures"}
    assert api.client.post("/v1/events", json=refused).status_code == 422
    rely(api, "page-4", FIGURE, basis={"recorded_as_of": "position:99999"})
    assert "99999" in page_4(api)["error"]


def test_a_name_in_a_question_that_means_nothing_is_told(api: Api) -> None:
    api.post(*WORLD, told("2025-01-31"))
    rely(api, "page-4", FIGURE)
    assert page_4(api)["hints"] == []
    rely(api, "page-4", FIGURE.replace("erewhon", "erewhom"))
    assert page_4(api)["hints"] == [{"parameter": "subject", "value": "erewhom", "meant": ["erewhon"]}]
    rely(api, "page-4", "/v1/policies?jurisdiction=erewhom")
    assert [hint["parameter"] for hint in page_4(api)["hints"]] == ["jurisdiction"]


def test_of_many_reliances_a_page_is_told_at_a_time(api: Api) -> None:
    api.post(*WORLD, told("2025-01-31"))
    for number in range(5):
        rely(api, f"use-{number}", FIGURE)
    first = api.get("reliance", limit=2)
    second = api.get("reliance", limit=2, cursor=first["next"])
    assert [item["reliance"] for item in first["items"] + second["items"]] == [f"use-{n}" for n in range(4)]


def test_a_thing_by_its_name_and_a_whole_basis_are_taken_as_they_are_pasted(api: Api) -> None:
    policy = {"type": "PolicyEnacted", "policy": "ban", "jurisdiction": "erewhon", "kind": "export_ban"}
    api.post(*WORLD, told("2025-01-31"), {**policy, "effective_from": "2025-01-01", "published_at": "2024-12-01"})
    basis = api.get("policies", policy="ban", as_of="2025-02-01", effective_at="2024-12-15")["basis"]
    rely(api, "page-4", "/v1/policies/ban", basis=basis)
    assert page_4(api, as_of="2025-03-01")["changed"] is False
    figure = api.only("figures", subject="erewhon", as_of="2025-06-30")["figure_id"]
    rely(api, "page-5", f"/v1/figures/{figure}", basis={"as_of": "2025-06-30"})
    api.post({**told("2025-01-31"), "value": "12", "published_at": "2025-09-30"})
    (item,) = api.items("reliance", reliance="page-5", as_of="2025-12-31")
    assert item["changed"] is True
    response = api.client.post(
        "/v1/events", json={"type": "RelianceRegistered", "reliance": "page-6", "question": "figures?subject=erewhon"}
    )
    assert response.status_code == 422
    assert "/v1/figures?subject=china" in response.json()["errors"][0]["detail"]


def test_a_derived_figure_can_be_relied_on(api: Api) -> None:
    whole = {**told("2025-01-31"), "value": "40", "metric": "processing_capacity"}
    api.post(*WORLD, told("2025-01-31"), whole)
    defined = {"type": "MetricDefined", "metric": "use_of_capacity", "unit": "percent", "decimals": 1}
    (definition,) = api.post({**defined, "formula": "mine_production / processing_capacity"})
    rely(api, "page-4", "/v1/derived?metric=use_of_capacity&subject=erewhon", basis={"as_of": "2025-06-30"})
    rely(api, "page-5", "/v1/derived?metric=use_of_capacty")
    rely(api, "page-6", "/v1/derived/use-of-capacity")
    assert page_4(api)["changed"] is False
    assert api.only("reliance", reliance="page-5")["hints"][0]["meant"] == ["use_of_capacity"]
    assert "is not one of the lists" in api.only("reliance", reliance="page-6")["error"]
    (revised,) = api.post({**told("2025-01-31"), "value": "12", "published_at": "2025-09-30"})
    assert page_4(api, as_of="2025-08-31")["changed"] is False
    item = page_4(api)
    ((change,),) = (item["changes"],)
    assert item["changed"] is True
    assert (change["kind"], change["previous_value"], change["value"], change["change"]) == (
        *("changed", "25.0", "30.0", "5.0"),
    )
    assert [(one["event_id"], one["share_exact"]) for one in change["attributions"]] == [(revised["event_id"], "5")]
    api.post(
        {"type": "EventRetracted", "target": definition["event_id"], "reason": "other", "explanation": "Not needed."}
    )
    ((change,),) = (page_4(api)["changes"],)
    assert (change["kind"], change["attribution"], change["value"]) == ("removed", "definition", None)


def test_the_same_number_in_another_unit_is_another_derived_figure(api: Api) -> None:
    whole = {**told("2025-01-31"), "value": "100", "metric": "processing_capacity"}
    api.post(*WORLD, told("2025-01-31"), whole)
    defined = {"type": "MetricDefined", "metric": "use_of_capacity", "decimals": 0}
    api.post({**defined, "unit": "percent", "formula": "mine_production / processing_capacity"})
    rely(api, "page-4", "/v1/derived?subject=erewhon")
    api.post({**defined, "unit": "t", "formula": "mine_production"})
    ((change,),) = (page_4(api)["changes"],)
    said = [change[name] for name in ("previous_value", "previous_unit", "value", "unit", "change")]
    assert said == ["10", "percent", "10", "t", None]


def test_derived_figures_without_a_value_can_be_relied_on_too(api: Api) -> None:
    earlier = {**told("2023-01-31"), "metric": "processing_capacity"}
    api.post(*WORLD, told("2025-01-31"), earlier)
    defined = {"type": "MetricDefined", "metric": "use_of_capacity", "unit": "percent", "decimals": 1}
    api.post({**defined, "formula": "mine_production / processing_capacity"})
    rely(api, "page-4", "/v1/derived?computed=false&period=2024", basis={"as_of": "2025-06-30"})
    rely(api, "page-5", "/v1/derived?computed=true&period=2024", basis={"as_of": "2025-06-30"})
    rely(api, "page-6", "/v1/derived?computed=maybe")
    assert [one["changed"] for one in api.items("reliance")] == [False, False, None]
    capacity = {**told("2025-01-31"), "metric": "processing_capacity", "value": "30", "published_at": "2025-07-31"}
    api.post(capacity)
    without, with_value, wrong = api.items("reliance")
    assert [one["kind"] for one in (*without["changes"], *with_value["changes"])] == ["removed", "added"]
    assert "computed" in wrong["error"]
    rely(api, "page-4", "/v1/derived?period=2024")
    api.post({**defined, "decimals": 0, "formula": "mine_production / processing_capacity"})
    ((change,),) = (page_4(api)["changes"],)
    assert [change[name] for name in ("previous_value", "value", "change_exact", "attribution")] == [
        *("33.3", "33", "0", "definition"),
    ]


def test_what_was_erased_since_is_named_with_the_answer_that_is_relied_on(api: Api) -> None:
    *_, event = api.post(*WORLD, told("2025-01-31"))
    rely(api, "page-4", FIGURE)
    assert page_4(api)["erased"] == []
    asked = {"target": event["event_id"], "reason": "licence", "explanation": "Withdrawn by its owner."}
    assert api.client.post("/v1/erasures", json=asked).status_code in (200, 201)
    item = page_4(api)
    assert (item["changed"], [one["type"] for one in item["erased"]]) == (False, ["ProductionReported"])


def test_a_warning_names_the_lists_of_which_answers_are_compared() -> None:
    assert set(LISTS_RELIED_ON) == set(RELIED_ON)
