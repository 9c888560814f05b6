"""What units are made of, so that amounts can be multiplied and divided: `USD/kg` times `t` is `USD`.

A unit is a number of *base units*, each to some power. `USD/kg` is 1000 of `USD` per `t`; `kt/yr` 1000 of `t` per `yr`;
`percent` a hundredth of nothing but a number. What a rate is per is a base of its own: nothing is annualised. Nor is
money converted: each currency is a base, and so is each thing that is counted.

The *kind* of an amount is coarser and says it before there is an amount: a price is money per mass, whichever money.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from ledger.values.unit_table import RATE_TIMES
from ledger.values.units import unit

Powers = tuple[tuple[str, int], ...]
"""Base units, or kinds, and their powers, none of which is 0, by name."""
PURE_NUMBER: Powers = ()
"""What a number without a unit is made of."""
TIME_KIND = "time"
"""The kind of what rates are per, and of durations."""

_NUMBERS: Mapping[str, Fraction] = MappingProxyType(
    {"share": Fraction(1, 100), "grade": Fraction(1, 1_000_000), "multiple": Fraction(1)}
)
"""The families that are numbers, and what one of their canonical unit is."""
_DURATIONS: Mapping[str, str] = MappingProxyType({"years": "yr", "months": "month", "days": "day"})
_RATE, _PRICE, _PRICE_PER = "_rate", "price", "price_per_"


class Measure(NamedTuple):
    """A unit as so many of its base units."""

    powers: Powers
    factor: Fraction


@lru_cache(maxsize=4096)
def measure_of(name: str) -> Measure:
    """What a unit is made of. Raises UnitError."""
    printed = unit(name)
    powers, factor = _canonical(printed.canonical, printed.family)
    return Measure(powers, factor * Fraction(printed.factor))


def _canonical(name: str, family: str) -> Measure:
    if family in _NUMBERS:
        return Measure(PURE_NUMBER, _NUMBERS[family])
    if family in (_PRICE, *(_PRICE_PER + per for per in _per(family))) or family.endswith(_RATE):
        above, _, below = name.rpartition("/")
        per = Measure(((below, 1),), Fraction(1)) if family.endswith(_RATE) else measure_of(below)
        amount = measure_of(above)
        return Measure(quotient_of_powers(amount.powers, per.powers), amount.factor / per.factor)
    return Measure(((_DURATIONS.get(name, name), 1),), Fraction(1))


def _per(family: str) -> Iterable[str]:
    return [family.removeprefix(_PRICE_PER)] if family.startswith(_PRICE_PER) else []


def product_of_powers(one: Powers, other: Powers) -> Powers:
    """The powers of a product."""
    powers = dict(one)
    for name, power in other:
        powers[name] = powers.get(name, 0) + power
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def quotient_of_powers(one: Powers, other: Powers) -> Powers:
    """The powers of a quotient."""
    return product_of_powers(one, tuple((name, -power) for name, power in other))


def kind_of(powers: Powers) -> Powers:
    """Base units as kinds: `USD` is money, `yr` time."""
    kind = PURE_NUMBER
    for name, power in powers:
        kind = product_of_powers(kind, ((TIME_KIND if name in RATE_TIMES else unit(name).family, power),))
    return kind


def kind_of_family(family: str) -> Powers:
    """The kind of amounts in units of a family."""
    if family in _NUMBERS:
        return PURE_NUMBER
    if family.endswith(_RATE):
        return quotient_of_powers(((family.removesuffix(_RATE), 1),), ((TIME_KIND, 1),))
    if family == _PRICE or family.startswith(_PRICE_PER):
        return quotient_of_powers(
            (("money", 1),), ((family.removeprefix(_PRICE_PER) if family != _PRICE else "mass", 1),)
        )
    return ((TIME_KIND if family == "duration" else family, 1),)


def powers_text(powers: Powers) -> str:
    """Base units or kinds in words: `money per mass`; `a number` for none."""
    above = [_power(name, power) for name, power in powers if power > 0]
    below = [_power(name, -power) for name, power in powers if power < 0]
    words = " times ".join(above) or ("a number" if not below else "one")
    return " per ".join([words, *below])


def _power(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"
