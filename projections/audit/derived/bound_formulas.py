"""Bound formulas: a formula at one place and viewpoint, with the answer to each of its inputs.

An input without a number has a reason: `missing` (no figure, or nobody says anything of it), `range`, the symbol that
stands for a number, `several_units` (figures in USD and in AUD: select one by `unit=`), `no_period` (there is none that
is meant: a year before a week), `no_whole`, `several_wholes` and `no_parts` (by what is declared). A formula whose
inputs are all there may have no result either: `divided_by_zero`, `units` (the result is in AUD/kg, and USD/kg is
declared), or `too_large` (it has more digits before the point than numbers have here).
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from ledger.values import FormulaInput
from projections.audit.derived.derived_metrics import Definition
from projections.audit.derived.places import InputKey, NoFigure, Place, Surroundings, keys_of
from projections.audit.derived.results import (
    TOO_LARGE,
    NoResult,
    Quantity,
    counted,
    in_unit,
    quantity,
    too_large,
    total,
)
from projections.audit.findings import Item

MISSING, RANGE, SEVERAL_UNITS = "missing", "range", "several_units"
FORMULA = "formula"
"""Under what a reason stands that is of no input."""
_SHOWN = ("period", "figure_id", "publisher", "published_at", "event_id", "status", "nature")


class InputAnswer(NamedTuple):
    """The answer to a figure: a canonical value in its unit, or what is said instead. `row` has what is shown of it."""

    value: Decimal | None
    said: str | None
    unit: str
    row: Mapping[str, Any]

    @property
    def quantity(self) -> Quantity | None:
        """Its value in base units."""
        return None if self.value is None else quantity(self.value, self.unit)


class BoundFigure(NamedTuple):
    """A figure that an input means, and its answers: one for each unit."""

    key: InputKey
    answers: Sequence[InputAnswer]

    @property
    def reason(self) -> str | None:
        """Why it is no number."""
        if not self.answers:
            return MISSING
        if len(self.answers) > 1:
            return SEVERAL_UNITS
        (answer,) = self.answers
        return (answer.said or RANGE) if answer.value is None else None

    @property
    def quantity(self) -> Quantity | None:
        """Its number; None where it is none."""
        return self.answers[0].quantity if self.reason is None else None


class BoundInput(NamedTuple):
    """What an input of a formula is: one figure, or several that are added, or `reason` says why none."""

    input: FormulaInput
    figures: tuple[BoundFigure, ...]
    reason: str | None


class BoundFormula(NamedTuple):
    """A formula with its inputs, and its result in the unit declared; where that is None, `reasons` says why."""

    definition: Definition
    inputs: tuple[BoundInput, ...]
    value: Fraction | None
    reasons: Mapping[str, str]

    def answers(self) -> list[InputAnswer]:
        """The answers to all figures in it."""
        return [answer for one in self.inputs for figure in one.figures for answer in figure.answers]

    @property
    def period(self) -> str | None:
        """The period of its place, as the first figure of it prints it."""
        of_place = (figure for one in self.inputs if not one.input.shift for figure in one.figures)
        return next((answer.row["period"] for figure in of_place for answer in figure.answers), None)

    def items(self) -> list[Item]:
        """Every figure in it, as items show it."""
        return [item for one in self.inputs for item in _items(one)]


AnswersOf = Callable[[InputKey], Sequence[InputAnswer]]
"""The answers to a figure, by unit."""


def bound(definition: Definition, place: Place, around: Surroundings, answers_of: AnswersOf) -> BoundFormula:
    """A definition at a place."""
    inputs = tuple(_bound_input(one, place, around, answers_of) for one in definition.inputs)
    reasons = {one.input.text: one.reason for one in inputs if one.reason is not None}
    value = None
    if not reasons:
        try:
            value = result_of(definition, {one.input: [figure.quantity for figure in one.figures] for one in inputs})
            if too_large(value, definition.decimals):
                raise NoResult(TOO_LARGE)
        except NoResult as error:
            value, reasons = None, {FORMULA: error.reason}
    return BoundFormula(definition, inputs, value, reasons)


def result_of(definition: Definition, inputs: Mapping[FormulaInput, Sequence[Quantity | None]]) -> Fraction:
    """The result in the unit declared, where each input is the sum of these numbers. Raises NoResult."""
    added = {one: total(number for number in numbers if number is not None) for one, numbers in inputs.items()}
    return in_unit(counted(definition.formula, added), definition.unit)


def _bound_input(one: FormulaInput, place: Place, around: Surroundings, answers_of: AnswersOf) -> BoundInput:
    try:
        keys = keys_of(one, place, around)
    except NoFigure as error:
        return BoundInput(one, (), error.reason)
    selected = one.canonical_unit
    figures = tuple(
        BoundFigure(key, [answer for answer in answers_of(key) if selected in (None, answer.unit)]) for key in keys
    )
    return BoundInput(one, figures, next((figure.reason for figure in figures if figure.reason is not None), None))


def _items(one: BoundInput) -> list[Item]:
    if not one.figures:
        return [{"input": one.input.text, "metric": one.input.metric, "reason": one.reason}]
    items = []
    for figure in one.figures:
        answer = figure.answers[0] if len(figure.answers) == 1 else None
        items.append(
            {
                "input": one.input.text,
                **key_item(figure.key),
                "value": None if answer is None else answer.row["canonical_value"],
                "unit": answer and answer.unit,
                **{name: answer and answer.row[name] for name in _SHOWN},
                "nature": figure.key.nature,
                "reason": figure.reason,
            }
        )
    return items


def key_item(key: InputKey | Place) -> Item:
    """What an item says of a key or a place."""
    days = {
        name: value and value.isoformat() for name, value in zip(("period_start", "period_end"), key[-2:], strict=True)
    }
    return {**key._asdict(), "dimensions": dict(key.dimensions) or None, **days}
