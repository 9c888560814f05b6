"""What the naive model and the engine say otherwise of the histories of things that hold over time."""

import random
from collections.abc import Iterator

from projections import Engine
from tests.oracle.histories import Viewpoint
from tests.oracle.model import Model
from tests.oracle.model_thing_history import KEYS, TYPES, Key, kept, ledger_history, publication_history
from tests.properties.test_viewpoints import differences, seen_from


def things(model: Model) -> list[tuple[str, Key]]:
    """Everything that holds over time and that any statement ever named, as it was named then or means at the end."""
    found: dict[tuple[str, Key], None] = {}
    head = model.events[-1]["position"] if model.events else 0
    for position in range(head + 1):
        for fact in model.content(position).values():
            for family, types in TYPES.items():
                if fact.type in types:
                    named = tuple(fact.get(name) or "" for name in KEYS[family])
                    found[family, named] = None
                    found[family, kept(named, family, model.names(head))] = None
    return list(found)


def wrong_histories(
    engine: Engine, model: Model, at: Viewpoint, *, rng: random.Random | None = None, count: int = 0
) -> Iterator[str]:
    """What differs in the histories, on both clocks, of all things, or of some drawn at random."""
    viewpoint = seen_from(engine, at)
    every = things(model)
    for family, key in every if rng is None else rng.sample(every, min(count, len(every))):
        told = engine.thing_history(family, key, viewpoint)
        for item in told:
            item["changed"] = item["changed"] and sorted(item["changed"])
        if wrong := differences(publication_history(model, family, key, at.as_of, at.position), told):
            yield f"publication history of {family} {key}: {wrong}"
        expected = ledger_history(model, family, key, at.as_of, at.position, at.effective_at)
        if wrong := differences(expected, engine.thing_answers(family, key, viewpoint)):
            yield f"ledger history of {family} {key}: {wrong}"
