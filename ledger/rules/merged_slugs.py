"""Which slug a merged slug answers to now.

For example, after `lynas-corp` was merged into `lynas-corporation` and that into `lynas`, all three resolve to `lynas`.
A chain of ten thousand merges costs no more than ten thousand single ones, whatever of it is taken back and asked for.
"""

from collections.abc import Iterator

from ledger.rules.merge_forest import MergeForest

STEPS_FEW = 8
"""So many merges in a row are simply followed, which is quicker than to find the end of a chain."""


class MergedSlugs:
    """The merges that stand."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        """The slug that each merged slug was merged into."""
        self._merged_into: dict[str, dict[str, None]] = {}
        self._forest = MergeForest()

    def add(self, merged: str, kept: str) -> None:
        """Let a merge hold."""
        self.kept[merged] = kept
        self._merged_into.setdefault(kept, {})[merged] = None
        self._forest.hang(merged, kept)

    def remove(self, merged: str) -> None:
        """Let the merge of a slug hold no longer."""
        del self._merged_into[self.kept.pop(merged)][merged]
        self._forest.take_off(merged)

    def resolve(self, slug: str) -> str:
        """The slug that a slug was merged into in the end, or itself."""
        for _ in range(STEPS_FEW):
            kept = self.kept.get(slug)
            if kept is None:
                return slug
            slug = kept
        return self._forest.top(slug)

    def has_others(self, slug: str) -> bool:
        """Whether others are merged into a slug."""
        return bool(self._merged_into.get(slug))

    def all_of(self, slug: str) -> Iterator[str]:
        """A slug and all that were merged into it, directly or not."""
        waiting = [slug]
        while waiting:
            one = waiting.pop()
            yield one
            waiting += self._merged_into.get(one, ())
