"""A new rule is one decorated function: it holds on every path, and nothing skips it that does not say so."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli.main import app as command_line
from ledger import Ledger, Refused, Violation, import_file
from ledger.events.figure_facts import FigureFacts
from ledger.rules.rules import RULES, Rule, is_figure
from ledger.rules.state import State
from ledger.rules.version import Version
from projections import Engine
from tests.ledger.conftest import WORLD, correction, figure, reinstatement, retraction


def not_negative(state: State, event: Version) -> Iterator[Violation]:
    """The rule that is planted: what is measured is not negative."""
    if str(event.body.get("value", "")).startswith("-"):
        yield Violation(("value",), "not_negative", "a quantity is not negative")


@pytest.fixture
def planted() -> Iterator[None]:
    rule = Rule(not_negative, is_figure, None)
    RULES.add(rule)
    yield
    RULES.remove(rule)


GOOD = [figure("1"), figure("2", period="2024")]
"""The figures are known before, as are their metric, publisher and subject: nothing is asked of those but the rules."""
BAD = [figure("-1", published_at="2025"), figure("-2", period="2024", published_at="2025")]


def rules_of(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [violation.rule for violation in refused.value.violations]


@pytest.fixture
def known(ledger: Ledger) -> Ledger:
    ledger.append(GOOD)
    return ledger


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("warn", [True, False])
@pytest.mark.parametrize("record", [Ledger.append, Ledger.plan], ids=["append", "dry run"])
def test_it_holds_for_single_events_and_batches(known: Ledger, record: Callable[..., Any], warn: bool) -> None:
    head = known.head()
    settings = {"warn": warn} if record is Ledger.append else {}
    for bad in BAD:
        with pytest.raises(Refused) as refused:
            record(known, [bad], **settings)
        assert rules_of(refused) == ["not_negative"]
    with pytest.raises(Refused) as refused:
        record(known, [figure("3", published_at="2025"), *BAD], **settings)
    assert [violation.pointer for violation in refused.value.violations] == ["/1/value", "/2/value"]
    assert known.head() == head
    assert len(known.append_what_fits([*BAD, figure("3", published_at="2025")])[1]) == 2


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("mode", ["atomic", "proceed"])
@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("workers", [True, False])
def test_it_holds_for_files(
    known: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, mode: Any, ending: str, workers: bool
) -> None:
    head = known.head()
    path = tmp_path / f"bad.{ending}"
    columns = ["type", "subject", "metric", "period", "value", "unit", "published_at"]
    if ending == "jsonl":
        path.write_text("".join(json.dumps(bad) + "\n" for bad in BAD))
    elif ending == "csv":
        rows = [",".join([*(bad[name] for name in columns), "usgs"]) for bad in BAD]
        path.write_text("\n".join([",".join([*columns, "source.publisher"]), *rows]))
    else:
        pq.write_table(pa.table({**{n: [b[n] for b in BAD] for n in columns}, "source.publisher": ["usgs"] * 2}), path)
    if workers:
        monkeypatch.setattr("ledger.imports.importer.LARGE_BYTES", 0)
    report = import_file(known, path, mode=mode)
    assert (report.recorded, report.rejected) == (0, 2)
    assert {error["rule"] for error in report.errors} == {"not_negative"}
    assert known.head() == head


@pytest.mark.usefixtures("planted")
def test_it_holds_for_what_a_ledger_event_makes_of_an_event(known: Ledger) -> None:
    event_id = str(uuid4())
    known.append([figure("4", event_id=event_id, published_at="2026")])
    for change in (correction(event_id, value="-4"),):
        with pytest.raises(Refused) as refused:
            known.append([change])
        assert rules_of(refused) == ["not_negative"]


def test_it_holds_for_what_was_recorded_before_it_and_comes_back(known: Ledger) -> None:
    event_id = str(uuid4())
    known.append([figure("-4", event_id=event_id, published_at="2026"), retraction(event_id)])
    rule = Rule(not_negative, is_figure, None)
    RULES.add(rule)
    try:
        with pytest.raises(Refused) as refused:
            known.append([reinstatement(event_id)])
    finally:
        RULES.remove(rule)
    assert rules_of(refused) == ["not_negative"]
    known.append([reinstatement(event_id)])


@pytest.mark.usefixtures("planted")
def test_it_holds_over_http_and_from_the_command_line(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger, Engine(ledger) as engine:
        client = TestClient(create_app(engine))
        assert client.post("/v1/events", json=[*WORLD, *GOOD]).status_code == 201
        for body in (BAD[0], BAD, [figure("3", published_at="2025"), *BAD], [{**BAD[0], "note": "x" * 20_000}] * 5):
            for query in ("", "?dry_run=true"):
                answer = client.post(f"/v1/events{query}", json=body)
                assert answer.status_code == 422
                assert {error["rule"] for error in answer.json()["errors"]} == {"not_negative"}
        lines = "".join(json.dumps(bad) + "\n" for bad in BAD)
        answer = client.post("/v1/imports", content=lines, headers={"Content-Type": "application/x-ndjson"})
        assert {error["rule"] for error in answer.json()["errors"]} == {"not_negative"}
        head = ledger.head()
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(BAD))
    for more in ([], ["--dry-run"]):
        ran = CliRunner().invoke(command_line, ["append", str(bad), "--data", str(tmp_path), *more])
        assert ran.exit_code == 1
        assert "a quantity is not negative" in ran.output
    with Ledger(tmp_path / "ledger.db") as ledger:
        assert ledger.head() == head == len(WORLD) + len(GOOD)


def test_only_a_rule_that_says_so_is_skipped_and_only_for_what_it_says(known: Ledger) -> None:
    """A shortcut that answers for even years lets the rule be skipped for these alone."""
    asked: list[str] = []

    def check(state: State, event: Version) -> Iterator[Violation]:
        asked.append(event.body["metric"])
        yield from ()

    def shortcut(state: State, facts: FigureFacts) -> bool:
        return facts.metric == "mine_production"

    rule = Rule(check, is_figure, shortcut)
    RULES.add(rule)
    try:
        known.append([figure("5", metric="new", period="2025")])
        for year in range(1990, 1995):
            known.append([figure("5", period=str(year)), figure("6", metric="new", period=str(year))], warn=False)
    finally:
        RULES.remove(rule)
    assert asked == ["new"] * 6
