"""Slips, worked out by hand: how often and how far stated dates moved, over HTTP and from the command line."""

import csv
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import data_directory
from ledger import Ledger
from projections import CATALOGUE
from tests.api.cli.test_commands import Shell
from tests.api.helpers import BASICS, Api, opened, organisation
from tests.api.questions.test_over_time import ID, facility, link, policy, relation, said
from tests.shared_tables import engine_of

PLANTS = ("on-time", "late", "early", "ahead", "silent", "coarse", "twice", "staged")
WORLD = (
    *BASICS,
    organisation("mp"),
    organisation("news"),
    {"type": "EntityRegistered", "entity": "ndpr", "kind": "material", "name": "NdPr"},
    *({"type": "EntityRegistered", "entity": slug, "kind": "facility", "name": slug.title()} for slug in PLANTS),
)


def commissioned(slug: str, on: str, by: str = "lynas", **fields: Any) -> dict[str, Any]:
    return facility("FacilityCommissioned", slug, on, by, **fields)


FACTS = (
    # Said once, and confirmed when it was there.
    commissioned("on-time", "2020-01-01", effective_from="2021-01-01"),
    commissioned("on-time", "2021-01-10", effective_from="2021-01"),
    # Moved twice, later and a little back; another publisher says it came.
    commissioned("late", "2020-01-01", effective_from="2022-01-01"),
    commissioned("late", "2021-01-01", effective_from="2023-01-01"),
    commissioned("late", "2022-01-01", effective_from="2022-12-01"),
    commissioned("late", "2022-12-05", "news", effective_from="2022-12"),
    # Moved to an earlier day, which was said when it had come.
    commissioned("early", "2023-06-01", effective_from="2024-01-31"),
    commissioned("early", "2024-01-02", effective_from="2024-01-01"),
    # Moved, and still to come.
    commissioned("ahead", "2024-01-01", effective_from="2027-01-01"),
    commissioned("ahead", "2025-01-01", effective_from="2030-01-01"),
    # Its day is past, and nobody has said since that it came.
    commissioned("silent", "2023-01-01", effective_from="2024-01-01"),
    # Told more exactly, which moves nothing; what was taken back counts for nothing.
    commissioned("coarse", "2023-01-01", effective_from="2024", event_id=ID(1)),
    commissioned("coarse", "2023-06-01", effective_from="2026-01-01", event_id=ID(2)),
    {"type": "ReportWithdrawn", "withdraws": ID(2), **said("lynas", "2023-07-01")},
    commissioned("coarse", "2024-05-20", effective_from="2024-05-10"),
    # Idled twice: two transitions. An announcement that gives no date is none.
    facility("FacilityAnnounced", "twice", "2019-01-01"),
    facility("FacilityIdled", "twice", "2021-02-01", effective_from="2021-02-01"),
    facility("FacilityIdled", "twice", "2023-01-01", effective_from="2023-02-01", event_id=ID(3)),
    facility("FacilityIdled", "twice", "2023-02-20", effective_from="2023-02-15", restates=ID(3)),
    # A stage.
    facility("ConstructionStarted", "staged", "2024-01-01", effective_from="2024-03-01", stage="magnet"),
    facility("ConstructionStarted", "staged", "2024-06-01", effective_from="2024-05-30", stage="magnet"),
    commissioned("staged", "2024-06-01", effective_from="2024-06-01", stage="mine"),
    # Other resources.
    policy("PolicyEnacted", "ban", "2025-01-01", effective_from="2025-06-01"),
    policy("PolicyEnacted", "ban", "2025-05-01", effective_from="2025-09-01"),
    policy("PolicyEnacted", "ban", "2025-09-02", title="In force"),
    link("flow", "2025-01-01", effective_from="2027-01-01", stage="magnet"),
    link("flow", "2026-02-01", effective_from="2028-06-01"),
    relation("mp", "owns", "lynas", "2020-01-01", effective_from="2020-01-01", role="lead"),
)
AS_OF = {"as_of": "2026-06-01"}


@pytest.fixture(scope="module")
def told() -> Iterator[Api]:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, *FACTS])
        yield Api(TestClient(create_app(engine, answers_bytes_max=0)))


def rows(api: Api, *names: str, **parameters: str) -> list[tuple[Any, ...]]:
    return [tuple(item[name] for name in names) for item in api.items("slips", **AS_OF, **parameters)]


def test_slips_of_things_without_parts_are_of_those_with_a_status(told: Api) -> None:
    for resource in ("agreements", "links", "risks", "relationships", "commitments"):
        everything = told.items("slips", resource=resource)
        statuses = next(one.choices for one in CATALOGUE[resource].filters if one.name == "status")
        by_status = [told.items("slips", resource=resource, status=status) for status in statuses]
        assert sum(map(len, by_status)) == len(everything)


def test_a_row_is_a_transition_and_a_publisher_that_dated_it(told: Api) -> None:
    names = ("facility", "publisher", "first_effective_from", "effective_from", "restated", "shift_days", "happened")
    assert rows(told, *names) == [
        ("ahead", "lynas", "2027-01-01", "2030-01-01", 1, 1096, False),
        ("coarse", "lynas", "2024", "2024-05-10", 0, None, True),
        ("early", "lynas", "2024-01-31", "2024-01-01", 1, -30, True),
        ("late", "lynas", "2022-01-01", "2022-12-01", 2, 334, True),
        ("late", "news", "2022-12", "2022-12", 0, None, True),
        ("on-time", "lynas", "2021-01-01", "2021-01", 0, None, True),
        ("silent", "lynas", "2024-01-01", "2024-01-01", 0, 0, False),
        ("staged", "lynas", "2024-03-01", "2024-05-30", 1, 90, True),
        ("staged", "lynas", "2024-06-01", "2024-06-01", 0, 0, True),
        ("twice", "lynas", "2021-02-01", "2021-02-01", 0, 0, True),
        ("twice", "lynas", "2023-02-01", "2023-02-15", 1, 14, True),
    ]


def test_an_item_has_all_that_it_is_known_by(told: Api) -> None:
    item = told.only("slips", resource="links", **AS_OF)
    assert {name: item[name] for name in item if name not in ("event_id", "position")} == {
        "link": "flow",
        "part": None,
        "transition": "SupplyLinkOpened",
        "publisher": "lynas",
        "first_effective_from": "2027-01-01",
        "effective_from": "2028-06-01",
        "restated": 1,
        "shift_days": 517,
        "happened": False,
        "statements": 2,
        "lead_days": 730,
        "first_published_at": "2025-01-01",
        "published_at": "2026-02-01",
    }


def test_the_summary_leaves_out_what_has_not_happened(told: Api) -> None:
    summary = told.get("slips", **AS_OF)["summary"]
    counts = ("transitions", "restated", "settled", "ahead", "unconfirmed", "undetermined", "n")
    assert [summary[name] for name in counts] == [11, 5, 9, 1, 1, 3, 6]
    # In the order of their dates: twice, late, twice, early, staged, staged.
    shifts = [0, 334, 14, -30, 90, 0]
    assert (summary["mean"], summary["median"]) == (68, 7)
    assert summary["share_late"] == summary["share_early"] + summary["share_on_time"] == 0.5
    assert summary["standard_error"] == pytest.approx(newey_west(shifts, lags=2))
    assert summary["lags"] == 2


def newey_west(values: list[int], *, lags: int) -> float:
    """The standard error of a mean with Bartlett weights, as in a textbook."""
    count, mean = len(values), sum(values) / len(values)
    off = [value - mean for value in values]
    total = sum(one * one for one in off)
    for lag in range(1, lags + 1):
        total += 2 * (1 - lag / (lags + 1)) * sum(a * b for a, b in zip(off[lag:], off, strict=False))
    return math.sqrt(total) / count


def test_what_is_ahead_settles_when_its_day_has_come_and_is_spoken_of(told: Api) -> None:
    assert rows(told, "happened", facility="ahead") == [(False,)]
    assert [one["happened"] for one in told.items("slips", facility="ahead", effective_at="2031", **AS_OF)] == [False]
    assert [one["happened"] for one in told.items("slips", facility="late", as_of="2022-12-04")] == [False]
    assert [one["happened"] for one in told.items("slips", facility="late", as_of="2022-12-31")] == [True, True]


def test_only_what_was_published_by_then_is_told(told: Api) -> None:
    assert [
        (one["effective_from"], one["restated"], one["shift_days"])
        for one in told.items("slips", facility="late", as_of="2021-12-31")
    ] == [("2023-01-01", 1, 365)]


def test_slips_are_grouped(told: Api) -> None:
    groups = told.get("slips", by="publisher", **AS_OF)["groups"]
    assert [(one["publisher"], one["transitions"], one["mean"]) for one in groups] == [
        ("lynas", 10, 68),
        ("news", 1, None),
    ]
    by_stage = told.get("slips", by="stage,transition", **AS_OF)["groups"]
    assert [(one["stage"], one["transition"], one["transitions"], one["mean"]) for one in by_stage] == [
        (None, "FacilityCommissioned", 7, 152),
        (None, "FacilityIdled", 2, 7),
        ("magnet", "ConstructionStarted", 1, 90),
        ("mine", "FacilityCommissioned", 1, 0),
    ]
    leads = told.get("slips", by="lead_time", **AS_OF)["groups"]
    assert {one["lead_time"]: one["transitions"] for one in leads} == {
        "afterwards": 3,
        "up to 1 year": 6,
        "up to 2 years": 1,
        "up to 5 years": 1,
    }
    years = told.get("slips", by="year", **AS_OF)["groups"]
    assert [(one["year"], one["transitions"]) for one in years] == [
        *[("2021", 2), ("2022", 2), ("2023", 1), ("2024", 5), ("2027", 1)]
    ]
    assert told.get("slips", resource="links", by="stage", **AS_OF)["groups"][0]["stage"] is None


def test_filters_select_things_by_what_they_are(told: Api) -> None:
    assert rows(told, "facility", status="under_construction") == [("staged",)]
    assert rows(told, "facility", "part", stage="mine") == [("staged", "mine")]
    assert {slug for (slug,) in rows(told, "facility", status="announced")} == {"ahead"}
    assert rows(told, "facility", publisher="news") == [("late",)]
    assert rows(told, "policy", "restated", "happened", resource="policies", kind="export_ban") == [("ban", 1, True)]
    assert rows(told, "policy", resource="policies", kind="tariff") == []
    assert rows(told, "subject", "relation", "object", "role", resource="relationships", object="lynas") == [
        ("mp", "owns", "lynas", "lead")
    ]


def test_a_question_that_makes_no_sense_is_refused(told: Api) -> None:
    for wrong in (
        {"resource": "figures"},
        {"by": "weather"},
        {"resource": "policies", "by": "stage"},
        {"resource": "policies", "stage": "mine"},
        {"prefer": "usgs"},
        {"status": "asleep"},
    ):
        assert told.client.get("/v1/slips", params=wrong).status_code == 422, wrong
    hints = told.get("slips", facility="on-tme")
    assert (hints["items"], hints["hints"][0]["meant"]) == ([], ["on-time"])


def test_pages_and_formats_hold_the_same_rows(told: Api) -> None:
    whole = told.items("slips", **AS_OF)
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = told.get("slips", limit="4", **AS_OF, **cursor)
        found += page["items"]
        assert page["summary"]["transitions"] == len(whole)
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == whole
    for form in ("jsonl", "csv", "parquet", "arrow", "xlsx"):
        answer = told.client.get(f"/v1/slips.{form}", params=AS_OF)
        assert answer.status_code == 200, answer.text
        if form == "csv":
            lines = list(csv.DictReader(io.StringIO(answer.text)))
            assert [line["shift_days"] for line in lines] == [
                "" if one["shift_days"] is None else str(one["shift_days"]) for one in whole
            ]


def test_slips_from_the_command_line(tmp_path: Path) -> None:
    with opened(data_directory(tmp_path).ledger_path) as engine:
        engine.ledger.append([*WORLD, *FACTS])
    shell = Shell(tmp_path)
    body = json.loads(shell.ok("slips", "--facility", "late", "--as-of", "2026-06-01", "--format", "json"))
    assert [item["shift_days"] for item in body["items"]] == [334, None]
    table = shell.ok("slips", "--resource", "policies", "--as-of", "2026-06-01", "--by", "publisher")
    assert "PolicyEnacted" in table
