"""The SQL macros agree with the ledger's own calendar and arithmetic."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.values import CURRENCIES, PLAIN_UNITS, PRICED, RATE_TIMES, RATED, difference, parse_moment, plain, unit
from projections.tables.database import unit_macro
from projections.tables.lookups import is_short

MILESTONES = ["early 2021", "mid-2021", "late 2021", "H1 2021", "Q3-2021"]
SPOKEN = ["early", "mid", "late", "Early", "MID", "H1", "H2", "S1", "S2", "Q1", "Q2", "Q3", "Q4"]
LARGEST = 10**38 - 1
"""In units of 10^-18."""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    made = duckdb.connect()
    made.execute(unit_macro())
    made.execute(files("projections").joinpath("tables/sql/macros.sql").read_text(encoding="utf-8"))
    yield made
    made.close()


def instants() -> st.SearchStrategy[str]:
    offsets = st.integers(-23 * 60, 23 * 60).map(
        lambda minutes: f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    )
    at = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30))
    letter = st.sampled_from("Tt")
    return st.builds(
        lambda when, t, offset: when.isoformat().replace("T", t) + offset,
        at,
        letter,
        st.one_of(st.just("Z"), st.just("z"), offsets),
    )


def partial_dates() -> st.SearchStrategy[str]:
    days = st.dates().map(str)
    parts = st.sampled_from(["H1", "H2", "S1", "S2", "Q1", "Q2", "Q3", "Q4", "W01", "W22", "W52"])
    # The last week of 9999 ends in 10000.
    years = st.dates(max_value=date(9998, 12, 31)).map(lambda day: str(day)[:4])
    spoken = st.builds("{}{}{}".format, st.sampled_from(SPOKEN), st.sampled_from(" -"), years)
    return st.one_of(
        *(days, days.map(lambda day: day[:7]), days.map(lambda day: day[:4])),
        *(st.builds("{}-{}".format, years, parts), spoken),
    )


@given(st.one_of(instants(), partial_dates()))
def test_a_printed_moment_is_the_interval_that_the_ledger_says(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    found = connection.execute("SELECT starts_at($t), ends_at($t)", {"t": text}).fetchone()
    expected = parse_moment(text)
    assert found == (expected.start.replace(tzinfo=None), expected.end.replace(tzinfo=None))


def test_moments_of_every_length_stand_in_one_column_of_structs(connection: duckdb.DuckDBPyConnection) -> None:
    texts = ["2021", "2021-05", "2021-Q3", "2021-W22", "2021-05-17", "2021-05-17T10:00:00Z", *MILESTONES]
    connection.execute("CREATE OR REPLACE TABLE printed AS SELECT {'at': UNNEST($texts)} AS said", {"texts": texts})
    found = connection.execute("SELECT starts_at(said.at), ends_at(said.at) FROM printed").fetchall()
    expected = [parse_moment(text) for text in texts]
    assert found == [(one.start.replace(tzinfo=None), one.end.replace(tzinfo=None)) for one in expected]


numbers = st.integers(-LARGEST, LARGEST).map(lambda number: Decimal(f"{number}e-18"))


@given(numbers, numbers)
def test_a_difference_is_exact_also_where_it_has_a_digit_more(
    connection: duckdb.DuckDBPyConnection, later: Decimal, earlier: Decimal
) -> None:
    found = connection.execute(
        "SELECT difference(CAST($a AS DECIMAL(38, 18)), CAST($b AS DECIMAL(38, 18)))",
        {"a": f"{later:f}", "b": f"{earlier:f}"},
    ).fetchone()
    assert found == (plain(difference(later, earlier)),)


def test_an_instant_is_written_with_six_digits(connection: duckdb.DuckDBPyConnection) -> None:
    at = datetime(1, 2, 3, tzinfo=UTC) + timedelta(microseconds=4)
    found = connection.execute("SELECT instant_text($at)", {"at": at.replace(tzinfo=None)}).fetchone()
    assert found == ("0001-02-03T00:00:00.000004Z",)


@given(st.none() | st.lists(st.sampled_from("abcde") | st.none(), max_size=12))
def test_a_list_without_repetitions_keeps_the_first_of_each(
    connection: duckdb.DuckDBPyConnection, items: list[str | None] | None
) -> None:
    listed = "(SELECT CAST($items AS VARCHAR[]) AS items FROM RANGE(1))"
    ((once,),) = connection.execute(f"SELECT once(items) FROM {listed}", {"items": items}).fetchall()
    assert once == (None if items is None else list(dict.fromkeys(items)))


def test_a_list_without_repetitions_takes_twice_as_much_where_it_is_twice_as_long(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    counts: list[int] = []

    def seen(item: str) -> str:
        counts[-1] += 1
        return item

    connection.create_function("seen", seen, ["VARCHAR"], "VARCHAR")
    once = "LEN(once(LIST_TRANSFORM(CAST($items AS VARCHAR[]), lambda item: seen(item))))"
    for size in (200, 400):
        counts.append(0)
        items = [str(number) for number in range(size)]
        assert connection.execute(f"SELECT {once}", {"items": items}).fetchall() == [(size,)]
    assert counts[1] == 2 * counts[0]


def test_statements_that_say_the_same_have_one_number(connection: duckdb.DuckDBPyConnection) -> None:
    said = "CAST(1 AS DECIMAL(38, 18)), CAST(NULL AS DECIMAL(38, 18)), CAST(2 AS DECIMAL(38, 18)), 'W'"
    others = ["2, NULL, 2, 'W'", "1, 1, 2, 'W'", "1, NULL, 3, 'W'", "1, NULL, 2, NULL", "1, 2, NULL, 'W'"]
    typed = "CAST({} AS DECIMAL(38, 18)), CAST({} AS DECIMAL(38, 18)), CAST({} AS DECIMAL(38, 18)), {}"
    rows = [said, said, *(typed.format(*other.split(", ")) for other in others)]
    numbers = [connection.execute(f"SELECT all_said({row})").fetchall()[0][0] for row in rows]
    assert numbers[0] == numbers[1]
    assert len(set(numbers)) == 1 + len(others)


@given(st.none() | st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{0,8})?", fullmatch=True))
@example("12345678901")
@example("1234.123456")
@example("123456789012")
@example("123.1234567")
def test_python_and_sql_find_the_same_numbers_short(connection: duckdb.DuckDBPyConnection, printed: str | None) -> None:
    assert connection.execute("SELECT is_short($text)", {"text": printed}).fetchone() == (is_short(printed),)


def test_a_canonical_unit_has_the_family_of_what_is_printed_for_it(connection: duckdb.DuckDBPyConnection) -> None:
    rates = [f"{one.name}/{time}" for one in PLAIN_UNITS.values() if one.family in RATED for time in RATE_TIMES]
    prices = [f"USD/{one.name}" for one in PLAIN_UNITS.values() if one.family in PRICED]
    units = [unit(name) for name in (*PLAIN_UNITS, *CURRENCIES, *rates, *prices)]
    query = "SELECT unit_family(canonical) FROM (SELECT UNNEST($names) AS canonical)"
    found = connection.execute(query, {"names": [one.canonical for one in units]}).fetchall()
    assert [family for (family,) in found] == [one.family for one in units]


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("US  Geological_Survey", "U.S. geological-survey"),
        ("Côte d'Ivoire", "cote dIvoire"),
        (" NdPr oxide", "NDPR-OXIDE"),
    ],
)
def test_names_are_the_same_that_are_typed_otherwise(
    connection: duckdb.DuckDBPyConnection, typed: str, label: str
) -> None:
    assert connection.execute("SELECT folded($1) = folded($2)", [typed, label]).fetchone() == (True,)
