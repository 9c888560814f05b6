"""Every resource at many viewpoints, folded on Spark and in one process: `python -m tests.spark_judge`.

    python -m tests.spark_judge --histories 3 --viewpoints 50
    python -m tests.spark_judge --shipped --viewpoints 50 [--resource slips]
    python -m tests.spark_judge --data DIR --buckets 32 [--times 10] [--kill]

With `--data`, a ledger that is there is exported, and its figures are folded at one viewpoint on both; what that took
is told. With `--times`, its figures are there so many times, under other names. With `--kill`, an executor is killed
while it folds. Ends with 1 at the first difference.
"""

import argparse
import os
import random
import resource as usage
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from api.cli.demo import sample_path
from ledger import Ledger, import_file
from projections import Engine, Viewpoint
from projections.partitions import FOLDED, fold, spark_fold, spark_fold_into
from projections.tables.answer_intervals import FIGURES_ORDER
from projections.tables.families import FOREVER
from tests.folds import assert_same, clocks_of, exported, own_table
from tests.oracle.histories import random_viewpoint
from tests.properties.test_viewpoints import recorded, seen_from
from tests.spark import spark_session


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Tell how long a block took, how much of the processor this process used in it, and its largest size."""
    began, used = time.perf_counter(), time.process_time()
    yield
    most = usage.getrusage(usage.RUSAGE_SELF).ru_maxrss >> 10
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    load = os.getloadavg()[0]
    print(f"{what}: {wall:.1f} s, {cpu:.1f} s of CPU here, {most} MB at most here, load {load:.1f}", flush=True)


def judged(
    session: Any,
    engine: Engine,
    seen: Sequence[Viewpoint],
    rng: random.Random,
    name: object,
    resources: Iterable[str] = FOLDED,
) -> int:
    """Compare resources at some viewpoints; how many rows that were."""
    from pyspark.sql.functions import lit

    rows = 0
    with tempfile.TemporaryDirectory() as folder:
        place = exported(engine, Path(folder), buckets=rng.choice((1, 2, 3)))
        for resource in resources:
            # One job for all viewpoints of a resource: to plan one takes longer than to fold a bucket.
            frames = (
                spark_fold(session, place.location, clocks_of(at), resource).withColumn("judged", lit(number))
                for number, at in enumerate(seen)
            )
            folded = reduce(lambda one, other: one.unionAll(other), frames).toArrow()
            for number, at in enumerate(seen):
                own = own_table(engine, at, resource)
                its = folded.filter(pc.equal(folded["judged"], number)).drop_columns(["judged"])
                assert_same(own, [its], (name, number, resource, at))
                rows += len(own)
            print(f"{name}: {resource}, {len(folded)} rows at {len(seen)} viewpoints, the same", flush=True)
    return rows


def some_day(engine: Engine, rng: random.Random) -> Viewpoint:
    """A viewpoint of the shipped ledger."""
    first = date(2020, 1, 1)
    published, effective = (first + timedelta(days=rng.randrange(2700)) for _ in range(2))
    return engine.viewpoint(
        as_of=published.isoformat(),
        recorded_as_of=f"position:{rng.randint(1, engine.ledger.head())}",
        effective_at=effective.isoformat(),
    )


def large(session: Any, data: Path, buckets: int, *, times: int, kill: bool) -> None:
    """Fold the figures of a large ledger on both."""
    scratch = Path(tempfile.mkdtemp(prefix="spark-judge-", dir=data))
    versions, answers = scratch / "versions", str(scratch / "answers")
    with Ledger(data / "ledger.db") as ledger, Engine.beside(ledger, scratch / "projections.duckdb") as engine:
        with timed("tables"):
            engine.catch_up()
        with timed(f"the same {times} times"):
            multiply(engine, times)
        with timed("export"):
            place = exported(engine, versions, buckets=buckets)
        size = sum(one.bytes for one in place.manifest.objects())
        print(f"{place.manifest.position} events, {place.manifest.rows} versions, {size} bytes, {buckets} buckets")
        at = place.viewpoint()
        with timed("one process, over its tables"):
            own = own_table(engine, at, "figures")
        with timed("one process, bucket by bucket"):
            rows = sum(len(fold(one, at, "figures")) for one in place.partitions("figures"))
        assert rows == len(own)
        done = threading.Event()
        if kill:
            threading.Thread(target=_kill_an_executor, args=(done,), daemon=True).start()
        with timed("Spark, into a place"):
            answer = spark_fold_into(session, place.location, clocks_of(at), "figures", answers)
        assert not kill or done.is_set(), "no executor was killed while Spark folded"
        folded = [pa.parquet.read_table(Path(answers) / one["name"]) for one in answer["objects"]]
    assert answer["rows"] == len(own)
    assert ordered(own).equals(ordered(pa.concat_tables(folded))), "rows differ"
    print(f"{len(own)} figures, the same rows", flush=True)


def multiply(engine: Engine, times: int) -> None:
    """Have the figures so many times, under other names, as if they had been recorded before the log began.

    So their positions are below 0, and at the end of the log all of them count.
    """
    with engine.tables_at_rest() as tables, tables.connection.cursor() as cursor:
        for number in range(1, times):
            before = f"{number * tables.position}"
            moved = ", ".join(
                f"CASE WHEN {one} = {FOREVER} THEN {one} ELSE {one} - {before} END AS {one}"
                for one in ("position", "since", "until")
            )
            figure = f"CAST(MD5(CAST(figure_id AS VARCHAR) || '{number}') AS UUID) AS figure_id"
            cursor.execute(
                f"INSERT INTO log.figures SELECT * REPLACE ({moved}, {figure}, subject || '-{number}' AS subject, "
                f"code_of(subject || '-{number}') AS subject_code, "
                f"CAST(MD5(CAST(event_id AS VARCHAR) || '{number}') AS UUID) AS event_id) "
                f"FROM log.figures WHERE position > 0 {FIGURES_ORDER}"
            )
            shortened = f"CASE WHEN shortened_at = {FOREVER} THEN shortened_at ELSE shortened_at - {before} END"
            cursor.execute(
                f"INSERT INTO log.answer_intervals SELECT one.* REPLACE ({moved}, {figure}, "
                f"code_of(subjects.subject || '-{number}') AS subject_code, {shortened} AS shortened_at) "
                "FROM log.answer_intervals AS one JOIN (SELECT DISTINCT subject, figure_id FROM log.figures "
                "WHERE position > 0) AS subjects USING (figure_id) WHERE position > 0 "
                "ORDER BY subject_code, figure_id, position, since"
            )


def ordered(table: pa.Table) -> pa.Table:
    """The rows by figure, of which each has one."""
    names = table.column_names
    return table.take(pc.sort_indices(table, [("figure_id", "ascending")])).select(names).combine_chunks()


def _kill_an_executor(done: threading.Event) -> None:
    """Kill the first executor of this process's cluster that has a worker of Python, which folds then."""
    while not done.is_set():
        table = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
        rows = [line.split(None, 2) for line in table.splitlines()[1:]]
        parents = {pid: parent for pid, parent, _ in rows}
        executors = [pid for pid, _, args in rows if "CoarseGrainedExecutorBackend" in args and _is_ours(pid, parents)]
        folding = {parents.get(parents[pid], "") for pid, _, args in rows if "pyspark.daemon" in args} | {
            parents[pid] for pid, _, args in rows if "pyspark.daemon" in args
        }
        for pid in executors:
            if pid in folding:
                os.kill(int(pid), signal.SIGKILL)
                print(f"killed executor {pid}", flush=True)
                done.set()
                break
        time.sleep(0.2)


def _is_ours(pid: str, parents: dict[str, str]) -> bool:
    while pid in parents:
        if pid == str(os.getpid()):
            return True
        pid = parents[pid]
    return False


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=0)
    parser.add_argument("--shipped", action="store_true")
    parser.add_argument("--viewpoints", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resource", choices=FOLDED, action="append", help="only this one; as often as there are")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--buckets", type=int, default=32)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--kill", action="store_true")
    asked = parser.parse_args()
    resources = tuple(asked.resource or FOLDED)
    with spark_session() as session:
        for seed in range(asked.seed, asked.seed + asked.histories):
            rng = random.Random(seed)
            for engine, events in recorded(rng):
                with timed(f"history {seed}"):
                    seen = [seen_from(engine, random_viewpoint(rng, events)) for _ in range(asked.viewpoints)]
                    rows = judged(session, engine, seen, rng, seed, resources)
                print(f"history {seed}: {rows} rows, the same", flush=True)
        if asked.shipped:
            with Ledger(":memory:") as ledger, Engine(ledger) as engine:
                import_file(ledger, sample_path())
                rng = random.Random(asked.seed)
                seen = [some_day(engine, rng) for _ in range(asked.viewpoints)]
                rows = judged(session, engine, seen, rng, "shipped", resources)
                print(f"shipped: {rows} rows, the same", flush=True)
        if asked.data:
            large(session, asked.data, asked.buckets, times=asked.times, kill=asked.kill)


if __name__ == "__main__":
    main()
