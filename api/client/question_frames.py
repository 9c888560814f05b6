"""Tables of questions as analysts have them: a data frame of pandas or polars, a table of Arrow, dictionaries, a file.

They go to the ledger as a stream of Arrow; a file goes as it is.
"""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from api.client.door_errors import BookError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Frame: TypeAlias = "pd.DataFrame | pl.DataFrame | pa.Table | Sequence[Mapping[str, Any]] | str | PathLike[str]"


def sent_questions(frame: Frame) -> tuple[bytes, str]:
    """A table of questions as it is sent: its bytes, and their media type. Raises BookError for what is no table."""
    from api.formats.negotiation import ARROW

    if isinstance(frame, str | PathLike):
        return _of_file(Path(frame))
    return _stream(_table(frame)), ARROW.media_type


def _of_file(path: Path) -> tuple[bytes, str]:
    from api.formats.negotiation import ARROW
    from api.formats.sent_tables import FILE_OF_ARROW, format_of

    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BookError(f"{path} cannot be read: {error.strerror}.") from None
    if raw.startswith(FILE_OF_ARROW):
        import pyarrow as pa

        return _stream(pa.ipc.open_file(pa.BufferReader(raw)).read_all()), ARROW.media_type
    return raw, format_of(raw).media_type


def _table(frame: Any) -> "pa.Table":
    import pyarrow as pa

    try:
        if isinstance(frame, pa.Table):
            return frame
        if hasattr(frame, "to_arrow"):
            table: pa.Table = frame.to_arrow()
            return table
        if hasattr(frame, "iloc"):
            return pa.Table.from_pandas(frame, preserve_index=False)
        rows = [dict(row) for row in frame]
        names = dict.fromkeys(name for row in rows for name in row)  # of every row: a clock may stand in the last alone
        return pa.table({name: [row.get(name) for row in rows] for name in names})
    except (pa.ArrowException, TypeError, ValueError) as error:
        line = str(error).partition("\n")[0]
        raise BookError(f"This is no table of questions: {line[:200]}.") from None


def _stream(table: "pa.Table") -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema.remove_metadata()) as writer:
        writer.write_table(table.replace_schema_metadata(None))
    raw: bytes = sink.getvalue().to_pybytes()
    return raw
