"""The full state as a data frame of polars through the Python door: in this process, and from a server.

The marks are those of a million figures: two seconds here, six over loopback. What the engine needs to read the same
state stands beside it, since the door can be no faster.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import polars as pl
import pyarrow as pa

from api.client import Book
from api.client import open as open_book
from projections import Engine
from tests.benchmarks import ours, sampled_questions, truth
from tests.benchmarks.apart import Apart
from tests.benchmarks.measurements import Measurement, Reference, check_equal, median, timed_once
from tests.benchmarks.place import Place
from tests.benchmarks.server import serving

PATH = "Python door"
RUNS = 5
HERE_AT_LEAST = 1_000_000 / 2
THERE_AT_LEAST = 1_000_000 / 6


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """Figures a second, with every column."""
    with truth.opened(place.truth) as tables:
        days = sampled_questions.days(place.so_many(RUNS), seed=5)
        wanted = {day: tables.fold(day) for day in days}
        with ours.engine(place.data) as engine:
            alone = [_timed(partial(_engine_alone, engine, day)) for day in days]
        with open_book(place.data) as book:
            here = _rates(book, days, wanted)
        with serving(place.data) as server, open_book(f"http://127.0.0.1:{server.port}") as book:
            there = _rates(book, days, wanted)
    beside = (Reference("the engine alone, as Arrow", median(alone)),)
    note = f"up to {max(one.figures for one in wanted.values()):,} figures, 32 columns"
    return [
        Measurement(
            PATH, "full state to polars, in process", "figures/s", median(here), beside, HERE_AT_LEAST, note=note
        ),
        Measurement(PATH, "full state to polars, over loopback", "figures/s", median(there), beside, THERE_AT_LEAST),
    ]


def _rates(book: Book, days: Sequence[str], wanted: Mapping[str, ours.Folded]) -> list[float]:
    """The rates of some days; each frame is checked. One asked before warms up."""
    exact = book.as_of(days[0]).figures().arrow()
    check_equal(ours.folded(exact), wanted[days[0]], f"full state on {days[0]} in Arrow")
    rates = []
    for day in days:
        seconds, frame = timed_once(partial(_in_polars, book, day))
        check_equal(len(frame), wanted[day].figures, f"figures on {day} in polars")
        rates.append(len(frame) / seconds)
    return rates


def _in_polars(book: Book, day: str) -> pl.DataFrame:
    return book.as_of(day).figures().pl()


def _engine_alone(engine: Engine, day: str) -> pa.Table:
    return ours.state(engine, ours.viewpoint(engine, day))


def _timed(work: Callable[[], pa.Table]) -> float:
    seconds, rows = timed_once(work)
    return float(len(rows) / seconds)
