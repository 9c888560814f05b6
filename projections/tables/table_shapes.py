"""Table shapes: which tables there are for these families of events, and by which text their rows come about.

Whoever has the same fingerprint has the same tables, with the same rows for the same log.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping

from duckdb import DuckDBPyConnection

from projections.sql_text import sql
from projections.tables import answer_intervals
from projections.tables.families import FOREVER, Family

ROWS_MADE = "2: a version reads the fiscal year of its time"
"""Said anew when rows come out otherwise because of code that is not SQL; then tables on disk are made again."""

ORDERS = {
    "slugs": "slug, since",
    "slug_groups": "number, since",
    "answer_intervals": "subject_code, figure_id, position, since",
}
"""The tables that hold something else than versions of events, and the order of their rows."""

VERSIONS_ORDER = "position, since"
"""The order of the rows of a table of versions."""

_WORD_START = re.compile(r"(?<=[A-Za-z])(?=[A-Z][a-z])")


def create_tables(cursor: DuckDBPyConnection, families: Iterable[Family], shape_of: Callable[[Family], str]) -> None:
    """Make the tables of these families, empty, a view for each of their types of event, and all other tables.

    `shape_of` gives what stands behind the name of a family where its table is made; families come in their order.
    """
    cursor.execute(sql("tables/sql/bookkeeping.sql"))
    for family in families:
        if family.name == "figures":
            cursor.execute(sql("tables/sql/fiscal.sql").format(forever=FOREVER))
        cursor.execute(f"CREATE TABLE log.{family.name} {shape_of(family)}")
        names = ((_WORD_START.sub("_", name).lower(), name) for name in family.types)
        rows = f"SELECT * FROM log.{family.name} WHERE type"
        cursor.execute("; ".join(f"CREATE OR REPLACE VIEW log.{view} AS {rows} = '{name}'" for view, name in names))
    answer_intervals.create_table(cursor)


def fingerprint(families: Mapping[str, Family]) -> str:
    """A digest of what makes the tables: another one means that the tables must be made again."""
    texts = [
        sql(f"tables/sql/{name}.sql")
        for name in ("macros", "bookkeeping", "fiscal", "figures", "exact", "answer_intervals")
    ]
    texts += [ROWS_MADE, *(family.select(merged=True) for family in families.values())]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
