"""The rows of the table `events`: the log up to a viewpoint, as it was recorded.

The typed tables know which events are published by then; what was sent is in the log alone. Of what was erased the
tables know nothing; it is among the rows whenever it was published, and its content says that it was erased.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from ledger import Ledger, body_of_entry
from projections.queries.reader import Reader
from projections.queries.viewpoint_cursor import naive

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
    erased = ledger.log.erased.find(after=0, until=reader.viewpoint.position)
    for rows in _with_erased(ledger, reader, erased, reader.tables(query)):
        if "content" in wanted:
            rows = rows.append_column("content", _contents(ledger, reader, rows["position"].to_pylist()))
        yield rows.select(list(wanted))


def _with_erased(
    ledger: Ledger, reader: Reader, erased: Sequence[int], tables: Iterator[pa.Table]
) -> Iterator[pa.Table]:
    """Rows in the order of their positions, with those of erased events in their places."""
    done = 0
    last = None
    for rows in tables:
        if last is not None:
            yield last
        end = rows["position"][-1].as_py() if len(rows) else 0
        until = bisect_right(erased, end)
        last, done = _together(ledger, reader, rows, erased[done:until]), until
    if last is not None:
        yield _together(ledger, reader, last, erased[done:])


def _together(ledger: Ledger, reader: Reader, rows: pa.Table, erased: Sequence[int]) -> pa.Table:
    if not erased:
        return rows
    entries = [entry for part in reader.allowance.each(_parts(erased)) for entry in ledger.at_positions(part)]
    values = {
        "position": [one.position for one in entries],
        "event_id": [str(one.event_id) for one in entries],
        "type": [one.type for one in entries],
        "recorded_at": [naive(one.recorded_at) for one in entries],
        "recorded_by": [one.recorded_by for one in entries],
        "figure_id": [str(one.stream) if one.cls.family == "figures" else None for one in entries],
    }
    columns = [pa.array(values.get(field.name, [None] * len(entries)), field.type) for field in rows.schema]
    return pa.concat_tables([rows, pa.Table.from_arrays(columns, schema=rows.schema)]).sort_by("position")


def _parts(positions: Sequence[int], size: int = 1000) -> list[Sequence[int]]:
    return [positions[start : start + size] for start in range(0, len(positions), size)]


def _contents(ledger: Ledger, reader: Reader, positions: Sequence[int]) -> pa.Array:
    """What was sent at these positions, as JSON."""
    entries = ledger.at_positions(positions) if positions else []
    erased = ledger.erased(entries)
    texts = [
        json.dumps(
            {"erased": erased[entry.position]} if entry.is_erased else body_of_entry(entry),
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for entry in reader.allowance.each(entries)
    ]
    return pa.array(texts, pa.string())
