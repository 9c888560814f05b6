"""Nothing that stands is left hanging, by way of a merge or of a correction either."""

from typing import Any

import pytest

from ledger import InvalidEvent, Ledger, RuleBroken
from tests.ledger.conftest import correction, figure, reinstatement, retraction

Row = dict[str, Any]
ONE, TWO = (f"{number:08}-0000-4000-8000-000000000000" for number in (1, 2))
CLOSED = {"type": "FacilityClosed", "facility": "plant-b", "published_at": "2025"}
OPENED = {"type": "FacilityCommissioned", "facility": "plant-a", "published_at": "2024"}


def registered(slug: str, kind: str = "organisation", **fields: Any) -> Row:
    return {"type": "EntityRegistered", "entity": slug, "kind": kind, "name": slug.title(), **fields}


def merge(kept: str, merged: str, **fields: Any) -> Row:
    return {"type": "EntitiesMerged", "kept": kept, "merged": merged, "reason": "one and the same", **fields}


PLANTS = [registered(f"plant-{letter}", "facility") for letter in "abc"]
SURVEYS = [registered("survey", event_id=ONE), *(registered(f"survey-{number}") for number in range(5))]
MERGED = merge("plant-a", "plant-b", event_id=ONE)
A_COMPANY = registered("co", event_id=ONE, fiscal_year_end="06-30")
HANGING: dict[str, tuple[list[Row], Row]] = {
    "a closure, where its merge is taken back": ([*PLANTS, OPENED, MERGED, CLOSED], retraction(ONE)),
    "a closure, where its merge is one of another": (
        [*PLANTS, OPENED, MERGED, CLOSED],
        correction(ONE, merged="plant-c"),
    ),
    "a closure, where it is merged into another": ([*PLANTS, OPENED, MERGED, CLOSED], correction(ONE, kept="plant-c")),
    "a closure of what was kept": (
        [*PLANTS, OPENED, merge("plant-b", "plant-a", event_id=ONE), CLOSED],
        retraction(ONE),
    ),
    "a closure behind another merge": (
        [*PLANTS, OPENED, MERGED, merge("plant-b", "plant-c"), {**CLOSED, "facility": "plant-c"}],
        retraction(ONE),
    ),
    "what a publisher said that was merged": (
        [*SURVEYS, merge("survey", "survey-0"), figure(source={"publisher": "survey-0"})],
        correction(ONE, kind="region"),
    ),
    "what one of many publishers said that were merged": (
        [
            *SURVEYS,
            *(merge("survey", f"survey-{number}") for number in range(5)),
            figure(source={"publisher": "survey-4"}),
        ],
        correction(ONE, kind="region"),
    ),
    "what is said to be of one of many publishers by a correction": (
        [
            *SURVEYS,
            *(merge("survey", f"survey-{number}") for number in range(5)),
            figure(event_id=TWO),
            correction(TWO, **{"source.publisher": "survey-4"}),
        ],
        correction(ONE, kind="region"),
    ),
    "a look at a source": (
        [*SURVEYS, {"type": "SourceChecked", "subject": "survey", "checked_at": "2024", "found": "gone"}],
        correction(ONE, kind="region"),
    ),
    "a fiscal period that a correction brought": (
        [A_COMPANY, figure(event_id=TWO), correction(TWO, subject="co", period="FY2023")],
        correction(ONE, fiscal_year_end=None),
    ),
    "a fiscal period to compare with": (
        [A_COMPANY, figure(event_id=TWO), correction(TWO, subject="co", compared_with="FY2022")],
        correction(ONE, fiscal_year_end=None),
    ),
}


@pytest.mark.parametrize("name", HANGING)
def test_what_others_depend_on_stays(ledger: Ledger, name: str) -> None:
    before, act = HANGING[name]
    ledger.append(before)
    with pytest.raises(RuleBroken) as refused:
        ledger.append([act])
    assert [one.rule for one in refused.value.violations] == ["others_depend_on_it"]
    assert ledger.head() == len(list(ledger.entries()))


STANDING: dict[str, tuple[list[Row], Row]] = {
    "a closure that was opened under its own name": (
        [*PLANTS, OPENED, {**OPENED, "facility": "plant-b"}, MERGED, CLOSED],
        retraction(ONE),
    ),
    "a closure of what is merged otherwise by a correction": (
        [*PLANTS, OPENED, MERGED, {**OPENED, "facility": "plant-c"}, CLOSED],
        correction(ONE, reason="the plant has two names"),
    ),
    "what was corrected to be of another publisher": (
        [
            *SURVEYS,
            merge("survey", "survey-0"),
            figure(source={"publisher": "survey-0"}, event_id=TWO),
            correction(TWO, **{"source.publisher": "usgs"}),
            merge("usgs", "survey-1"),
        ],
        correction(ONE, name="The Survey"),
    ),
    "a fiscal period that a correction took away": (
        [A_COMPANY, figure(subject="co", period="FY2023", event_id=TWO), correction(TWO, period="2023")],
        correction(ONE, fiscal_year_end=None),
    ),
}


@pytest.mark.parametrize("name", STANDING)
def test_what_nothing_depends_on_goes(ledger: Ledger, name: str) -> None:
    before, act = STANDING[name]
    ledger.append(before)
    ledger.append([act])


def test_a_merge_that_may_not_go_still_holds(ledger: Ledger) -> None:
    ledger.append([*PLANTS, OPENED, MERGED, CLOSED])
    for act in (retraction(ONE), correction(ONE, kept="plant-c")):
        with pytest.raises(RuleBroken):
            ledger.append([act])
    ledger.append([{**CLOSED, "published_at": "2026"}])
    with pytest.raises(RuleBroken, match="already"):
        ledger.append([merge("plant-c", "plant-b")])


def test_a_merge_that_went_comes_back(ledger: Ledger) -> None:
    ledger.append([*PLANTS, OPENED, MERGED, retraction(ONE)])
    with pytest.raises(RuleBroken, match="never opened"):
        ledger.append([CLOSED])
    ledger.append([reinstatement(ONE), CLOSED])


@pytest.mark.parametrize("period", ["FY0001", "FY9999", "FY0001-Q1"])
def test_a_fiscal_period_is_in_the_calendar_whatever_the_fiscal_year_is(ledger: Ledger, period: str) -> None:
    ledger.append([registered("co", event_id=ONE, fiscal_year_end="12-31")])
    with pytest.raises(InvalidEvent, match="1 to 9999"):
        ledger.append([figure(subject="co", period=period)])
    ledger.append([figure(subject="co", period="FY0002"), figure(subject="co", period="FY9998")])
    for change in ({"fiscal_year_end": "01-31"}, {"fiscal_year_named": "start"}, {"fiscal_year_end": "11-30"}):
        ledger.append([correction(ONE, **change)])
