"""Appends one by one, each on disk before the next: in process, and by many clients over HTTP."""

import itertools
import json
import time
from collections.abc import Iterator

from tests.benchmarks import files, load, ours, truth, twin
from tests.benchmarks.apart import Apart
from tests.benchmarks.files import Event
from tests.benchmarks.measurements import Measurement, Reference, check_equal, in_ms, median, once, p99
from tests.benchmarks.place import Place
from tests.benchmarks.server import serving

SINGLE_PATH = "single append"
CONCURRENT_PATH = "append over HTTP"
SINGLE = 500
SINGLE_WARM = 20
FIGURES = 5000
CLIENTS = (1, 8, 64)
SECONDS = 5.0
CREATED = 201
PUBLISHED = "2026-02-01"


def fresh_statements(place: Place, count: int = FIGURES) -> Iterator[Event]:
    """New statements of figures from all over the log."""
    with truth.opened(place.truth) as tables:
        known = tables.count()
        figures = tables.figures(range(1, known + 1, max(1, known // count)))
    return files.statements(figures, PUBLISHED, seed=time.time_ns())


def measure_single(place: Place, apart: Apart) -> list[Measurement]:
    """In process, in turn with the same row into the twin by sqlite3 alone."""
    data = place.copy_to_append()
    one_s: list[float] = []
    alone_s: list[float] = []
    with (
        ours.ledger(data) as log,
        twin.opened(place.twin) as target,
        twin.reading(ours.log_path(data)) as source,
    ):
        head = log.head()
        sent = list(itertools.islice(fresh_statements(place), SINGLE_WARM + place.so_many(SINGLE)))
        target.execute(f"DELETE FROM {ours.LOG_TABLE} WHERE position > ?", (head,))
        for event in sent:
            started = time.perf_counter()
            position = ours.append(log, event)
            one_s.append(time.perf_counter() - started)
            row = twin.row_at(source, position)
            started = time.perf_counter()
            twin.insert_one(target, row)
            alone_s.append(time.perf_counter() - started)
        check_equal(log.head(), head + len(sent), "the head of the log")
        check_equal(ours.bodies(log, range(head + 1, head + len(sent) + 1)), sent, "what was appended")
    ours_ms, alone_ms = in_ms(one_s[SINGLE_WARM:]), in_ms(alone_s[SINGLE_WARM:])
    rate, alone = (1000 / median(runs).value for runs in (ours_ms, alone_ms))
    return [
        Measurement(
            SINGLE_PATH,
            "events a second, each on disk",
            "events/s",
            once(rate),
            (Reference("sqlite3 alone, in turn with it", once(alone), ratio_at_least=0.8),),
            note=f"from the median of {len(ours_ms)}",
        ),
        Measurement(SINGLE_PATH, "p99", "ms", p99(ours_ms), (Reference("sqlite3 alone", p99(alone_ms)),)),
    ]


def measure_concurrent(place: Place, apart: Apart) -> list[Measurement]:
    """Over HTTP; then the log holds as many more as were acknowledged."""
    data = place.copy_to_append()
    with ours.ledger(data) as log:
        before = log.head()
    bodies = (json.dumps(event, separators=(",", ":")).encode() for event in fresh_statements(place))
    requests = ((0, load.post(ours.APPEND_PATH, body)) for body in bodies)
    seconds = place.seconds(SECONDS)
    with serving(data) as server:
        load.put(server.port, requests, clients=1, seconds=min(1.0, seconds))
        warm = server.json(ours.READY_PATH)["position"]
        puts = {clients: load.put(server.port, requests, clients=clients, seconds=seconds) for clients in CLIENTS}
        peak = server.peak()
    with ours.ledger(data) as log:
        after = log.head()
    acknowledged = sum(len(put.latencies) for put in puts.values())
    check_equal(sum(put.statuses[CREATED] for put in puts.values()), acknowledged, "appends that were acknowledged")
    check_equal(after - warm, acknowledged, f"events in the log beyond {before:,}")
    single = once(puts[CLIENTS[0]].rate)
    found = []
    for clients, put in puts.items():
        runs = in_ms(put.latencies)
        references = (Reference("1 client", single, ratio_at_least=5),) if clients == CLIENTS[-1] else ()
        share = put.processor_seconds / put.seconds
        what = f"{clients} client{'s' if clients > 1 else ''}"
        found += [
            Measurement(
                CONCURRENT_PATH,
                what,
                "events/s",
                once(put.rate),
                references,
                at_least=1500 if clients == CLIENTS[-1] else None,
                note=f"{len(runs):,} acknowledged, and in the log; the clients took {share:.0%} of a core",
            ),
            Measurement(CONCURRENT_PATH, f"{what}, time of one", "ms", median(runs)),
            Measurement(CONCURRENT_PATH, f"{what}, p99", "ms", p99(runs)),
        ]
    return [*found, Measurement(CONCURRENT_PATH, "peak of the server's memory", "MB", once(peak / 1e6))]
