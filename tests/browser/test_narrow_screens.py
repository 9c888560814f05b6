"""A narrow screen: what is chosen is in sight, fields stand in pairs, and charts can be read."""

from playwright.sync_api import expect

from tests.browser.conftest import Look

TELEPHONE = {"width": 360, "height": 740}
LETTERS_PX = 8


def test_on_a_telephone_everything_is_at_hand(look: Look, address: str) -> None:
    with look(f"{address}/timeline", viewport=TELEPHONE) as page:
        expect(page.locator("nav [aria-current]")).to_be_in_viewport(ratio=1)
        expect(page.locator(".keys li")).to_have_count(8)
        page.goto(f"{address}/series?subject=world&metric=mine_production")
        about, measured = (page.locator(f"#filter-{name}").bounding_box() for name in ("subject", "metric"))
        assert about is not None
        assert measured is not None
        assert about["y"] == measured["y"], "two fields stand beside each other"
        letters = page.locator(".chart svg text").first
        expect(letters).to_be_visible()
        assert letters.evaluate("one => one.getBoundingClientRect().height") > LETTERS_PX
        assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
