"""The table of units: every row is a unit, masses hold together, and money and prices follow by rule."""

from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import pytest

from ledger.errors import UnitError
from ledger.values import PLAIN_UNITS, PRICE_MASSES, SCALES, Unit, plain, unit

FAMILIES = {"mass", "mass_rate", "share", "count"}


@pytest.mark.parametrize("one", PLAIN_UNITS.values(), ids=lambda one: one.name)
def test_a_row_converts_to_a_canonical_unit_of_its_family(one: Unit) -> None:
    to = unit(one.canonical)
    assert unit(one.name) == one
    assert one.factor > 0
    assert one.family in FAMILIES
    assert (to.canonical, to.factor, to.family) == (to.name, Decimal(1), one.family)


def test_a_rate_is_a_mass_per_year() -> None:
    for one in [one for one in PLAIN_UNITS.values() if one.family == "mass"]:
        rate = unit(f"{one.name}/yr")
        assert (rate.canonical, rate.factor, rate.family) == ("t/yr", one.factor, "mass_rate")


def test_a_scale_before_what_is_counted_multiplies_it() -> None:
    for one in [one for one in PLAIN_UNITS.values() if one.family == "count" and one.canonical == one.name]:
        for scale, factor in SCALES.items():
            assert unit(f"{scale} {one.name}") == Unit(f"{scale} {one.name}", one.name, factor, "count")


def test_prices_per_mass_convert_as_the_masses_do() -> None:
    assert PRICE_MASSES.keys() == {one.name for one in PLAIN_UNITS.values() if one.family == "mass"}
    for one, other in permutations(PRICE_MASSES, 2):
        price, other_price = unit(f"USD/{one}"), unit(f"USD/{other}")
        if price.canonical == other_price.canonical:
            by_price = Fraction(price.factor) / Fraction(other_price.factor)
            assert by_price == Fraction(unit(other).factor) / Fraction(unit(one).factor)


def test_money_keeps_its_currency() -> None:
    assert unit("million USD") == Unit("million USD", "USD", Decimal(1_000_000), "money")
    assert plain(unit("billion CNY/t").factor) == "1000000"
    for name in ("XXX", "million", "USD/", "USD/m", "dozen USD", "million persons/kg", "t/yr/yr"):
        with pytest.raises(UnitError):
            unit(name)
