"""Memento links: how an address, its past and what lists it point to each other (RFC 7089).

The original is an address without the two clocks that fix an answer; a memento is the same address with both of them,
`as_of` and `recorded_as_of`, since only that never changes again.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode

from ledger.values import instant_text

CLOCKS = ("as_of", "recorded_as_of")
LINK_FORMAT = "application/link-format"
TIME_MAPS = "/v1/timemap"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RFC_1123 = re.compile(
    rf"({'|'.join(_DAYS)}), (\d{{2}}) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d{{2}}):(\d{{2}}):(\d{{2}}) GMT", re.ASCII
)
Query = Sequence[tuple[str, str]]


class Link(NamedTuple):
    """A link: where it leads, what that is, and more that is said of it."""

    url: str
    rel: str
    more: tuple[tuple[str, str], ...] = ()

    def text(self) -> str:
        """As it stands in a header `Link`, and in a list of links."""
        return "; ".join([f"<{self.url}>", f'rel="{self.rel}"', *(f'{name}="{value}"' for name, value in self.more)])


class Original(NamedTuple):
    """An address whose past can be asked for: where the server is (`http://host`), the path, and the query."""

    base: str
    path: str
    query: Query

    @property
    def url(self) -> str:
        """The address without clocks, which is its own time gate."""
        return self._with(())

    def memento(self, at: datetime, position: str) -> str:
        """The address of what it said as of a moment, as the ledger is at a position (`position:N`)."""
        return self._with((("as_of", instant_text(at)), ("recorded_as_of", position)))

    def memento_link(self, at: datetime, position: str, *, place: str = "") -> Link:
        """The link to a memento, which may be the `first`, `last`, `prev` or `next` one."""
        return Link(self.memento(at, position), f"{place} memento".strip(), (("datetime", http_date(at)),))

    def own_links(self) -> list[Link]:
        """The link to itself."""
        return [Link(self.url, "original timegate")]

    def time_map(self) -> str:
        """The address of the list of its mementos."""
        return f"{self.base}{TIME_MAPS}{_quoted(self.path)}"

    def _with(self, clocks: Query) -> str:
        query = urlencode([*((name, text) for name, text in self.query if name not in CLOCKS), *clocks])
        return f"{self.base}{_quoted(self.path)}{'?' if query else ''}{query}"


def http_date(at: datetime) -> str:
    """A moment as HTTP writes it, to the second in which it is."""
    return format_datetime(at.astimezone(UTC).replace(microsecond=0), usegmt=True)


def second_of(text: str) -> datetime | None:
    """The end of the second that a date of RFC 1123 names, in GMT; None where it is none."""
    found = _RFC_1123.fullmatch(text)
    if found is None:
        return None
    day, year, hour, minute, second = (int(found[place]) for place in (2, 4, 5, 6, 7))
    try:
        at = datetime(year, _MONTHS.index(found[3]) + 1, day, hour, minute, second, 999_999, UTC)
    except ValueError:
        return None
    return at if _DAYS[at.weekday()] == found[1] else None


def neighbours(dates: Sequence[datetime], at: datetime) -> Iterable[tuple[str, datetime]]:
    """Of moments in their order the first, the last, and those before and after another; one may be several."""
    before, after = [one for one in dates if one < at], [one for one in dates if one > at]
    places: dict[datetime, list[str]] = {}
    for place, those in (("first", dates[:1]), ("prev", before[-1:]), ("next", after[:1]), ("last", dates[-1:])):
        for one in those:
            places.setdefault(one, []).append(place)
    return [(" ".join(place), one) for one, place in places.items()]


def _quoted(path: str) -> str:
    return quote(path, safe="/:@!$&'()*+,;=")
