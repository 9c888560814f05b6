"""What to look at: an answer that is relied on and would be another, and sources that are overdue."""

from playwright.sync_api import expect

from ledger import Ledger
from tests.api.questions.test_freshness_question import WORLD, told
from tests.browser.conftest import Look, drawn


def test_what_is_overdue_is_told_at_the_date_of_the_bar(look: Look, address: str) -> None:
    with look(f"{address}/watch?as_of=2026-11-01") as page:
        overdue = page.locator("#fresh tbody tr", has_text="overdue, nobody looked")
        expect(overdue.filter(has_text="Lynas Rare Earths").first).to_contain_text("revenue")
        expect(page.locator("#fresh tbody tr", has_text="no rhythm")).to_have_count(0)
        page.locator("a", has_text="Show all").click()
        drawn(page)
        expect(page.locator("#fresh tbody tr", has_text="no rhythm").first).to_be_visible()
        expect(page.locator(".empty", has_text="Nobody has registered")).to_be_visible()


def test_an_answer_that_is_relied_on_is_shown_with_what_would_be_other(look: Look, book: tuple[str, Ledger]) -> None:
    own, ledger = book
    ledger.append([*WORLD, told("2025-01-31"), {**told("2025-01-31"), "value": "12", "published_at": "2025-09-30"}])
    with look(f"{own}/watch?as_of=2026-11-01") as page:
        response = page.request.post(
            f"{own}/v1/events",
            data={
                "type": "RelianceRegistered",
                "reliance": "page-4",
                "title": "Report, page 4",
                "by": "Desk",
                "question": "/v1/figures?subject=erewhon",
                "basis": {"as_of": "2025-06-30"},
            },
        )
        assert response.status == 201, response.text()
        page.reload()
        drawn(page)
        row = page.locator("#relied tbody tr")
        expect(row).to_contain_text("Report, page 4 Desk")
        expect(row).to_contain_text("would be another")
        expect(row).to_contain_text("10 t → 12 t")
        page.goto(f"{own}/watch?as_of=2025-06-30")
        drawn(page)
        expect(row).to_contain_text("stands")


def test_that_there_are_more_reliances_than_are_compared_is_said(look: Look, book: tuple[str, Ledger]) -> None:
    own, ledger = book
    relied = {"type": "RelianceRegistered", "question": "/v1/facilities?operator=nobody-here"}
    ledger.append([{**relied, "reliance": f"use-{number:03}"} for number in range(201)])
    with look(f"{own}/watch") as page:
        expect(page.locator("#relied tbody tr", has_text="use-199")).to_contain_text(
            "stands nobody-here is unknown here"
        )
        expect(page.locator("#relied tbody tr", has_text="use-200")).to_have_count(0)
        expect(page.locator("p", has_text="Only the first 200 by name")).to_be_visible()
