"""The eventsourcing library's own way: an aggregate per figure in its SQLite recorder, and a projection of its own in
Python, event by event.

It is slower by orders of magnitude, so it takes a sample of the log. Its SQLite recorder has no subscriptions, so its
projection is driven by a loop that does what ProjectionRunner does: notification, domain event, `process_event`.
"""

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking, TrackingRecorder
from eventsourcing.popo import POPOTrackingRecorder
from eventsourcing.projection import Projection
from eventsourcing.sqlite import SQLiteDatastore, SQLiteTrackingRecorder

from tests.benchmarks.measurements import check_equal, chunks
from tests.benchmarks.place import Place

SAMPLE = 20_000
BATCH = 500
Statement = dict[str, Any]


class FigureAggregate(Aggregate):
    """A figure that publishers state."""

    class Created(Aggregate.Created):
        """Its key."""

        key: str

    class Stated(Aggregate.Event):
        """What a publisher says of it."""

        publisher: str
        published_at: str
        value: str | None
        unit: str
        title: str
        locator: str

    @event(Created)
    def __init__(self, key: str) -> None:
        self.key = key
        self.values: dict[str, str | None] = {}

    @event(Stated)
    def state(self, publisher: str, published_at: str, value: str | None, unit: str, title: str, locator: str) -> None:
        """A publisher states a value."""
        self.values[publisher] = value

    @staticmethod
    def create_id(key: str) -> UUID:
        """The id that a key has."""
        return uuid5(NAMESPACE_URL, key)


class Figures(Application[UUID]):
    """The figures."""


def application(path: Path) -> Figures:
    """The application over an event store in SQLite, with its cache of aggregates as fast as it goes."""
    app = Figures(
        {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(path),
            "AGGREGATE_CACHE_MAXSIZE": str(SAMPLE),
            "AGGREGATE_CACHE_FASTFORWARD": "n",
        }
    )
    app.repository.deepcopy_from_cache = False
    return app


def statements(history: Path, count: int) -> list[Statement]:
    """The first statements of a generated log."""
    with history.open("rb") as file:
        return list(itertools.islice(_statements(file), count))


def _statements(lines: Iterator[bytes]) -> Iterator[Statement]:
    for line in lines:
        if b'"subject"' in line and b"FigureWithdrawn" not in line:
            yield json.loads(line)


def import_all(app: Figures, sample: list[Statement]) -> float:
    """Seconds of recording the statements, 500 a transaction."""
    started = time.perf_counter()
    for chunk in chunks(sample, BATCH):
        changed: dict[str, FigureAggregate] = {}
        for one in chunk:
            key = f"{one['subject']}/{one['type']}/{one['material']}/{one['period']}/{one['unit']}"
            if key not in changed:
                changed[key] = _figure(app, key)
            source = one["source"]
            changed[key].state(
                source["publisher"],
                one["published_at"],
                one.get("value"),
                one["unit"],
                source["title"],
                source["locator"],
            )
        app.save(*changed.values())
    return time.perf_counter() - started


def _figure(app: Figures, key: str) -> FigureAggregate:
    try:
        found: FigureAggregate = app.repository.get(FigureAggregate.create_id(key))
    except AggregateNotFoundError:
        return FigureAggregate(key)
    return found


class View(TrackingRecorder):
    """What publishers said last of each figure."""

    def set_value(self, figure: UUID, publisher: str, value: str | None, tracking: Tracking) -> None:
        """Note what a publisher says, and how far the view is."""
        raise NotImplementedError


class InDict(POPOTrackingRecorder, View):
    """The view in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[tuple[UUID, str], str | None] = {}

    def set_value(self, figure: UUID, publisher: str, value: str | None, tracking: Tracking) -> None:
        with self._database_lock:
            self._assert_tracking_uniqueness(tracking)
            self._insert_tracking(tracking)
            self.values[figure, publisher] = value


class InSQLite(SQLiteTrackingRecorder, View):
    """The view in a table."""

    def construct_create_table_statements(self) -> list[str]:
        return [
            *super().construct_create_table_statements(),
            "CREATE TABLE IF NOT EXISTS latest (figure TEXT, publisher TEXT, value TEXT, "
            "PRIMARY KEY (figure, publisher)) WITHOUT ROWID",
        ]

    def set_value(self, figure: UUID, publisher: str, value: str | None, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute("INSERT OR REPLACE INTO latest VALUES (?,?,?)", (figure.hex, publisher, value))


class Latest(Projection[View]):
    """Keeps a view of the figures."""

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Track what says nothing of a figure."""
        self.view.insert_tracking(tracking)

    @process_event.register
    def stated(self, domain_event: FigureAggregate.Stated, tracking: Tracking) -> None:
        """Note what a publisher says."""
        self.view.set_value(domain_event.originator_id, domain_event.publisher, domain_event.value, tracking)


def project_all(app: Figures, view: View) -> tuple[int, float]:
    """Run the projection over the whole store: how many events, and the seconds that it took."""
    projection = Latest(view)
    started = time.perf_counter()
    done = 0
    while found := app.recorder.select_notifications(done + 1, BATCH):
        for notification in found:
            projection.process_event(app.mapper.to_domain_event(notification), Tracking(app.name, notification.id))
        done = int(found[-1].id)
    return done, time.perf_counter() - started


def rates(place: Place) -> dict[str, float]:
    """What the library's own way reaches on a sample of the log, events a second, and what it keeps; measured once."""
    kept = place.directory / "library.json"
    if not kept.exists():
        kept.write_text(json.dumps(_measured(place.history, place.fresh("library"))), encoding="utf-8")
        place.drop(place.directory / "library")
    found: dict[str, float] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def _measured(history: Path, directory: Path) -> dict[str, float]:
    sample = statements(history, SAMPLE)
    store, table = directory / "store.db", directory / "view.db"
    app = application(store)
    appending_s = import_all(app, sample)
    in_dict = InDict()
    count, in_dict_s = project_all(app, in_dict)
    in_sqlite = InSQLite(SQLiteDatastore(str(table)))
    in_sqlite.create_table()
    with in_sqlite.datastore.get_connection(commit=True) as connection:
        # A view can be made again, so it need not wait for the disk: ten times as fast as the default.
        connection.cursor().execute("PRAGMA synchronous=OFF")
    count, in_sqlite_s = project_all(app, in_sqlite)
    with in_sqlite.datastore.transaction(commit=False) as cursor:
        cursor.execute("SELECT COUNT(*) FROM latest")
        check_equal(cursor.fetchone()[0], len(in_dict.values), "rows of the library's projection")
    app.close()
    in_sqlite.datastore.close()
    return {
        "appended": len(sample) / appending_s,
        "projected": count / in_sqlite_s,
        "projected_to_dict": count / in_dict_s,
        "bytes_per_event": (store.stat().st_size + table.stat().st_size) / len(sample),
    }
