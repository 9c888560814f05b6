"""What takes effect after an ending is recorded, and warned about: publishers contradict each other."""

from typing import Any

import pytest

from ledger import Ledger
from tests.ledger.conftest import correction

PLANT = {"facility": "kuantan-plant", "published_at": "2024"}
POLICY = {
    "type": "PolicyEnacted",
    "policy": "p",
    "jurisdiction": "china",
    "kind": "export_control",
    "effective_from": "2020",
    "published_at": "2020",
}


def warned(ledger: Ledger, event: dict[str, Any]) -> list[tuple[str, str]]:
    """The warnings of one event, which a dry run has too."""
    (planned,) = ledger.plan([event]).items
    (item,) = ledger.append([event]).items
    assert list(planned.warnings) == item["warnings"]
    return [(one["pointer"], one["rule"]) for one in item["warnings"]]


def test_what_takes_effect_after_the_end_is_warned_about(ledger: Ledger) -> None:
    repeal = {"type": "PolicyRepealed", "policy": "p", "effective_from": "2024-01-01", "published_at": "2023-12-01"}
    ledger.append([POLICY, repeal])
    late = {"type": "PolicySuspended", "policy": "p", "published_at": "2024-06", "effective_to": "2024-12"}
    assert warned(ledger, {**late, "effective_from": "2023-06-01"}) == []
    assert warned(ledger, {**late, "effective_from": "2024-06-01"}) == [("/effective_from", "after_end")]
    amendment = {"type": "PolicyAmended", "policy": "p", "changes": {"title": "x"}, "published_at": "2025-01-01"}
    assert warned(ledger, amendment) == [("/policy", "after_end")]
    assert warned(ledger, {**POLICY, "effective_from": "2025"}) == [("/effective_from", "after_end")]


@pytest.mark.parametrize("ending", ["FacilityClosed", "FacilityCancelled"])
def test_the_end_of_one_stage_ends_that_stage_only(ledger: Ledger, ending: str) -> None:
    ledger.append([{"type": "FacilityAnnounced", **PLANT}])
    ledger.append([{"type": ending, **PLANT, "stage": "alloy", "effective_from": "2024-02"}])
    idled = {"type": "FacilityIdled", **PLANT, "effective_from": "2025"}
    assert warned(ledger, {**idled, "stage": "magnet"}) == []
    assert warned(ledger, idled) == []
    assert warned(ledger, {**idled, "stage": "alloy"}) == [("/effective_from", "after_end")]


def test_a_correction_may_move_an_event_behind_the_end(ledger: Ledger) -> None:
    closed = {"type": "FacilityClosed", **PLANT, "effective_from": "2024-02"}
    receipt = ledger.append([{"type": "FacilityCommissioned", **PLANT, "effective_from": "2023"}, closed])
    ledger.append([correction(receipt.items[0]["event_id"], effective_from="2030")])
