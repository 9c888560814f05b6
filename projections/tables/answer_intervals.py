"""Answer intervals: from where to where, on the publication and the ledger clock, which event answers each figure.

The table `answer_intervals` is made from the versions of events, so that a read at any viewpoint finds the answer
without a fold. All intervals of a figure are made again whenever one of its versions changes, so the rows do not depend
on how often that happened: a catch-up gives the same table as a rebuild.
"""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pyarrow as pa
from duckdb import DuckDBPyConnection

from projections.sql_text import sql
from projections.tables.families import FOREVER
from projections.tables.planned_statements import FEW, PlannedStatements

ROWS_AT_ONCE = 400_000
"""About how many versions are looked at together; this bounds the memory of a rebuild."""

CODES = 2**31
"""Every `subject_code` is less than this."""

FIGURES_ORDER = "ORDER BY subject_code, figure_id, position, since"
"""The order of the table of figures: the rows of one subject, and of one figure, lie side by side."""


def create_table(cursor: DuckDBPyConnection) -> None:
    """Make the table, empty."""
    cursor.execute(f"CREATE TABLE log.answer_intervals AS {_rows('log.figures LIMIT 0')}")


def make_all(cursor: DuckDBPyConnection, runs: str) -> None:
    """Make every interval, and put the rows of `runs` into `log.figures` in order, part by part; both tables are empty.

    DuckDB sorts and writes on one core, so the two are done at the same time in two threads.
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
        for rows in within:
            cursor.execute(f"INSERT INTO log.answer_intervals {_rows(rows)}")
        placing.result()


def make_again(cursor: DuckDBPyConnection, planned: PlannedStatements, touched: Collection[tuple[int, int]]) -> None:
    """Make the intervals of figures again, given as pairs (subject_code, figure_code)."""
    if not touched:
        return
    subjects, figures = (pa.array(codes, pa.int32()) for codes in zip(*touched, strict=True))
    planned.give("touched", pa.table({"subject_code": subjects, "figure_code": figures}))
    run = planned.run if len(touched) <= FEW else cursor.execute
    run(
        "DELETE FROM log.answer_intervals AS made USING touched "
        "WHERE made.subject_code = touched.subject_code AND made.figure_code = touched.figure_code"
    )
    versions = (
        "log.figures SEMI JOIN touched ON figures.subject_code = touched.subject_code "
        "AND code_of(figures.figure_id) = touched.figure_code"
    )
    run(f"INSERT INTO log.answer_intervals {_rows(versions)}")


def _rows(versions: str) -> str:
    return sql("tables/sql/answer_intervals.sql").format(versions=versions, forever=FOREVER, primary_first=2**40)
