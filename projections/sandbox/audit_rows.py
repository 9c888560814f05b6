"""The tables of the audit: what its questions give of everything, with what they take by default.

An item is as it is over HTTP. Members that are lists or objects are JSON.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa

from ledger import Ledger
from projections.audit.derived.derived_figures import derived_figures
from projections.audit.disputes import disputes
from projections.audit.findings import Item
from projections.audit.revisions.revisions import revisions
from projections.audit.scorecards import scorecards
from projections.audit.slips import Slips
from projections.audit.sums import sums
from projections.projection import THINGS
from projections.queries.reader import Reader
from projections.sandbox.public_table import PublicTable

PART_ITEMS = 1000
_KEY = (
    "figure_id:VARCHAR subject:VARCHAR metric:VARCHAR material:VARCHAR dimensions:JSON nature:VARCHAR period:VARCHAR "
    "period_start:DATE period_end:DATE"
)
_NUMBER = "DECIMAL(38,18)"
_ARROW = {"BIGINT": pa.int64(), "BOOLEAN": pa.bool_(), "DOUBLE": pa.float64()}
"""What is handed over as it is; the rest as text."""


def _columns(*texts: str) -> dict[str, str]:
    """Columns and their types, from `name:TYPE` with spaces between; `NUMBER` is an exact one."""
    pairs = (one.split(":") for text in texts for one in text.split())
    return {name: _NUMBER if kind == "NUMBER" else kind for name, kind in pairs}


REVISIONS = _columns(
    _KEY,
    "publisher:VARCHAR canonical_unit:VARCHAR statements:BIGINT releases:BIGINT confirmations:BIGINT revisions:BIGINT",
    "conflicts:BIGINT withdrawals:BIGINT republications:BIGINT kinds:JSON announced:BIGINT silent:BIGINT first:NUMBER",
    "first_published_at:VARCHAR first_comparable:NUMBER latest:NUMBER latest_published_at:VARCHAR total_change:NUMBER",
    "total_change_percent:NUMBER range:NUMBER settled:BOOLEAN censored:BOOLEAN settled_after_days:BIGINT",
    "settled_age_days:BIGINT reasons:JSON steps:JSON",
)
DISPUTES = _columns(
    _KEY,
    "canonical_unit:VARCHAR status:VARCHAR since:VARCHAR since_date:DATE began_by:JSON until:VARCHAR until_date:DATE",
    "ended_by:JSON days:BIGINT kind:VARCHAR spread:NUMBER spread_percent:NUMBER highest:NUMBER highest_by:VARCHAR",
    "lowest:NUMBER lowest_by:VARCHAR reasons:JSON publishers:JSON",
)
SUMS = _columns(
    _KEY,
    "unit:VARCHAR publisher:VARCHAR published_at:VARCHAR event_id:VARCHAR by:VARCHAR dimension:VARCHAR",
    "tiled_by:VARCHAR total:NUMBER parts_sum:NUMBER gap:NUMBER gap_percent:NUMBER rounding:NUMBER",
    "rounding_at_most:NUMBER verdict:VARCHAR finding:BOOLEAN parts:JSON missing:JSON",
)
SCORECARDS = _columns(
    "publisher:VARCHAR name:VARCHAR figures:BIGINT statements:BIGINT secondary_share:DOUBLE figures_shared:BIGINT",
    "first:BIGINT mean_days_after_first:DOUBLE mean_lag_days:DOUBLE median_lag_days:DOUBLE",
    "figures_without_period:BIGINT revised:BIGINT revisions:BIGINT revisions_per_figure:DOUBLE confirmations:BIGINT",
    "conflicts:BIGINT withdrawals:BIGINT republications:BIGINT bias_figures:BIGINT bias_percent:DOUBLE",
    "mean_absolute_revision_percent:DOUBLE consensus_figures:BIGINT bias_from_consensus_percent:DOUBLE",
    "mean_absolute_from_consensus_percent:DOUBLE outlier_figures:BIGINT outlier:BIGINT reasons:JSON",
)
SLIPS = _columns(
    "resource:VARCHAR policy:VARCHAR agreement:VARCHAR facility:VARCHAR link:VARCHAR risk:VARCHAR commitment:VARCHAR",
    "subject:VARCHAR relation:VARCHAR object:VARCHAR role:VARCHAR part:VARCHAR transition:VARCHAR publisher:VARCHAR",
    "first_effective_from:VARCHAR effective_from:VARCHAR restated:BIGINT shift_days:BIGINT happened:BOOLEAN",
    "statements:BIGINT lead_days:BIGINT first_published_at:VARCHAR published_at:VARCHAR event_id:VARCHAR",
    "position:BIGINT",
)


DERIVED = _columns(
    "metric:VARCHAR subject:VARCHAR material:VARCHAR dimensions:JSON nature:VARCHAR period_start:DATE period_end:DATE",
    "period:VARCHAR value:NUMBER unit:VARCHAR exact:VARCHAR reasons:JSON weakest_nature:VARCHAR status:VARCHAR",
    "approximate:BOOLEAN disputed:BOOLEAN said_by:JSON mixed:BOOLEAN known_from:TIMESTAMP formula:VARCHAR",
    "definition:VARCHAR inputs:JSON",
)


def _of_items(
    name: str, description: str, columns: Mapping[str, str], find: Callable[[Reader], Sequence[Item]]
) -> PublicTable:
    def rows(_: Ledger | None, reader: Reader, wanted: Sequence[str]) -> Iterator[pa.Table]:
        items = iter(find(reader))
        some = list(islice(items, PART_ITEMS))
        while True:
            yield pa.table({one: _column([item.get(one) for item in some], columns[one]) for one in wanted})
            some = list(islice(items, PART_ITEMS))
            if not some:
                return

    return PublicTable(name, description, columns, rows)


def _slips(_: Ledger | None, reader: Reader, wanted: Sequence[str]) -> Iterator[pa.Table]:
    for resource in THINGS:
        for part in Slips(reader, resource, {}).parts(offset=0):
            there = {**{one: part[one] for one in part.column_names}, "resource": [resource] * len(part)}
            nothing = [None] * len(part)
            yield pa.table({one: _column(_values(there.get(one, nothing)), SLIPS[one]) for one in wanted})


def _values(column: Any) -> list[Any]:
    values: list[Any] = column if isinstance(column, list) else column.to_pylist()
    return values


def _column(values: Sequence[Any], kind: str) -> pa.Array:
    if kind == "JSON":
        texts = [None if one is None else json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in values]
        return pa.array(texts, pa.string())
    if kind in _ARROW:
        return pa.array(values, _ARROW[kind])
    return pa.array([None if one is None else str(one) for one in values], pa.string())


AUDIT_TABLES = (
    _of_items(
        "derived",
        "One row per derived figure: what its formula makes of its inputs, or why nothing.",
        DERIVED,
        lambda reader: derived_figures(reader, {}).items,
    ),
    _of_items(
        "revisions",
        "One row per figure and publisher: how what it said first became what it says now, with every `step`.",
        REVISIONS,
        lambda reader: revisions(reader, {}).items,
    ),
    _of_items(
        "disputes",
        "One row per stretch of time in which publishers differ on a figure, over by now or not.",
        DISPUTES,
        lambda reader: disputes(reader, {}, status="all").items,
    ),
    _of_items(
        "sums",
        "One row per total of which parts are stated: what they add up to, and what is missing.",
        SUMS,
        lambda reader: sums(reader, {}).items,
    ),
    _of_items(
        "scorecards",
        "One row per publisher: how soon, how often revised and how far from the others its figures are.",
        SCORECARDS,
        lambda reader: scorecards(reader, {}).items,
    ),
    PublicTable(
        "slips",
        "One row per transition of a thing and publisher that dated it: how far the stated date moved.",
        SLIPS,
        _slips,
    ),
)
