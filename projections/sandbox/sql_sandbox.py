"""The sandbox: one SELECT over the public tables at a viewpoint, answered by a process that has nothing else.

The parent asks its own tables for the rows that a statement reads, cut to the viewpoint, and hands them to a child
(`projections.sandbox.child_process`), which is made for this one statement. So no statement, whatever it
finds in the database that answers it, can reach what was recorded or published later: it was never there.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

import pyarrow as pa

from ledger import Ledger
from projections.queries.inquiry import Inquiry
from projections.queries.reader import Reader
from projections.sandbox import frames
from projections.sandbox.public_tables import public_tables
from projections.sandbox.refusals import StatementRefused
from projections.sandbox.sandbox_limits import SandboxLimits
from projections.sandbox.statement_processes import Child, StatementProcesses, answer_too_large
from projections.viewpoint import Viewpoint


@dataclass(frozen=True)
class SandboxAnswer:
    """The columns of an answer (`name` and `type`), and its rows, some at a time.

    Its process ends with the last row, or when nobody holds the answer any more.
    """

    columns: list[dict[str, str]]
    rows: Iterator[pa.Table]
    _endings: list[bool]

    @property
    def is_cut(self) -> bool:
        """After the last row: whether more were left out than a limit let through."""
        return any(self._endings)


class Sandbox:
    """Answers statements in processes of their own. Close it in the end; they end with this process in any case."""

    def __init__(self, limits: SandboxLimits | None = None) -> None:
        self.limits = limits or SandboxLimits()
        self.processes = StatementProcesses(self.limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def warm(self) -> None:
        """Begin what processes are made of, so that the first statement need not wait for it."""
        self.processes.warm()

    def close(self) -> None:
        """End all processes."""
        self.processes.close()

    def answer(self, engine: Inquiry, viewpoint: Viewpoint, sql: str, *, rows_max: int | None = None) -> SandboxAnswer:
        """What a statement gives at a viewpoint, `rows_max` rows at most.

        Raises StatementRefused, OverLimit, SandboxUnavailable, OutOfTime, OutOfMemory and Abandoned; so does taking
        the rows.
        """
        with ExitStack() as stack, engine.reader(viewpoint) as reader:
            child = stack.enter_context(self.processes.child(reader.allowance))
            columns = self._begin(child, engine.ledger, reader, sql, rows_max)
            endings: list[bool] = []
            rows = self._rows(child, endings, stack.pop_all())
            first = next(rows)  # It is begun, so that the child is ended whatever becomes of the rows.
        return SandboxAnswer(columns, chain([first], rows), endings)

    def _begin(
        self, child: Child, ledger: Ledger, reader: Reader, sql: str, rows_max: int | None
    ) -> list[dict[str, str]]:
        """Have a child take a statement and the rows that it reads, and run it: the columns of the answer."""
        tables = public_tables(reader)
        job = {
            "sql": sql,
            "tables": {name: dict(table.columns) for name, table in tables.items()},
            "rows_max": rows_max,
            "seconds": self.limits.seconds,
            "memory_bytes": self.limits.memory_bytes,
        }
        child.send(frames.object_frame(frames.STATEMENT, job))
        wanted: dict[str, Sequence[str]] = _answered(frames.WANTED, child.receive())
        for name, columns in wanted.items():
            child.send(frames.object_frame(frames.TABLE, name))
            for rows in tables[name].rows(ledger, reader, columns):
                for batch in rows.combine_chunks().to_batches() or _no_rows(rows):
                    child.send(frames.rows_frame(batch))
        child.send(frames.framed(frames.RUN))
        columns_of: list[dict[str, str]] = _answered(frames.COLUMNS, child.receive())
        return columns_of

    def _rows(self, child: Child, endings: list[bool], until: ExitStack) -> Iterator[pa.Table]:
        """The rows of an answer: one table at least. At the end its process is ended."""
        most = self.limits.answer_bytes
        sent = 0
        with until:
            while (frame := child.receive())[0] == frames.ROWS:
                sent += len(frame[1])
                if most is not None and sent > most:
                    raise answer_too_large(most)
                yield frames.rows_of(frame[1])
            endings.append(bool(_answered(frames.DONE, frame)["cut"]))


def _answered(expected: bytes, frame: tuple[bytes, bytes]) -> Any:
    """What a frame of a kind holds. Raises StatementRefused."""
    kind, content = frame
    told = json.loads(content)
    if kind == frames.REFUSED:
        raise StatementRefused(told["detail"], rule=told["rule"], position=told["position"])
    if kind != expected:
        raise RuntimeError(f"a child of the sandbox sent {kind!r} where {expected!r} was due")
    return told


def _no_rows(rows: pa.Table) -> list[pa.RecordBatch]:
    return [pa.RecordBatch.from_arrays([pa.array([], field.type) for field in rows.schema], schema=rows.schema)]
