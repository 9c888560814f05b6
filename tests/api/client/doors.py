"""Both doors to one ledger, and the answers that they give."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from api.client import Book, Result
from api.client.local_door import LocalDoor
from api.client.server_door import ServerDoor
from projections import Engine
from tests.api.formats.long_list import served

TIMEOUT_S = 120.0


@contextmanager
def both(engine: Engine) -> Iterator[tuple[Book, Book]]:
    """A book in this process, and the same over HTTP."""
    with served(engine) as url, Book(ServerDoor(url, key=None, timeout_s=TIMEOUT_S)) as remote:
        yield Book(LocalDoor(engine, "here")), remote


def same(local: Result, remote: Result) -> list[dict[str, Any]]:
    """The rows of two results, which must be the same in every form, with the same types."""
    rows = local.rows()
    assert rows == remote.rows()
    assert [[type(value) for value in row.values()] for row in rows] == [
        [type(value) for value in row.values()] for row in remote.rows()
    ]
    assert local.arrow().equals(remote.arrow(), check_metadata=True)
    assert len(local) == len(remote) == len(rows)
    assert local.members == remote.members
    assert local.is_cut == remote.is_cut
    return rows
