"""`book.asof`: a table of questions in every form that analysts have one, through both doors."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from api.client import Book, BookError, Refusal
from projections import Engine
from tests.api.client.doors import both, same

ROWS = [
    {"subject": "australia", "metric": "mine_production", "period": "2024", "as_of": "2025-06-30"},
    {"subject": "australia", "metric": "mine_production", "period": "2024", "as_of": "2026-03-01"},
    {"subject": "australia", "metric": "mine_production", "period": "2024", "as_of": "2020"},
]
VALUES = ["13000", "29000", None]


@pytest.fixture(scope="module")
def books(shipped: Engine) -> Iterator[tuple[Book, Book]]:
    with both(shipped) as both_books:
        yield both_books


def frames(directory: Path) -> Iterator[Any]:
    table = pa.Table.from_pylist(ROWS)
    days = [date(2025, 6, 30), date(2026, 3, 1), date(2020, 12, 31)]
    yield ROWS
    yield table
    yield pd.DataFrame(ROWS)
    yield pl.DataFrame(ROWS)
    yield pd.DataFrame(ROWS).assign(as_of=pd.to_datetime(days), period=2024, subject=pd.Categorical(["australia"] * 3))
    parquet.write_table(table, directory / "questions.parquet")
    yield directory / "questions.parquet"
    feather.write_feather(table, str(directory / "questions.feather"), compression="lz4")
    yield directory / "questions.feather"
    pd.DataFrame(ROWS).to_csv(directory / "questions.csv", index=False)
    yield str(directory / "questions.csv")


def test_a_table_in_any_form_is_answered_the_same_through_both_doors(books: tuple[Book, Book], tmp_path: Path) -> None:
    for frame in frames(tmp_path):
        results = [book.asof(frame, recorded_as_of=1300) for book in books]
        rows = same(*results)
        assert [row["value"] for row in rows] == VALUES
        assert results[0].basis["recorded_as_of"] == "position:1300"


def test_a_clock_that_stands_in_a_later_row_alone_counts_there(books: tuple[Book, Book]) -> None:
    rows = [ROWS[0], {**ROWS[0], "recorded_as_of": "position:1"}]
    for book in books:
        assert [row["value"] for row in book.asof(rows)] == [VALUES[0], None]


def test_what_is_refused_names_its_rows(books: tuple[Book, Book]) -> None:
    for book in books:
        with pytest.raises(Refusal) as refusal:
            book.asof([*ROWS, {**ROWS[0], "as_of": "never"}])
        assert [error["row"] for error in refusal.value.errors] == [4]
        with pytest.raises(BookError):
            book.asof("/no/such/file.csv")
        with pytest.raises(BookError):
            book.asof([1])


def test_numbers_are_numbers_in_a_data_frame(books: tuple[Book, Book]) -> None:
    frame = books[0].asof(pd.DataFrame(ROWS), unit="kt").df()
    assert frame["canonical_value"].tolist()[:2] == [13000.0, 29000.0]
    assert frame["value"].tolist()[:2] == ["13", "29"]
