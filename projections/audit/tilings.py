"""A period put together from shorter ones: days that lie side by side, without gap or overlap.

Of the periods that are at hand, the *tiling* leaves the fewest days without a number; then the fewest days of which
nothing is said; then it has the fewest pieces, so halves come before quarters; then the earliest and longest first.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from typing import Generic, NamedTuple, TypeVar

Said = TypeVar("Said")
_NAMES = {12: "years", 6: "halves", 3: "quarters", 1: "months"}
_Cost = tuple[int, int, int]
"""Days without a number, days of which nothing is said, pieces."""


class Piece(NamedTuple, Generic[Said]):
    """A stretch of whole days, both ends included, and what is said of it; None for days of which nothing is."""

    start: date
    end: date
    said: Said | None
    is_point: bool = False


def tiling(start: date, end: date, pieces: Sequence[Piece[Said]]) -> list[Piece[Said]]:
    """The pieces, all of which lie within the period, that tile it best, in order, with the days between them.

    Found from the end backwards, as a shortest path over the days at which something starts or has ended.
    """
    first, after = start.toordinal(), end.toordinal() + 1
    starting: dict[int, list[Piece[Said]]] = {}
    for piece in sorted(pieces, key=lambda piece: piece.end, reverse=True):
        starting.setdefault(piece.start.toordinal(), []).append(piece)
    edges = sorted({first, after, *starting, *(piece.end.toordinal() + 1 for piece in pieces)})
    costs: dict[int, _Cost] = {after: (0, 0, 0)}
    chosen: dict[int, Piece[Said]] = {}
    for day, following in zip(edges[-2::-1], edges[:0:-1], strict=True):
        silent: Piece[Said] = Piece(date.fromordinal(day), date.fromordinal(following - 1), None)
        ways = [(_cost(piece, costs), piece) for piece in (*starting.get(day, ()), silent)]
        costs[day], chosen[day] = min(ways, key=lambda way: way[0])
    tiles: list[Piece[Said]] = []
    day = first
    while day < after:
        piece = chosen[day]
        day = piece.end.toordinal() + 1
        if tiles and piece.said is None and tiles[-1].said is None:
            piece = Piece(tiles.pop().start, piece.end, None)
        tiles.append(piece)
    return tiles


def name_of(pieces: Sequence[Piece[Said]]) -> str:
    """`halves`, `quarters`, `months`, `days`; `mixed` where what is said is of several kinds."""
    names = {_name(piece) for piece in pieces if piece.said is not None}
    return names.pop() if len(names) == 1 else "mixed"


def _name(piece: Piece[Said]) -> str:
    if piece.start == piece.end:
        return "days"
    whole = piece.start.day == 1 and piece.end.day == monthrange(piece.end.year, piece.end.month)[1]
    months = (piece.end.year - piece.start.year) * 12 + piece.end.month - piece.start.month + 1
    return _NAMES.get(months, "mixed") if whole else "mixed"


def _cost(piece: Piece[Said], costs: dict[int, _Cost]) -> _Cost:
    """The cost of going on with a piece, given the costs of the ways from its end."""
    without_point, silent, count = costs[piece.end.toordinal() + 1]
    days = piece.end.toordinal() - piece.start.toordinal() + 1
    if piece.said is None:
        return (without_point + days, silent + days, count)
    return (without_point + (0 if piece.is_point else days), silent, count + 1)
