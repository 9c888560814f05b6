"""Folds on Apache Spark, from typed versions in a place: the extra `spark` brings pyspark.

import supply_ledger.spark as sls

sls.fold(session, "s3://facts/ledger", {"as_of": "2025-12-31"}, "figures").groupBy("publisher").count().show()
"""

from projections.partitions import spark_fold as fold
from projections.partitions import spark_fold_into as fold_into

__all__ = ["fold", "fold_into"]
