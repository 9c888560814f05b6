"""A document is checked from the page, by its text and as a file; what it says cannot act there."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Look

TEXT = (
    "\U0001f30d <img src=x onerror=window.hit=1> China mined 240,000 t of rare earths in 2023; Lynas shares rose 4 %."
)


def test_a_text_is_shown_with_its_numbers_marked(look: Look, address: str) -> None:
    with look(f"{address}/check?as_of=2026-11-27") as page:
        page.locator("#text").fill(TEXT)
        page.locator("#written").fill("2024-06-30")
        page.locator("#run-check").click()
        expect(page.locator("mark.checked")).to_have_text("240,000 t")
        expect(page.locator("#checked tbody tr")).to_have_count(1)
        expect(page.locator("#checked")).to_contain_text("superseded since 2025-01-31")
        expect(page.locator("#checked .badge.current")).to_have_count(1)
        expect(page.locator(".checked-text")).to_have_text(TEXT)
        assert page.evaluate("window.hit") is None
        with page.expect_download() as download:
            page.locator("#save-marked").click()
        assert "240,000 t[^check-1]" in Path(download.value.path()).read_text(encoding="utf-8")
        page.locator("#checked a").first.click()
        expect(page.locator("h1")).to_have_text("China")


def test_a_file_is_checked(look: Look, address: str, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("Country,Mine production of rare earths 2023 (t)\nChina,240000\n", encoding="utf-8")
    with look(f"{address}/check") as page:
        page.locator("#file").set_input_files(file)
        expect(page.locator("#checked")).to_contain_text("B2")
