"""The export of typed versions: the tables of a ledger as Parquet, in buckets, in a place.

Objects lie in a folder that is named by the position, the number of buckets and what made them; the manifest is written
when all of them are there, and what an earlier one named goes after that. So a place has the versions of before, or
those of now, and an export that was cut leaves the former. Of each table that is whole a note is left beside its
objects; the next export at the same position begins with the table after it.

A table is read in parts of some 400,000 rows, each sorted by bucket, and a part of a bucket is a row group. The bytes
of an object follow from the log alone, whether its tables were made by a rebuild or by catching up.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from pydantic import ValidationError

from ledger import Ledger
from ledger.segments import StoragePlace
from ledger.values import instant_text
from projections.partitions.version_keys import BUCKETS_MAX, KEYS, bucket_sql
from projections.partitions.version_manifest import (
    FOLDER,
    MANIFEST_BYTES_MAX,
    VERSIONS_MANIFEST,
    TableObjects,
    VersionManifest,
    VersionObject,
    VersionsUnusable,
    manifest_in,
)
from projections.sql_text import quoted
from projections.tables.answer_intervals import CODES, ROWS_AT_ONCE
from projections.tables.database import arrow_table
from projections.tables.table_set import TableSet
from projections.tables.table_shapes import ORDERS, VERSIONS_ORDER
from projections.tables.tables_fingerprint import tables_fingerprint

if TYPE_CHECKING:
    pass

BUCKETS_AT_ONCE = 256
"""So many objects are written at the same time; with more buckets, a table is read again for the next ones."""
READ_AT_ONCE = 1 << 20
_BUCKET = "in_bucket"
_BY_SUBJECT = {"figures": "subject_code, figure_id, position, since", "answer_intervals": ORDERS["answer_intervals"]}


def export_versions(
    ledger: Ledger,
    tables: TableSet,
    place: StoragePlace,
    *,
    buckets: int,
    seen: Callable[[int, int], None] = lambda rows, of: None,
) -> VersionManifest:
    """Put the typed versions of a ledger into a place, in so many buckets; `tables` have caught up, and rest.

    `seen` is told how many rows are there, of how many. Raises VersionsUnusable where the place has the versions of
    another ledger, or the number of buckets is none that is possible; and PlaceError.
    """
    if not 0 < buckets <= BUCKETS_MAX:
        raise VersionsUnusable(f"there are 1 to {BUCKETS_MAX} buckets, and not {buckets}")
    return _VersionExport(ledger, tables, place.within(FOLDER), buckets, seen).run()


class _VersionExport:
    """One export. `place` is the folder of the versions."""

    def __init__(
        self,
        ledger: Ledger,
        tables: TableSet,
        place: StoragePlace,
        buckets: int,
        seen: Callable[[int, int], None],
    ) -> None:
        self._ledger, self._tables, self._place, self._buckets, self._seen = ledger, tables, place, buckets, seen
        self._fingerprint = tables_fingerprint()
        self._done = self._total = 0

    def run(self) -> VersionManifest:
        there = self._there()
        position = self._tables.position
        recorded_at = self._ledger.recorded_at(position)
        stated: dict[str, Any] = {
            "ledger": self._ledger.identity,
            "position": position,
            "recorded_at": recorded_at and instant_text(recorded_at),
            "root": self._ledger.log.root(position).hex(),
            "buckets": self._buckets,
            "fingerprint": self._fingerprint,
        }
        sizes = self._place.sizes()
        if (
            there is not None
            and there.model_dump(include=set(stated)) == stated
            and all(sizes.get(one.name) == one.bytes for one in there.objects())
        ):
            return there
        with self._tables.connection.cursor() as cursor:
            counts = {name: _count(cursor, name) for name in self._tables.names}
            self._total = sum(counts.values())
            tables = {name: self._table(cursor, name, count, sizes) for name, count in counts.items()}
        manifest = VersionManifest(**stated, tables=tables)
        self._place.write(VERSIONS_MANIFEST, manifest.model_dump_json(indent=1).encode() + b"\n")
        kept = {VERSIONS_MANIFEST, *(one.name for one in manifest.objects())}
        for name in self._place.sizes():
            if name not in kept:
                self._place.delete(name)
        return manifest

    @property
    def _folder(self) -> str:
        made = hashlib.sha256(f"{self._ledger.identity} {self._fingerprint}".encode()).hexdigest()[:8]
        return f"{self._tables.position:012d}-{self._buckets:05d}-{made}"

    def _there(self) -> VersionManifest | None:
        content = self._place.read(VERSIONS_MANIFEST, bytes_max=MANIFEST_BYTES_MAX)
        if content is None:
            return None
        there = manifest_in(content, place=self._place.name)
        if there.ledger != self._ledger.identity:
            raise VersionsUnusable(
                f"{self._place.name} has the versions of another ledger: name another place, or empty this one first"
            )
        return there

    def _table(
        self, cursor: DuckDBPyConnection, name: str, count: int, sizes: dict[str, int]
    ) -> list[VersionObject | None]:
        """The objects of a table, as they are there from an export that was cut, or made now."""
        note = f"{self._folder}/{name}.json"
        objects = self._noted(note, sizes)
        if objects is None:
            buckets = self._buckets if name in KEYS else 1
            objects = []
            for first in range(0, buckets, BUCKETS_AT_ONCE):
                objects += self._written(cursor, name, count, range(first, min(buckets, first + BUCKETS_AT_ONCE)))
            self._place.write(note, TableObjects(objects=objects).model_dump_json().encode())
        self._done += count
        self._seen(self._done, self._total)
        return objects

    def _noted(self, note: str, sizes: dict[str, int]) -> list[VersionObject | None] | None:
        content = self._place.read(note, bytes_max=MANIFEST_BYTES_MAX) if note in sizes else None
        if content is None:
            return None
        try:
            objects = TableObjects.model_validate_json(content).objects
        except ValidationError:
            return None
        there = [one for one in objects if one is not None]
        whole = all(sizes.get(one.name) == one.bytes and self._place.digest(one.name) == one.sha256 for one in there)
        return objects if whole else None

    def _written(
        self, cursor: DuckDBPyConnection, name: str, count: int, buckets: range
    ) -> Sequence[VersionObject | None]:
        """Write some buckets of a table, all at the same time."""
        drafts: dict[int, _Draft] = {}
        with ExitStack() as opened:
            for rows in self._parts(cursor, name, count, buckets):
                numbers = rows[_BUCKET].to_numpy()
                rows = rows.drop_columns([_BUCKET])
                bounds = np.searchsorted(numbers, np.arange(buckets.start, buckets.stop + 1)).tolist()
                for bucket, (start, end) in zip(buckets, pairwise(bounds), strict=True):
                    if end > start:
                        if bucket not in drafts:
                            object_name = f"{self._folder}/{name}/{bucket:05d}.parquet"
                            file = opened.enter_context(self._place.writing(object_name))
                            drafts[bucket] = _Draft(object_name, file, rows.schema)
                        drafts[bucket].add(rows.slice(start, end - start))
            objects = {bucket: draft.ended() for bucket, draft in drafts.items()}
        return [objects.get(bucket) for bucket in buckets]

    def _parts(self, cursor: DuckDBPyConnection, name: str, count: int, buckets: range) -> Iterator[pa.Table]:
        """The rows of some buckets of a table, part by part, each sorted by bucket."""
        order = _BY_SUBJECT.get(name, ORDERS.get(name, VERSIONS_ORDER))
        number = bucket_sql(KEYS[name], self._buckets) if name in KEYS else "0"
        many = self._buckets > BUCKETS_AT_ONCE and name in KEYS
        wanted = f" AND {_BUCKET} BETWEEN {buckets.start} AND {buckets.stop - 1}" if many else ""
        for within in _ranges(name, count, head=self._tables.position):
            query = f"SELECT *, {number} AS {_BUCKET} FROM log.{quoted(name)} WHERE {within}{wanted}"
            yield arrow_table(cursor, f"{query} ORDER BY {_BUCKET}, {order}", batch=ROWS_AT_ONCE)


class _Draft:
    """An object that is being written."""

    def __init__(self, name: str, file: IO[bytes], schema: pa.Schema) -> None:
        from pyarrow.parquet import ParquetWriter

        self._name, self._file, self._rows = name, file, 0
        self._writer: ParquetWriter = ParquetWriter(file, schema, compression="zstd")

    def add(self, rows: pa.Table) -> None:
        self._writer.write_table(rows)
        self._rows += len(rows)

    def ended(self) -> VersionObject:
        """The object, which is whole in its file now."""
        self._writer.close()
        self._file.flush()
        self._file.seek(0)
        digest, size = hashlib.sha256(), 0
        while some := self._file.read(READ_AT_ONCE):
            digest.update(some)
            size += len(some)
        return VersionObject(name=self._name, rows=self._rows, bytes=size, sha256=digest.hexdigest())


def _count(cursor: DuckDBPyConnection, name: str) -> int:
    ((count,),) = cursor.execute(f"SELECT COUNT(*) FROM log.{quoted(name)}").fetchall()
    return int(count)


def _ranges(name: str, count: int, *, head: int) -> Iterator[str]:
    """Conditions that cut a table into parts of ROWS_AT_ONCE rows, about; each row is in one of them."""
    if not count:
        return
    parts = count // ROWS_AT_ONCE + 1
    column, end = ("subject_code", CODES) if name in _BY_SUBJECT else ("position", head + 1)
    if parts == 1:
        yield "TRUE"
        return
    bounds = [part * end // parts for part in range(parts + 1)]
    yield from (f"{column} >= {low} AND {column} < {high}" for low, high in pairwise(bounds))
