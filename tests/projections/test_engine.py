"""The engine: always caught up, the same however it got there, and never in the way."""

import re
import subprocess
import sys
import threading
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import duckdb
import pytest
from pydantic import Field

from ledger import REGISTRY, Ledger, StoreBusy
from ledger.errors import CalendarError, PositionBeyondHead
from ledger.events.base import Event, Ref
from projections import CATALOGUE, Engine
from projections.tables import table_set
from tests.depth import some
from tests.projections.conftest import IDS, WORLD, Book, correction, figure, merge, retraction

FOLDER = Path(str(files("projections").joinpath("views")))
VIEWS = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.sql"))


def tables(engine: Engine) -> dict[str, Any]:
    return {name: engine.table(name) for name in engine.tables()}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_knows_no_clock(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert text.startswith("-- One row is "), "the first line says what a row is"
    assert set(re.findall(r"\$\w+", text)) <= {"$prefer"}
    assert not re.search(r"as_of|effective_at|recorded_as_of|CURRENT_|NOW\(", text)


def test_every_projection_has_a_view_and_reads_empty(book: Book) -> None:
    empty = Engine(Ledger(":memory:"))
    for name, projection in CATALOGUE.items():
        assert f"{name}.sql" in VIEWS
        table = empty.read(name, empty.viewpoint())
        assert table.num_rows == 0
        assert set(projection.order) - set(projection.hidden) <= set(table.column_names)
        assert not set(projection.hidden) & set(table.column_names)
    empty.close()


def test_reads_see_everything_recorded_before_them(book: Book) -> None:
    for year in range(2000, 2010):
        book.record(figure(str(year), period=str(year)))
        assert len(book.ask("figures")) == year - 1999


def test_a_file_of_tables_is_taken_up_where_it_was_left(tmp_path: Path) -> None:
    log, file = tmp_path / "ledger.db", str(tmp_path / "tables.duckdb")
    with Ledger(log) as ledger:
        ledger.append([*WORLD, figure(event_id=IDS[1]), merge(kept="china", merged="prc")])
        with Engine(ledger, path=file) as engine:
            engine.catch_up()
        ledger.append([figure(subject="prc"), correction(IDS[1], value="1")])
        with Engine(ledger, path=file) as engine:
            assert engine.position == len(WORLD) + 2
            taken_up = tables(engine)
        with Engine(ledger) as engine:
            assert tables(engine) == taken_up
    with Ledger(tmp_path / "other.db") as other:
        other.append(WORLD[:3])
        with Engine(other, path=file) as engine:
            assert engine.position == 0
            assert engine.table("entities").num_rows == 3
            assert engine.table("figures").num_rows == 0


def test_a_preview_shows_what_would_be_and_leaves_nothing(book: Book) -> None:
    book.record(figure("1", subject="prc", event_id=IDS[1]))
    before = tables(book.engine)
    plan = book.ledger.plan(
        [
            correction(IDS[1], value="2"),
            figure("3", by="bgs", subject="china", event_id=IDS[2]),
            correction(IDS[2], value="4"),
            merge(kept="china", merged="prc"),
        ]
    )
    with book.engine.preview(plan.entries) as reader:
        (item,) = reader.read("figures", filters={"subject": "prc"}).to_pylist()
        touched = reader.figures_touched(after=book.ledger.head())
    assert (item["subject"], item["value"], item["spread"]) == ("china", "4", "2")
    assert len(touched) == 2
    assert tables(book.engine) == before
    assert book.one("figures")["value"] == "1"
    book.record(correction(IDS[1], value="2"))
    with pytest.raises(StoreBusy), book.engine.preview(plan.entries):
        pass
    assert book.one("figures")["value"] == "2"


def test_reads_in_many_threads_beside_appends_are_each_whole(tmp_path: Path) -> None:
    book = Book(str(tmp_path / "ledger.db"))
    years = [str(1950 + year) for year in range(60)]
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            seen = 0
            while not done.is_set() or seen < len(years):
                items = book.ask("figures")
                assert [item["period"] for item in items] == years[: len(items)]
                assert len(items) >= seen
                seen = len(items)
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for year in years:
            book.record(figure(period=year))
    except BaseException as error:
        failures.append(error)
        years.clear()
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []
    book.close()


def test_a_new_event_type_has_its_table_and_view_with_no_other_edit() -> None:
    class BallotHeld(Event):
        """Voters were asked about a mine."""

        family: ClassVar[str] = "ballots"
        thing: ClassVar[str | None] = "ballot"
        example: ClassVar[dict[str, Any]] = {"type": "BallotHeld", "ballot": "x", "place": "china", "turnout": 5}

        ballot: str
        place: Ref
        turnout: int | None = None
        questions: list[str] | None = Field(None)

    try:
        with Ledger(":memory:") as ledger, Engine(ledger) as engine:
            ledger.append(
                [*WORLD, {"type": "BallotHeld", "ballot": "x", "place": "prc", "turnout": 5, "questions": ["a?"]}]
            )
            ledger.append([merge(kept="china", merged="prc")])
            rows = engine.table("ballots").to_pylist()
            assert [(row["place"], row["turnout"], row["questions"]) for row in rows] == [
                ("prc", 5, ["a?"]),
                ("china", 5, ["a?"]),
            ]
    finally:
        del REGISTRY["BallotHeld"]


def test_the_log_is_searched_by_what_any_version_says(book: Book) -> None:
    first = book.record(figure(subject="prc", event_id=IDS[1], source={"publisher": "usgs", "reference": "F-1"}))
    fixed = book.record(correction(IDS[1], subject="australia"))
    book.record({"type": "MoUSigned", "agreement": "pact", "parties": [{"entity": "prc"}], "published_at": "2024"})
    merged = book.record(merge(kept="china", merged="prc"))

    def positions(**asked: Any) -> list[int]:
        return [entry.position for entry in book.engine.events(viewpoint=book.engine.viewpoint(), **asked)]

    assert positions(entity="prc", after=len(WORLD)) == [first, fixed + 1, merged]
    assert positions(entity="china", after=len(WORLD)) == [first, fixed + 1, merged]
    assert positions(entity="australia", after=len(WORLD)) == [first]
    then = book.engine.viewpoint(recorded_as_of=f"position:{first}")
    assert book.engine.events(viewpoint=then, entity="australia", after=len(WORLD)) == []
    assert positions(reference="F-1") == [first]
    assert positions(publisher="usgs") == [first]
    assert positions(type="EventCorrected") == [fixed]
    assert positions(type="NoSuchType") == []
    assert positions(figure_id=UUID(book.one("figures")["figure_id"])) == [first, fixed]
    assert positions(after=3, limit=2) == [4, 5]


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "ProductionReported"},
        {"entity": "world", "type": "ProductionReported"},
        {"publisher": "usgs", "type": "ProductionReported"},
        {"reference": "F-1"},
        {"type": ["ProductionReported", "EventCorrected"]},
    ],
)
def test_an_event_of_many_versions_counts_once_in_a_page(book: Book, asked: dict[str, Any]) -> None:
    source = {"publisher": "usgs", "reference": "F-1"}
    for place in range(1, 4):
        book.record(figure(subject="world", event_id=IDS[place], period=str(2000 + place), source=source))
        for value in ("2", "3", "4"):
            book.record(correction(IDS[place], value=value))
    viewpoint = book.engine.viewpoint()

    def positions(**page: Any) -> list[int]:
        return [entry.position for entry in book.engine.events(viewpoint=viewpoint, **asked, **page)]

    every = positions()
    assert len(every) == (12 if isinstance(asked.get("type"), list) else 3)
    for size in range(1, len(every) + 1):
        assert positions(limit=size) == every[:size]
        assert positions(after=every[0], limit=size) == every[1 : 1 + size]


def test_an_event_that_was_retracted_is_still_in_the_log(book: Book) -> None:
    book.record(figure(event_id=IDS[1]))
    book.record(retraction(IDS[1]))
    found = book.engine.events(viewpoint=book.engine.viewpoint(), entity="world", type="ProductionReported")
    assert [str(entry.event_id) for entry in found] == [IDS[1]]


def test_a_viewpoint_is_resolved_once(book: Book) -> None:
    head = book.record(figure())
    stated = book.engine.viewpoint(as_of="2019", recorded_as_of=f"position:{head}")
    assert stated.basis() == {
        "as_of": "2019-12-31T23:59:59.999999Z",
        "recorded_as_of": f"position:{head}",
        "effective_at": "2019-12-31T23:59:59.999999Z",
        "position": head,
        "recorded_at": stated.basis()["recorded_at"],
        "root": book.engine.ledger.log.root(head).hex(),
    }
    assert book.engine.viewpoint(recorded_as_of="position:0").recorded_at is None
    assert book.engine.viewpoint(recorded_as_of="2019").position == 0
    assert book.engine.viewpoint(recorded_as_of="9998").position == head
    with pytest.raises(PositionBeyondHead):
        book.engine.viewpoint(recorded_as_of=f"position:{head + 1}")
    for wrong in ("position:x", "position:-1", "yesterday", "2024-01-01T00:00:00"):
        with pytest.raises(CalendarError):
            book.engine.viewpoint(recorded_as_of=wrong)


def test_tables_in_a_file_go_on_from_where_they_were(tmp_path: Path) -> None:
    path = tmp_path / "projections.duckdb"
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.append([{"type": "EntityRegistered", "entity": "usgs", "kind": "organisation", "name": "USGS"}])
    with Engine.beside(ledger, path) as engine:
        engine.catch_up()
    with Engine.beside(ledger, path) as engine:
        assert engine.position == 1
        ledger.append([{"type": "EntityRegistered", "entity": "bgs", "kind": "organisation", "name": "BGS"}])
        assert len(engine.read("entities", engine.viewpoint())) == 2
    ledger.close()


def test_tables_of_a_log_that_was_restored_and_went_on_otherwise_are_made_anew(tmp_path: Path) -> None:
    def registered(slug: str) -> list[dict[str, str]]:
        return [{"type": "EntityRegistered", "entity": slug, "kind": "organisation", "name": slug}]

    path, log = tmp_path / "projections.duckdb", tmp_path / "ledger.db"
    ledger = Ledger(log)
    ledger.append(registered("usgs"))
    ledger.close()
    backup = log.read_bytes()
    for slug in ("bgs", "wire"):
        log.write_bytes(backup)
        ledger = Ledger(log)
        ledger.append(registered(slug))
        with Engine.beside(ledger, path) as engine:
            assert engine.read("entities", engine.viewpoint())["entity"].to_pylist() == sorted([slug, "usgs"])
        ledger.close()


def test_a_file_that_is_no_database_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "projections.duckdb"
    path.write_bytes(b"not a database" * 1000)
    ledger = Ledger(tmp_path / "ledger.db")
    with Engine.beside(ledger, path) as engine:
        assert len(engine.read("entities", engine.viewpoint())) == 0
    ledger.close()


HEADERS = (0, 4096, 8192)
BLOCK_BYTES = 256 * 1024


def test_a_file_that_is_damaged_anywhere_can_be_opened(tmp_path: Path) -> None:
    # DuckDB's file has three headers, then blocks; each begins with the checksum of its content.
    path = tmp_path / "projections.duckdb"
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.append([{"type": "EntityRegistered", "entity": "usgs", "kind": "organisation", "name": "USGS"}])
    with Engine.beside(ledger, path) as engine:
        engine.catch_up()
    whole = path.read_bytes()
    anew = []
    for place in (*HEADERS, *some(range(12288, len(whole), BLOCK_BYTES), one_in=4)):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        with Engine.beside(ledger, path) as engine:
            if engine.position == 0:
                anew.append(place)
                engine.catch_up()
        with Engine.beside(ledger, path) as engine:
            assert engine.position == 1, f"what was made after damage at {place} is in the file"
    assert set(anew) >= {*HEADERS, 12288}, "damage here is met at opening"
    ledger.close()


def test_tables_that_another_process_has_are_made_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "projections.duckdb"
    holding = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        ledger = Ledger(tmp_path / "ledger.db")
        ledger.append([{"type": "EntityRegistered", "entity": "usgs", "kind": "organisation", "name": "USGS"}])
        with Engine.beside(ledger, path) as engine:
            assert len(engine.read("entities", engine.viewpoint())) == 1
        holder.communicate()
    with Engine.beside(ledger, path) as engine:
        assert engine.position == 0, "the file holds what the other process left in it"
    ledger.close()


def test_one_core_answers_of_a_short_log_and_all_of_a_long_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def threads(engine: Engine) -> int:
        with engine.reader(engine.viewpoint()) as reader:
            ((count,),) = reader.ask("SELECT current_setting('threads')")
        return int(count)

    with duckdb.connect() as connection:
        ((every,),) = connection.execute("SELECT current_setting('threads')").fetchall()
    monkeypatch.setattr(table_set, "CORES_MIN", len(WORLD) + 1)
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.append(WORLD)
        with Engine(ledger, path=str(tmp_path / "projections.duckdb")) as engine:
            assert threads(engine) == 1
            ledger.append([figure()])
            assert threads(engine) == every
        with Engine(ledger, path=str(tmp_path / "projections.duckdb")) as engine:
            assert threads(engine) == every
