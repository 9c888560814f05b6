"""The rows of the table `events`: the log up to a viewpoint, as it was recorded.

The typed tables know which events are published by then; what was sent is in the log alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from ledger import Ledger, body_of_entry
from projections.queries.reader import Reader

COLUMNS: Mapping[str, str] = {
    "position": "BIGINT",
    "event_id": "VARCHAR",
    "type": "VARCHAR",
    "recorded_at": "TIMESTAMP",
    "recorded_by": "VARCHAR",
    "figure_id": "VARCHAR",
    "publisher": "VARCHAR",
    "published_at": "VARCHAR",
    "content": "JSON",
}


def event_rows(ledger: Ledger, reader: Reader, wanted: Sequence[str]) -> Iterator[pa.Table]:
    """Some columns of the events that count at the reader's viewpoint, in the order of the log."""
    read = [name for name in wanted if name != "content"]
    columns = ", ".join(dict.fromkeys(["position", *read]))
    each = (
        f"SELECT position, CAST(event_id AS VARCHAR) AS event_id, type, recorded_at, recorded_by, publisher, "
        f"published_at, {'CAST(figure_id AS VARCHAR)' if name == 'figures' else 'CAST(NULL AS VARCHAR)'} AS figure_id "
        f"FROM log.{name} WHERE since = position AND position <= $position AND visible_from <= $as_of"
        for name in reader.families
    )
    query = f"SELECT {columns} FROM ({' UNION ALL '.join(each)}) ORDER BY position"
    for rows in reader.tables(query):
        if "content" in wanted:
            rows = rows.append_column("content", _contents(ledger, reader, rows["position"].to_pylist()))
        yield rows.select(list(wanted))


def _contents(ledger: Ledger, reader: Reader, positions: Sequence[int]) -> pa.Array:
    """What was sent at these positions, as JSON."""
    entries = ledger.at_positions(positions) if positions else []
    texts = [
        json.dumps(body_of_entry(entry), ensure_ascii=False, separators=(",", ":"))
        for entry in reader.allowance.each(entries)
    ]
    return pa.array(texts, pa.string())
