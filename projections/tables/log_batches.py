"""Log batches: the log in order, as Arrow tables of some hundred thousand rows, which typed tables are made from."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from ledger import LogStore
from projections.tables.arrow_rows import recorded

BATCH_ROWS = 250_000
"""Events that are taken in together: two row groups of DuckDB at its default size (122,880)."""

BLOCK_ROWS = 20_000
"""Events that are read from the log together."""


def batches(log: LogStore, *, after: int, until: int) -> Iterator[pa.Table]:
    """The log in order, in tables of about BATCH_ROWS rows. The next one is read while one is worked on."""
    tables = _tables(log, after=after, until=until)
    table = next(tables, None)
    with ThreadPoolExecutor(max_workers=1) as ahead:
        while table is not None:
            is_last = table["position"][-1].as_py() >= until
            following = None if is_last else ahead.submit(next, tables, None)
            yield table
            table = following.result() if following is not None else None


def _tables(log: LogStore, *, after: int, until: int) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    for block in log.blocks(after=after, until=until, rows_max=min(BATCH_ROWS, BLOCK_ROWS)):
        held.append(recorded(block))
        if sum(map(len, held)) >= BATCH_ROWS:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)
