"""What differs between two viewpoints in things that hold over time, and the events that made the difference.

A thing is matched by what names it (a policy by its slug, a facility by slug and stage), an interval of a relationship
besides by its start, and where that has moved by its place among those that have no equal. Who says so, when, and
whether it is disputed is no difference by itself, so what is only said again is not listed.

Only things of which something was said, or begins or ends, between the viewpoints are folded, and of these only as many
as a page needs.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from ledger import Ledger
from projections.catalogue import CATALOGUE
from projections.queries.difference_causes import Item
from projections.queries.filter_values import Value
from projections.queries.reader import Reader
from projections.queries.thing_causes import ThingCauses
from projections.queries.thing_comparison import ThingComparison

FOLDED_MIN, FOLDED_MAX = 400, 10_000
"""So many things are folded at a time: the fewest for a page, and the most."""


class DiffPlace(NamedTuple):
    """Where a list of differences goes on: after so many of the things that may differ, and items of the next one."""

    things: int = 0
    items: int = 0


FIRST = DiffPlace()


def thing_diff(
    ledger: Ledger,
    before: Reader,
    after: Reader,
    resource: str,
    *,
    filters: Mapping[str, Value],
    limit: int,
    place: DiffPlace = FIRST,
) -> tuple[list[Item], DiffPlace | None]:
    """The things of a resource that differ, in its order: key, `before`, `after`, `kind`, `fields` and `causes`; and
    where the list goes on.

    `before` and `after` are items or None; `fields` are those that changed, each with `before` and `after`. Filters
    select by the item at either viewpoint. Raises UnknownFilter and FilterError.
    """
    comparison = ThingComparison(before, after, CATALOGUE[resource], filters)
    found = [*islice(_differing(comparison, place, at_once=max(2 * (limit + 1), FOLDED_MIN)), limit + 1)]
    following = None
    if len(found) > limit:
        last, _ = found.pop()
        shown = sum(number == last for number, _ in found) + (place.items if last == place.things else 0)
        following = DiffPlace(last, shown)
    items = [item for _, item in found]
    made = ThingCauses(ledger, before, after).of_items(resource, items, comparison.turned(items))
    return [{**item, "causes": causes} for item, causes in zip(items, made, strict=True)], following


def _differing(comparison: ThingComparison, place: DiffPlace, *, at_once: int) -> Iterator[tuple[int, Item]]:
    """The things that differ, in order, each with its number among those that may differ.

    Things are folded `at_once` first, then more and more: where few of them differ, a page takes few questions.
    """
    touched = comparison.touched()
    start, skipped = place
    while start < len(touched):
        things = touched[start : start + at_once]
        numbers = {thing: start + nth for nth, thing in enumerate(things)}
        for item in comparison.differing(things):
            number = numbers[comparison.thing_of(item)]
            if number == place.things and skipped:
                skipped -= 1
            else:
                yield number, item
        start, at_once = start + at_once, min(at_once * 4, FOLDED_MAX)
