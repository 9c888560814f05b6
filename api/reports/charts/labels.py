"""Where the labels of a chart find a free place: above a point, below it or beside it, and else nowhere.

What is not labelled can be read off the axis, and stands in the table; two labels on top of each other can be read
nowhere.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

LETTER_WIDTH = 6.2
_LINE_HALF, _POINT_HALF = 6.0, 4.0


class Place(NamedTuple):
    """Where a label stands to its point: its alignment, and its offset in pixels."""

    align: Literal["left", "center", "right"]
    dx: int
    dy: int


class Box(NamedTuple):
    """A rectangle in pixels, down the page."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        """Whether the two share some of the page."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


PLACES = (
    *(Place("center", 0, -12), Place("center", 0, 14)),
    *(Place("left", 8, -9), Place("left", 8, 10), Place("right", -8, -9), Place("right", -8, 10)),
)


def around(right: float, down: float) -> Box:
    """What a point covers."""
    return Box(right - _POINT_HALF, down - _POINT_HALF, right + _POINT_HALF, down + _POINT_HALF)


def placed(
    wanted: Sequence[tuple[float, float, str]], *, taken: Sequence[Box], within: Box
) -> Iterator[tuple[int, Place]]:
    """(number of a label, its place) of each label that finds a free place; the others are left out.

    `wanted` are (right, down, label) of points: the first ones choose first. `taken` is where nothing may stand.
    """
    boxes = list(taken)
    for number, (right, down, label) in enumerate(wanted):
        for place in PLACES:
            box = _box(right + place.dx, down + place.dy, len(label) * LETTER_WIDTH, place.align)
            inside = box.left >= within.left and box.right <= within.right
            inside = inside and box.top >= within.top and box.bottom <= within.bottom
            if inside and not any(box.overlaps(other) for other in boxes):
                boxes.append(box)
                yield number, place
                break


def _box(right: float, down: float, width: float, align: str) -> Box:
    left = right - {"center": width / 2, "left": 0.0, "right": width}[align]
    return Box(left, down - _LINE_HALF, left + width, down + _LINE_HALF)
