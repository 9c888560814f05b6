"""The fold: the items of a resource that one bucket of typed versions makes, at a viewpoint.

It asks what every reader asks, of tables that hold the bucket and no more: `projections.tables.given_tables`. So there
is one text that says what an item is, wherever it is folded. The rows of all buckets are the rows of the whole.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol
from uuid import UUID

import pyarrow as pa

from projections.partitions.folded_resources import FOLDED, FoldedResource
from projections.queries.allowance import Allowance
from projections.queries.reader import Reader
from projections.sandbox.public_tables import public_table
from projections.tables.families import Family, families
from projections.tables.given_tables import GivenTables
from projections.tables.table_set import family_columns
from projections.viewpoint import Viewpoint


class NotFolded(ValueError):
    """A resource that is not folded bucket by bucket was asked for."""


class Partition(Protocol):
    """One bucket of typed versions, and what all buckets share."""

    def rows(self, table: str) -> pa.Table:
        """The rows of a table that are in the bucket."""

    def all_rows(self, table: str) -> pa.Table:
        """The rows of a table in whatever bucket."""


class Rows(NamedTuple):
    """A partition of which the rows are at hand."""

    rows: Callable[[str], pa.Table]
    all_rows: Callable[[str], pa.Table]


def folded_resource(name: str) -> FoldedResource:
    """What is folded under a name. Raises NotFolded."""
    if name not in FOLDED:
        raise NotFolded(f"{name!r} is not folded bucket by bucket; what is: {', '.join(FOLDED)}")
    return FOLDED[name]


def fold(partition: Partition, viewpoint: Viewpoint, resource: str, *, threads: int = 1) -> pa.Table:
    """The items of a resource that a bucket makes, in their order, as the public table of that name has them.

    Numbers that are computed are exact decimals or texts, days and instants (in UTC, without a zone) as such, ids and
    what a source printed texts. Of a resource that is not parted the fold of any bucket is all of it. Raises NotFolded.
    """
    wanted = folded_resource(resource)
    known = families()
    rows = {name: partition.rows(name) for name in wanted.parted}
    rows |= {name: partition.all_rows(name) for name in wanted.whole}
    with GivenTables(known, family_columns(known), rows, threads=threads) as tables:
        reader = _reader(tables, known, viewpoint)
        table = public_table(reader, resource)
        return pa.concat_tables(table.rows(None, reader, list(table.columns)))


def _reader(tables: GivenTables, known: Mapping[str, Family], viewpoint: Viewpoint) -> Reader:
    return Reader(
        tables.connection,
        known,
        viewpoint,
        merged=tables.merged,
        prefers=tables.prefers,
        subject_of=_nobody,
        allowance=Allowance(),
    )


def _nobody(_: UUID) -> None:
    """No subject is known for sure: there is no log that says under which a figure was first recorded."""
