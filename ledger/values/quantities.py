"""Exact quantities: numbers as they were printed, and arithmetic on them that loses nothing.

A quantity is kept as it was printed, and beside it stands its canonical value: the same amount in the canonical unit of
its family (`ledger.values.units`). All arithmetic on quantities, here and in the audit, is exact (`EXACT`); where an
answer has fewer digits than the exact result, it is rounded once, half to even (`half_even`).
"""

import re
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from functools import lru_cache

from ledger.errors import QuantityError
from ledger.values.units import unit

ExactNumber = int | Fraction | Decimal
"""A number without rounding."""

INTEGER_DIGITS_MAX = 20
FRACTION_DIGITS_MAX = 18
TEXT_LENGTH_MAX = 400
EXPONENT_LENGTH_MAX = 7
_HUNDRED = Decimal(100)
_PLAIN = re.compile(rf"-?\d{{1,{INTEGER_DIGITS_MAX}}}(?:\.\d{{1,{FRACTION_DIGITS_MAX}}})?", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*|0\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)

_BETWEEN = r"[,.'\u2019 \xa0\u2009\u202f_]"
_SEPARATED = re.compile(
    rf"(?P<whole>-?\d{{1,3}}(?:(?P<between>{_BETWEEN})\d{{3}}(?:(?P=between)\d{{3}})*)?|-?\d+)(?P<decimal>[.,]\d+)?",
    re.ASCII,
)
"""A number with separators between its thousands, as in files and reports: `1 234,56`."""

EXACT = Context(prec=1000, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
"""The one context of arithmetic that must be exact. It has more digits than sums and products of printed numbers can
have; an operation whose result would be rounded all the same raises `decimal.Inexact`.
"""


def parse_number(text: str) -> Decimal:
    """The exact number that a text prints, digits as in JSON, leading zeros allowed.

    Raises QuantityError for anything else and for more than 20 digits before the point or 18 after it (trailing zeros
    do not count).
    """
    if not _NUMBER.fullmatch(text):
        raise QuantityError(f"{text[:60]!r} is not a decimal number{_readings(text[:60])}")
    if len(text) > TEXT_LENGTH_MAX or len(text.lower().partition("e")[2]) > EXPONENT_LENGTH_MAX:
        raise QuantityError(f"{text[:60]!r}… is written with too many characters; at most {TEXT_LENGTH_MAX}")
    number = Decimal(text)
    return _fitting(number, text)


def _readings(text: str) -> str:
    """What a number may be that has separators: of `1,000` there are two readings, and the ledger takes neither."""
    if not (grouped := _SEPARATED.fullmatch(text)):
        return ""
    whole, between, decimal = grouped["whole"], grouped["between"] or "", grouped["decimal"] or ""
    together = whole.replace(between, "")
    if (decimal and decimal[0] == between) or (not between and not decimal):
        return ""
    if between == "," and whole.count(",") == 1 and not decimal:
        comma = whole.replace(",", ".")
        if together.lstrip("-").startswith("0"):
            return f": write {comma}"
        return f": write {together} where the comma groups thousands, or {comma} where it is the decimal comma"
    return f": write {together}{decimal.replace(',', '.')}"


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
    return _fitting(EXACT.multiply(value, unit(unit_name).factor), f"{value} {unit_name} in canonical units")


@lru_cache(maxsize=4096)
def room(unit_name: str) -> int:
    """The length up to which a printed number without exponent fits in canonical units, whatever its digits."""
    factor = unit(unit_name).factor
    return min(INTEGER_DIGITS_MAX - factor.adjusted() - 1, FRACTION_DIGITS_MAX + min(exponent_of(factor), 0))


def exponent_of(number: Decimal) -> int:
    """The power of ten of its last digit: -3 for `2.080`, 0 for `350000`. Raises QuantityError for NaN and infinity."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        raise QuantityError(f"{number} is no number")
    return exponent


def plain(number: Decimal) -> str:
    """A number without exponent and without trailing zeros."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def difference(later: Decimal, earlier: Decimal) -> Decimal:
    """later - earlier, exactly."""
    return EXACT.subtract(later, earlier)


def half_even(numerator: ExactNumber, denominator: ExactNumber = 1, *, decimals: int = 4) -> Decimal:
    """numerator / denominator at a number of decimals, rounded half to even: 0.00005 becomes 0.0000, 0.00015 0.0002.

    It is rounded once, from the exact quotient: a quotient that was rounded before would decide ties wrongly. The
    denominator must not be zero.
    """
    top, over = numerator.as_integer_ratio()
    bottom, under = denominator.as_integer_ratio()
    top, bottom = top * under * 10**decimals, bottom * over
    if bottom < 0:
        top, bottom = -top, -bottom
    whole, rest = divmod(top, bottom)
    if rest * 2 > bottom or (rest * 2 == bottom and whole % 2):
        whole += 1
    return EXACT.scaleb(Decimal(whole), -decimals)


def percent_of(change: Decimal, base: Decimal) -> Decimal | None:
    """change as a percentage of |base|, rounded half to even at 4 decimals; None where the base is zero."""
    return half_even(EXACT.multiply(change, _HUNDRED), base.copy_abs()) if base else None


def _fitting(number: Decimal, shown: str) -> Decimal:
    digits, exponent = number.as_tuple().digits, exponent_of(number)
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
