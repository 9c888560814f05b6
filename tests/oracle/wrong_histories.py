"""What the naive model and the engine say otherwise of the histories of things that hold over time."""

import random
import statistics
from collections.abc import Iterator, Sequence

from projections import CATALOGUE, Engine, Value
from projections.audit import Slips
from tests.oracle.histories import Viewpoint
from tests.oracle.model import Model
from tests.oracle.model_thing_history import KEYS, TYPES, Key, kept, ledger_history, publication_history, slips
from tests.properties.test_viewpoints import differences, items, seen_from

_FILTERS = {"publishers": "publisher", "prefer": "prefer"}


def things(model: Model) -> list[tuple[str, Key]]:
    """Everything that holds over time and that any statement ever named, as it was named then or means at the end."""
    found: dict[tuple[str, Key], None] = {}
    changes = [event["position"] for event in model.events]
    head = changes[-1] if changes else 0
    for position in changes:
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
        choice = {} if rng is None else drawn_choice(rng, model)
        filters = {_FILTERS[name]: slugs for name, slugs in choice.items()}
        told = engine.thing_history(family, key, viewpoint, filters=filters)
        for item in told:
            item["changed"] = item["changed"] and sorted(item["changed"])
        expected = publication_history(model, family, key, at.as_of, at.position, choice.get("publishers"))
        if wrong := differences(expected, told):
            yield f"publication history of {family} {key} {filters}: {wrong}"
        expected = ledger_history(model, family, key, at.as_of, at.position, at.effective_at, choice)
        together = 100 if rng is None else rng.choice((1, 2, 5, 100))
        told = engine.thing_answers(family, key, viewpoint, filters=filters, together=together)
        if wrong := differences(expected, told):
            yield f"ledger history of {family} {key} {filters}, {together} positions at a time: {wrong}"


def wrong_names(engine: Engine, model: Model, at: Viewpoint, *, rng: random.Random, count: int) -> Iterator[str]:
    """What differs in some things asked for by name, perhaps as some publishers say or with others first."""
    every, names = things(model), model.names(at.position)
    for family, key in rng.sample(every, min(count, len(every))):
        choice = drawn_choice(rng, model)
        reading = {name: [names.resolve(slug) for slug in slugs] for name, slugs in choice.items()}
        wanted = kept(key, family, names)
        expected = [
            item
            for item in getattr(model, family)(*at, **reading)
            if tuple(item[name] or "" for name in KEYS[family]) == wanted
        ]
        filters: dict[str, Value] = {CATALOGUE[family].slug or "": ":".join(filter(None, key))}
        filters |= {_FILTERS[name]: slugs for name, slugs in choice.items()}
        found = items(engine.read(family, seen_from(engine, at), filters=filters), family)
        if wrong := differences(expected, found):
            yield f"{family} {filters}: {wrong}"


def drawn_choice(rng: random.Random, model: Model) -> dict[str, Sequence[str]]:
    """None, or some publishers whose statements alone are told, or who are preferred."""
    speakers = {(event.get("source") or {}).get("publisher") for event in model.events}
    some = sorted(slug for slug in speakers if slug)
    if not some or rng.randrange(2):
        return {}
    return {rng.choice(sorted(_FILTERS)): rng.sample(some, min(len(some), rng.randint(1, 2)))}


def wrong_slips(engine: Engine, models: Sequence[Model], at: Viewpoint) -> Iterator[str]:
    """What differs in how far dates moved, and in how many have happened, over each family."""
    for family in KEYS:
        expected = [item for model in models for item in slips(model, family, *at)]
        with engine.reader(seen_from(engine, at)) as reader:
            asked = Slips(reader, family, {})
            found = [row for part in asked.parts() for row in part.to_pylist()]
            (summary,) = asked.summaries()
        if wrong := differences(expected, found):
            yield f"slips of {family}: {wrong}"
        settled = [one["shift_days"] for one in expected if one["happened"] and one["shift_days"] is not None]
        wanted = {
            "transitions": len(expected),
            "restated": sum(one["restated"] > 0 for one in expected),
            "settled": sum(one["happened"] for one in expected),
            "n": len(settled),
            "mean": statistics.fmean(settled) if settled else None,
            "median": statistics.median(settled) if settled else None,
        }
        if wrong := differences([wanted], [summary]):
            yield f"summary of slips of {family}: {wrong}"
