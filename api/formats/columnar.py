"""Answers as files of columns: Parquet, and streams of Arrow. They are written a part at a time, and their columns are
typed.

Where a limit left items out, the metadata of the file say so under `ledger-cut`.
"""

from collections.abc import Callable
from typing import Any, BinaryIO

import pyarrow as pa

from api.formats.typed_columns import tables_of
from api.questions.page import Page

CUT = b"ledger-cut"


def write_parquet(page: Page, sink: BinaryIO) -> None:
    """The items as Parquet."""
    from pyarrow import parquet

    _write(page, lambda schema: parquet.ParquetWriter(sink, schema))


def write_arrow(page: Page, sink: BinaryIO) -> None:
    """The items as a stream of Arrow."""
    _write(page, lambda schema: pa.ipc.new_stream(sink, schema))


def _write(page: Page, opened: Callable[[pa.Schema], Any]) -> None:
    tables = tables_of(page)
    first = next(tables)
    schema = first.schema.with_metadata(cut_of(page)) if is_cut(page) else first.schema
    with opened(schema) as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)


def is_cut(page: Page) -> bool:
    """Whether a limit left items out: there is a next page, or it is said beside the items."""
    return page.next is not None or "cut" in page.more


def cut_of(page: Page) -> dict[bytes, str]:
    """What a file says of itself where a limit left items out."""
    return {CUT: f"the first {len(page.items)} items that were asked for; limit left out what follows"}
