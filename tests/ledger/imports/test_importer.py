"""Files of events, with a verdict per row."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger, import_file
from ledger.imports import importer, rows
from ledger.imports.importer import format_of
from tests.ledger.conftest import figure, retraction

REGISTRATION = {"type": "EntityRegistered", "entity": "togo", "kind": "country", "name": "Togo"}


def jsonl(path: Path, *events: Any) -> Path:
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    return path


def table(path: Path, rows: list[dict[str, str]]) -> Path:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_file_sent_again_adds_nothing(ledger: Ledger, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "facts.jsonl", figure(), figure(period="2024"))
    seen: list[int] = []
    first = import_file(ledger, path, progress=seen.append)
    again = import_file(ledger, path)
    assert (first.recorded, first.duplicate, first.rejected) == (2, 0, 0)
    assert (again.recorded, again.duplicate, again.position) == (0, 2, first.position)
    assert seen[-1] == path.stat().st_size


def test_in_atomic_mode_one_bad_row_means_nothing_is_recorded(ledger: Ledger, tmp_path: Path) -> None:
    head = ledger.head()
    path = jsonl(tmp_path / "facts.jsonl", figure(), figure(unit="cubits"), figure(period="2024"))
    path.write_text(path.read_text() + "{nonsense\n")
    report = import_file(ledger, path)
    assert (report.recorded, report.rejected, ledger.head()) == (0, 2, head)
    assert [(error["row"], error["pointer"], error["rule"]) for error in report.errors] == [
        (2, "/unit", "unit"),
        (4, "", "malformed_json"),
    ]


def test_in_proceed_mode_the_other_rows_are_recorded(ledger: Ledger, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "facts.jsonl", figure(), "no event", figure(unit="cubits"), figure(period="2024"))
    report = import_file(ledger, path, mode="proceed")
    assert (report.recorded, report.rejected) == (2, 2)
    assert [error["row"] for error in report.errors] == [2, 3]


def test_a_csv_has_a_column_per_field(ledger: Ledger, tmp_path: Path) -> None:
    rows = [
        {
            "type": "ProductionReported",
            "subject": "world",
            "metric": "mine_production",
            "dimensions.basis": "reo",
            "period": "2023",
            "value": "350000",
            "unit": "t",
            "approximate": "true",
            "published_at": "2024-01-31",
            "source.publisher": "usgs",
            "source.edition": "MCS 2024",
        },
        {
            "type": "EntityRegistered",
            "entity": "togo",
            "kind": "country",
            "name": "Togo",
            "aliases": '["Togolese Republic"]',
        },
        {
            "type": "MoUSigned",
            "agreement": "a",
            "parties": '[{"entity": "js-link"}]',
            "binding": "false",
            "published_at": "2025-07-24",
            "expected_version": "0",
        },
    ]
    report = import_file(ledger, table(tmp_path / "facts.csv", rows))
    assert (report.recorded, report.errors) == (3, [])
    bodies = [entry.body for entry in ledger.entries()][-3:]
    assert bodies[0]["dimensions"] == {"basis": "reo"}
    assert bodies[0]["source"] == {"publisher": "usgs", "edition": "MCS 2024"}
    assert bodies[0]["approximate"] is True
    assert bodies[1]["aliases"] == ["Togolese Republic"]
    assert bodies[2]["parties"] == [{"entity": "js-link"}]


def test_a_csv_row_that_cannot_be_read_points_at_its_cell(ledger: Ledger, tmp_path: Path) -> None:
    rows = [
        {"type": "ProductionReported", "approximate": "perhaps"},
        {"type": "EntityRegistered", "entity": "togo", "aliases": "[1"},
    ]
    report = import_file(ledger, table(tmp_path / "facts.csv", rows))
    told = [(error["row"], error["pointer"], error["rule"]) for error in report.errors]
    assert [one for one in told if one[2] == "malformed_cell"] == [
        (1, "/approximate", "malformed_cell"),
        (2, "/aliases", "malformed_cell"),
    ]
    assert (2, "/name", "missing") in told  # what else is wrong with the row is told with it
    assert report.rejected == 2


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("usgs", """write it as JSON: ["usgs"], which is "[""usgs""]" in CSV; 'usgs' is none"""),
        ("usgs, bgs", """write it as JSON: ["usgs", "bgs"], which is "[""usgs"", ""bgs""]" in CSV"""),
        ("[usgs, bgs", """write it as JSON: ["usgs", "bgs"]"""),
        ('"usgs"', """write it as JSON: ["usgs"]"""),
        ("7", "it is no list"),
        ("x" * 5000, "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' is none"),
    ],
)
def test_a_cell_that_should_hold_a_list_is_told_how_to_write_it(
    ledger: Ledger, tmp_path: Path, cell: str, said: str
) -> None:
    report = import_file(ledger, table(tmp_path / "facts.csv", [{"type": "PreferenceSet", "publishers": cell}]))
    (error,) = report.errors
    assert (error["pointer"], error["rule"]) == ("/publishers", "malformed_cell")
    assert said in error["detail"]
    assert len(error["detail"]) < 400


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"type": "MoUSigned", "parties": "js-link"}, """a list of objects is JSON: write [{"NAME": "…"}]"""),
        ({"type": "ProductionReported", "dimensions": "reo"}, """write {"basis": "reo"}, or give each part a column"""),
    ],
)
def test_a_cell_that_should_hold_objects_is_told_how_to_write_them(
    ledger: Ledger, tmp_path: Path, row: dict[str, str], said: str
) -> None:
    report = import_file(ledger, table(tmp_path / "facts.csv", [row]))
    assert any(said in error["detail"] for error in report.errors)


def test_a_correction_in_a_csv_names_its_changes_by_column(ledger: Ledger, tmp_path: Path) -> None:
    target = ledger.append([figure()]).items[0]["event_id"]
    row = {
        "type": "EventCorrected",
        "target": target,
        "changes.source.edition": "MCS 2025",
        "changes.value": "13000",
        "reason": "transcription",
        "explanation": "misread",
    }
    assert import_file(ledger, table(tmp_path / "facts.csv", [row])).recorded == 1
    assert list(ledger.entries())[-1].body["changes"] == {"source.edition": "MCS 2025", "value": "13000"}


def test_an_event_id_that_exists_with_another_body_is_a_rejected_row(ledger: Ledger, tmp_path: Path) -> None:
    event = figure(event_id="0198f0a2-5d3c-7c7e-9a51-3f2b8c6d1e00")
    ledger.append([event])
    path = jsonl(tmp_path / "facts.jsonl", event, {**event, "value": "1"})
    report = import_file(ledger, path, mode="proceed")
    assert (report.duplicate, report.rejected) == (1, 1)
    assert report.errors[0]["pointer"] == "/event_id"


def test_a_rejected_row_leaves_no_trace_for_the_rows_after_it(ledger: Ledger, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "facts.jsonl", {**REGISTRATION, "expected_version": 5}, figure(subject="togo"), figure())
    report = import_file(ledger, path, mode="proceed")
    assert (report.recorded, report.rejected) == (1, 2)
    assert [error["pointer"] for error in report.errors] == ["/expected_version", "/subject"]


def test_a_rejected_correction_leaves_no_trace_either(ledger: Ledger, tmp_path: Path) -> None:
    (target,) = (item["event_id"] for item in ledger.append([REGISTRATION]).items)
    path = jsonl(tmp_path / "facts.jsonl", {**retraction(target), "expected_version": 7}, figure(subject="togo"))
    report = import_file(ledger, path, mode="proceed")
    assert [error["pointer"] for error in report.errors] == ["/expected_version"]
    assert report.recorded == 1


def test_proceeding_holds_a_chunk_at_a_time(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PIECE_ROWS", 5)
    monkeypatch.setattr(importer, "TRANSACTION_PIECES", 2)
    facts = [figure(period=str(1900 + number // 2), value=str(number) if number % 7 else "x") for number in range(95)]
    report = import_file(ledger, jsonl(tmp_path / "facts.jsonl", *facts), mode="proceed", on_conflict="record")
    assert (report.recorded, report.rejected) == (81, 14)
    assert [error["row"] for error in report.errors] == [number + 1 for number in range(0, 95, 7)]
    moments = [ledger.recorded_at(position) for position in range(ledger.head() - 80, ledger.head() + 1)]
    assert len(set(moments)) == 10


def test_a_file_of_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"facts\.xls"):
        format_of(Path("facts.xls"))
    assert [format_of(Path(f"facts.{ending}")) for ending in ("NDJSON", "csv", "parquet")] == [
        "jsonl",
        "csv",
        "parquet",
    ]
