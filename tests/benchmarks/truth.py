"""What the answers should be: the generated log, read by DuckDB alone into typed tables of its own.

It shares no code with the projections. Made for the generated log only: days of publication, values corrected and
nothing else, primary sources. The naive model judges it in turn, on a few subjects.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from tests.benchmarks.machine import memory_bytes
from tests.benchmarks.ours import Folded
from tests.oracle.model import Key, figure_id_of

FOREVER = 2**62
SCRIPT = Path(__file__).with_name("truth.sql")
PERIODS = {year: (f"{year}-01-01", f"{year}-12-31") for year in ("2022", "2023")}

# As if for this one question: the answers over time, precomputed, in sorted order.
FULL_STATE = """
SELECT COUNT(*) AS n, SUM(value) AS total FROM intervals WHERE valid_from <= $at AND valid_to > $at
"""
ONE_FIGURE = """
SELECT position, value FROM intervals WHERE figure = $figure AND valid_from <= $at AND valid_to > $at
"""
ONE_SUBJECT = """
SELECT figure, position, value FROM intervals
WHERE figure BETWEEN $first AND $last AND valid_from <= $at AND valid_to > $at
"""
# The same folded from statements, so at any position of the log: the last of each series, then the last of those.
ANSWERS = """
SELECT
  figure,
  MAX(turn) % 4294967296 AS position,
  ARG_MAX_NULL(value, turn) AS value,
  ARG_MAX_NULL(symbol, turn) AS symbol
FROM (
  SELECT
    figure,
    MAX(turn) AS turn,
    ARG_MAX(withdrawn, turn) AS withdrawn,
    ARG_MAX_NULL(value, turn) AS value,
    ARG_MAX_NULL(symbol, turn) AS symbol
  FROM statements
  WHERE published <= $at AND since <= $position AND until > $position AND {figures}
  GROUP BY figure, publisher
)
WHERE NOT withdrawn
GROUP BY figure
"""
FULL_STATE_FOLDED = f"SELECT COUNT(*) AS n, SUM(value) AS total FROM ({ANSWERS.format(figures='TRUE')})"


class Figure(NamedTuple):
    """A figure: its number in the typed tables, its id in the ledger, and its key."""

    number: int
    figure_id: str
    subject: str
    metric: str
    material: str
    period: str
    unit: str


class Answer(NamedTuple):
    """What answers for a figure: the statement's position, its canonical value or its symbol."""

    position: int
    value: Decimal | None
    symbol: str | None


def connected(path: Path | str = ":memory:", *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection to DuckDB, which prints no progress, and leaves memory to what it is compared with."""
    connection = duckdb.connect(str(path), read_only=read_only)
    connection.execute("SET enable_progress_bar = false")
    connection.execute(f"SET memory_limit = '{memory_bytes() // 3} B'")
    return connection


def build(history: Path, target: Path) -> None:
    """Make the typed tables."""
    partial = target.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with connected(partial) as connection:
        connection.execute("SET VARIABLE history = $history", {"history": str(history)})
        connection.execute(SCRIPT.read_text(encoding="utf-8"))
        connection.execute("DROP TABLE lines")
    partial.rename(target)


def end_of(day: str) -> str:
    """The last microsecond of a day."""
    return f"{day} 23:59:59.999999"


class Truth:
    """The typed tables, to be asked."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.connection.execute(query, parameters or None).fetchall()

    def fold(self, day: str, position: int | None = None) -> Folded:
        """The full state, reduced, from the statements."""
        at = FOREVER - 1 if position is None else position
        count, total = self.rows(FULL_STATE_FOLDED, at=end_of(day), position=at)[0]
        return Folded(count, Decimal(total or 0))

    def fold_intervals(self, day: str) -> Folded:
        """The full state at the end of the log, reduced, from the answers over time."""
        count, total = self.rows(FULL_STATE, at=end_of(day))[0]
        return Folded(count, Decimal(total or 0))

    def answers(self, figures: Sequence[int], day: str, position: int | None = None) -> dict[int, Answer]:
        """The answers to some figures, by their number; those without one are left out."""
        at = FOREVER - 1 if position is None else position
        query = ANSWERS.format(figures=f"figure IN ({','.join(map(str, figures))})")
        found = self.rows(query, at=end_of(day), position=at)
        return {figure: Answer(place, value, symbol) for figure, place, value, symbol in found}

    def differing(self, before: str, after: str, subject: str | None = None) -> dict[str, int]:
        """How many figures of a subject, or of all, were added, removed or changed between two days."""
        fold = ANSWERS.format(
            figures="TRUE" if subject is None else "figure IN (SELECT figure FROM figures WHERE subject = $subject)"
        )
        query = f"""
            SELECT
              CASE WHEN earlier.figure IS NULL THEN 'added' WHEN later.figure IS NULL THEN 'removed' ELSE 'changed' END,
              COUNT(*)
            FROM ({fold.replace("$at", "$before")}) AS earlier
            FULL JOIN ({fold.replace("$at", "$after")}) AS later
              USING (figure)
            WHERE (earlier.figure IS NULL) != (later.figure IS NULL)
              OR earlier.value IS DISTINCT FROM later.value
              OR earlier.symbol IS DISTINCT FROM later.symbol
            GROUP BY ALL
        """
        named = {} if subject is None else {"subject": subject}
        return dict(self.rows(query, before=end_of(before), after=end_of(after), position=FOREVER - 1, **named))

    def vintages(self, day: str, *, metric: str, material: str | None = None, period: str | None = None) -> int:
        """How many vintages the figures of a metric had by a day: what was said last on each day of a series."""
        query = """
            SELECT COUNT(DISTINCT ROW(figure, publisher, published)) FROM statements JOIN figures USING (figure)
            WHERE until = $forever AND published <= $at AND metric = $metric
              AND material = COALESCE($material, material) AND period = COALESCE($period, period)
        """
        found = self.rows(query, forever=FOREVER, at=end_of(day), metric=metric, material=material, period=period)
        return int(found[0][0])

    def figures(self, numbers: Sequence[int]) -> list[Figure]:
        """The figures with these numbers, in their order."""
        query = "SELECT figure, subject, metric, material, period, unit FROM figures WHERE LIST_CONTAINS($n, figure)"
        by_number = {row[0]: _figure(*row) for row in self.rows(query, n=list(numbers))}
        return [by_number[number] for number in numbers]

    def all_figures(self) -> list[Figure]:
        """All figures."""
        query = "SELECT figure, subject, metric, material, period, unit FROM figures ORDER BY figure"
        return [_figure(*row) for row in self.rows(query)]

    def figures_of(self, subject: str) -> list[Figure]:
        """The figures of a subject."""
        query = "SELECT figure, subject, metric, material, period, unit FROM figures WHERE subject = $subject"
        return sorted(_figure(*row) for row in self.rows(query, subject=subject))

    def count(self) -> int:
        """How many figures there are."""
        return int(self.rows("SELECT COUNT(*) FROM figures")[0][0])

    def subjects(self) -> list[str]:
        """The subjects that have figures."""
        return [subject for (subject,) in self.rows("SELECT DISTINCT subject FROM figures ORDER BY 1")]


def _figure(number: int, subject: str, metric: str, material: str, period: str, unit: str) -> Figure:
    first, last = PERIODS[period]
    key = Key(subject, metric, material, None, "observed", first, last, unit)
    return Figure(number, figure_id_of(key), subject, metric, material, period, unit)


@contextmanager
def opened(path: Path) -> Iterator[Truth]:
    """The typed tables of a file."""
    with connected(path, read_only=True) as connection:
        yield Truth(connection)
