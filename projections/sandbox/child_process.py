"""A child of the sandbox: a process that answers one statement, and can do nothing else.

It is born in the nursery (`projections.sandbox.nursery`) with no right to write a byte to a file or to open many, and
gives up what is left: it may hold so much memory and no more, and compute so long. It gets the rows that the statement
reads from its parent, and writes the answer back.
"""

import contextlib
import json
import os
import resource
import sys
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa

from projections.sandbox import frames
from projections.sandbox.confined_database import ConfinedDatabase, checker
from projections.sandbox.statement_check import Refusal, StatementCheck

__all__ = ["answer_one", "checker", "warm_up"]

DATABASE_SHARE = 3, 4
"""How much of the memory DuckDB is told to take: it says so where that does not do, before the system does."""
OUT_OF_MEMORY = 70
"""With this it ends where there is no memory left even to say so."""
_WARM = {"warm": {"a": "INTEGER", "b": "DECIMAL(38,18)", "c": "JSON", "d": "TIMESTAMP"}}


def answer_one(check: StatementCheck, source_number: int, sink_number: int) -> None:
    """Answer the one statement that comes."""
    source, sink = os.fdopen(source_number, "rb"), os.fdopen(sink_number, "wb")
    frame = frames.next_frame(source)
    if frame is None:
        return
    job = json.loads(frame[1])
    _confine(job["memory_bytes"], job["seconds"])
    memory_bytes = job["memory_bytes"]
    share = None if memory_bytes is None else memory_bytes * DATABASE_SHARE[0] // DATABASE_SHARE[1]
    try:
        _answer(ConfinedDatabase(job["tables"], memory_bytes=share), job, check, source, sink)
        sink.flush()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _answer(
    database: ConfinedDatabase, job: Mapping[str, Any], check: StatementCheck, source: BinaryIO, sink: BinaryIO
) -> None:
    """Answer a statement, or say why not."""
    try:
        reads = database.reads(job["sql"], check)
        _send(sink, frames.object_frame(frames.WANTED, reads.tables))
        _take_tables(database, source)
        columns, rows = database.run(job["sql"])
        _send(sink, frames.object_frame(frames.COLUMNS, columns))
        _send(sink, frames.object_frame(frames.DONE, {"cut": _send_rows(sink, rows, job["rows_max"])}))
    except Refusal as refusal:
        told = {"rule": refusal.rule, "detail": refusal.detail, "position": refusal.position}
        _send(sink, frames.object_frame(frames.REFUSED, told))


def _send_rows(sink: BinaryIO, rows: Iterator[pa.RecordBatch], rows_max: int | None) -> bool:
    """Send rows, no more than so many; whether there were more."""
    sent = 0
    for batch in rows:
        left = len(batch) if rows_max is None else rows_max - sent
        _send(sink, frames.rows_frame(batch.slice(0, left)))
        sent += min(len(batch), left)
        if len(batch) > left:
            return True
    return False


def _send(sink: BinaryIO, frame: bytes) -> None:
    sink.write(frame)
    sink.flush()


def _take_tables(database: ConfinedDatabase, source: BinaryIO) -> None:
    """Fill the tables with what comes, to the end of it, also where one of them cannot be filled. Raises Refusal."""
    failure: Refusal | None = None
    name = ""
    frame = _next(source)
    while frame[0] != frames.RUN:
        if frame[0] == frames.TABLE:
            name = json.loads(frame[1])
            frame = _next(source)
        batches = _Batches(frame, source)
        if failure is None:
            try:
                database.fill(name, batches)
            except Refusal as refusal:
                failure = refusal
        for _ in batches:
            pass
        frame = batches.after
    if failure is not None:
        raise failure


class _Batches:
    """The rows in frames that follow each other; `after` is the first frame that is none of these."""

    def __init__(self, first: tuple[bytes, bytes], source: BinaryIO) -> None:
        self.after = first
        self._source = source

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self

    def __next__(self) -> pa.RecordBatch:
        kind, content = self.after
        if kind != frames.ROWS:
            raise StopIteration
        (batch,) = pa.ipc.open_stream(pa.py_buffer(content), options=frames.ONE_THREAD)
        self.after = _next(self._source)
        return batch


def _next(source: BinaryIO) -> tuple[bytes, bytes]:
    frame = frames.next_frame(source)
    if frame is None:
        sys.exit(0)
    return frame


def warm_up(check: StatementCheck) -> None:
    """Answer a statement, so that all that answering needs is in memory before children are made of this process.

    No table is filled: to take in Arrow, DuckDB 1.5 uses threads of pyarrow, and a process with threads is no parent.
    """
    import pyarrow.dataset  # noqa: F401  what DuckDB imports where it takes in Arrow

    database = ConfinedDatabase(_WARM, memory_bytes=None)
    sql = "WITH a AS (SELECT a, b, c, d, [a] AS e FROM warm) SELECT *, f FROM a, (SELECT 1 AS f) ORDER BY a"
    database.reads(sql, check)
    for batch in database.run(sql)[1]:
        tuple(pa.ipc.open_stream(frames.rows_frame(batch)[frames.HEAD.size :], options=frames.ONE_THREAD))
    with contextlib.suppress(Refusal):
        database.reads("SELECT nothing", check)
    database.close()


def _confine(memory_bytes: int | None, seconds: float | None) -> None:
    """Give up what is left: a statement ends at these, though nobody is there any more who would end it."""
    if memory_bytes is not None:
        most = _address_space() + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    if seconds is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        most = int(used.ru_utime + used.ru_stime + seconds) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))


def _address_space() -> int:
    """How much of its address space the process uses."""
    try:
        with open("/proc/self/statm", encoding="ascii") as told:  # noqa: PTH123  pathlib is not imported here
            return int(told.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1024**3
