"""Every screen of the explorer, in both colour schemes and on a narrow screen."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Look

AUSTRALIA_2024 = "e20e3caf-9011-54fa-8485-b1993ae90311"
CORRECTION = "5bfe9e31-5aa1-5c5b-bf18-c77e419029a6"
POLICY = "china-announcement-61-2025"
SCREENS = {
    "/": "What was known, and when",
    "/figures?metric=mine_production&period=2024": "Figures",
    f"/figures/{AUSTRALIA_2024}": "Australia",
    "/catalogue?kind=publisher": "Catalogue",
    "/series?subject=world,china&metric=mine_production": "Charts",
    "/series?metric=mine_production&period=2024": "Charts",
    "/vintages?subject=world&metric=mine_production": "Vintages",
    "/timeline": "Timeline",
    "/timeline?show=facilities": "Timeline",
    "/chain?entity=js-link-kuantan-plant": "Chain",
    "/compare?from_as_of=2025-01-01&to_as_of=2026-01-01": "Compare two dates",
    "/compare?resource=policies&from_as_of=2025-01-01&to_as_of=2026-01-01": "Compare two dates",
    "/log": "Log",
    "/log?type=EventCorrected": "Log",
    f"/log/{CORRECTION}": "EventCorrected",
    "/check": "Check a document",
    "/watch": "What to look at",
    "/derived": "Derived figures",
    "/append": "Append",
    "/append?type=EventCorrected": "Append",
    "/things/policies": "Policies",
    f"/things/policies/{POLICY}": "MOFCOM Announcement 61 of 2025: foreign-made items with Chinese rare earths",
    "/things/agreements": "Agreements",
    "/things/facilities": "Plants and mines",
    "/things/links": "Supply links",
    "/things/commitments": "Commitments",
    "/things/risks": "Risks",
    "/things/relationships": "Relationships",
    "/things/entities": "Entities",
    "/things/entities/mp-materials": "MP Materials",
}


@pytest.mark.parametrize("path", SCREENS)
def test_a_screen_is_drawn_and_nobody_is_kept_out(look_again: Look, address: str, path: str) -> None:
    with look_again(address + path, color_scheme="light") as page:
        is_kept_open(page, path)
    with look_again(address + path, color_scheme="dark") as page:
        is_kept_open(page, path)


def is_kept_open(page: Page, path: str) -> None:
    """A screen has its heading, and nothing in it keeps anybody out."""
    expect(page.locator("h1")).to_have_text(SCREENS[path])
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("path", SCREENS)
def test_a_screen_fits_a_telephone(look_again: Look, address: str, path: str) -> None:
    with look_again(address + path, viewport={"width": 360, "height": 740}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("path", SCREENS)
def test_a_screen_long_before_anything_was_known_says_so(look_again: Look, address: str, path: str) -> None:
    url = address + path + ("&" if "?" in path else "?") + "as_of=1990-01-01"
    with look_again(url, faults=True) as page:  # what is not there by then is a 404, of which the console tells
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator(".failure")).to_have_count(0)


def test_an_address_of_nothing_says_so(look: Look, address: str) -> None:
    with look(f"{address}/figures/00000000-0000-4000-8000-000000000000", faults=True) as page:
        expect(page.locator("#screen")).to_contain_text("no figure")
