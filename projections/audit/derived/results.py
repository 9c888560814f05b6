"""Results: a formula counted out, exactly.

Numbers are fractions in base units (`ledger.values.unit_dimensions`), so nothing is rounded on the way; the result is
rounded once, for showing.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from ledger.values import (
    INTEGER_DIGITS_MAX,
    PURE_NUMBER,
    Formula,
    FormulaInput,
    FormulaNumber,
    Powers,
    half_even,
    measure_of,
    plain,
    product_of_powers,
    quotient_of_powers,
)

UNITS, DIVIDED_BY_ZERO, TOO_LARGE = "units", "divided_by_zero", "too_large"
DECIMALS_SHOWN_MAX = 900
"""An exact number of more decimals is written as a quotient."""
EXACT_BITS_MAX = 13_000
"""An exact number is written as long as a quotient of it has some 4,000 digits at most."""
_TOO_LARGE = Decimal(10**INTEGER_DIGITS_MAX)


class Quantity(NamedTuple):
    """So many base units, to their powers."""

    number: Fraction
    powers: Powers


class NoResult(Exception):
    """A formula has no result: `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def quantity(value: Decimal, unit: str) -> Quantity:
    """A value in a unit."""
    measure = measure_of(unit)
    return Quantity(Fraction(value) * measure.factor, measure.powers)


def total(quantities: Iterable[Quantity]) -> Quantity:
    """Their sum. Raises NoResult where there are none, or they are not alike."""
    added = list(quantities)
    if not added or len({one.powers for one in added}) > 1:
        raise NoResult(UNITS)
    return Quantity(sum((one.number for one in added), Fraction(0)), added[0].powers)


def counted(formula: Formula, inputs: Mapping[FormulaInput, Quantity]) -> Quantity:
    """What a formula makes of its inputs. Raises NoResult."""
    if isinstance(formula, FormulaNumber):
        return Quantity(formula.value, PURE_NUMBER)
    if isinstance(formula, FormulaInput):
        return inputs[formula]
    left, right = counted(formula.left, inputs), counted(formula.right, inputs)
    if formula.sign == "*":
        return Quantity(left.number * right.number, product_of_powers(left.powers, right.powers))
    if formula.sign == "/":
        if not right.number:
            raise NoResult(DIVIDED_BY_ZERO)
        return Quantity(left.number / right.number, quotient_of_powers(left.powers, right.powers))
    if left.powers != right.powers:
        raise NoResult(UNITS)
    return Quantity(left.number + right.number if formula.sign == "+" else left.number - right.number, left.powers)


def in_unit(result: Quantity, unit: str) -> Fraction:
    """A result in the unit that is declared. Raises NoResult where it is none of its kind."""
    measure = measure_of(unit)
    if result.powers != measure.powers:
        raise NoResult(UNITS)
    return result.number / measure.factor


def exact_text(number: Fraction | None) -> str | None:
    """A number without rounding: a decimal where its digits end, else a quotient, `70000/3`; None where it is too long
    to be written.
    """
    if number is None or number.numerator.bit_length() + number.denominator.bit_length() > EXACT_BITS_MAX:
        return None
    rest, twos, fives = number.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    decimals = max(twos, fives)
    ends = rest == 1 and decimals <= DECIMALS_SHOWN_MAX and abs(number) < Fraction(_TOO_LARGE)
    return plain(half_even(number, decimals=decimals)) if ends else str(number)


def rounded_text(number: Fraction | None, decimals: int) -> str | None:
    """A number at so many decimals, rounded half to even; None where it is too large."""
    return None if number is None or too_large(number, decimals) else format(half_even(number, decimals=decimals), "f")


def too_large(number: Fraction, decimals: int) -> bool:
    """Whether a number has more digits before the point than numbers have here, once it is rounded."""
    return abs(number) >= Fraction(_TOO_LARGE) or half_even(number, decimals=decimals).copy_abs() >= _TOO_LARGE
