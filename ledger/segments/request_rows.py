"""The rows of answered requests: each with its key, the hash of its body, and its answer, as a Parquet file.

Without them, a request that is sent again to a restored ledger, since its answer was lost, would be recorded twice.
"""

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

from ledger.segments.parquet_files import read_groups, write_groups
from ledger.store.protocol import AnsweredRequest

if TYPE_CHECKING:
    from pyarrow import Schema


def request_schema() -> "Schema":
    """The columns of a segment of requests."""
    import pyarrow as pa

    columns = {
        "number": pa.int64(),
        "key": pa.string(),
        "digest": pa.binary(),
        "position": pa.int64(),
        "answer": pa.string(),
    }
    return pa.schema([pa.field(name, kind, False) for name, kind in columns.items()])


def write_requests(requests: Iterator[AnsweredRequest], file: IO[bytes]) -> int:
    """Write requests as a Parquet file; how many there are."""
    rows = ((request, len(request.answer)) for request in requests)
    return write_groups(rows, file, request_schema(), lambda group: list(zip(*group, strict=True)))


def read_requests(file: Any) -> Iterator[list[AnsweredRequest]]:
    """The requests in a Parquet file, group by group. Raises ValueError where it is none, or has other columns."""
    for table in read_groups(file, request_schema()):
        yield list(map(AnsweredRequest, *(column.to_pylist() for column in table.columns)))
