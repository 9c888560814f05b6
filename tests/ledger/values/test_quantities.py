"""Numbers stay exact, and units come from one table."""

from decimal import Decimal, DivisionByZero, Inexact
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.errors import QuantityError, UnitError
from ledger.values import (
    EXACT,
    canonical,
    difference,
    half_even,
    parse_number,
    percent_of,
    plain,
    printed,
    unit,
)


@pytest.mark.parametrize(
    ("value", "name", "expected", "canonical_unit"),
    [
        ("2.08", "kt", "2080", "t"),
        ("1.7", "Mt", "1700000", "t"),
        ("500", "kg", "0.5", "t"),
        ("1", "lb", "0.00045359237", "t"),
        ("1", "short_ton", "0.90718474", "t"),
        ("3", "kt/yr", "3000", "t/yr"),
        ("0.42", "ratio", "42", "percent"),
        ("170.2", "million AUD", "170200000", "AUD"),
        ("840", "billion KRW", "840000000000", "KRW"),
        ("60200", "AUD/t", "60.2", "AUD/kg"),
        ("5", "USD/lb", "5", "USD/lb"),
        ("2", "thousand persons", "2000", "persons"),
    ],
)
def test_a_value_is_converted_exactly(value: str, name: str, expected: str, canonical_unit: str) -> None:
    assert plain(canonical(Decimal(value), name)) == expected
    assert unit(name).canonical == canonical_unit


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("tonnnes", "Mt (1000000 t)"), ("KG", "kg (0.001 t)"), ("million US", "million USD (1000000 USD)")],
)
def test_an_unknown_unit_names_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(UnitError) as error:
        unit(name)
    assert nearest in str(error.value).split(": ")[-1].split(", ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1,000", "write 1000 where the comma groups thousands, or 1.000 where it is the decimal comma"),
        ("-12,500", "write -12500 where the comma groups thousands, or -12.500 where it is the decimal comma"),
        ("1,000,000", "write 1000000"),
        ("1.000.000", "write 1000000"),
        ("1 000", "write 1000"),
        ("1\u202f000\u202f000", "write 1000000"),
        ("12'500", "write 12500"),
        ("12’500.25", "write 12500.25"),
        ("1.234,56", "write 1234.56"),
        ("1,234.56", "write 1234.56"),
        ("1,234.567", "write 1234.567"),
        ("12,5", "write 12.5"),
        ("0,125", "write 0.125"),
        ("-0.0.66962", None),
        ("1,00,000", None),
        ("1,2,3", None),
    ],
)
def test_a_number_with_other_separators_is_refused_with_its_readings(text: str, told: str | None) -> None:
    with pytest.raises(QuantityError) as error:
        parse_number(text)
    assert str(error.value) == f"{text!r} is not a decimal number" + (f": {told}" if told else "")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1,000", " 5", "5 ", "+5", ".5", "5.", "1e", "0x1", "", "١"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(QuantityError):
        parse_number(text)


def test_a_number_has_at_most_20_digits_before_the_point_and_18_after_it() -> None:
    assert parse_number("9" * 20 + "." + "9" * 18)
    for text in ("1" + "0" * 20, "0." + "0" * 18 + "1", "1e20", "1e-19", "1e999999"):
        with pytest.raises(QuantityError):
            parse_number(text)


def test_trailing_zeros_do_not_count_as_digits() -> None:
    assert plain(parse_number("1." + "0" * 30)) == "1"
    assert printed("1." + "0" * 30) == "1." + "0" * 30


def test_what_was_printed_stays_and_exponents_are_written_out() -> None:
    assert printed("2.080") == "2.080"
    assert printed("1.3e3") == "1300"
    assert printed("5e-3") == "0.005"


def test_a_canonical_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(QuantityError):
        canonical(Decimal("9" * 20), "kt")
    with pytest.raises(QuantityError):
        canonical(Decimal("0." + "0" * 17 + "1"), "kg")


def test_a_percentage_is_rounded_half_to_even_at_four_decimals() -> None:
    assert str(percent_of(Decimal(26000), Decimal(350000))) == "7.4286"
    assert str(percent_of(Decimal("0.00005"), Decimal(100))) == "0.0000"
    assert str(percent_of(Decimal("0.00015"), Decimal(100))) == "0.0002"
    assert percent_of(Decimal(5), Decimal(0)) is None
    assert str(percent_of(Decimal(-5), Decimal(-10))) == "-50.0000"


numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**19), max_value=10**19, places=18)


@given(numbers, numbers)
def test_a_percentage_is_the_nearest_to_the_exact_quotient(change: Decimal, base: Decimal) -> None:
    shown = percent_of(change, base)
    if base == 0:
        assert shown is None
    else:
        assert shown is not None
        exact = Fraction(change) * 100 / abs(Fraction(base))
        assert abs(Fraction(shown) - exact) <= Fraction(1, 20000)
        assert -shown.as_tuple().exponent == 4  # type: ignore[operator]


@given(numbers, numbers)
def test_a_difference_is_exact(later: Decimal, earlier: Decimal) -> None:
    assert Fraction(difference(later, earlier)) == Fraction(later) - Fraction(earlier)


def test_a_tie_goes_to_the_even_digit_and_nothing_is_rounded_twice() -> None:
    assert [f"{half_even(Decimal(text)):f}" for text in ("0.00005", "0.00015", "-0.00025", "-0.00001", "0")] == [
        "0.0000",
        "0.0002",
        "-0.0002",
        "0.0000",
        "0.0000",
    ]
    assert half_even(Decimal("0.00005") + Decimal(10) ** -18) == Decimal("0.0001")
    assert f"{half_even(7, -2, decimals=0):f}" == "-4"


@given(
    st.fractions() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=18),
    st.fractions() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=18),
    st.integers(0, 30),
)
def test_half_even_is_that_of_fractions(top: Fraction | Decimal, bottom: Fraction | Decimal, decimals: int) -> None:
    assume(bottom)
    exact = Fraction(top) / Fraction(bottom)
    assert Fraction(half_even(top, bottom, decimals=decimals)) == Fraction(round(exact * 10**decimals), 10**decimals)


def test_exact_arithmetic_says_where_it_would_not_be_exact() -> None:
    longest = Decimal("9" * 400)
    assert EXACT.subtract(EXACT.add(longest, Decimal("1e-400")), longest) == Decimal("1e-400")
    with pytest.raises(Inexact):
        EXACT.divide(Decimal(1), Decimal(3))
    with pytest.raises(DivisionByZero):
        EXACT.divide(Decimal(1), Decimal(0))
