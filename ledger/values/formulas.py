"""Formulas: how a derived figure follows from figures that publishers state.

    mine_production / mine_production[subject=world]
    revenue[dimension.basis=gross] / sales_volume[material=rare-earth-oxides, dimension.basis=reo]
    price / previous(price) - 1

The language is small, and nothing in it does anything but arithmetic:

    sum        = product { ("+" | "-") product }
    product    = factor { ("*" | "/") factor }
    factor     = "-" factor | number | "(" sum ")" | input | "share" "(" input [ "," selector ] ")"
               | "sum" "(" input { "," subject } ")"
    input      = reference | ("previous" | "year_before") "(" reference ")"
    reference  = metric [ "[" selector { "," selector } "]" ]
    selector   = ("subject" | "material" | "nature" | "unit" | "dimension." NAME) "=" value

A number has no unit, and is read as numbers are everywhere (`parse_number`: `0.05`, `1e3`). A value that holds a space,
a comma or a bracket stands in double quotes. `share(a)` is `a` over the `a` of the one whole that its subject is
declared to be a part of; `share(a, subject=world)` is `a / a[subject=world]`; `sum(a)` is over the declared parts of
the subject, `sum(a, china, usa)` over those named.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import NoReturn

from ledger.errors import FormulaError, QuantityError
from ledger.values.quantities import parse_number
from ledger.values.slugs import NAME_PATTERN, SLUG_PATTERN
from ledger.values.unit_dimensions import PURE_NUMBER, Powers, powers_text, product_of_powers, quotient_of_powers
from ledger.values.units import unit

FORMULA_LENGTH_MAX = 1000
RESULT_DECIMALS = 4
"""How many decimals a result is rounded to where nothing else is said."""
INPUTS_MAX = 16
"""How many inputs a formula may have; a sum over parts is one."""
TERMS_MAX = 50
"""How many inputs and numbers together."""
FORMULA_DEPTH_MAX = 20
"""How deep brackets and signs may stand in one another."""
SUMMED_MAX = 100
"""How many subjects a sum may name."""
NATURES = ("observed", "forecast", "target", "plan")
SHIFTS = ("previous", "year_before")
"""What asks for a figure of another period: the one of the same length before, or the same a year before."""
SELECTED_DIMENSION = "dimension."

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])|(?P<name>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)|(?P<sign>[-+*/()\[\],=]))",
    re.ASCII,
)
_BARE = r'[^\s,\[\]()"=]+'
_VALUE = re.compile(rf'\s*(?:"(?P<quoted>[^"\x00-\x1f]+)"|(?P<bare>{_BARE}))')


@dataclass(frozen=True)
class FormulaInput:
    """The figures that stand in one place of a formula: of a metric, with what is selected of their keys.

    `over` is empty for the figure itself, `whole` for that of the declared whole of the subject, `parts` for the sum
    over `subjects`, or over the declared parts where these are none.
    """

    metric: str
    selected: tuple[tuple[str, str], ...] = ()
    shift: str = ""
    over: str = ""
    subjects: tuple[str, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether it is about the subject that is asked for, or about parts or the whole of it."""
        return not self.subjects and "subject" not in dict(self.selected)

    def slugs(self) -> Iterator[str]:
        """The entities that it names."""
        yield from (value for name, value in self.selected if name in ("subject", "material"))
        yield from self.subjects

    @property
    def canonical_unit(self) -> str | None:
        """The canonical unit that it selects; None where any will do."""
        selected = dict(self.selected).get("unit")
        return None if selected is None else unit(selected).canonical

    @property
    def text(self) -> str:
        """How it is written."""
        chosen = ", ".join(f"{name}={_written(value)}" for name, value in self.selected)
        text = f"{self.metric}[{chosen}]" if chosen else self.metric
        text = f"{self.shift}({text})" if self.shift else text
        if self.over == "parts":
            return f"sum({', '.join((text, *self.subjects))})"
        return f"{text} of the whole" if self.over else text


@dataclass(frozen=True)
class FormulaNumber:
    """A number without a unit."""

    value: Fraction


@dataclass(frozen=True)
class FormulaOperation:
    """Two formulas and what is made of them: `+`, `-`, `*` or `/`."""

    sign: str
    left: "Formula"
    right: "Formula"


Formula = FormulaInput | FormulaNumber | FormulaOperation


@lru_cache(maxsize=4096)
def parse_formula(text: str) -> Formula:
    """The formula that a text writes. Raises FormulaError, which says where it ends to be one."""
    if len(text) > FORMULA_LENGTH_MAX:
        raise FormulaError(f"a formula of {len(text)} characters is too long; {FORMULA_LENGTH_MAX} at most")
    formula = _Parser(text).parsed()
    inputs = list(inputs_of(formula))
    if len(inputs) > INPUTS_MAX:
        raise FormulaError(f"{len(inputs)} inputs are too many; {INPUTS_MAX} at most")
    if not any(one.is_own and not one.shift for one in inputs):
        raise FormulaError(
            "a formula needs a metric of the subject and period that is asked for: one without [subject=…], and not "
            "within previous or year_before"
        )
    return formula


def inputs_of(formula: Formula) -> Iterator[FormulaInput]:
    """The inputs of a formula, from left to right."""
    if isinstance(formula, FormulaInput):
        yield formula
    elif isinstance(formula, FormulaOperation):
        yield from inputs_of(formula.left)
        yield from inputs_of(formula.right)


def powers_of(formula: Formula, of_input: Callable[[FormulaInput], Powers]) -> Powers:
    """What the result of a formula is made of. Raises FormulaError where what is added is not alike."""
    if isinstance(formula, FormulaNumber):
        return PURE_NUMBER
    if isinstance(formula, FormulaInput):
        return of_input(formula)
    left, right = (powers_of(side, of_input) for side in (formula.left, formula.right))
    if formula.sign == "*":
        return product_of_powers(left, right)
    if formula.sign == "/":
        return quotient_of_powers(left, right)
    if left != right:
        what = "added to" if formula.sign == "+" else "taken from"
        raise FormulaError(f"{powers_text(right)} cannot be {what} {powers_text(left)}")
    return left


class _Parser:
    """Reads one formula, sign by sign."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._terms = 0

    def parsed(self) -> Formula:
        formula = self._sum()
        if self._text[self._at :].strip():
            self._fail("an operator, or the end")
        return formula

    def _sum(self) -> Formula:
        self._depth += 1
        if self._depth > FORMULA_DEPTH_MAX:
            raise FormulaError(f"brackets and signs stand in one another more than {FORMULA_DEPTH_MAX} deep")
        formula = self._product()
        while sign := self._sign("+", "-"):
            formula = FormulaOperation(sign, formula, self._product())
        self._depth -= 1
        return formula

    def _product(self) -> Formula:
        formula = self._factor()
        while sign := self._sign("*", "/"):
            formula = FormulaOperation(sign, formula, self._factor())
        return formula

    def _factor(self) -> Formula:
        negative = False
        while self._sign("-"):
            negative = not negative
        formula = self._unsigned()
        return FormulaOperation("*", FormulaNumber(Fraction(-1)), formula) if negative else formula

    def _unsigned(self) -> Formula:
        self._terms += 1
        if self._terms > TERMS_MAX:
            raise FormulaError(f"a formula has {TERMS_MAX} terms at most")
        if self._sign("("):
            formula = self._sum()
            self._need(")")
            return formula
        if (number := self._token("number")) is not None:
            try:
                return FormulaNumber(Fraction(parse_number(number)))
            except QuantityError as error:
                raise FormulaError(str(error)) from None
        start, name = self._at, self._token("name")
        if name in ("share", "sum") and self._sign("("):
            made = self._share() if name == "share" else self._summed()
            self._need(")")
            return made
        self._at = start
        return self._input()

    def _share(self) -> Formula:
        part = self._input()
        if not self._sign(","):
            self._no_subject(part, "share")
            return FormulaOperation("/", part, replace(part, over="whole"))
        name, value = self._selector()
        selected = {**dict(part.selected), name: value}
        return FormulaOperation("/", part, replace(part, selected=tuple(sorted(selected.items()))))

    def _summed(self) -> Formula:
        part = self._input()
        self._no_subject(part, "sum")
        subjects: list[str] = []
        while self._sign(","):
            subjects.append(self._slug("the slug of a subject"))
        if len(set(subjects)) < len(subjects):
            raise FormulaError("a sum names each subject once")
        if len(subjects) > SUMMED_MAX:
            raise FormulaError(f"{len(subjects)} subjects of a sum are too many; {SUMMED_MAX} at most")
        return replace(part, over="parts", subjects=tuple(subjects))

    def _no_subject(self, part: FormulaInput, function: str) -> None:
        if "subject" in dict(part.selected):
            raise FormulaError(f"{function} says itself which subjects it is over: leave subject= out of it")

    def _input(self) -> FormulaInput:
        start, name = self._at, self._token("name")
        if name in SHIFTS and self._sign("("):
            made = replace(self._reference(), shift=name)
            self._need(")")
            return made
        self._at = start
        return self._reference()

    def _reference(self) -> FormulaInput:
        start, metric = self._at, self._token("name")
        if metric is None or not re.fullmatch(NAME_PATTERN, metric):
            self._at = start
            self._fail("a number, a metric, or a bracket")
        selected: dict[str, str] = {}
        if self._sign("["):
            while True:
                name, value = self._selector()
                if name in selected:
                    raise FormulaError(f"{metric} selects {name} twice")
                selected[name] = value
                if not self._sign(","):
                    break
            self._need("]")
        return FormulaInput(metric, tuple(sorted(selected.items())))

    def _selector(self) -> tuple[str, str]:
        start, name = self._at, self._token("name")
        of_dimension = name is not None and name.startswith(SELECTED_DIMENSION)
        if name is None or not (name in ("subject", "material", "nature", "unit") or of_dimension):
            self._at = start
            self._fail("subject=, material=, nature=, unit= or dimension.NAME=")
        self._need("=")
        if name in ("subject", "material"):
            return name, self._slug("a slug")
        value = self._value("a value")
        if name == "nature" and value not in NATURES:
            raise FormulaError(f"nature is one of {', '.join(NATURES)}, not {value[:40]!r}")
        if name == "unit":
            try:
                unit(value)
            except QuantityError as error:
                raise FormulaError(str(error)) from None
        return name, value

    def _slug(self, wanted: str) -> str:
        start, value = self._at, self._value(wanted)
        if not re.fullmatch(SLUG_PATTERN, value):
            self._at = start
            self._fail(wanted)
        return value

    def _value(self, wanted: str) -> str:
        found = _VALUE.match(self._text, self._at)
        if found is None:
            self._fail(wanted)
        self._at = found.end()
        return found["quoted"] or found["bare"]

    def _token(self, kind: str) -> str | None:
        found = _TOKEN.match(self._text, self._at)
        if found is None or found.lastgroup != kind:
            return None
        self._at = found.end()
        return found[kind]

    def _sign(self, *signs: str) -> str:
        found = _TOKEN.match(self._text, self._at)
        if found is None or found["sign"] not in signs:
            return ""
        self._at = found.end()
        return found["sign"]

    def _need(self, sign: str) -> None:
        if not self._sign(sign):
            self._fail(f"{sign!r}")

    def _fail(self, wanted: str) -> NoReturn:
        rest = self._text[self._at :].strip()
        where = f"at {rest[:20]!r}" if rest else "at the end"
        raise FormulaError(f"{where} (character {self._at + 1}) {wanted} is expected")


def _written(value: str) -> str:
    return value if re.fullmatch(_BARE, value) else f'"{value}"'
