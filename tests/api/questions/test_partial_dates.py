"""Halves, quarters and ISO weeks are dates wherever a date is taken: said, asked for, and amended."""

import pytest

from ledger import REGISTRY
from tests.api.helpers import Api

POLICY = {
    "type": "PolicyEnacted",
    "policy": "p",
    "jurisdiction": "china",
    "kind": "tariff",
    "published_at": "2026-Q1",
    "effective_from": "2026-H2",
    "effective_to": "2027-W10",
}


def test_they_count_to_their_ends_and_from_their_starts(api: Api) -> None:
    api.post(POLICY)
    assert api.items("policies", as_of="2026-03-30") == []
    statuses = {
        at: api.only("policies", as_of="2026-Q1", effective_at=at)["status"]
        for at in ("2026-H1", "2026-W27", "2026-Q3", "2027-W09", "2027-03-14", "2027-Q1")
    }
    # 2026-W27 ends on Sunday 2026-07-05, 2027-W10 on Sunday 2027-03-14.
    assert statuses == {
        "2026-H1": "announced",
        "2026-W27": "in_force",
        "2026-Q3": "in_force",
        "2027-W09": "in_force",
        "2027-03-14": "in_force",
        "2027-Q1": "expired",
    }
    item = api.only("policies", as_of="2026-W14")
    assert (item["effective_from"], item["effective_to"], item["published_at"]) == ("2026-H2", "2027-W10", "2026-Q1")


def test_they_are_dates_of_amendments_and_of_what_this_ledger_held(api: Api) -> None:
    amended = {"type": "PolicyAmended", "policy": "p", "published_at": "2026-W20", "effective_from": "2026-Q3"}
    api.post(POLICY, {**amended, "changes": {"effective_from": "2026-Q4"}})
    assert api.only("policies", as_of="2026-W19", effective_at="2026-Q3")["status"] == "in_force"
    assert api.only("policies", as_of="2026-W20", effective_at="2026-Q3")["status"] == "announced"
    assert api.items("policies", recorded_as_of="2020-Q1") == []


def moments() -> list[tuple[str, str]]:
    return [
        (name, field)
        for name, cls in REGISTRY.items()
        for field, said in cls.model_json_schema()["properties"].items()
        if any(one.get("x-moment") for one in (said, *said.get("anyOf", ())))
    ]


@pytest.mark.parametrize("printed", ["2026-H2", "2026-Q4", "2026-W22", "late 2026", "Q3 2026", "by the end of 2026"])
def test_every_field_that_is_a_date_takes_them_and_no_deadline(printed: str) -> None:
    found = moments()
    assert {field for _, field in found} == {"published_at", "effective_from", "effective_to", "checked_at"}
    for name, field in found:
        cls = REGISTRY[name]
        other = {"effective_from": "effective_to", "effective_to": "effective_from"}.get(field, "type")
        left_out = {"type", *([] if other in cls.model_fields and cls.model_fields[other].is_required() else [other])}
        fields = {key: value for key, value in {**cls.example, field: printed}.items() if key not in left_out}
        if not printed.startswith("by"):
            assert cls.model_validate(fields).body()[field] == printed
        else:
            with pytest.raises(ValueError, match="it says the latest day and no start"):
                cls.model_validate(fields)
