"""The judge of what differs between two viewpoints in things that hold over time (domain sections 5 and 8, ruling 17).

Both states are folded whole and laid side by side; every statement is read at both viewpoints and compared.

Decisions, where the contract leaves room:
 1. The intervals of one relationship that start at the same instant at both viewpoints are the same interval; of the
    others, the first is the same as the first, and so on.
 2. A statement that its publisher has taken back is not said. What is said at neither viewpoint, or reads the same at
    both (its slugs resolved), is no cause, and neither is what was done to it.
 3. All statements of a thing bear on it: on a stage of a facility those of that stage and those of none, and what is
    said of who operates the facility.
 4. The acts by which others come first are causes where the items with this key would be others, at one of the
    viewpoints, with the preference of the other.
 5. Numbers are the same however they are printed, and amounts in whichever unit.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ledger.values import unit
from tests.oracle.facts import Body, Fact, Item, Names
from tests.oracle.histories import Viewpoint
from tests.oracle.model import OVER_TIME, Model
from tests.oracle.model_over_time import Thing, intervals

KEYS = {
    "policies": ("policy", "provision"),
    "agreements": ("agreement",),
    "facilities": ("facility", "stage"),
    "links": ("link",),
    "risks": ("risk",),
    "commitments": ("commitment",),
    "relationships": ("subject", "relation", "object", "role"),
}
SAID_AGAIN = {"publisher", "publishers", "disputed", "foreseen", "event_id", "published_at", "position"}
NUMBERS = ("share", "share_low", "share_high")
NAMES_ENTITIES = {
    *("applies_to", "exempt", "by", "to"),
    *("jurisdiction", "materials", "entity", "facility", "operator", "supplier", "consumer", "material"),
    *("subject", "object", "publisher"),
}

AMOUNTS = ("quantity", "amount", "price", "price_floor")
"""What an item of a commitment says as a JSON object."""

Key = tuple[Any, ...]


def resolved(value: Any, names: Names, field: str = "") -> Any:
    """A body with the kept slug in the place of each."""
    if isinstance(value, dict):
        return {name: resolved(part, names, name) for name, part in value.items()}
    if isinstance(value, list):
        return [resolved(part, names, field) for part in value]
    return names.resolve(value) if field in NAMES_ENTITIES and isinstance(value, str) else value


def slugs_in(value: Any, field: str = "") -> list[str]:
    """The slugs of entities in a body."""
    if isinstance(value, dict):
        return [slug for name, part in value.items() for slug in slugs_in(part, name)]
    if isinstance(value, list):
        return [slug for part in value for slug in slugs_in(part, field)]
    return [value] if field in NAMES_ENTITIES and isinstance(value, str) else []


def state(model: Model, resource: str, at: Viewpoint) -> dict[Key, list[tuple[Any, Item]]]:
    """The items at a viewpoint by what names them, in order, each with when it starts."""
    found: dict[Key, list[tuple[Any, Item]]] = {}
    for item in getattr(model, resource)(*at):
        found.setdefault(tuple(item[name] for name in KEYS[resource]), []).append((None, item))
    if resource != "relationships":
        return found
    for (*ends, role), facts in model._relations(at.as_of, at.position):
        key = (*ends, role or None)
        preferred = model.preferred(at.position)
        of_key = intervals(ends[0], Thing(facts, at.effective_at, model.names(at.position), prefer=preferred))
        listed = [one.starts for one in of_key if one.stated.listed_from <= at.effective_at]
        if listed:
            found[key] = [(start, item) for start, (_, item) in zip(listed, found[key], strict=True)]
    return found


Sides = tuple[tuple[Any, Item] | None, tuple[Any, Item] | None]


def matched(before: list[tuple[Any, Item]], after: list[tuple[Any, Item]]) -> list[Sides]:
    """Which item after is which one before."""
    pairs: list[Sides] = []
    left, right = list(before), list(after)
    for one in before:
        other = next((other for other in right if other[0] == one[0]), None)
        if other is not None:
            pairs.append((one, other))
            left.remove(one)
            right.remove(other)
    for place in range(max(len(left), len(right))):
        pairs.append((left[place] if place < len(left) else None, right[place] if place < len(right) else None))
    return sorted(pairs, key=lambda pair: [one[0] for one in (pair[1] or pair[0],) if one and one[0] is not None])


def changed(before: Item, after: Item, keys: Sequence[str]) -> Body:
    """The fields of an item that differ."""
    return {
        name: {"before": before[name], "after": after[name]}
        for name in before
        if name not in SAID_AGAIN and name not in keys and compared(name, before[name]) != compared(name, after[name])
    }


def compared(name: str, value: Any) -> Any:
    """A value of a column of items as it is compared."""
    if name == "provisions":
        of_each = ("provision", "status", "effective_from", "effective_to", "interrupted_from", "interrupted_to")
        return value and [tuple(one[field] for field in of_each) for one in value]
    if name in AMOUNTS or name in ("met_quantity", "met_amount"):
        return canonical_amounts(value)
    return Decimal(value) if name in NUMBERS and value is not None else value


def canonical_amounts(value: Any) -> Any:
    """Amounts in the canonical units of theirs: 2 kt are 2000 t."""
    if isinstance(value, list):
        return [canonical_amounts(one) for one in value]
    if not isinstance(value, dict):
        return value
    of = unit(value["unit"])
    ends = {name: Decimal(value[name]) * of.factor for name in ("value", "low", "high") if value.get(name) is not None}
    return {**ends, "unit": of.canonical}


def thing_diff(model: Model, resource: str, one: Viewpoint, other: Viewpoint) -> list[Item]:
    """What differs in a resource between two viewpoints."""
    keys = KEYS[resource]
    states = [state(model, resource, at) for at in (one, other)]
    items = []
    for key in sorted(states[0].keys() | states[1].keys(), key=lambda key: [(part is not None, part) for part in key]):
        for before, after in matched(states[0].get(key, []), states[1].get(key, [])):
            fields = changed(before[1], after[1], keys) if before and after else {}
            if before and after and not fields:
                continue
            items.append(
                {
                    **dict(zip(keys, key, strict=True)),
                    "before": before and before[1],
                    "after": after and after[1],
                    "kind": "changed" if fields else "added" if after else "removed",
                    "fields": fields,
                    "causes": causes(model, resource, key, one, other),
                }
            )
    return items


def bears_on(resource: str, key: Key, fact: Fact, names: Names) -> bool:
    """Whether a statement is of a thing."""
    body = resolved(fact.body, names)
    if fact.type in OVER_TIME["relationships"]:
        if resource == "facilities":
            return bool(body["relation"] == "operates" and body["object"] == key[0])
        return bool(resource == "relationships" and tuple(body.get(name) for name in KEYS[resource]) == key)
    if fact.type not in OVER_TIME[resource] or body[KEYS[resource][0]] != key[0]:
        return False
    part = {"facilities": "stage", "policies": "provision"}.get(resource)
    return part is None or key[1] is None or body.get(part) in (None, key[1])


def causes(model: Model, resource: str, key: Key, one: Viewpoint, other: Viewpoint) -> list[Item]:
    """The events whose presence or content differs between two viewpoints and that bear on a thing."""
    types = [name for found in OVER_TIME.values() for name in found]
    later = max(one.position, other.position)
    said = []
    for at in (one, other):
        names = model.names(at.position)
        facts = [fact for fact in model.visible(at.as_of, at.position, *types) if bears_on(resource, key, fact, names)]
        said.append({fact.event_id: resolved(fact.body, names) for fact in facts})
    found: set[str] = set()
    for event_id in said[0].keys() | said[1].keys():
        if said[0].get(event_id) == said[1].get(event_id):
            continue
        for made in {event_id, *withdrawn_at_one(model, event_id, one, other)}:
            found |= model._acts_between(made, one.position, other.position)
            fact = model.content(later)[made]
            if fact.standing and (fact.published.end <= one.as_of) != (fact.published.end <= other.as_of):
                found.add(made)
        for at in (one, other):
            fact_there = model.content(at.position).get(event_id)
            for slug in slugs_in(fact_there.body) if fact_there is not None and fact_there.standing else ():
                for merge in model.names(at.position).merges_of(slug):
                    found |= model._acts_between(merge, one.position, other.position)
    if is_turned(model, resource, key, one, other):
        found |= model.preference_acts(one.position, other.position)
    return [model._cause_item(event, later) for event in model.events if event["event_id"] in found]


def is_turned(model: Model, resource: str, key: Key, one: Viewpoint, other: Viewpoint) -> bool:
    """Whether the items of a key would be others at one of two viewpoints with the preference of the other."""
    for at, elsewhere in ((one, other), (other, one)):
        if model.preferred(at.position) != model.preferred(elsewhere.position):
            as_it_is = state(model, resource, at).get(key)
            with model.preferring_as_at(at.position, elsewhere.position):
                if state(model, resource, at).get(key) != as_it_is:
                    return True
    return False


def withdrawn_at_one(model: Model, event_id: str, one: Viewpoint, other: Viewpoint) -> set[str]:
    """What takes a statement back as seen from one of two viewpoints only."""
    seen = [
        {
            fact.event_id
            for fact in model.content(at.position).values()
            if fact.type == "ReportWithdrawn"
            and fact.standing
            and fact.published.end <= at.as_of
            and fact.body["withdraws"] == event_id
        }
        for at in (one, other)
    ]
    return seen[0] ^ seen[1]


def known_to(model_items: list[Item], found: list[Item]) -> list[Item]:
    """What was found, its objects read, without the columns that the model knows nothing of."""
    known = next((set(side) for item in model_items for side in (item["before"], item["after"]) if side), set())
    return [
        {
            **item,
            **{side: item[side] and _read(item[side], known) for side in ("before", "after")},
            "fields": {name: _read(sides, set(sides), name) for name, sides in item["fields"].items()},
        }
        for item in found
    ]


def _read(values: Item, known: set[str], name: str = "") -> Item:
    """Those of the values that are known, amounts as objects."""
    return {
        one: json.loads(value) if (name or one) in AMOUNTS and value is not None else value
        for one, value in values.items()
        if one in known
    }
