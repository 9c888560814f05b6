"""Parquet through a mapping: decimals exact, days as days, null as empty, and floats only where somebody says so."""

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import numpy
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import ImportReport, Ledger, MappingError, import_stream
from ledger.imports.mappings.table_mapping import parse_mapping
from ledger.imports.parquet import cell_of
from tests.ledger.conftest import WORLD

MAPPING = parse_mapping(b"""
name = "columns"
[symbols]
W = "withheld"
[event]
type = "ProductionReported"
subject = { from = "{place}", names = true }
unit = "t"
period = "{period}"
published_at = "{published}"
source = { publisher = "usgs" }
[[value]]
columns = "mined_(?P<kind>.*)"
metric = "{kind}_production"
""")
DAY = dt.date(2025, 1, 31)


def taken(columns: dict[str, Any], *, ledger: Ledger | None = None, **chosen: Any) -> tuple[ImportReport, list[Any]]:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    with ledger or Ledger(":memory:") as book:
        book.append(WORLD)
        report = import_stream(book, file, "csv", name="t.parquet", mapping=MAPPING, **chosen)
        return report, [entry.body for entry in book.entries(after=len(WORLD))]


def table(**more: Any) -> dict[str, Any]:
    usual = {"place": ["China", "Australia"], "period": pa.array([2023, 2024], pa.int16()), "published": [DAY, DAY]}
    return {**usual, **more}


def test_cells_are_taken_exactly() -> None:
    decimals = pa.array([Decimal("240000.10"), None], pa.decimal128(38, 18))
    report, bodies = taken(table(mined_mine=decimals, mined_ore=["W", "1.50"], mined_x=pa.array([None, 7])))
    assert report.errors == []
    made = [(one["subject"], one["period"], one["metric"], one["value"]) for one in bodies if "value" in one]
    assert made == [
        ("china", "2023", "mine_production", "240000.100000000000000000"),
        ("australia", "2024", "ore_production", "1.50"),
        ("australia", "2024", "x_production", "7"),
    ]
    assert {one["published_at"] for one in bodies} == {"2025-01-31"}


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_midnight_without_a_zone_is_a_day(unit: str) -> None:
    midnight = pa.array([dt.datetime(2025, 1, 31), dt.datetime(1969, 12, 31)]).cast(pa.timestamp(unit))
    report, bodies = taken(table(published=midnight, mined_mine=["1", "2"]))
    assert (report.errors, [one["published_at"] for one in bodies]) == ([], ["2025-01-31", "1969-12-31"])
    noon = pa.array([dt.datetime(2025, 1, 31, 12)] * 2).cast(pa.timestamp(unit))
    report, _ = taken(table(published=noon, mined_mine=["1", "2"]))
    assert {one["pointer"] for one in report.errors} == {"/published_at"}


def test_floats_are_refused_with_their_reason_or_taken_and_told() -> None:
    columns = table(mined_mine=[0.1, 240000.0], mined_small=pa.array([0.1, None], pa.float32()), weight=[1.5, 2.5])
    report, _ = taken(columns)
    told = {(one["row"], one["pointer"]) for one in report.errors}
    assert told == {(1, "/mined_mine"), (1, "/mined_small"), (2, "/mined_mine")}
    assert "floats=shortest" in report.errors[0]["detail"]
    report, bodies = taken(columns, floats="shortest")
    assert [one["value"] for one in bodies] == ["0.1", "0.1", "240000"]
    assert "mined_mine (double), mined_small (float), weight (double)" in report.notes[0]


def test_a_column_that_the_mapping_does_not_look_at_may_hold_anything() -> None:
    odd = table(mined_mine=["1", "2"], weight=[1.5, float("nan")], raw=[b"\xff", b""], more=[{"a": [1]}, None])
    report, bodies = taken(odd)
    assert (report.errors, len(bodies)) == ([], 2)
    assert report.notes == ["The mapping columns takes nothing from the columns weight, raw, more"]


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()])
@given(value=st.floats(width=16))
def test_the_shortest_decimal_is_the_number_again(kind: Any, value: float) -> None:
    of_size = {16: numpy.float16, 32: numpy.float32, 64: numpy.float64}[kind.bit_width]
    written = cell_of(kind, True)(value)
    assert "e" not in written.replace("inf", "")
    assert of_size(written) == of_size(value) or value != value


def test_what_is_no_table_is_told() -> None:
    for raw, said in ((b"", "no rows"), (b"PAR1 and nothing else", "cannot be read")):
        with Ledger(":memory:") as ledger, pytest.raises(MappingError, match=said):
            import_stream(ledger, io.BytesIO(raw), "csv", name="t.parquet", mapping=MAPPING)
    wide = {f"c{number}": ["a"] for number in range(1001)}
    with pytest.raises(MappingError, match="1001 columns"):
        taken(wide)
