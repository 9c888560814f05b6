"""Later versions: what events say from ledger events on, and how they read from merges on.

A first version of an event is what was recorded. A correction closes the version that stands and opens another, a
retraction closes it, a reinstatement opens it again; a merge of entities does both to each version that names the
merged slug. All acts and moves of a stretch of the log that bear on one event are followed in one pass, in the order of
their positions, so that n corrections of one event cost n steps.
"""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from ledger import Content, Entry, encoded
from projections.tables.arrow_rows import VersionRow
from projections.tables.families import FOREVER, UNRESOLVED, Family
from projections.tables.slug_meanings import SlugMeanings

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
    """What a stretch of the log does to an event: when its version is closed, what is opened, and what it says now."""

    closed_at: int | None
    """None where no version stood, or where it still does."""
    misread: bool
    """Whether its first version was written in this stretch, and a slug in it had moved before that."""
    opened: list[VersionRow]
    """Where anything moves, with the slugs to which those in it resolve."""
    now: Content


def changed(
    entry: Entry, family: Family, before: Content, acts: Sequence[Act], moves: SlugMeanings, *, after: int
) -> Change:
    """How an event reads from each act and each move on that comes after a position.

    `before` is what it said at that position, or when it was recorded where that was later.
    """
    start = max(after, entry.position)
    contents: dict[int, Content] = {}
    says = before
    for act in acts:
        says = contents[act.position] = says.after(entry.cls, (act.type, act.body))
    names = {at: _slugs(family, content) if moves else () for at, content in ((start, before), *contents.items())}
    moved = {at for slug in set(chain(*names.values())) for at in moves.moves(slug) if at > start}
    says, slugs, closed_at = before, names[start], None
    reads = _read(slugs, moves, start)
    misread = reads != _read(slugs, moves, after)
    opened: list[VersionRow] = []
    if misread:
        opened.append(_version(entry, family, says, start, slugs, reads))
    for at in sorted({*contents, *moved}):
        stood, read = says.stands, reads
        says, slugs = contents.get(at, says), names.get(at, slugs)
        reads = _read(slugs, moves, at)
        if at in contents or (says.stands and reads != read):
            if stood and opened:
                opened[-1] = opened[-1]._replace(until=at)
            elif stood:
                closed_at = at
            if says.stands:
                opened.append(_version(entry, family, says, at, slugs, reads))
    return Change(closed_at, misread, opened, says)


def _slugs(family: Family, content: Content) -> Sequence[str]:
    return () if family.name in UNRESOLVED else sorted(family.slugs_in(content.body))


def _read(slugs: Sequence[str], moves: SlugMeanings, at: int) -> list[str]:
    return [moves.kept(slug, at) for slug in slugs]


def _version(
    entry: Entry, family: Family, says: Content, at: int, slugs: Sequence[str], reads: Sequence[str]
) -> VersionRow:
    kept = dict(zip(slugs, reads, strict=True))
    body = family.resolved(says.body, kept) if kept else says.body
    return VersionRow(entry, at, FOREVER, encoded(body), says.body.get("subject"), says.corrected)
