"""Catching up with the same statements in three orders of arrival: of publication, publisher by publisher, shuffled."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks import files, ours
from tests.benchmarks.apart import Apart
from tests.benchmarks.files import Event
from tests.benchmarks.measurements import Measurement, Reference, check_equal, once, timed_once
from tests.benchmarks.place import Place

PATH = "order of arrival"
PUBLISHERS, VINTAGES = 10, 30
DIRECTORY = "arrivals"
MARK = 1.5

Sortable = tuple[str, str, str]
ORDERS: dict[str, Callable[[Event], Sortable | float]] = {
    "of publication": lambda event: (event["published_at"], event["subject"], event["source"]["publisher"]),
    "publisher by publisher": lambda event: (event["source"]["publisher"], event["subject"], event["published_at"]),
    "shuffled": lambda event: random.Random(str(event)).random(),
}


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """Each order in a process of its own, as a multiple of the order of publication; and of a quarter of it."""
    directory = place.fresh(DIRECTORY)
    figures = max(1, place.so_many(100_000) // PUBLISHERS // VINTAGES)
    seconds: dict[tuple[str, int], float] = {}
    for order in ORDERS:
        for count in (max(1, figures // 4), figures):
            seconds[order, count], _ = apart(_catch_up, directory / f"{len(seconds)}", order, count)
    place.drop(directory)
    first = seconds["of publication", figures]
    rows = []
    for order in ORDERS:
        events, took = figures * PUBLISHERS * VINTAGES, seconds[order, figures]
        growth = took / seconds[order, max(1, figures // 4)]
        references = (Reference("of publication", once(first * 1000), ratio_at_most=MARK),)
        note = f"{events:,} statements; {growth:.1f} times what a quarter of them took"
        rows.append(
            Measurement(
                PATH, order, "ms", once(took * 1000), references if order != "of publication" else (), note=note
            )
        )
    return rows


def _statements(figures: int) -> Iterator[Event]:
    for figure in range(figures):
        for publisher in range(PUBLISHERS):
            for vintage in range(VINTAGES):
                yield {
                    "type": "ProductionReported",
                    "subject": f"place-{figure}",
                    "metric": "production",
                    "period": "2023",
                    "value": str(1000 * vintage + figure),
                    "unit": "t",
                    "published_at": f"{1990 + vintage}-{1 + publisher:02}-15",
                    "source": {"publisher": f"publisher-{publisher}"},
                }


def _catch_up(data: Path, order: str, figures: int) -> float:
    """The seconds in which the tables took everything in at once, beside what they held before."""
    registered = [
        *(_registered(f"publisher-{number}", "organisation") for number in range(PUBLISHERS)),
        *(_registered(f"place-{number}", "country") for number in range(figures)),
    ]
    events = sorted(_statements(figures), key=ORDERS[order])
    data.mkdir()
    with ours.ledger(data) as log, ours.engine_in_memory(log) as engine:
        ours.append_all(log, registered)
        engine.catch_up()
        path = files.write_jsonl(data / "events.jsonl", events)
        check_equal(ours.take_in(log, path, mode="proceed").recorded, len(events), "what was appended")
        return timed_once(engine.catch_up)[0]


def _registered(slug: str, kind: str) -> Event:
    return {"type": "EntityRegistered", "entity": slug, "kind": kind, "name": slug}
