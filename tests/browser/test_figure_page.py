"""One figure in numbers, and the small lines of many."""

import re

import supply_ledger as sl
from playwright.sync_api import expect

from tests.browser.conftest import Look, drawn
from tests.browser.test_screens import AUSTRALIA_2024


def test_a_figure_is_told_in_numbers_and_for_python(look: Look, address: str) -> None:
    with look(f"{address}/figures/{AUSTRALIA_2024}") as page:
        row = page.locator("#statistics tbody tr")
        expect(row).to_have_count(1)
        cells = [" ".join(text.split()) for text in row.locator("th, td").all_inner_texts()]
        assert cells == [
            "U.S. Geological Survey",
            *("3", "1", "13,000 t 2025-01-31", "29,000 t 2026-02-06", "+16,000 +123.1 %", "123.1 %"),
            *("+16,000 +123.1 %", "186"),
        ]
        python = page.locator("code", has_text="import supply_ledger as sl").inner_text()
        assert f'.figures(figure_id="{AUSTRALIA_2024}")' in python
        assert 'recorded_as_of="position:' in python
        opened, asked = python.splitlines()[1].removesuffix(".df()").split(").as_of(")
        assert opened == f'sl.open("{address}"'
        with sl.open(address) as book:
            rows = eval(f"book.as_of({asked}", {"book": book}).rows()
        assert [str(row["value"]) for row in rows] == ["29000"]
        page.goto(f"{address}/figures/{AUSTRALIA_2024}?as_of=2025-06-30")
        drawn(page)
        expect(row.locator("td").nth(0)).to_have_text("1")
        expect(row).not_to_contain_text("29,000")


def test_a_figure_says_how_sure_it_is_and_when_somebody_looked(look: Look, address: str) -> None:
    with look(f"{address}/figures/{AUSTRALIA_2024}?as_of=2025-06-30") as page:
        row = page.locator("#sureness tbody tr")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("U.S. Geological Survey")
        with sl.open(address) as book:
            (band,) = book.as_of("2025-06-30").uncertainty(figure_id=AUSTRALIA_2024).rows()
        expect(row).to_contain_text(f"{band['held']} of {band['tried']}")
        expect(row).to_contain_text("nobody has said")
        assert band["low"] is not None
        shown = row.inner_text().replace(",", "")
        assert str(band["low"]) in shown
        assert str(band["high"]) in shown


def test_the_chart_shows_where_the_figure_is_expected(look: Look, address: str) -> None:
    with look(f"{address}/figures/{AUSTRALIA_2024}?as_of=2026-11-01") as page:
        rectangles = page.locator(".chart .mark-rect path")
        expect(page.locator(".chart svg")).to_have_count(1)
        expect(rectangles).to_have_count(0)
        page.locator("#band").click()
        expect(rectangles).to_have_count(1)
        assert "band=80" in page.url
        expect(page.locator("article")).to_contain_text("80 % of such figures")
        page.locator("#band").click()
        expect(rectangles).to_have_count(0)
        assert "band" not in page.url


def test_a_figure_says_what_it_hangs_on(look: Look, address: str) -> None:
    with look(f"{address}/figures/{AUSTRALIA_2024}?as_of=2026-11-01") as page:
        rows = page.locator("#influence tbody tr")
        expect(rows).to_have_count(2)
        publisher, event = (" ".join(text.split()) for text in rows.all_inner_texts())
        assert publisher.endswith("there is none")
        assert "13,000 t" in event
        with sl.open(address) as book:
            (_, told) = book.as_of("2026-11-01").influence(figure_id=AUSTRALIA_2024).rows()
        assert str(told["value_without"]) == "13000"
        rows.nth(1).locator("a").click()
        expect(page).to_have_url(re.compile(f"/log/{told['event_id']}"))


def test_a_file_that_does_not_come_is_said_beside_its_button(look: Look, address: str) -> None:
    with look(f"{address}/figures/{AUSTRALIA_2024}", faults=True) as page:
        page.context.set_offline(True)
        page.locator("button", has_text="Audit report").click()
        expect(page.locator(".again .faults")).to_contain_text("The server does not answer")
        page.context.set_offline(False)
        with page.expect_download():
            page.locator("button", has_text="Audit report").click()
        expect(page.locator(".again .faults")).to_have_count(0)


def test_lines_of_a_table_come_in_one_answer(look: Look, address: str) -> None:
    with look(address) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/v1/vintages" in request.url else None)
        page.goto(f"{address}/figures?metric=mine_production&period=2024")
        drawn(page)
        row = page.locator("#figures tr", has_text="Australia")
        expect(row.locator(".spark svg")).to_have_attribute(
            "aria-label", "13,000 at first, 29,000 at last; 3 statements"
        )
        assert page.locator(".spark svg").count() > 5
        assert len(asked) == 1, "one request for a page of figures, none for each"
        expect(page.locator("#figures tr", has_text="Vietnam").locator(".spark path.said")).to_have_count(1)
