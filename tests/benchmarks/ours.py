"""Everything of this project that the benchmark calls, in one place: where a name changes, it changes here."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from api.settings import data_directory
from ledger import Entry, ImportReport, Ledger, TableMapping, import_file
from ledger.imports import workers
from projections import Engine, Viewpoint
from projections.audit import vintages

ROOT = Path(__file__).parent.parent.parent
LOG_TABLE = "stored_events"
LIMIT_MAX = 10_000

Mode = Literal["atomic", "proceed"]


class Folded(NamedTuple):
    """The state of figures reduced: how many, and the sum of their canonical values."""

    figures: int
    total: Decimal


def log_path(data: Path) -> Path:
    """The file of the log."""
    return data_directory(data).ledger_path


def projection_path(data: Path) -> Path:
    """The file of the projection."""
    return data_directory(data).projections_path


def forget_projection(data: Path) -> None:
    """Delete all that was made from the log."""
    for path in data.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif not path.name.startswith(log_path(data).stem):  # the log, and its key
            path.unlink()


def drop_projection(data: Path) -> None:
    """Delete the projection, and nothing else."""
    projection_path(data).unlink(missing_ok=True)


@contextmanager
def ledger(data: Path) -> Iterator[Ledger]:
    """The ledger of a data directory."""
    opened = Ledger(log_path(data))
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def engine(data: Path) -> Iterator[Engine]:
    """The engine over the ledger of a data directory, its projection in its file."""
    with ledger(data) as log, Engine.beside(log, projection_path(data)) as opened:
        yield opened


@contextmanager
def engine_in_memory(of: Ledger) -> Iterator[Engine]:
    """An engine whose tables are in memory."""
    with Engine(of) as opened:
        yield opened


def take_in(log: Ledger, path: Path, *, mode: Mode, mapping: TableMapping | None = None) -> ImportReport:
    """Import a file."""
    return import_file(log, path, mode=mode, mapping=mapping)


def end_workers() -> None:
    """End the workers that wait for another file, so that what they took is counted."""
    workers._IDLE.end()


def append(log: Ledger, event: Mapping[str, Any]) -> int:
    """Append one event; its position."""
    return log.append([event]).position


def append_all(log: Ledger, events: Sequence[Mapping[str, Any]]) -> None:
    """Append a list of events, all or none."""
    log.append(events)


def bodies(log: Ledger, positions: Sequence[int]) -> list[dict[str, Any]]:
    """What was recorded at these positions: type, event_id and own fields."""
    return [_body(entry) for entry in log.at_positions(positions)]


def _body(entry: Entry) -> dict[str, Any]:
    return {"type": entry.type, "event_id": str(entry.event_id), **entry.body}


def viewpoint(of: Engine, as_of: str | None = None, position: int | None = None) -> Viewpoint:
    """What was published by a day, at a position of the log; each defaults to now."""
    return of.viewpoint(as_of=as_of, recorded_as_of=None if position is None else f"position:{position}")


def fold(of: Engine, at: Viewpoint) -> Folded:
    """The full state of figures, read whole and then reduced to a count and a sum."""
    return folded(state(of, at))


def count_and_sum(of: Engine, at: Viewpoint) -> Folded:
    """The state of figures as a count and a sum, found among the answer intervals, with no statement read."""
    with of.reader(at) as reader:
        ((count, total),) = reader.ask(
            "SELECT COUNT(*), SUM(value) FROM (SELECT ARG_MAX_NULL(value, rank_of(is_primary, shown_from, position)) "
            "AS value FROM log.answer_intervals WHERE shown_from <= $as_of AND shown_until > $as_of "
            "AND since <= $position AND until > $position AND (shortened_to > $as_of OR shortened_at > $position) "
            "GROUP BY figure_id)"
        )
    return Folded(count, total or Decimal(0))


def state(of: Engine, at: Viewpoint) -> pa.Table:
    """The full state of figures, every column."""
    return of.read("figures", at)


def folded(table: pa.Table) -> Folded:
    """Delivered items reduced in the same way."""
    exact = pc.cast(table["canonical_value"], pa.decimal128(38, 18))
    return Folded(len(table), Decimal(pc.sum(exact).as_py() or 0))


def one_figure(of: Engine, at: Viewpoint, figure_id: str) -> pa.Table:
    """The answer to one figure."""
    return of.read("figures", at, filters={"figure_id": figure_id})


def one_subject(of: Engine, at: Viewpoint, subject: str) -> pa.Table:
    """The answers to every figure of one subject."""
    return of.read("figures", at, filters={"subject": subject})


def one_history(of: Engine, at: Viewpoint, figure_id: str, clock: str) -> pa.Table:
    """Why one figure changed."""
    return of.history(figure_id, at, clock=clock)


def differences(of: Engine, before: Viewpoint, after: Viewpoint, filters: Mapping[str, str]) -> list[dict[str, Any]]:
    """What differs between two viewpoints."""
    return of.diff(before, after, filters=dict(filters))


def vintages_of(of: Engine, at: Viewpoint, filters: Mapping[str, str]) -> list[dict[str, Any]]:
    """What was said when."""
    with of.reader(at) as reader:
        return list(vintages(reader, dict(filters)).items)


# Over HTTP


def serving(data: Path, port: int) -> list[str]:
    """The command that serves a data directory, as a user starts it."""
    return [sys.executable, "-m", "api", "serve", "--port", str(port), "--data", str(data)]


def environment() -> dict[str, str]:
    """The environment in which that command finds this source."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


READY_PATH = "/readyz"
APPEND_PATH = "/v1/events"


def figure_path(figure_id: str, as_of: str) -> str:
    """The answer to one figure."""
    return f"/v1/figures?figure_id={figure_id}&as_of={as_of}"


def subject_path(subject: str, as_of: str) -> str:
    """The answers to every figure of one subject."""
    return f"/v1/figures?subject={subject}&as_of={as_of}"


def history_path(figure_id: str, as_of: str, clock: str) -> str:
    """Why one figure changed."""
    return f"/v1/figures/{figure_id}/history?clock={clock}&as_of={as_of}"


def page_path(as_of: str) -> str:
    """The state of figures, its first page."""
    return f"/v1/figures?as_of={as_of}"


def state_path(as_of: str) -> str:
    """The full state as Arrow, in the largest pages."""
    return f"/v1/figures?as_of={as_of}&format=arrow&limit={LIMIT_MAX}"


TOLD = ("figure_id", "value", "unit", "publisher", "status", "revisions", "event_id", "published_at")


def points_in_time(of: Engine, questions: pa.Table) -> pa.Table:
    """The answers to a table of questions, each at a viewpoint of its own."""
    return of.point_answers(questions, of.viewpoint())


def one_point(of: Engine, words: Mapping[str, str]) -> dict[str, Any]:
    """One such question asked alone, by a read."""
    filters = {name: text for name, text in words.items() if name not in ("as_of", "recorded_as_of")}
    at = of.viewpoint(as_of=words["as_of"], recorded_as_of=words.get("recorded_as_of"))
    items = of.read("figures", at, filters=filters).to_pylist()
    return {name: items[0][name] if items else None for name in TOLD}


def entries_at(of: Engine, positions: Sequence[int]) -> list[Entry]:
    """The entries at these positions."""
    return of.ledger.at_positions(sorted(set(positions)))
