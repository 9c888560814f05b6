"""Series as they were published: entries, vintages and releases.

A series is what one publisher says of one figure. Its *entries* are its statements and withdrawals in the order
(published_at, position). Those that share a time of publication are one *vintage*, for which the last of them stands;
a vintage that says something is a *release*.

Values are compared and subtracted as whole *atoms* of 10^-18, the smallest difference that canonical values have: that
is as exact as decimals and fractions are, and quicker.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa

from ledger.values import EXACT, plain, unit
from projections.audit.atoms import ATOMS, DECIMALS
from projections.catalogue import FIGURE_KEY, FIGURE_VALUE
from projections.queries.allowance import Allowance

KEY = ("figure_id", *FIGURE_KEY, "publisher", "canonical_unit")
_ENTRY = ("event_id", "position", "published_at", "published_until", "edition", "cause", "value", "unit")
COLUMNS = (*KEY, *_ENTRY, *FIGURE_VALUE, "status", "note")
"""What is read of an entry."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One statement or withdrawal. Values are in canonical units; `printed` is the value as printed, in `unit`."""

    event_id: str
    position: int
    published_at: str
    published_until: datetime
    """The end of the stated time, in UTC, naive."""
    edition: str | None
    cause: str
    printed: str | None
    unit: str
    said: tuple[Decimal | None, Decimal | None, Decimal | None, str | None]
    """(value, low, high, symbol)"""
    atoms: int | None
    """The canonical value, where a point is said."""
    status: str | None
    note: str | None

    @property
    def withdrawn(self) -> bool:
        """Whether it takes back what was said."""
        return self.cause == "withdrawal"

    @property
    def value(self) -> Decimal | None:
        """The canonical value, where a point is said."""
        return self.said[0]

    @property
    def point_atoms(self) -> int:
        """The canonical value. Raises ValueError where no point is said."""
        if self.atoms is None:
            raise ValueError(f"event {self.event_id} states no single value")
        return self.atoms

    @property
    def text(self) -> str | None:
        """What it says in one text: a value, `low..high` with an end left out where there is none, or a symbol."""
        value, low, high, symbol = (plain(one) if isinstance(one, Decimal) else one for one in self.said)
        return value or (f"{low or ''}..{high or ''}" if low or high else symbol)

    @property
    def _point(self) -> str:
        """The single value, as printed. Raises ValueError where there is none."""
        if self.printed is None:
            raise ValueError(f"event {self.event_id} prints no single value")
        return self.printed

    @property
    def half_unit(self) -> Fraction:
        """Half a unit of the last digit printed, in atoms: how far a rounded value may be off."""
        return _half_unit(self.unit, -len(self._point.partition(".")[2]))

    @property
    def significance(self) -> tuple[int, Fraction]:
        """How many digits are significant, and half a unit of the last of them, in atoms.

        The zeros that end a whole number are not (`350000` has two), those behind a point are (`2.080` has four).
        """
        whole, point, fraction = self._point.lstrip("-").partition(".")
        digits = (whole + fraction).lstrip("0")
        significant = digits if point else digits.rstrip("0")
        return len(significant), _half_unit(self.unit, len(digits) - len(significant) - len(fraction))


@dataclass(slots=True, eq=False)
class Series:
    """What one publisher says of one figure: `key` has the members `KEY`, days as days and dimensions as text."""

    key: dict[str, Any]
    entries: Sequence[Entry]
    ends: Sequence[int] = field(init=False)
    """The place of the last entry of each vintage."""
    vintages: Sequence[Entry] = field(init=False)
    """What stood at each time of publication: the last entry of it, perhaps a withdrawal."""
    releases: Sequence[Entry] = field(init=False)
    """The vintages that say something."""

    def __post_init__(self) -> None:
        untils = [entry.published_until for entry in self.entries]
        last = len(untils) - 1
        self.ends = [place for place, until in enumerate(untils) if place == last or untils[place + 1] != until]
        self.vintages = [self.entries[place] for place in self.ends]
        self.releases = [entry for entry in self.vintages if not entry.withdrawn]

    @property
    def latest(self) -> Entry:
        """The last vintage, perhaps a withdrawal."""
        return self.entries[-1]

    @property
    def period_end(self) -> date | None:
        """The last day of the period."""
        end: date | None = self.key["period_end"]
        return end

    def shown_key(self) -> dict[str, Any]:
        """The key as an item shows it."""
        shown = {name: value.isoformat() if isinstance(value, date) else value for name, value in self.key.items()}
        return {**shown, "dimensions": shown["dimensions"] and json.loads(shown["dimensions"])}


@lru_cache(maxsize=4096)
def _half_unit(printed_in: str, exponent: int) -> Fraction:
    """Half a ten to the exponent of a unit, in atoms."""
    ten: Fraction = Fraction(10) ** exponent
    half: Fraction = Fraction(unit(printed_in).factor) * ten * ATOMS / 2
    return half


def series_in(entries: pa.Table, allowance: Allowance) -> list[Series]:
    """The series in a table of entries (`Reader.entries`), in its order."""
    rows = allowance.tuples_of(entries.select(COLUMNS))
    grouped = groupby(rows, key=itemgetter(COLUMNS.index("figure_id"), COLUMNS.index("publisher")))
    return [_series(list(its_rows)) for _, its_rows in grouped]


def _series(rows: list[tuple[Any, ...]]) -> Series:
    entries = [_entry(*row[len(KEY) :]) for row in rows]
    # The period as printed is that of the last entry, which a withdrawal prints too.
    return Series(dict(zip(KEY, rows[-1], strict=False)), entries)


def _entry(
    event_id: str,
    position: int,
    published_at: str,
    published_until: datetime,
    edition: str | None,
    cause: str,
    value: str | None,
    unit_name: str,
    canonical_value: Decimal | None,
    canonical_low: Decimal | None,
    canonical_high: Decimal | None,
    symbol: str | None,
    status: str | None,
    note: str | None,
) -> Entry:
    return Entry(
        event_id=event_id,
        position=position,
        published_at=published_at,
        published_until=published_until,
        edition=edition,
        cause=cause,
        printed=value,
        unit=unit_name,
        said=(canonical_value, canonical_low, canonical_high, symbol),
        atoms=None if canonical_value is None else int(EXACT.scaleb(canonical_value, DECIMALS)),
        status=status,
        note=note,
    )
