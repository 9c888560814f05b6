"""The audit report: what it says of the shipped ledger, that it needs nothing else, and what it makes of odd input."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli.main import app
from api.reports.phrases import grouped, instant, link, percent, said, signed
from projections import Engine
from tests.api.helpers import Api, mined, organisation

AUSTRALIA = {"subject": "australia", "metric": "mine_production", "period": "2024"}
QUOTA = {"subject": "china", "metric": "mining_quota", "period": "2023"}
NO_BREAK = "\N{NO-BREAK SPACE}"


class Read(HTMLParser):
    """A page as a reader sees it: its text, and every element with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._texts: list[str] = []
        self._within: list[str] = []
        self.feed(page)
        self.text = " ".join(" ".join(self._texts).replace(NO_BREAK, " ").split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._within:
            while self._within.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "style" not in self._within:
            self._texts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="session")
def reports(shipped: Engine) -> TestClient:
    """Of the shipped ledger."""
    return TestClient(create_app(shipped, answers_bytes_max=0))


@pytest.fixture(scope="session")
def australia(reports: TestClient) -> str:
    return report(reports, **AUSTRALIA, as_of="2026-03-01", recorded_as_of=head(reports))


@pytest.fixture(scope="session")
def quota(reports: TestClient) -> str:
    return report(reports, **QUOTA, as_of="2024-12-31", recorded_as_of=head(reports))


def head(client: TestClient) -> str:
    return f"position:{client.get('/v1/figures', params={'limit': '1'}).json()['basis']['position']}"


def report(client: TestClient, **parameters: str) -> str:
    response = client.get("/v1/report", params=parameters)
    assert response.status_code == 200, response.text
    return response.text


def asked_again(page: str) -> list[str]:
    """The requests that a report says it can be asked again by."""
    return [text.replace("&amp;", "&") for text in re.findall(r"<code>GET (/v1/[^<]*)</code>", page)]


# What it says of the shipped ledger


def test_australia_is_reported_with_its_revision_and_our_own_correction_apart(australia: str) -> None:
    text = Read(australia).text
    assert "Australia: mine production, 2024" in text
    assert "29,000 t U.S. Geological Survey, published 2026-02-06" in text
    revised = re.search(r"2026-02-06 U\.S\. Geological Survey 29,000 t, estimated (\S+) (\S+ %) Revision", text)
    assert revised is not None
    assert revised.groups() == ("+16,000", "+123.0769 %")
    assert "Kind of change substantial: another value" in text
    assert "Value 113000 corrected to 13000" in text
    assert "Footnote mark 12 stands glued to 13,000" in text
    assert "An error of transcription" in text
    assert "https://pubs.usgs.gov/periodicals/mcs2025/mcs2025-rare-earths.pdf" in text
    assert "36c2795c-44c0-5baa-84cb-fed2f63b6aff" in text
    assert "2025 U.S. Geological Survey 13,000 t Confirmation" in text
    assert "the source prints 2025, which counts from the end of 2025-12-31" in text
    assert "100,000" in text[text.index("What this ledger answered") :]
    assert "100,000" not in text[: text.index("What this ledger answered")]


def test_the_quota_of_china_is_reported_with_its_dispute_and_its_batches(quota: str) -> None:
    read = Read(quota)
    text = read.text
    assert "China: mining quota, 2023: 3 figures" in text
    assert "255,000 t Ministry of Industry and Information Technology" in text
    assert "Disputed: 2 publishers say something, and what they say differs by 15,000 t." in text
    assert "Investing News Network: 240,000 t ( 2024-08-30 )" in text
    assert "6.0606 %" in text
    assert "Parts first 120,000; third 15,000" in text
    assert "Nothing said of second" in text
    assert "No chart: there is one statement only." in text
    assert len(read.all("svg")) == 1
    titles = re.findall(r"<h2[^>]*>([^<]*)</h2>", quota)
    assert titles == [
        *(f"China: mining quota, 2023 ({batch})" for batch in ("first", "full year", "third")),
        "This report",
    ]


def test_a_report_says_how_to_ask_again_and_that_gives_the_same_answer(reports: TestClient, quota: str) -> None:
    requests = asked_again(quota)
    assert len(requests) == 7
    answers = [reports.get(request).json()["items"][0] for request in requests if request.startswith("/v1/figures?")]
    assert [item["value"] for item in answers] == ["120000", "255000", "15000"]
    history = next(request for request in requests if "/history?" in request)
    assert reports.get(history).json()["items"][0]["cause"] == "first_report"


def test_nothing_that_was_published_later_is_in_a_report(reports: TestClient) -> None:
    text = Read(report(reports, **AUSTRALIA, as_of="2025-06-30")).text
    assert "13,000 t U.S. Geological Survey, published 2025-01-31" in text
    for later in ("29,000", "113000", "corrected", "2026-02-06", "ERR-001"):
        assert later not in text, later


def test_an_earlier_state_of_the_ledger_is_reported_with_the_error_that_it_held(reports: TestClient) -> None:
    event = reports.get("/v1/events", params={"reference": "ERR-001"}).json()["items"][0]
    text = Read(report(reports, **AUSTRALIA, as_of="2026-01-31", recorded_as_of=f"position:{event['position']}")).text
    assert "113,000 t" in text
    assert "corrected" not in text


def test_where_nothing_was_known_the_report_says_so(reports: TestClient) -> None:
    for parameters in ({**QUOTA, "as_of": "2001"}, {"subject": "no-such-thing"}):
        text = Read(report(reports, **parameters)).text
        assert "No figure at this viewpoint" in text
        assert "there is no figure to report" in text
        assert "position:" in text


# What it is


@pytest.mark.parametrize("name", ["australia", "quota"])
def test_a_page_needs_nothing_beside_it_and_runs_nothing(name: str, request: pytest.FixtureRequest) -> None:
    page: str = request.getfixturevalue(name)
    read = Read(page)
    tags = {tag for tag, _ in read.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "use", "image", "base", "form"}
    for tag, attributes in read.elements:
        assert not {"src", "srcset", "xlink:href", "action", "style"} & attributes.keys(), tag
        assert not [attribute for attribute in attributes if attribute.startswith("on")]
        if "href" in attributes:
            assert tag == "a"
            assert attributes["href"].startswith(("https://", "http://", "#"))
    assert not re.search(r"@import|url\((?!#)", page)
    policy = next(one["content"] for one in read.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


@pytest.mark.parametrize("name", ["australia", "quota"])
def test_a_page_can_be_read_without_seeing_it(name: str, request: pytest.FixtureRequest) -> None:
    read = Read(request.getfixturevalue(name))
    assert read.all("html") == [{"lang": "en"}]
    assert len(read.all("h1")) == 1
    assert all(cell.get("scope") == "col" for cell in read.all("th"))
    assert len(read.all("caption")) == len(read.all("table"))
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for drawing in read.all("svg"):
        assert drawing["role"] == "img"
        assert set(drawing["aria-labelledby"].split()) <= set(ids)
    assert "U.S. Geological Survey said 29,000 t from 2026-02-06" in read.text or name == "quota"
    assert all(anchor["href"][1:] in ids for anchor in read.all("a") if anchor["href"].startswith("#"))


def test_the_same_report_is_the_same_bytes(reports: TestClient, australia: str) -> None:
    assert reports.get(asked_again(australia)[-1]).text == australia


def test_the_same_report_in_markdown_has_tables_in_order(reports: TestClient) -> None:
    text = report(reports, **AUSTRALIA, as_of="2026-03-01", format="md")
    assert "| **2026-02-06** |  | **U.S. Geological Survey** |" in text
    assert "### Vintages" in text
    assert "<https://doi.org/10.5066/P1WKQ63T>" in text
    assert "113000 corrected to 13000" in text
    assert "<svg" not in text
    assert_tables_are_whole(text)


def assert_tables_are_whole(text: str) -> None:
    """Every row of every table has as many cells as its head."""
    cells = [len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0 for line in text.splitlines()]
    assert max(cells) >= 5
    for before, here in pairwise(cells):
        assert not (before and here) or before == here


# Formats and parameters


def test_the_form_is_what_the_client_likes_best(reports: TestClient) -> None:
    asked = {"subject": "no-such-thing"}
    for accept, media_type in (("*/*", "text/html"), ("text/markdown", "text/markdown"), ("text/html", "text/html")):
        response = reports.get("/v1/report", params=asked, headers={"Accept": accept})
        assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert reports.get("/v1/report", params=asked, headers={"Accept": "application/json"}).status_code == 406
    response = reports.get("/v1/report", params={**asked, "as_of": "2025-06-30"})
    assert response.headers["content-disposition"] == 'inline; filename="report-as-of-2025-06-30.html"'


def test_a_report_that_will_not_change_may_be_kept_and_any_is_sent_once(reports: TestClient) -> None:
    for clocks, kept in (
        ({}, "no-cache"),
        ({"as_of": "2025-06-30", "recorded_as_of": head(reports)}, "public, max-age=31536000, immutable"),
    ):
        asked = {"figure_id": "e20e3caf-9011-54fa-8485-b1993ae90311", "format": "md", **clocks}
        first = reports.get("/v1/report", params=asked)
        assert first.headers["cache-control"] == kept
        again = reports.get("/v1/report", params=asked, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    fixed = {"subject": "no-such-thing", "as_of": "2025-06-30", "recorded_as_of": head(reports)}
    forms = [reports.get("/v1/report", params={**fixed, "format": form}).headers["etag"] for form in ("html", "md")]
    assert len({*forms, first.headers["etag"]}) == 3


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"as_off": "2024"}, "as_of"),
        ({"limit": "5"}, "limit"),
        ({"resolve": "all"}, "resolve"),
        ({"as_of": "soon"}, "as_of"),
        ({"format": "pdf"}, "html, md"),
        ({"figure_id": "1234"}, "UUID"),
        ({"disputed": "perhaps"}, "disputed"),
        ({"recorded_as_of": "position:99999999"}, "head"),
        ({"metric": "mine_production"}, "more than 50 figures"),
    ],
)
def test_what_means_nothing_is_refused(reports: TestClient, parameters: dict[str, str], named: str) -> None:
    response = reports.get("/v1/report", params=parameters)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert named in response.json()["detail"]


def test_filters_of_figures_choose_the_publisher_that_answers(reports: TestClient) -> None:
    world = {"subject": "world", "metric": "mine_production", "period": "2018", "format": "md", "as_of": "2026-10-01"}
    assert "**253,777 t**" in report(reports, **world).replace(NO_BREAK, " ")
    for chosen in ({"publisher": "usgs"}, {"prefer": "usgs,bgs"}):
        text = report(reports, **world, **chosen).replace(NO_BREAK, " ")
        assert "**190,000 t**: U.S. Geological Survey, published 2024." in text
        assert "differs by 63,777 t" in text
        (name, value), *_ = chosen.items()
        assert re.search(
            rf"^GET /v1/figures\?figure_id=[0-9a-f-]+&{name}={value}&as_of=2026-10-01T", text, re.MULTILINE
        )
    assert "No figure" in report(reports, **world, disputed="false")


def without_value(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "value"}


def withdrawn(subject: str, published_at: str) -> dict[str, Any]:
    return without_value(mined(subject, "", published_at, type="FigureWithdrawn"))


# Odd input


EVIL = "<script>alert(\"1\")</script> '&' | `x` *y* [z](javascript:alert(2)) $1$"


def test_texts_of_events_stay_texts(api: Api) -> None:
    urls = ["javascript:alert(3)", 'https://example.org/" onmouseover="alert(4)', "https://example.org/a|b", "data:,x"]
    api.post(organisation("evil", name=EVIL))
    for number, url in enumerate(urls):
        source = {"publisher": "evil", "title": f"{EVIL}\n| second line", "url": url, "locator": "```\n# not a heading"}
        api.post(mined("world", str(number), f"202{number}-01-31", source=source, note=f"- {EVIL}\r\n\r\n# {EVIL}"))
    page = report(api.client, subject="world")
    read = Read(page)
    assert not read.all("script")
    assert EVIL in read.text
    assert {one["href"] for one in read.all("a")} == {"https://example.org/a|b"}
    assert not [name for _, attributes in read.elements for name in attributes if name.startswith("on")]
    text = report(api.client, subject="world", format="md")
    assert "<script" not in text.replace("\\<script", "")
    assert "<https://example.org/a%7Cb>" in text
    assert "<javascript" not in text
    assert "](" not in text.replace("\\](", "")
    assert_tables_are_whole(text)
    assert len([line for line in text.splitlines() if line.startswith("# ")]) == 1


def test_what_would_hide_or_turn_a_text_is_written_out(api: Api) -> None:
    api.post(mined("australia", "1", "2024", note="a\u0001b\u001bc\u202ed"))
    for form in ("html", "md"):
        text = api.client.get(f"/v1/report?subject=australia&format={form}").text
        assert r"a\x01b\x1bc\u202ed" in text
        assert not set("\u0001\u001b\u202e") & set(text)


def test_a_figure_of_which_nothing_stands_is_reported_as_such(api: Api) -> None:
    first = api.post(mined("world", "1300", "2024-01-31"))[0]
    api.post(withdrawn("world", "2024-02-29"))
    for asked in ({"figure_id": first["figure_id"]}, {"subject": "world"}, {"publisher": "usgs"}):
        read = Read(report(api.client, **asked))
        assert "No answer U.S" not in read.text
        assert "No answer Usgs took back what it had said, on 2024-02-29" in read.text
        assert "2024-02-29 Usgs withdrawn Withdrawal" in read.text
        assert len(read.all("svg")) == 1
    assert "1,300 t" in Read(report(api.client, subject="world", as_of="2024-02-28")).text
    assert "No figure" in report(api.client, subject="world", disputed="false")


def test_a_publisher_that_says_nothing_is_told_from_one_that_does(api: Api) -> None:
    api.post(mined("world", "1300", "2024-01-31"), mined("world", "1400", "2024-03-31", publisher="bgs"))
    api.post(withdrawn("world", "2024-02-29"))
    text = Read(report(api.client, publisher="usgs")).text
    assert "No answer The publisher that was asked for says nothing at this viewpoint" in text
    assert "1,400 t" in text
    assert "1,400 t Bgs, published 2024-03-31" in Read(report(api.client, subject="world")).text


def test_ranges_symbols_and_doubts_are_put_into_words(api: Api) -> None:
    api.post(
        without_value(mined("world", "", "2024-01-31", low="85", high="95")),
        without_value(mined("china", "", "2024-01-31", low="0", approximate=True)),
        without_value(mined("australia", "", "2024-01-31", symbol="net_exporter")),
    )
    text = Read(report(api.client, metric="mine_production")).text
    for told in ("85 to 95 t", "about at least 0 t", "net exporter", "approximate", "3 figures"):
        assert told in text, told
    assert text.count("No chart: there is one statement only.") == 3


def test_what_the_ledger_did_is_told_by_cause(api: Api) -> None:
    late, wrong = mined("world", "100", "2024-01-31"), mined("world", "999", "2024-06-30")
    first = api.post(wrong)[0]
    api.post(late)
    target = {"target": first["event_id"], "explanation": "Entered | twice."}
    api.post({"type": "EventRetracted", "reason": "duplicate", **target})
    text = Read(report(api.client, subject="world")).text
    ledger = text[text.index("What this ledger answered") :]
    assert "999 t Usgs Recorded" in ledger
    assert re.search(r"100 t Usgs \S899 Retraction Why A duplicate: Entered \| twice\.", ledger)
    assert "Retracted Usgs, 2024-06-30 A duplicate" in ledger
    assert "999 t" not in text[: text.index("What this ledger answered")]
    api.post({"type": "EventReinstated", **target})
    assert "Reinstated Usgs, 2024-06-30" in Read(report(api.client, subject="world")).text


def test_a_source_that_contradicts_itself_is_disputed(api: Api) -> None:
    api.post(mined("world", "100", "2024-01-31"), mined("world", "200", "2024-01-31"))
    text = Read(report(api.client, subject="world")).text
    assert "Disputed: the publisher contradicts itself by 100 t." in text
    assert "Conflict" in text


# The command line


class Shell:
    def __init__(self, data: Path, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.data = data
        monkeypatch.chdir(directory)

    def run(self, *words: str) -> Any:
        return CliRunner().invoke(app, ["report", *words, "--data", str(self.data)])


@pytest.fixture
def shell(shipped_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(shipped_data, tmp_path, monkeypatch)


def test_a_report_is_written_to_a_file_named_after_it(shell: Shell, tmp_path: Path, reports: TestClient) -> None:
    words = [word for name, value in AUSTRALIA.items() for word in (f"--{name}", value)]
    clocks = ["--as-of", "2026-03-01", "--recorded-as-of", head(reports), "--format", "md"]
    result = shell.run(*words, *clocks)
    assert result.exit_code == 0, result.output
    name = "australia-mine_production-rare-earths-2024-as-of-2026-03-01.md"
    assert f"Wrote {name}: 1 figure" in result.stdout
    text = (tmp_path / name).read_text(encoding="utf-8")
    fixed = {**AUSTRALIA, "as_of": "2026-03-01", "recorded_as_of": head(reports), "format": "md"}
    assert text == report(reports, **fixed)


def test_the_ending_of_a_file_decides_and_none_is_written_over_unasked(shell: Shell, tmp_path: Path) -> None:
    figure = "e20e3caf-9011-54fa-8485-b1993ae90311"
    page, text = tmp_path / "a.html", tmp_path / "a.md"
    assert shell.run(figure, "-o", str(page), "-o", str(text)).exit_code == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert text.read_text(encoding="utf-8").startswith("# Australia")
    text.write_text("mine", encoding="utf-8")
    again = shell.run(figure, "-o", str(text))
    assert (again.exit_code, text.read_text(encoding="utf-8")) == (1, "mine")
    assert "--force" in again.stderr
    assert shell.run(figure, "-o", str(text), "--force").exit_code == 0
    assert text.read_text(encoding="utf-8").startswith("# Australia")
    shown = shell.run(figure, "-o", "-", "--format", "md")
    assert shown.stdout.startswith("# Australia")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--subject", "nobody"], 1, "no figure to report on"),
        (["--metric", "mine_production"], 2, "narrow the selection"),
        (["--subject", "world", "--output", "report.pdf"], 2, ".html or .md"),
        (["--subject", "world", "--output", "report.md", "--format", "html"], 2, "no name for --format html"),
        (["--format", "pdf"], 2, "html or md"),
        (["1234"], 2, "UUID"),
        (["e20e3caf-9011-54fa-8485-b1993ae90311", "--figure-id", "1234"], 2, "given twice"),
        (["--as-of", "soon"], 2, "as_of"),
        (["e20e3caf-9011-54fa-8485-b1993ae90311", "-o", "no/such/place.md"], 1, "Cannot write"),
    ],
)
def test_what_cannot_be_reported_is_said_with_what_to_do(shell: Shell, words: list[str], code: int, told: str) -> None:
    result = shell.run(*words)
    assert result.exit_code == code, result.output
    assert told in result.stderr
    assert "Traceback" not in result.output


# Words


def test_numbers_are_grouped_and_keep_their_digits() -> None:
    assert grouped("1234567.8900") == "1,234,567.8900"
    assert grouped("-1300") == "\N{MINUS SIGN}1,300"
    assert (signed("16000"), signed("-1"), signed("0"), signed(None)) == ("+16,000", "\N{MINUS SIGN}1", "0", "")
    assert percent("7.4286") == f"+7.4286{NO_BREAK}%"
    assert said({"value": "2.080", "unit": "kt", "approximate": True}) == f"about 2.080{NO_BREAK}kt"
    assert said({"value": None, "high": "5", "unit": "percent"}) == f"at most 5{NO_BREAK}%"


def test_the_end_of_a_day_is_told_as_the_day() -> None:
    assert instant("2024-06-30T23:59:59.999999Z") == "2024-06-30, end of day, UTC"
    assert instant("9999-12-31T23:59:59.999999Z") == "9999-12-31, end of day, UTC"
    assert instant("2024-06-30T10:00:00.500000Z") == "2024-06-30 10:00:00 UTC"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", " https://x.org", "https://", "http://[", "//x.org", "data:,x", "https://x.org/a b", ""],
)
def test_only_addresses_of_the_web_are_followed(url: str) -> None:
    assert link(url) is None
    assert link("HTTPS://x.org/a?b=c#d") is not None
