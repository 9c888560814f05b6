"""Statement validity: all that was ever said of figures, each with the time in which it was its publisher's last word.

A statement counts from its publication on, and until the same publisher says something else of the figure. A withdrawal
is an entry too: from then on the publisher says nothing.
"""

from collections.abc import Mapping

import pyarrow as pa

from projections.catalogue import FIGURE_BESIDE_PERIOD, SERIES
from projections.queries.filter_values import Value
from projections.queries.format import presented
from projections.queries.reader import Reader
from projections.sql_text import quoted

_SERIES = "figure_id, publisher"
_ORDER = ("valid_from", "turn", "withdrawn", *FIGURE_BESIDE_PERIOD, *SERIES.order)
_QUERY = f"""\
SELECT
  * EXCLUDE (viewpoint, type, source_kind, compared_with, published_until),
  type = 'FigureWithdrawn' AS withdrawn,
  published_until AS valid_from,
  LEAD(published_until) OVER (PARTITION BY {_SERIES} ORDER BY published_until, position) AS valid_to,
  ROW_NUMBER() OVER (PARTITION BY {_SERIES}, published_until ORDER BY position) AS turn
FROM chosen
ORDER BY {", ".join(f"{quoted(column)} NULLS FIRST" for column in dict.fromkeys(_ORDER))}
"""


def statement_validity(reader: Reader, filters: Mapping[str, Value] | None = None) -> pa.Table:
    """The entries of the series that filters select, by when they were said; of each what its history shows.

    `valid_from` is the end of the stated time of publication; `valid_to`, that of the same publisher's next entry, is
    null while there is none. What one publisher said several times at one time is told apart by `turn`, from 1, and but
    for the last is valid for no time at all. `withdrawn` says whether the entry takes back what was said. Raises
    UnknownFilter and FilterError.
    """
    return presented(reader.series("history", filters or {}, query=_QUERY))
