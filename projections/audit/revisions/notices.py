"""What was said about changes beside the figures: errata, restatements, changes of definition.

A publisher may announce that it revises a figure: in a note on the figure, by calling it restated, or in an erratum
that is recorded as a qualitative statement (`StatementRecorded`) about it. A change that nothing announced is silent.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from ledger.values import parse_moment
from projections.audit.revisions.releases import Entry, Series
from projections.queries.reader import Reader
from projections.queries.viewpoint_cursor import naive

REDEFINING = ("definition_change", "methodology_change")
"""Attributes of statements on a publisher, a subject or a material: its figures mean something else from now on."""
ANNOUNCING = ("erratum", "errata", "corrigendum", "revision", "restatement")
"""Attributes of statements on a publisher: it has changed figures."""
CHANGES_ANNOUNCED = ("revision", "withdrawal", "republication")
"""Causes that can be announced: a confirmation changes nothing, and nobody announces a contradiction of his own."""

MEANING = frozenset(
    "definition definitions defined methodology methodologies method methods basis coverage scope concept concepts "
    "classification".split()
)
CHANGE = frozenset(
    "change changes changed changing new revised revises switch switches switched moved moves replaced replaces "
    "broadened widened narrowed extended expanded restricted different differs updated".split()
)
REDEFINED = frozenset("redefined redefinition reclassified reclassification".split())


class Notice(NamedTuple):
    """A statement about figures in general, by when it was published."""

    published_until: datetime
    position: int
    event_id: str
    attribute: str


class Notices:
    """The statements of these attributes that are visible at a reader's viewpoint."""

    def __init__(self, reader: Reader) -> None:
        self._by_subject: dict[tuple[str, bool], list[Notice]] = defaultdict(list)
        stated = reader.allowance.rows_of(reader.read("statements", filters={"attribute": [*REDEFINING, *ANNOUNCING]}))
        notices = (
            (
                row["subject"],
                Notice(
                    naive(parse_moment(row["published_at"]).end), row["position"], row["event_id"], row["attribute"]
                ),
            )
            for row in stated
        )
        for subject, notice in sorted(notices, key=lambda pair: pair[1]):
            self._by_subject[subject, notice.attribute in REDEFINING].append(notice)

    def told(self) -> Iterator[tuple[str, bool, datetime]]:
        """All of them: about what, whether they say that figures mean something else, and when they were published."""
        for (subject, redefines), notices in self._by_subject.items():
            yield from ((subject, redefines, notice.published_until) for notice in notices)

    def redefinition(self, series: Series, before: Entry, after: Entry) -> Notice | None:
        """The last recorded change of definition or methodology of the publisher, the subject or the material that was
        published after one entry of a series and not after another.
        """
        if not self._by_subject:
            return None
        about = (series.key["publisher"], series.key["subject"], series.key["material"])
        return self._last(((subject, True) for subject in about if subject), before, after)

    def announced_by(self, series: Series, before: Entry, after: Entry) -> str | None:
        """The event that announced a change from one entry of a series to the next, itself or a statement; None where
        it came silently.
        """
        if after.status == "restated" or (after.note is not None and after.note != before.note):
            return after.event_id
        notice = self.redefinition(series, before, after)
        erratum = self._last([(series.key["publisher"], False)], before, after)
        said = [one for one in (notice, erratum) if one is not None]
        return max(said).event_id if said else None

    def _last(self, about: Iterable[tuple[str, bool]], before: Entry, after: Entry) -> Notice | None:
        if not self._by_subject:
            return None
        earlier = []
        for subject in about:
            notices = self._by_subject.get(subject, ())
            place = bisect_right(notices, after.published_until, key=lambda notice: notice.published_until)
            if place and notices[place - 1].published_until > before.published_until:
                earlier.append(notices[place - 1])
        return max(earlier, default=None)


def speaks_of_redefinition(note: str) -> bool:
    """Whether one sentence of a note has a word for what a figure means and a word of change, or `redefined`."""
    for sentence in re.split(r"[.;!?\n]", note.lower()):
        words = set(re.findall(r"[a-z]+", sentence))
        if words & REDEFINED or (words & MEANING and words & CHANGE):
            return True
    return False
