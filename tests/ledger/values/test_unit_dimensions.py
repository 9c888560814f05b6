"""What units are made of: a product or quotient of amounts is in the unit that it says."""

from fractions import Fraction

import pytest

from ledger.values import PLAIN_UNITS, PURE_NUMBER, measure_of, product_of_powers, quotient_of_powers, unit
from ledger.values.unit_dimensions import kind_of, kind_of_family, powers_text


def test_a_price_times_a_mass_is_money() -> None:
    for price, mass, money in (
        ("USD/kg", "t", "USD"),
        ("million AUD/kt", "lb", "thousand AUD"),
        ("CNY/lb", "kg", "CNY"),
    ):
        one, other, made = map(measure_of, (price, mass, money))
        assert product_of_powers(one.powers, other.powers) == made.powers
        assert quotient_of_powers(made.powers, other.powers) == one.powers


def test_factors_are_exact() -> None:
    assert measure_of("USD/kg").factor == 1000
    assert measure_of("USD/lb").factor == 1 / Fraction("0.00045359237")
    assert measure_of("percent") == (PURE_NUMBER, Fraction(1, 100))
    assert measure_of("ratio").factor == measure_of("times").factor == 1
    assert measure_of("g/t") == measure_of("ppm") == (PURE_NUMBER, Fraction(1, 10**6))


def test_nothing_is_annualised_and_currencies_stay_apart() -> None:
    assert measure_of("t/yr").powers != measure_of("t/month").powers
    assert measure_of("USD").powers != measure_of("AUD").powers
    assert kind_of(measure_of("USD/kg").powers) == kind_of(measure_of("AUD/lb").powers)
    assert product_of_powers(measure_of("kt/yr").powers, measure_of("years").powers) == measure_of("t").powers


@pytest.mark.parametrize(
    "name",
    [*PLAIN_UNITS, "USD", "million EUR", "kt/yr", "persons/month", "USD/kg", "USD/barrel", "EUR/MWh", "USD/t CO2e"],
)
def test_the_kind_of_a_unit_is_that_of_its_family(name: str) -> None:
    assert kind_of(measure_of(name).powers) == kind_of_family(unit(name).family)


def test_kinds_are_said_in_words() -> None:
    assert powers_text(kind_of(measure_of("USD/kg").powers)) == "money per mass"
    assert powers_text(PURE_NUMBER) == "a number"
    assert powers_text((("mass", 2), ("time", -1))) == "mass^2 per time"
    assert powers_text((("mass", -1),)) == "one per mass"
