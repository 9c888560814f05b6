"""Catching up with what was appended since, and whether it is then in the answers."""

import itertools
from pathlib import Path
from typing import Any

from tests.benchmarks import files, ours
from tests.benchmarks.apart import Apart
from tests.benchmarks.appends import fresh_statements
from tests.benchmarks.files import Event
from tests.benchmarks.measurements import Measurement, check, check_equal, in_ms, median, once, timed_once
from tests.benchmarks.place import Place

PATH = "catch-up"
SINGLE_RUNS = 30
SIZES = (1_000, 100_000)
COMPARED = 100


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """After 1 event, 30 times; after 1,000; after 100,000."""
    with ours.engine(place.copy_to_append()) as engine:
        engine.catch_up()
        fresh = fresh_statements(place)
        runs = []
        for event in itertools.islice(fresh, place.so_many(SINGLE_RUNS) + 1):
            ours.append(engine.ledger, event)
            runs.append(timed_once(engine.catch_up)[0])
            check_answers(engine, [event])
        found = [Measurement(PATH, "after 1 event", "ms", median(in_ms(runs[1:])), at_most=20, grows_at_most=3)]
        for size in SIZES:
            if size > place.size:
                continue
            sent = list(itertools.islice(fresh, size))
            path = files.write_jsonl(place.directory / "more.jsonl", sent)
            seconds = _after(engine, path, size)
            path.unlink()
            last = {(event["subject"], event["metric"], event["material"], event["period"]): event for event in sent}
            check_answers(engine, list(last.values())[-COMPARED:])
            note = f"{size / seconds:,.0f} events/s"
            found.append(Measurement(PATH, f"after {size:,} events", "ms", once(seconds * 1000), note=note))
    return found


def _after(engine: Any, path: Path, size: int) -> float:
    report = ours.take_in(engine.ledger, path, mode="proceed")
    check_equal(report.recorded, size, "what was appended")
    return timed_once(engine.catch_up)[0]


def check_answers(engine: Any, sent: list[Event]) -> None:
    """Whether the projection holds the whole log, and the last statements are the answers."""
    check_equal(engine.position, engine.ledger.head(), "how far the projection is")
    at = ours.viewpoint(engine)
    for event in sent:
        items = ours.one_subject(engine, at, event["subject"]).to_pylist()
        wanted = [event[name] for name in ("metric", "material", "period", "value", "published_at")]
        shown = [[item[name] for name in ("metric", "material", "period", "value", "published_at")] for item in items]
        check(wanted in shown, f"{wanted} is not among the answers of {event['subject']} after catching up")
