"""Slug groups: the slugs that name one entity, put together by merges and parted again where a merge is taken back.

The smaller part changes its group, so that n merges cost about n steps, in a chain or into one, in any order.
For example, after `lynas-corp` was merged into `lynas-corporation` these two are a group; when that is merged into
`lynas`, this slug joins the group, which is called `lynas` from then on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from projections.tables.changes import Changes
from projections.tables.slug_meanings import SlugMeanings


class SlugGroups:
    """The groups that stand, and what changed since `begin`.

    Merges are a tree: each merged slug hangs on the one that it was merged into, and the top is what a group is called.
    `joined` has the groups' slugs, `named` their names, and `links` the merges.
    """

    def __init__(
        self,
        joined: Iterable[tuple[str, int]] = (),
        named: Iterable[tuple[int, str]] = (),
        links: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._numbers = dict(joined)
        self._names = dict(named)
        self._members: dict[int, set[str]] = defaultdict(set)
        self._into = dict(links)
        self._merged: dict[str, set[str]] = defaultdict(set)
        for slug, number in self._numbers.items():
            self._members[number].add(slug)
        for merged, kept in self._into.items():
            self._merged[kept].add(merged)
        self.begin()

    def begin(self) -> SlugMeanings:
        """From now on, note what changes here."""
        self._changed = SlugMeanings(Changes(self._numbers), Changes(self._names))
        return self._changed

    def meaning(self, slug: str) -> str:
        """What a slug resolves to now."""
        number = self._numbers.get(slug)
        return slug if number is None else self._names[number]

    def merged(self) -> dict[str, str]:
        """The slugs that resolve to another one now, and which."""
        pairs = ((slug, self._names[number]) for slug, number in self._numbers.items())
        return {slug: kept for slug, kept in pairs if kept != slug}

    def link(self, merged: str, kept: str, *, at: int) -> bool:
        """Hang a slug on another; whether it could be: it hangs nowhere yet, and the other not on it."""
        top = self.meaning(kept)
        if merged in self._into or top == merged:
            return False
        self._changed.left.add(merged)
        self._into[merged] = kept
        self._merged[kept].add(merged)
        smaller, larger = merged, kept
        if self._size(merged) > self._size(kept):
            smaller, larger = kept, merged
        if larger not in self._numbers:
            self._join(larger, 2 * at + 1, at=at)
        number = self._numbers[larger]
        emptied = self._numbers.get(smaller)
        for slug in [smaller] if emptied is None else list(self._members[emptied]):
            self._join(slug, number, at=at)
        if emptied is not None:
            self._name(emptied, None, at=at)
        self._name(number, top, at=at)
        return True

    def cut(self, merged: str, *, at: int) -> None:
        """Take a slug off the one on which it hangs, with all that hang on it."""
        number = self._numbers[merged]
        top = self._names[number]
        self._changed.left.add(top)
        kept = self._into.pop(merged)
        self._merged[kept].discard(merged)
        part, is_behind = self._smaller_part(merged, kept)
        other = 2 * at if len(part) > 1 else None
        for slug in part:
            self._join(slug, other, at=at)
        if other is not None:
            self._name(other, merged if is_behind else top, at=at)
        if len(self._members[number]) > 1:
            self._name(number, top if is_behind else merged, at=at)
        else:
            (last,) = self._members[number]
            self._join(last, None, at=at)
            self._name(number, None, at=at)

    def _size(self, slug: str) -> int:
        return len(self._members[self._numbers[slug]]) if slug in self._numbers else 1

    def _smaller_part(self, merged: str, kept: str) -> tuple[list[str], bool]:
        """The slugs of the smaller one of two parts that hang together no longer; whether it is that of `merged`."""
        behind, rest = self._connected(merged), self._connected(kept)
        here: list[str] = []
        there: list[str] = []
        while True:
            if (slug := next(behind, None)) is None:
                return here, True
            here.append(slug)
            if (slug := next(rest, None)) is None:
                return there, False
            there.append(slug)

    def _connected(self, slug: str) -> Iterator[str]:
        """A slug, and all that hang together with it, each found when it is asked for."""
        yield slug
        path = [(slug, slug, self._beside(slug))]
        while path:
            one, reached_from, others = path[-1]
            other = next(others, None)
            if other is None:
                path.pop()
            elif other != reached_from:
                yield other
                path.append((other, one, self._beside(other)))

    def _beside(self, slug: str) -> Iterator[str]:
        if slug in self._into:
            yield self._into[slug]
        yield from self._merged.get(slug, ())

    def _join(self, slug: str, number: int | None, *, at: int) -> None:
        before = self._numbers.pop(slug, None)
        self._changed.joined.add(slug, at, before=before, after=number)
        if before is not None:
            self._members[before].discard(slug)
        if number is not None:
            self._numbers[slug] = number
            self._members[number].add(slug)

    def _name(self, number: int, name: str | None, *, at: int) -> None:
        before = self._names.pop(number, None)
        self._changed.named.add(number, at, before=before, after=name)
        if name is not None:
            self._names[number] = name
        else:
            self._members.pop(number, None)
