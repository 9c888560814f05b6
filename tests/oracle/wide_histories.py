"""Wide histories: several small worlds in one ledger, so that lists are long enough to come in pages.

An ordinary history (`tests/oracle/histories.py`) is one world of few names, which collide all the time: its lists have
hardly more than five items. A wide one has several of these side by side, their events shuffled into one another. The
publishers are the same ones in all of them; everything else is called by the number of its world.
"""

import random
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from tests.oracle.histories import KINDS, Body, random_history

THINGS = ("policy", "agreement", "link", "risk", "commitment", "reliance")
"""Fields that name a thing by a slug of its own."""
IDS = ("event_id", "target", "withdraws", "restates")
SHARED = frozenset({"usgs", "bgs", "wire", "us-geological-survey"})
OWN = frozenset(KINDS) - SHARED


def wide_history(rng: random.Random, *, worlds: int, size: int) -> list[Body]:
    """A history of several worlds of about `size` events each, whose events keep their order within a world."""
    each = [_renamed(random_history(rng, size), str(world)) for world in range(worlds)]
    turns = [world for world, bodies in enumerate(each) for _ in bodies]
    rng.shuffle(turns)
    left = [iter(bodies) for bodies in each]
    return [next(left[world]) for world in turns]


def _renamed(value: Any, world: str, field: str = "") -> Any:
    """The same with the names of a world."""
    if isinstance(value, dict):
        return {name: _renamed(one, world, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, world, field) for one in value]
    if isinstance(value, str) and field in IDS:
        return str(uuid5(NAMESPACE_OID, f"{value}-{world}"))
    if isinstance(value, str) and (value in OWN or field in THINGS):
        return f"{value}-{world}"
    return value
