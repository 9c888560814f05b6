"""The phases of the benchmark, what each needs to be there, and one run of them."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from tests.benchmarks import (
    appends,
    arrivals,
    by_hand,
    catch_ups,
    changes,
    database,
    history,
    http_reads,
    imports,
    machine,
    points_in_time,
    proofs,
    python_door,
    rebuilds,
    segments,
    selective,
    sizes,
    states,
    things,
    truth,
    twin,
    volumes,
)
from tests.benchmarks.apart import Apart, Failed
from tests.benchmarks.measurements import Measurement, WrongAnswer
from tests.benchmarks.ours import log_path
from tests.benchmarks.place import Place

TIMEOUT_S = 3600
Measure = Callable[[Place, Apart], list[Measurement]]


@dataclass(frozen=True)
class Phase:
    """A part of the benchmark, run in a process of its own. `needs` are products in the order of their making."""

    name: str
    title: str
    measure: Measure
    needs: tuple[str, ...]


READING = ("log", "truth", "ledger", "projection")
PHASES = (
    Phase("import", "importing files", imports.measure, ("log",)),
    Phase("arrivals", "orders of arrival", arrivals.measure, ()),
    Phase("volumes", "mixed files, long lists, many corrections", volumes.measure, ()),
    Phase("rebuild", "making the projection", rebuilds.measure, ("log", "truth", "ledger")),
    Phase("bytes", "bytes on disk", sizes.measure, (*READING, "by_hand")),
    Phase("state", "the full state", states.measure, (*READING, "by_hand")),
    Phase("selective", "one figure, one subject", selective.measure, (*READING, "by_hand")),
    Phase("changes", "differences and vintages", changes.measure, READING),
    Phase("points", "questions at points in time", points_in_time.measure, READING),
    Phase("things", "things over time", things.measure, ()),
    Phase("http", "reads over HTTP", http_reads.measure, READING),
    Phase("http-door", "figures to data frames", python_door.measure, READING),
    Phase("append", "single appends", appends.measure_single, (*READING, "twin")),
    Phase("catch-up", "catching up", catch_ups.measure, READING),
    Phase("http-append", "appends over HTTP", appends.measure_concurrent, READING),
    Phase("postgres", "the log in PostgreSQL", database.measure, ("log", "truth")),
    Phase("segments", "segments of the log", segments.measure, ("log", "ledger")),
    Phase("proof", "verification and receipts", proofs.measure, READING),
    Phase("rebuild-again", "making the projection again", rebuilds.measure_again, READING),
)
NAMES = tuple(phase.name for phase in PHASES)


def make_log(place: Place) -> None:
    """Generating the log."""
    history.write(place.history, place.size)
    place.mark("log")


def make_truth(place: Place) -> None:
    """Reading it into typed tables."""
    truth.build(place.history, place.truth)
    place.mark("truth")


def make_by_hand(place: Place) -> None:
    """Putting the same facts into SQLite by hand."""
    by_hand.build(place.truth, place.history, place.by_hand)
    place.mark("by_hand")


def make_twin(place: Place) -> None:
    """Putting its rows into a table beside it."""
    place.drop(place.twin)
    twin.make(log_path(place.data), place.twin)
    twin.insert_all(log_path(place.data), place.twin)
    place.mark("twin")


PRODUCTS: dict[str, Callable[[Place], Any]] = {
    "log": make_log,
    "truth": make_truth,
    "ledger": imports.make,
    "projection": rebuilds.make,
    "by_hand": make_by_hand,
    "twin": make_twin,
}


def run(place: Place, names: Sequence[str], apart: Apart, console: Console) -> dict[str, Any]:
    """Run the phases with these names; what they measured, as JSON. A phase that fails does not end the run."""
    place.directory.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {
        "size": place.size,
        "events": place.events,
        "machine": machine.described(place.directory),
        "measurements": [],
        "failures": [],
        "seconds": {},
    }
    for phase in PHASES:
        if phase.name not in names:
            continue
        started = time.monotonic()
        try:
            _prepare(place, phase.needs, apart, console)
            rows = _step(console, phase.title, apart, phase.measure, place, apart)
            found["measurements"] += [row.as_dict() for row in rows]
        except (Failed, WrongAnswer) as error:
            console.print(f"  {phase.title} FAILED: {error}", style="red", highlight=False, markup=False)
            found["failures"].append({"phase": phase.name, "error": str(error).splitlines()[0][:500]})
        found["seconds"][phase.name] = round(time.monotonic() - started, 1)
    return found


def _prepare(place: Place, products: Iterable[str], apart: Apart, console: Console) -> None:
    for product in products:
        if not place.has(product):
            make = PRODUCTS[product]
            _step(console, f"({product}: {(make.__doc__ or '').partition('.')[0].lower()})", apart, make, place)


def _step(console: Console, title: str, apart: Apart, work: Callable[..., Any], *arguments: Any) -> Any:
    started = time.monotonic()
    with console.status(title):
        answer, _ = apart(work, *arguments, timeout_s=TIMEOUT_S)
    console.print(f"  {title}: {time.monotonic() - started:.1f} s", highlight=False)
    return answer
