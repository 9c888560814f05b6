"""Commitments, provisions and what else has a life: opened first, in parts, on every way into the log."""

import io
import json
from typing import Any

import pytest

from ledger import REGISTRY, Ledger, Refused, import_stream
from tests.ledger.conftest import correction, figure, retraction

OWED = {
    "type": "CommitmentMade",
    "commitment": "offtake",
    "kind": "offtake",
    "by": "js-link",
    "to": "lynas",
    "quantity": {"value": "3000", "unit": "t/yr"},
    "published_at": "2025-07-24",
}
MET = {"type": "CommitmentMet", "commitment": "offtake", "published_at": "2026-01-01"}
RELEASED = {"type": "CommitmentReleased", "commitment": "offtake", "published_at": "2027-01-01"}
POLICY = {
    "type": "PolicyEnacted",
    "policy": "p",
    "jurisdiction": "china",
    "kind": "permit",
    "applies_to": ["lynas"],
    "published_at": "2020",
}
REPEALED = {"type": "PolicyRepealed", "policy": "p", "effective_from": "2024-01-01", "published_at": "2023-12-01"}


def broken(ledger: Ledger, event: dict[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with an event: the same alone, in a dry run, and in a file."""
    with pytest.raises(Refused) as refused:
        ledger.append([event])
    with pytest.raises(Refused) as planned:
        ledger.plan([event])
    assert planned.value.violations == refused.value.violations
    report = import_stream(ledger, io.BytesIO(json.dumps(event).encode()), "jsonl", mode="proceed")
    assert [error["rule"] for error in report.errors] == [one.rule for one in refused.value.violations]
    return [(one.pointer, one.rule) for one in refused.value.violations]


def warned(ledger: Ledger, event: dict[str, Any]) -> list[str]:
    return [one["rule"] for one in ledger.append([event]).items[0]["warnings"]]


@pytest.mark.parametrize("event", [MET, RELEASED])
def test_what_was_never_made_is_neither_met_nor_released(ledger: Ledger, event: dict[str, Any]) -> None:
    assert broken(ledger, event) == [("/0/commitment", "opened_first")]
    with pytest.raises(Refused):
        ledger.append([event, OWED])
    made, _ = (item["event_id"] for item in ledger.append([OWED, event]).items)
    assert broken(ledger, retraction(made)) == [("/0/target", "others_depend_on_it")]
    assert broken(ledger, correction(made, commitment="another")) == [("/0/target", "others_depend_on_it")]


@pytest.mark.parametrize("field", ["by", "to", "facility", "material"])
def test_who_and_what_a_commitment_names_is_registered(ledger: Ledger, field: str) -> None:
    assert broken(ledger, {**OWED, field: "atlantis"}) == [(f"/0/{field}", "unregistered")]
    made = ledger.append([OWED]).items[0]["event_id"]
    assert broken(ledger, correction(made, **{field: "atlantis"})) == [(f"/0/changes/{field}", "unregistered")]


@pytest.mark.parametrize("field", ["applies_to", "exempt"])
def test_whom_a_policy_is_about_is_registered(ledger: Ledger, field: str) -> None:
    assert broken(ledger, {**POLICY, field: ["lynas", "atlantis"]}) == [(f"/0/{field}/1", "unregistered")]
    ledger.append([POLICY])
    amended = {"type": "PolicyAmended", "policy": "p", "changes": {field: ["atlantis"]}, "published_at": "2021"}
    assert broken(ledger, amended) == [(f"/0/changes/{field}/0", "unregistered")]
    ledger.append([{**amended, "changes": {field: ["js-link"]}}])


def test_what_was_met_in_part_goes_on_and_what_was_met_is_over(ledger: Ledger) -> None:
    ledger.append([OWED])
    part = {**MET, "quantity": {"value": "500", "unit": "t"}}
    assert warned(ledger, part) == []
    assert warned(ledger, {**part, "published_at": "2026-06-01"}) == []
    whole = ledger.append([{**MET, "published_at": "2026-07-01"}]).items[0]["event_id"]
    assert warned(ledger, {**part, "published_at": "2026-08-01"}) == ["after_end"]
    ledger.append([correction(whole, quantity={"value": "100", "unit": "t"})])
    assert warned(ledger, {**part, "published_at": "2026-09-01"}) == []
    ledger.append([correction(whole, quantity=None), retraction(whole)])
    assert warned(ledger, {**part, "published_at": "2026-10-01"}) == []
    assert warned(ledger, RELEASED) == []
    assert warned(ledger, {**part, "published_at": "2027-02-01"}) == ["after_end"]


def test_the_end_of_a_provision_ends_that_provision_only(ledger: Ledger) -> None:
    ledger.append([POLICY, {**REPEALED, "provision": "part 3"}])
    late = {"type": "PolicySuspended", "policy": "p", "effective_from": "2025-01-01", "published_at": "2025-01-01"}
    assert warned(ledger, late) == []
    assert warned(ledger, {**late, "provision": "part 1"}) == []
    assert warned(ledger, {**late, "provision": "part 3"}) == ["after_end"]
    ledger.append([REPEALED])
    assert warned(ledger, {**late, "provision": "part 1"}) == ["after_end"]


@pytest.mark.parametrize("field", ["provision", "restates", "policy"])
def test_an_amendment_does_not_change_what_it_is_about(ledger: Ledger, field: str) -> None:
    ledger.append([POLICY])
    amended = {"type": "PolicyAmended", "policy": "p", "changes": {field: "x"}, "published_at": "2021"}
    assert broken(ledger, amended) == [(f"/0/changes/{field}", "unknown_field")]


def test_conditions_can_be_amended(ledger: Ledger) -> None:
    ledger.append([POLICY])
    limit = {"metric": "production", "high": "1", "unit": "cubits"}
    amended = {"type": "PolicyAmended", "policy": "p", "changes": {"conditions": [limit]}, "published_at": "2021"}
    assert broken(ledger, amended) == [("/0/changes/conditions/0/unit", "unit")]
    ledger.append([{**amended, "changes": {"conditions": [{**limit, "unit": "t"}]}}])


def test_a_relationship_may_end_that_nobody_stated(ledger: Ledger) -> None:
    """It has no slug of its own, and its end may be all that is told: order of arrival does not matter."""
    named = {"subject": "lynas", "relation": "operates", "object": "kuantan-plant"}
    ended, stated = (
        {"type": name, **named, "published_at": "2025-01-01"} for name in ("RelationshipEnded", "RelationshipStated")
    )
    ledger.append([ended, stated])
    last, first = list(ledger.entries())[-1:-3:-1]
    assert first.stream == last.stream
    assert broken(ledger, {**ended, "object": "atlantis"}) == [("/0/object", "unregistered")]


def test_a_period_to_compare_with_is_of_the_subjects_calendar_and_no_part_of_the_key(ledger: Ledger) -> None:
    growth = figure("38", metric="growth", unit="percent", subject="lynas", period="2024")
    plain, compared = ledger.append([growth, {**growth, "compared_with": "2023"}]).items
    assert plain["figure_id"] == compared["figure_id"]
    assert broken(ledger, {**growth, "subject": "world", "compared_with": "FY2023"}) == [("/0/compared_with", "period")]
    wrong = correction(plain["event_id"], compared_with="FY2023-Q9")
    assert broken(ledger, wrong) == [("/0/changes/compared_with", "period")]
    ledger.append([{**growth, "compared_with": "FY2023-24"}])
    entity = next(str(one.event_id) for one in ledger.entries() if one.body.get("entity") == "lynas")
    assert broken(ledger, correction(entity, fiscal_year_end=None))[0][1] == "others_depend_on_it"


def test_a_table_of_files_has_columns_for_all_of_it(ledger: Ledger) -> None:
    conditions = json.dumps([{"metric": "production", "high": "1.50", "unit": "kt"}]).replace('"', '""')
    table = (
        "type,published_at,commitment,kind,by,to,quantity.value,quantity.unit,binding,policy,jurisdiction,provision,"
        "applies_to,conditions,subject,relation,object,role,share_low,restates\n"
        "CommitmentMade,2025,offtake,offtake,js-link,lynas,3000,t/yr,true,,,,,,,,,,,\n"
        f'PolicyEnacted,2025,,permit,,,,,,p,china,part 3,"[""lynas""]","{conditions}",,,,,,\n'
        "RelationshipStated,2025,,,,,,,,,,,,,lynas,owns,kuantan-plant,lender,20,\n"
    )
    report = import_stream(ledger, io.BytesIO(table.encode()), "csv")
    assert (report.recorded, report.errors) == (3, [])
    made, permit, owned = list(ledger.entries())[-3:]
    assert made.body["quantity"] == {"value": "3000", "unit": "t/yr"}
    assert permit.body["conditions"] == [{"metric": "production", "high": "1.50", "unit": "kt"}]
    assert (permit.body["provision"], permit.body["applies_to"]) == ("part 3", ["lynas"])
    assert (owned.body["role"], owned.body["share_low"]) == ("lender", "20")
    again = f"type,published_at,facility,restates\nFacilityClosed,2025,kuantan-plant,{owned.event_id}\n"
    report = import_stream(ledger, io.BytesIO(again.encode()), "csv", mode="proceed")
    assert {error["rule"] for error in report.errors} == {"opened_first", "restates_the_same"}


def test_every_type_that_holds_over_time_can_restate() -> None:
    timed = {name for name, cls in REGISTRY.items() if "restates" in cls.model_fields}
    families = {"agreements", "commitments", "facilities", "links", "policies", "relationships", "risks"}
    assert timed == {name for name, cls in REGISTRY.items() if cls.family in families}


def test_a_policy_has_no_more_provisions_than_can_be_weighed_one_by_one(ledger: Ledger) -> None:
    def provision(name: str, **fields: Any) -> dict[str, Any]:
        return {**POLICY, "provision": name, **fields}

    recorded = ledger.append([provision(f"article {number}") for number in range(50)])
    assert broken(ledger, provision("one more")) == [("/0/provision", "parts_max")]
    ledger.append([POLICY, provision("article 7"), provision("one more", policy="other")])
    ledger.append([retraction(recorded.items[3]["event_id"])])
    ledger.append([provision("one more")])
    assert broken(ledger, provision("article 3")) == [("/0/provision", "parts_max")]
