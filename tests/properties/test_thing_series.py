"""Disputes about things that hold over time, and vintages of their dates, are those of the naive model."""

import random
from typing import Any

import pytest

from projections.audit import thing_disputes, thing_vintages
from tests.depth import seeds
from tests.oracle.histories import random_viewpoint
from tests.oracle.model import Model
from tests.oracle.model_thing_history import KEYS, key_of
from tests.oracle.model_thing_series import disputes, vintages
from tests.oracle.thing_stories import thing_story
from tests.properties.test_viewpoints import recorded, seen_from

Item = dict[str, Any]


def in_order(items: list[Item]) -> list[str]:
    return sorted(repr(sorted(item.items())) for item in items)


def told(item: Item) -> Item:
    """A dispute as the model has it."""
    said = ("effective_from", "effective_to", "binding", "kind", "operator", "share")
    return {
        "part": item["part"],
        **{name: item[name] for name in ("status", "since", "until", "days", "days_apart")},
        "fields": sorted(item["fields"]),
        "began_by": item["began_by"]["event_id"],
        "ended_by": item["ended_by"] and item["ended_by"]["event_id"],
        "publishers": [
            (one["publisher"], one["event_id"], {name: one[name] for name in said if one.get(name) is not None})
            for one in item["publishers"]
        ],
    }


@pytest.mark.parametrize("seed", seeds(ordinarily=3))
def test_disputes_and_vintages_of_things_are_those_of_the_model(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng, thing_story):
        model = Model(events)
        for _ in range(4):
            at = random_viewpoint(rng, events)
            names = model.names(at.position)
            with engine.reader(seen_from(engine, at)) as reader:
                for family in KEYS:
                    facts = [fact for fact in model.content(at.position).values() if fact.standing]
                    of_family = [fact for fact in facts if family in reader.families and fact.body.get("type")]
                    types = reader.families[family].types
                    keys = {key_of(fact, family, names) for fact in of_family if fact.type in types}
                    wanted = [one for key in keys for one in disputes(model, family, key, at.as_of, at.position)]
                    found = thing_disputes(reader, family, {}, status="all").items
                    assert in_order(list(map(told, found))) == in_order(wanted), (seed, family, at)
                    wanted = [one for key in keys for one in vintages(model, family, key, at.as_of, at.position)]
                    found = thing_vintages(reader, family, {}).items
                    shown = [{name: item[name] for name in wanted[0]} for item in found] if wanted else found
                    assert in_order(shown) == in_order(wanted), (seed, family, at)
