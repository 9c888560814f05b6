"""How much the properties look at: as much as a minute allows in `make test`, and more in `make judge`.

SUPPLY_LEDGER_HISTORIES is how many histories each property draws; without it, each draws as many as it says itself.
SUPPLY_LEDGER_SEED is the seed of the first history, to look where no run has looked before.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

_HISTORIES = os.environ.get("SUPPLY_LEDGER_HISTORIES")
_SEED = os.environ.get("SUPPLY_LEDGER_SEED")

SEED_IS_CHOSEN = _SEED is not None
"""Then the histories need not hold every case that a property wants to have seen."""


def seeds(ordinarily: int, *, first: int = 1, one_in: int = 1) -> range:
    """The seeds of the histories to draw. Where a history costs much, a property draws only one in N."""
    count = ordinarily if _HISTORIES is None else max(1, int(_HISTORIES) // one_in)
    start = first if _SEED is None else int(_SEED)
    return range(start, start + count)


def examples(ordinarily: int, *, deeply: int) -> int:
    """How many examples hypothesis draws."""
    return ordinarily if _HISTORIES is None else deeply


Item = TypeVar("Item")


def some(items: Sequence[Item], *, one_in: int) -> Sequence[Item]:
    """One in N of the items ordinarily, and all of them where properties look deeply."""
    return items[::one_in] if _HISTORIES is None else items
