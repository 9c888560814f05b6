"""An answer that is held whole is the same as one in parts, though its columns are made by every core."""

from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pytest

from projections import CATALOGUE, Allowance, Engine, OutOfMemory
from projections.tables.database import can_be_written, whole_arrow_table

VIEWS: Sequence[dict[str, str]] = (
    {"as_of": "2026-03-01"},
    {"as_of": "2024-06-30"},
    {"as_of": "2026-03-01", "recorded_as_of": "position:600"},
    {"as_of": "1990-01-01"},
)


@pytest.mark.parametrize(("name", "sort"), [*((name, None) for name in CATALOGUE), ("figures", "-published")])
@pytest.mark.parametrize("offset", [0, 7])
def test_all_items_in_one_table_are_those_in_parts(shipped: Engine, name: str, sort: str | None, offset: int) -> None:
    at_once = shipped.within(Allowance(holds_all=True))
    for view in VIEWS:
        at = shipped.viewpoint(**view)
        parts = pa.concat_tables(shipped.read_all(name, at, sort=sort, offset=offset, as_text=False))
        (whole,) = at_once.read_all(name, at, sort=sort, offset=offset, as_text=False)
        assert whole.equals(parts)


def test_a_whole_answer_is_no_longer_than_the_memory_of_its_question(shipped: Engine) -> None:
    inquiry = shipped.within(Allowance(holds_all=True, bytes_max=1000))
    with pytest.raises(OutOfMemory):
        list(inquiry.read_all("figures", shipped.viewpoint(as_of="2026-03-01"), as_text=False))


def test_numbers_and_moments_are_written_into_a_query_as_they_are() -> None:
    moment = datetime(2025, 12, 31, 23, 59, 59, 999999)
    with duckdb.connect() as connection:
        table = whole_arrow_table(connection, "SELECT $as_of AS a, $at AS b, -$at AS c", {"as_of": moment, "at": 7})
    assert table.to_pylist() == [{"a": moment, "b": 7, "c": -7}]


@pytest.mark.parametrize("sent", ["it's", ["usgs"], None, 1.5, True, b"x"])
def test_what_somebody_sent_is_never_written_into_a_query(sent: object) -> None:
    assert not can_be_written([1, sent])
    assert can_be_written([1, datetime(2025, 1, 1, tzinfo=UTC).replace(tzinfo=None)])
