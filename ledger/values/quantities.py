"""Exact quantities and the one table of units.

A quantity is kept as it was printed, and beside it stands its canonical value: the same amount in the canonical unit of
its family. Conversions are exact; where one would not terminate (prices per pound), the unit is its own canonical unit.
Currencies are never converted: another currency is another unit.
"""

import difflib
import re
from decimal import Context, Decimal, Inexact, localcontext
from functools import lru_cache
from typing import NamedTuple

from ledger.errors import QuantityError, UnitError

INTEGER_DIGITS_MAX = 20
FRACTION_DIGITS_MAX = 18
TEXT_LENGTH_MAX = 400
EXPONENT_LENGTH_MAX = 7
_EXACT = Context(prec=120, traps=[Inexact])
_PLAIN = re.compile(rf"-?\d{{1,{INTEGER_DIGITS_MAX}}}(?:\.\d{{1,{FRACTION_DIGITS_MAX}}})?", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*|0\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)

# ISO 4217, active codes of states and unions (funds, metals and test codes left out).
CURRENCIES = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP "
    "CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB "
    "RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
    "UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG".split()
)
_SCALES = {"thousand": Decimal(10) ** 3, "million": Decimal(10) ** 6, "billion": Decimal(10) ** 9}
_MASSES = {
    "t": Decimal(1),
    "kt": Decimal(1000),
    "Mt": Decimal(1_000_000),
    "kg": Decimal("0.001"),
    "g": Decimal("0.000001"),
    "lb": Decimal("0.00045359237"),
    "short_ton": Decimal("0.90718474"),
}
# A price per mass: (what it is multiplied by, the mass it is then per). Per pound and short ton nothing terminates.
_PRICE_MASSES = {
    "kg": (Decimal(1), "kg"),
    "g": (Decimal(1000), "kg"),
    "t": (Decimal("0.001"), "kg"),
    "kt": (Decimal("0.000001"), "kg"),
    "Mt": (Decimal("0.000000001"), "kg"),
    "lb": (Decimal(1), "lb"),
    "short_ton": (Decimal(1), "short_ton"),
}
_COUNTS = ("persons", "jobs", "count", "companies", "vehicles", "units", "patents", "plants", "countries", "licences")


class Unit(NamedTuple):
    """A unit: its canonical unit, the exact factor to it, its family (mass, mass_rate, money, price, share, count)."""

    name: str
    canonical: str
    factor: Decimal
    family: str


def _plain_units() -> dict[str, Unit]:
    table = {name: Unit(name, "t", factor, "mass") for name, factor in _MASSES.items()}
    for name, factor in _MASSES.items():
        table[f"{name}/yr"] = Unit(f"{name}/yr", "t/yr", factor, "mass_rate")
    table["percent"] = Unit("percent", "percent", Decimal(1), "share")
    table["ratio"] = Unit("ratio", "percent", Decimal(100), "share")
    for name in _COUNTS:
        table[name] = Unit(name, name, Decimal(1), "count")
        for scale, factor in _SCALES.items():
            table[f"{scale} {name}"] = Unit(f"{scale} {name}", name, factor, "count")
    return table


_PLAIN_UNITS = _plain_units()


@lru_cache(maxsize=4096)
def unit(name: str) -> Unit:
    """The unit of that name. Raises UnitError, naming the nearest known units."""
    if name in _PLAIN_UNITS:
        return _PLAIN_UNITS[name]
    money, _, mass = name.partition("/")
    scale, _, code = money.rpartition(" ")
    if code in CURRENCIES and (not scale or scale in _SCALES):
        times = _SCALES.get(scale, Decimal(1))
        if "/" not in name:
            return Unit(name, code, times, "money")
        if mass in _PRICE_MASSES:
            factor, per = _PRICE_MASSES[mass]
            return Unit(name, f"{code}/{per}", times * factor, "price")
    raise UnitError(f"unknown unit {name!r}; nearest known: {', '.join(_nearest(name))}")


def unit_names() -> list[str]:
    """Every unit without a currency, then the patterns of those with one."""
    return [*_PLAIN_UNITS, "USD", "million USD", "USD/kg"]


def parse_number(text: str) -> Decimal:
    """The exact number that a text prints, digits as in JSON, leading zeros allowed.

    Raises QuantityError for anything else and for more than 20 digits before the point or 18 after it (trailing zeros
    do not count).
    """
    if not _NUMBER.fullmatch(text):
        raise QuantityError(f"{text[:60]!r} is not a decimal number")
    if len(text) > TEXT_LENGTH_MAX or len(text.lower().partition("e")[2]) > EXPONENT_LENGTH_MAX:
        raise QuantityError(f"{text[:60]!r}… is written with too many characters; at most {TEXT_LENGTH_MAX}")
    number = Decimal(text)
    return _fitting(number, text)


def printed(text: str) -> str:
    """The number as printed, with an exponent written out: `2.080` stays, `1.3e3` becomes `1300`."""
    if _PLAIN.fullmatch(text):
        return text
    number = parse_number(text)
    return format(number, "f") if "e" in text.lower() else text


def canonical(value: Decimal, unit_name: str) -> Decimal:
    """The value in its canonical unit, exactly.

    Raises UnitError, or QuantityError where it does not fit 20 + 18 digits.
    """
    return _fitting(_EXACT.multiply(value, unit(unit_name).factor), f"{value} {unit_name} in canonical units")


@lru_cache(maxsize=4096)
def room(unit_name: str) -> int:
    """A number printed with at most so many characters, and no exponent, fits in canonical units for certain."""
    factor = unit(unit_name).factor
    exponent = factor.as_tuple().exponent
    assert isinstance(exponent, int)
    return min(INTEGER_DIGITS_MAX - factor.adjusted() - 1, FRACTION_DIGITS_MAX + min(exponent, 0))


def plain(number: Decimal) -> str:
    """A number without exponent and without trailing zeros."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def difference(later: Decimal, earlier: Decimal) -> Decimal:
    """later - earlier, exactly."""
    return _EXACT.subtract(later, earlier)


def percent_of(change: Decimal, base: Decimal) -> Decimal | None:
    """change as a percentage of |base|, rounded half to even at 4 decimals; None where the base is zero."""
    if base == 0:
        return None
    with localcontext(Context(prec=120)):
        return _half_even(change * 100, abs(base))


def _half_even(numerator: Decimal, denominator: Decimal) -> Decimal:
    """numerator / denominator at 4 decimals, rounded once: the quotient's own rounding must not decide a tie."""
    scaled = numerator.scaleb(4)
    shift = -min(scaled.as_tuple().exponent, denominator.as_tuple().exponent, 0)  # type: ignore[operator]
    top, bottom = int(scaled.scaleb(shift)), int(denominator.scaleb(shift))
    quotient, rest = divmod(abs(top), bottom)
    if rest * 2 > bottom or (rest * 2 == bottom and quotient % 2):
        quotient += 1
    return Decimal(quotient if top >= 0 else -quotient).scaleb(-4)


def _fitting(number: Decimal, shown: str) -> Decimal:
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    if not any(digits):
        return Decimal(0) if exponent > 0 or exponent < -FRACTION_DIGITS_MAX else number
    text = "".join(map(str, digits))
    significant = text.rstrip("0")
    fraction_digits = -(exponent + len(text) - len(significant))
    if number.adjusted() + 1 > INTEGER_DIGITS_MAX or fraction_digits > FRACTION_DIGITS_MAX:
        raise QuantityError(
            f"{shown[:60]} has more than {INTEGER_DIGITS_MAX} digits before the point or {FRACTION_DIGITS_MAX} after it"
        )
    return number


def _nearest(name: str) -> list[str]:
    known = {known.lower(): known for known in _PLAIN_UNITS}
    for code in CURRENCIES:
        for shown in (code, f"million {code}", f"billion {code}", f"{code}/kg", f"{code}/t"):
            known[shown.lower()] = shown
    aliases = {"tonnes": "t", "tonne": "t", "ton": "t", "tons": "t", "%": "percent", "people": "persons"}
    first = [aliases[name.lower()]] if name.lower() in aliases else []
    close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    return list(dict.fromkeys([*first, *(known[found] for found in close)])) or ["t", "percent", "USD", "USD/kg"]
