"""The rows of tables: texts, with what is odd about them."""

from collections.abc import Mapping
from typing import NamedTuple


class CoveredCell(NamedTuple):
    """A cell that is merged with others: which they are, the place of the first of them, and what that one says."""

    cells: str
    """As Excel names them: `A3:A5`."""
    first: int
    text: str
    fault: str | None
    """Why the first of them cannot be read."""
    is_across: bool
    """Whether they are in several columns."""


class TableRow(NamedTuple):
    """A row of a table: its number in the file from 1 (as an editor shows it), its cells, or why it has none."""

    number: int
    cells: list[str]
    fault: str | None = None
    faults: Mapping[int, str] = {}
    """Why single cells are empty, by their place: it matters where the mapping looks at them."""
    merged: Mapping[int, CoveredCell] = {}
    """The cells that are merged with others, by their place."""
