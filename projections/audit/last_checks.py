"""Checks of sources: that somebody looked at them, and which of them is the last about what was said.

A check is about all sources of its publisher, or those of a title, an edition, an address. It is this ledger's own act:
it counts from `checked_at` on the publication clock, and from its recording on the ledger clock.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa

from ledger.values import parse_moment
from projections.queries.reader import Reader

_NAMED = ("title", "edition", "url")
_CHECKS = """
SELECT subject, title, edition, url, checked_at, found, CAST(event_id AS VARCHAR), position
FROM log.source_checks
WHERE since <= $position AND until > $position
"""


class Check(NamedTuple):
    """That somebody looked at sources of a publisher, in order of when; what is not named is any."""

    until: datetime
    position: int
    subject: str
    title: str | None
    edition: str | None
    url: str | None
    checked_at: str
    found: str
    event_id: str


def checks_at(reader: Reader) -> list[Check]:
    """The checks that count at the viewpoint, in order of when they were made."""
    return sorted(_checks(reader))


def _checks(reader: Reader) -> Iterator[Check]:
    for row in reader.allowance.each(reader.ask(_CHECKS)):
        subject, title, edition, url, checked_at, found, event_id, position = row
        until = parse_moment(checked_at).end
        if until <= reader.viewpoint.as_of:
            yield Check(until, position, subject, title, edition, url, checked_at, found, event_id)


class LastChecks:
    """The last check about any source of each of several things that were said.

    Of checks that name the same only the last counts; those that name the same fields are joined by these, so that the
    sources and the checks are looked at a few times, however many there are of both.
    """

    def __init__(self, checks: Sequence[Check]) -> None:
        self._checks = checks
        self._latest = {check[2:6]: place for place, check in enumerate(checks)}

    @property
    def any(self) -> bool:
        """Whether there is any check."""
        return bool(self._latest)

    def table(self) -> pa.Table:
        """What they name, to be lent under the name `looked`."""
        rows = [(place, *names) for names, place in self._latest.items()]
        columns = zip(*rows, strict=True)
        return pa.table(
            {
                name: pa.array(column, pa.int64() if name == "place" else pa.string())
                for name, column in zip(("place", "subject", *_NAMED), columns, strict=True)
            }
        )

    def query(self, *of: str) -> str:
        """A query over a relation `sources`: the columns `of`, and the `place` of the last check, for `check_at`."""
        forms = {
            tuple(name for name in _NAMED if getattr(self._checks[place], name) is not None)
            for place in self._latest.values()
        }
        joined = " UNION ALL ".join(_join(form, of) for form in sorted(forms))
        return f"SELECT {', '.join(of)}, MAX(place) AS place FROM ({joined}) GROUP BY ALL"

    def check_at(self, place: int) -> Check:
        """The check at a place."""
        return self._checks[place]


def _join(form: Sequence[str], of: Sequence[str]) -> str:
    """The sources that checks are about which name these fields and no others."""
    on = " AND ".join(("looked.subject = sources.publisher", *(f"looked.{name} = sources.{name}" for name in form)))
    given = " AND ".join(f"looked.{name} IS {'NOT ' if name in form else ''}NULL" for name in _NAMED)
    names = ", ".join(f"sources.{name}" for name in of)
    return f"SELECT {names}, place FROM sources JOIN looked ON {on} WHERE {given}"
