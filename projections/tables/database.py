"""The database under the projections: a file, or memory, attached to a connection as `log`."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ledger.values import PLAIN_UNITS
from projections.sql_text import literals, quoted, sql

FILE_MEMORY = "1000MB"
"""What DuckDB holds in memory beside a file; it puts the rest on the disk."""

UNASKED = "1000TB"
"""After so many changes DuckDB makes a checkpoint unasked. With its default of 16 MB it makes one of the rows that a
rebuild holds in memory: a second for a million of them, and 150 MB. Tables in memory, of which none is ever asked for,
keep the default: it lets go of rows that were replaced."""

ROW_GROUP = 16_384
"""To read one row DuckDB looks through a group of rows; with its default of 122,880 that takes twice as long."""

ARROW_ROWS = 10_240
"""Rows that a query gives to Arrow at a time. DuckDB reserves room for them in every column before it knows how many
there are: with its default of a million, 200 MB for the one row of a catch-up, and twice the time of a small read."""

_ARROW_FROM_SQL = int(duckdb.__version__.split(".")[0]) >= 2
"""Whether Arrow is to be asked of `sql` and not of `execute`. DuckDB 2 warns of a copy where it is asked of `execute`;
DuckDB 1 makes the rows of a `sql` with parameters one by one, and takes eight times as long for 100,000."""

_IN_USE = ("could not set lock on file", "conflicting lock is held", "unique file handle conflict")
"""What DuckDB 1.5 and 2 say of a file that is open elsewhere: in another process, or in this one. No shorter words will
do: of a damaged file they say "in block at location 8192"."""


_FULL = ("no space left", "file too large", "disk quota exceeded", "disk full")
"""What the system says where there is no room: on the disk, in a file, or for this user."""


_FATAL = ("has been invalidated", "internal error", "fatal error")
_DAMAGED = ("corrupt database file", "stored checksum", "could not read", "failed to deserialize")
"""What DuckDB says in errors that tell no more of what they are: DuckDB 2 raises such where Arrow is asked for."""


def connected(path: str, *, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A connection to tables in a file, or in memory; they are in the database `log`.

    It works with one thread until `use_all_cores`. What questions of tables in `:memory:` need beside half of the
    memory that DuckDB would take goes to the folder `spill`, if there is one.

    The file has no log of its own: it is as it was at the last checkpoint that was asked for; what it lacks is in the
    ledger. Tables in `:memory:NAME` are those of every connection to this name, and stay until the last one is closed.
    """
    in_memory = path.startswith(":memory:")
    limits: dict[str, Any] = {} if in_memory else {"memory_limit": FILE_MEMORY, "temp_directory": f"{path}.tmp"}
    connection = duckdb.connect(path if in_memory else ":memory:", config=limits)
    options = [f"ROW_GROUP_SIZE {ROW_GROUP}", *([] if in_memory else ["RECOVERY_MODE NO_WAL_WRITES"])]
    file = literals([":memory:" if in_memory else path])
    try:
        if not in_memory:
            connection.execute(f"SET checkpoint_threshold = '{UNASKED}'")
        _without_bar(connection)
        if path == ":memory:":
            _limit(connection, spill)
        connection.execute(f"ATTACH IF NOT EXISTS {file} AS log ({', '.join(options)})")
        if not in_memory:
            _sweep(Path(f"{path}.tmp"))
        if not _has_macros(connection):
            connection.execute("SET threads = 1")
            connection.execute(unit_macro())
            connection.execute(sql("tables/sql/macros.sql"))
            connection.execute("CREATE OR REPLACE MACRO macros_are_made() AS TRUE")
    except duckdb.Error:
        connection.close()
        raise
    return connection


def use_all_cores(connection: duckdb.DuckDBPyConnection) -> None:
    """Let questions be answered by every core: worth its price where there are many rows."""
    connection.execute("RESET threads")


def _without_bar(connection: duckdb.DuckDBPyConnection) -> None:
    """Show no bar of progress. Where it is off nothing is set: in a notebook without widgets DuckDB refuses that."""
    ((shown,),) = connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    if shown:
        connection.execute("SET enable_progress_bar = false")


def _has_macros(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether another connection to this database, which has a name then, has made the macros."""
    try:
        return bool(connection.execute("SELECT macros_are_made()").fetchall())
    except duckdb.CatalogException:
        return False


def unit_macro() -> str:
    """The macro `plain_family`, which gives the family of each unit in the ledger's table."""
    names = (f"WHEN {literals([one.name])} THEN {literals([one.family])}" for one in PLAIN_UNITS.values())
    return f"CREATE OR REPLACE MACRO plain_family(unit) AS CASE unit {' '.join(names)} END"


def _limit(connection: duckdb.DuckDBPyConnection, spill: Path | None) -> None:
    """Leave a half of the memory that DuckDB would take, which is that of the machine or container, to Python."""
    ((most,),) = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    number, unit = most.split()
    connection.execute(f"SET memory_limit = '{float(number) / 2:.3f}{unit}'")
    connection.execute(f"SET temp_directory = {literals(['' if spill is None else str(spill)])}")


def arrow_table(
    cursor: duckdb.DuckDBPyConnection, query: str, params: Mapping[str, Any] | None = None, *, batch: int = ARROW_ROWS
) -> pa.Table:
    """The rows that a query gives, as columns of their own types, `batch` rows at a time.

    The cursor must have no rows left to fetch of a query before: DuckDB 2 refuses.
    """
    if _ARROW_FROM_SQL:
        return cursor.sql(query, params=dict(params) if params else None).to_arrow_table(batch)
    return cursor.execute(query, params or None).to_arrow_table(batch)


def whole_arrow_table(
    cursor: duckdb.DuckDBPyConnection, query: str, params: Mapping[str, Any], *, batch: int = ARROW_ROWS
) -> pa.Table:
    """The same of very many rows, whose columns are made by every core that the cursor may use.

    DuckDB 1 does so for a query without parameters alone. There they are written into it: those that can be.
    """
    if _ARROW_FROM_SQL:
        return arrow_table(cursor, query, params, batch=batch)
    written = re.sub(r"\$([a-z_0-9]+)\b", lambda name: _written(params[name[1]]), query)
    return cursor.sql(written).to_arrow_table(batch)


def can_be_written(values: Iterable[object]) -> bool:
    """Whether parameters can be written into a query: positions and moments, and nothing that somebody sent."""
    return all(isinstance(value, int | datetime) and not isinstance(value, bool) for value in values)


def _written(value: int | datetime) -> str:
    return f"{value:d}" if isinstance(value, int) else f"TIMESTAMP '{value.isoformat(sep=' ')}'"


def arrow_batches(
    cursor: duckdb.DuckDBPyConnection, query: str, params: Mapping[str, Any] | None = None, *, batch: int = ARROW_ROWS
) -> Iterator[pa.Table]:
    """The rows that a query gives, `batch` of them at a time as tables, one table at least, perhaps without rows.

    They are fetched as they are taken, and until the last is taken the cursor must not be asked anything else.
    """
    if _ARROW_FROM_SQL:
        rows = cursor.sql(query, params=dict(params) if params else None).to_arrow_reader(batch)
    else:
        rows = cursor.execute(query, params or None).to_arrow_reader(batch)
    try:
        given = False
        while (table := _next(rows)) is not None:
            given = True
            yield table
        if not given:
            yield rows.schema.empty_table()
    finally:
        rows.close()


def _next(rows: pa.RecordBatchReader) -> pa.Table | None:
    """The next rows; None after the last. What DuckDB says while it makes them reaches us through Arrow."""
    try:
        return pa.Table.from_batches([rows.read_next_batch()])
    except StopIteration:
        return None
    except (OSError, pa.ArrowException) as error:
        raise duckdb.Error(str(error)) from error


def is_in_use(error: duckdb.Error) -> bool:
    """Whether a file could not be attached because somebody else has it."""
    return any(words in str(error).lower() for words in _IN_USE)


def is_full(error: duckdb.Error) -> bool:
    """Whether something could not be written because there is no room for it."""
    return any(words in str(error).lower() for words in _FULL)


def is_fatal(error: duckdb.Error) -> bool:
    """Whether DuckDB takes no further statement: it must be opened again. Nothing need be wrong with the file."""
    return isinstance(error, duckdb.FatalException | duckdb.InternalException) or _says(error, _FATAL)


def is_damage(error: duckdb.Error) -> bool:
    """Whether a file cannot be read: what it should hold is not there, or is not what was written."""
    damage = isinstance(error, duckdb.IOException | duckdb.SerializationException) or _says(error, _DAMAGED)
    return damage and not is_full(error)


def _says(error: duckdb.Error, any_of: Collection[str]) -> bool:
    """Whether an error of no kind says so. One that has a kind may hold the same words in a value of somebody's."""
    return type(error) is duckdb.Error and any(words in str(error).lower() for words in any_of)


def is_about_rows(error: duckdb.Error) -> bool:
    """Whether a statement may have failed for what its rows say."""
    aside = isinstance(error, duckdb.InterruptException | duckdb.OutOfMemoryException)
    return not (aside or is_fatal(error) or is_full(error) or is_damage(error))


def line_of(error: Exception) -> str:
    """The first line of what an error says: what DuckDB adds is for those who work on DuckDB."""
    return str(error).partition("\n")[0]


def _sweep(temporary: Path) -> None:
    """Remove what DuckDB put on the disk in a process that was killed; the file is ours alone, so nobody needs it."""
    for left in temporary.glob("duckdb_temp_*"):
        with suppress(OSError):
            left.unlink()
    with suppress(OSError):
        temporary.rmdir()


def columns_of(cursor: duckdb.DuckDBPyConnection, table: str) -> str:
    """The columns of a table, as they are written where one like it is made: `"slug" VARCHAR, "number" BIGINT`."""
    described = cursor.execute(f"FROM {table} LIMIT 0").description or ()
    return ", ".join(f"{quoted(name)} {kind}" for name, kind, *_ in described)


def drop_tables(cursor: duckdb.DuckDBPyConnection) -> None:
    """Leave nothing in the database."""
    kinds = {"VIEW": "duckdb_views() WHERE NOT internal AND", "TABLE": "duckdb_tables() WHERE"}
    for kind, those in kinds.items():
        names = f"SELECT {kind}_name FROM {those} database_name = 'log'"
        for (name,) in cursor.execute(names).fetchall():
            cursor.execute(f"DROP {kind} log.{quoted(name)}")
