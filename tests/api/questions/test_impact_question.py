"""Which earlier answers would be different now, and which event of the ledger did it."""

from typing import Any

import pytest

from tests.api.helpers import Api, country, mined, organisation

Item = dict[str, Any]
AS_OF = "2025-06-30"


def impact(api: Api, since: int, **asked: Any) -> list[Item]:
    return api.items("impact", **{"recorded_from": f"position:{since}", "as_of": AS_OF, **asked})


def causes(item: Item) -> list[tuple[str, str]]:
    return [(cause["cause"], cause["event_id"]) for cause in item["causes"]]


def correction(target: str, **changes: Any) -> Item:
    return {
        "type": "EventCorrected",
        "target": target,
        "changes": changes,
        "reason": "transcription",
        "explanation": "a footnote mark",
    }


def test_a_statement_that_arrived_late_is_an_impact(api: Api) -> None:
    api.post(mined("world", "350000", "2024-01-31"))
    since = api.head()
    (late,) = api.post(mined("world", "376000", "2025-01-31"))
    (item,) = impact(api, since)
    assert (item["kind"], item["change"], item["change_percent"]) == ("changed", "26000", "7.4286")
    assert (item["before"]["value"], item["after"]["value"]) == ("350000", "376000")
    assert causes(item) == [("late_arrival", late["event_id"])]
    assert item["causes"][0]["type"] == "ProductionReported"


def test_what_was_published_after_as_of_is_none(api: Api) -> None:
    api.post(mined("world", "350000", "2024-01-31"))
    since = api.head()
    api.post(mined("world", "376000", "2025-07-01"))
    assert impact(api, since) == []
    assert impact(api, since, as_of="2025-07-01") != []


def test_a_late_arrival_that_changes_no_answer_is_none(api: Api) -> None:
    api.post(mined("world", "376000", "2025-01-31"))
    since = api.head()
    api.post(mined("world", "350000", "2024-01-31"), mined("world", "376", "2025-02-28", unit="kt"))
    assert impact(api, since) == []


def test_the_first_statement_on_a_figure_adds_an_answer_where_there_was_none(api: Api) -> None:
    since = api.head()
    (late,) = api.post(mined("china", "1", "2025-01-31"))
    (item,) = impact(api, since)
    assert (item["kind"], item["before"], item["change"]) == ("added", None, None)
    assert causes(item) == [("late_arrival", late["event_id"])]


def test_a_correction_is_an_impact_by_what_it_changed(api: Api) -> None:
    (fact,) = api.post(mined("australia", "113000", "2025-01-31"))
    since = api.head()
    (act,) = api.post(correction(fact["event_id"], value="13000"))
    (item,) = impact(api, since)
    assert (item["before"]["value"], item["after"]["value"], item["change"]) == ("113000", "13000", "-100000")
    assert causes(item) == [("correction", act["event_id"])]
    assert impact(api, api.head()) == []


def test_a_correction_of_the_date_moves_an_answer_out_of_the_past(api: Api) -> None:
    (fact,) = api.post(mined("australia", "13000", "2025-01-31"))
    since = api.head()
    (act,) = api.post(correction(fact["event_id"], published_at="2026-01-31"))
    (item,) = impact(api, since)
    assert (item["kind"], item["after"]) == ("removed", None)
    assert ("correction", act["event_id"]) in causes(item)


def test_a_retraction_and_its_reinstatement_are_impacts_and_together_none(api: Api) -> None:
    (fact,) = api.post(mined("world", "5", "2025-01-31"))
    stood = api.head()
    (retracted,) = api.post(
        {"type": "EventRetracted", "target": fact["event_id"], "reason": "duplicate", "explanation": "Twice."}
    )
    gone = api.head()
    (item,) = impact(api, stood)
    assert (item["kind"], causes(item)) == ("removed", [("retraction", retracted["event_id"])])
    (back,) = api.post({"type": "EventReinstated", "target": fact["event_id"], "explanation": "It was right."})
    (item,) = impact(api, gone)
    assert (item["kind"], causes(item)) == ("added", [("reinstatement", back["event_id"])])
    assert impact(api, stood) == []


def test_a_merge_is_an_impact_on_both_figures(api: Api) -> None:
    api.post(country("prc"), mined("china", "240000", "2024-01-31"), mined("prc", "255000", "2025-01-31"))
    since = api.head()
    (merge,) = api.post({"type": "EntitiesMerged", "kept": "china", "merged": "prc", "reason": "One country."})
    removed_and_changed = {item["kind"]: item for item in impact(api, since)}
    assert set(removed_and_changed) == {"changed", "removed"}
    assert removed_and_changed["changed"]["after"]["value"] == "255000"
    assert all(("merge", merge["event_id"]) in causes(item) for item in removed_and_changed.values())


def test_a_withdrawal_that_arrived_late_is_an_impact(api: Api) -> None:
    api.post(mined("world", "5", "2025-01-31"))
    since = api.head()
    withdrawn = {name: value for name, value in mined("world", "", "2025-02-28").items() if name != "value"}
    (act,) = api.post({**withdrawn, "type": "FigureWithdrawn"})
    (item,) = impact(api, since)
    assert (item["kind"], item["after"]) == ("removed", None)
    assert causes(item) == [("withdrawal", act["event_id"])]


def test_another_status_for_the_same_value_is_restated(api: Api) -> None:
    (fact,) = api.post(mined("world", "5", "2025-01-31", status="estimated"))
    since = api.head()
    api.post(correction(fact["event_id"], status="reported"))
    (item,) = impact(api, since)
    assert (item["kind"], item["change"]) == ("restated", "0")


def test_without_as_of_both_answers_are_of_the_moment_of_the_earlier_one(api: Api) -> None:
    (fact,) = api.post(mined("world", "5", "2020-01-31"))
    since = api.head()
    api.post(correction(fact["event_id"], value="6"), mined("china", "1", "2999-01-31"))
    answer = api.get("impact", recorded_from=f"position:{since}")
    assert [item["subject"] for item in answer["items"]] == ["world"]
    basis = answer["basis"]
    assert basis["from"]["as_of"] == basis["to"]["as_of"] == fact["recorded_at"]
    assert (basis["from"]["position"], basis["to"]["position"]) == (since, api.head())
    by_day = api.get("impact", recorded_from="2021-05-01")
    assert by_day["basis"]["from"]["as_of"] == by_day["basis"]["to"]["as_of"] == "2021-05-01T23:59:59.999999Z"
    assert by_day["basis"]["from"]["position"] == 0
    assert [item["kind"] for item in by_day["items"]] == ["added"]


def test_the_later_answers_may_be_of_an_earlier_time_than_now(api: Api) -> None:
    (fact,) = api.post(mined("world", "5", "2025-01-31"))
    since = api.head()
    (first,) = api.post(correction(fact["event_id"], value="6"))
    between = api.head()
    api.post(correction(fact["event_id"], value="7"))
    (item,) = impact(api, since, recorded_to=f"position:{between}")
    assert (item["after"]["value"], causes(item)) == ("6", [("correction", first["event_id"])])
    (item,) = impact(api, since)
    assert (item["after"]["value"], len(item["causes"])) == ("7", 2)
    assert impact(api, since, recorded_to=f"position:{since}") == []


def test_from_the_empty_ledger_everything_that_is_known_now_is_added(api: Api) -> None:
    api.post(mined("world", "5", "2025-01-31"), mined("china", "5", "2999-01-31"))
    found = api.items("impact", recorded_from="position:0")
    assert [(item["subject"], item["kind"]) for item in found] == [("world", "added")]


def test_an_answer_as_of_now_is_not_kept_for_ever(api: Api) -> None:
    api.post(mined("world", "5", "2025-01-31"), mined("china", "5", "2999-01-31"))
    fixed = {"recorded_from": "position:0", "recorded_to": f"position:{api.head()}"}
    now = api.client.get("/v1/impact", params=fixed)
    assert "immutable" not in now.headers["cache-control"]
    then = api.client.get("/v1/impact", params={**fixed, "as_of": AS_OF})
    assert "immutable" in then.headers["cache-control"]


def test_filters_select_figures_and_publishers(api: Api) -> None:
    api.post(mined("world", "5", "2025-01-31"))
    since = api.head()
    api.post(
        mined("world", "6", "2025-02-28", publisher="bgs"),
        mined("china", "1", "2025-02-28"),
    )
    assert [item["subject"] for item in impact(api, since)] == ["china", "world"]
    assert [item["subject"] for item in impact(api, since, subject="world")] == ["world"]
    assert impact(api, since, publisher="usgs", subject="world") == []
    assert impact(api, since, subject="nowhere") == []
    assert [item["subject"] for item in impact(api, since, changed_by_more_than="19")] == ["world"]
    assert impact(api, since, changed_by_more_than="20") == []


def test_pages_fit_together_while_the_log_grows(api: Api) -> None:
    since = api.head()
    facts = api.post(*(mined(place, "1", "2025-01-31") for place in ("world", "china", "australia")))
    asked = {"recorded_from": f"position:{since}", "as_of": AS_OF}
    first = api.get("impact", **asked, limit=2)
    api.post(correction(facts[0]["event_id"], value="2"))
    second = api.get("impact", **asked, limit=2, cursor=first["next"])
    items = [*first["items"], *second["items"]]
    assert [(item["subject"], item["after"]["value"]) for item in items] == [
        ("australia", "1"),
        ("china", "1"),
        ("world", "1"),
    ]
    assert {cause["cause"] for item in items for cause in item["causes"]} == {"late_arrival"}
    assert second["next"] is None
    assert second["basis"] == first["basis"]


def test_pages_without_as_of_are_of_one_moment(api: Api) -> None:
    api.post(*(mined(place, "1", "2025-01-31") for place in ("world", "china", "australia")))
    first = api.get("impact", recorded_from="position:0", limit=2)
    second = api.get("impact", recorded_from="position:0", limit=2, cursor=first["next"])
    assert [item["subject"] for item in (*first["items"], *second["items"])] == ["australia", "china", "world"]
    assert second["basis"] == first["basis"]


def test_merged_publishers_answer_a_filter_under_either_slug(api: Api) -> None:
    api.post(organisation("survey"), mined("world", "5", "2025-01-31", publisher="survey"))
    since = api.head()
    api.post(mined("world", "6", "2025-02-28", publisher="survey"))
    api.post({"type": "EntitiesMerged", "kept": "bgs", "merged": "survey", "reason": "One publisher."})
    for slug in ("survey", "bgs"):
        (item,) = impact(api, since, publisher=slug, subject="world")
        assert item["after"]["publisher"] == "bgs"


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "recorded_from"),
        ({"recorded_from": "soon"}, "recorded_from"),
        ({"recorded_from": "position:"}, "recorded_from"),
        ({"recorded_from": "position:-1"}, "recorded_from"),
        ({"recorded_from": "position:999"}, "recorded_from"),
        ({"recorded_from": "2025-01-01T00:00:00"}, "recorded_from"),
        ({"recorded_from": "position:1", "recorded_to": "position:999"}, "recorded_to"),
        ({"recorded_from": "position:1", "recorded_to": "later"}, "recorded_to"),
        ({"recorded_from": "position:2", "recorded_to": "position:1"}, "recorded_to"),
        ({"recorded_from": "2999", "recorded_to": "2025"}, "recorded_to"),
        ({"recorded_from": "position:1", "as_of": "position:1"}, "as_of"),
        ({"recorded_from": "position:1", "as_of": "2025-02-30"}, "as_of"),
        ({"recorded_from": "position:1", "recorded_as_of": "2025"}, "recorded_as_of"),
        ({"recorded_from": "position:1", "from_as_of": "2025"}, "from_as_of"),
        ({"recorded_from": "position:1", "resolve": "all"}, "resolve"),
        ({"recorded_from": "position:1", "changed_by_more_than": "a lot"}, "changed_by_more_than"),
        ({"recorded_from": "position:1", "changed_by_more_than": "-1"}, "changed_by_more_than"),
        ({"recorded_from": "position:1", "limit": "0"}, "limit"),
        ({"recorded_from": "position:1", "cursor": "x"}, "cursor"),
        ({"recorded_from": "position:1", "disputed": "perhaps"}, "disputed"),
    ],
)
def test_a_parameter_that_means_nothing_is_refused(basics: Api, params: dict[str, str], named: str) -> None:
    answer = basics.client.get("/v1/impact", params=params)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["parameter"] == named


def test_it_comes_in_every_format(api: Api) -> None:
    api.post(mined("world", "5", "2025-01-31"))
    for form in ("jsonl", "csv", "parquet", "arrow", "xlsx"):
        answer = api.client.get("/v1/impact", params={"recorded_from": "position:0", "format": form})
        assert (answer.status_code, len(answer.content) > 0) == (200, True), (form, answer.text)
