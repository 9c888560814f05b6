"""Both doors to one ledger, and the answers that they give."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

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


def is_typed(kind: pa.DataType) -> bool:
    """Whether JSON has texts where a table has values of this type."""
    return bool(pa.types.is_decimal(kind) or pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def same(local: Result, remote: Result) -> list[dict[str, Any]]:
    """The rows of two results, which must be the same in every form, with the same types.

    Numbers, days and instants are the same in rows, which were made of texts, and in tables.
    """
    rows = local.rows()
    assert rows == remote.rows()
    assert [[type(value) for value in row.values()] for row in rows] == [
        [type(value) for value in row.values()] for row in remote.rows()
    ]
    table = local.arrow()
    assert table.equals(remote.arrow(), check_metadata=True)
    for name in (one.name for one in table.schema if is_typed(one.type)):
        assert table[name].to_pylist() == [row.get(name) for row in rows]
    assert len(local) == len(remote) == len(rows)
    assert local.members == remote.members
    assert local.is_cut == remote.is_cut
    return rows
