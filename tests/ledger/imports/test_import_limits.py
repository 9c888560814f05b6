"""What a file holds is bounded, whatever its form: by bytes, columns, values and faults; and each breach is told."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ledger import (
    ContentTooLarge,
    ImportLimits,
    ImportReport,
    InvalidEvent,
    Ledger,
    Refused,
    import_stream,
    parse_event,
)
from ledger.append.prepare import EVENT_BYTES_MAX, prepared_all
from ledger.codec import strict_json
from ledger.codec.validation import FAULTS_MAX
from ledger.errors import VIOLATIONS_MAX
from ledger.imports import rows
from ledger.imports.import_limits import (
    COLUMN_NAME_LENGTH_MAX,
    FILE_COLUMNS_MAX,
    HEADER_LENGTH_MAX,
    ROW_VALUES_MAX,
)
from ledger.imports.import_report import LISTED_MAX
from ledger.imports.rows import CELL_BYTES, PIECE_BYTES, Format, csv_pieces, csv_rows
from tests.ledger.conftest import figure


def taken(ledger: Ledger, body: bytes, form: Format = "jsonl", **options: Any) -> ImportReport:
    return import_stream(ledger, io.BytesIO(body), form, **options)


def lines(*events: Any) -> bytes:
    return "".join(json.dumps(event) + "\n" for event in events).encode()


@pytest.mark.parametrize("mode", ["atomic", "proceed"])
def test_a_file_that_is_too_large_is_not_even_begun(ledger: Ledger, mode: Any) -> None:
    body, head = lines(figure(), figure(period="2024")), ledger.head()
    with pytest.raises(ContentTooLarge, match=f"{len(body)} bytes, and at most {len(body) - 1}"):
        taken(ledger, body, mode=mode, limits=ImportLimits(file_bytes=len(body) - 1))
    assert ledger.head() == head
    assert taken(ledger, body, mode=mode, limits=ImportLimits(file_bytes=len(body))).recorded == 2


def test_rows_that_wait_are_bounded_where_all_are_recorded_or_none(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "PIECE_ROWS", 10)
    body, head = lines(*(figure(period=str(1000 + number)) for number in range(300))), ledger.head()
    seen: list[int] = []
    with pytest.raises(ContentTooLarge, match="proceed"):
        taken(ledger, body, limits=ImportLimits(held_bytes=20_000), progress=seen.append)
    assert ledger.head() == head
    assert seen[-1] < len(body) / 2  # it stops there, and does not read on
    assert taken(ledger, body, mode="proceed", limits=ImportLimits(held_bytes=20_000)).recorded == 300


HEADERS = {
    "too many columns": ",".join(f"c{number}" for number in range(FILE_COLUMNS_MAX + 1)),
    "a name that is too long": "type," + "x" * (COLUMN_NAME_LENGTH_MAX + 1),
    "a header that is too long": "x" * (HEADER_LENGTH_MAX + 1),
    "a header of commas": "," * (HEADER_LENGTH_MAX + 1),
    "a quote that is never closed": '"' + "x" * (HEADER_LENGTH_MAX + 1),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_a_header_is_bounded_and_then_no_row_is_read(ledger: Ledger, header: str) -> None:
    report = taken(ledger, f"{header}\n{'a,' * 5000}\n".encode() * 2, "csv", mode="proceed")
    (error,) = report.errors
    assert (error["row"], error["rule"]) == (1, "malformed_csv")
    assert len(error["detail"]) < 300
    assert "nothing from here on was read" in error["detail"]
    assert re.match("the (header|name of a column|field)|field larger", error["detail"])


def test_as_many_columns_as_there_may_be_are_read(ledger: Ledger) -> None:
    header = [*figure_columns(), *(f"c{number}" for number in range(FILE_COLUMNS_MAX - len(figure_columns())))]
    body = ",".join(header) + "\n" + ",".join(figure_columns().values()) + "\n"
    assert taken(ledger, body.encode(), "csv").recorded == 1


def figure_columns() -> dict[str, str]:
    event = figure()
    return {**{k: v for k, v in event.items() if isinstance(v, str)}, "source.publisher": event["source"]["publisher"]}


def test_a_row_of_many_cells_is_counted_and_not_kept() -> None:
    body = b"type,note\n" + b"a," * 1_000_000 + b"\n" + b"x" + b"," * 1_000_000 + b"\n"
    (piece,) = csv_pieces(io.BytesIO(body))
    _, kept, _ = piece.raw
    assert kept == [1_000_001, ["x", ""]]
    faults = [row.fault for row in csv_rows(piece)]
    assert faults[0] is not None
    assert "1000001 cells and the header 2" in faults[0].detail


def test_a_piece_is_bounded_by_its_cells_too() -> None:
    width = 500
    body = (
        ("type," + ",".join(f"c{number}" for number in range(1, width)) + "\n").encode()
        + (b"ab," * width)[:-1] * 1
        + b"\n"
    )
    row = (b"ab," * width)[:-1] + b"\n"
    pieces = list(csv_pieces(io.BytesIO(body + row * 2000)))
    cells = [sum(map(len, piece.raw[1])) for piece in pieces]
    assert sum(cells) == 2001 * width
    assert max(cells) * CELL_BYTES <= PIECE_BYTES + width * CELL_BYTES


@pytest.mark.parametrize(
    "line",
    [
        "[" + "0," * ROW_VALUES_MAX + "0]",
        '{"type": "MoUSigned", ' + ", ".join(f'"k{number}": 1' for number in range(ROW_VALUES_MAX)) + "}",
    ],
    ids=["an array", "an object"],
)
def test_a_line_of_many_values_is_refused_before_they_are_made(
    ledger: Ledger, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = taken(ledger, line.encode() + b"\n" + lines(figure()), mode="proceed")
    assert [(error["row"], error["rule"]) for error in report.errors] == [(1, "row_too_long")]
    assert report.recorded == 1


def test_commas_in_a_text_are_no_values(ledger: Ledger) -> None:
    assert taken(ledger, lines(figure(note=",:" * 9000 + '\\"'))).recorded == 1
    text = json.dumps([",:" * 20_000, 'a"' + "\\" * 7]).encode()
    assert strict_json.parse_json(text, values_max=10) == json.loads(text)
    with pytest.raises(ContentTooLarge):
        strict_json.parse_json(b"[" + b"0," * 20 + b"0]", values_max=10)


@pytest.mark.parametrize("count", [VIOLATIONS_MAX, VIOLATIONS_MAX + 1, FAULTS_MAX // 2])
def test_of_many_faults_of_an_event_the_first_are_listed_and_the_others_counted(count: int) -> None:
    with pytest.raises(InvalidEvent) as refused:
        parse_event({"type": "MoUSigned", "agreement": "a", "parties": [1] * count})
    listed = refused.value.violations
    assert (len(listed), refused.value.count) == (min(count, VIOLATIONS_MAX), count)


def test_what_has_a_thousand_faults_is_no_event() -> None:
    with pytest.raises(InvalidEvent) as refused:
        parse_event(
            {"type": "MoUSigned", "agreement": "a", "parties": [], **dict.fromkeys(map(str, range(FAULTS_MAX)))}
        )
    (violation,) = refused.value.violations
    assert (violation.rule, str(FAULTS_MAX + 1) in violation.detail) == ("too_many_faults", True)


def test_of_a_batch_a_hundred_violations_are_held_and_one_of_each_further_event(ledger: Ledger) -> None:
    bad = {"type": "MoUSigned", "agreement": "a", "parties": [1] * 40}
    events = prepared_all([bad] * 1000)
    held = sum(len(event.violations) for event in events if isinstance(event, InvalidEvent))
    assert held == VIOLATIONS_MAX + 997
    with pytest.raises(Refused) as refused:
        ledger.append([bad] * 1000)
    assert (len(refused.value.violations), refused.value.count) == (VIOLATIONS_MAX, 40_000)


def test_of_a_file_a_thousand_errors_are_listed_and_the_others_counted(ledger: Ledger) -> None:
    bad = {"type": "MoUSigned", "agreement": "a", "parties": [1] * 150}
    report = taken(ledger, lines(*[bad] * 100))
    assert (len(report.errors), report.errors_more, report.rejected) == (LISTED_MAX, 14_000, 100)
    assert taken(ledger, lines(bad)).errors_more == 50
    assert taken(ledger, lines(7)).errors_more == 0


def test_an_event_is_bounded_by_every_way_in(ledger: Ledger, tmp_path: Path) -> None:
    long = {"type": "EntityRegistered", "entity": "long", "kind": "other", "name": "Long",
            "aliases": ["x" * 20_000] * 60}  # fmt: skip
    assert len(json.dumps(long)) > EVENT_BYTES_MAX
    with pytest.raises(InvalidEvent) as refused:
        ledger.append([long])
    assert [violation.rule for violation in refused.value.violations] == ["event_too_large"]
    with pytest.raises(InvalidEvent):
        ledger.plan([long])
    assert [error["rule"] for error in taken(ledger, lines(long)).errors] == ["event_too_large"]
    shorter = {**long, "aliases": long["aliases"][:40]}
    assert ledger.append([shorter]).items[0]["status"] == "recorded"


def test_a_long_key_is_told_in_few_words(ledger: Ledger) -> None:
    report = taken(ledger, lines({"type": "QuotaSet", "k" * 3_000_000: 1}))
    assert len(json.dumps(report.errors)) < 10_000
    assert any(error["pointer"].startswith("/kkk") for error in report.errors)


def test_a_giant_number_is_one_fault(ledger: Ledger) -> None:
    line = b'{"type": "MoUSigned", "expected_version": ' + b"9" * 1_000_000 + b"}\n"
    report = taken(ledger, line)
    assert report.rejected == 1
    assert len(json.dumps(report.errors)) < 10_000
