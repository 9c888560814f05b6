"""What holds over time: dates that slipped, suspensions that are over, and links that are planned."""

import csv
import re
from io import StringIO
from typing import Any

import pytest
from playwright.sync_api import expect

from ledger import Ledger
from tests.browser.conftest import Look

PLANT: dict[str, Any] = {"type": "EntityRegistered", "entity": "plant", "kind": "facility", "name": "Plant"}


def commissioned(day: str, published_at: str) -> dict[str, Any]:
    return {
        "type": "FacilityCommissioned",
        "facility": "plant",
        "stage": "magnet",
        "effective_from": day,
        "published_at": published_at,
        "source": {"publisher": "usgs"},
    }


def policy(of_type: str, published_at: str, **fields: str) -> dict[str, Any]:
    stated = {"type": of_type, "policy": "controls", "published_at": published_at, "source": {"publisher": "usgs"}}
    return {**stated, **fields}


def test_a_date_that_slipped_has_a_ghost_and_a_suspension_that_is_over_a_gap(
    look: Look, book: tuple[str, Ledger]
) -> None:
    url, ledger = book
    ledger.append([PLANT, commissioned("2027-01-01", "2024-01-31"), commissioned("2028-06-01", "2025-01-31")])
    ledger.append(
        [
            policy(
                "PolicyEnacted", "2024-01-31", jurisdiction="china", kind="export_control", effective_from="2024-02-01"
            ),
            policy("PolicySuspended", "2024-05-01", effective_from="2024-05-01"),
            policy("PolicyReinstated", "2024-09-01", effective_from="2024-09-01"),
        ]
    )
    with look(f"{url}/timeline?show=facilities") as page:
        expect(page.locator("#timeline .ghost")).to_have_count(1)
        expect(page.locator("#timeline .stated-before")).to_contain_text(
            "stated before: 2027-01-01 (517 days later now)"
        )
        expect(page.locator("#timeline rect[fill='url(#planned)']")).to_have_count(1)
        page.goto(f"{url}/timeline?show=facilities&as_of=2024-12-31")
        expect(page.locator("#timeline tbody tr")).to_contain_text("2027-01-01")
        expect(page.locator("#timeline .ghost, #timeline .stated-before")).to_have_count(0)
        page.goto(f"{url}/timeline?show=policies")
        expect(page.locator("#timeline .interrupted")).to_have_count(1)
        expect(page.locator("#timeline tbody tr")).to_contain_text("2024-05-01 – 2024-09-01")
        expect(page.locator("#timeline rect.ahead-part")).to_have_count(1)


def test_terms_of_the_trade_are_explained(look: Look, address: str) -> None:
    with look(f"{address}/chain") as page:
        expect(page.locator("#concentrated")).to_contain_text("as concentrated as if 1.9 equal ones had it all")
        expect(page.locator("#concentrated abbr")).to_have_attribute("title", re.compile("^is the Herfindahl"))
        page.goto(f"{address}/figures?metric=mine_production&period=2024")
        expect(page.locator(".glossary")).to_contain_text("reo is rare-earth oxide")
        expect(page.locator("#screen abbr").first).to_have_attribute("title", re.compile("^is rare-earth oxide"))
        page.goto(f"{address}/things/policies")
        expect(page.locator("#policies th").nth(3)).to_have_text("Status")


def test_a_triangle_of_one_series_is_told_by_its_periods(look: Look, address: str) -> None:
    with look(f"{address}/vintages?subject=australia&metric=mine_production") as page:
        expect(page.locator("h2").first).to_have_text("Australia, mine production, Rare earths, reo (t)")
        expect(page.locator("#triangle tbody th").first).to_have_text("2018 U.S. Geological Survey")
        page.goto(f"{address}/vintages?subject=australia,world&metric=mine_production")
        expect(page.locator("#triangle tbody th").first).to_contain_text("Australia, mine production")


def test_planned_links_are_walked_where_they_are_asked_for(look: Look, address: str) -> None:
    with look(f"{address}/chain?entity=js-link-kuantan-plant") as page:
        expect(page.locator("path.edge.planned")).to_have_count(0)
        page.locator("a", has_text="Walk the planned links too").click()
        expect(page.locator("path.edge.planned")).to_have_count(1)
        expect(page.locator("#chain tr", has_text="Lynas Rare Earths").first).to_contain_text("planned")
        assert "planned=true" in page.url
        page.locator("#chain-planned").uncheck()
        page.get_by_role("button", name="Show").first.click()
        expect(page.locator("path.edge.planned")).to_have_count(0)


def test_a_policy_says_who_speaks_of_it_and_who_looked(look: Look, address: str) -> None:
    with look(f"{address}/things/policies/china-announcement-61-2025?as_of=2026-01-31") as page:
        row = page.locator("#looks tbody tr")
        expect(row).to_contain_text("Ministry of Commerce of China")
        expect(row).to_contain_text("2025-11-07")
        expect(row).to_contain_text("nobody has said")


def test_a_triangle_shows_the_first_release_against_the_latest(look: Look, address: str) -> None:
    with look(f"{address}/vintages?subject=world&metric=mine_production&publisher=usgs") as page:
        page.get_by_role("link", name="First against latest").click()
        expect(page.locator("#triangle thead th")).to_have_text(["Figure, says", "first", "latest"])
        row = page.locator("#triangle tbody tr", has_text="2023")
        expect(row.locator("td")).to_have_text(["350,000", "376,000"])


def test_a_view_has_a_link_that_sets_both_clocks(look: Look, address: str) -> None:
    with look(f"{address}/figures?metric=mine_production&period=2024&as_of=2025-06-30") as page:
        expect(page).to_have_title("Figures · as of 2025-06-30 · Supply-chain ledger")
        rows = page.locator("#figures tbody tr").all_text_contents()
        page.locator("#pinned").click()
        expect(page.locator("#recorded-as-of")).to_be_visible()
        assert "as_of=2025-06-30&recorded_as_of=" in page.url
        expect(page.locator("#figures tbody tr")).to_have_text(rows)


def test_how_far_publishers_differ_is_said_in_the_unit_of_the_figure(look: Look, address: str) -> None:
    with look(f"{address}/figures?disputed=true&metric=investment") as page:
        expect(page.locator("#figures tbody tr", has_text="840,000")).to_contain_text("648,000 million KRW")


def test_what_differs_can_be_downloaded_whatever_the_date_above(look: Look, address: str) -> None:
    asked = "subject=australia&from_as_of=2025-01-01&to_as_of=2026-03-01&as_of=2026-04-01"
    with look(f"{address}/compare?{asked}") as page:
        with page.expect_download() as started:
            page.locator("#save-csv").click()
        lines = started.value.path().read_text().splitlines()
        assert len(lines) == page.locator("#compare tbody tr").count() + 1


@pytest.mark.parametrize("path", ["/log", "/log?before=301", "/log?type=EventCorrected"])
def test_what_the_log_shows_can_be_downloaded(look: Look, address: str, path: str) -> None:
    with look(address + path) as page:
        with page.expect_download() as started:
            page.locator("#save-csv").click()
        lines = [*csv.reader(StringIO(started.value.path().read_text(), newline=""))]
        assert len(lines) == page.locator("#log tbody tr").count() + 1
