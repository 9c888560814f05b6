"""Whatever happens to the tables, an answer is right, or it is said why there is none."""

import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from ledger import Ledger
from projections import CATALOGUE, Engine, TablesUnavailable
from projections.tables import table_set
from tests.depth import examples, some
from tests.projections.conftest import IDS, WORLD, correction, figure, merge, retraction

TRIES_MAX = 5
"""A read meets damage once; then the tables are others."""

RESOURCES = some(tuple(CATALOGUE), one_in=4)
"""Whose items are looked at beside all rows of all tables, which they are made of."""


class Made(NamedTuple):
    """A log, the file of its tables, and all that they answer."""

    log: Path
    file: bytes
    answers: dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    log = tmp_path_factory.mktemp("made") / "ledger.db"
    path = log.with_name("projections.duckdb")
    years = [figure(str(year), period=str(year), by=by) for year in range(1900, 2000) for by in ("usgs", "bgs")]
    with Ledger(log) as ledger:
        ledger.append([*WORLD, figure(event_id=IDS[1]), figure("1", subject="prc", event_id=IDS[2]), *years])
        ledger.append([correction(IDS[1], value="2"), retraction(IDS[2]), merge(kept="china", merged="prc")])
        with Engine.beside(ledger, path) as engine:
            engine.catch_up()
        with Engine(ledger) as engine:
            return Made(log, path.read_bytes(), answers(engine))


@pytest.fixture
def expected(made: Made) -> dict[str, Any]:
    return made.answers


@pytest.fixture
def ledger(made: Made) -> Iterator[Ledger]:
    with Ledger(made.log) as ledger:
        yield ledger


@pytest.fixture
def path(made: Made, tmp_path: Path) -> Path:
    """A file of tables."""
    path = tmp_path / "projections.duckdb"
    path.write_bytes(made.file)
    return path


def answers(engine: Engine) -> dict[str, Any]:
    """What the tables hold, and what they answer, asked again where they were damaged."""
    for _ in range(TRIES_MAX):
        try:
            items = {name: engine.read(name, engine.viewpoint(as_of="2030")) for name in RESOURCES}
            return {**items, **held(engine)}
        except TablesUnavailable:
            continue
    raise AssertionError("the tables are not mended")


def held(engine: Engine) -> dict[str, Any]:
    """All rows of all tables, from which every answer follows."""
    return {f"table {name}": engine.table(name) for name in engine.tables()}


def flipped(place: int) -> Callable[[bytes], bytes]:
    def flip(whole: bytes) -> bytes:
        damaged = bytearray(whole)
        damaged[place % len(whole)] ^= 1 << place % 8
        return bytes(damaged)

    return flip


PLACES = random.Random(13)
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    **{f"a bit of a header, {place}": flipped(place) for place in some((9, 100, 4100, 5000, 8200, 9000), one_in=2)},
    **{
        f"a bit somewhere, {place}": flipped(place)
        for place in (PLACES.randrange(2**40) for _ in range(examples(1, deeply=200)))
    },
    "cut off in a block": lambda whole: whole[: len(whole) // 2 + 77],
    "cut off in a header": lambda whole: whole[:5000],
    "cut off at once": lambda whole: whole[:10],
    "nothing": lambda whole: b"",
    "zeros": lambda whole: bytes(len(whole)),
    "zeros at the end": lambda whole: whole[:-300_000] + bytes(300_000),
    "no database": lambda whole: b"not a database" * 1000,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_mended_and_no_answer_from_it_is_wrong(
    ledger: Ledger, path: Path, name: str, expected: dict[str, Any]
) -> None:
    path.write_bytes(DAMAGES[name](path.read_bytes()))
    with Engine.beside(ledger, path) as engine:
        assert answers(engine) == expected
        assert engine.warning is None
    with Engine.beside(ledger, path) as engine:
        assert engine.position == ledger.head(), "what was made is in the file"
        assert held(engine).items() <= expected.items()


@pytest.mark.parametrize("part", range(4))
def test_damage_that_comes_while_the_file_is_in_use_is_mended_too(
    ledger: Ledger, path: Path, part: int, expected: dict[str, Any]
) -> None:
    with Engine.beside(ledger, path) as engine:
        whole = path.read_bytes()
        path.write_bytes(whole[: 12288 * (part + 1)] + bytes(len(whole) - 12288 * (part + 1)))
        assert answers(engine) == expected
    with Engine.beside(ledger, path) as engine:
        assert answers(engine) == expected


def test_what_may_be_somebody_elses_is_set_aside(ledger: Ledger, path: Path) -> None:
    for number in (1, 2):
        path.write_bytes(b"somebody's notes" * number)
        with Engine.beside(ledger, path) as engine:
            assert engine.read("entities", engine.viewpoint()).num_rows
        assert path.with_name(f"{path.name}.aside-{number}").read_bytes() == b"somebody's notes" * number
        with Engine.beside(ledger, path) as engine:
            assert engine.position == ledger.head()


def test_a_database_of_another_program_is_left_alone(ledger: Ledger, tmp_path: Path, expected: dict[str, Any]) -> None:
    path = tmp_path / "projections.duckdb"
    with duckdb.connect(str(path)) as other:
        other.execute("CREATE TABLE progress AS SELECT 'mine' AS identity")
        other.execute("CREATE TABLE notes AS SELECT 42 AS answer")
    before = path.read_bytes()
    with Engine.beside(ledger, path) as engine:
        assert answers(engine) == expected
        assert engine.warning is not None
        assert "another program" in engine.warning
    assert path.read_bytes() == before


def folder(path: Path) -> None:
    path.mkdir()
    path.joinpath("letter").write_text("dear")


@pytest.mark.parametrize(
    "make", [folder, lambda path: os.mkfifo(path), lambda path: path.symlink_to("/nowhere/at/all")]
)
def test_what_is_no_file_is_left_alone(
    ledger: Ledger, tmp_path: Path, make: Callable[[Path], None], expected: dict[str, Any]
) -> None:
    path = tmp_path / "projections.duckdb"
    make(path)
    before = path.lstat()
    with Engine.beside(ledger, path) as engine:
        assert answers(engine) == expected
        assert engine.warning is not None
        assert path.name in engine.warning
    assert path.lstat().st_ino == before.st_ino


def test_a_place_in_no_folder_is_none(ledger: Ledger, tmp_path: Path, expected: dict[str, Any]) -> None:
    tmp_path.joinpath("file").write_text("no folder")
    with Engine.beside(ledger, tmp_path / "file" / "projections.duckdb") as engine:
        assert answers(engine) == expected
        assert engine.warning is not None


def test_a_file_that_may_not_be_written_is_left_alone(ledger: Ledger, path: Path, expected: dict[str, Any]) -> None:
    if os.geteuid() == 0:
        pytest.skip("whoever is root may write to any file")
    path.chmod(0o400)
    with Engine.beside(ledger, path) as engine:
        assert answers(engine) == expected
        assert engine.warning is not None


def test_what_a_killed_process_left_is_gone_after_the_next_opening(ledger: Ledger, path: Path) -> None:
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.mkdir()
    for name in ("duckdb_temp_storage_DEFAULT-0.tmp", "duckdb_temp_block-7.block"):
        temporary.joinpath(name).write_bytes(b"spilled")
    with Engine.beside(ledger, path) as engine:
        assert not temporary.exists()
        assert engine.position == ledger.head()
    temporary.mkdir()
    temporary.joinpath("letter").write_text("dear")
    with Engine.beside(ledger, path) as engine:
        assert temporary.joinpath("letter").exists(), "this is not DuckDB's"


def test_what_another_program_changed_in_the_file_counts_for_nothing(
    ledger: Ledger, path: Path, tmp_path: Path, expected: dict[str, Any]
) -> None:
    copied = tmp_path / "copied.duckdb"
    other = duckdb.connect(str(path))
    other.execute("UPDATE figures SET value = '13'")
    copied.write_bytes(path.read_bytes())
    copied.with_name("copied.duckdb.wal").write_bytes(path.with_name(f"{path.name}.wal").read_bytes())
    other.close()
    with Engine.beside(ledger, copied) as engine:
        assert answers(engine) == expected
    assert not copied.with_name("copied.duckdb.wal").exists()


def test_a_question_that_is_being_asked_ends_before_the_tables_are_thrown_away(
    ledger: Ledger, expected: dict[str, Any]
) -> None:
    with Engine(ledger) as engine:
        engine.catch_up()
        rebuilt = threading.Event()

        def rebuild() -> None:
            engine.rebuild()
            rebuilt.set()

        with engine.reader(engine.viewpoint(as_of="2030")) as reader:
            thread = threading.Thread(target=rebuild)
            thread.start()
            assert reader.read("figures") == expected["figures"]
            assert not rebuilt.is_set()
        thread.join()
        assert answers(engine) == expected


def test_where_serving_tables_are_made_beside_and_it_is_said_how_far_they_are(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, expected: dict[str, Any]
) -> None:
    monkeypatch.setattr(table_set, "WHOLE_MIN", 100)
    monkeypatch.setattr("projections.upkeep.WHOLE_MIN", 100)
    reading, go_on = threading.Event(), threading.Event()
    blocks = ledger.log.blocks

    def slowly(**asked: Any) -> Iterator[Any]:
        for block in blocks(**asked | {"rows_max": 50}):
            yield block
            if block.after == 100:
                reading.set()
                go_on.wait()

    monkeypatch.setattr(ledger.log, "blocks", slowly)
    monkeypatch.setattr("projections.tables.log_batches.BATCH_ROWS", 50)
    with Engine(ledger) as engine:
        engine.serve()
        reading.wait()
        try:
            with pytest.raises(TablesUnavailable) as told:
                engine.read("figures", engine.viewpoint())
        finally:
            go_on.set()
        assert (told.value.position, told.value.head) == (150, ledger.head())
        while engine.position < ledger.head():
            pass
        assert answers(engine) == expected


def test_an_engine_is_closed_while_its_tables_are_made(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.tables.log_batches.BATCH_ROWS", 10)
    with Engine(ledger) as engine:
        engine.serve()
    assert not [thread for thread in threading.enumerate() if thread.name == "upkeep"]


def test_a_question_that_duckdb_gives_up_over_costs_a_sound_file_nothing(
    ledger: Ledger, path: Path, expected: dict[str, Any]
) -> None:
    with Engine.beside(ledger, path) as engine:
        made = path.stat().st_ino
        for error in (duckdb.InternalException, duckdb.FatalException):
            with pytest.raises(TablesUnavailable), engine.reader(engine.viewpoint()):
                raise error("an assertion of DuckDB failed")
            assert answers(engine) == expected
        assert path.stat().st_ino == made


def test_a_file_that_is_damaged_when_duckdb_gives_up_is_made_anew(
    ledger: Ledger, path: Path, expected: dict[str, Any]
) -> None:
    with Engine.beside(ledger, path) as engine:
        engine.catch_up()
        path.write_bytes(path.read_bytes()[:-300_000] + bytes(300_000))
        with pytest.raises(TablesUnavailable), engine.reader(engine.viewpoint()):
            raise duckdb.InternalException("an assertion of DuckDB failed")
        assert answers(engine) == expected
    with Engine.beside(ledger, path) as engine:
        engine.rebuild()
        assert answers(engine) == expected


def test_a_question_that_is_merely_wrong_costs_nothing(ledger: Ledger, path: Path) -> None:
    with Engine.beside(ledger, path) as engine:
        before = engine.position
        with pytest.raises(duckdb.BinderException), engine.reader(engine.viewpoint()) as reader:
            reader.ask("SELECT no_such_column FROM log.figures")
        assert engine.position == before


def test_tables_that_somebody_took_away_are_made_again(ledger: Ledger, path: Path, expected: dict[str, Any]) -> None:
    with duckdb.connect(str(path)) as other:
        other.execute("DROP TABLE answer_intervals")
    with Engine.beside(ledger, path) as engine:
        assert answers(engine) == expected


def test_what_no_remedy_helps_is_not_tried_over_and_over(
    ledger: Ledger, path: Path, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path.unlink()
    tried = []

    def fail(tables: table_set.TableSet, head: int) -> None:
        tried.append(head)
        raise duckdb.InternalException("an assertion of DuckDB failed")

    with Engine.beside(ledger, path) as engine:
        with monkeypatch.context() as failing:
            failing.setattr(table_set.TableSet, "take_in", fail)
            for _ in range(5):
                with pytest.raises(TablesUnavailable, match="assertion"):
                    engine.catch_up()
            assert len(tried) <= 4
        engine.rebuild()
        assert answers(engine) == expected
