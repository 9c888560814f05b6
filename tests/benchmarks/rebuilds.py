"""Making the projection from the log, against the library's own projection and against reading alone."""

from pathlib import Path

from tests.benchmarks import library, ours, sampled_questions, truth, twin
from tests.benchmarks.apart import Apart
from tests.benchmarks.measurements import Measurement, Reference, check_equal, median, once, timed_once
from tests.benchmarks.place import Place

PATH = "rebuild"
MB = 1e6
BATCH_ROWS = 10_000


def make(place: Place) -> float:
    """Making the projection from the log; seconds."""
    place.unmark("projection")
    place.drop(place.appending)
    ours.forget_projection(place.data)
    seconds = rebuild(place.data)
    place.mark("projection")
    return seconds


def rebuild(data: Path) -> float:
    """Throw a projection away and make it again: seconds."""
    with ours.engine(data) as engine:
        seconds, _ = timed_once(engine.rebuild)
        check_equal(engine.position, engine.ledger.head(), "how far the projection is")
    return seconds


def check_answers(place: Place) -> None:
    """Whether the projection answers right. Raises WrongAnswer."""
    with ours.engine(place.data) as engine, truth.opened(place.truth) as tables:
        for day in sampled_questions.days(3):
            check_equal(ours.fold(engine, ours.viewpoint(engine, day)), tables.fold(day), f"figures on {day}")


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """The first time, from the log."""
    rates, peak = [], 0
    for _ in range(place.runs):
        seconds, peak = apart(make, place)
        rates.append(place.events / seconds)
    check_answers(place)
    own_way = library.rates(place)
    references = (
        Reference("eventsourcing's projection, view in SQLite (20,000 events)", once(own_way["projected"]), 20),
        Reference("eventsourcing's projection, view in a dict (20,000 events)", once(own_way["projected_to_dict"])),
        Reference("DuckDB alone reads the file's columns", once(place.events / duckdb_reads(place.history))),
        Reference("sqlite3 alone reads the log's rows", once(place.events / sqlite_reads(place.data))),
    )
    return [
        Measurement(PATH, "from the log", "events/s", median(rates), references, at_least=250_000),
        Measurement(PATH, "from the log: peak of memory", "MB", once(peak / MB)),
    ]


def measure_again(place: Place, apart: Apart) -> list[Measurement]:
    """Again, where it has been made before: of the copy that is appended to."""
    data = place.copy_to_append()
    with ours.ledger(data) as log:
        events = log.head()
    runs = []
    for _ in range(place.runs):
        seconds, peak = apart(rebuild, data)
        runs.append(events / seconds)
    return [
        Measurement(PATH, "again", "events/s", median(runs), at_least=1_000_000),
        Measurement(PATH, "again: peak of memory", "MB", once(peak / MB)),
    ]


def duckdb_reads(history: Path) -> float:
    """Seconds that DuckDB alone needs to make a table of the columns in the file."""
    with truth.connected() as connection:
        connection.execute("SET VARIABLE history = $history", {"history": str(history)})
        reading = connection.extract_statements(truth.SCRIPT.read_text(encoding="utf-8"))[0]
        return timed_once(lambda: connection.execute(reading))[0]


def sqlite_reads(data: Path) -> float:
    """Seconds that the standard sqlite3 needs to read every row of the log."""

    def read() -> None:
        with twin.reading(ours.log_path(data)) as connection:
            found = connection.execute(f"SELECT * FROM {ours.LOG_TABLE} ORDER BY position")
            while found.fetchmany(BATCH_ROWS):
                pass

    return timed_once(read)[0]
