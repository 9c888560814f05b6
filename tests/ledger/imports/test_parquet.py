"""Parquet: typed cells become the JSON values that events are made of, exactly, or say why they cannot."""

import datetime as dt
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ledger import Ledger, import_file
from ledger.codec.strict_json import digest
from ledger.imports import parquet
from ledger.imports.import_limits import USUAL_LIMITS, ImportLimits
from ledger.imports.rows import Row
from tests.ledger.conftest import figure

NOON = dt.datetime(2024, 1, 31, 12, 0, 0, 1, tzinfo=dt.UTC)
UUID_TEXT = "0198f0a2-5d3c-7c7e-9a51-3f2b8c6d1e00"


def written(columns: dict[str, Any] | pa.Table, **settings: Any) -> io.BytesIO:
    out = io.BytesIO()
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), out, **settings)
    return out


def parquet_rows(file: BinaryIO) -> Iterator[Row]:
    for piece in parquet.parquet_pieces(file, USUAL_LIMITS):
        yield from parquet.parquet_rows(piece)


def only(columns: dict[str, Any]) -> Row:
    (row,) = parquet_rows(written(columns))
    return row


# Column -> (cells in Arrow, the value in JSON)
EXACT: dict[str, tuple[str, Any, Any]] = {
    "text": ("value", pa.array(["2.080"]), "2.080"),
    "large text": ("value", pa.array(["2.080"], pa.large_string()), "2.080"),
    "text by dictionary": ("unit", pa.array(["t"]).dictionary_encode(), "t"),
    "decimal": ("value", pa.array([Decimal("2.080")], pa.decimal128(10, 3)), "2.080"),
    "decimal of 38 digits": (
        "value",
        pa.array([Decimal("12345678901234567890.123456789012345678")], pa.decimal128(38, 18)),
        "12345678901234567890.123456789012345678",
    ),
    "decimal with an exponent": ("value", pa.array([Decimal("1E-18")], pa.decimal128(38, 18)), f"0.{1:018}"),
    "whole number as a value": ("value", pa.array([2**63 - 1]), "9223372036854775807"),
    "whole number as a period": ("period", pa.array([2024], pa.int16()), "2024"),
    "whole number": ("expected_version", pa.array([0], pa.uint8()), 0),
    "whole number as text": ("expected_version", pa.array(["12"]), 12),
    "whole number in a nested field": ("source.edition", pa.array([2024]), {"edition": "2024"}),
    "flag": ("approximate", pa.array([True]), True),
    "flag as text": ("approximate", pa.array(["False"]), False),
    "day": ("published_at", pa.array([dt.date(2024, 1, 31)]), "2024-01-31"),
    "day in milliseconds": ("published_at", pa.array([dt.date(2024, 1, 31)], pa.date64()), "2024-01-31"),
    "early day": ("published_at", pa.array([dt.date(987, 1, 31)]), "0987-01-31"),
    "instant": ("published_at", pa.array([NOON], pa.timestamp("us", "UTC")), "2024-01-31T12:00:00.000001Z"),
    "instant in nanoseconds": (
        "published_at",
        pa.array([NOON], pa.timestamp("ns", "UTC")),
        "2024-01-31T12:00:00.000001Z",
    ),
    "instant elsewhere": (
        "published_at",
        pa.array([NOON], pa.timestamp("us", "+08:00")),
        "2024-01-31T12:00:00.000001Z",
    ),
    "instant before 1970": (
        "published_at",
        pa.array([dt.datetime(1969, 12, 31, 23, 59, 59, 1000, tzinfo=dt.UTC)], pa.timestamp("ms", "UTC")),
        "1969-12-31T23:59:59.001000Z",
    ),
    "UUID": ("event_id", pa.array([UUID(UUID_TEXT).bytes], pa.uuid()), UUID_TEXT),
    "list": ("aliases", pa.array([["a", "b"]]), ["a", "b"]),
    "list as JSON text": ("aliases", pa.array(['["a"]']), ["a"]),
    "list as JSON": ("aliases", pa.array(['["a"]'], pa.json_()), ["a"]),
    "map": ("dimensions", pa.array([[("basis", "reo")]], pa.map_(pa.string(), pa.string())), {"basis": "reo"}),
    "structs": ("parties", pa.array([[{"entity": "a", "role": None}]]), [{"entity": "a"}]),
    "struct": ("source", pa.array([{"publisher": "usgs", "url": None}]), {"publisher": "usgs"}),
    "struct of nothing": ("source", pa.array([{"publisher": None}], pa.struct({"publisher": pa.string()})), None),
    "null": ("value", pa.array([None], pa.decimal128(3, 1)), None),
    "null without a type": ("value", pa.nulls(1), None),
}


@pytest.mark.parametrize(("column", "cells", "value"), EXACT.values(), ids=EXACT.keys())
def test_a_cell_is_read_exactly(column: str, cells: Any, value: Any) -> None:
    name = column.partition(".")[0]
    types = {"aliases": "EntityRegistered", "parties": "MoUSigned"}
    row = only({"type": [types.get(column, "ProductionReported")], column: cells})
    assert row.fault is None
    assert row.sent.get(name) == value
    assert type(row.sent.get(name)) is type(value)
    assert (name in row.sent) is (value is not None)
    digest(row.sent)


REFUSED: dict[str, tuple[Any, str]] = {
    "floating-point number": (pa.array([1.5]), "not exact"),
    "floating-point number in a struct": (pa.array([{"x": 1.5}]), "not exact"),
    "half": (pa.array([1.5], pa.float16()), "not exact"),
    "NaN": (pa.array([float("nan")]), "not exact"),
    "instant without a zone": (pa.array([dt.datetime(2024, 1, 31)], pa.timestamp("us")), "time zone"),
    "instant that is too fine": (pa.array([1], pa.int64()).cast(pa.timestamp("ns", "UTC")), "microsecond"),
    "instant that is too late": (pa.array([2**62]).cast(pa.timestamp("us", "UTC")), "years"),
    "day that is too late": (pa.array([2**31 - 1], pa.int32()).cast(pa.date32()), "years"),
    "time of day": (pa.array([dt.time(1)]), "write it as text"),
    "bytes": (pa.array([b"x"]), "write it as text"),
    "text that is not UTF-8": (pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers()), "not UTF-8"),
    "JSON that is none": (pa.array(["{"], pa.json_()), "line 1"),
    "key of a map twice": (pa.array([[("a", "x"), ("a", "y")]], pa.map_(pa.string(), pa.string())), "once"),
    "struct with two fields of one name": (
        pa.StructArray.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["x", "x"]),
        "duplicate",
    ),
}


@pytest.mark.parametrize(("cells", "word"), REFUSED.values(), ids=REFUSED.keys())
def test_a_cell_that_is_not_exact_or_means_nothing_is_refused_by_its_column(cells: Any, word: str) -> None:
    row = only({"type": ["ProductionReported"], "value": cells})
    assert row.fault is not None
    assert (row.number, row.fault.pointer, row.fault.rule) == (1, "/value", "malformed_cell")
    assert word in row.fault.detail


def test_one_cell_that_cannot_be_read_is_a_fault_of_its_row_alone() -> None:
    cells = pa.Array.from_buffers(pa.string(), 3, pa.array([b"a", b"\xff", b"c"]).buffers())
    rows = list(parquet_rows(written({"type": ["MoUSigned"] * 3, "note": cells})))
    assert [row.fault is None for row in rows] == [True, False, True]


def test_rows_are_counted_over_batches_and_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BATCH_ROWS", 7)
    file = written({"type": ["MoUSigned"] * 40, "note": [str(number) for number in range(1, 41)]}, row_group_size=11)
    rows = list(parquet_rows(file))
    assert [(row.number, row.sent["note"]) for row in rows] == [(number, str(number)) for number in range(1, 41)]
    assert [piece.done for piece in parquet.parquet_pieces(file, USUAL_LIMITS)][-1] == len(file.getvalue())


def test_a_row_of_nulls_is_skipped_and_counted() -> None:
    rows = list(parquet_rows(written({"type": [None, "MoUSigned"], "note": pa.array([None, "x"])})))
    assert [row.number for row in rows] == [2]


def test_two_columns_of_one_name_are_refused_where_both_say_something() -> None:
    table = pa.Table.from_arrays([pa.array(["t", "t"]), pa.array(["kt", None])], names=["unit", "unit"])
    first, second = parquet_rows(written(table))
    assert first.fault is not None
    assert second.sent == {"unit": "t"}


@pytest.mark.parametrize("end", [1, 4, 8, 100, -100, -8, -1])
def test_a_file_that_breaks_off_is_a_fault_and_no_error(end: int) -> None:
    whole = written({"type": ["MoUSigned"] * 100, "note": [str(number) * 50 for number in range(100)]}).getvalue()
    rows = list(parquet_rows(io.BytesIO(whole[:end])))
    assert [row.fault.rule for row in rows if row.fault is not None] == ["malformed_parquet"]


def test_a_file_with_any_byte_changed_is_read_or_refused() -> None:
    whole = written({"type": ["MoUSigned"] * 10, "value": pa.array([Decimal("1.5")] * 10)}).getvalue()
    for place in range(0, len(whole), 3):
        changed = bytearray(whole)
        changed[place] ^= 0xFF
        assert len(list(parquet_rows(io.BytesIO(bytes(changed))))) <= 11


def test_rows_that_hold_next_to_nothing_count_as_rows() -> None:
    file = written(pa.table({"type": pa.array(["E"] * 20_000).dictionary_encode()}))
    limits = ImportLimits(file_bytes=10_000 * parquet.ROW_BYTES)
    *_, last = parquet.parquet_pieces(file, limits)
    assert last.raw[1][0] == "too_large"
    assert last.first <= 10_001


def test_a_file_of_no_bytes_has_no_rows() -> None:
    assert list(parquet_rows(io.BytesIO())) == []


def test_the_same_facts_in_csv_and_in_parquet_are_the_same_events(ledger: Ledger, tmp_path: Path) -> None:
    source, facts = figure().pop("source"), figure(event_id=UUID_TEXT)
    del facts["source"]
    flat = {**facts, "source.publisher": source["publisher"]}
    (tmp_path / "facts.csv").write_text(f"{','.join(flat)}\n{','.join(flat.values())}\n", encoding="utf-8")
    exact = {"value": pa.array([350000]), "period": pa.array([2023]), "published_at": [dt.date(2024, 1, 31)]}
    columns = {**{name: [text] for name, text in facts.items()}, **exact, "source": [source]}
    pq.write_table(pa.table(columns), tmp_path / "facts.parquet")
    assert import_file(ledger, tmp_path / "facts.csv").recorded == 1
    assert import_file(ledger, tmp_path / "facts.parquet").duplicate == 1
