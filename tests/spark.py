"""Apache Spark of the tests' own: a cluster of two workers, each a process of this machine, for a whole run of tests.

It takes most of a minute to start, so there is one session. Where Java or pyspark is missing, what needs it is skipped
and says why; `.ci/run` installs Java, and says that nothing may be skipped.
"""

import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from tests.ledger.proof.judges import need
from tests.places import ROOT

MASTER = "local-cluster[2,1,1024]"
"""Two workers with a core and a GB each."""


def need_spark() -> None:
    """Skip a test that cannot have Spark, or fail it where none may be skipped."""
    need(find_spec("pyspark") is not None, "pyspark (the group `test`)")
    need(shutil.which("java") is not None or "JAVA_HOME" in os.environ, "default-jre-headless")


@contextmanager
def spark_session(**settings: str) -> Iterator[Any]:
    """A session of Spark whose workers run this Python and this source, ended afterwards."""
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Those of pyspark's own imports are not ours.
        from pyspark.sql import SparkSession

        ours = {
            "spark.master": MASTER,
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.executorEnv.PYTHONPATH": str(ROOT),
            "spark.log.level": "ERROR",
            **settings,
        }
        builder = SparkSession.builder.appName("tests")
        for name, value in ours.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()
