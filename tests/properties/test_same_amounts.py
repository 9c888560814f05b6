"""The figures that share an amount are those of which the naive model says that some publisher says just this last."""

import random
from collections import defaultdict

import pytest

from projections.audit import Amount, same_amounts
from tests.depth import seeds
from tests.oracle.histories import Viewpoint, random_viewpoint
from tests.oracle.model import Model, head_of, series_of
from tests.properties.test_viewpoints import recorded, seen_from

FEW = 3
SHOWN = ("figure_id", "value", "low", "high", "unit")


def said_last(model: Model, at: Viewpoint) -> dict[Amount, set[str]]:
    """The figures of each amount; that of a percentage without its sign."""
    found = defaultdict[Amount, set[str]](set)
    for figure_id, statements in model.statements_on(at.position).items():
        for series in series_of(one for one in statements if one.fact.published.end <= at.as_of).values():
            if not (head := head_of(series)):
                continue
            value, low, high = head[-1].points
            unit = head[-1].key.unit
            if value is not None:
                found[Amount(abs(value) if unit == "percent" else value, None, unit)].add(figure_id)
            elif low is not None and high is not None:
                found[Amount(low, high, unit)].add(figure_id)
    return found


@pytest.mark.parametrize("seed", seeds(ordinarily=4))
def test_figures_are_found_by_what_is_said_of_them(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        model = Model(events)
        for _ in range(4):
            at = random_viewpoint(rng, events)
            known = said_last(model, at)
            elsewhere = [one._replace(unit="t" if one.unit != "t" else "kg") for one in known]
            asked = [one for one in (*known, *elsewhere) if one.low >= 0]
            with engine.reader(seen_from(engine, at)) as reader:
                found = same_amounts(reader, [*asked, *asked])
            wanted = {one: known[one] for one in asked if 0 < len(known.get(one, ())) <= FEW}
            assert {one: {figure["figure_id"] for figure in figures} for one, figures in found.items()} == wanted, (
                seed,
                at,
            )
            printed = {
                (figure_id, *(one.fact.get(name) for name in ("value", "low", "high", "unit")))
                for figure_id, statements in model.statements_on(at.position).items()
                for one in statements
            }
            shown = {tuple(one[name] for name in SHOWN) for figures in found.values() for one in figures}
            assert shown <= printed, (seed, at)
