"""Items as texts and typed are the same, to the digit: the texts are what the typed values print."""

import datetime
from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pytest

from projections import Engine
from projections.queries.format import presented, typed

AT = datetime.datetime(2026, 2, 6, 9, 30, 0, 120, tzinfo=datetime.UTC)
NUMBERS = [Decimal(one).quantize(Decimal("1e-18")) for one in ("13000.5", "0", "-0.000000000000000001", "10000000")]


def columns() -> pa.Table:
    """Columns as DuckDB gives them: an instant has no zone."""
    return pa.table(
        {
            "number": pa.array([*NUMBERS, None], pa.decimal128(38, 18)),
            "day": pa.array([datetime.date(2026, 2, 6), None, None, None, datetime.date(1, 1, 1)]),
            "instant": pa.array([AT.replace(tzinfo=None), None, None, None, None], pa.timestamp("us")),
            "text": ["13000.50", "", None, "0.0", "1e5"],
            "place": [1, 2, 3, 4, 5],
        }
    )


def test_texts_made_of_typed_columns_are_those_made_at_once() -> None:
    texts = presented(columns(), hidden=("place",))
    assert presented(typed(columns(), hidden=("place",))) == texts
    assert texts["number"].to_pylist() == ["13000.5", "0", "-0.000000000000000001", "10000000", None]
    assert texts["instant"].to_pylist()[0] == "2026-02-06T09:30:00.000120Z"
    assert texts["text"].to_pylist() == columns()["text"].to_pylist()


def test_typed_instants_are_in_utc_and_nothing_else_is_changed() -> None:
    table = typed(columns())
    assert table["instant"].to_pylist()[0] == AT
    assert table.drop_columns(["instant"]) == columns().drop_columns(["instant"])


@pytest.mark.parametrize("form", [presented, typed])
def test_a_number_that_is_too_long_for_its_column_makes_it_one_of_texts(form: Callable[..., pa.Table]) -> None:
    most = Decimal("99999999999999999999.999999999999999998")
    table = pa.table(
        {
            "spread": pa.array([Decimal("1.5"), None, None], pa.decimal128(38, 18)),
            "spread_beyond": pa.array([None, most, None], pa.decimal128(38, 18)),
        }
    )
    shown = form(table, hidden=("spread_beyond",))
    assert shown.to_pydict() == {"spread": ["1.5", "199999999999999999999.999999999999999998", None]}


@pytest.mark.parametrize(("name", "sort"), [("figures", None), ("figures", "-published"), ("policies", None)])
def test_all_items_that_are_read_typed_are_those_that_are_read_as_text(
    shipped: Engine, name: str, sort: str | None
) -> None:
    at = shipped.viewpoint(as_of="2026-03-01")
    plainly = pa.concat_tables(shipped.read_all(name, at, sort=sort, as_text=False))
    assert presented(plainly) == pa.concat_tables(shipped.read_all(name, at, sort=sort))


def test_figures_that_are_read_typed_have_numbers_days_and_instants(shipped: Engine) -> None:
    figures = pa.concat_tables(shipped.read_all("figures", shipped.viewpoint(as_of="2026-03-01"), as_text=False))
    kinds = {one.name: one.type for one in figures.schema}
    assert kinds["canonical_value"] == kinds["spread"] == pa.decimal128(38, 18)
    assert (kinds["period_start"], kinds["recorded_at"]) == (pa.date32(), pa.timestamp("us", "UTC"))
