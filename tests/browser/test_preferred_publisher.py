"""The page of a figure says where the ledger asks its publisher first, and the form takes a preference."""

from playwright.sync_api import expect

from ledger import Ledger
from tests.api.questions.test_preferences import NEWCOMER, SAID, WORLD, prefer
from tests.browser.conftest import Look, drawn


def test_a_figure_says_that_the_ledger_asks_its_publisher_first(look: Look, book: tuple[str, Ledger]) -> None:
    own, ledger = book
    receipt = ledger.append([*WORLD, *SAID, NEWCOMER])
    figure = ledger.at_positions([receipt.position])[0].stream
    with look(f"{own}/figures/{figure}") as page:
        expect(page.locator(".answer strong")).to_have_text("consultancy")
        expect(page.locator("#preferred")).to_have_count(0)
        ledger.append([prefer("ministry", reason="It says how it counts.")])
        page.reload()
        drawn(page)
        expect(page.locator(".answer strong")).to_have_text("ministry")
        expect(page.locator("#preferred")).to_have_text("This ledger asks this publisher first: It says how it counts.")
        expect(page.locator(".badge.preference")).to_have_text("we ask others first")


def test_the_form_takes_a_preference(look: Look, book: tuple[str, Ledger]) -> None:
    own, ledger = book
    ledger.append([*WORLD])
    with look(f"{own}/append?type=PreferenceSet") as page:
        drawn(page)
        expect(page.locator("form")).to_contain_text("publishers (required)")
