"""Folds on Apache Spark: the same fold of the same buckets, inside Spark's executors.

An executor reads the objects of a bucket by itself, with pyarrow, so that it needs this program and no library of Spark
for the store. What it runs is `projections.partitions.bucket_fold`, unchanged; Spark spreads the buckets and collects
the rows. A bucket that is folded twice, since an executor was lost, gives the same rows.

pyspark is imported by who calls this: the extra `spark`.
"""

import hashlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from ledger.segments import StoragePlace, json_bytes, storage_place
from projections.partitions.bucket_fold import Rows, fold
from projections.partitions.version_manifest import VersionObject, VersionsUnusable
from projections.partitions.version_place import VersionPartition, VersionPlace, rows_together
from projections.viewpoint import Viewpoint

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

CLOCKS_SAID = ("as_of", "recorded_as_of", "effective_at")
ANSWER = "answer.json"
"""The object that says what an answer in a place is; it is written when all of the answer is there."""
SHARED_MAX = 16
"""So many tables that all buckets share are kept by a process of Spark."""
_WRITTEN = pa.schema([("name", pa.string()), ("rows", pa.int64()), ("bytes", pa.int64()), ("sha256", pa.string())])

Batches = Iterator[pa.RecordBatch]


def spark_fold(
    session: "SparkSession", location: str, viewpoint: Mapping[str, Any], resource: str = "figures"
) -> "DataFrame":
    """The items of a resource at a viewpoint, of the typed versions in a place, as a DataFrame without an order.

    `viewpoint` says the clocks as texts, `{"as_of": "2025-12-31"}`, and may be the basis of an answer; see
    `VersionPlace.viewpoint`. Raises NotFolded, VersionsUnusable, PlaceError, CalendarError and PositionBeyondHead; what
    an executor finds wrong with an object ends Spark's job.
    """
    question = _Question.of(location, viewpoint, resource)
    return _spread(session, question, question.items, question.schema)


def spark_fold_into(
    session: "SparkSession", location: str, viewpoint: Mapping[str, Any], resource: str, target: str
) -> dict[str, Any]:
    """Fold a resource, and put the items into a place as Parquet: an object for each bucket that makes any.

    What is there at the end is said in the object `answer.json`, and given back: the resource, the viewpoint, and each
    object with its rows, bytes and SHA-256. Raises what `spark_fold` raises, and VersionsUnusable where there is an
    answer already.
    """
    place = place_of_answer(target)
    question = _Question.of(location, viewpoint, resource)
    found = _spread(session, question, _Writing(question, target).objects, _WRITTEN).collect()
    objects = sorted((one.asDict() for one in found), key=lambda one: str(one["name"]))
    answer = {
        "resource": resource,
        "basis": {name: value for name, value in question.viewpoint.basis().items() if value},
        "rows": sum(one["rows"] for one in objects),
        "objects": objects,
    }
    place.write(ANSWER, json_bytes(answer))
    return answer


def place_of_answer(target: str) -> StoragePlace:
    """The place for an answer. Raises VersionsUnusable where there is one already, and PlaceError."""
    place = storage_place(target)
    if place.size(ANSWER) is not None:
        raise VersionsUnusable(f"{place} has an answer already: name another place, or empty this one first")
    return place


class _Question(NamedTuple):
    """What executors are asked: it is sent to each of them."""

    resource: str
    viewpoint: Viewpoint
    partitions: tuple[VersionPartition, ...]

    @classmethod
    def of(cls, location: str, viewpoint: Mapping[str, Any], resource: str) -> "_Question":
        versions = VersionPlace(location)
        clocks = {name: viewpoint[name] for name in CLOCKS_SAID if viewpoint.get(name) is not None}
        return cls(resource, versions.viewpoint(**clocks), tuple(versions.partitions(resource)))

    @property
    def schema(self) -> pa.Schema:
        """The columns of the items."""
        return fold(_NOTHING, self.viewpoint, self.resource).schema

    def items(self, tasks: Batches) -> Batches:
        """The items of the buckets that are given."""
        for bucket in _buckets_in(tasks):
            yield from self.fold(bucket).to_batches()

    def fold(self, bucket: int) -> pa.Table:
        """The items of a bucket. What all buckets share is read once by a process."""
        partition = self.partitions[bucket]

        def all_rows(table: str) -> pa.Table:
            return _shared(partition.location, partition.whole[table])

        return fold(Rows(partition.rows, all_rows), self.viewpoint, self.resource)


class _Writing(NamedTuple):
    """The same, with the place into which the items go."""

    question: _Question
    target: str

    def objects(self, tasks: Batches) -> Batches:
        """The objects that were written of the buckets that are given."""
        from pyarrow.parquet import write_table

        place = storage_place(self.target)
        question = self.question
        for bucket in _buckets_in(tasks):
            items = question.fold(bucket)
            if not len(items):
                continue
            name = f"{question.resource}-{bucket:05d}.parquet"
            sink = pa.BufferOutputStream()
            write_table(items, sink, compression="zstd")
            content = sink.getvalue().to_pybytes()
            place.write(name, content)
            row = {
                "name": name,
                "rows": len(items),
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            yield pa.RecordBatch.from_pylist([row], schema=_WRITTEN)


@lru_cache(maxsize=SHARED_MAX)
def _shared(location: str, objects: tuple[VersionObject | None, ...]) -> pa.Table:
    return rows_together(location, objects)


def _spread(
    session: "SparkSession", question: _Question, work: Callable[[Batches], Batches], schema: pa.Schema
) -> "DataFrame":
    """What executors make of the buckets, each of them a task of its own."""
    from pyspark.sql.pandas.types import from_arrow_schema

    count = len(question.partitions)
    with warnings.catch_warnings():
        # Spark looks for pandas, whose version it warns of, and none of it is used here.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        return session.range(0, count, 1, count).mapInArrow(work, from_arrow_schema(schema, True))


def _buckets_in(tasks: Batches) -> Iterator[int]:
    for batch in tasks:
        yield from batch.column(0).to_pylist()


def _no_rows(_: str) -> pa.Table:
    return pa.table({})


_NOTHING = Rows(_no_rows, _no_rows)
"""A bucket that holds nothing."""
