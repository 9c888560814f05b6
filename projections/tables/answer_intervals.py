"""Answer intervals: from where to where, on both clocks, a statement is what its publisher says.

The table `answer_intervals` is made from the versions of statements, so that a read at any viewpoint finds the last one
of each publisher without a fold over all; who of the publishers answers is found among these few. A change makes or
changes only intervals beside it in its series (`projections.tables.successions`), and what is made does not depend on
where batches are cut: a catch-up gives the same table as a rebuild.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from projections.sql_text import sections
from projections.tables.database import arrow_table
from projections.tables.families import FOREVER
from projections.tables.planned_statements import FEW, PlannedStatements
from projections.tables.successions import Interval, Saying, successions

ROWS_AT_ONCE = 400_000
"""About how many versions are looked at together; this bounds the memory of a rebuild."""

CODES = 2**31
"""Every `subject_code` is less than this."""

FIGURES_ORDER = "ORDER BY subject_code, figure_id, position, since"
"""The order of the table of figures: the rows of one subject, and of one figure, lie side by side."""

SERIES = ("subject_code", "figure_id", "publisher")
"""The columns that say which series a row of figures is of, subjects first: by them its rows are found."""

_SERIES = SERIES[1:]
_SWEPT = pa.schema(
    [
        ("subject_code", pa.int32()),
        ("position", pa.int64()),
        ("version", pa.int64()),
        ("since", pa.int64()),
        ("until", pa.int64()),
        ("shown_until", pa.timestamp("us")),
        ("shortened_to", pa.timestamp("us")),
        ("shortened_at", pa.int64()),
        ("tied", pa.bool_()),
        ("tally", pa.int64()),
    ]
)


def create_table(cursor: DuckDBPyConnection) -> None:
    """Make the table, empty."""
    cursor.execute(_text("table"))


def make_all(cursor: DuckDBPyConnection, runs: str, *, seen: Callable[[float], None]) -> None:
    """Make every interval, and put the rows of `runs` into `log.figures` in order, part by part; both tables are empty.

    DuckDB sorts and writes on one core, so the two are done at the same time in two threads. `seen` is told which share
    is done.
    """
    (count,) = cursor.execute(f"SELECT COUNT(*) FROM {runs}").fetchall()[0]
    parts = count // ROWS_AT_ONCE + 1
    bounds = [part * CODES // parts for part in range(parts + 1)]
    within = [f"{runs} WHERE subject_code >= {low} AND subject_code < {high}" for low, high in pairwise(bounds)]

    def put_in_place() -> None:
        with cursor.cursor() as beside:
            for rows in within:
                beside.execute(f"INSERT INTO log.figures SELECT * FROM {rows} {FIGURES_ORDER}")

    with ThreadPoolExecutor(max_workers=1) as other:
        placing = other.submit(put_in_place)
        for part, rows in enumerate(within):
            seen(part / parts)
            for statement in (_text("sayings").replace("{versions}", rows), _text("moved")):
                cursor.execute(statement)
            made, _ = _swept(arrow_table(cursor, _text("of_moved")), after=0)
            cursor.register("swept", made)
            cursor.execute(f"INSERT INTO log.answer_intervals {_text('made')}")
        placing.result()
    cursor.unregister("swept")
    for name in ("sayings", "moved"):
        cursor.execute(f"DROP TABLE IF EXISTS {name}")


def bring_up_to_date(
    cursor: DuckDBPyConnection, planned: PlannedStatements, touched: Sequence[pa.Table], *, after: int
) -> None:
    """Make and change the intervals of what was opened or closed after a position.

    `touched` has, in the columns SERIES, at least the series in which that was; repetitions do no harm.
    """
    series = pa.concat_tables(touched) if touched else pa.table({})
    if not len(series):
        return
    few = len(series) <= FEW

    def found(query: str) -> pa.Table:
        return planned.table(_text(query)) if few else arrow_table(cursor, _text(query))

    def change(statement: str, name: str, rows: pa.Table) -> None:
        if len(rows):
            planned.give(name, rows)
            run = planned.run if few and len(rows) <= FEW else cursor.execute
            run(_text(statement))

    planned.give("touched", series.append_column("first", pa.repeat(pa.scalar(after + 1, pa.int64()), len(series))))
    near = found("near")
    made, changed = _swept(near, after=after) if few else _swept_at_once(cursor, near, after=after)
    moved = _moved(near)
    if len(moved):
        planned.give("moved_series", moved)
        change("forget", "moved_versions", found("moved_versions"))
    change("add", "swept_add", made)
    change("change", "swept_change", changed)


def _swept_at_once(cursor: DuckDBPyConnection, near: pa.Table, *, after: int) -> tuple[pa.Table, pa.Table]:
    """The same as `_swept`, in one statement for all series in which all came in turn."""
    import pyarrow.compute as pc

    made, changed = _swept(near.filter(near["tally"].is_null()), after=after)
    cursor.register("near", near)
    in_turn = arrow_table(cursor, _text("near_in_turn"), {"first": after + 1}).select(_SWEPT.names).cast(_SWEPT)
    cursor.unregister("near")
    is_new = pc.greater(in_turn["version"], after)
    return (
        pa.concat_tables([made, in_turn.filter(is_new)]),
        pa.concat_tables([changed, in_turn.filter(pc.invert(is_new))]),
    )


def _moved(near: pa.Table) -> pa.Table:
    """The series that have no tallies (any more)."""
    series = near.filter(near["tally"].is_null()).select(SERIES)
    return series.group_by(list(SERIES)).aggregate([])


def _swept(rows: pa.Table, *, after: int) -> tuple[pa.Table, pa.Table]:
    """The intervals that sayings, series after series, have made after a position, and those that they changed."""
    numbers = {name: _numbers(rows[name]) for name in rows.column_names if name not in _SERIES}
    sayings = list(map(Saying._make, zip(*(numbers[name] for name in Saying._fields), strict=True)))
    made, changed = _Swept(numbers), _Swept(numbers)
    for start, end in pairwise([*_starts(rows), len(rows)]):
        standing = _standing(numbers, start, end) if "made_since" in numbers else []
        came, moved = successions(sayings[start:end], after=after, standing=standing)
        made.add(came, start)
        changed.add(moved, start)
    return made.table(), changed.table()


def _starts(rows: pa.Table) -> list[int]:
    """At which rows another series begins than that of the row before."""
    import pyarrow.compute as pc

    if not len(rows):
        return []
    columns = (rows[name].combine_chunks() for name in _SERIES)
    differ = (pc.not_equal(one[1:], one[:-1]) for one in map(_storage, columns))
    return [0, *(place + 1 for place in pc.indices_nonzero(pc.or_(*differ)).to_pylist())]


def _standing(numbers: Mapping[str, Sequence[Any]], start: int, end: int) -> list[Interval]:
    """The intervals that stood before, of the sayings of one series."""
    since, until, tied = numbers["made_since"], numbers["shown_until"], numbers["tied"]
    to, at = numbers["shortened_to"], numbers["shortened_at"]
    return [
        Interval(place - start, until[place], since[place], tied[place], shortened_to=to[place], shortened_at=at[place])
        for place in range(start, end)
        if since[place] is not None
    ]


class _Swept:
    """Intervals as columns: those of SQL's `swept`."""

    def __init__(self, sayings: Mapping[str, Sequence[Any]]) -> None:
        self._sayings = sayings
        self._columns: list[list[Any]] = [[] for _ in _SWEPT]

    def add(self, intervals: Iterable[Interval], start: int) -> None:
        """Add intervals of a series that begins at the saying with this number."""
        codes, positions, versions = (self._sayings[name] for name in ("subject_code", "position", "since"))
        tallies = self._sayings.get("tally")
        columns = self._columns
        for one in intervals:
            place = one.saying + start
            row = (
                *(codes[place], positions[place], versions[place], one.since, one.until),
                *(one.shown_until, one.shortened_to, one.shortened_at, one.tied),
                tallies and tallies[place],
            )
            for column, value in zip(columns, row, strict=True):
                column.append(value)

    def table(self) -> pa.Table:
        columns = (pa.array(values, kind) for values, kind in zip(self._columns, _SWEPT.types, strict=True))
        return pa.table(list(columns), schema=_SWEPT)


def _numbers(column: pa.ChunkedArray) -> list[Any]:
    """The values of a column; moments as microseconds."""
    numbers: list[Any] = (column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_pylist()
    return numbers


def _storage(array: pa.Array) -> pa.Array:
    return array.storage if isinstance(array, pa.ExtensionArray) else array


@cache
def _text(name: str) -> str:
    parts = sections("tables/sql/answer_intervals.sql")
    return parts[name].replace("{in_turn}", parts["in_turn"]).replace("{forever}", str(FOREVER))
