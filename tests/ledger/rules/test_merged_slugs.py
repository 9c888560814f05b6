"""Merged slugs resolve as one walks along their merges, and in few steps however long the way is."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from random import Random
from types import FrameType
from typing import Any

import pytest

from ledger.rules.merged_slugs import MergedSlugs

SLUGS = [f"place-{number}" for number in range(60)]


def walked(kept: dict[str, str], slug: str) -> str:
    while slug in kept:
        slug = kept[slug]
    return slug


@pytest.mark.parametrize("seed", range(40))
def test_slugs_resolve_as_one_walks_along_their_merges(seed: int) -> None:
    rng, slugs, kept = Random(seed), MergedSlugs(), dict[str, str]()
    for merged, into in pairwise(rng.sample(SLUGS, len(SLUGS))):
        slugs.add(merged, into)
        kept[merged] = into
    for _ in range(300):
        tops = [one for one in SLUGS if one not in kept]
        merged, into = rng.choice(tops), rng.choice(rng.choice((tops, SLUGS)))
        if rng.random() < 0.4 and kept:
            merged = rng.choice(list(kept))
            slugs.remove(merged)
            del kept[merged]
        elif walked(kept, into) != merged:
            slugs.add(merged, into)
            kept[merged] = into
        asked = rng.sample(SLUGS, 5)
        assert [slugs.resolve(slug) for slug in asked] == [walked(kept, slug) for slug in asked]
    assert slugs.kept == kept
    for slug in SLUGS:
        assert {slugs.resolve(one) for one in slugs.all_of(slug)} == {walked(kept, slug)}


def steps(run: Callable[[], object]) -> int:
    """How many lines of Python are run."""
    count = 0

    def traced(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return traced

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


def chain(count: int) -> MergedSlugs:
    slugs = MergedSlugs()
    for number in range(count):
        slugs.add(f"place-{number}", f"place-{number + 1}")
    return slugs


def all_asked(count: int) -> None:
    slugs = chain(count)
    for number in range(count):
        assert slugs.resolve(f"place-{number}") == f"place-{count}"


ORDERS: dict[str, Callable[[int], Sequence[int]]] = {
    "from the top": lambda count: range(count - 1, -1, -1),
    "from the middle": lambda count: [*range(count // 2, count), *range(count // 2)],
    "anywhere": lambda count: Random(count).sample(range(count), count),
}


def taken_back_and_asked(count: int, places: Sequence[int]) -> None:
    """In a chain, each merge is taken back, the first slug asked for, and the merge holds again."""
    slugs = chain(count)
    for place in places:
        slugs.remove(f"place-{place}")
        assert slugs.resolve("place-0") == f"place-{place}"
        slugs.add(f"place-{place}", f"place-{place + 1}")


@pytest.mark.parametrize("order", ORDERS)
def test_merges_that_are_taken_back_do_not_cost_the_length_of_the_chain(order: str) -> None:
    counts = [steps(partial(taken_back_and_asked, count, ORDERS[order](count))) for count in (250, 1_000)]
    assert counts[1] < 6 * counts[0]


def test_a_chain_costs_what_as_many_merges_cost() -> None:
    counts = [steps(partial(all_asked, count)) for count in (250, 1_000)]
    assert counts[1] < 6 * counts[0]
