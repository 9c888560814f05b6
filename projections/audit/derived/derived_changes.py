"""A change of a derived figure: what it was and is, and what every input that moved did to it."""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from ledger.values import plain
from projections.audit.derived.attributions import DEFINITION, Attribution, Move, attributed
from projections.audit.derived.bound_formulas import BoundFigure, BoundFormula, key_item
from projections.audit.derived.derived_metrics import Definition
from projections.audit.derived.places import Place
from projections.audit.derived.results import exact_text, rounded_text
from projections.audit.findings import Item

PERCENT_DECIMALS = 4


class Derivation(NamedTuple):
    """A derived figure as it is somewhere: its definition and the formula counted out; None where there is none."""

    definition: Definition | None
    formula: BoundFormula | None

    @property
    def value(self) -> Fraction | None:
        """What it amounts to, if to anything."""
        return None if self.formula is None else self.formula.value


UNDEFINED = Derivation(None, None)


def change_item(place: Place, before: Derivation, after: Derivation, told: Mapping[str, object]) -> Item:
    """A change as an item, with `told` behind its period. There is a definition on one side at least."""
    was, now = before.value, after.value
    redefined = _says(before.definition) != _says(after.definition)
    how = Attribution(DEFINITION, []) if redefined else attributed(before.formula, after.formula)
    if was == now and was is not None and not how.moves:
        how = Attribution(DEFINITION, [])  # it is rounded otherwise
    definition = after.definition or before.definition
    if definition is None:
        raise TypeError("where a value changes there is or was a definition")
    same_unit = before.definition is not None and before.definition.unit == definition.unit
    change = now - was if same_unit and now is not None and was is not None else None
    return {
        "metric": definition.metric,
        **key_item(place),
        "period": next((one.formula.period for one in (after, before) if one.formula and one.formula.period), None),
        **told,
        "value": rounded_text(now, definition.decimals),
        "unit": definition.unit,
        "previous_value": rounded_text(was, (before.definition or definition).decimals),
        "previous_unit": None if was is None or before.definition is None else before.definition.unit,
        "change": rounded_text(change, definition.decimals),
        "change_percent": None
        if change is None or not was
        else rounded_text(100 * change / abs(was), PERCENT_DECIMALS),
        "exact": exact_text(now),
        "previous_exact": exact_text(was),
        "change_exact": exact_text(change),
        "reasons": {} if after.formula is None else dict(after.formula.reasons),
        "attribution": how.how,
        "attributions": [_share(one, definition.decimals) for one in how.moves],
        "definition": definition.event_id,
    }


def _says(definition: Definition | None) -> tuple[str, str] | None:
    """What makes the value."""
    return None if definition is None else (definition.text, definition.unit)


def _share(move: Move, decimals: int) -> Item:
    """What an input did to a change."""
    figure = move.after or move.before
    shown = {"before": _said(move.before), "after": _said(move.after)}
    answer = next((one.answers[0] for one in (move.after, move.before) if one is not None and one.answers), None)
    after = move.after.answers[0].row if move.after is not None and move.after.answers else {}
    return {
        "input": move.input.text,
        **({} if figure is None else key_item(figure.key)),
        **shown,
        "unit": answer and answer.unit,
        "share": rounded_text(move.share, decimals),
        "share_exact": exact_text(move.share),
        **{name: after.get(name) for name in ("publisher", "published_at", "event_id")},
    }


def _said(figure: BoundFigure | None) -> str | None:
    """The value of a figure, or why it has none; None of a part that is none."""
    if figure is None:
        return None
    value = figure.answers[0].value if figure.reason is None else None
    return figure.reason if value is None else plain(value)
