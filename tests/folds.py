"""Folds beside what a process answers: typed versions of an engine in a folder, and the rows of both, to compare."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from ledger.segments import storage_place
from projections import Engine, Viewpoint
from projections.partitions import VersionPlace, export_versions, fold
from projections.sandbox.public_tables import public_table

Rows = list[dict[str, Any]]


def exported(engine: Engine, folder: Path, *, buckets: int) -> VersionPlace:
    """The typed versions of an engine, put into a folder."""
    with engine.tables_at_rest() as tables:
        export_versions(engine.ledger, tables, storage_place(str(folder)), buckets=buckets)
    return VersionPlace(str(folder))


def own_table(engine: Engine, viewpoint: Viewpoint, resource: str) -> pa.Table:
    """The items that the engine itself gives."""
    with engine.reader(viewpoint) as reader:
        table = public_table(reader, resource)
        return pa.concat_tables(table.rows(engine.ledger, reader, list(table.columns)))


def folded_tables(place: VersionPlace, viewpoint: Viewpoint, resource: str) -> list[pa.Table]:
    """The items that each bucket gives."""
    return [fold(partition, viewpoint, resource) for partition in place.partitions(resource)]


def in_any_order(*tables: pa.Table) -> Rows:
    """The rows of tables, with types and all, in an order that does not depend on where they are."""
    return sorted((row for table in tables for row in table.to_pylist()), key=repr)


def columns_of(table: pa.Table) -> str:
    """Names and types; what a list calls its elements inside is nobody's business."""
    return str([(field.name, str(field.type).replace("list<l:", "list<element:")) for field in table.schema])


def assert_same(own: pa.Table, folded: list[pa.Table], where: object) -> None:
    """The buckets give what the engine gives: the same rows, each once, in columns of the same types."""
    assert {columns_of(one) for one in folded} == {columns_of(own)}, where
    left, right = in_any_order(own), in_any_order(*folded)
    assert left == right, (
        where,
        [one for one in left if one not in right][:1],
        [one for one in right if one not in left][:1],
    )


def clocks_of(at: Viewpoint) -> dict[str, str]:
    """The three clocks of a viewpoint as texts."""
    basis = at.basis()
    return {name: basis[name] for name in ("as_of", "recorded_as_of", "effective_at")}
