"""What an event restates or takes back is an earlier event of its kind, whatever way it comes."""

import io
import json
from typing import Any
from uuid import uuid4

import pytest

from ledger import Ledger, Refused, import_stream
from tests.ledger.conftest import correction, figure, retraction

PLANT = {"type": "FacilityCommissioned", "facility": "kuantan-plant", "stage": "magnet"}
OWNED = {"type": "RelationshipStated", "subject": "lynas", "relation": "owns", "object": "kuantan-plant"}
SAID = {"published_at": "2025-07-24", "source": {"publisher": "lynas"}}
OTHERS = [
    {"type": "EntityRegistered", "entity": "perak-plant", "kind": "facility", "name": "Perak"},
    {"type": "EntityRegistered", "entity": "kuantan-works", "kind": "facility", "name": "Works"},
    {"type": "EntitiesMerged", "kept": "kuantan-plant", "merged": "kuantan-works", "reason": "one plant"},
]


def record(ledger: Ledger, *events: Any) -> list[str]:
    return [item["event_id"] for item in ledger.append(list(events)).items]


def broken(ledger: Ledger, *events: Any) -> list[tuple[str, str]]:
    """What is wrong with a batch: the same in a dry run and, where it is one event, in a file."""
    with pytest.raises(Refused) as refused:
        ledger.append(list(events))
    with pytest.raises(Refused) as planned:
        ledger.plan(list(events))
    assert planned.value.violations == refused.value.violations
    if len(events) == 1:
        dated = {"published_at": "2025-07-24", **events[0]}
        report = import_stream(ledger, io.BytesIO(json.dumps(dated).encode()), "jsonl", mode="proceed")
        assert [error["rule"] for error in report.errors] == [one.rule for one in refused.value.violations]
    return [(one.pointer, one.rule) for one in refused.value.violations]


@pytest.fixture
def said(ledger: Ledger) -> dict[str, str]:
    """What was said before, by name."""
    events = {
        "plant": {**PLANT, **SAID, "effective_from": "2027-01-01"},
        "closure": {**PLANT, **SAID, "type": "FacilityClosed", "effective_from": "2040"},
        "other plant": {**PLANT, **SAID, "facility": "perak-plant"},
        "owned": {**OWNED, **SAID},
        "figure": figure(),
        "renamed": {"type": "EntityRenamed", "entity": "lynas", "name": "Lynas Ltd", **SAID},
        "statement": {"type": "StatementRecorded", "subject": "lynas", "attribute": "a", "text": "b", **SAID},
        "nobody's": {**PLANT, "published_at": "2025-07-24"},
    }
    record(ledger, *OTHERS)
    ids = dict(zip(events, record(ledger, *events.values()), strict=True))
    ids["correction"] = record(ledger, correction(ids["figure"], value="1"))[0]
    ids["registration"] = next(str(one.event_id) for one in ledger.entries() if one.type == "EntityRegistered")
    ids["withdrawal"] = record(ledger, withdrawal(ids["owned"]))[0]
    ids["nothing"] = str(uuid4())
    return ids


def withdrawal(withdraws: str, publisher: str | None = "lynas") -> dict[str, Any]:
    source = {"publisher": publisher} if publisher else {"title": "unknown"}
    return {"type": "ReportWithdrawn", "withdraws": withdraws, "published_at": "2026-01-01", "source": source}


def test_an_event_restates_an_earlier_one_of_its_type_and_thing(ledger: Ledger, said: dict[str, str]) -> None:
    later = {**PLANT, "effective_from": "2028-06-01", "published_at": "2026-01-31", "restates": said["plant"]}
    (again,) = record(ledger, later)
    record(ledger, {**later, "facility": "kuantan-works", "restates": again})
    record(ledger, {**OWNED, "published_at": "2026", "restates": said["owned"]})
    assert next(one for one in ledger.entries() if str(one.event_id) == again).body["restates"] == said["plant"]


@pytest.mark.parametrize("what", ["closure", "other plant", "owned", "figure", "correction", "registration", "nothing"])
def test_what_is_no_earlier_statement_of_it_is_not_restated(ledger: Ledger, said: dict[str, str], what: str) -> None:
    assert broken(ledger, {**PLANT, "restates": said[what]}) == [("/0/restates", "restates_the_same")]


def test_all_that_names_a_relationship_is_the_same(ledger: Ledger, said: dict[str, str]) -> None:
    for field, other in (("subject", "js-link"), ("relation", "operates"), ("object", "perak-plant")):
        again = {**OWNED, field: other, "restates": said["owned"]}
        assert broken(ledger, again) == [("/0/restates", "restates_the_same")]


def test_in_a_batch_only_what_comes_before_is_restated(ledger: Ledger) -> None:
    first, other = str(uuid4()), str(uuid4())
    batch = [{**PLANT, "event_id": first, "restates": other}, {**PLANT, "event_id": other}]
    assert broken(ledger, *batch) == [("/0/restates", "restates_the_same")]
    assert broken(ledger, {**PLANT, "event_id": first, "restates": first}) == [("/0/restates", "restates_the_same")]
    record(ledger, batch[1], batch[0])


def test_a_correction_goes_through_the_same_rule(ledger: Ledger, said: dict[str, str]) -> None:
    again, later = record(ledger, {**PLANT, "restates": said["plant"]}, PLANT)
    for wrong in (said["closure"], later, again, said["nothing"]):
        assert broken(ledger, correction(again, restates=wrong)) == [("/0/changes/restates", "restates_the_same")]
    assert broken(ledger, correction(again, facility="perak-plant")) == [("/0/changes/restates", "restates_the_same")]
    record(ledger, correction(again, restates=None), correction(again, restates=said["nobody's"]))
    # What was retracted may be named still: it is not visible, and so nothing is restated.
    record(ledger, retraction(said["nobody's"]), correction(again, note="as before"))


@pytest.mark.parametrize(
    ("what", "publisher"), [("plant", "lynas"), ("renamed", "lynas"), ("statement", "lynas"), ("nobody's", None)]
)
def test_a_publisher_takes_back_what_it_said(
    ledger: Ledger, said: dict[str, str], what: str, publisher: str | None
) -> None:
    (back,) = record(ledger, withdrawal(said[what], publisher))
    by_id = {str(one.event_id): one for one in ledger.entries()}
    assert by_id[back].stream == by_id[said[what]].stream
    assert by_id[back].stream_version > by_id[said[what]].stream_version


@pytest.mark.parametrize(
    ("what", "publisher"),
    [
        ("plant", "js-link"),
        ("plant", None),
        ("nobody's", "lynas"),
        ("figure", "usgs"),
        ("correction", None),
        ("registration", None),
        ("withdrawal", "lynas"),
        ("nothing", "lynas"),
    ],
)
def test_nothing_else_is_taken_back(ledger: Ledger, said: dict[str, str], what: str, publisher: str | None) -> None:
    assert broken(ledger, withdrawal(said[what], publisher)) == [("/0/withdraws", "withdraws_own_report")]


def test_a_withdrawal_can_be_corrected_within_the_rule(ledger: Ledger, said: dict[str, str]) -> None:
    wrong = correction(said["withdrawal"], withdraws=said["figure"])
    assert broken(ledger, wrong) == [("/0/changes/withdraws", "withdraws_own_report")]
    wrong = correction(said["withdrawal"], **{"source.publisher": "js-link"})
    assert broken(ledger, wrong) == [("/0/changes/withdraws", "withdraws_own_report")]
    record(ledger, correction(said["withdrawal"], withdraws=said["plant"]), retraction(said["withdrawal"]))


def test_merged_publishers_are_one(ledger: Ledger, said: dict[str, str]) -> None:
    record(ledger, {"type": "EntitiesMerged", "kept": "js-link", "merged": "lynas", "reason": "bought"})
    record(ledger, withdrawal(said["plant"], "js-link"))


def test_the_stream_moved_where_a_withdrawal_expects_another_version(ledger: Ledger, said: dict[str, str]) -> None:
    assert broken(ledger, {**withdrawal(said["plant"]), "expected_version": 0}) == [
        ("/0/expected_version", "expected_version")
    ]
