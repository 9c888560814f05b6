"""A small Parquet file that stands for much is read within bounds: its pages tell how much before they are decoded."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import ImportLimits, Ledger, import_stream
from ledger.imports import parquet_pages
from ledger.imports.import_limits import FILE_COLUMNS_MAX, UNPACKED_BYTES_MIN, USUAL_LIMITS, TooLarge
from ledger.imports.parquet import BATCH_ROWS, parquet_pieces, parquet_rows
from ledger.imports.parquet_pages import PAGE_BYTES_MAX, batch_rows, check_footer
from ledger.imports.rows import PIECE_BYTES, ROW_BYTES_MAX, Piece, Row
from ledger.imports.thrift_structs import struct_at
from ledger.imports.unpacked_sizes import unpacked_bytes, without_dictionaries
from tests.ledger.conftest import figure

MIB = 1024 * 1024
POOLS: list[Any] = []
"""They live as long as what was allocated in them may."""
LONG = "x" * 500_000


def written(columns: dict[str, Any], **settings: Any) -> io.BytesIO:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **{"compression": "zstd", **settings})
    return out


def again(text: Any, count: int) -> pa.DictionaryArray:
    """A value that is there many times, and once in the file."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array([text]))


@contextmanager
def peak(bytes_max: int) -> Iterator[None]:
    """Arrow allocates at most so much at once in the block."""
    pool, usual = pa.proxy_memory_pool(pa.system_memory_pool()), pa.default_memory_pool()
    POOLS.append(pool)
    pa.set_memory_pool(pool)
    try:
        yield
        assert pool.max_memory() <= bytes_max
    finally:
        pa.set_memory_pool(usual)


def read(file: io.BytesIO, limits: ImportLimits = USUAL_LIMITS) -> tuple[list[Piece], list[Row]]:
    pieces = list(parquet_pieces(file, limits))
    return pieces, [row for piece in pieces for row in parquet_rows(piece)]


def rules(rows: list[Row]) -> set[str]:
    return {row.fault.rule for row in rows if row.fault is not None}


BOMBS: dict[str, Any] = {
    "a text again and again": lambda: written({"type": again("MoUSigned", 2000), "note": again(LONG, 2000)}),
    "the same without a dictionary": lambda: written(
        {"note": again(LONG, 2000).dictionary_decode()}, use_dictionary=False, write_batch_size=8
    ),
    "the beginning of the text before": lambda: written(
        {"note": again(LONG, 1000).dictionary_decode()},
        use_dictionary=False,
        column_encoding={"note": "DELTA_BYTE_ARRAY"},
    ),
    "a list of texts": lambda: written(
        {"aliases": pa.ListArray.from_arrays(pa.array([0, 1500], pa.int32()), again(LONG, 1500))}
    ),
    "lists of texts": lambda: written(
        {"aliases": pa.ListArray.from_arrays(pa.array(range(1501), pa.int32()), again(LONG, 1500))}
    ),
    "a map of texts": lambda: written(
        {
            "dimensions": pa.MapArray.from_arrays(
                pa.array(range(1001), pa.int32()), again("k", 1000).dictionary_decode(), again(LONG, 1000)
            )
        }
    ),
    "structs of texts": lambda: written(
        {"source": pa.StructArray.from_arrays([again(LONG, 1500).dictionary_decode()], ["title"])}
    ),
    "texts in JSON": lambda: written({"aliases": pa.array([json.dumps([LONG])] * 1000, pa.json_())}),
    "bytes of one length": lambda: written({"note": pa.array([b"x" * 500_000] * 1000, pa.binary(500_000))}),
    "a list of nothing": lambda: written(
        {"aliases": pa.ListArray.from_arrays(pa.array([0, 10_000_000], pa.int32()), pa.nulls(10_000_000, pa.string()))}
    ),
    "a longer list of nothing": lambda: written(
        {"aliases": pa.ListArray.from_arrays(pa.array([0, 40_000_000], pa.int32()), pa.nulls(40_000_000, pa.string()))}
    ),
    "rows of nothing": lambda: written({"note": pa.nulls(20_000_000, pa.string())}),
    "columns of texts": lambda: written({f"c{number}": again(LONG, 50) for number in range(60)}),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_what_unpacks_to_much_is_read_within_bounds(bomb: Any) -> None:
    file = bomb()
    assert len(file.getvalue()) < 2 * MIB
    longest = unpacked = 0
    faults: set[str] = set()
    with peak(350 * MIB):
        for piece in parquet_pieces(file, USUAL_LIMITS):
            stream = piece.raw[0]
            longest, unpacked = max(longest, len(stream)), unpacked + len(stream)
            if not stream:
                faults |= rules(list(parquet_rows(piece)))
    assert longest <= PIECE_BYTES + MIB
    assert unpacked <= UNPACKED_BYTES_MIN
    assert faults & {"too_large", "row_too_long"}


def test_a_text_again_and_again_that_is_small_enough_is_read() -> None:
    pieces, rows = read(written({"type": again("MoUSigned", 200), "note": again(LONG, 200)}))
    assert [row.sent["note"] == LONG for row in rows] == [True] * 200
    assert len(pieces) > 200 * len(LONG) // PIECE_BYTES
    assert [row.number for row in rows] == list(range(1, 201))


def test_a_row_that_is_too_long_is_a_fault_of_its_own() -> None:
    notes = pa.array(["a", "x" * (ROW_BYTES_MAX + 1), "c"])
    _, rows = read(written({"type": ["MoUSigned"] * 3, "note": notes}))
    assert [(row.number, row.fault and row.fault.rule) for row in rows] == [(1, None), (2, "row_too_long"), (3, None)]


def test_nothing_of_a_file_that_is_too_large_is_recorded_where_all_is_or_none(ledger: Ledger) -> None:
    head = ledger.head()
    event = {name: text for name, text in figure().items() if isinstance(text, str)}
    columns: dict[str, Any] = {name: again(text, 1500) for name, text in event.items()}
    columns |= {"period": [str(1000 + number) for number in range(1500)], "source.publisher": again("usgs", 1500)}
    file = written({**columns, "unknown": again(LONG, 1500)})
    report = import_stream(ledger, file, "parquet")
    assert (report.recorded, ledger.head()) == (0, head)
    assert report.errors[-1]["rule"] == "too_large"
    small = written(columns)
    assert (
        import_stream(ledger, small, "parquet", limits=ImportLimits(file_bytes=100_000)).errors[-1]["rule"]
        == "too_large"
    )
    assert import_stream(ledger, small, "parquet").recorded == 1500


def test_columns_and_their_depth_are_bounded_before_the_file_is_opened() -> None:
    assert rules(read(written({f"c{number}": ["a"] for number in range(FILE_COLUMNS_MAX + 1)}))[1]) == {"too_large"}
    assert rules(read(written({f"c{number}": ["a"] for number in range(FILE_COLUMNS_MAX)}))[1]) == set()
    deep: Any = pa.array([1])
    for _ in range(40):
        deep = pa.StructArray.from_arrays([deep], ["a"])
    with pytest.raises(TooLarge, match="deep"):
        check_footer(written({"a": deep}))


def test_what_a_file_says_of_itself_is_bounded() -> None:
    raw = written({"a": ["b"]}).getvalue()
    lying = raw[:-8] + (parquet_pages.FOOTER_BYTES_MAX + 1).to_bytes(4, "little") + b"PAR1"
    with pytest.raises(TooLarge, match="says about itself"):
        check_footer(io.BytesIO(lying))
    for other in (b"", b"PAR1", b"\xff" * 8, raw[:-8] + b"\xff\xff\x0f\x00PAR1"):
        check_footer(io.BytesIO(other))


def test_a_page_is_bounded_by_what_its_header_says() -> None:
    rows = read(written({"note": [LONG] * 200}, use_dictionary=False, data_page_size=2 * PAGE_BYTES_MAX))[1]
    (row,) = rows
    assert row.fault is not None
    assert (row.fault.rule, "has a page of 100" in row.fault.detail) == ("too_large", True)


def test_row_groups_that_share_their_pages_are_damage() -> None:
    class Chunk:
        total_compressed_size = 600

    class Group:
        num_columns = 1

        def column(self, place: int) -> Chunk:
            return Chunk()

    class Metadata:
        num_row_groups = 2

        def row_group(self, place: int) -> Group:
            return Group()

    parquet_pages.check_extent(Metadata(), 1200)
    with pytest.raises(ValueError, match="1200 bytes, and the file has 1199"):
        parquet_pages.check_extent(Metadata(), 1199)


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "brotli", "zstd", "lz4"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_usual_files_are_read_in_whole_batches(compression: str, version: str) -> None:
    count = 5000
    columns = {
        "type": ["ProductionReported"] * count,
        "event_id": [f"{number:036d}" for number in range(count)],
        "note": [f"note {number % 700} " * 20 for number in range(count)],
        "url": [None if number % 3 else f"http://{number % 40}" for number in range(count)],
        "aliases": [[f"a{number}", "b"] if number % 5 else None for number in range(count)],
    }
    file = written(columns, compression=compression, data_page_version=version)
    metadata = pq.ParquetFile(file).metadata
    assert batch_rows(file, metadata, 0, rows_max=BATCH_ROWS) == BATCH_ROWS
    pieces, rows = read(file)
    assert len(pieces) == count // BATCH_ROWS
    assert [row.sent["event_id"] for row in rows] == columns["event_id"]
    assert [row.sent.get("aliases") for row in rows] == columns["aliases"]


@given(st.lists(st.lists(st.none() | st.text(max_size=9), max_size=4) | st.none(), max_size=9), st.integers(0, 9))
def test_sizes_are_those_of_the_texts_and_dictionaries_leave_no_trace(texts: list[Any], start: int) -> None:
    plain = pa.array(texts, pa.list_(pa.string()))
    packed = pa.ListArray.from_arrays(plain.offsets, plain.values.dictionary_encode(), mask=plain.is_null())
    structs = pa.StructArray.from_arrays([packed, plain], ["a", "b"])
    batch = pa.record_batch({"packed": packed, "structs": structs}).slice(start)
    letters = sum(len(text.encode()) for one in texts[start:] for text in one or () if text is not None)
    values = sum(1 + len(one or ()) for one in texts[start:])
    assert unpacked_bytes(batch.column("packed")) == letters + values * parquet_pages.VALUE_BYTES
    undone = without_dictionaries(batch)
    assert undone.to_pylist() == batch.to_pylist()
    assert "dictionary" not in str(undone.schema.types)


def test_a_structure_is_read_by_its_numbers() -> None:
    assert struct_at(bytes([0x15, 0x0E, 0x00])) == {0: 3, 1: 7}
    assert struct_at(bytes([0x15, 0x0E, 0x2C, 0x15, 0x01, 0x00, 0x00, 0xFF])) == {0: 7, 1: 7, 3: {1: -1}}
    with pytest.raises(IndexError):
        struct_at(bytes([0x15]))
    with pytest.raises(ValueError, match="deep"):
        struct_at(b"\x1c" * 1000)


@given(st.binary(max_size=60))
def test_no_bytes_are_more_than_no_structure(raw: bytes) -> None:
    with suppress(ValueError, IndexError):
        struct_at(raw)
