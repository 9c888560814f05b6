"""Later versions: what events say from ledger events on, and how they read from merges on.

A first version of an event is what was recorded. A correction closes the version that stands and opens another, a
retraction closes it, a reinstatement opens it again; a merge of entities does both to each version that names the
merged slug. All acts and moves of a stretch of the log that bear on one event are followed in one pass, in the order of
their positions, so that n corrections of one event cost n steps.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from ledger import Content, Entry, encoded
from projections.tables.aliases import Moves
from projections.tables.arrow_rows import VersionRow
from projections.tables.families import FOREVER, UNRESOLVED, Family

REMEMBERED_MAX = 10_000
"""Of so many events, those on which acts came last, it is remembered what they say now."""


class Act(NamedTuple):
    """A ledger event: where it stands in the log, and what it says."""

    position: int
    type: str
    body: dict[str, Any]


class Contents:
    """What events say now, of those that ledger events acted on lately: the next act goes on from there."""

    def __init__(self) -> None:
        self._known: OrderedDict[UUID, Content] = OrderedDict()

    def get(self, event_id: UUID) -> Content | None:
        """What an event says, where that is remembered."""
        return self._known.get(event_id)

    def put(self, event_id: UUID, content: Content) -> None:
        """Remember what an event says now."""
        self._known[event_id] = content
        self._known.move_to_end(event_id)
        if len(self._known) > REMEMBERED_MAX:
            self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: a transaction was rolled back."""
        self._known.clear()


class Change(NamedTuple):
    """What a stretch of the log does to an event: when its version is closed, what is opened, and what it says now.

    `closed_at` is None where no version stood, or where it still does.
    """

    closed_at: int | None
    opened: list[VersionRow]
    now: Content


def changed(entry: Entry, family: Family, before: Content, acts: Sequence[Act], moves: Moves, *, after: int) -> Change:
    """How an event reads from each act and each move on that comes after a position.

    `before` is what it said at that position, or when it was recorded where that was later.
    """
    start = max(after, entry.position)
    contents: dict[int, Content] = {}
    says = before
    for act in acts:
        says = contents[act.position] = says.after(entry.cls, (act.type, act.body))
    names = {at: _slugs(family, content) if moves else () for at, content in ((start, before), *contents.items())}
    moved = {at for slugs in names.values() for slug in slugs for at in moves.of(slug) if at > start}
    says, slugs, closed_at = before, names[start], None
    reads = [moves.kept(slug, start) for slug in slugs]
    opened: list[VersionRow] = []
    for at in sorted({*contents, *moved}):
        now, slugs = contents.get(at, says), names.get(at, slugs)
        reads_now = [moves.kept(slug, at) for slug in slugs]
        if at in contents or (now.stands and reads_now != reads):
            if says.stands and opened:
                opened[-1] = opened[-1]._replace(until=at)
            elif says.stands:
                closed_at = at
            if now.stands:
                opened.append(VersionRow(entry, at, FOREVER, encoded(now.body)))
        says, reads = now, reads_now
    return Change(closed_at, opened, says)


def _slugs(family: Family, content: Content) -> Sequence[str]:
    return () if family.name in UNRESOLVED else sorted(family.slugs_in(content.body))
