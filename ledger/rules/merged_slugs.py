"""Which slug a merged slug answers to now.

For example, after `lynas-corp` was merged into `lynas-corporation` and that into `lynas`, all three resolve to `lynas`.
A chain of ten thousand merges costs no more than ten thousand single ones: whoever walks along it leaves shortcuts.
"""

from collections.abc import Iterator


class MergedSlugs:
    """The merges that stand."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        """The slug that each merged slug was merged into."""
        self._merged_into: dict[str, dict[str, None]] = {}
        self._shortcuts: dict[str, str] = {}
        """A slug further on along the chain. A merge that is added leaves them right; one that goes may not."""

    def add(self, merged: str, kept: str) -> None:
        """Let a merge hold."""
        self.kept[merged] = kept
        self._merged_into.setdefault(kept, {})[merged] = None

    def remove(self, merged: str) -> None:
        """Let the merge of a slug hold no longer."""
        del self._merged_into[self.kept.pop(merged)][merged]
        self._shortcuts.clear()

    def resolve(self, slug: str) -> str:
        """The slug that a slug was merged into in the end, or itself."""
        kept = self.kept
        if slug not in kept:
            return slug
        passed = []
        while slug in kept:
            passed.append(slug)
            slug = self._shortcuts.get(slug) or kept[slug]
        if len(passed) > 1:
            self._shortcuts.update(dict.fromkeys(passed, slug))
        return slug

    def all_of(self, slug: str) -> Iterator[str]:
        """A slug and all that were merged into it, directly or not."""
        waiting = [slug]
        while waiting:
            one = waiting.pop()
            yield one
            waiting += self._merged_into.get(one, ())
