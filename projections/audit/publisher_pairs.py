"""Pairs of publishers: how often each two agree on the figures that both speak of, and by how much they differ.

What a publisher says of a figure is the last of its head (see `projections.audit.publisher_entries`).
"""

import statistics
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa

from projections.audit.atoms import ATOMS, atoms_of
from projections.audit.findings import Item
from projections.audit.publisher_entries import mean
from projections.queries.filter_values import FilterError, Value
from projections.queries.reader import Reader
from projections.sql_text import sql

PAIRS_MAX = 100_000
"""How many pairs of publishers one answer holds: each two of 447."""


def publisher_pairs(reader: Reader, filters: Mapping[str, Value], asked: Collection[str] | None) -> list[Item]:
    """One item a pair of publishers [a, b], in order: `figures` of which both say something at the viewpoint
    (`agreeing` and `differing`), those of them that are `comparable` (both state points), and how often a is `higher`
    or `lower`. Of the publishers that are asked about, those with each other and with all others.

    `mean_difference_percent`, `median_difference_percent` and `mean_absolute_difference_percent` are over the
    comparable figures, each difference being 200 (a - b) / (|a| + |b|): in percent of the mean of the two sizes, so
    that neither is the measure of the other.

    Raises FilterError where there are more pairs than an answer holds.
    """
    params = {"asked": sorted(asked or ()), "of_some": asked is not None, "pairs_max": PAIRS_MAX}
    found = f"SELECT * FROM ({sql('audit/publisher_pairs.sql')})"
    query = f"{found} ORDER BY publisher, other_publisher LIMIT {PAIRS_MAX + 1:d}"
    rows = reader.series("published", filters, query=query, params=params)
    if len(rows) > PAIRS_MAX or (rows["pairs_of_one"][0].as_py() or 0) > PAIRS_MAX:
        many = f"more than {PAIRS_MAX} pairs of publishers say something of these figures"
        raise FilterError("publisher", f"{many}: choose a publisher, or fewer figures")
    if not rows["publisher"][0].is_valid:
        return []
    counted, points = rows.drop_columns(["points", "pairs_of_one"]), rows["points"].combine_chunks()
    pairs = zip(reader.allowance.rows_of(counted), points, strict=True)
    return [_pair_item(pair, _percents(both.values)) for pair, both in reader.allowance.each(pairs)]


def _percents(points: pa.StructArray | None) -> list[float]:
    """By how much the one point is above the other, in percent of the mean of their sizes: from -200 to 200, and 0
    where both are zero. Exchanging the two changes the sign and nothing else.
    """
    if points is None:
        return []
    percents = []
    for one, other in zip(*map(atoms_of, points.flatten()), strict=True):
        together = abs(one) + abs(other)
        percents.append(200 * ((one - other) / ATOMS) / (together / ATOMS) if together else 0.0)
    return percents


def _pair_item(pair: Mapping[str, Any], percents: Sequence[float]) -> Item:
    statistics_of = {
        "mean_difference_percent": mean(percents),
        "median_difference_percent": statistics.median(percents) if percents else None,
        "mean_absolute_difference_percent": mean([abs(percent) for percent in percents]),
    }
    return {
        "publishers": [pair["publisher"], pair["other_publisher"]],
        "figures": pair["agreeing"] + pair["differing"],
        "agreeing": pair["agreeing"],
        "differing": pair["differing"],
        "comparable": len(percents),
        "higher": pair["higher"],
        "lower": pair["lower"],
        **statistics_of,
        "reasons": {
            name: "on no figure do both state a point" for name, value in statistics_of.items() if value is None
        },
    }
