"""The same full state by pandas and by polars: sorted once by publication, then the last of each series, then the last
of those of each figure.

Their numbers are whole tenths, which is kinder to them than exact decimals.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from tests.benchmarks.ours import Folded
from tests.benchmarks.truth import Truth

TENTHS = 10
_ROWS = f"""
SELECT
  figure,
  figure * 32::BIGINT + publisher AS series,
  EPOCH_US(published) AS published,
  withdrawn,
  CAST(COALESCE(value, 0) * {TENTHS} AS BIGINT) AS tenths
FROM statements
WHERE until = 4611686018427387904
ORDER BY published, position
"""

Fold = Callable[[int], Folded]
"""From an instant in microseconds to the full state, reduced."""


def rows(truth: Truth) -> pa.Table:
    """The statements that stand at the end of the log, in order of publication."""
    return truth.connection.sql(_ROWS).to_arrow_table()


def in_pandas(table: pa.Table) -> Fold:
    """The fold in pandas."""
    frame: Any = table.to_pandas()
    published = frame["published"].to_numpy()

    def fold(at: int) -> Folded:
        known = frame.iloc[: int(np.searchsorted(published, at, side="right"))]
        heads = known.drop_duplicates("series", keep="last")
        answers = heads[~heads["withdrawn"]].drop_duplicates("figure", keep="last")
        return Folded(len(answers), Decimal(int(answers["tenths"].sum())) / TENTHS)

    return fold


def in_polars(table: pa.Table) -> Fold:
    """The fold in polars."""
    frame = pl.DataFrame(table)
    published = frame["published"]

    def fold(at: int) -> Folded:
        known = frame.head(int(published.search_sorted(at, side="right")))
        heads = known.unique("series", keep="last", maintain_order=True).filter(~pl.col("withdrawn"))
        answers = heads.unique("figure", keep="last", maintain_order=True)
        return Folded(len(answers), Decimal(int(answers["tenths"].sum())) / TENTHS)

    return fold
