"""Derived figures over HTTP: a metric is defined, counted out at any viewpoint, and its changes are shared out."""

import random
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest

from tests.api.helpers import Api, country, mined

SHARE = "mine_production / mine_production[subject=world]"


def defined(formula: str = SHARE, **fields: Any) -> dict[str, Any]:
    return {"type": "MetricDefined", "metric": "world_share", "unit": "percent", "formula": formula, **fields}


def sold(subject: str, value: str, unit: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "SalesReported",
        "subject": subject,
        "period": "2023",
        "value": value,
        "unit": unit,
        "published_at": "2024-03-01",
        "source": {"publisher": "lynas"},
        **fields,
    }


@pytest.fixture
def two_editions(api: Api) -> Api:
    """China and the world, both revised by one edition; and a share of them."""
    api.post(mined("china", "240000", "2024-01-31"), mined("world", "350000", "2024-01-31"))
    api.post(mined("china", "255000", "2025-01-31"), mined("world", "376000", "2025-01-31"))
    api.post(defined(title="Share of world mine production"))
    return api


def test_a_share_says_what_it_is_made_of(two_editions: Api) -> None:
    item = two_editions.only("derived", subject="china")
    assert (item["metric"], item["value"], item["unit"]) == ("world_share", "67.8191", "percent")
    assert Fraction(item["exact"]) == Fraction(255_000 * 100, 376_000)
    assert (item["reasons"], item["said_by"], item["mixed"]) == ({}, ["usgs"], False)
    assert item["known_from"] == "2025-01-31T23:59:59.999999Z"
    assert [(one["input"], one["subject"], one["value"], one["unit"]) for one in item["inputs"]] == [
        ("mine_production", "china", "255000", "t"),
        ("mine_production[subject=world]", "world", "376000", "t"),
    ]
    events = {one["event_id"] for one in two_editions.items("figures", subject="china,world")}
    assert {one["event_id"] for one in item["inputs"]} == events


def test_it_is_counted_out_at_any_viewpoint(two_editions: Api) -> None:
    assert two_editions.only("derived", subject="china", as_of="2024-06-30")["value"] == "68.5714"
    assert two_editions.items("derived", as_of="2023-06-30") == []
    before = two_editions.head() - 1
    assert two_editions.items("derived", recorded_as_of=f"position:{before}") == []


def test_what_both_inputs_did_to_a_revision_adds_up_exactly(two_editions: Api) -> None:
    first, revision = two_editions.items("derived-vintages", subject="china")
    assert first["period"] == revision["period"] == "2023"
    assert (first["kind"], first["value"], first["change"], first["attribution"]) == ("first", "68.5714", None, None)
    assert (revision["kind"], revision["previous_value"], revision["value"]) == ("revision", "68.5714", "67.8191")
    assert revision["known_from"] == "2025-01-31T23:59:59.999999Z"
    assert revision["attribution"] == "every_order"
    shares = {one["subject"]: Fraction(one["share_exact"]) for one in revision["attributions"]}
    up = (Fraction(255, 350) - Fraction(240, 350) + Fraction(255, 376) - Fraction(240, 376)) * 50
    assert shares["china"] == up
    assert sum(shares.values()) == Fraction(revision["change_exact"]) == Fraction(25500, 376) - Fraction(24000, 350)
    assert [(one["before"], one["after"]) for one in revision["attributions"]] == [
        ("240000", "255000"),
        ("350000", "376000"),
    ]


def test_the_ledger_clock_tells_our_own_mistakes_and_new_definitions_apart(two_editions: Api) -> None:
    (*_, china) = [one for one in two_editions.items("events") if one.get("subject") == "china"]
    correction = {"target": china["event_id"], "reason": "transcription", "explanation": "Misread."}
    two_editions.post({"type": "EventCorrected", "changes": {"value": "255500"}, **correction})
    two_editions.post(defined(f"{SHARE} * 100", unit="percent"))
    told = two_editions.items("derived-vintages", subject="china", clock="ledger", as_of="2026")
    assert [(one["kind"], one["event_type"], one["attribution"]) for one in told] == [
        ("first", "MetricDefined", "definition"),
        ("revision", "EventCorrected", "one_input"),
        ("revision", "MetricDefined", "definition"),
    ]
    assert [one["position"] for one in told] == sorted(one["position"] for one in told)
    (moved,) = told[1]["attributions"]
    assert (moved["before"], moved["after"], moved["share_exact"]) == ("255000", "255500", told[1]["change_exact"])
    only = two_editions.only("definitions")
    assert (only["formula"], only["decimals"], only["inputs"]) == (f"{SHARE} * 100", 4, ["mine_production"])


def test_a_value_in_another_unit_has_no_change(two_editions: Api) -> None:
    two_editions.post(defined("mine_production", unit="kt"))
    (first, again) = two_editions.items("derived-vintages", subject="china", clock="ledger", as_of="2026")
    assert (first["previous_value"], first["previous_unit"], first["unit"]) == (None, None, "percent")
    assert (again["previous_value"], again["previous_unit"]) == ("67.8191", "percent")
    assert (again["value"], again["unit"], again["change"]) == ("255.0000", "kt", None)


def test_a_definition_is_corrected_retracted_and_erased_as_any_event(two_editions: Api) -> None:
    definition = two_editions.only("definitions")["event_id"]
    explained = {"target": definition, "explanation": "-"}
    changes = {"formula": "mine_production[subject=world] / mine_production"}
    two_editions.post({"type": "EventCorrected", "changes": changes, "reason": "other", **explained})
    assert two_editions.only("derived", subject="china")["value"] == "147.4510"
    two_editions.post({"type": "EventRetracted", "reason": "other", **explained})
    assert two_editions.items("derived") == two_editions.items("definitions") == []
    two_editions.post({"type": "EventReinstated", **explained})
    assert two_editions.only("derived", subject="china")["value"] == "147.4510"
    refused = {"type": "EventCorrected", "changes": {"formula": "mine_production"}, "reason": "other", **explained}
    answer = two_editions.client.post("/v1/events", json=refused)
    assert answer.status_code == 422
    assert "mass" in answer.text


def test_nothing_is_guessed(two_editions: Api) -> None:
    two_editions.post(
        mined("australia", "18000", "2024-01-31", period="2022"),
        {**mined("australia", "1", "2024-01-31"), "value": None, "symbol": "withheld"},
        {**mined("china", "1", "2024-01-31", period="2021"), "value": None, "low": "1", "high": "2"},
        mined("world", "0", "2024-01-31", period="2021"),
    )
    reasons = {
        (one["subject"], one["period"]): one["reasons"] for one in two_editions.items("derived", computed="false")
    }
    world = "mine_production[subject=world]"
    assert reasons == {
        ("australia", "2022"): {world: "missing"},
        ("australia", "2023"): {"mine_production": "withheld"},
        ("china", "2021"): {"mine_production": "range"},
        ("world", "2021"): {"formula": "divided_by_zero"},
    }
    assert {one["subject"] for one in two_editions.items("derived", computed="true")} == {"china", "world"}


def test_a_number_that_is_too_large_is_none_and_one_that_is_too_long_is_rounded_only(api: Api) -> None:
    api.post(
        *(mined("china", "1", published, period="2023") for published in ("2024-01-31", "2025-01-31")),
        mined("australia", "9" * 20, "2024-01-31", period="2023"),
        mined("australia", f"{'9' * 19}8", "2025-01-31", period="2023"),
        defined("mine_production + mine_production[subject=china]", unit="t"),
    )
    assert api.only("derived", subject="australia", as_of="2024")["reasons"] == {"formula": "too_large"}
    assert api.only("derived", subject="australia", as_of="2025")["value"] == f"{'9' * 20}.0000"
    assert api.items("derived", subject="australia", computed="true", as_of="2024") == []
    parquet = pa.ipc.open_stream(api.client.get("/v1/derived.arrow").content).read_all()
    assert parquet.schema.field("value").type == pa.decimal128(38, 18)


def test_a_share_of_very_many_digits_is_rounded_only(api: Api) -> None:
    metrics, rng = [f"part_{number}" for number in range(8)], random.Random(1)
    for published in ("2024-01-31", "2025-01-31"):
        values = [f"{rng.randrange(10**16, 10**17)}.{rng.randrange(10**17, 10**18)}" for _ in metrics]
        api.post(
            *(
                sold("lynas", value, "t", metric=metric, published_at=published)
                for metric, value in zip(metrics, values, strict=True)
            )
        )
    api.post(defined(f"part_0 / ({' + '.join(metrics)})"))
    (_, again) = api.items("derived-vintages", subject="lynas")
    assert again["attribution"] == "every_order"
    assert len(again["attributions"]) == len(metrics)
    assert all(one["share"] is not None and one["share_exact"] is None for one in again["attributions"])
    assert again["change_exact"] is not None


def test_units_are_converted_exactly_and_others_are_refused(api: Api) -> None:
    api.post(sold("lynas", "500", "million AUD", metric="revenue"), sold("lynas", "10", "kt", metric="sold"))
    api.post(defined("revenue / sold", metric="price_made", unit="AUD/kg", decimals=2))
    assert api.only("derived")["value"] == "50.00"
    api.post(defined("revenue / sold", metric="price_made", unit="AUD/lb", decimals=18))
    item = api.only("derived")
    assert Fraction(item["exact"]) == 50 * Fraction("0.45359237")
    api.post(sold("lynas", "300", "million USD", metric="revenue"))
    assert api.only("derived")["reasons"] == {"revenue": "several_units"}
    api.post(defined("revenue[unit=USD] / sold", metric="price_made", unit="AUD/kg"))
    assert api.only("derived")["reasons"] == {"formula": "units"}
    for formula, unit, rule in (
        ("revenue + sold", "AUD", "formula_units"),
        ("revenue / sold", "t", "formula_units"),
        ("cost / sold", "AUD/kg", "stated_metric"),
        ("sold / sold[subject=mars]", "ratio", "unregistered"),
        ("sold[subject=world]", "t", "formula"),
        ("sold /", "t", "formula"),
        ("sold ** 2", "t", "formula"),
    ):
        answer = api.client.post("/v1/events", json=defined(formula, unit=unit))
        assert answer.status_code == 422, formula
        assert rule in answer.text, (formula, answer.text)


def test_growth_is_against_the_period_of_the_same_length_before(api: Api) -> None:
    quarters = {"2022-Q4": "80", "2023-Q3": "100", "2023-Q4": "120", "2024-Q1": "90"}
    api.post(*(mined("china", value, "2024-06-30", period=period) for period, value in quarters.items()))
    api.post(defined("mine_production / previous(mine_production) - 1", metric="growth"))
    api.post(defined("mine_production / year_before(mine_production) - 1", metric="growth_on_year"))
    grown = {(one["metric"], one["period"]): one["value"] for one in api.items("derived", computed="true")}
    assert grown == {
        ("growth", "2023-Q4"): "20.0000",
        ("growth", "2024-Q1"): "-25.0000",
        ("growth_on_year", "2023-Q4"): "50.0000",
    }
    api.post(
        *(
            mined("lynas", value, "2024-06-30", period=week)
            for week, value in {"2024-W21": "4", "2024-W22": "5"}.items()
        )
    )
    weeks = {one["metric"]: one for one in api.items("derived", subject="lynas", period="2024-W22")}
    assert weeks["growth"]["value"] == "25.0000"
    assert weeks["growth_on_year"]["reasons"] == {"year_before(mine_production)": "no_period"}
    latest = api.items("derived", metric="growth", period="latest", subject="china")
    assert [one["period"] for one in latest] == ["2024-Q1"]
    assert api.only("derived", metric="growth", period="2023-Q4")["value"] == "20.0000"


def test_sums_are_over_what_is_declared_or_named(two_editions: Api) -> None:
    part = {"type": "RelationshipStated", "relation": "part_of", "object": "world", "published_at": "2020"}
    two_editions.post(country("myanmar"), *({**part, "subject": slug} for slug in ("china", "australia")))
    two_editions.post(mined("australia", "18000", "2024-01-31"))
    two_editions.post(defined("sum(mine_production) / mine_production", metric="coverage"))
    two_editions.post(defined("share(mine_production)", metric="share_of_whole"))
    two_editions.post(defined("mine_production + sum(mine_production, australia, china)", metric="odd", unit="kt"))
    asked = {"computed": "true", "subject": "world"}
    assert two_editions.only("derived", metric="coverage", **asked)["value"] == "72.6064"
    assert two_editions.only("derived", metric="odd", **asked)["value"] == "649.0000"
    shares = two_editions.items("derived", metric="share_of_whole")
    assert {one["subject"]: one["value"] for one in shares} == {
        "australia": "4.7872",
        "china": "67.8191",
        "world": None,
    }
    assert {one["subject"]: one["reasons"] for one in shares}["world"] == {"mine_production of the whole": "no_whole"}
    two_editions.post({**part, "subject": "australia", "object": "china", "published_at": "2025-03-31"})
    (australia,) = two_editions.items("derived", metric="share_of_whole", subject="australia")
    assert australia["reasons"] == {"mine_production of the whole": "several_wholes"}
    assert (
        two_editions.only("derived", metric="share_of_whole", subject="australia", as_of="2025-02-28")["value"]
        == "4.7872"
    )
    (_first, gone) = two_editions.items("derived-vintages", metric="share_of_whole", subject="australia")[-2:]
    assert (gone["kind"], gone["known_from"]) == ("gone", "2025-03-31T23:59:59.999999Z")
    two_editions.post({**part, "subject": "myanmar", "published_at": "2025-06-30"})
    item = two_editions.only("derived", metric="coverage", subject="world")
    assert item["reasons"] == {"sum(mine_production)": "missing"}
    assert [one["subject"] for one in item["inputs"] if one["reason"] == "missing"] == ["myanmar"]
    told = two_editions.items("derived-vintages", metric="coverage", subject="world")
    assert [one["kind"] for one in told] == ["first", "revision", "gone"]


def test_what_is_selected_stands_in_no_place(two_editions: Api) -> None:
    plan = {**mined("china", "300000", "2024-01-31"), "nature": "plan", "material": None}
    two_editions.post(plan, {"type": "EntityRegistered", "entity": "ore", "kind": "material", "name": "Ore"})
    two_editions.post({**plan, "material": "ore"}, {**plan, "material": "ore", "dimensions": {"basis": "reo"}})
    two_editions.post(defined("mine_production / mine_production[nature=plan]", metric="of_plan"))
    two_editions.post(defined("mine_production[nature=plan]", metric="planned", unit="t"))
    item = two_editions.only("derived", metric="of_plan", computed="true", nature="observed")
    assert (item["subject"], item["value"], item["nature"], item["weakest_nature"]) == (
        "china",
        "85.0000",
        "observed",
        "plan",
    )
    planned = two_editions.items("derived", metric="planned")
    assert {(one["subject"], one["material"], one["nature"]) for one in planned} == {
        ("china", None, "plan"),
        ("china", "ore", "plan"),
    }
    assert two_editions.items("derived", metric="planned", nature="observed") == []
    two_editions.post(
        defined("mine_production[nature=plan, material=ore, dimension.basis=reo]", metric="planned", unit="t")
    )
    (item,) = two_editions.items("derived", metric="planned")
    assert (item["material"], item["dimensions"], item["value"]) == (None, None, "300000.0000")


def test_slugs_in_a_formula_are_followed_through_merges(two_editions: Api) -> None:
    two_editions.post(country("earth"), mined("earth", "500000", "2023-06-30"))
    two_editions.post(
        defined("mine_production / mine_production[subject=earth]", metric="earth_share"),
        defined("mine_production + sum(mine_production, earth, world)", metric="odd", unit="kt"),
    )
    assert two_editions.only("derived", metric="earth_share", subject="china")["value"] == "51.0000"
    assert two_editions.only("derived", metric="odd", subject="china")["value"] == "1131.0000"
    (merge,) = two_editions.post(
        {"type": "EntitiesMerged", "kept": "world", "merged": "earth", "reason": "One planet."}
    )
    assert two_editions.only("derived", metric="earth_share", subject="china")["value"] == "67.8191"
    assert two_editions.only("derived", metric="odd", subject="china")["value"] == "631.0000"
    asked = {"subject": "china", "clock": "ledger", "as_of": "2026"}
    (_, share) = two_editions.items("derived-vintages", metric="earth_share", **asked)
    assert (share["event_id"], share["event_type"]) == (merge["event_id"], "EntitiesMerged")
    ((moved,), how) = share["attributions"], share["attribution"]
    assert (moved["before"], moved["after"], moved["subject"], how) == ("500000", "376000", "world", "one_input")
    (_, odd) = two_editions.items("derived-vintages", metric="odd", **asked)
    assert [(one["subject"], one["share"]) for one in odd["attributions"]] == [("earth", "-500.0000")]


def test_an_input_is_what_was_preferred(two_editions: Api) -> None:
    two_editions.post(mined("china", "250000", "2025-06-30", publisher="bgs"))
    mixed = two_editions.only("derived", subject="china")
    assert (mixed["said_by"], mixed["mixed"], mixed["disputed"]) == (["bgs", "usgs"], True, True)
    for asked in ({"publisher": "usgs"}, {"prefer": "usgs,bgs"}):
        assert two_editions.only("derived", subject="china", **asked)["value"] == "67.8191"
        assert len(two_editions.items("derived-vintages", subject="china", **asked)) == 2
    answer = two_editions.client.get("/v1/derived?publisher=usgs,bgs")
    assert answer.status_code == 422


@pytest.mark.parametrize("metric", [None, "mine_production"])
def test_its_receipt_has_the_preference_that_decided_it(two_editions: Api, metric: str | None) -> None:
    two_editions.post(mined("china", "250000", "2025-06-30", publisher="bgs"))
    preference = {"type": "PreferenceSet", "publishers": ["usgs"]} | ({"metric": metric} if metric else {})
    (setting,) = two_editions.post(preference)
    two_editions.post({"type": "PreferenceSet", "publishers": ["usgs"], "metric": "of_nothing_here"})
    answer = two_editions.get("derived", subject="china", receipt="full")
    assert answer["items"][0]["value"] == "67.8191"
    positions = {one["leaf"]["position"] for one in answer["receipt"]["events"]}
    assert setting["position"] in positions
    assert setting["position"] + 1 not in positions
    verified = two_editions.client.post("/v1/receipts/verify", json=answer["receipt"]).json()
    assert verified["verdict"] == "same"


def test_questions_about_what_publishers_state_point_to_what_is_derived(two_editions: Api) -> None:
    hint = {"parameter": "metric", "value": "world_share", "meant": [], "derived": True}
    for question in ("figures", "vintages", "concentration"):
        assert two_editions.get(question, metric="world_share")["hints"] == [hint]
    before = f"position:{two_editions.head() - 1}"
    assert "derived" not in two_editions.get("figures", metric="world_share", recorded_as_of=before)["hints"][0]


def test_of_many_changes_a_page_is_told_at_a_time(two_editions: Api) -> None:
    whole = two_editions.items("derived-vintages")
    assert len(whole) == 3
    first = two_editions.get("derived-vintages", limit=2)
    second = two_editions.get("derived-vintages", limit=2, cursor=first["next"])
    assert first["items"] + second["items"] == whole
    assert second["next"] is None
    answer = two_editions.client.get("/v1/derived-vintages", params={"cursor": first["next"], "clock": "ledger"})
    assert answer.status_code == 422


def test_an_unknown_derived_metric_is_hinted_at(two_editions: Api) -> None:
    for question in ("derived", "derived-vintages"):
        answer = two_editions.get(question, metric="world_shar")
        assert answer["items"] == []
        assert answer["hints"] == [{"parameter": "metric", "value": "world_shar", "meant": ["world_share"]}]
    assert two_editions.client.get("/v1/derived?computed=maybe").status_code == 422
    assert two_editions.client.get("/v1/derived-vintages?clock=wall").status_code == 422
    assert two_editions.client.get("/v1/derived?period=never").status_code == 422


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet", "arrow", "jsonl"])
def test_it_comes_in_every_format(two_editions: Api, form: str) -> None:
    for question in ("derived", "derived-vintages", "definitions"):
        assert two_editions.client.get(f"/v1/{question}.{form}").status_code == 200


def test_of_many_registrations_that_go_together_what_a_formula_needs_stays(two_editions: Api) -> None:
    names = [f"island-{letter}" for letter in "abcdef"]
    two_editions.post(*map(country, names))
    events = {one["entity"]: one["event_id"] for one in two_editions.items("events", limit="1000") if "entity" in one}
    two_editions.post(defined("mine_production / mine_production[subject=island-d]", metric="against_an_island"))
    retractions = [
        {"type": "EventRetracted", "target": events[name], "reason": "other", "explanation": "-"} for name in names
    ]
    answer = two_editions.client.post("/v1/events", json=retractions)
    assert answer.status_code == 422
    assert [(one["pointer"], one["rule"]) for one in answer.json()["errors"]] == [("/3/target", "others_depend_on_it")]
    two_editions.post(*retractions[:3], *retractions[4:])


def test_a_registration_that_a_formula_needs_stays(two_editions: Api) -> None:
    two_editions.post(country("atlantis"))
    (atlantis,) = [one for one in two_editions.items("events") if one.get("entity") == "atlantis"]
    two_editions.post(defined("mine_production / mine_production[subject=atlantis]", metric="against_atlantis"))
    retraction = {"type": "EventRetracted", "target": atlantis["event_id"], "reason": "other", "explanation": "-"}
    answer = two_editions.client.post("/v1/events", json=retraction)
    assert answer.status_code == 422
    assert "others_depend_on_it" in answer.text
