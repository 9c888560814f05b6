"""Whatever a text holds, no door shows it raw: commands, problems, log lines, reports."""

import io
import json
import logging
import logging.config
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli.command_group import MODULES
from api.cli.main import app
from api.cli.options import Output
from api.cli.server_log import LineFormatter, log_config
from api.cli.terminal import text_table
from api.problems import Problem, problem_of
from api.settings import data_directory
from ledger import Ledger, LedgerError, visible_lines
from projections import Engine, FilterError
from tests.api.helpers import Api, country, mined, organisation

UNSEEN = [
    "\x1b[31m", "\x1b]0;title\x07", "\x9b2J", "\x7f", "\x01", "\x85",
    "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069",
    "\u200e", "\u200f", "\u061c", "\u2028", "\u2029", "\u200b", "\u200c", "\u200d", "\u2060",
    "\ufeff", "\U000e0041", "\u3164", "\ufe0f", "\u00ad",
]  # fmt: skip
EVIL = "".join(f"a{one}" for one in UNSEEN)


def assert_nothing_raw(shown: str) -> None:
    raw = {hex(ord(one)) for one in shown if visible_lines(one) != one}
    assert raw == set(), shown


def assert_problem(answer: Any) -> None:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert_nothing_raw(answer.content.decode())
    document = answer.json()
    assert_nothing_raw(document["title"] + document["detail"])
    for error in document.get("errors", ()):
        assert_nothing_raw(error["detail"])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with such texts wherever an event has text."""
    directory = tmp_path_factory.mktemp("shown")
    source = {"publisher": "usgs", "title": EVIL, "edition": EVIL, "locator": EVIL, "reference": EVIL, "via": EVIL}
    with Ledger(data_directory(directory).ledger_path) as ledger:
        ledger.append(
            [
                organisation("usgs", name=EVIL, aliases=[EVIL]),
                organisation("bgs"),
                country("china"),
                country("world"),
                organisation("ndpr", kind="material", name=EVIL),
                mined("china", "240000", "2024-01-31", source=source, note=EVIL, dimensions={"basis": EVIL}),
                mined("china", "250000", "2025-01-31", source=source, note=EVIL, dimensions={"basis": EVIL}),
                mined("china", "90", "2025-01-31", publisher="bgs", dimensions={"basis": EVIL}),
                {"type": "StatementRecorded", "subject": "china", "attribute": "role", "text": EVIL, "source": source},
                {"type": "MoUSigned", "agreement": "m", "parties": [{"entity": "usgs", "role": EVIL}], "title": EVIL,
                 "terms": EVIL, "published_at": "2024"},
                {"type": "PolicyEnacted", "policy": "p", "jurisdiction": "china", "kind": "tariff", "title": EVIL,
                 "published_at": "2024"},
                {"type": "RiskRaised", "risk": "r", "category": "regulatory", "subject": "china", "description": EVIL,
                 "published_at": "2024"},
                {"type": "SupplyLinkOpened", "link": "l", "supplier": "usgs", "consumer": "bgs", "material": "ndpr",
                 "published_at": "2024"},
            ]
        )  # fmt: skip
    return directory


def run(data: Path, *words: str, stdin: str | None = None) -> Any:
    return CliRunner().invoke(app, [*words, "--data", str(data)], input=stdin)


ASKED = {
    "asof": ["tests/data/point_questions.csv"],
    "check": ["tests/data/checked/second_tables.txt"],
    "impact": ["--recorded-from", "position:3"],
    "trace": ["--entity", "china"],
    "concentration": ["--metric", "mine_production", "--period", "2023"],
    "diff": ["--from-as-of", "2024-12-31"],
    "disputes": ["--status", "all"],
    "keys": ["list"],
    "hooks": ["list"],
    "proof": ["1"],
    "receipt": ["figures", "--output", os.devnull],  # else it prints data
    "search": ["--q", "china"],
}
WRITES = (
    "serve",
    "mcp",
    "demo",
    "append",
    "import",
    "export",
    "mapping",
    "template",
    "report",
    "history",
    "backup",
    "restore",
    "partitions",
    "spark",
    "erase",
)
COMMANDS = [name for one in MODULES for name in one.names() if name not in WRITES]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_table_shows_nothing_raw(data: Path, command: str) -> None:
    result = run(data, command, *ASKED.get(command, ()))
    assert result.exit_code == 0, result.output
    assert_nothing_raw(result.stdout + result.stderr)


def test_a_template_has_names_as_they_are_shown(data: Path, tmp_path: Path) -> None:
    assert run(data, "template", str(tmp_path / "figures.xlsx")).exit_code == 0
    lists = openpyxl.load_workbook(tmp_path / "figures.xlsx")["lists"]
    assert any(r"\x1b" in str(cell) for row in lists.iter_rows(values_only=True) for cell in row)


def test_what_was_recorded_is_in_the_tables_and_in_the_data_as_it_was(data: Path) -> None:
    assert r"\x1b" in run(data, "statements").stdout
    (item,) = json.loads(run(data, "statements", "--format", "json").stdout)["items"]
    assert item["text"] == EVIL
    assert EVIL.encode() in run(data, "statements", "--format", "csv").stdout_bytes


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
@pytest.mark.parametrize("output", [one.value for one in Output])
def test_data_shown_in_a_terminal_have_nothing_raw(data: Path, output: str) -> None:
    import pty

    ours, terminal = pty.openpty()
    command = "from api.cli.main import main; main()"
    words = ("-c", command, "statements", "--format", output, "--data", str(data))
    asked = subprocess.Popen([sys.executable, *words], stdout=terminal, stdin=subprocess.DEVNULL)
    os.close(terminal)
    shown = b""
    with suppress(OSError):  # Linux's end of a terminal
        while some := os.read(ours, 65536):
            shown += some
    os.close(ours)
    assert asked.wait() == 0
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).replace("\r\n", "\n")  # colours of tables are ours
    assert "statements" in text or "role" in text
    assert_nothing_raw(text)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "words", [[f"--{EVIL}", "x"], ["--limit", EVIL], ["--as-of", EVIL], [EVIL], ["--format", EVIL]]
)
def test_a_mistake_is_told_with_nothing_raw(data: Path, command: str, words: list[str]) -> None:
    result = run(data, command, *words)
    assert result.exit_code in (1, 2)
    assert_nothing_raw(result.stdout + result.stderr)


@pytest.mark.parametrize(
    "words",
    [
        [EVIL],
        ["history", EVIL],
        ["history", "00000000-0000-0000-0000-000000000000", "--clock", EVIL],
        ["report", "--subject", EVIL],
        ["report", "-o", f"{EVIL}.xls"],
        ["report", "--format", EVIL],
        ["append", EVIL],
        ["append", "-"],
        ["import", EVIL],
        ["import", "pyproject.toml", "--mode", EVIL],
        ["import", "pyproject.toml", "--on-conflict", EVIL],
        ["import", "pyproject.toml", "--scope", EVIL],
        ["import", "pyproject.toml", "--published-at", EVIL],
        ["import", "tests"],
        ["import", "pyproject.toml", "--mapping", EVIL],
        ["import", "pyproject.toml", "--set", EVIL],
        ["mapping", EVIL],
        ["mapping", "suggest", EVIL],
        ["mapping", "check", "pyproject.toml", "--mapping", f"{EVIL}.toml"],
        ["mapping", "save", "README.md"],
        ["export", f"pyproject.toml/{EVIL}"],
        ["partitions", f"pyproject.toml/{EVIL}"],
        ["spark", EVIL, "--from", EVIL, "--to", EVIL],
        ["figures", "--dimension", EVIL],
        ["events", "--type", EVIL],
        ["serve", "--host", EVIL],
        ["serve", "--port", EVIL],
    ],
    ids=lambda words: words[0] if words[0] != EVIL else "a command",
)
def test_so_is_a_mistake_of_any_other_command(data: Path, words: list[str]) -> None:
    result = run(data, *words, stdin=json.dumps([{"type": EVIL}, {"type": "QuotaSet", EVIL: EVIL, "unit": EVIL}]))
    assert result.exit_code in (1, 2), result.output
    assert_nothing_raw(result.stdout + result.stderr)


def test_a_data_directory_is_named_with_nothing_raw(tmp_path: Path) -> None:
    result = run(tmp_path / EVIL.replace("\x01", ""), "figures")
    assert result.exit_code == 1
    assert_nothing_raw(result.stderr)


def test_what_an_import_rejects_and_what_is_odd_are_told_with_nothing_raw(tmp_path: Path, data: Path) -> None:
    file = tmp_path / f"{EVIL[:60]}.jsonl"
    rows = [{"type": EVIL}, {"type": "QuotaSet", EVIL: 1, "unit": EVIL, "period": EVIL}, mined(EVIL, EVIL, EVIL)]
    file.write_text("".join(json.dumps(one) + "\n" for one in rows) + f"{{{EVIL}\n", encoding="utf-8")
    for mode in ("atomic", "proceed"):
        result = run(data, "import", str(file), "--mode", mode)
        assert result.exit_code == 1
        assert_nothing_raw(result.stdout + result.stderr)
    table = tmp_path / "facts.csv"
    table.write_text(f"type,{EVIL.replace(chr(0x2028), '')}\nQuotaSet,{EVIL}\nMoUSigned,x,{EVIL}\n", encoding="utf-8")
    assert_nothing_raw(run(data, "import", str(table)).output)
    odd = run(data, "append", "--dry-run", stdin=json.dumps([organisation("usgs-2", name=EVIL)]))
    assert "odd" in odd.stderr
    assert_nothing_raw(odd.stdout + odd.stderr)


@pytest.mark.parametrize("form", ["md", "html"])
def test_a_report_shows_nothing_raw(data: Path, tmp_path: Path, form: str) -> None:
    printed = run(data, "report", "--subject", "china", "--format", form, "-o", "-")
    assert r"\x1b" in printed.stdout
    assert_nothing_raw(printed.stdout + printed.stderr)
    written = run(data, "report", "--subject", "china", "-o", str(tmp_path / f"a{EVIL[:40]}.{form}"))
    assert written.exit_code == 0
    assert_nothing_raw(written.stdout)


PATHS = ["figures", "entities", "events", "diff", "impact", "trace", "report", "event-types"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", ["as_of", "limit", "cursor", "format", "subject", EVIL])
def test_a_problem_about_a_parameter_shows_nothing_raw(basics: Api, path: str, name: str) -> None:
    answer = basics.client.get(f"/v1/{path}", params={name: EVIL})
    if name != "subject" or answer.status_code >= 400:
        assert_problem(answer)


@pytest.mark.parametrize("path", ["nothing", "figures", "policies", "events", "event-types", "entities"])
def test_a_problem_about_a_path_shows_nothing_raw(basics: Api, path: str) -> None:
    answer = basics.client.get(f"/v1/{path}/{quote(EVIL)}")
    assert answer.status_code in (404, 422)
    assert_problem(answer)
    assert_problem(basics.client.delete(f"/v1/{quote(EVIL)}"))


BAD_EVENTS = [
    {"type": EVIL},
    {EVIL: 1},
    {"type": "QuotaSet", EVIL: {EVIL: EVIL}, "unit": EVIL, "period": EVIL, "value": EVIL},
    {"type": "QuotaSet", "dimensions": {EVIL: EVIL}, "source": {"publisher": EVIL, EVIL: EVIL}},
    mined("china", "1", "2024", event_id=EVIL),
    {"type": "EventCorrected", "target": EVIL, "changes": {EVIL: EVIL}, "reason": EVIL, "explanation": EVIL},
]


@pytest.mark.parametrize("event", BAD_EVENTS, ids=range(len(BAD_EVENTS)))
def test_a_problem_about_an_event_shows_nothing_raw(basics: Api, event: dict[str, Any]) -> None:
    assert_problem(basics.client.post("/v1/events", json=event))
    assert_problem(basics.client.post("/v1/events?dry_run=true", json=[event]))
    for mode in ("atomic", "proceed"):
        headers = {"Content-Type": "application/x-ndjson"}
        answer = basics.client.post(f"/v1/imports?mode={mode}", content=json.dumps(event), headers=headers)
        if mode == "atomic":
            assert_problem(answer)
        else:
            assert_nothing_raw("".join(error["detail"] for error in answer.json()["errors"]))


def test_a_pointer_still_names_what_was_sent(basics: Api) -> None:
    answer = basics.client.post("/v1/events", json={"type": "QuotaSet", "a\x1b\u202eb": 1})
    assert "/a\x1b\u202eb" in [error["pointer"] for error in answer.json()["errors"]]
    assert_nothing_raw(answer.content.decode())


@pytest.mark.parametrize("header", ["Accept", "Content-Type", "Idempotency-Key", "Host", "Content-Encoding"])
def test_a_problem_about_a_header_shows_nothing_raw(engine: Engine, header: str) -> None:
    client = TestClient(create_app(engine, hosts=["testserver"]))
    value = "application/x\x9b\xad\x85\x7f".encode("latin-1")
    answer = client.post("/v1/events", content=b"{}", headers=[(b"content-type", b"text/x"), (header.encode(), value)])
    assert answer.status_code >= 400
    assert_problem(answer)


@pytest.mark.parametrize(
    "error", [Problem(400, EVIL, EVIL), LedgerError(EVIL), FilterError("x", EVIL), ValueError(EVIL)]
)
def test_a_problem_made_of_any_error_says_nothing_raw(error: Exception) -> None:
    document = problem_of(error).document()
    assert_nothing_raw(document["title"] + document["detail"])


def test_a_title_and_a_column_are_no_markup() -> None:
    table = text_table(f"[red]{EVIL}", [f"[b]{EVIL}"], [[f"[link]{EVIL}"]])
    assert_nothing_raw(str(table.title) + str(table.columns[0].header))


def test_a_log_line_begins_at_the_left_and_only_there() -> None:
    sink = io.StringIO()
    handler = logging.StreamHandler(sink)
    handler.setFormatter(LineFormatter())
    log = logging.Logger("any")
    log.addHandler(handler)
    try:
        raise ValueError(f"x\nERROR:   forged {EVIL}")
    except ValueError:
        log.exception("GET /%s", f"{EVIL}\nERROR:   forged")
    log.warning('%s - "%s %s HTTP/%s" %d', "127.0.0.1", "GET", f"/{EVIL}\r\n", "1.1", 200)
    shown = sink.getvalue()
    assert_nothing_raw(shown)
    begins = [line for line in shown.splitlines() if not line.startswith("  ")]
    assert len(begins) == 2
    assert begins[0].startswith("ERROR:   GET /a")
    assert "forged" in begins[0]


def test_every_logger_of_the_server_goes_through_it() -> None:
    assert set(log_config()["root"]["handlers"]) == {"lines"}
    assert "loggers" not in log_config()
    assert log_config()["formatters"]["lines"]["()"] is LineFormatter
    assert callable(logging.config.dictConfig)
