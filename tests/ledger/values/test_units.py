"""The table of units: every row and every name is a unit, what follows by rule does, and no hint misleads."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest

from ledger.errors import UnitError
from ledger.values import (
    CURRENCIES,
    PLAIN_UNITS,
    PRICED,
    RATE_TIMES,
    RATED,
    SCALED,
    SCALES,
    UNCLEAR_UNITS,
    UNIT_NAMES,
    Unit,
    plain,
    unit,
)

CANONICAL = {
    "mass": {"t"},
    "share": {"percent"},
    "grade": {"ppm"},
    "volume": {"m3"},
    "area": {"m2"},
    "energy": {"kWh"},
    "emissions": {"t CO2e"},
    "radioactivity": {"Bq/g"},
    "duration": {"years", "months", "days"},
    "index": {"index"},
    "multiple": {"times"},
}
"""The canonical units of each family; of counts each is its own."""
ALL = list(PLAIN_UNITS.values())
MASSES = [one for one in ALL if one.family == "mass"]


def refused(text: str) -> str:
    try:
        taken = unit(text)
    except UnitError as error:
        return str(error)
    pytest.fail(f"{text!r} is taken as {taken}")


def test_a_row_converts_to_a_canonical_unit_of_its_family() -> None:
    for one in ALL:
        to = unit(one.canonical)
        assert unit(one.name) == one
        assert one.factor > 0, one
        assert one.canonical in CANONICAL.get(one.family, {one.name}), one
        assert (to.canonical, to.factor, to.family) == (to.name, Decimal(1), one.family), one


def test_another_name_of_a_unit_means_it_and_stays_as_printed() -> None:
    for name in UNIT_NAMES:
        meant = unit(name.unit)
        assert unit(name.printed) == meant._replace(name=name.printed)
        assert unit(f" {name.printed}  ")[1:] == meant[1:], name
        if name.kind == "name":
            assert unit(name.printed.upper())[1:] == unit(name.printed.title())[1:] == meant[1:], name


def test_no_text_means_two_units() -> None:
    names = [one.printed for one in UNIT_NAMES]
    spoken = {one.printed.casefold() for one in UNIT_NAMES if one.kind == "name"}
    assert max(Counter(names).values()) == 1
    assert not {*names} & {*PLAIN_UNITS, *CURRENCIES, *UNCLEAR_UNITS}
    assert not spoken & {one.casefold() for one in (*PLAIN_UNITS, *CURRENCIES)} - {"index", "times"}
    assert not {one.casefold() for one in UNCLEAR_UNITS if len(one) > 3} & spoken


@pytest.mark.parametrize(
    ("printed", "canonical", "factor"),
    [
        ("metric tons", "t", "1"),
        ("thousand metric tons", "t", "1000"),
        ("Thousands of tonnes", "t", "1000"),
        ("'000 t", "t", "1000"),
        ("TNE", "t", "1"),
        ("KGM", "t", "0.001"),
        ("carats", "t", "0.0000002"),
        ("troy oz", "t", "0.0000311034768"),
        ("flask", "t", "0.034473"),
        ("million cubic meters", "m3", "1000000"),
        ("barrel/day", "m3/day", "0.158987294928"),
        ("Mtpa", "t/yr", "1000000"),
        ("metric tons per year", "t/yr", "1"),
        ("kt/month", "t/month", "1000"),
        ("million persons/quarter", "persons/quarter", "1000000"),
        ("g/t", "ppm", "1"),
        ("ppb", "ppm", "0.001"),
        ("ratio", "percent", "100"),
        ("Mt CO2e", "t CO2e", "1000000"),
        ("GWh", "kWh", "1000000"),
        ("ha", "m2", "10000"),
        ("USD million", "USD", "1000000"),
        ("US$ bn", "USD", "1000000000"),
        ("RMB/tonne", "CNY/kg", "0.001"),
        ("USD/carat", "USD/kg", "5000"),
        ("USD/troy oz", "USD/troy_ounce", "1"),
        ("EUR/MWh", "EUR/kWh", "0.001"),
        ("EUR per t CO2e", "EUR/t CO2e", "1"),
    ],
)
def test_what_people_print_is_understood(printed: str, canonical: str, factor: str) -> None:
    one = unit(printed)
    assert (one.name, one.canonical, plain(one.factor)) == (printed, canonical, factor)


@pytest.mark.parametrize("time", RATE_TIMES)
def test_a_rate_keeps_what_it_is_per(time: str) -> None:
    for one in (one for one in ALL if one.family in RATED):
        rate = unit(f"{one.name}/{time}")
        assert rate[1:] == (f"{one.canonical}/{time}", one.factor, f"{one.family}_rate"), one
        assert all(unit(f"{one.name} per {other}")[1:] == rate[1:] for other in RATE_TIMES[time]), one
        assert unit(rate.canonical).factor == 1, one


@pytest.mark.parametrize("scale", SCALES)
def test_a_scale_multiplies_what_can_be_added(scale: str) -> None:
    for one in ALL:
        if one.family in SCALED:
            assert unit(f"{scale} {one.name}")[1:] == (one.canonical, one.factor * SCALES[scale], one.family), one
        else:
            refused(f"{scale} {one.name}")


def test_prices_convert_as_what_they_are_per_does() -> None:
    for one in (one for one in ALL if one.family in PRICED):
        price = unit(f"USD/{one.name}")
        per = unit(price.canonical.removeprefix("USD/"))
        assert per.canonical == one.canonical
        assert Fraction(price.factor) == Fraction(per.factor) / Fraction(one.factor), one
        assert unit(price.canonical).factor == 1, one
        assert price.canonical == f"USD/{one.name}" or per.name == ("kg" if one.family == "mass" else one.canonical)


def test_prices_whose_conversion_does_not_end_stay() -> None:
    stay = {one.name for one in MASSES if unit(f"USD/{one.name}").canonical != "USD/kg"}
    assert stay == {"lb", "short_ton", "long_ton", "troy_ounce", "flask"}


def test_money_keeps_its_currency() -> None:
    assert unit("million USD") == Unit("million USD", "USD", Decimal(1_000_000), "money")
    assert plain(unit("billion CNY/t").factor) == "1000000"
    for name in ("XXX", "million", "USD/", "USD/m", "dozen USD", "million persons/kg", "t/yr/yr", "", "/", "USD/yr"):
        refused(name)


@pytest.mark.parametrize("name", UNCLEAR_UNITS)
def test_what_is_printed_for_several_units_is_refused_with_what_it_may_mean(name: str) -> None:
    assert "unclear" in refused(f"{name} t" if name.rstrip("s") in SCALE_WORDS else name)


SCALE_WORDS = ("dozen", "hundred", "lakh", "crore", "trillion")


@pytest.mark.parametrize("name", ["MT", "mt", "M.T.", "mT", "million MT", "USD/MT", "MT/yr", "mtpa", "MTPA"])
def test_metric_tons_are_never_taken_for_megatonnes_in_silence(name: str) -> None:
    told = refused(name)
    assert "a million times as much" in told
    assert told.index(" t" if "USD" not in name else "USD/t") < told.index("Mt")


def test_a_hint_says_how_much_each_unit_is_that_it_names() -> None:
    assert refused("KG").endswith("nearest known: kg (0.001 t)")
    assert refused("USD/oz").endswith("write USD/troy_ounce or USD/g (1000 USD/kg)")
    assert refused("lakh tonnes").endswith("write thousand tonnes (1000 t) or million tonnes (1000000 t)")
    assert "write t as the unit, and say 'REO'" in refused("t REO")


def test_no_hint_for_a_slip_of_the_pen_names_a_unit_of_another_size_without_saying_so() -> None:
    texts = [*PLAIN_UNITS, *(one.printed for one in UNIT_NAMES), *UNCLEAR_UNITS]
    for slip in (slip for text in texts for slip in (text.swapcase(), f"{text}z", text[:-1])):
        try:
            unit(slip)
        except UnitError as error:
            _, _, hints = str(error).partition("nearest known: ")
            for hint in filter(None, hints.split(", ")):
                name, _, size = hint.partition(" (")
                meant = "" if _is_its_own(name) else f"{plain(unit(name).factor)} {unit(name)[1]}"
                assert size.rstrip(")") == meant, slip


def _is_its_own(name: str) -> bool:
    return unit(name).factor == 1 and unit(name).canonical == name


def test_a_name_of_any_length_is_refused_in_a_short_message() -> None:
    assert len(refused("x" * 100_000)) < 200
