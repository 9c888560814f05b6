"""Units of measure: the table `units.csv`, and money and prices by rule.

A unit belongs to a family (mass, mass_rate, money, price, share, count) and has a canonical unit, in which amounts of
the family are compared: 2.08 `kt` are 2080 `t`, by the exact factor 1000. To add a unit is to add a row to the table.

Money is not in the table, for there is a unit for each currency and scale: `USD`, `million USD`; its canonical unit is
the currency, which is never converted into another. A price is money per mass: `USD/t`, in canonical units `USD/kg`.
Where a conversion would not terminate (prices per pound), the unit is its own canonical unit.
"""

import csv
import difflib
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from ledger.errors import UnitError

# ISO 4217, active codes of states and unions (funds, metals and test codes left out).
CURRENCIES = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP "
    "CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB "
    "RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
    "UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG".split()
)
SCALES: Mapping[str, Decimal] = MappingProxyType(
    {"thousand": Decimal(1_000), "million": Decimal(1_000_000), "billion": Decimal(1_000_000_000)}
)
"""Words before a currency, and what they multiply it by."""
PRICE_MASSES: Mapping[str, tuple[Decimal, str]] = MappingProxyType(
    {
        "kg": (Decimal(1), "kg"),
        "g": (Decimal(1000), "kg"),
        "t": (Decimal("0.001"), "kg"),
        "kt": (Decimal("0.000001"), "kg"),
        "Mt": (Decimal("0.000000001"), "kg"),
        "lb": (Decimal(1), "lb"),
        "short_ton": (Decimal(1), "short_ton"),
    }
)
"""The masses that a price is per: what it is multiplied by, and the mass that it is then per."""

_SPOKEN = {"tonnes": "t", "tonne": "t", "ton": "t", "tons": "t", "%": "percent", "people": "persons"}
"""What people write, and the unit that they mean: for the hint only."""


class Unit(NamedTuple):
    """A unit: its canonical unit, the exact factor to it, its family (mass, mass_rate, money, price, share, count)."""

    name: str
    canonical: str
    factor: Decimal
    family: str


def _table() -> dict[str, Unit]:
    text = files("ledger.values").joinpath("units.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    units = (Unit(row["name"], row["canonical"], Decimal(row["factor"]), row["family"]) for row in rows)
    return {one.name: one for one in units}


PLAIN_UNITS: Mapping[str, Unit] = MappingProxyType(_table())
"""The units of the table by name, in its order."""


@lru_cache(maxsize=4096)
def unit(name: str) -> Unit:
    """The unit of that name. Raises UnitError, naming the nearest known units."""
    if name in PLAIN_UNITS:
        return PLAIN_UNITS[name]
    money, _, mass = name.partition("/")
    scale, _, code = money.rpartition(" ")
    if code in CURRENCIES and (not scale or scale in SCALES):
        times = SCALES.get(scale, Decimal(1))
        if "/" not in name:
            return Unit(name, code, times, "money")
        if mass in PRICE_MASSES:
            factor, per = PRICE_MASSES[mass]
            return Unit(name, f"{code}/{per}", times * factor, "price")
    raise UnitError(f"unknown unit {name!r}; nearest known: {', '.join(_nearest(name))}")


def _nearest(name: str) -> list[str]:
    known = {one.lower(): one for one in PLAIN_UNITS}
    for code in CURRENCIES:
        for shown in (code, f"million {code}", f"billion {code}", f"{code}/kg", f"{code}/t"):
            known[shown.lower()] = shown
    meant = [_SPOKEN[name.lower()]] if name.lower() in _SPOKEN else []
    close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    return list(dict.fromkeys([*meant, *(known[one] for one in close)])) or ["t", "percent", "USD", "USD/kg"]
