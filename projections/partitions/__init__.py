"""Partitions: the typed versions of a ledger in buckets, which can be folded anywhere, each by itself.

- `version_keys`: which bucket a version is in;
- `folded_resources`: what can be folded bucket by bucket, and what a fold reads;
- `bucket_fold`: the fold of one bucket at a viewpoint;
- `version_export` and `version_place`: buckets as Parquet in a place, written and read; `version_manifest` names them;
- `spark_folds`: the same fold inside the executors of Apache Spark.
"""

from projections.partitions.bucket_fold import NotFolded, Partition, Rows, fold
from projections.partitions.folded_resources import FOLDED, FoldedResource
from projections.partitions.spark_folds import place_of_answer, spark_fold, spark_fold_into
from projections.partitions.version_export import export_versions
from projections.partitions.version_keys import bucket_of
from projections.partitions.version_manifest import VersionManifest, VersionsUnusable
from projections.partitions.version_place import VersionPlace

__all__ = [
    "FOLDED",
    "FoldedResource",
    "NotFolded",
    "Partition",
    "Rows",
    "VersionManifest",
    "VersionPlace",
    "VersionsUnusable",
    "bucket_of",
    "export_versions",
    "fold",
    "place_of_answer",
    "spark_fold",
    "spark_fold_into",
]
