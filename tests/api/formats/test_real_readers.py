"""Real programs read a list of 50,000 figures from a running server, whole and typed.

Ordinarily openpyxl reads one subject in twenty, since it takes 20 s for all.
"""

import io
import urllib.request
import weakref
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from api.questions.resources import state
from projections import CATALOGUE
from tests.api.formats.long_list import FIGURES, PLACES, YEARS, CountedEngine, long_list, served, value_of
from tests.depth import some

LAST = FIGURES - 1
NUMBER = pa.decimal128(38, 18)


@pytest.fixture(scope="module")
def engine() -> Iterator[CountedEngine]:
    with long_list() as engine:
        yield engine


@pytest.fixture(scope="module")
def url(engine: CountedEngine) -> Iterator[str]:
    with served(engine) as address:
        yield f"{address}/v1/figures"


def fetched(url: str, **headers: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return answer.status, answer.read()


class RangedFile(io.RawIOBase):
    """A file over HTTP that is read by ranges of bytes, as readers of Parquet do."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._place = 0
        self.taken = 0
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD")) as answer:
            assert answer.headers["Accept-Ranges"] == "bytes"
            assert answer.read() == b""
            self.size = int(answer.headers["Content-Length"])

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, place: int, whence: int = 0) -> int:
        self._place = place + (0, self._place, self.size)[whence]
        return self._place

    def read(self, size: int = -1) -> bytes:
        stop = self.size if size < 0 else min(self._place + size, self.size)
        if stop <= self._place:
            return b""
        status, part = fetched(self._url, Range=f"bytes={self._place}-{stop - 1}")
        assert (status, len(part)) == (206, stop - self._place)
        self._place = stop
        self.taken += len(part)
        return part


def test_few_rows_of_the_list_are_held_at_a_time(engine: CountedEngine) -> None:
    held: list[weakref.ref[pa.Table]] = []
    sizes, most = [], 0
    for part in state(engine, CATALOGUE["figures"], {"format": "csv"}).parts():
        sizes.append(len(part))
        held = [weakref.ref(part), *(one for one in held if one() is not None)]
        most = max(most, len(held))
        del part
    assert sum(sizes) == FIGURES
    assert max(sizes) * most <= FIGURES / 2


def test_pandas_reads_csv(url: str) -> None:
    frame = pd.read_csv(f"{url}.csv", dtype={"value": str})
    assert len(frame) == FIGURES
    assert frame["canonical_value"].dtype == "float64"
    assert frame["value"].iloc[LAST] == value_of(LAST)
    assert frame["figure_id"].is_unique


def test_polars_reads_parquet(engine: CountedEngine, url: str) -> None:
    before = engine.lists_read
    frame = pl.read_parquet(f"{url}.parquet?metric=mine_production")
    assert engine.lists_read - before == 1  # though it asks for the head, the end and the columns one after another
    assert len(frame) == FIGURES
    assert frame.schema["canonical_value"] == pl.Decimal(38, 18)
    assert frame.schema["period_start"] == pl.Date
    assert frame.schema["recorded_at"] == pl.Datetime("us", "UTC")
    assert frame.schema["value"] == pl.String
    last = frame.row(LAST, named=True)
    assert (last["canonical_value"], last["value"]) == (Decimal(value_of(LAST)), value_of(LAST))
    assert last["period_start"] == date(1900 + YEARS - 1, 1, 1)


def test_ranges_are_read_and_nothing_else(engine: CountedEngine, url: str) -> None:
    before = engine.lists_read
    source = RangedFile(f"{url}.parquet")
    file = parquet.ParquetFile(source)
    table = file.read(columns=["canonical_value"])
    assert table.schema.field("canonical_value").type == NUMBER
    assert file.metadata.num_rows == len(table) == FIGURES
    assert source.taken < source.size / 2
    assert engine.lists_read - before == 1


def test_duckdb_reads_parquet(url: str, tmp_path: Path) -> None:
    connection = duckdb.connect()
    try:
        connection.execute("LOAD httpfs")
        file = f"{url}.parquet"
    except duckdb.Error:  # the extension is not here, and it is on the network only
        path = tmp_path / "figures.parquet"
        path.write_bytes(fetched(f"{url}.parquet")[1])
        file = str(path)
    ((count, types, last),) = connection.execute(
        "SELECT COUNT(*), ANY_VALUE([TYPEOF(canonical_value), TYPEOF(period_start), TYPEOF(recorded_at)]), "
        f"MAX(canonical_value) FROM read_parquet('{file}')"
    ).fetchall()
    assert (count, last) == (FIGURES, Decimal(value_of(LAST)))
    assert types == ["DECIMAL(38,18)", "DATE", "TIMESTAMP WITH TIME ZONE"]


def test_a_stream_of_arrow_is_whole(url: str) -> None:
    with urllib.request.urlopen(f"{url}.arrow") as answer, pa.ipc.open_stream(answer) as stream:
        table = stream.read_all()
    assert (len(table), table.schema.field("canonical_value").type) == (FIGURES, NUMBER)


def test_excel_has_all_of_it(url: str) -> None:
    subjects = some(PLACES, one_in=20)
    count = len(subjects) * YEARS
    _, body = fetched(f"{url}.xlsx?subject={','.join(subjects)}")
    book = openpyxl.load_workbook(io.BytesIO(body), read_only=True)
    rows = book["items"].iter_rows(values_only=True)
    head = next(rows)
    listed = list(rows)
    item = dict(zip(map(str, head), listed[-1], strict=True))
    last = PLACES.index(subjects[-1]) * YEARS + YEARS - 1
    assert len(listed) == count
    assert item["value"] == value_of(last)
    assert item["canonical_value"] == value_of(last).rstrip("0")  # Excel has 15 digits, so more of them stay a text
    assert item["period_start"] == datetime(1900 + YEARS - 1, 1, 1)
    assert isinstance(item["recorded_at"], datetime)
    names, basis = book["basis"].iter_rows(values_only=True)
    assert dict(zip(map(str, names), basis, strict=True))["items"] == count


def test_lines_of_json_are_whole(url: str) -> None:
    assert fetched(f"{url}.jsonl")[1].count(b"\n") == FIGURES
