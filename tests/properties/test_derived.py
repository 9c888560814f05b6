"""Derived figures, and their vintages on both clocks, are those of the model; what inputs did adds up to the change."""

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import pytest

from projections.audit.derived.derived_differences import derived_differences
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

PLACE = ("metric", "subject", "material", "dimensions", "nature", "period_start", "period_end")
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


def wrong_differences(
    engine: Engine, model: Model, before: Viewpoint, after: Viewpoint, formulas: Formulas, **reading: Any
) -> str | None:
    names = model.names(after.position)
    sides: list[dict[str, Item]] = []
    for at in (before, after):
        named = [
            {**item, **{name: item[name] and names.resolve(item[name]) for name in ("subject", "material")}}
            for item in model_derived.derived(model, at, formulas, **reading)
            if item["exact"] is not None
        ]
        sides.append({str([item[name] for name in PLACE]): item for item in named})
    was, now = sides
    expected = [
        {
            **{name: (now.get(key) or was[key])[name] for name in (*PLACE, "unit")},
            "kind": "removed" if key not in now else "added" if key not in was else "changed",
            "exact": now[key]["exact"] if key in now else None,
            "previous_exact": was[key]["exact"] if key in was else None,
        }
        for key in {**was, **now}
        if key not in was
        or key not in now
        or (was[key]["exact"], was[key]["unit"]) != (now[key]["exact"], now[key]["unit"])
    ]
    with engine.reader(seen_from(engine, before)) as earlier, engine.reader(seen_from(engine, after)) as later:
        found = derived_differences(earlier, later, as_filters(reading))
    for item in found:
        if item["attribution"] in ("one_input", "every_order", "two_orders"):
            shares = sum(Fraction(one["share_exact"]) for one in item["attributions"])
            assert shares == Fraction(item["exact"]) - Fraction(item["previous_exact"]), item
        item |= {name: fraction(item[name]) for name in ("exact", "previous_exact")}
        if item["kind"] == "removed":  # the unit is that of the definition that is in force, if one is
            was_unit = was[str([item[name] for name in PLACE])]["unit"]
            item["unit"] = was_unit
    return differences(sorted(expected, key=in_place), sorted(found, key=in_place))


def in_place(item: Item) -> str:
    return str([item[name] for name in PLACE])


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
        one, other, reading = random_viewpoint(rng, events), random_viewpoint(rng, events), rng.choice(READINGS)
        if wrong := wrong_differences(engine, model, one, other, formulas, **reading):
            pytest.fail(f"seed {seed}, {reading} from {one} to {other}\n{wrong}")
