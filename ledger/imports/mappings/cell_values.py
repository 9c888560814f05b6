"""Cell values: what is printed in a cell where a number is expected.

A number with the separators of its table; a bound (`>520`, `<5`, `≥10`); a range (`10-20`); a code that stands for a
symbol or for a number (`W`, `NA`, `—`); marks that say something of the value (`(e)` estimated, `(p)` provisional, `~`
approximate). What is none of these is a fault that says so: nothing is guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

from ledger.events.figures import Symbol

CELL_LENGTH_MAX = 200
_BOUND = re.compile(r"^(>=|<=|>|<|≥|≤)\s*(.+)$")
_DASH = "\N{EN DASH}"
_RANGE = re.compile(rf"^([^\s{_DASH}-][^{_DASH}-]*?)\s*(?:{_DASH}|-|--| to )\s*([^{_DASH}-]+)$")
_MARKS = {"e": "estimated", "p": "provisional", "r": "restated", "f": None}
_MARKED = re.compile(r"^(.*?)\s*\(?([a-z])\)?$|^\(?([a-z])\)?\s*(.*)$")
_NUMBER = re.compile(r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$")
SYMBOLS = get_args(Symbol)


class CellError(ValueError):
    """A cell is no value: its text says why, and what to do."""


@dataclass(frozen=True)
class Separators:
    """How numbers are printed in a table. Raises ValueError for separators that cannot be told apart."""

    decimal: str = "."
    thousands: str = ""
    """Each of these characters may stand between groups of three digits."""

    def __post_init__(self) -> None:
        if self.decimal == "":
            raise ValueError("[table] decimal is not chosen: say which character stands before decimals, and thousands")
        others = [one for one in self.thousands if one.isalnum() or one == self.decimal]
        if len(self.decimal) != 1 or self.decimal.isalnum() or others:
            raise ValueError("decimal is one character, thousands are others, and neither is a letter or a digit")

    @cached_property
    def _grouped(self) -> re.Pattern[str]:
        between = "[" + re.escape(self.thousands) + "]"
        return re.compile(rf"^[+-]?([0-9]{{1,3}})({between}[0-9]{{3}})+({re.escape(self.decimal)}[0-9]+)?$")

    def number(self, text: str) -> str:
        """The number that a text prints, with a point. Raises CellError where it is none, or may be two."""
        said = text.strip().replace("\u2212", "-")
        if self.thousands and (grouped := self._grouped.match(said)):
            if grouped[1].startswith("0"):
                raise CellError(
                    f"{text[:40]!r} has {self.thousands!r} after a leading zero, where no thousands are: set [table] "
                    "decimal and thousands"
                )
            for one in self.thousands:
                said = said.replace(one, "")
        if self.decimal != ".":
            if "." in said:
                raise CellError(f"{text[:40]!r} has a point, and the decimal separator here is {self.decimal!r}")
            said = said.replace(self.decimal, ".")
        if not _NUMBER.match(said):
            raise CellError(
                f"{text[:40]!r} is no number with decimal separator {self.decimal!r} and thousands separator "
                f"{self.thousands or 'none'!r}: set [table] decimal and thousands, or say in [symbols] what it means"
            )
        return said.lstrip("+")


_PLAIN = Separators()
"""How mappings write the numbers that codes stand for."""


def statement_of(text: str, separators: Separators, symbols: Mapping[str, str]) -> dict[str, Any] | None:
    """What a cell states: `value`, `low`, `high` or `symbol`, and perhaps `status` and `approximate`; None for nothing.

    `symbols` says what codes stand for: a symbol of figures, a number or a bound, or `` for nothing at all. Raises
    CellError.
    """
    said = text.strip()
    if len(said) > CELL_LENGTH_MAX:
        raise CellError(f"the cell has {len(said)} characters, and no value has more than {CELL_LENGTH_MAX}")
    if said == "" or symbols.get(said) == "":
        return None
    if said in symbols:
        stands_for = symbols[said]
        return {"symbol": stands_for} if stands_for in SYMBOLS else statement_of(stands_for, _PLAIN, {})
    stated: dict[str, Any] = {}
    if said[0] in "~≈" or said.lower().startswith("c. "):
        said, stated["approximate"] = said.lstrip("~≈").removeprefix("c. ").strip(), True
    for _ in range(2):
        marked = _MARKED.match(said)
        mark = marked and (marked[2] or marked[3])
        rest = marked and (marked[1] or marked[4] or "").strip()
        if mark in _MARKS and rest:
            said = str(rest)
            if (status := _MARKS[str(mark)]) is not None:
                stated["status"] = status
    if bound := _BOUND.match(said):
        side = "low" if bound[1] in (">", ">=", "≥") else "high"
        return {side: separators.number(bound[2]), **stated}
    try:
        return {"value": separators.number(said), **stated}
    except CellError:
        if (ends := _RANGE.match(said)) is None:
            separators.number(text)  # says what is wrong with all of it
            raise
    return {"low": separators.number(ends[1]), "high": separators.number(ends[2]), **stated}
