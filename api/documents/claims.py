"""Claims: what a document says of figures, number by number, with the places where it says so."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from api.documents.lexicon import Series
from api.documents.printed_numbers import PrintedNumber
from ledger.values import Period

Each = Callable[[Iterable[Any]], Iterator[Any]]
"""Gives the same items, and raises where there is no more time for them."""


class Unread(StrEnum):
    """Why a number that has a unit names no figure."""

    no_subject = "no_subject"
    no_metric = "no_metric"
    no_material = "no_material"
    no_period = "no_period"
    other_unit = "other_unit"
    other_goods = "other_goods"
    qualified = "qualified"
    change = "change"


class Place(NamedTuple):
    """Where a number stands: its characters in the document, from `start` to before `end`; in a table its row and
    column, both from 1.
    """

    start: int
    end: int
    row: int | None = None
    column: int | None = None


NOWHERE = Place(0, 0)


@dataclass(frozen=True)
class Claim:
    """A number that names a figure: which series, which period, as the text has it.

    `series` has one member where it is clear, and several where it is ambiguous. `figure_id` is None where the ledger
    has no figure of this period. `attributed` are the publishers that the sentence names.
    """

    number: PrintedNumber
    place: Place
    series: tuple[Series, ...]
    period: Period | None
    period_text: str | None
    figure_id: str | None
    attributed: tuple[str, ...] = ()
    candidates: tuple[str, ...] = field(default=())

    @property
    def is_ambiguous(self) -> bool:
        """Whether it may name several figures."""
        return len(self.series) > 1 or bool(self.candidates)


@dataclass(frozen=True)
class UnreadNumber:
    """A number with a unit that names no figure, and why."""

    number: PrintedNumber
    place: Place
    reason: Unread
