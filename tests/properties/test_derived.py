"""Derived figures, and their vintages on both clocks, are those of the model; what inputs did adds up to the change."""

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import pytest

from projections.audit.derived.derived_figures import derived_figures
from projections.audit.derived.derived_vintages import derived_vintages
from projections.engine import Engine
from tests.depth import seeds
from tests.oracle import model_derived
from tests.oracle.definition_histories import history_with_definitions
from tests.oracle.facts import Item
from tests.oracle.histories import Viewpoint, random_viewpoint
from tests.oracle.model import Model
from tests.oracle.model_derived import Formulas
from tests.properties.test_viewpoints import differences, recorded, seen_from

READINGS: tuple[dict[str, Any], ...] = ({}, {}, {"publisher": "usgs"}, {"prefer": ["bgs", "usgs"]})


def drawn(rng: random.Random) -> Iterator[tuple[Engine, list[Item], Formulas]]:
    formulas: dict[str, Any] = {}

    def history(rng: random.Random, size: int) -> list[Item]:
        bodies, trees = history_with_definitions(rng, size)
        formulas.update(trees)
        return bodies

    for engine, events in recorded(rng, history):
        yield engine, events, formulas


def as_filters(reading: Mapping[str, Any]) -> dict[str, str]:
    return {name: ",".join(value) if isinstance(value, list) else value for name, value in reading.items()}


def fraction(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def shown(item: Item) -> Item:
    """A derived figure as the model has it."""
    return {
        **item,
        "exact": fraction(item["exact"]),
        "events": [one["event_id"] for one in item["inputs"] if one.get("event_id")],
    }


def wrong_figures(engine: Engine, model: Model, at: Viewpoint, formulas: Formulas, **reading: Any) -> str | None:
    expected = model_derived.derived(model, at, formulas, **reading)
    with engine.reader(seen_from(engine, at)) as reader:
        found = [shown(item) for item in derived_figures(reader, as_filters(reading)).items]
    for item in expected:
        if "several_units" in item["reasons"].values():
            del item["events"]
    return differences(expected, found)


def changed(item: Item, clock: str) -> Item:
    """A vintage as the model has it; raises where its shares do not add up."""
    change = fraction(item["change_exact"])
    moves = item["attributions"]
    shares = None
    if item["attribution"] in ("one_input", "every_order", "two_orders"):
        shares = sorted(Fraction(one["share_exact"]) for one in moves)
        assert sum(shares) == change, item
        assert change == Fraction(item["exact"]) - Fraction(item["previous_exact"])
    return {
        **item,
        "when": item["known_from"] if clock == "publication" else item["position"],
        "exact": fraction(item["exact"]),
        "previous_exact": fraction(item["previous_exact"]),
        "change": change,
        "shares": shares,
    }


def wrong_vintages(
    engine: Engine, model: Model, at: Viewpoint, formulas: Formulas, clock: str, **reading: Any
) -> str | None:
    expected = model_derived.vintages(model, at, formulas, clock, **reading)
    with engine.reader(seen_from(engine, at)) as reader:
        items = derived_vintages(reader, as_filters(reading), clock=clock).items
    found = [changed(item, clock) for item in items]
    for item, other in zip(expected, found, strict=False):
        if item["attribution"] == "every_order" and not item["shares"]:
            item["shares"] = other["shares"]
    return differences(expected, found)


@pytest.mark.parametrize("seed", seeds(ordinarily=6))
def test_derived_figures_are_those_of_the_model(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events, formulas in drawn(rng):
        model = Model(events)
        for _ in range(4):
            at, reading = random_viewpoint(rng, events), rng.choice(READINGS)
            if wrong := wrong_figures(engine, model, at, formulas, **reading):
                pytest.fail(f"seed {seed}, {reading} at {at}\n{wrong}")
        at, reading = random_viewpoint(rng, events), rng.choice(READINGS)
        for clock in ("publication", "ledger"):
            if wrong := wrong_vintages(engine, model, at, formulas, clock, **reading):
                pytest.fail(f"seed {seed}, {reading} at {at} on the {clock} clock\n{wrong}")
