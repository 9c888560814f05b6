"""The time bar: by mouse, by keys, by address, back and forward."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Look, drawn
from tests.browser.test_screens import AUSTRALIA_2024

FIGURE = f"/figures/{AUSTRALIA_2024}"


def as_of(page: Page) -> str | None:
    found = re.search(r"as_of=([^&]*)", page.url)
    return found[1] if found else None


def test_a_link_tells_what_was_known_on_its_day(look_again: Look, address: str) -> None:
    with look_again(f"{address}{FIGURE}?as_of=2025-12-30") as page:
        expect(page.locator(".answer .value")).to_have_text("13,000 t")
        expect(page.locator("#as-of")).to_have_value("2025-12-30")
        page.locator("#now").click()
        expect(page.locator(".answer .value")).to_have_text("29,000 t")
        assert as_of(page) is None
        page.go_back()
        expect(page.locator(".answer .value")).to_have_text("13,000 t")
        page.go_forward()
        expect(page.locator(".answer .value")).to_have_text("29,000 t")


def test_keys_go_from_one_publication_to_the_next(look_again: Look, address: str) -> None:
    with look_again(f"{address}{FIGURE}?as_of=2026-02-05") as page:
        expect(page.locator(".answer .value")).to_have_text("13,000 t")
        page.keyboard.press("ArrowRight")
        expect(page.locator(".answer .value")).to_have_text("29,000 t")
        assert as_of(page) == "2026-02-06"
        page.keyboard.press("ArrowLeft")
        expect(page.locator(".answer .value")).to_have_text("13,000 t")
        page.keyboard.press("Shift+ArrowLeft")
        expect(page.locator("#as-of")).to_have_value(re.compile(r"2025-0[12]-\d\d"))


def test_a_key_pressed_in_a_field_moves_no_time(look_again: Look, address: str) -> None:
    with look_again(f"{address}/?as_of=2026-02-05") as page:
        page.locator("#search").press("ArrowLeft")
        assert as_of(page) == "2026-02-05"


def test_the_slider_is_moved_by_the_mouse(look_again: Look, address: str) -> None:
    with look_again(address + FIGURE) as page:
        box = page.locator("#slider").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + 5, box["y"] + box["height"] / 2)
        expect(page.locator("#screen")).to_contain_text("Nobody had said anything")
        day = as_of(page)
        assert day is not None
        assert day < "2011"


def test_the_field_takes_a_day(look_again: Look, address: str) -> None:
    with look_again(address + FIGURE) as page:
        page.locator("#as-of").fill("2025-06-30")
        page.locator("#as-of").dispatch_event("change")
        expect(page.locator(".answer .value")).to_have_text("13,000 t")
        assert as_of(page) == "2025-06-30"


def test_it_plays(look_again: Look, address: str) -> None:
    with look_again(f"{address}{FIGURE}?as_of=2025-12-31") as page:
        page.locator("#play").click()
        expect(page.locator(".answer .value")).to_have_text("29,000 t", timeout=60_000)
        page.locator("#play").click()


def test_what_the_ledger_knew_is_a_second_clock(look_again: Look, address: str) -> None:
    with look_again(address + FIGURE) as page:
        page.locator("summary", has_text="Other clocks").click()
        page.locator("#recorded-as-of").fill("position:900")
        page.locator("#recorded-as-of").press("Enter")
        expect(page.locator(".answer .value")).to_have_text("13,000 t")
        assert "recorded_as_of=position%3A900" in page.url
        page.locator("a", has_text="Compare").click()
        drawn(page)
        assert "recorded_as_of=position%3A900" in page.url, "the viewpoint goes along"


def test_a_clock_that_is_none_is_said_in_words(look_again: Look, address: str) -> None:
    with look_again(f"{address}{FIGURE}?recorded_as_of=yesterday", faults=True) as page:
        expect(page.locator(".failure")).to_contain_text("recorded_as_of")
