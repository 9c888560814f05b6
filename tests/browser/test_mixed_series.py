"""Series that change from publisher to publisher say so, where they are drawn and where they are listed."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Look


def test_a_series_of_several_publishers_says_so(look: Look, address: str) -> None:
    with look(f"{address}/series?subject=world&metric=mine_production") as page:
        expect(page.locator("#mixed")).to_contain_text("of U.S. Geological Survey, British Geological Survey")
        expect(page.locator(".chart")).to_contain_text("Mixed publishers: World")
        hops = page.locator("#series tr", has=page.locator(".badge.hop"))
        assert [row.split("\t")[1] for row in hops.all_inner_texts()] == ["2013", "2025"]
        page.goto(f"{address}/figures?subject=world&metric=mine_production&sort=-value")
        expect(page.locator("#figures .badge.hop")).to_have_count(2)
        page.goto(f"{address}/series?subject=australia&metric=mine_production")
        expect(page.locator(".chart svg")).to_be_visible()
        expect(page.locator("#mixed, .badge.hop")).to_have_count(0)
        expect(page.locator(".api-call")).to_contain_text("/v1/figures?subject=australia&metric=mine_production")
        expect(page.locator(".chart")).to_have_attribute(
            "aria-label", re.compile("^Charts: Australia; mine production")
        )
        page.locator(".chart .mark-symbol path").first.hover(force=True)
        expect(page.locator(".chart")).to_have_attribute("title", "Australia, 2018: 21,000 t, U.S. Geological Survey")


def test_what_changed_of_one_series_is_compared(look: Look, address: str) -> None:
    with look(f"{address}/series?subject=australia&metric=mine_production&as_of=2026-06-30") as page:
        page.locator("a", has_text="What changed of these in a year").click()
        expect(page.locator("#narrowed")).to_contain_text("About: australia, What is measured: mine_production")
        names = set(page.locator("#compare tbody th").all_inner_texts())
        assert names
        assert all(name.startswith("Australia, mine production") for name in names)
        page.keyboard.press("/")
        expect(page.locator("#search")).to_be_focused()
        assert "as_of=2026-06-30" in page.url
