"""Derived figures on the screen: what they are made of, and what each input did to a change."""

from playwright.sync_api import expect

from ledger import Ledger
from tests.api.helpers import mined
from tests.api.questions.test_derived_question import defined
from tests.browser.conftest import Look, drawn

PLACES = (
    {"type": "EntityRegistered", "entity": "survey", "kind": "organisation", "name": "Survey"},
    {"type": "EntityRegistered", "entity": "erewhon", "kind": "country", "name": "Erewhon"},
    {"type": "EntityRegistered", "entity": "earth", "kind": "region", "name": "Earth"},
)


def told(subject: str, value: str, published_at: str) -> dict[str, object]:
    return mined(subject, value, published_at, publisher="survey")


def test_a_derived_figure_leads_to_what_changed_it(look: Look, book: tuple[str, Ledger]) -> None:
    own, ledger = book
    ledger.append([*PLACES, told("erewhon", "10", "2024-01-31"), told("earth", "100", "2024-01-31")])
    ledger.append([told("erewhon", "12", "2025-01-31"), told("earth", "96", "2025-01-31")])
    ledger.append([defined("mine_production / mine_production[subject=earth]", title="Share of Earth")])
    with look(f"{own}/derived?subject=erewhon&as_of=2026-01-01") as page:
        expect(page.locator("#definitions tbody tr")).to_contain_text("Share of Earth")
        row = page.locator("#derived tbody tr")
        expect(row).to_contain_text("12.5000 percent")
        expect(row).to_contain_text("Erewhon, mine production: 12 t")
        expect(row).to_contain_text("Earth, mine production: 96 t")
        row.locator("a", has_text="12.5000").click()
        drawn(page)
        changes = page.locator("#derived tbody tr")
        expect(changes).to_have_count(2)
        expect(changes.nth(0)).to_contain_text("first")
        expect(changes.nth(0)).to_contain_text("2023")
        expect(changes.nth(1)).to_contain_text("10 → 12 t")
        expect(changes.nth(1)).to_contain_text("(2.0417 of the change)")
        expect(changes.nth(1)).to_contain_text("(0.4583 of the change)")
        page.goto(f"{own}/derived?subject=erewhon&as_of=2026-01-01&clock=ledger")
        drawn(page)
        expect(page.locator("#derived tbody tr")).to_contain_text("another definition")


def test_what_means_nothing_leaves_the_form(look: Look, address: str) -> None:
    with look(f"{address}/derived?period=never", faults=True) as page:
        expect(page.locator(".faults")).to_contain_text("never")
        expect(page.locator("#filter-period")).to_have_value("never")
        expect(page.locator(".empty", has_text="No metric is derived yet")).to_be_visible()
