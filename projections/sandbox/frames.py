"""Frames: what the server and a child of the sandbox say to each other over a pipe.

A frame is one letter for its kind, the length of what follows in eight bytes, and that. Objects travel as JSON, rows as
a stream of Arrow. For example `J` with `{"sql": "SELECT 1", …}` is a statement to answer.
"""

import io
import json
import struct
from typing import Any, BinaryIO

import pyarrow as pa

ONE_THREAD = pa.ipc.IpcReadOptions(use_threads=False)
"""A child is made of a process that has no threads."""
HEAD = struct.Struct(">cQ")

READY = b"R"
"""From a child: it waits for a statement."""
STATEMENT = b"J"
"""To a child: a statement, and which tables there are."""
WANTED = b"W"
"""From a child: which tables and columns the statement reads."""
TABLE = b"T"
"""To a child: rows of a table follow."""
ROWS = b"A"
"""Some rows: of a table to a child, of the answer from it."""
RUN = b"G"
"""To a child: it has all the tables."""
COLUMNS = b"C"
"""From a child: the columns of the answer, before its rows."""
DONE = b"D"
"""From a child: the answer is at its end."""
REFUSED = b"E"
"""From a child: the statement is not answered, and why."""


def framed(kind: bytes, content: bytes = b"") -> bytes:
    """A frame as bytes."""
    return HEAD.pack(kind, len(content)) + content


def object_frame(kind: bytes, value: Any) -> bytes:
    """A frame that holds a JSON value."""
    return framed(kind, json.dumps(value).encode())


def rows_frame(rows: pa.RecordBatch) -> bytes:
    """A frame that holds some rows."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_batch(rows)
    return framed(ROWS, sink.getvalue())


def rows_of(content: bytes) -> pa.Table:
    """The rows in a frame. Raises ArrowInvalid where these are none."""
    table = pa.ipc.open_stream(pa.py_buffer(content)).read_all()
    table.validate(full=True)
    return table


def next_frame(source: BinaryIO) -> tuple[bytes, bytes] | None:
    """The kind and the content of the next frame, for which it waits; None at the end."""
    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, length = HEAD.unpack(head)
    content = source.read(length)
    return (kind, content) if len(content) == length else None
