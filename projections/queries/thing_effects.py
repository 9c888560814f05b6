"""Thing effects: what became of things since a position, for a reader of tables as a planned append would leave them.

What is a difference is what it is between any two viewpoints (`projections.queries.thing_comparison`): both are looked
at from the same moment, so that only the append tells them apart.
"""

from collections.abc import Iterator
from dataclasses import replace

from projections.catalogue import CATALOGUE
from projections.queries.difference_causes import Item
from projections.queries.reader import Reader
from projections.queries.thing_comparison import ThingComparison
from projections.queries.touched_things import things_touched

FOLDED_MAX = 1_000
"""So many things are folded at a time."""


def thing_effects(reader: Reader, *, after: int) -> Iterator[Item]:
    """The things that are not as they were at a position: `resource`, what names the item, `before` and `after`, which
    is None where there is none.
    """
    earlier = reader.at(replace(reader.viewpoint, position=after))
    for resource, things in things_touched(reader.ask, after).items():
        comparison = ThingComparison(earlier, reader, CATALOGUE[resource], {})
        for start in range(0, len(things), FOLDED_MAX):
            for item in comparison.differing(things[start : start + FOLDED_MAX]):
                yield {"resource": resource, **{name: item[name] for name in item if name not in ("kind", "fields")}}
