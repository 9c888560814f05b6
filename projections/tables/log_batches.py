"""Log batches: the log in order, as Arrow tables of some hundred thousand rows, which typed tables are made from.

A row that this ledger cannot have written ends them with LedgerDamaged, which says at which position. Nothing is left
out: an answer without it would look like any other.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pyarrow as pa

from ledger import LedgerDamaged, LogStore, Refused, body_of, erasures, parse_event
from ledger.events import REGISTRY, LedgerEvent
from projections.tables.arrow_rows import recorded

BATCH_ROWS = 250_000
"""Events that are taken in together: two row groups of DuckDB at its default size (122,880)."""

BLOCK_ROWS = 20_000
"""Events that are read from the log together."""

CHECKED_ROWS = 1_000
"""Events that are looked at together in search of one that is damaged."""

_UNREADABLE = (LedgerDamaged, ValueError)
"""What is raised where rows of the log do not become rows of a table."""


def batches(log: LogStore, *, after: int, until: int, seen: Callable[[int], None]) -> Iterator[pa.Table]:
    """The log in order, in tables of about BATCH_ROWS rows. The next one is read while one is worked on.

    `seen` is told the position up to which the log was read. Raises LedgerDamaged.
    """
    tables = _tables(log, after=after, until=until, seen=seen)
    table = next(tables, None)
    with ThreadPoolExecutor(max_workers=1) as ahead:
        while table is not None:
            is_last = table["position"][-1].as_py() >= until
            following = None if is_last else ahead.submit(next, tables, None)
            yield table
            table = following.result() if following is not None else None


def check_rows(log: LogStore, batch: pa.Table) -> None:
    """Raises LedgerDamaged for the first row of a batch that is no event as this ledger records them."""
    for rows in batch.select(["position", "type", "state"]).to_batches(max_chunksize=CHECKED_ROWS):
        for row in rows.to_pylist():
            _check(log, row["type"], row["state"], position=row["position"])


def check_row(log: LogStore, position: int) -> None:
    """Raises LedgerDamaged where the row at a position is no event as this ledger records them."""
    for table in _tables(log, after=position - 1, until=position):
        check_rows(log, table)


def _check(log: LogStore, type_name: str, state: str, *, position: int) -> None:
    if not state:
        _check_erased(log, [position])
        return
    body = body_of(type_name, state.encode(), position=position)
    try:
        parse_event({"type": type_name, **body})
    except Refused as error:
        raise LedgerDamaged(f"the event at position {position} is no {type_name}: {error}", position=position) from None
    if issubclass(REGISTRY[type_name], LedgerEvent) and not log.with_event_ids([UUID(body["target"]).bytes]):
        detail = f"the event at position {position} acts on {body['target']}, which the log does not have"
        raise LedgerDamaged(detail, position=position)


def _check_erased(log: LogStore, positions: Sequence[int]) -> None:
    """Raises LedgerDamaged for the first of some events without a text that nobody erased."""
    entries = log.at_positions(positions)
    blank = next((entry for entry in entries if not entry.is_erased), None)
    if blank is not None:
        detail = f"the event at position {blank.position} says nothing, and nobody erased it"
        raise LedgerDamaged(detail, position=blank.position)
    erasures(log, entries)


def _tables(
    log: LogStore, *, after: int, until: int, seen: Callable[[int], None] = lambda position: None
) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    for rows in _rows(log, after=after, until=until):
        held.append(rows)
        seen(rows["position"][-1].as_py())
        if sum(map(len, held)) >= BATCH_ROWS:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


def _rows(log: LogStore, *, after: int, until: int) -> Iterator[pa.RecordBatch]:
    import pyarrow.compute as pc

    try:
        for block in log.blocks(after=after, until=until, rows_max=min(BATCH_ROWS, BLOCK_ROWS)):
            rows = recorded(block)
            without = rows.filter(pc.equal(rows["state"], ""))["position"].to_pylist()
            if without:
                _check_erased(log, without)
            yield rows
            after += block.rows
    except _UNREADABLE as error:
        if isinstance(error, LedgerDamaged) and error.position is not None:
            raise
        raise _first_unreadable(log, after=after, until=min(until, after + BLOCK_ROWS), error=error) from error


def _first_unreadable(log: LogStore, *, after: int, until: int, error: Exception) -> LedgerDamaged:
    """Where the first row is that cannot be read, found by halves."""
    while until - after > 1:
        middle = (after + until) // 2
        try:
            for block in log.blocks(after=after, until=middle):
                recorded(block)
        except _UNREADABLE as nearer:
            if isinstance(nearer, LedgerDamaged) and nearer.position is not None:
                return nearer
            until, error = middle, nearer
        else:
            after = middle
    return LedgerDamaged(f"the row at position {until} cannot be read: {error}", position=until)
