"""Slug meanings: which slug each slug resolves to, from position to position.

A merged slug belongs to a *group*, and a group is called by the slug that was kept. So a merge of two groups gives the
smaller one's slugs to the larger one, and the larger one perhaps another name: in a chain of ten thousand merges each
slug joins a group once, and the name changes ten thousand times.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Self

from projections.tables.changes import Changes, Key, Value
from projections.tables.families import FOREVER


class SlugMeanings:
    """Over a stretch of the log: which group each slug belongs to (`joined`), and what each is called (`named`)."""

    def __init__(self, joined: Changes[str, int], named: Changes[int, str]) -> None:
        self.joined = joined
        self.named = named
        self.left: set[str] = set()
        """The slugs that some slug, another or the same one, resolved to and does no longer."""

    @classmethod
    def of_rows(cls, joined: Iterable[tuple[str, int, int, int]], named: Iterable[tuple[int, str, int, int]]) -> Self:
        """All meanings ever, from the rows of the tables `slugs` and `slug_groups`."""
        return cls(_changes(joined), _changes(named))

    def __bool__(self) -> bool:
        return bool(self.joined) or bool(self.named)

    def kept(self, slug: str, at: int) -> str:
        """What a slug resolves to at a position."""
        group = self.joined.value(slug, at)
        return slug if group is None else self.named.value(group, at) or slug

    def moves(self, slug: str) -> Sequence[int]:
        """The positions from which on a slug resolves to another one than before."""
        places = []
        for group, since, until in self.joined.periods(slug):
            places.append(since)
            if group is not None:
                places += self.named.within(group, since, until)
        first, *rest = places
        moved, before = [], self.kept(slug, first)
        for at in rest:
            after = self.kept(slug, at)
            if after != before:
                moved.append(at)
            before = after
        return moved

    def merged(self, at: int) -> dict[str, str]:
        """The slugs that resolve to another one at a position, and which."""
        pairs = ((slug, self.kept(slug, at)) for slug in self.joined.changed())
        return {slug: kept for slug, kept in pairs if kept != slug}

    def kin(self) -> list[set[str]]:
        """The slugs that ever meant the same, each with those that meant the same as one of these, and so on."""
        groups = {
            slug: [group for group, _, _ in self.joined.periods(slug) if group is not None]
            for slug in self.joined.changed()
        }
        members: dict[int, list[str]] = defaultdict(list)
        for slug, joined in groups.items():
            for group in joined:
                members[group].append(slug)
        kin: list[set[str]] = []
        while groups:
            waiting = [next(iter(groups))]
            together: set[str] = set()
            while waiting:
                slug = waiting.pop()
                together.add(slug)
                for group in groups.pop(slug, ()):
                    waiting += members.pop(group, ())
            kin.append(together)
        return kin


def _changes(rows: Iterable[tuple[Key, Value, int, int]]) -> Changes[Key, Value]:
    changes: Changes[Key, Value] = Changes({})
    for key, value, since, until in sorted(rows, key=lambda row: row[2]):
        changes.add(key, since, before=None, after=value)
        if until != FOREVER:
            changes.add(key, until, before=None, after=None)
    return changes
