"""Publications: on which days something was published, so that one sees when the record could have changed.

A day is the one at whose end a statement counts: that of its date of publication, the last one of a month or a year
that is all its source tells, and that of recording where there is none.
"""

from collections.abc import Mapping
from datetime import date

from projections.audit.findings import Findings, Item
from projections.queries.filter_values import Value
from projections.queries.reader import Reader
from projections.sql_text import quoted
from projections.tables.families import UNRESOLVED


def publications(reader: Reader, filters: Mapping[str, Value] | None = None) -> Findings:
    """One item a day: `day`, and how many `statements` the ledger holds of it.

    With `filters` of a series only statements on these figures count, else all facts. `holds` is what the ledger
    holds at the viewpoint by family (`figures`, `policies`, …): how many statements.
    """
    if filters:
        found = reader.series("published", filters, query=_by_day("chosen")).to_pylist()
        return Findings([_item(one["day"], one["statements"]) for one in found])
    families = [name for name in reader.families if name not in UNRESOLVED]
    held = " UNION ALL ".join(
        f"SELECT '{name}' AS family, published_until FROM log.{quoted(name)} WHERE {_HELD}" for name in families
    )
    rows = reader.ask(_by_day(f"({held})"))
    counts = dict(reader.ask(f"SELECT family, COUNT(*) FROM ({held}) GROUP BY family"))
    return Findings([_item(*row) for row in rows], {"holds": {name: counts.get(name, 0) for name in families}})


_HELD = "since <= $position AND until > $position AND published_until <= $as_of"
"""What the ledger itself says is known at any date of publication, and yet no day is told that is not there by then."""


def _by_day(statements: str) -> str:
    columns = "CAST(published_until AS DATE) AS day, COUNT(*) AS statements"
    return f"SELECT {columns} FROM {statements} GROUP BY day ORDER BY day"


def _item(day: date, statements: int) -> Item:
    return {"day": day.isoformat(), "statements": statements}
