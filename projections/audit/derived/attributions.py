"""Attributions: what each input did to a change of a derived figure, exactly.

Where several inputs moved at once, the share of each depends on which is thought to have moved first. So it is the mean
over all orders, Shapley's value (Shapley 1953, A value for n-person games): it favours none, and the shares add up to
the change. Over more than eight inputs, orders are too many: it is the mean over two, from the first to the last input
and back, and the shares add up as well; where inputs are only added and subtracted, both are the same.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import factorial
from typing import NamedTuple

from ledger.values import FormulaInput
from projections.audit.derived.bound_formulas import BoundFigure, BoundFormula, result_of
from projections.audit.derived.places import InputKey
from projections.audit.derived.results import NoResult, Quantity

EVERY_ORDER_MAX = 8
"""With more inputs that moved than this, two orders are taken for all."""
ONE_INPUT, EVERY_ORDER, TWO_ORDERS, TOGETHER, DEFINITION = (
    "one_input",
    "every_order",
    "two_orders",
    "together",
    "definition",
)
Player = tuple[InputKey | None, InputKey | None]
"""The figure that stands in a place of a formula before and after; None where there is none, of a part of a sum."""


class Move(NamedTuple):
    """An input that moved: the figure before and after, and its share of the change; None where nobody can tell."""

    input: FormulaInput
    before: BoundFigure | None
    after: BoundFigure | None
    share: Fraction | None


class Attribution(NamedTuple):
    """How a change was shared out, and the inputs that moved."""

    how: str | None
    moves: list[Move]


class _Change:
    """The inputs of a formula before and after, which can be mixed."""

    def __init__(self, before: BoundFormula, after: BoundFormula) -> None:
        self._definition = after.definition
        self._places: list[tuple[FormulaInput, list[Player]]] = []
        self.figures: dict[Player, tuple[FormulaInput, BoundFigure | None, BoundFigure | None]] = {}
        for one, other in zip(before.inputs, after.inputs, strict=True):
            then, now = ({figure.key: figure for figure in side.figures} for side in (one, other))
            if one.input.over == "parts":
                players = [(key if key in then else None, key if key in now else None) for key in {**then, **now}]
            else:
                keys = [next(iter(side), None) for side in (then, now)]
                players = [(keys[0], keys[1])]
            self._places.append((one.input, players))
            for player in players:
                known = (then.get(player[0]) if player[0] else None, now.get(player[1]) if player[1] else None)
                self.figures.setdefault(player, (one.input, *known))
        self.moved = [player for player, (_, *sides) in self.figures.items() if _says(sides[0]) != _says(sides[1])]
        self._bits = {player: 1 << place for place, player in enumerate(self.moved)}
        self._values: dict[int, Fraction] = {}

    def value(self, mask: int) -> Fraction:
        """The result where the inputs in the mask have moved, and no others. Raises NoResult."""
        if mask not in self._values:
            inputs = {one: [self._number(player, mask) for player in players] for one, players in self._places}
            self._values[mask] = result_of(self._definition, inputs)
        return self._values[mask]

    def _number(self, player: Player, mask: int) -> Quantity | None:
        _, before, after = self.figures[player]
        figure = after if mask & self._bits.get(player, 0) else before
        return None if figure is None else figure.quantity

    def in_every_order(self) -> list[Fraction]:
        """The mean share of each over all orders."""
        count = len(self.moved)
        weights = [Fraction(factorial(size) * factorial(count - size - 1), factorial(count)) for size in range(count)]
        shares = []
        for place in range(count):
            bit = 1 << place
            masks = (mask for mask in range(1 << count) if not mask & bit)
            shares.append(
                sum(
                    (weights[mask.bit_count()] * (self.value(mask | bit) - self.value(mask)) for mask in masks),
                    Fraction(0),
                )
            )
        return shares

    def in_two_orders(self) -> list[Fraction]:
        """The mean share of each over the order of the inputs and its reverse."""
        count = len(self.moved)
        shares = [Fraction(0)] * count
        for order in (range(count), range(count - 1, -1, -1)):
            mask = 0
            for place in order:
                before, mask = mask, mask | 1 << place
                shares[place] += (self.value(mask) - self.value(before)) / 2
        return shares


def attributed(before: BoundFormula | None, after: BoundFormula | None) -> Attribution:
    """How a change by the same definition is shared out among the inputs that moved."""
    if before is None or after is None:
        return Attribution(None, [])
    change = _Change(before, after)
    moved = [change.figures[player] for player in change.moved]
    if before.value is None or after.value is None:
        return Attribution(None, [Move(*one, None) for one in moved])
    try:
        shares = change.in_every_order() if len(moved) <= EVERY_ORDER_MAX else change.in_two_orders()
    except NoResult:
        return Attribution(TOGETHER, [Move(*one, None) for one in moved])
    how = ONE_INPUT if len(moved) == 1 else EVERY_ORDER if len(moved) <= EVERY_ORDER_MAX else TWO_ORDERS
    return Attribution(how, [Move(*one, share) for one, share in zip(moved, shares, strict=True)])


def _says(figure: BoundFigure | None) -> Sequence[object]:
    """What a figure amounts to, in each unit."""
    return () if figure is None else [(one.value, one.said, one.unit) for one in figure.answers]
