"""What the ledger refuses, and what it does not."""

from typing import Any
from uuid import uuid4

import pytest

from ledger import REGISTRY, Ledger, Refused, RuleBroken
from tests.ledger.conftest import correction, figure, reinstatement, retraction

POLICY = {"type": "PolicyEnacted", "policy": "p", "jurisdiction": "china", "kind": "quota_system"}
MOU = {"type": "MoUSigned", "agreement": "a", "parties": [{"entity": "js-link"}, {"entity": "lynas"}]}


def merge(kept: str, merged: str) -> dict[str, Any]:
    return {"type": "EntitiesMerged", "kept": kept, "merged": merged, "reason": "one and the same"}


def refused(ledger: Ledger, *events: dict[str, Any]) -> tuple[str, str]:
    """The pointer and rule of the first violation; nothing is recorded, and a good request still works."""
    head = ledger.head()
    with pytest.raises(Refused) as error:
        ledger.append(list(events))
    assert ledger.head() == head
    first = error.value.violations[0]
    return first.pointer, first.rule


def recorded(ledger: Ledger, *events: dict[str, Any]) -> list[str]:
    return [item["event_id"] for item in ledger.append(list(events)).items]


@pytest.mark.parametrize(
    ("event", "pointer", "rule"),
    [
        (figure(subject="atlantis"), "/0/subject", "unregistered"),
        (figure(material="unobtainium"), "/0/material", "unregistered"),
        (figure(source={"publisher": "nobody"}), "/0/source/publisher", "unregistered"),
        (figure(source={"publisher": "china"}), "/0/source/publisher", "publisher_is_organisation"),
        (figure(source={}), "/0/source/publisher", "publisher_required"),
        (figure(unit="cubits"), "/0/unit", "unit"),
        (figure("NaN"), "/0/value", "decimal"),
        (figure("123456789012345678901"), "/0/value", "decimal"),
        (figure("0.1234567890123456789"), "/0/value", "decimal"),
        (figure(low="1"), "/0/value", "one_statement"),
        (figure(value=None), "/0/value", "one_statement"),
        (figure(value=None, low="2", high="1"), "/0/low", "range_order"),
        (figure(value=None, symbol="unknown"), "/0/symbol", "literal_error"),
        (figure(period="FY2023"), "/0/period", "period"),
        (figure(period="2023-Q5"), "/0/period", "period"),
        (figure(published_at="2024-01-31T00:00:00"), "/0/published_at", "moment"),
        (figure(colour="red"), "/0/colour", "extra_forbidden"),
        (figure(metric="Mine Production"), "/0/metric", "string_pattern_mismatch"),
        (figure(type="FigureReported", metric=None), "/0/metric", "metric_required"),
        (figure(approximate="yes"), "/0/approximate", "bool_type"),
        ({"type": "Figure"}, "/0/type", "unknown_type"),
        ({"subject": "china"}, "/0/type", "missing"),
        ([], "/0", "object_expected"),
        ({**POLICY, "jurisdiction": "mars"}, "/0/jurisdiction", "unregistered"),
        ({**POLICY, "materials": ["ndpr-oxide", "x"]}, "/0/materials/1", "unregistered"),
        ({**POLICY, "effective_from": "2025-02", "effective_to": "2025-01"}, "/0/effective_to", "interval_order"),
        ({**MOU, "parties": [{"entity": "js-link"}, {"entity": "x"}]}, "/0/parties/1/entity", "unregistered"),
        ({**MOU, "parties": []}, "/0/parties", "too_short"),
        ({"type": "EntityRegistered", "entity": "usgs", "kind": "other", "name": "x"}, "/0/entity", "registered_once"),
        (
            {"type": "EntityRegistered", "entity": "A", "kind": "other", "name": "x"},
            "/0/entity",
            "string_pattern_mismatch",
        ),
        ({"type": "PolicyRepealed", "policy": "p", "effective_from": "2025"}, "/0/policy", "opened_first"),
        ({"type": "PolicySuspended", "policy": "p", "effective_from": "2025"}, "/0/policy", "opened_first"),
        ({"type": "PolicyAmended", "policy": "p", "changes": {"title": "x"}}, "/0/policy", "opened_first"),
        ({"type": "AgreementTerminated", "agreement": "a"}, "/0/agreement", "opened_first"),
        ({"type": "FacilityClosed", "facility": "kuantan-plant"}, "/0/facility", "opened_first"),
        ({"type": "FacilityCancelled", "facility": "kuantan-plant"}, "/0/facility", "opened_first"),
        ({"type": "SupplyLinkClosed", "link": "l", "effective_from": "2025"}, "/0/link", "opened_first"),
        ({"type": "RiskResolved", "risk": "r", "effective_from": "2025"}, "/0/risk", "opened_first"),
        (merge("usgs", "usgs"), "/0/merged", "merge_joins_two"),
        (merge("world", "usgs"), "/0/kept", "publisher_is_organisation"),
        (correction("00000000-0000-4000-8000-000000000000", value="1"), "/0/target", "target_exists"),
    ],
)
def test_an_event_that_breaks_a_rule_is_refused_by_name(ledger: Ledger, event: Any, pointer: str, rule: str) -> None:
    if isinstance(event, dict):
        event = {name: value for name, value in event.items() if value is not None}
    assert refused(ledger, event) == (pointer, rule)
    recorded(ledger, figure())


def test_a_metric_keeps_the_unit_family_of_its_first_standing_event(ledger: Ledger) -> None:
    (first,) = recorded(ledger, figure())
    assert refused(ledger, figure(unit="USD")) == ("/0/unit", "unit_family")
    recorded(ledger, figure(unit="kt"), retraction(first))
    assert refused(ledger, figure(unit="USD")) == ("/0/unit", "unit_family")


def test_a_metric_whose_events_are_all_retracted_is_free_again(ledger: Ledger) -> None:
    one, other = recorded(ledger, figure(), figure(period="2024"))
    recorded(ledger, retraction(one), retraction(other), figure(unit="USD"))
    assert refused(ledger, reinstatement(one)) == ("/0/target", "unit_family")


def test_the_only_event_of_a_metric_may_be_corrected_to_another_family(ledger: Ledger) -> None:
    (first,) = recorded(ledger, figure())
    recorded(ledger, correction(first, unit="USD"))
    assert refused(ledger, figure()) == ("/0/unit", "unit_family")


def test_one_of_several_events_of_a_metric_may_not_leave_the_family(ledger: Ledger) -> None:
    first, _ = recorded(ledger, figure(), figure(period="2024"))
    assert refused(ledger, correction(first, unit="USD")) == ("/0/changes/unit", "unit_family")


def test_a_figure_has_no_order_of_arrival(ledger: Ledger) -> None:
    withdrawn = {name: value for name, value in figure(type="FigureWithdrawn").items() if name != "value"}
    recorded(ledger, withdrawn, figure(published_at="2020"), figure(published_at="2019"))


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"colour": "red"}, "/0/changes/colour"),
        ({"policy": "q"}, "/0/changes/policy"),
        ({"kind": "whim"}, "/0/changes/kind"),
        ({"jurisdiction": "mars"}, "/0/changes/jurisdiction"),
        ({"effective_from": "2025-01-01T00:00:00"}, "/0/changes/effective_from"),
        ({"jurisdiction": None}, "/0/changes/jurisdiction"),
    ],
)
def test_an_amendment_changes_only_what_may_be_changed(ledger: Ledger, changes: dict[str, Any], pointer: str) -> None:
    recorded(ledger, POLICY)
    assert refused(ledger, {"type": "PolicyAmended", "policy": "p", "changes": changes})[0] == pointer


def test_an_amendment_may_remove_an_end(ledger: Ledger) -> None:
    recorded(ledger, POLICY | {"effective_to": "2025"})
    recorded(ledger, {"type": "PolicyAmended", "policy": "p", "changes": {"effective_to": None}})


def test_ledger_events_act_on_facts_that_stand(ledger: Ledger) -> None:
    (fact,) = recorded(ledger, figure())
    (fix,) = recorded(ledger, correction(fact, value="1"))
    for act in (correction(fix, explanation="x"), retraction(fix), reinstatement(fix)):
        assert refused(ledger, act) == ("/0/target", "target_is_no_ledger_event")
    assert refused(ledger, reinstatement(fact)) == ("/0/target", "target_stands")
    recorded(ledger, retraction(fact))
    assert refused(ledger, retraction(fact)) == ("/0/target", "target_stands")
    assert refused(ledger, correction(fact, value="2")) == ("/0/target", "target_stands")
    recorded(ledger, reinstatement(fact), correction(fact, value="2"))


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"unit": "cubits"}, "/0/changes/unit"),
        ({"subject": "atlantis"}, "/0/changes/subject"),
        ({"source.publisher": "china"}, "/0/changes/source.publisher"),
        ({"type": "SalesReported"}, "/0/changes/type"),
        ({"event_id": None}, "/0/changes/event_id"),
        ({"recorded_at": "2020"}, "/0/changes/recorded_at"),
        ({"colour": "red"}, "/0/changes/colour"),
        ({"value.digits": "1"}, "/0/changes/value.digits"),
        ({"value": None}, "/0/changes/value"),
        ({"published_at": "soon"}, "/0/changes/published_at"),
        ({"source": {"publisher": "mars"}}, "/0/changes/source/publisher"),
    ],
)
def test_a_corrected_event_must_pass_the_rules_that_a_new_one_would(
    ledger: Ledger, changes: dict[str, Any], pointer: str
) -> None:
    (fact,) = recorded(ledger, figure())
    assert refused(ledger, correction(fact, **changes))[0] == pointer


def test_a_correction_can_reach_into_nested_fields_and_remove_them(ledger: Ledger) -> None:
    (fact,) = recorded(ledger, figure(dimensions={"basis": "reo"}, note="x"))
    changes = {"dimensions.basis": None, "source.via": "a newspaper", "note": None, "value": 13000}
    recorded(ledger, correction(fact, **changes))
    recorded(ledger, figure(expected_version=0, period="2022"), correction(fact, **{"dimensions.basis": "metal"}))


def test_a_registration_on_which_events_depend_can_be_neither_retracted_nor_moved(ledger: Ledger) -> None:
    nigeria = {"type": "EntityRegistered", "entity": "nigeria", "kind": "country", "name": "Nigeria"}
    entity, fact = recorded(ledger, nigeria, figure(subject="nigeria"))
    assert refused(ledger, retraction(entity)) == ("/0/target", "others_depend_on_it")
    assert refused(ledger, correction(entity, entity="niger"))[1] == "others_depend_on_it"
    recorded(ledger, correction(entity, name="Federal Republic of Nigeria"))
    recorded(ledger, correction(fact, subject="china"), retraction(entity))
    assert refused(ledger, figure(subject="nigeria")) == ("/0/subject", "unregistered")
    assert (
        refused(ledger, retraction(fact), reinstatement(fact), correction(fact, subject="nigeria"))[1] == "unregistered"
    )


def test_a_publisher_stays_an_organisation_as_long_as_something_it_said_stands(ledger: Ledger) -> None:
    event_id, said = str(uuid4()), str(uuid4())
    ledger.append(
        [{"type": "EntityRegistered", "entity": "iea", "kind": "organisation", "name": "IEA", "event_id": event_id}]
    )
    ledger.append([correction(event_id, kind="other"), correction(event_id, kind="organisation")])
    ledger.append([figure(source={"publisher": "iea"}, event_id=said)])
    with pytest.raises(RuleBroken, match="depend on it") as refused:
        ledger.append([correction(event_id, kind="country")])
    assert said in refused.value.violations[0].detail
    ledger.append([correction(event_id, name="International Energy Agency"), retraction(said)])
    ledger.append([correction(event_id, kind="country")])


def test_the_state_is_not_asked_for_what_it_does_not_hold(ledger: Ledger) -> None:
    with pytest.raises(TypeError, match="StatementRecorded"):
        ledger._writer._state.events_of(REGISTRY["StatementRecorded"], "lynas")


def test_an_event_moved_to_an_entity_by_a_correction_depends_on_it_too(ledger: Ledger) -> None:
    togo = {"type": "EntityRegistered", "entity": "togo", "kind": "country", "name": "Togo"}
    entity, fact = recorded(ledger, togo, figure())
    recorded(ledger, correction(fact, subject="togo"))
    assert refused(ledger, retraction(entity)) == ("/0/target", "others_depend_on_it")


def test_an_opening_on_which_events_depend_can_be_neither_retracted_nor_moved(ledger: Ledger) -> None:
    opening, repeal = recorded(ledger, POLICY, {"type": "PolicyRepealed", "policy": "p", "effective_from": "2099"})
    assert refused(ledger, retraction(opening)) == ("/0/target", "others_depend_on_it")
    assert refused(ledger, correction(opening, policy="q"))[1] == "others_depend_on_it"
    recorded(ledger, retraction(repeal), retraction(opening))
    assert refused(ledger, reinstatement(repeal)) == ("/0/target", "opened_first")


def test_a_fiscal_year_on_which_periods_depend_stays(ledger: Ledger) -> None:
    recorded(ledger, figure(subject="lynas", period="FY2025-Q4"))
    entity = next(str(e.event_id) for e in ledger.entries() if e.body.get("entity") == "lynas")
    assert refused(ledger, correction(entity, fiscal_year_end=None))[1] == "others_depend_on_it"
    recorded(ledger, correction(entity, fiscal_year_end="12-31"))


def test_a_merge_joins_two_entities_once(ledger: Ledger) -> None:
    recorded(ledger, merge("usgs", "bgs"))
    assert refused(ledger, merge("china", "bgs")) == ("/0/merged", "merged_once")
    assert refused(ledger, merge("bgs", "usgs")) == ("/0/merged", "merge_joins_two")
    recorded(ledger, merge("bgs", "js-link"))


def test_after_a_merge_the_facility_keeps_its_life_under_both_names(ledger: Ledger) -> None:
    recorded(
        ledger,
        {"type": "EntityRegistered", "entity": "js-link-plant", "kind": "facility", "name": "JS Link plant"},
        {"type": "FacilityAnnounced", "facility": "js-link-plant", "published_at": "2025"},
        merge("kuantan-plant", "js-link-plant"),
        {"type": "FacilityClosed", "facility": "kuantan-plant", "published_at": "2026"},
    )


def test_figures_of_merged_entities_share_a_stream(ledger: Ledger) -> None:
    recorded(ledger, merge("world", "australia"))
    first, second = ledger.append([figure(), figure(subject="australia")]).items
    assert first["figure_id"] == second["figure_id"]


def test_many_registrations_in_one_batch_are_asked_about_like_single_ones(ledger: Ledger) -> None:
    """Their questions to the log share one pass: what it and the batch itself hold is found as for one."""
    slugs = [f"land-{number}" for number in range(9)]
    lands = [{"type": "EntityRegistered", "entity": slug, "kind": "country", "name": slug} for slug in slugs]
    registrations = recorded(ledger, *lands)
    named = recorded(ledger, figure(subject="land-1"), figure(subject="land-2"), figure(), figure(subject="land-4"))
    recorded(ledger, correction(named[2], subject="land-3"), retraction(named[3]))
    batch = [
        retraction(named[1]),
        figure(subject="land-5"),
        {"type": "EntityRegistered", "entity": "land-9", "kind": "country", "name": "land-9", "parent": "land-6"},
        *(retraction(one) for one in registrations),
        figure(subject="land-7"),
    ]
    with pytest.raises(Refused) as error:
        ledger.append(batch)
    assert [(one.path[0], one.rule) for one in error.value.violations] == [
        (4, "others_depend_on_it"),
        (6, "others_depend_on_it"),
        (8, "others_depend_on_it"),
        (9, "others_depend_on_it"),
        (12, "unregistered"),
    ]
    assert named[0] in error.value.violations[0].detail
    assert named[2] in error.value.violations[1].detail
