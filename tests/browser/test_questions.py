"""What people come for, from the first screen: by one search or three clicks at most; and what they take along."""

import csv
import io
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Look, drawn
from tests.browser.test_screens import AUSTRALIA_2024, CORRECTION


def search(page: Page, words: str) -> None:
    page.locator("#search").fill(words)
    expect(page.locator("#found a").first).to_be_visible()


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        ("australia 2024 mine production", "Australia"),
        ("who owns mp materials", "MP Materials"),
        ("lynas rare earths", "Lynas Rare Earths"),
        ("announcement 61", "MOFCOM Announcement 61 of 2025: foreign-made items with Chinese rare earths"),
    ],
)
def test_words_lead_to_what_they_mean(look_again: Look, address: str, words: str, heading: str) -> None:
    with look_again(address) as page:
        search(page, words)
        page.locator("#search").press("Enter")
        expect(page.locator("h1")).to_have_text(heading)


def test_findings_are_walked_through_with_keys(look_again: Look, address: str) -> None:
    with look_again(address) as page:
        search(page, "china quota 2023")
        page.locator("#search").press("ArrowDown")
        page.locator("#search").press("ArrowDown")
        expect(page.locator("#found [aria-selected=true]")).to_have_count(1)
        page.locator("#search").press("Enter")
        expect(page.locator(".lead")).to_contain_text("quota")


def test_words_that_find_nothing_say_so(look_again: Look, address: str) -> None:
    with look_again(address) as page:
        page.locator("#search").fill("zzzz")
        expect(page.locator("#found")).to_contain_text("Nothing is called by “zzzz”")


def test_what_was_found_is_forgotten_with_the_words(look_again: Look, address: str) -> None:
    with look_again(address) as page:
        search(page, "lynas")
        page.locator("#search").press("Escape")
        expect(page.locator("#found")).to_be_hidden()
        page.locator("#search").fill("")
        page.locator("#search").press("Enter")
        expect(page.locator("h1")).to_have_text("What was known, and when")


def test_a_filter_that_means_nothing_is_mended_in_its_place(look_again: Look, address: str) -> None:
    with look_again(f"{address}/figures?subject=australia", faults=True) as page:
        page.locator("#filter-period").fill("2024-13")
        page.locator("#filter-period").press("Enter")
        expect(page.locator(".faults")).to_contain_text("2024-13")
        expect(page.locator("#filter-subject")).to_have_value("australia")
        page.locator("#filter-period").fill("2024")
        page.locator("#filter-metric").fill("mine production")
        page.locator("#filter-metric").press("Enter")
        expect(page.locator("#figures tbody tr")).to_have_count(1)


def test_filters_suggest_names(look_again: Look, address: str) -> None:
    with look_again(f"{address}/figures") as page:
        page.locator("#filter-publisher").press_sequentially("geological")
        expect(page.locator("#filter-publisher-names option[value=usgs]")).to_have_count(1)


def test_every_row_of_the_catalogue_has_a_name(look_again: Look, address: str) -> None:
    for kind in ("metric", "publisher", "material", "subject"):
        with look_again(f"{address}/catalogue?kind={kind}") as page:
            texts = page.locator("#catalogue tbody th a").all_inner_texts()
            assert texts
            assert all(texts)


def test_only_what_changed_is_compared(look_again: Look, address: str) -> None:
    with look_again(f"{address}/compare?from_as_of=2025-01-01&to_as_of=2026-01-01") as page:
        page.locator("#how").select_option("changed")
        page.get_by_role("button", name="Compare").click()
        expect(page.locator("#compare .badge").first).to_have_text("changed")
        assert set(page.locator("#compare .badge").all_inner_texts()) == {"changed"}


def test_how_a_figure_changed_and_why(look_again: Look, address: str) -> None:
    with look_again(address) as page:
        page.locator("a", has_text="How did Australia’s 2024 production change").click()
        page.locator("#figures a").first.click()
        expect(page.locator("#world")).to_contain_text("+16,000")
        expect(page.locator("#world .badge.revision")).to_have_text("revised")
        expect(page.locator("#answered")).to_contain_text("113,000")
        expect(page.locator("#mistakes")).to_contain_text("Footnote mark 12")
        expect(page.locator(".chart svg")).to_be_visible()


def test_which_publishers_disagree(look_again: Look, address: str) -> None:
    with look_again(address) as page:
        page.locator("a", has_text="Which publishers disagree?").click()
        expect(page.locator("#figures .badge.disputed").first).to_be_visible()


def test_what_held_of_export_controls_and_what_was_known_before(look_again: Look, address: str) -> None:
    with look_again(address) as page:
        page.locator("a", has_text="export controls held on 15 December 2025").click()
        row = page.locator("#policies tr", has_text="Announcement 61 of 2025")
        expect(row).to_contain_text("suspended")
        page.locator("#as-of").fill("2025-11-01")
        page.locator("#as-of").dispatch_event("change")
        expect(row).not_to_contain_text("suspended")


def test_what_our_own_mistakes_were(look_again: Look, address: str) -> None:
    with look_again(address) as page:
        page.locator("a", has_text="What were our own mistakes?").click()
        expect(page.locator("#log tbody tr")).to_have_count(6)


def test_a_view_is_saved_as_it_is(look_again: Look, address: str) -> None:
    with look_again(f"{address}/figures?subject=australia&as_of=2025-12-31") as page:
        with page.expect_download() as saved:
            page.locator("#save-csv").click()
        rows = list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text("utf-8-sig"))))
        assert {row["subject"] for row in rows} == {"australia"}
        assert len(rows) == page.locator("#figures tbody tr").count()
        with page.expect_download() as saved:
            page.locator("#save-json").click()
        answer = json.loads(Path(saved.value.path()).read_text())
        assert answer["basis"]["as_of"].startswith("2025-12-31")


@pytest.mark.parametrize(("name", "begins"), [("PNG", b"\x89PNG"), ("SVG", b"<svg")])
def test_a_chart_is_saved_as_a_picture(look_again: Look, address: str, name: str, begins: bytes) -> None:
    with look_again(f"{address}/figures/{AUSTRALIA_2024}") as page:
        with page.expect_download() as saved:
            page.locator(".downloads button", has_text=name).first.click()
        assert Path(saved.value.path()).read_bytes().startswith(begins)


def test_the_place_of_an_event_in_the_log_is_proven_in_the_browser(look_again: Look, address: str) -> None:
    with look_again(f"{address}/log/{CORRECTION}") as page:
        page.locator("#prove").click()
        expect(page.locator("#verdict")).to_contain_text("this browser computed it")


def test_a_proof_that_was_tampered_with_is_refused(look: Look, address: str) -> None:
    with look(address) as page:

        def forged(route: object) -> None:
            answer = route.fetch()  # type: ignore[attr-defined]
            body = answer.json()
            body["proof"][0] = "00" * 32
            route.fulfill(response=answer, json=body)  # type: ignore[attr-defined]

        page.route("**/v1/proofs/inclusion*", forged)
        page.get_by_role("link", name="Log", exact=True).click()
        page.locator("#log a").first.click()
        page.locator("#prove").click()
        expect(page.locator("#verdict.broken")).to_contain_text("The proof does not hold")


def test_an_archived_page_needs_nothing_else(look: Look, address: str, tmp_path: Path) -> None:
    with look(f"{address}/figures?subject=australia&as_of=2025-12-31") as page:
        with page.expect_download() as saved:
            page.locator("#archive").click()
        file = tmp_path / "kept.html"
        saved.value.save_as(file)
        rows = page.locator("#figures tbody tr").count()
    text = file.read_text()
    assert '"recorded_as_of": "position:' in text
    assert "<script" not in text
    with look(file.as_uri()) as page:
        expect(page.locator("#figures tbody tr")).to_have_count(rows)
        expect(page.locator("#figures thead")).to_contain_text("Period")
        expect(page.locator("#screen")).to_contain_text("As published by 2025-12-31")


def test_colours_are_chosen_and_kept(look: Look, address: str) -> None:
    with look(address, color_scheme="light") as page:
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        page.locator("#theme").select_option("dark")
        assert page.evaluate(ground) != light
        page.reload()
        drawn(page)
        assert page.evaluate(ground) != light
