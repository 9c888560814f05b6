"""Recording from the page: by a form, by a file; and what texts of strangers cannot do in it."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ledger import Ledger
from tests.browser.conftest import Look, drawn

HOSTILE = (
    " ".join(
        (
            "<img src=x onerror=window.hit=1>",
            '"><script>window.hit=1</script>',
            "'><svg onload=window.hit=1>",
            "</title><script>window.hit=1</script>",
            "{{constructor.constructor('window.hit=1')()}}",
            "<a href=javascript:window.hit=1>click</a>",
            "\u202egnp.exe <iframe srcdoc='<script>parent.hit=1</script>'>",
        )
    ),
    "javascript:window.hit=1",
)


def test_an_event_is_recorded_after_its_effect_was_shown(look: Look, book: tuple[str, Ledger]) -> None:
    url, ledger = book
    head = ledger.head()
    with look(f"{url}/append?type=ProductionReported") as page:
        for name, value in {
            "subject": "world",
            "metric": "mine_production",
            "period": "2023",
            "value": "376000.10",
            "unit": "t",
            "published_at": "2024-01-31",
            "source-publisher": "usgs",
        }.items():
            field = page.locator(f"#field-{name}")
            if not field.is_visible():
                page.locator("#more-fields summary").click()
            field.fill(value)
        page.locator("#dry-run").click()
        expect(page.locator("#effects")).to_contain_text("376,000.10 t")
        assert ledger.head() == head, "nothing is recorded before it is asked for"
        page.locator("#record").click()
        expect(page.locator("#result")).to_contain_text(f"Recorded at position {head + 1}")
        page.locator("#result a").click()
        expect(page.locator("h1")).to_have_text("ProductionReported")
        expect(page.locator("#screen")).to_contain_text("376000.10")
        expect(page.locator("#changed-since")).to_have_count(0)
        expect(page.locator("#as-json pre").first).to_be_hidden()
    assert ledger.head() == head + 1


def test_what_does_not_fit_is_said_beside_the_form(look: Look, book: tuple[str, Ledger]) -> None:
    url, ledger = book
    head = ledger.head()
    with look(f"{url}/append?type=ProductionReported", faults=True) as page:
        for name, value in {"subject": "atlantis", "unit": "t", "value": "1", "source-publisher": "usgs"}.items():
            page.locator(f"#field-{name}").fill(value)
        page.locator("#dry-run").click()
        expect(page.locator("#result .faults")).to_contain_text("atlantis")
    assert ledger.head() == head


def test_a_correction_begins_at_the_page_of_the_event(look: Look, book: tuple[str, Ledger]) -> None:
    url, ledger = book
    receipt = ledger.append([figure("13000")])
    event_id = receipt.items[0]["event_id"]
    with look(f"{url}/log/{event_id}") as page:
        page.locator("a", has_text="recorded wrongly").click()
        expect(page.locator("#field-target")).to_have_value(str(event_id))
        page.locator("#field-changes").fill('{"value": "12000"}')
        page.locator("#field-reason").select_option("transcription")
        page.locator("#field-explanation").fill("Misread.")
        page.locator("#dry-run").click()
        expect(page.locator("#effects")).to_contain_text("12,000")
        page.locator("#record").click()
        expect(page.locator("#result")).to_contain_text("Recorded at position")
        page.goto(f"{url}/log/{event_id}")
        drawn(page)
        expect(page.locator("#changed-since tbody tr")).to_have_text("Value1300012000")


def figure(value: str, **fields: object) -> dict[str, object]:
    return {
        "type": "ProductionReported",
        "subject": "world",
        "metric": "mine_production",
        "period": "2023",
        "value": value,
        "unit": "t",
        "published_at": "2024-01-31",
        "source": {"publisher": "usgs"},
        **fields,
    }


ROWS = (
    "type,subject,metric,period,value,unit,published_at,source.publisher\n"
    "ProductionReported,world,mine_production,2022,300000,t,2023-01-31,usgs\n"
)


def test_a_file_goes_through_its_plan(look: Look, book: tuple[str, Ledger], tmp_path: Path) -> None:
    url, ledger = book
    head = ledger.head()
    file = tmp_path / "rows.csv"
    file.write_text(ROWS)
    with look(f"{url}/append") as page:
        page.locator("#file").set_input_files(file)
        expect(page.locator("#plan .counts")).to_contain_text("1 new")
        assert ledger.head() == head
        page.locator("#record-file").click()
        expect(page.locator("#plan .counts")).to_contain_text("1 recorded")
    assert ledger.head() == head + 1


def test_the_plan_of_a_file_warns_as_the_form_does(look: Look, book: tuple[str, Ledger], tmp_path: Path) -> None:
    url, ledger = book
    ledger.append([figure("13000")])
    slipped = figure("13", published_at="2024-02-28")
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(slipped) + "\n")
    with look(f"{url}/append") as page:
        page.locator("#file").set_input_files(file)
        warned = page.locator("#plan .hint li")
        expect(warned).to_contain_text("Row 1: /value 13 t is 1000 times off the 13000 t before it")
        of_file = warned.inner_text().removeprefix("Row 1: ")
        page.goto(
            f"{url}/append?type=ProductionReported&subject=world&metric=mine_production&period=2023&value=13&unit=t"
        )
        drawn(page)
        page.locator("#field-published_at").fill("2024-02-28")
        page.locator("#field-source-publisher").fill("usgs")
        page.locator("#dry-run").click()
        expect(page.locator("#result .hint li")).to_have_text(of_file)


def test_a_file_may_be_dropped_on_the_page(look: Look, book: tuple[str, Ledger]) -> None:
    url, ledger = book
    head = ledger.head()
    with look(f"{url}/append") as page:
        carried = page.evaluate_handle(
            "text => { const held = new DataTransfer(); held.items.add(new File([text], 'rows.csv')); return held; }",
            ROWS + "ProductionReported,nowhere,mine_production,2022,1,t,2023-01-31,usgs\n",
        )
        page.dispatch_event(".drop", "drop", {"dataTransfer": carried})
        expect(page.locator("#plan")).to_contain_text("1 rejected")
        expect(page.locator("#plan")).to_contain_text("no entity 'nowhere' is registered")
        expect(page.locator("#record-file")).to_have_count(0)
    assert ledger.head() == head


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_events_are_texts(look: Look, book: tuple[str, Ledger], text: str) -> None:
    url, ledger = book
    source = {"publisher": "bad-agency", "title": text, "url": "javascript:window.hit=1", "edition": text, "via": text}
    events = [
        {"type": "EntityRegistered", "entity": "bad-agency", "kind": "organisation", "name": text, "aliases": [text]},
        {"type": "EntityRegistered", "entity": "bad-place", "kind": "country", "name": f"{text} place"},
        figure("1", subject="bad-place", note=text, source=source),
        figure("2", subject="bad-place", source={"publisher": "usgs", "title": text}, dimensions={"basis": text}),
        figure("3", subject="bad-place", published_at="2024-02-28", source=source),
        {
            "type": "PolicyAnnounced",
            "policy": "bad-policy",
            "jurisdiction": "bad-place",
            "kind": "other",
            "title": text,
            "published_at": "2024-01-31",
            "source": source,
        },
        {
            "type": "StatementRecorded",
            "subject": "bad-place",
            "attribute": "role",
            "text": text,
            "published_at": "2024-01-31",
            "source": source,
        },
    ]
    for event in events:
        ledger.append([event])
    figures = [item["figure_id"] for item in figures_of(url)]
    event_ids = [str(entry.event_id) for entry in ledger.log.at_positions(range(ledger.head() - 6, ledger.head() + 1))]
    paths = [
        *("/", "/figures", "/catalogue?kind=subject", "/catalogue?kind=publisher", "/log", "/things/policies"),
        *("/things/policies/bad-policy", "/things/entities", "/things/entities/bad-place", "/timeline", "/compare"),
        *(
            "/series?subject=bad-place",
            "/vintages?subject=bad-place",
            f"/append?note={text}",
            f"/figures?subject={text}",
        ),
        *(f"/figures/{one}" for one in figures),
        *(f"/log/{one}" for one in event_ids),
    ]
    with look(url, faults=True) as page:
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        for path in paths:
            page.goto(url + path.replace("#", "%23"))
            drawn(page)
            assert page.evaluate("window.hit") is None, path
            assert page.locator("a[href^='javascript:' i]").count() == 0, path
            assert page.locator("#screen script, #screen iframe, #screen img").count() == 0, path
        assert wrong == []
        page.goto(f"{url}/")
        drawn(page)
        page.locator("#search").fill("bad")
        expect(page.locator("#found")).to_contain_text(text.strip()[:5])
        assert page.evaluate("window.hit") is None


def figures_of(url: str) -> list[dict[str, str]]:
    import httpx2

    items: list[dict[str, str]] = httpx2.get(f"{url}/v1/figures", params={"subject": "bad-place"}).json()["items"]
    return items


def test_an_erased_event_says_so(look: Look, book: tuple[str, Ledger]) -> None:
    url, ledger = book
    receipt = ledger.append([figure("13000", note="about somebody")])
    event_id, position = receipt.items[0]["event_id"], receipt.items[0]["position"]
    figure_id = receipt.items[0]["figure_id"]
    ledger.erase(event_id, reason="personal_data", explanation="asked for", recorded_by="warden")
    with look(f"{url}/log/{event_id}") as page:
        expect(page.locator("#erased")).to_contain_text("by warden (personal data): asked for")
        expect(page.locator("#screen")).not_to_contain_text("about somebody")
        page.locator("#prove").click()
        expect(page.locator("#verdict")).to_contain_text("this browser computed it")
        page.goto(f"{url}/figures?recorded_as_of=position:{position}")
        drawn(page)
        expect(page.locator(".erased")).to_contain_text("One event that counted at this point in time was erased")
        page.goto(f"{url}/figures/{figure_id}")
        drawn(page)
        expect(page.locator("#screen")).not_to_contain_text("13,000")
