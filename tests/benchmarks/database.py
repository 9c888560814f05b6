"""A log in PostgreSQL: a file imported, and appends of 16 clients at once, beside the same rows by the database alone.

The cluster is its own, and waits for its disk as by default. What stands beside ours is `pgbench`: one row of
the log's table, with its keys, in each transaction of 16 clients; and COPY of the same rows, 5,000 in a transaction.
"""

import itertools
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from ledger import Ledger
from tests.benchmarks import ours
from tests.benchmarks.apart import Apart
from tests.benchmarks.appends import fresh_statements
from tests.benchmarks.measurements import Measurement, Reference, check_equal, once, timed_once
from tests.benchmarks.place import Place
from tests.postgres import ROLE, Cluster, needed_binaries

PATH = "log in PostgreSQL"
CLIENTS = 16
SECONDS = 5.0
COPIED_AT_ONCE = 5_000
SCHEMA = "bench"
ALONE = "alone"
INSERT = """\
INSERT INTO alone
VALUES (nextval('places'), %s, %s, 1, 'FigureReported', 1700000000000000, 'local', %s, repeat('x', 300)::bytea);
""".replace("\nVALUES", " VALUES").replace("%s", "decode(md5(random()::text), 'hex')")
"""A row as long as one of ours; pgbench has it in each transaction."""


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster whose commits are on disk."""
    made = Cluster(needed_binaries(), fsync="on", full_page_writes="on", shared_buffers="256MB", max_wal_size="4GB")
    try:
        yield made
    finally:
        made.remove()


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """Import, then appends; each followed by the same by the database alone."""
    seconds = place.seconds(SECONDS)
    with cluster() as database, Ledger(database.address(SCHEMA)) as log:
        import_s, report = timed_once(lambda: ours.take_in(log, place.history, mode="proceed"))
        check_equal((report.recorded, report.rejected), (place.events, 0), "events that were imported")
        copied_s = _copy_alone(database)
        before = log.head()
        appended, taken_s = _append(log, place, seconds)
        check_equal(log.head(), before + appended, "the head of the log")
        check_equal(log.verify().faults, (), "faults of the log")
        alone = _pgbench(database, seconds)
    return [
        Measurement(
            PATH,
            "import of JSON Lines",
            "events/s",
            once(place.events / import_s),
            (Reference("COPY of its rows alone, 5,000 a transaction", once(place.events / copied_s)),),
            at_least=25_000,
        ),
        Measurement(
            PATH,
            f"single appends of {CLIENTS} clients, each on disk",
            "events/s",
            once(appended / taken_s),
            (Reference(f"pgbench, {CLIENTS} clients inserting a row each", once(alone)),),
            at_least=2_000,
        ),
    ]


def _append(log: Ledger, place: Place, seconds: float) -> tuple[int, float]:
    """How many events so many threads appended, one by one, and in which time."""
    events = [list(itertools.islice(fresh_statements(place), int(seconds * 1000) + 10)) for _ in range(CLIENTS)]
    counts = [0] * CLIENTS
    end = time.monotonic() + seconds

    def append(client: int) -> None:
        for event in events[client]:
            if time.monotonic() > end:
                return
            ours.append(log, event)
            counts[client] += 1

    threads = [threading.Thread(target=append, args=(client,)) for client in range(CLIENTS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts), time.monotonic() - began


def _copy_alone(database: Cluster) -> float:
    """Seconds that the database takes for the rows of the log in a table with the same keys, and nothing else."""
    with database.connected(SCHEMA) as connection:
        connection.execute(f"CREATE TABLE {ALONE} (LIKE stored_events INCLUDING ALL)")
        connection.execute("CREATE SEQUENCE places START 1000000000")
        rows = connection.execute("SELECT * FROM stored_events ORDER BY position").fetchall()
        kinds = ["int8", "bytea", "bytea", "int8", "text", "int8", "text", "bytea", "bytea"]
        began = time.monotonic()
        for start in range(0, len(rows), COPIED_AT_ONCE):
            with connection.transaction(), connection.cursor() as cursor:
                _copy(cursor, kinds, rows[start : start + COPIED_AT_ONCE])
        return time.monotonic() - began


def _copy(cursor: "psycopg.Cursor[tuple[object, ...]]", kinds: list[str], rows: list[tuple[object, ...]]) -> None:
    with cursor.copy(f"COPY {ALONE} FROM STDIN (FORMAT BINARY)".encode()) as copy:
        copy.set_types(kinds)
        for row in rows:
            copy.write_row(row)


def _pgbench(database: Cluster, seconds: float) -> float:
    """Rows a second of as many clients that insert one row in each transaction."""
    script = Path(database.folder) / "insert.sql"
    script.write_text(INSERT, encoding="utf-8")
    done = subprocess.run(
        [
            needed_binaries() / "pgbench",
            *("--no-vacuum", "--client", str(CLIENTS), "--jobs", "2", "--time", str(max(1, round(seconds)))),
            *("--file", str(script), "--host", str(database.folder), "--username", ROLE, "postgres"),
        ],
        env={"PGOPTIONS": f"-csearch_path={SCHEMA}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    rates = [line for line in done.stdout.splitlines() if line.startswith("tps = ")]
    check_equal((done.returncode, len(rates)), (0, 1), f"what pgbench says ({done.stderr[-300:]})")
    return float(rates[0].split()[2])
