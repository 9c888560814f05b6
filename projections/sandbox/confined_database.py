"""The confined database: DuckDB in memory, with nothing in it but empty public tables, and locked.

It has no files, no network, no extensions, no variables of Python, and no settings that could be changed. A statement
is checked and bound while the tables are empty, so what is wrong with it is said before any row is handed over. Then
those tables that it reads are filled, cut to the viewpoint, and it is run. Every statement has a database of its own.

With one thread the same statement over the same rows gives the same rows in the same order.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from projections.sandbox.statement_check import SQL_LENGTH_MAX, Reads, Refusal, StatementCheck

ANSWER_ROWS = 2048
"""So many rows of an answer are made at a time."""
LOCKS = (
    "temp_directory = ''",
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
    "python_enable_replacements = false",
    "allow_community_extensions = false",
    "allow_unsigned_extensions = false",
    "TimeZone = 'UTC'",
    "errors_as_json = true",
    "enable_progress_bar = false",
    "preserve_insertion_order = true",
    "max_expression_depth = 250",
    "enable_external_access = false",
    "lock_configuration = true",
)
"""In this order: what is locked cannot be set any more."""
_OWN_TYPES = ("BIGNUM", "BIT", "GEOMETRY", "UHUGEINT", "VARIANT")
"""Types of DuckDB that others read as something else."""
_PATH = re.compile(r"(?<![\w.])/(?:[^\s/'\":,;()]+/)+[^\s'\":,;()]*")
"""A path of this machine; one that stands in the statement is no secret."""
_INCOMING = "incoming"
_DESCRIBE = "DESCRIBE "
_IS_FIRST_MAJOR = duckdb.__version__.startswith("1.")
"""DuckDB 2 warns where Arrow is asked of `execute`: see `projections.tables.database`."""
_RULES: Mapping[str, str] = {
    "Parser": "syntax",
    "Binder": "name",
    "Catalog": "name",
    "Conversion": "conversion",
    "Permission": "not_offered",
}


def checker() -> StatementCheck:
    """A check that knows which names DuckDB has of itself."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        views = connection.execute("SELECT view_name FROM duckdb_views() WHERE internal").fetchall()
        functions = connection.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN ('table', 'table_macro')"
        ).fetchall()
    return StatementCheck(system_names={name.lower() for (name,) in (*views, *functions)})


class ConfinedDatabase:
    """A database for one statement over these tables, each with the types of its columns."""

    def __init__(self, tables: Mapping[str, Mapping[str, str]], *, memory_bytes: int | None) -> None:
        self.tables = tables
        limit = {} if memory_bytes is None else {"memory_limit": f"{memory_bytes // 1024}KiB"}
        self._connection = duckdb.connect(":memory:", config={"threads": 1, **limit})
        for lock in LOCKS:
            self._connection.execute(f"SET {lock}")

    def close(self) -> None:
        """Let everything go."""
        self._connection.close()

    def reads(self, sql: str, check: StatementCheck) -> Reads:
        """What a statement reads. Raises Refusal where it is not one that is answered."""
        if len(sql) > SQL_LENGTH_MAX:
            raise Refusal("length", f"a statement has {SQL_LENGTH_MAX:,} characters at most, not {len(sql):,}")
        if "\0" in sql:
            raise Refusal("syntax", "a statement must not hold the character U+0000", sql.index("\0"))
        serialize = (
            "SELECT json_serialize_sql($1::VARCHAR, skip_default := true, skip_empty := true, skip_null := true)"
        )
        with _refusing(sql, self.tables):
            ((text,),) = self._connection.execute(serialize, [sql]).fetchall()
        try:
            reads = check.reads(text, {name: list(columns) for name, columns in self.tables.items()})
        except Refusal as refusal:
            raise Refusal(refusal.rule, refusal.detail, _in_characters(sql, refusal.position)) from None
        for name in reads.tables:
            listed = ", ".join(f"{_quoted(column)} {kind}" for column, kind in self.tables[name].items())
            self._connection.execute(f"CREATE TABLE {_quoted(name)} ({listed})")
        if not reads.is_description:
            with _refusing(sql, self.tables, before=len(_DESCRIBE)):
                self._connection.execute(_DESCRIBE + sql).fetchall()
        return reads

    def fill(self, name: str, rows: Iterator[pa.RecordBatch]) -> None:
        """Put rows into a table, in their order: those columns of it that they have. Raises Refusal."""
        first = next(rows)
        kinds = {column.lower(): kind for column, kind in self.tables[name].items()}

        def all_rows() -> Iterator[pa.RecordBatch]:
            yield first
            yield from rows

        reader = pa.RecordBatchReader.from_batches(first.schema, all_rows())
        casts = (f"CAST({_quoted(one)} AS {kinds[one.lower()]}) AS {_quoted(one)}" for one in first.schema.names)
        self._connection.register(_INCOMING, reader)
        try:
            self._connection.execute(
                f"CREATE OR REPLACE TABLE {_quoted(name)} AS SELECT {', '.join(casts)} FROM {_INCOMING}"
            )
        except duckdb.ConversionException:
            detail = f"the table {name} holds a value that does not fit its type: name only the columns that you need"
            raise Refusal("does_not_fit", detail) from None
        finally:
            self._connection.unregister(_INCOMING)

    def run(self, sql: str) -> tuple[list[dict[str, str]], Iterator[pa.RecordBatch]]:
        """The columns of the answer, and its rows as they are made. Raises Refusal."""
        with _refusing(sql, self.tables):
            if _IS_FIRST_MAJOR:
                answer = self._connection.execute(sql)
                described = [(name, str(kind)) for name, kind, *_ in answer.description]
                reader = answer.to_arrow_reader(ANSWER_ROWS)
            else:
                relation = self._connection.sql(sql)
                described = list(zip(relation.columns, map(str, relation.types), strict=True))
                reader = relation.to_arrow_reader(ANSWER_ROWS)
        names = _apart([name for name, _ in described])
        columns = [{"name": name, "type": kind} for name, (_, kind) in zip(names, described, strict=True)]
        for column, field in zip(columns, reader.schema, strict=True):
            if not _can_be_sent(field.type, column["type"]):
                detail = f"column {column['name']} is of the type {column['type']}, which no format holds: CAST it"
                raise Refusal("type", f"{detail} AS VARCHAR")
        return columns, self._rows(sql, reader, names)

    def _rows(self, sql: str, reader: pa.RecordBatchReader, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows, first those of an empty batch, which says of what types they are."""
        yield _sent([pa.array([], field.type) for field in reader.schema], names)
        while True:
            with _refusing(sql, self.tables):
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    return
                batch.validate(full=True)
            yield _sent(batch.columns, names)


class _refusing:  # noqa: N801  it reads as a word in a `with`
    """Says what DuckDB says of a statement as a refusal: what it is about, where, and nothing of this machine."""

    def __init__(self, sql: str, tables: Mapping[str, Mapping[str, str]], *, before: int = 0) -> None:
        self._sql = sql
        self._tables = tables
        self._before = before

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, duckdb.OutOfMemoryException) or (error is not None and "Out of Memory" in str(error)[:60]):
            raise MemoryError from None
        if isinstance(error, duckdb.Error | pa.ArrowException | OSError | ValueError):
            raise self._refusal(error) from None
        if isinstance(error, RecursionError):
            raise Refusal("nested", "the statement is nested too deeply") from None

    def _refusal(self, error: BaseException) -> Refusal:
        kind, _, text = str(error).partition(" Error: ")
        said: dict[str, Any] = {}
        if text.startswith("{"):
            try:
                said = json.loads(text.partition("\n\n")[0])
            except ValueError:
                said = {}
        if not text:
            kind, text = "", str(error)
        message = str(said.get("exception_message", text)).partition("\n\nLINE ")[0].strip()
        message = _PATH.sub(lambda path: path[0] if path[0] in self._sql else "(a path)", message)
        position = str(said.get("position", ""))
        at = int(position) - self._before if position.isdecimal() else None
        if said.get("error_subtype") == "COLUMN_NOT_FOUND" or "does not have a column named" in message:
            message += self._columns_told()
        return Refusal(_RULES.get(kind.strip(), "refused"), message, _in_characters(self._sql, at))

    def _columns_told(self) -> str:
        """Which columns the tables have that the statement speaks of."""
        spoken = self._sql.lower()
        told = (f"{name} has {', '.join(columns)}" for name, columns in self._tables.items() if name in spoken)
        return "".join(f"\n{one}" for one in list(told)[:4])


def _can_be_sent(kind: pa.DataType, name: str, *, is_inside: bool = False) -> bool:
    """Whether a column of a type, which DuckDB calls so, means the same to whoever reads Arrow."""
    if pa.types.is_nested(kind) and not pa.types.is_union(kind) and not isinstance(kind, pa.BaseExtensionType):
        inside = [kind.field(number).type for number in range(kind.num_fields)]
        return name not in _OWN_TYPES and all(_can_be_sent(one, "", is_inside=True) for one in inside)
    odd = pa.types.is_union(kind) or isinstance(kind, pa.BaseExtensionType) or name in _OWN_TYPES
    return not odd and not (is_inside and (pa.types.is_interval(kind) or kind == pa.timestamp("ns")))


def _sent(columns: Sequence[pa.Array], names: Sequence[str]) -> pa.RecordBatch:
    """Columns as they are sent: an interval is a text, as ISO 8601 has it."""
    arrays = [
        pa.array([None if one is None else _duration(*one) for one in column.to_pylist()], pa.string())
        if pa.types.is_interval(column.type)
        else column
        for column in columns
    ]
    return pa.RecordBatch.from_arrays(arrays, names=list(names))


def _duration(months: int, days: int, nanoseconds: int) -> str:
    """A duration as ISO 8601 has it: `P2M3DT4.5S`."""
    seconds = f"{nanoseconds / 1e9:.6f}".rstrip("0").rstrip(".")
    parts = f"{f'{months}M' if months else ''}{f'{days}D' if days else ''}"
    return f"P{parts}{f'T{seconds}S' if nanoseconds or not parts else ''}"


def _in_characters(sql: str, at: int | None) -> int | None:
    """A place in a text that was counted in bytes, in characters; None where it is none in this text."""
    encoded = sql.encode()
    if at is None or not 0 <= at <= len(encoded):
        return None
    return len(encoded[:at].decode(errors="ignore"))


def _apart(names: Sequence[str]) -> list[str]:
    """The names of columns, a repeated one with a number behind it: `value`, `value_1`."""
    taken: set[str] = set()
    apart: list[str] = []
    for name in names:
        candidate, number = name, 0
        while candidate in taken or (number and candidate in names):
            number += 1
            candidate = f"{name}_{number}"
        taken.add(candidate)
        apart.append(candidate)
    return apart


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
