"""What executors of Spark fold is, row for row, what DuckDB answers in one process.

All of it is one test: a session of Spark takes most of a minute to start, and two workers of the tests would start two.
More of the same, and an executor that is killed, is in `python -m tests.spark_judge`.
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyarrow.parquet import read_table
from typer.testing import CliRunner

from api.cli.main import app
from ledger import PlaceError
from projections import Engine
from projections.partitions import (
    FOLDED,
    NotFolded,
    VersionPlace,
    VersionsUnusable,
    spark_fold,
    spark_fold_into,
)
from projections.partitions.spark_folds import ANSWER
from tests.depth import some
from tests.folds import assert_same, clocks_of, exported, own_table
from tests.oracle.histories import random_viewpoint
from tests.places import ROOT
from tests.properties.test_viewpoints import recorded, seen_from
from tests.spark import need_spark, spark_session

AT = {"as_of": "2026-06-30"}


def test_spark_folds_what_the_process_does(shipped: Engine, shipped_versions: VersionPlace, tmp_path: Path) -> None:
    need_spark()
    with spark_session() as session:
        same_rows_of_a_history(session, tmp_path / "history")
        same_rows_of_the_shipped_ledger(session, shipped, shipped_versions)
        items_in_a_place(session, shipped, shipped_versions, tmp_path / "answer")
        an_altered_object(session, shipped, tmp_path / "altered")
        the_command(shipped_versions, tmp_path)


def same_rows_of_a_history(session: Any, folder: Path) -> None:
    rng = random.Random(32_003)
    for engine, events in recorded(rng):
        place = exported(engine, folder, buckets=3)
        for resource in some([*FOLDED], one_in=3):
            at = seen_from(engine, random_viewpoint(rng, events))
            table = spark_fold(session, place.location, clocks_of(at), resource).toArrow()
            assert_same(own_table(engine, at, resource), [table], (resource, at))


def same_rows_of_the_shipped_ledger(session: Any, shipped: Engine, place: VersionPlace) -> None:
    at = shipped.viewpoint(**AT)
    for resource in some([*FOLDED], one_in=4):
        table = spark_fold(session, place.location, AT, resource).toArrow()
        assert len(table)
        assert_same(own_table(shipped, at, resource), [table], resource)


def items_in_a_place(session: Any, shipped: Engine, place: VersionPlace, folder: Path) -> None:
    answer = spark_fold_into(session, place.location, AT, "facilities", str(folder))
    tables = [read_table(folder / one["name"]) for one in answer["objects"]]
    assert_same(own_table(shipped, shipped.viewpoint(**AT), "facilities"), tables, "facilities")
    assert answer["rows"] == sum(map(len, tables)) > 0
    assert answer["basis"]["recorded_as_of"] == f"position:{shipped.ledger.head()}"
    assert {one.name for one in folder.iterdir()} == {ANSWER, *(one["name"] for one in answer["objects"])}
    with pytest.raises(VersionsUnusable, match="has an answer already"):
        spark_fold_into(session, place.location, AT, "facilities", str(folder))


def an_altered_object(session: Any, shipped: Engine, folder: Path) -> None:
    place = exported(shipped, folder, buckets=2)
    one = next(one for one in place.manifest.tables["policies"] if one is not None)
    file = folder / "versions" / one.name
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    with pytest.raises(Exception, match="is not as it was written"):
        spark_fold(session, place.location, AT, "policies").toArrow()


def the_command(place: VersionPlace, folder: Path) -> None:
    """It takes the session that is there, and ends it."""
    words = ("spark", "policies", "--as-of", "2026-06-30", "--from", place.location, "--to", str(folder / "commanded"))
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    answer = json.loads((folder / "commanded" / ANSWER).read_text(encoding="utf-8"))
    assert f"Folded {answer['rows']} policies as of 2026-06-30T23:59:59.999999Z" in done.stdout
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 1
    assert "has an answer already" in again.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sums", "--from", ".", "--to", "."], "'sums' is not folded bucket by bucket"),
        (["figures", "--from", "tests", "--to", "."], "there are no typed versions in"),
        (["figures", "--from", "ftp://a/b", "--to", "."], "is no place that is known here"),
    ],
)
def test_a_mistake_of_the_command_is_told_before_spark_is_asked(words: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["spark", *words])
    assert done.exit_code in (1, 2)
    assert said in " ".join(done.stderr.split())


def test_the_door_to_spark_brings_no_spark_before_it_is_asked() -> None:
    program = (
        "import sys, supply_ledger, supply_ledger.spark as sls; print(sls.fold.__name__, 'pyspark' in sys.modules)"
    )
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "api" / "client" / "installed")))}
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=paths).stdout
    assert said == "spark_fold False\n"


def test_what_cannot_be_folded_is_said_before_spark_is_asked(shipped_versions: VersionPlace) -> None:
    no_session: Any = None
    with pytest.raises(NotFolded):
        spark_fold(no_session, shipped_versions.location, AT, "sums")
    with pytest.raises(PlaceError):
        spark_fold(no_session, f"{shipped_versions.location}/nowhere", AT)
