"""Series that change from publisher to publisher say so, where they are drawn and where they are listed."""

from playwright.sync_api import expect

from tests.browser.conftest import Look


def test_a_series_of_several_publishers_says_so(look: Look, address: str) -> None:
    with look(f"{address}/series?subject=world&metric=mine_production") as page:
        expect(page.locator("#mixed")).to_contain_text("of U.S. Geological Survey, British Geological Survey")
        expect(page.locator(".chart")).to_contain_text("Mixed publishers: World")
        hops = page.locator("#series tr", has=page.locator(".badge.hop"))
        assert [row.split("\t")[2] for row in hops.all_inner_texts()] == ["2013", "2025"]
        page.goto(f"{address}/figures?subject=world&metric=mine_production&sort=-value")
        expect(page.locator("#figures .badge.hop")).to_have_count(2)
        page.goto(f"{address}/series?subject=australia&metric=mine_production")
        expect(page.locator(".chart svg")).to_be_visible()
        expect(page.locator("#mixed, .badge.hop")).to_have_count(0)
