"""The table of units: what is printed, the canonical unit that it means, and the exact factor between them.

A unit belongs to a family (mass, volume, energy, share, count, money …) and has a canonical unit, in which amounts of
the family are compared: 2.08 `kt` are 2080 `t`, by the exact factor 1000. What was printed is kept: `metric tons` stay
`metric tons`, and mean `t`.

The units are data. `units.csv` has the units themselves; `unit_names.csv` what else they are called: names in any
case (`metric tons`), symbols as they are written (`m³`), and codes of UN/CEFACT, as customs and statistics use them
(`TNE`, `KGM`). To add a unit, or a name of one, is to add a row. Everything else follows by rule:

- *money*: `USD`, any code of ISO 4217. It is never converted into another;
- *scales*: `thousand t`, `million USD`, `million cubic meters`;
- *rates*: a mass, count, volume, energy or emission per `yr`, `quarter`, `month` or `day`. Each keeps its denominator:
  nothing is annualised;
- *prices*: money per mass, volume, energy or emission: `USD/t` is, in canonical units, `USD/kg`. Where a conversion
  does not terminate (prices per pound), the price stays per what it was.
"""

import csv
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from ledger.values.currencies import CURRENCIES

SCALES: Mapping[str, Decimal] = MappingProxyType(
    {"thousand": Decimal(1_000), "million": Decimal(1_000_000), "billion": Decimal(1_000_000_000)}
)
"""Words before a unit, and what they multiply it by."""
RATE_TIMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "yr": ("year", "annum", "a", "y"),
        "quarter": ("qtr",),
        "month": ("mo",),
        "day": ("d",),
    }
)
"""What a rate is per, and what else is printed for it."""
RATED = ("mass", "count", "volume", "energy", "emissions")
"""The families of which there are rates."""
SCALED = (*RATED, "area", "money")
"""The families that take a word of scale."""
PRICED = ("mass", "volume", "energy", "emissions")
"""The families that have prices."""

_SCALE_WORDS = {
    "thousands": "thousand",
    "'000": "thousand",
    "1000": "thousand",
    "10^3": "thousand",
    "millions": "million",
    "mn": "million",
    "mln": "million",
    "10^6": "million",
    "billions": "billion",
    "bn": "billion",
    "bln": "billion",
    "10^9": "billion",
}
_ONE = Decimal(1)


class Unit(NamedTuple):
    """A unit as it was printed: its canonical unit, the exact factor to it, and its family."""

    name: str
    canonical: str
    factor: Decimal
    family: str


class UnitName(NamedTuple):
    """Something else that is printed for a unit. Its kind: a `name` in any case, a `symbol` as written, or a `code`."""

    printed: str
    unit: str
    kind: str


def rows_of(table: str) -> Iterator[dict[str, str]]:
    """The rows of a table of units that lies beside this module."""
    text = files("ledger.values").joinpath(table).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


PLAIN_UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        row["name"]: Unit(row["name"], row["canonical"], Decimal(row["factor"]), row["family"])
        for row in rows_of("units.csv")
    }
)
"""The units of the table by name, in its order."""
UNIT_NAMES: tuple[UnitName, ...] = tuple(UnitName(**row) for row in rows_of("unit_names.csv"))
"""What else is printed for units."""
_SYMBOLS = {one.printed: one.unit for one in UNIT_NAMES if one.kind != "name"}
_NAMES = {one.printed.casefold(): one.unit for one in UNIT_NAMES if one.kind == "name"}
_TIMES = {other: time for time, others in RATE_TIMES.items() for other in (time, *others)}


def known_unit(name: str) -> Unit | None:
    """The unit that is printed so; None where it is unknown or unclear."""
    text = " ".join(name.split())
    found = _amount(text) or _ratio(text)
    return found._replace(name=name) if found is not None else None


def written(text: str) -> str:
    """The unit of the table, or code of money, that a text without scale or denominator means: `t` for `tonnes`."""
    return _SYMBOLS.get(text) or _NAMES.get(text.casefold()) or text


def parts_of(text: str) -> tuple[str, str, str]:
    """The word of scale, what it scales, and what that is per: `("thousand", "tonnes", "year")`, each perhaps empty."""
    amount, per = _divided(text)
    first, _, rest = amount.partition(" ")
    if (scale := _scale(first)) and rest:
        return scale, rest.removeprefix("of "), per
    rest, _, last = amount.rpartition(" ")
    if (scale := _scale(last)) and written(rest) in CURRENCIES:  # USD million
        return scale, rest, per
    return "", amount, per


def _divided(text: str) -> tuple[str, str]:
    for between in ("/", " per "):
        amount, found, per = text.rpartition(between)
        if found:
            return amount.strip(), per.strip()
    return text, ""


def _scale(word: str) -> str:
    word = word.casefold()
    return word if word in SCALES else _SCALE_WORDS.get(word, "")


def _plain(text: str) -> Unit | None:
    """A unit of the table or of money, under any of its names."""
    name = written(text)
    if name in CURRENCIES:
        return Unit(name, name, _ONE, "money")
    return PLAIN_UNITS.get(name)


def _amount(text: str) -> Unit | None:
    """An amount without a denominator of its own, scaled or not; and what is called by one word: `tpa` is `t/yr`."""
    if (plain := _plain(text)) is not None:
        return plain
    if (name := written(text)) != text:
        return _ratio(name)
    scale, rest, per = parts_of(text)
    if not scale or per or (plain := _plain(rest)) is None or plain.family not in SCALED:
        return None
    return plain._replace(factor=plain.factor * SCALES[scale])


def _ratio(text: str) -> Unit | None:
    """A rate or a price."""
    above, per = _divided(text)
    if not per or (amount := _amount(above)) is None:
        return None
    if (time := _TIMES.get(per.casefold())) is not None:
        rate = Unit(text, f"{amount.canonical}/{time}", amount.factor, f"{amount.family}_rate")
        return rate if amount.family in RATED else None
    below = _plain(per)
    if below is None or amount.family != "money" or below.family not in PRICED:
        return None
    factor, unit_below = _inverse(below)
    family = "price" if below.family == "mass" else f"price_per_{below.family}"
    return Unit(text, f"{amount.canonical}/{unit_below}", amount.factor * factor, family)


def _inverse(below: Unit) -> tuple[Decimal, str]:
    """What a price per this unit is multiplied by, and the unit that it is then per; itself where that is not exact."""
    base = PLAIN_UNITS["kg" if below.family == "mass" else below.canonical]
    times = Fraction(base.factor) / Fraction(below.factor)
    rest = times.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return _ONE, below.name
    return Decimal(times.numerator) / Decimal(times.denominator), base.name
