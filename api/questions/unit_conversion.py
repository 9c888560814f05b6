"""Values in another unit: `unit=kt` shows what was printed in tonnes, kilograms or pounds in thousands of tonnes.

Only within one kind of unit: tonnes are no tonnes a year. Money is never converted: a rate of exchange is a figure of
its own, which somebody stated for a day. The canonical fields stay as they are.

A value is converted exactly and rounded once, half to even, at the decimals that `digits` asks for. Without `digits` it
is exact where its decimals end (2080 t are 2.08 kt), else it has DECIMALS_DEFAULT of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import pyarrow as pa

from api.problems import bad_parameter
from api.questions.page import Items
from api.questions.parameters import Parameter
from ledger import UnitError
from ledger.values import Unit, half_even, parse_number, unit
from projections import SERIES, Reader, Value

DECIMALS_DEFAULT = 6
DECIMALS_MAX = 18
UNIT = Parameter(
    "unit",
    "Show values in this unit, where they are in one of its kind (`t` and `kt`, not `t/yr`). `converted` says of each "
    "item whether it was; canonical fields stay. Money is never converted.",
    "kt",
)
DIGITS = Parameter(
    "digits",
    "How many decimals converted values are rounded to, half to even. Default: exact where they end, else "
    f"{DECIMALS_DEFAULT}.",
    schema={"type": "integer", "minimum": 0, "maximum": DECIMALS_MAX},
)
CONVERSION = (UNIT, DIGITS)
CONVERTED = "converted"
_NUMBERS = ("value", "low", "high")
_NAMED_MAX = 5


@dataclass(frozen=True)
class Conversion:
    """What values are shown in, and with how many decimals: None where these are not stated."""

    unit: Unit
    decimals: int | None

    def of(self, items: Items) -> Items:
        """Items of figures or of a history with their values in the unit, and `converted`."""
        if not isinstance(items, pa.Table):
            raise TypeError("values are converted in columns")
        printed, numbers = items["unit"].to_pylist(), [items[name].to_pylist() for name in _NUMBERS]
        there = [any(number is not None for number in row) for row in zip(*numbers, strict=True)]
        units = [
            one if numeric and one is not None and self._differs(one) else None
            for one, numeric in zip(printed, there, strict=True)
        ]
        shown = {
            name: [self._shown(*cell) for cell in zip(column, units, strict=True)]
            for name, column in zip(_NUMBERS, numbers, strict=True)
        }
        shown["unit"] = [
            self.unit.name if one is not None else stays for one, stays in zip(units, printed, strict=True)
        ]
        for name, column in shown.items():
            items = items.set_column(items.schema.get_field_index(name), name, pa.array(column, pa.string()))
        return items.append_column(CONVERTED, pa.array([one is not None for one in units], pa.bool_()))

    def check(self, reader: Reader, filters: Mapping[str, Value]) -> None:
        """Raises Problem where figures are selected, and none of them is in a unit of this kind."""
        wanted = {one.name for one in SERIES.filters}
        selecting = {name: value for name, value in filters.items() if name in wanted or name.startswith("dimension.")}
        if selecting.get("period") == "latest":
            del selecting["period"]
        found = reader.series("published", selecting, query="SELECT DISTINCT canonical_unit FROM chosen ORDER BY 1")
        units = found["canonical_unit"].to_pylist()
        if units and self.unit.canonical not in units:
            listed = f"{', '.join(units[:_NAMED_MAX])}{' …' if len(units) > _NAMED_MAX else ''}"
            detail = f"unit: none of these figures, which are in {listed}, can be shown in {self.unit.name}"
            raise bad_parameter(UNIT.name, "unit", detail)

    def _differs(self, printed: str) -> bool:
        other = unit(printed)
        return other.canonical == self.unit.canonical and other.factor != self.unit.factor

    def _shown(self, number: str | None, printed: str | None) -> str | None:
        if number is None or printed is None:
            return number
        exact = Fraction(parse_number(number)) * _times(printed, self.unit.name)
        decimals = self.decimals
        if decimals is None:
            decimals = _decimals_of(exact)
        return format(half_even(exact, decimals=decimals), "f")


def conversion_of(parameters: Mapping[str, str]) -> Conversion | None:
    """The conversion that parameters ask for. Raises Problem."""
    name, digits = parameters.get(UNIT.name), parameters.get(DIGITS.name)
    if name is None:
        if digits is not None:
            raise bad_parameter(
                DIGITS.name, "alone", "digits says how values in another unit are rounded: give unit too"
            )
        return None
    try:
        wanted = unit(name)
    except UnitError as error:
        raise bad_parameter(UNIT.name, "unit", f"unit: {error}") from None
    if wanted.family == "money":
        detail = (
            "money is never converted: leave unit out, and select figures in one currency by their metric and subject"
        )
        raise bad_parameter(UNIT.name, "money", f"unit: {detail}")
    return Conversion(wanted, None if digits is None else _decimals(digits))


def _decimals(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and int(text) <= DECIMALS_MAX):
        detail = f"digits is a whole number from 0 to {DECIMALS_MAX}, not {text[:40]!r}"
        raise bad_parameter(DIGITS.name, "range", detail)
    return int(text)


@lru_cache(maxsize=4096)
def _times(printed: str, wanted: str) -> Fraction:
    """What a number in one unit is multiplied by to be in another."""
    return Fraction(unit(printed).factor) / Fraction(unit(wanted).factor)


def _decimals_of(number: Fraction) -> int:
    """How many decimals a number has, where they end, else the default."""
    rest, fives, twos = number.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else DECIMALS_DEFAULT
