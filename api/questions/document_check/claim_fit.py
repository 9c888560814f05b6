"""Whether a printed number says what a statement says, at the precision at which it is printed; and how it was
misprinted.

Printed `1.5 kt` says any amount that rounds to 1.5 kt. Of a whole number zeros at its end may be of rounding: `1,500
t` says what rounds to it at hundreds, if two digits at least stand before them, or if it is said to be about so much.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from api.documents import PrintedNumber, kind_of
from ledger.values import Unit, unit
from projections.audit import Amount, Saying

DIGITS_MIN = 2
"""So many digits stand before the zeros of a number that is taken as rounded."""
POWERS_MAX = 9


def fits(number: PrintedNumber, saying: Saying) -> bool:
    """Whether the number is what the statement says, rounded at most."""
    return any(_fits_in(number, saying, factor) for factor in factors(number, saying))


def is_exact(number: PrintedNumber, saying: Saying) -> bool:
    """Whether it is the same to the last digit: a point, a bound, or both ends of a range."""
    said = saying.canonical_value, saying.canonical_low, saying.canonical_high
    told = [_as_printed(number, one) for one in said if one is not None]
    printed = [one for one in (number.value, number.high) if one is not None]
    return any([one * factor for one in printed] == told for factor in factors(number, saying))


def factors(number: PrintedNumber, saying: Saying) -> Iterator[Decimal]:
    """What the number is multiplied by to be in the statement's canonical unit, for each unit that may be meant."""
    for one in number.units:
        if same_unit(one, saying):
            yield one.factor


def amounts_of(number: PrintedNumber) -> Iterator[Amount]:
    """What the number may amount to in canonical units, exactly: tonnes may be tonnes a year."""
    for one in number.units:
        high = None if number.high is None else number.high * one.factor
        for unit_name in (one.canonical, f"{one.canonical}/yr") if one.family == "mass" else (one.canonical,):
            yield Amount(number.value * one.factor, high, unit_name)


def same_unit(one: Unit, saying: Saying) -> bool:
    """Whether amounts in a unit are comparable with a statement: tonnes may be tonnes a year, and people jobs."""
    wanted = saying.canonical_unit
    if one.canonical in (wanted, wanted.removesuffix("/yr")):
        return True
    return one.family == "count" and kind_of(unit(saying.unit).family) == "count"


def _fits_in(number: PrintedNumber, saying: Saying, factor: Decimal) -> bool:
    amount, low, high = saying.canonical_value, saying.canonical_low, saying.canonical_high
    if number.high is not None:
        first, last = number.value * factor, number.high * factor
        if amount is not None:
            return first <= amount <= last
        return (low, high) == (first, last)
    if amount is None:
        ends = [one for one in (low, high) if one is not None]
        return len(ends) == 1 and _rounds_to(number, ends[0], factor)
    return _rounds_to(number, _as_printed(number, amount), factor)


def _as_printed(number: PrintedNumber, amount: Decimal) -> Decimal:
    """An amount with the sign that a document would print: what fell by 30 % may be held as -30 percent."""
    return abs(amount) if number.is_percent and number.value >= 0 else amount


def _rounds_to(number: PrintedNumber, amount: Decimal, factor: Decimal) -> bool:
    printed, step = number.value * factor, coarse_step(number) * factor
    if printed == amount:
        return True
    if number.hedge == "over":
        return printed <= amount < printed + step
    if number.hedge == "under":
        return printed - step < amount <= printed
    twice = abs(amount - printed) * 2
    return twice < step or (twice == step and (printed > amount or printed / step % 2 == 0))


def is_coarse(number: PrintedNumber, saying: Saying) -> bool:
    """Whether the number is what the statement says only if zeros at its end are taken as rounded."""
    return number.hedge is None and coarse_step(number) != number.step and not is_exact(number, saying)


def coarse_step(number: PrintedNumber) -> Decimal:
    """One unit of the last digit that counts."""
    digits = number.digits.lstrip("0")
    telling = digits.rstrip("0")
    zeros = len(digits) - len(telling)
    is_whole = number.step >= 1 and number.step == Decimal(10) ** number.scale
    if is_whole and telling and (number.hedge is not None or len(telling) >= DIGITS_MIN):
        return number.step.scaleb(zeros)
    return number.step


def power_of_ten(number: PrintedNumber, saying: Saying) -> int | None:
    """By which power of ten the number is too large (negative: too small); None where it is none."""
    amount = saying.canonical_value
    if not amount:
        return None
    for factor in factors(number, saying):
        for power in (3, -3, 1, -1, 2, -2, 6, -6, *(one for n in (4, 5, 7, 8, 9) for one in (n, -n))):
            if number.value * factor == amount.scaleb(power) or (
                len(number.digits.strip("0")) >= DIGITS_MIN
                and abs(amount.scaleb(power) - number.value * factor) * 2 <= coarse_step(number) * factor
            ):
                return power
    return None


def other_unit(number: PrintedNumber, saying: Saying) -> bool:
    """Whether the number is right and its unit is not."""
    amount = saying.canonical_value
    if amount is None or saying.value is None:
        return False
    if any(factor == unit(saying.unit).factor or factor == 1 for factor in factors(number, saying)):
        return False
    return any(abs(number.value - one) * 2 <= number.step for one in (amount, Decimal(saying.value)))


def misprint(number: PrintedNumber, saying: Saying) -> str | None:
    """How digits went wrong: `swapped`, `dropped` or `added`; None where they did not."""
    amount = saying.canonical_value
    if amount is None or number.high is not None:
        return None
    for factor in factors(number, saying):
        told = Fraction(number.value) / Fraction(number.step)
        true = Fraction(abs(amount)) / Fraction(factor) / Fraction(number.step)
        if true.denominator != 1 or told < 0:
            continue
        if (how := _digits_apart(str(int(told)), str(int(true)))) is not None:
            return how
    return None


def _digits_apart(told: str, true: str) -> str | None:
    apart = [place for place in range(min(len(told), len(true))) if told[place] != true[place]]
    if len(told) == len(true):
        if len(apart) == 2 and (told[apart[0]], told[apart[1]]) == (true[apart[1]], true[apart[0]]):
            return "swapped"
        return None
    longer, shorter, how = (true, told, "dropped") if len(true) > len(told) else (told, true, "added")
    if len(longer) - len(shorter) != 1 or len(shorter.rstrip("0")) < DIGITS_MIN:
        return None
    return how if any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer))) else None
