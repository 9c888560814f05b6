"""The audit report on things that hold over time: what it says of each, and the chart of how stated dates moved."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.reports.charts import slips_chart, svg
from api.reports.charts.axes import milliseconds
from tests.api.helpers import Api, organisation
from tests.api.reports.test_charts import rows
from tests.api.reports.test_report import Read

PLANT = {"type": "EntityRegistered", "entity": "plant", "kind": "facility", "name": "The Plant"}
SIDE_BY_SIDE = (
    ("lynas", "2025-01-01", "2027-01-01"),
    ("lynas", "2026-01-01", "2028-06-01"),
    ("news", "2026-02-01", "2027"),
)


def said(by: str, on: str, **fields: Any) -> dict[str, Any]:
    return {"published_at": on, "source": {"publisher": by}, **fields}


@pytest.fixture
def world(api: Api) -> Api:
    api.post(PLANT, organisation("news"), organisation("mp"))
    for by, on, starts in SIDE_BY_SIDE:
        api.post({"type": "FacilityCommissioned", "facility": "plant", **said(by, on, effective_from=starts)})
    return api


def report(api: Api, **parameters: str) -> str:
    answer = api.client.get("/v1/report", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_plant_is_reported_with_what_was_said_how_it_slipped_and_who_disagrees(world: Api) -> None:
    page = report(world, resource="facilities", facility="plant", as_of="2026-03-01")
    text = Read(page).text
    assert "Announced News, published 2026-02-01" in text
    assert "Disputed: 2 publishers speak of it" in text
    assert "Stated dates moved once" in text
    assert re.search(r"2026-01-01 Lynas Facility commissioned 2028-06-01 \+517 Revision", text)
    assert "Facility commissioned Lynas 2027-01-01 2028-06-01 +517 1 not that anybody says" in text
    assert "Facility commissioned effective from 2026-02-01 open 517 Lynas; News" in text
    assert len(Read(page).all("svg")) == 1
    assert "What this ledger answered" in text


def test_a_report_on_a_thing_is_the_same_at_its_receipt_and_in_markdown_has_the_dates(world: Api) -> None:
    asked = {"resource": "facilities", "facility": "plant", "as_of": "2026-03-01"}
    page = report(world, **asked, recorded_as_of=f"position:{world.head()}")
    (request,) = (text.replace("&amp;", "&") for text in re.findall(r"<code>GET (/v1/report[^<]*)</code>", page))
    world.post({"type": "FacilityClosed", "facility": "plant", **said("news", "2026-02-15")})
    assert world.client.get(request).text == page
    text = report(world, **asked, format="md")
    assert "| 2025-01-01 | 2026-01-01 | Facility commissioned | Lynas | 2027-01-01 |" in text
    assert "<svg" not in text


def test_a_report_may_be_of_one_publisher_and_of_several_things(world: Api) -> None:
    text = Read(report(world, resource="facilities", facility="plant", publisher="news")).text
    assert "2027-01-01" not in text
    world.post(
        *(
            {"type": "RiskRaised", "risk": slug, "category": "other", "subject": "mp", "description": "It may be."}
            | said("news", "2026-01-01")
            for slug in ("one", "two")
        )
    )
    page = Read(report(world, resource="risks"))
    assert "2 risks" in page.text
    assert [each["href"] for each in page.all("a") if each["href"].startswith("#")] == ["#thing-1", "#thing-2"]


def test_what_nobody_says_any_more_and_what_never_was_are_reported_as_such(world: Api) -> None:
    (law,) = world.post(
        {
            "type": "PolicyEnacted",
            "policy": "law",
            "jurisdiction": "china",
            "kind": "tariff",
            **said("news", "2025-01-01"),
        }
    )
    world.post({"type": "ReportWithdrawn", "withdraws": law["event_id"], **said("news", "2025-06-01")})
    text = Read(report(world, resource="policies", policy="law")).text
    assert "No answer Nobody that was asked for says anything" in text
    assert "Withdrawal" in text
    assert "No policy at this viewpoint" in Read(report(world, resource="policies", policy="none")).text


def test_our_own_correction_of_a_thing_is_told_apart_from_a_slip(world: Api) -> None:
    (first, *_) = world.items("facilities/plant/history")
    world.post(
        {
            "type": "EventCorrected",
            "target": first["event_id"],
            "changes": {"effective_from": "2027-02-01"},
            "reason": "date",
            "explanation": "Misread.",
        }
    )
    text = Read(report(world, resource="facilities")).text
    assert "Effective from 2027-01-01 corrected to 2027-02-01" in text
    assert "This ledger had taken a statement down wrongly" in text


@pytest.mark.parametrize("resource", ["policies", "agreements", "links", "risks", "relationships", "commitments"])
def test_a_report_takes_what_its_resource_takes(world: Api, resource: str) -> None:
    assert world.client.get("/v1/report", params={"resource": resource, "metric": "production"}).status_code == 422
    assert "at this viewpoint" in Read(report(world, resource=resource, prefer="news")).text


def test_more_things_than_fit_a_report_are_refused(world: Api) -> None:
    risk = {"type": "RiskRaised", "category": "other", "subject": "mp", "description": "It may be."}
    world.post(*({**risk, "risk": f"r-{number}", **said("news", "2026-01-01")} for number in range(51)))
    answer = world.client.get("/v1/report", params={"resource": "risks"})
    assert (answer.status_code, "narrow the selection" in answer.text) == (422, True)


def test_the_command_line_writes_a_report_on_a_thing(shipped_data: Path, tmp_path: Path) -> None:
    target = tmp_path / "lynas.html"
    asked = [
        "--resource",
        "agreements",
        "--agreement",
        "us-malaysia-critical-minerals-mou",
        "--data",
        str(shipped_data),
    ]
    run = CliRunner().invoke(app, ["report", *asked, "--output", str(target)])
    assert run.exit_code == 0, run.output
    assert "1 agreements" in run.output
    assert "Memorandum of understanding on critical minerals" in target.read_text(encoding="utf-8")


# The chart


def vintage(by: str | None, on: str, starts: str, until: str | None = None, **fields: Any) -> dict[str, Any]:
    dated = {"publisher": by, "published_at": on, "vintage_date": on, "superseded_on": until, "effective_from": starts}
    return {**dated, "previous_effective_from": None, "position": 1, **fields}


UNTIL = datetime(2026, 3, 1, tzinfo=UTC)


def at(*day: int) -> int:
    return milliseconds(datetime(*day, tzinfo=UTC))  # type: ignore[arg-type,misc]


def test_a_slip_is_a_step_to_another_date() -> None:
    spec = slips_chart(
        [
            vintage("lynas", "2025-01-01", "2027-01-01", "2026-01-01"),
            vintage("lynas", "2026-01-01", "2028-06-01"),
        ],
        names={},
        until=UNTIL,
    )
    assert spec is not None
    steps = [(row["at"], row["level"]) for row in rows(spec, "line") if row["name"] == "lynas"]
    assert steps == [
        (at(2025, 1, 1), at(2027, 1, 1)),
        (at(2026, 1, 1), at(2027, 1, 1)),
        (at(2026, 1, 1), at(2028, 6, 1)),
        (at(2026, 3, 1), at(2028, 6, 1)),
    ]
    assert [row["label"] for row in rows(spec, "text")] == ["2027-01-01", "2028-06-01"]
    assert {layer["encoding"]["y"]["type"] for layer in spec["layer"]} == {"temporal"}
    drawn = svg(spec, name="c", title="t", description="d")
    assert drawn == svg(spec, name="c", title="t", description="d")
    assert "2028-06-01" in drawn


def test_publishers_have_a_line_each_and_coarse_dates_are_bands() -> None:
    spec = slips_chart(
        [vintage("lynas", "2025-01-01", "2027-05-01"), vintage(None, "2025-06-01", "2027")], names={}, until=UNTIL
    )
    assert spec is not None
    assert {row["name"] for row in rows(spec, "point")} == {"lynas", "nobody in particular"}
    (band,) = rows(spec, "rect")
    assert (band["low"], band["high"]) == (
        at(2027, 1, 1),
        milliseconds(datetime(2027, 12, 31, 23, 59, 59, 999999, UTC)),
    )


def test_a_line_ends_where_a_publisher_states_no_date_any_more() -> None:
    spec = slips_chart(
        [vintage("a", "2025-01-01", "2027-05-01", "2025-03-01"), vintage("b", "2025-01-01", "2027-06-01")],
        names={},
        until=UNTIL,
    )
    assert spec is not None
    (cross,) = (row for row in rows(spec, "point") if "label" in row)
    assert (cross["at"], cross["label"]) == (at(2025, 3, 1), "no date any more")
    assert max(row["at"] for row in rows(spec, "line") if row["name"] == "a") == at(2025, 3, 1)


def test_the_dashed_line_is_where_a_date_is_the_day_of_its_publication() -> None:
    spec = slips_chart(
        [vintage("a", "2025-01-01", "2025-02-01"), vintage("a", "2025-06-01", "2025-12-01")], names={}, until=UNTIL
    )
    assert spec is not None
    guide = [row for row in rows(spec, "line") if row["name"] not in ("a",)]
    assert len(guide) == 2
    assert all(row["at"] == row["level"] for row in guide)


def test_one_date_alone_is_not_drawn() -> None:
    assert slips_chart([vintage("a", "2025-01-01", "2025-02-01")], names={}, until=UNTIL) is None
    assert slips_chart([], names={}, until=UNTIL) is None
