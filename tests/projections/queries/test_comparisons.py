"""Filters compare each kind of column in its own way, and say so where a value is none of that kind."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import duckdb
import pytest

from projections.column_kinds import Kind
from projections.projection import Filter, Projection
from projections.queries.comparisons import condition

ID = UUID("00000000-0000-4000-8000-000000000001")
FITTING: list[tuple[Kind, str, Any, list[str], list[str]]] = [
    (Kind.TEXT, "VARCHAR", "2024", ["2025", "2024"], ["024"]),
    (Kind.SLUG, "VARCHAR", "china", ["china"], ["chin"]),
    (Kind.MOMENT, "VARCHAR", "2025-10", ["2025-10"], ["2025-10-01"]),
    (Kind.DECIMAL, "DECIMAL(38, 18)", Decimal("1.5"), ["1.50", "3"], ["1.51"]),
    (Kind.PRINTED, "VARCHAR", "1.50", ["1.5"], ["15"]),
    (Kind.COUNT, "BIGINT", 7, ["1", "07"], ["-7"]),
    (Kind.FLAG, "BOOLEAN", True, ["true"], ["false"]),
    (Kind.DAY, "DATE", date(2025, 10, 27), ["2025-10-27"], ["2025-10-28"]),
    (Kind.INSTANT, "TIMESTAMP", datetime(2025, 10, 27, 9), ["2024", "2025-10"], ["2025-10-26"]),
    (Kind.INSTANT, "TIMESTAMP", datetime(2025, 10, 27, 9), ["2025-10-27T17:00:00+08:00"], ["2025-10-27T09:00:01Z"]),
    (Kind.IDENTIFIER, "UUID", ID, [str(ID)], ["00000000-0000-4000-8000-000000000002"]),
    (Kind.TEXTS, "VARCHAR[]", ["a", "b"], ["c", "b"], ["ab"]),
    (Kind.SLUGS, "VARCHAR[]", ["japan"], ["japan"], ["china"]),
]


def fits(kind: Kind, type_: str, held: Any, values: list[str]) -> bool:
    """Whether a row with this value in a column of this type is selected."""
    params: dict[str, Any] = {"held": held}

    def bind(value: Any) -> str:
        name = f"p{len(params)}"
        params[name] = value
        return f"${name}"

    wanted = condition(kind, "held", values, bind)
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT * FROM (SELECT CAST($held AS {type_}) AS held) WHERE {wanted}", params)
        return bool(rows.fetchall())


@pytest.mark.parametrize(("kind", "type_", "held", "fitting", "others"), FITTING)
def test_one_of_the_values_must_fit(kind: Kind, type_: str, held: Any, fitting: list[str], others: list[str]) -> None:
    assert fits(kind, type_, held, fitting)
    assert not fits(kind, type_, held, others)
    assert not fits(kind, type_, None, fitting)


def test_every_kind_that_can_be_filtered_is_compared_here() -> None:
    assert {kind for kind, *_ in FITTING} == {kind for kind in Kind if kind.can_be_filtered}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.DECIMAL, "1,5"),
        (Kind.DECIMAL, "1" * 21),
        (Kind.COUNT, "1.0"),
        (Kind.COUNT, "9" * 19),
        (Kind.FLAG, "yes"),
        (Kind.DAY, "2025-10"),
        (Kind.INSTANT, "2025-13"),
        (Kind.INSTANT, "2025-10-27T09:00:00"),
        (Kind.IDENTIFIER, "1"),
    ],
)
def test_a_value_of_another_kind_is_an_error_that_says_so(kind: Kind, value: str) -> None:
    with pytest.raises(ValueError, match=value[:5]):
        condition(kind, "held", [value], str)


def projection(one: Filter, **more: Any) -> Projection:
    return Projection("things", "Things.", "policies", ("policy",), (one,), reads=("policies",), **more)


def test_a_filter_that_cannot_work_is_an_error_where_it_is_declared() -> None:
    with pytest.raises(TypeError, match="the kind of column 'colours' is not known"):
        projection(Filter("colour", "A colour.", "colours"))
    with pytest.raises(TypeError, match="holds objects"):
        projection(Filter("party", "A party.", "parties"), columns={"parties": Kind.OBJECTS})
    with pytest.raises(TypeError, match="names no column"):
        projection(Filter("period", "A period."))
    with pytest.raises(TypeError, match="names no column"):
        projection(Filter("colour", "A colour."))
    assert projection(Filter("colour", "A colour.", "colours"), columns={"colours": Kind.TEXTS})
