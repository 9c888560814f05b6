"""TableDatabase of SQL for a log in tables, each prepared for so many values."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

COLUMNS = "position, event_id, originator_id, topic, recorded_at, recorded_by, digest, state, originator_version"
"""The columns of an Entry, in its order."""
HEAD = "SELECT COALESCE(MAX(position), 0) FROM stored_events"
TREE = "SELECT size, peaks FROM tree"
TREE_ROOT = "SELECT size, root FROM tree"
SEALED = "SELECT size, beside FROM seal"
LAST_REQUEST = "SELECT number, hash FROM request_chain ORDER BY number DESC LIMIT 1"
RECORDERS = "SELECT first_position, ledger FROM recorders ORDER BY number"
KEEP_TREE = (
    "INSERT INTO tree VALUES (1, ?, ?, ?) "
    "ON CONFLICT (one) DO UPDATE SET size = excluded.size, peaks = excluded.peaks, root = excluded.root"
)
KEEP_LINK = "INSERT INTO request_chain VALUES (?,?,?)"
NO_LIMIT = 2**62
"""A number of rows that no log has."""


@cache
def where_one_of(column: str, count: int, columns: str, order: str) -> str:
    """The rows in which a column has one of so many values."""
    return f"SELECT {columns} FROM stored_events WHERE {column} IN ({','.join('?' * count)}){order}"


@cache
def heads_of(count: int) -> str:
    """So many streams, each with its last version: one search in the index for each, however long it is."""
    return (
        "SELECT column1 AS stream, "
        "(SELECT MAX(originator_version) FROM stored_events WHERE originator_id = column1) AS head "
        f"FROM (SELECT DISTINCT column1 FROM (VALUES {','.join(['(?)'] * count)}) AS given) AS streams"
    )


@cache
def last_of(count: int) -> str:
    """The last rows of so many streams."""
    return (
        f"SELECT {COLUMNS} FROM ({heads_of(count)}) AS heads "
        "JOIN stored_events ON originator_id = stream AND originator_version > head - ?"
    )


def marks(values: Sequence[Any]) -> str:
    """A mark for each value: `?,?,?`."""
    return ",".join("?" * len(values))


def chunks(values: Sequence[Any], size: int = 512) -> Iterator[Sequence[Any]]:
    """The values in parts, the last value over again until there are 1, 2, 4... of them: few statements to prepare."""
    for start in range(0, len(values), size):
        chunk = list(values[start : start + size])
        yield chunk + chunk[-1:] * ((1 << (len(chunk) - 1).bit_length()) - len(chunk))
