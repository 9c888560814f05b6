"""Definitions of derived metrics: of one name the last that stands counts, from its recording on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ledger.values import RESULT_DECIMALS, Formula, FormulaInput, inputs_of, instant_text, parse_formula
from projections.audit.findings import Findings, Item
from projections.queries.reader import Reader

_COLUMNS = "metric, title, unit, decimals, formula, position, recorded_at, recorded_by, CAST(event_id AS VARCHAR)"
_NAMED = "($all OR metric IN (SELECT UNNEST(CAST($names AS VARCHAR[]))))"
_IN_FORCE = f"""
SELECT {_COLUMNS}
FROM log.definitions
WHERE since <= $position AND until > $position AND {_NAMED}
QUALIFY LEAD(position) OVER (PARTITION BY metric ORDER BY position) IS NULL
ORDER BY metric
"""
_EVER = f"""
SELECT {_COLUMNS}, since, until
FROM log.definitions
WHERE since <= $position AND {_NAMED}
ORDER BY metric, position, since
"""


class Definition(NamedTuple):
    """How a metric is derived."""

    metric: str
    title: str | None
    unit: str
    decimals: int
    text: str
    position: int
    recorded_at: str
    recorded_by: str | None
    event_id: str

    @property
    def formula(self) -> Formula:
        """What the text says."""
        return parse_formula(self.text)

    @property
    def inputs(self) -> tuple[FormulaInput, ...]:
        """Its inputs, each once, from left to right."""
        return tuple(dict.fromkeys(inputs_of(self.formula)))

    @property
    def makers(self) -> list[FormulaInput]:
        """The inputs that say where the derived figure is: of those of the asked subject and period which select the
        fewest parts of a key.
        """
        own = [one for one in self.inputs if one.is_own and not one.shift and one.over != "whole"]
        least = min(len(parts_selected(one)) for one in own)
        return [one for one in own if len(parts_selected(one)) == least]


class HeldDefinition(NamedTuple):
    """A version of a definition, which the ledger holds from one position until another."""

    definition: Definition
    since: int
    until: int


def parts_selected(one: FormulaInput) -> list[str]:
    """The parts of a key that an input selects and the derived figure lacks."""
    return [name for name, _ in one.selected if name not in ("subject", "unit")]


def definitions_in_force(reader: Reader, names: Sequence[str] = ()) -> list[Definition]:
    """The definitions that count at the viewpoint, by metric: all, or those of some."""
    rows = reader.ask(_IN_FORCE, names=list(names), all=not names)
    return [_definition(*row) for row in reader.allowance.each(rows)]


def definitions_ever(reader: Reader, names: Sequence[str] = ()) -> list[HeldDefinition]:
    """All versions of definitions that were held up to the viewpoint's position, by metric."""
    rows = reader.ask(_EVER, names=list(names), all=not names)
    return [HeldDefinition(_definition(*row), since, until) for *row, since, until in reader.allowance.each(rows)]


def definitions(reader: Reader, names: Sequence[str] = ()) -> Findings:
    """One item a definition that counts at the viewpoint: what it says, and since when, by which event and whom."""
    return Findings([_item(one) for one in definitions_in_force(reader, names)])


def _item(one: Definition) -> Item:
    return {
        "metric": one.metric,
        "title": one.title,
        "unit": one.unit,
        "decimals": one.decimals,
        "formula": one.text,
        "inputs": list(dict.fromkeys(each.metric for each in one.inputs)),
        "position": one.position,
        "recorded_at": one.recorded_at,
        "recorded_by": one.recorded_by,
        "event_id": one.event_id,
    }


def _definition(
    metric: str,
    title: str | None,
    unit: str,
    decimals: int | None,
    formula: str,
    position: int,
    recorded_at: datetime,
    recorded_by: str | None,
    event_id: str,
) -> Definition:
    return Definition(
        metric,
        title,
        unit,
        RESULT_DECIMALS if decimals is None else decimals,
        formula,
        position,
        instant_text(recorded_at.replace(tzinfo=UTC)),
        recorded_by,
        event_id,
    )
