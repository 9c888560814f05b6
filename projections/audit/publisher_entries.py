"""Publishers side by side: what each of them says of one figure, entry by entry on the publication clock.

The *head* of a series is what its publisher says: the last statement, and whatever else it said at that instant; a
withdrawal empties it. A figure is *disputed* while any two statements in the heads of its publishers differ in
canonical value, range or symbol, so a publisher that contradicts itself disputes with itself too.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import pyarrow as pa

from ledger.values import EXACT
from projections.catalogue import SERIES
from projections.queries.allowance import Allowance
from projections.queries.filter_values import Value, values_of
from projections.queries.filters import filter_named
from projections.queries.reader import Reader

_HALF = Decimal("0.5")
COLUMNS = (
    *("figure_id", "publisher", "published_until", "position", "cause", "source_kind", "type"),
    *("canonical_value", "canonical_low", "canonical_high", "symbol"),
)


"""What is read of an entry."""


class Entry(NamedTuple):
    """A statement or withdrawal of a series. `row` is its place in the table of entries."""

    row: int
    figure_id: str
    publisher: str
    until: datetime
    """When it was published: the end of the stated interval."""
    position: int
    cause: str
    secondary: bool
    said: tuple[Decimal | None, Decimal | None, Decimal | None, str | None] | None
    """Canonical value, low, high, symbol; None for a withdrawal."""

    @property
    def point(self) -> Decimal | None:
        """The canonical value, where it states one."""
        return None if self.said is None else self.said[0]


class Heads:
    """What the publishers of one figure say, once some of its entries are taken in."""

    def __init__(self) -> None:
        self._heads: dict[str, list[Entry]] = {}
        self._sayings: Counter[object] = Counter()

    def take(self, entry: Entry) -> None:
        """Take in the next entry, in order of (published_until, position)."""
        head = self._heads.setdefault(entry.publisher, [])
        if entry.said is None or (head and head[-1].until != entry.until):
            for one in head:
                self._sayings[one.said] -= 1
                if not self._sayings[one.said]:
                    del self._sayings[one.said]
            head.clear()
        if entry.said is not None:
            head.append(entry)
            self._sayings[entry.said] += 1

    @property
    def disputed(self) -> bool:
        """Whether any two statements differ."""
        return len(self._sayings) > 1

    def statements(self) -> list[Entry]:
        """Every statement in the heads, ordered by publisher and position."""
        return [entry for _, head in sorted(self._heads.items()) for entry in head]


def figures_of(entries: pa.Table, allowance: Allowance) -> Iterator[list[Entry]]:
    """The entries of each figure (of the table that `Reader.entries` gives), publishers mixed, in the order
    (published_until, position).
    """
    for _, figure in groupby(_listed(entries, allowance), key=attrgetter("figure_id")):
        yield sorted(figure, key=attrgetter("until", "position"))


def _listed(entries: pa.Table, allowance: Allowance) -> Iterator[Entry]:
    rows = enumerate(allowance.tuples_of(entries.select(COLUMNS)))
    for row, (figure_id, publisher, until, position, cause, kind, name, *said) in rows:
        saying = None if name == "FigureWithdrawn" else (said[0], said[1], said[2], said[3])
        yield Entry(row, figure_id, publisher, until, position, cause, kind == "secondary", saying)


def publishers_asked(reader: Reader, filters: Mapping[str, Value]) -> tuple[dict[str, Value], set[str] | None]:
    """The filters that select figures, and the publishers that are asked about: None for all.

    Publishers are compared with all others, so `publisher` is no filter of what is read. Raises FilterError.
    """
    rest = dict(filters)
    asked = rest.pop("publisher", None)
    if asked is None:
        return rest, None
    slugs = values_of(filter_named(SERIES, "publisher"), "publisher", asked)
    return rest, {reader.names.kept(slug) for slug in slugs}


def median(points: Sequence[Decimal], *, without: int | None = None) -> Decimal:
    """The median of ascending numbers, exactly; of all, or of all but the one at a place. At least one must remain."""
    left_out = len(points) if without is None else without
    count = len(points) - (without is not None)
    lower, upper = ((count - 1) // 2, count // 2)
    below, above = (points[place + (place >= left_out)] for place in (lower, upper))
    return EXACT.multiply(EXACT.add(below, above), _HALF)


def distance(one: Decimal, other: Decimal) -> Decimal:
    """|one - other|, exactly."""
    return EXACT.subtract(one, other).copy_abs()


def percent_above(one: Decimal, base: Decimal) -> float:
    """(one - base) / |base| in percent. The base must not be zero."""
    return 100 * float(EXACT.subtract(one, base)) / float(base.copy_abs())


def mean(numbers: Sequence[float]) -> float | None:
    """The mean, None of no numbers. The sum is rounded once, so their order does not matter."""
    return math.fsum(numbers) / len(numbers) if numbers else None
