"""Folded resources: what can be folded bucket by bucket, and which tables a fold of it reads.

A resource can be where each of its items is made of the versions of one key. What a view reads of its own family is
needed of one bucket alone; whatever else it reads, all of it. Both follow from what views declare to read
(`projections.shared_views`). Sums over figures, the comparison of publishers, what is derived from others and the trace
of a chain need several buckets, and are not here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from projections.catalogue import CATALOGUE
from projections.partitions.version_keys import KEYS
from projections.projection import THINGS
from projections.queries import transitions
from projections.queries.compose import BY_PREFERENCE, INTERVALS, ITEMS, reads_of
from projections.shared_views import SHARED_VIEWS

ALWAYS = ("entities", "preferences", "slugs", "slug_groups")
"""Tables that every question may read: what names mean, and whom the ledger asks first."""
_FIGURES = ("figures", INTERVALS)


@dataclass(frozen=True)
class FoldedResource:
    """A resource, the tables that its fold reads of one bucket, and those of which it reads all rows."""

    name: str
    parted: tuple[str, ...]
    whole: tuple[str, ...]

    @property
    def is_parted(self) -> bool:
        """Whether there is a fold for each bucket; else there is one, which gives all items."""
        return bool(self.parted)


def _of_view(name: str) -> FoldedResource:
    projection = CATALOGUE[name]
    read = dict.fromkeys(_tables_read("current" if name == "figures" else name))
    own = [one for one in (projection.family, *((INTERVALS,) if projection.family == "figures" else ())) if one in KEYS]
    parted = tuple(one for one in own if one in read)
    return FoldedResource(name, parted, tuple(dict.fromkeys((*ALWAYS, *(one for one in read if one not in parted)))))


def _tables_read(view: str) -> Iterator[str]:
    """The tables that a view reads, itself or through others, with repetitions."""
    for relation in reads_of(view):
        if relation.endswith(ITEMS):
            inner = relation.removesuffix(ITEMS)
            yield from _tables_read(inner)
            if f"{inner}{BY_PREFERENCE}" in SHARED_VIEWS:
                yield from _tables_read(f"{inner}{BY_PREFERENCE}")
        elif relation.startswith(transitions.PREFIX):
            yield from (relation.removeprefix(transitions.PREFIX), "withdrawals")
        else:
            yield relation.removeprefix("held_")


_OF_SEVERAL_BUCKETS = ("catalogue",)
"""Resources that count over figures."""

FOLDED: Mapping[str, FoldedResource] = {
    **{name: _of_view(name) for name in CATALOGUE if name not in _OF_SEVERAL_BUCKETS},
    **{name: FoldedResource(name, _FIGURES, ALWAYS) for name in ("history", "vintages", "disputes")},
    "revisions": FoldedResource("revisions", _FIGURES, (*ALWAYS, "statements", "withdrawals")),
    "slips": FoldedResource("slips", THINGS, (*ALWAYS, "withdrawals")),
}
"""By name, which is that of the public table (`projections.sandbox.public_tables`) that the rows are of."""
