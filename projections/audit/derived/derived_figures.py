"""Derived figures at a viewpoint: what the definitions in force make of the answers to figures there."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from ledger.values import instant_text, parse_moment
from projections.audit.declared_parts import parts_of_subjects
from projections.audit.derived.bound_formulas import BoundFormula, InputAnswer, bound, key_item
from projections.audit.derived.derived_metrics import Definition, definitions_in_force
from projections.audit.derived.place_filters import PlaceFilters, needs_parts
from projections.audit.derived.places import InputKey, Place, Surroundings, key_of_row, places_of, wholes_of
from projections.audit.derived.results import exact_text, rounded_text
from projections.audit.findings import Findings, Item
from projections.queries.filter_values import Value
from projections.queries.reader import Reader

COMPUTED = ("all", "true", "false")
"""Which derived figures are wanted: all, those that have a value, those that have none."""
WEAKEST_NATURES = ("forecast", "plan", "target", "observed")
"""The weakest first."""
WEAKEST_STATUSES = ("estimated", "announced", "provisional", "reported", "restated", "audited")


def derived_figures(
    reader: Reader,
    filters: Mapping[str, Value],
    *,
    metrics: Sequence[str] = (),
    computed: str = COMPUTED[0],
    limit: int | None = None,
    offset: int = 0,
) -> Findings:
    """The derived figures at places that filters select, by metric, then as figures are ordered.

    `metrics` are the derived ones that are wanted; none means all. The filters are those of series, and `publisher` and
    `prefer` choose what the inputs are, as for figures. Raises UnknownFilter and FilterError.
    """
    chosen = PlaceFilters(reader, filters)
    enough = None if limit is None else offset + limit
    items: list[Item] = []
    for place, formula, period in formulas(reader, chosen, metrics):
        if computed == COMPUTED[0] or (formula.value is not None) is (computed == "true"):
            items.append(_item(formula, place, period))
        if len(items) == enough:
            break
    return Findings(items[offset:])


def formulas(
    reader: Reader, chosen: PlaceFilters, metrics: Sequence[str]
) -> Iterator[tuple[Place, BoundFormula, str | None]]:
    """What the definitions in force make of the places, each with how the first figure of it prints its period."""
    for definition in definitions_in_force(reader, metrics):
        yield from _of_definition(reader, definition, chosen)


def _of_definition(
    reader: Reader, definition: Definition, chosen: PlaceFilters
) -> Iterator[tuple[Place, BoundFormula, str | None]]:
    parts = parts_of_subjects(reader) if needs_parts(definition.inputs) else {}
    around = Surroundings(reader.names.kept, parts, wholes_of(parts))
    answers = _answers(reader, definition, chosen.subjects_needed(definition, parts), chosen)
    entries = [(answer.unit, key, answer) for key, by_unit in answers.items() for answer in by_unit]
    entries.sort(key=itemgetter(0))
    places: dict[Place, str | None] = {}
    for maker in definition.makers:
        for unit, key, answer in reader.allowance.each(entries):
            for place in places_of(maker, key, unit, around):
                places.setdefault(place, answer.row["period"])
    for place in reader.allowance.each(chosen.wanted(places)):
        formula = bound(definition, place, around, lambda key: answers.get(key, ()))
        yield place, formula, places[place]


def _answers(
    reader: Reader, definition: Definition, subjects: Sequence[str] | None, chosen: PlaceFilters
) -> dict[InputKey, list[InputAnswer]]:
    """The answers to all figures that may be inputs, by unit."""
    metrics = list(dict.fromkeys(one.metric for one in definition.inputs))
    wanted: dict[str, Value] = {"metric": metrics, **chosen.choice, **chosen.periods(definition)}
    if subjects is not None:
        wanted["subject"] = subjects
    answers: dict[InputKey, list[InputAnswer]] = {}
    for row in reader.allowance.rows_of(reader.read("figures", filters=wanted)):
        key = key_of_row(row)
        value = None if row["canonical_value"] is None else Decimal(row["canonical_value"])
        answers.setdefault(key, []).append(InputAnswer(value, row["symbol"], row["canonical_unit"], row))
    for by_unit in answers.values():
        by_unit.sort(key=lambda one: one.unit)
    return answers


def _item(formula: BoundFormula, place: Place, period: str | None) -> Item:
    definition = formula.definition
    rows: list[Mapping[str, Any]] = [answer.row for answer in formula.answers()]
    publishers = sorted({row["publisher"] for row in rows})
    known = [parse_moment(row["published_at"]).end for row in rows]
    return {
        "metric": definition.metric,
        **key_item(place),
        "period": period,
        "value": rounded_text(formula.value, definition.decimals),
        "unit": definition.unit,
        "exact": exact_text(formula.value),
        "reasons": dict(formula.reasons),
        "weakest_nature": weakest(WEAKEST_NATURES, (row["nature"] for row in rows)),
        "status": weakest(WEAKEST_STATUSES, (row["status"] for row in rows)),
        "approximate": any(row["approximate"] for row in rows),
        "disputed": any(row["disputed"] for row in rows),
        "said_by": publishers,
        "mixed": len(publishers) > 1,
        "known_from": instant_text(max(known)) if known else None,
        "formula": definition.text,
        "definition": definition.event_id,
        "inputs": formula.items(),
    }


def weakest(order: Sequence[str], stated: Iterator[str | None]) -> str | None:
    """The first in an order of what is stated; None where nothing is."""
    return min((one for one in stated if one is not None), key=order.index, default=None)
