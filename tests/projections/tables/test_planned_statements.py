"""A plan that was made for some rows holds for others."""

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest

from projections.tables.planned_statements import PlannedStatements


@pytest.fixture
def cursor() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE numbers AS SELECT range AS number, range % 3 AS part FROM range(10)")
        yield connection


@pytest.mark.parametrize(
    "query",
    [
        "SELECT COUNT(*) FROM numbers WHERE number = 100000",
        "SELECT COUNT(*) FROM numbers WHERE number < 20",
        "SELECT number, part FROM numbers ORDER BY part, number",
        "SELECT part, MAX(number) FROM numbers GROUP BY part ORDER BY part",
        "SELECT one.number FROM numbers AS one JOIN few ON one.number = few.number",
    ],
)
def test_a_plan_does_not_depend_on_the_least_and_greatest_values_that_there_were(
    cursor: duckdb.DuckDBPyConnection, query: str
) -> None:
    planned = PlannedStatements(cursor)
    planned.give("few", pa.table({"number": [100_000]}))
    with planned.lasting():
        planned.run(query).fetchall()
    cursor.execute("INSERT INTO numbers VALUES (100000, 70000), (-100000, -70000)")
    with planned.lasting():
        found = planned.run(query).fetchall()
    assert found == cursor.execute(query).fetchall()


def test_elsewhere_statements_are_planned_each_time(cursor: duckdb.DuckDBPyConnection) -> None:
    planned = PlannedStatements(cursor)
    planned.run("SELECT COUNT(*) FROM numbers").fetchall()
    assert cursor.execute("SELECT COUNT(*) FROM duckdb_prepared_statements()").fetchall() == [(0,)]
    with planned.lasting():
        planned.run("SELECT COUNT(*) FROM numbers").fetchall()
    assert cursor.execute("SELECT COUNT(*) FROM duckdb_prepared_statements()").fetchall() == [(1,)]
    setting = "SELECT value FROM duckdb_settings() WHERE name = 'disabled_optimizers'"
    assert cursor.execute(setting).fetchall() == [("",)]
