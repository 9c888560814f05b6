"""How far the tables in a file are, asked without taking the file into use."""

from pathlib import Path
from typing import NamedTuple

import duckdb

from projections.tables.database import is_in_use, line_of


class KeptPosition(NamedTuple):
    """The position of the log up to which tables in a file are made; or why it cannot be told."""

    position: int | None
    reason: str | None = None


def kept_position(path: Path) -> KeptPosition:
    """How far the tables in a file are. A file that somebody has in use tells nothing."""
    if not path.exists():
        return KeptPosition(0)
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.execute("SELECT position FROM progress").fetchall()
    except duckdb.Error as error:
        return KeptPosition(None, "in use" if is_in_use(error) else line_of(error))
    return KeptPosition(int(rows[0][0])) if rows else KeptPosition(0)
