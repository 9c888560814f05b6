"""What was altered in a log is found, by the bytes, the tree, the seal, or a checkpoint that was kept elsewhere."""

import shutil
import sqlite3
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from ledger import Ledger, LedgerAltered, LedgerDamaged
from ledger.append.erasure_faults import THERE
from ledger.entry_faults import AT_ONCE, Fault, PartFaults, faults_of_part
from ledger.store.merkle_tiles import WIDTH
from tests.depth import examples
from tests.ledger.conftest import WORLD, correction, figure
from tests.random_tampering import tamper
from tests.tampering import Tamper, hash_row_again, hash_tree_again, seal_again, tampered

AT = 300
"""The position of what is altered: a figure in a whole tile of the tree."""
LAST = 560
SWAP = (
    "UPDATE stored_events SET position = -1 WHERE position = 300; "
    "UPDATE stored_events SET position = 300 WHERE position = 301; "
    "UPDATE stored_events SET position = 301 WHERE position = -1"
)
FORGED = (
    "INSERT INTO stored_events SELECT {position}, randomblob(16), randomblob(16), 1, topic, recorded_at, recorded_by, "
    "digest, state FROM stored_events WHERE position = 300"
)
WITHOUT_TEXT = "UPDATE stored_events SET state = x'', digest = x'' WHERE position = 300"
WITHOUT_TREE = "DROP TABLE leaves; DROP TABLE tiles; DROP TABLE tree; DROP TABLE seal"
WITHOUT_LAST = "DELETE FROM stored_events WHERE position > {0}; DELETE FROM leaves WHERE position > {0}".format(
    LAST - 5
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 560 events, with a whole tile and a correction, and answered requests."""
    path = tmp_path_factory.mktemp("whole") / "ledger.db"
    with Ledger(path) as ledger:
        ledger.append(WORLD)
        first = ledger.append([figure("1", period="1801")]).items[0]["event_id"]
        ledger.append([correction(first, value="2")])
        rest = LAST - 2 - ledger.head()
        ledger.append([figure(str(number), period=str(1802 + number)) for number in range(rest)])
        for number in range(2):
            ledger.append([figure("7", period=str(1700 + number))], request=(f"key-{number}", bytes(32)))
        assert ledger.head() == LAST
        assert not ledger.verify().faults
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    for file in whole.parent.iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path / whole.name


def update(column: str, value: str, position: int = AT) -> str:
    return f"UPDATE stored_events SET {column} = {value} WHERE position = {position}"


BY_SQL: dict[str, tuple[str, int | None]] = {
    "a state": (update("state", "replace(state, '\"value\"', '\"velue\"')"), AT),
    "a value": (update("state", "CAST(replace(CAST(state AS TEXT), '1', '2') AS BLOB)"), AT),
    "the last state": (update("state", "CAST(replace(CAST(state AS TEXT), '7', '8') AS BLOB)", LAST), LAST),
    "a time": (update("recorded_at", "recorded_at - 1"), AT),
    "the last time": (update("recorded_at", "recorded_at + 1", LAST), LAST),
    "an id": (update("event_id", "randomblob(16)"), AT),
    "a stream": (update("originator_id", "randomblob(16)"), AT),
    "a version": (update("originator_version", "7"), AT),
    "a type": (update("topic", "'SalesReported'"), AT),
    "an unknown type": (update("topic", "'Nothing'"), AT),
    "an author": (update("recorded_by", "'somebody'"), AT),
    "a digest": (update("digest", "zeroblob(32)"), AT),
    "a row gone": ("DELETE FROM stored_events WHERE position = 300", AT),
    "the last row gone": ("DELETE FROM stored_events WHERE position = 560", LAST),
    "the last rows gone with their leaves": (WITHOUT_LAST, LAST - 4),
    "all rows gone": ("DELETE FROM stored_events", 1),
    "a row gone and the others moved up": (
        "DELETE FROM stored_events WHERE position = 300; UPDATE stored_events SET position = position - 1 "
        "WHERE position > 300",
        AT,
    ),
    "two rows swapped": (SWAP, AT),
    "a row put in at the end": (FORGED.format(position=LAST + 1), LAST + 1),
    "a content hash": ("UPDATE leaves SET content = zeroblob(32) WHERE position = 300", AT),
    "a salt": ("UPDATE leaves SET salt = zeroblob(16) WHERE position = 300", AT),
    "a salt gone": ("UPDATE leaves SET salt = NULL WHERE position = 300", AT),
    "a salt that is a text": ("UPDATE leaves SET salt = 'a salt' WHERE position = 300", None),
    "a leaf's hash": ("UPDATE leaves SET hash = zeroblob(32) WHERE position = 300", AT),
    "a leaf gone": ("DELETE FROM leaves WHERE position = 300", AT),
    "a tile's root": ("UPDATE tiles SET root = zeroblob(32) WHERE tile = 1", 257),
    "a tile's hashes": ("UPDATE tiles SET hashes = zeroblob(8192) WHERE tile = 1", 257),
    "a tile gone": ("DELETE FROM tiles WHERE tile = 1", 257),
    "the root": ("UPDATE tree SET root = zeroblob(32)", None),
    "the size of the tree": ("UPDATE tree SET size = size - 1", LAST),
    "an answer to a request": ("UPDATE requests SET answer = replace(answer, 'recorded', 'duplicate')", None),
    "a request's body": ("UPDATE requests SET digest = randomblob(32) WHERE key = 'key-0'", None),
    "a request gone": ("DELETE FROM requests WHERE key = 'key-1'", None),
    "a request gone with its link": (
        "DELETE FROM requests WHERE key = 'key-1'; DELETE FROM request_chain WHERE key = 'key-1'",
        None,
    ),
    "a request put in": ("INSERT INTO requests SELECT 'other', digest, position, answer FROM requests LIMIT 1", None),
    "the seal gone": ("DELETE FROM seal", None),
    "the seal of another size": ("UPDATE seal SET note = replace(CAST(note AS TEXT), '560', '559')", None),
    "the name of the log": ("UPDATE identity SET id = 'another'", None),
    "who recorded": ("INSERT INTO recorders (first_position, ledger) VALUES (1, 'another')", None),
}


def row_hashed_again(path: Path, sql: str, position: int = AT) -> None:
    def alter(connection: sqlite3.Connection) -> None:
        connection.executescript(sql)
        hash_row_again(connection, position)

    tampered(path, alter)


def tree_hashed_again(path: Path, sql: str) -> None:
    tampered(path, sql)
    hash_tree_again(path)


OTHERWISE: dict[str, tuple[Callable[[Path], None], int | None]] = {
    "a row altered and hashed again": (partial(row_hashed_again, sql=BY_SQL["a value"][0]), 257),
    "a time that goes back, hashed again": (partial(row_hashed_again, sql=update("recorded_at", "1")), AT),
    "a time that goes back where other entries are looked at, hashed again": (
        partial(row_hashed_again, sql=update("recorded_at", "1", AT_ONCE + 1), position=AT_ONCE + 1),
        AT_ONCE + 1,
    ),
    "a text taken away, hashed again": (partial(row_hashed_again, sql=WITHOUT_TEXT), AT),
    "an unknown type, hashed again": (partial(row_hashed_again, sql=update("topic", "'Nothing'")), AT),
    "a value altered and the tree made again": (partial(tree_hashed_again, sql=BY_SQL["a value"][0]), None),
    "rows taken away and the tree made again": (partial(tree_hashed_again, sql=WITHOUT_LAST), LAST - 4),
    "a row put in and the tree made again": (
        partial(tree_hashed_again, sql=FORGED.format(position=LAST + 1)),
        LAST + 1,
    ),
}


def tampering(name: str) -> tuple[Callable[[Path], None], int | None]:
    if name in OTHERWISE:
        return OTHERWISE[name]
    sql, position = BY_SQL[name]
    return partial(tampered, alter=sql), position


@pytest.mark.parametrize("name", [*BY_SQL, *OTHERWISE])
def test_what_was_altered_is_found_with_its_position(path: Path, name: str) -> None:
    alter, position = tampering(name)
    alter(path)
    with Ledger(path) as ledger:
        first = ledger.verify().first
    assert first is not None
    assert first.position == position, first


@pytest.mark.parametrize(
    "name",
    [
        "the last state",
        "the last time",
        "the last row gone",
        "the last rows gone with their leaves",
        "a row put in at the end",
        "the root",
        "the size of the tree",
        "the seal gone",
        "the seal of another size",
        "the name of the log",
        *list(OTHERWISE)[5:],
    ],
)
def test_what_was_altered_at_the_end_is_seen_at_once_and_nothing_is_appended(path: Path, name: str) -> None:
    tampering(name)[0](path)
    with Ledger(path) as ledger:
        head = ledger.head()
        with pytest.raises(LedgerDamaged, match=r"supply-ledger verify|something else"):
            ledger.append([figure("1", period="1600")])
        assert ledger.head() == head


def test_a_tree_that_was_taken_away_is_not_made_again(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(WITHOUT_TREE)
    connection.close()
    for _ in range(2):
        with Ledger(path) as ledger:
            with pytest.raises(LedgerDamaged, match="a key and no tree"):
                ledger.append([figure("1", period="1600")])
            assert ledger.verify().faults


def test_who_has_the_key_is_found_by_a_checkpoint_that_was_kept_elsewhere(path: Path) -> None:
    with Ledger(path) as ledger:
        kept = ledger.proofs.checkpoint(400).encoded()
        before = ledger.proofs.checkpoint(200).encoded()
    tree_hashed_again(path, BY_SQL["a value"][0])
    seal_again(path)
    with Ledger(path) as ledger:
        assert ledger.doubt is None
        assert not ledger.verify().faults, "nothing in the file itself can show it"
        for checkpoint in (kept, before):
            (fault,) = ledger.verify(checkpoints=[(checkpoint, ())]).faults
            assert "kept elsewhere" in fault.detail


def test_a_checkpoint_that_cannot_be_held_against_the_tree_is_not_passed_over(path: Path) -> None:
    with Ledger(path) as ledger:
        kept = ledger.proofs.checkpoint(400).encoded()
    tampered(path, "DELETE FROM tiles WHERE tile = 0")
    with Ledger(path) as ledger:
        alone = ledger.verify().faults
        assert len(ledger.verify(checkpoints=[(kept, ())]).faults) == len(alone) + 1


def test_a_log_that_went_on_is_the_continuation_of_its_checkpoints(path: Path) -> None:
    with Ledger(path) as ledger:
        notes = [ledger.proofs.checkpoint(size).encoded() for size in (1, 255, 256, 257, LAST)]
        ledger.append([figure("1", period="1600")])
        assert not ledger.verify(checkpoints=[(note, ()) for note in notes]).faults
        shorter = [(ledger.proofs.checkpoint().encoded(), ())]
    with Ledger(":memory:") as other:
        (fault,) = other.verify(checkpoints=[(notes[0], [ledger.proofs.key.verifier])]).faults
        assert "another log" in fault.detail
    tampered(path, f"DELETE FROM stored_events WHERE position > {LAST}; DELETE FROM leaves WHERE position > {LAST}")
    hash_tree_again(path)
    seal_again(path)
    with Ledger(path) as ledger:
        (fault,) = ledger.verify(checkpoints=shorter).faults
        assert fault.position == LAST + 1


def test_a_log_from_before_gets_its_tree_when_it_is_opened(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(
        "DROP TABLE leaves; DROP TABLE tiles; DROP TABLE tree; DROP TABLE seal; DROP TABLE request_chain"
    )
    connection.close()
    path.with_suffix(".key").unlink()
    with Ledger(path) as ledger:
        assert not ledger.verify().faults
        ledger.append([figure("1", period="1600")])
    with Ledger(path) as ledger:
        assert ledger.doubt is None
        assert not ledger.verify().faults


def test_an_empty_log_is_whole() -> None:
    with Ledger(":memory:") as ledger:
        assert (ledger.verify().size, ledger.verify().faults) == (0, ())


def test_a_log_is_verified_while_others_append(path: Path) -> None:
    stop = threading.Event()
    with Ledger(path) as ledger, Ledger(path) as other:

        def append() -> None:
            year = 1000
            while not stop.is_set():
                events = [figure("5", period=str(1000 + (year + number) % 9000)) for number in range(7)]
                other.append(events, request=(f"many-{year}", bytes(32)))
                year += 7

        thread = threading.Thread(target=append)
        thread.start()
        try:
            for _ in range(8):
                assert not ledger.verify().faults
                with Ledger(path) as opened:
                    assert opened.doubt is None
        finally:
            stop.set()
            thread.join()
        assert other.head() > LAST


PARTS_END = 100
"""The position at which the first part of a log ends, in the tests below, and the next begins after it."""


def in_parts(connection: sqlite3.Connection) -> None:
    for position in (70, AT, LAST):
        connection.execute(update("recorded_by", "'somebody'", position))
    connection.execute("UPDATE tiles SET root = randomblob(32)")


@pytest.mark.parametrize(
    ("alter", "positions"),
    [
        (in_parts, {1, 70, AT, LAST}),
        (update("originator_id", "X'00'", PARTS_END), {PARTS_END}),
        (update("recorded_at", "'never'", PARTS_END), {PARTS_END}),
        (f"DELETE FROM stored_events WHERE position = {PARTS_END}", {PARTS_END}),
        (f"DELETE FROM leaves WHERE position = {PARTS_END}", {PARTS_END}),
        (update("recorded_at", "recorded_at + 1000000000", PARTS_END), {PARTS_END, PARTS_END + 1}),
    ],
    ids=["in parts", "its stream", "its time", "it is gone", "its leaf is gone", "it is later"],
)
@pytest.mark.parametrize("part_rows", [PARTS_END, WIDTH], ids=["parts", "parts of whole tiles"])
def test_several_processes_find_what_one_finds_also_where_their_parts_meet(
    path: Path, monkeypatch: pytest.MonkeyPatch, alter: Tamper | str, positions: set[int], part_rows: int
) -> None:
    tampered(path, alter)
    monkeypatch.setattr("ledger.verification.PART_ROWS", part_rows)
    with Ledger(path) as ledger:
        alone = ledger.verify()
        assert positions <= {fault.position for fault in alone.faults}
        monkeypatch.setattr("ledger.verification.ALONE_MAX", 0)
        said: list[int] = []
        assert ledger.verify(progress=said.append).faults == alone.faults
        assert said == [*range(part_rows, LAST, part_rows), LAST]


@pytest.mark.parametrize(
    "alter",
    [
        "UPDATE tiles SET root = randomblob(32) WHERE tile = 1",
        "UPDATE tiles SET hashes = randomblob(8192) WHERE tile = 0",
        "DELETE FROM tiles WHERE tile = 0",
        "UPDATE leaves SET hash = randomblob(32) WHERE position = 512",
    ],
)
def test_what_a_look_at_the_whole_tree_finds_is_told_though_its_tiles_were_seen_before(path: Path, alter: str) -> None:
    tampered(path, alter)
    with Ledger(path) as ledger:
        of_store = [Fault(*one) for one in ledger.log.damage()]
        found = ledger.verify().faults
        assert of_store
        assert [one for one in found if one in of_store] == of_store


def test_tiles_are_right_where_each_of_them_is(path: Path) -> None:
    with Ledger(path) as ledger:
        assert faults_of_part(ledger.log, (0, LAST)) == PartFaults([], 2)
        event = ledger.log.at_positions([AT])[0].event_id
        ledger.erase(event, reason="other", explanation="It had to go.")
        assert faults_of_part(ledger.log, (0, LAST + 1)) == PartFaults([], 2), "also where a text was erased"
        assert faults_of_part(ledger.log, (256, LAST)) == PartFaults([], 1)
        assert faults_of_part(ledger.log, (100, LAST)) == PartFaults([], 0), "it begins within a tile"
    tampered(path, "UPDATE tiles SET root = randomblob(32) WHERE tile = 1")
    with Ledger(path) as ledger:
        assert faults_of_part(ledger.log, (0, LAST)).right_tiles < 2
        assert [position for position, _ in ledger.log.damage()] == [257]
        assert [position for position, _ in ledger.log.damage(right_tiles=1)] == [257]
        assert not list(ledger.log.damage(right_tiles=2))


@pytest.mark.parametrize("noted", [True, False])
def test_a_text_that_was_erased_and_is_there_again_is_told(path: Path, noted: bool) -> None:
    with closing(sqlite3.connect(path)) as connection:
        query = f"SELECT state, digest, salt FROM stored_events JOIN leaves USING (position) WHERE position = {AT}"
        state, digest, salt = connection.execute(query).fetchone()
    with Ledger(path) as ledger:
        event = ledger.log.at_positions([AT])[0].event_id
        ledger.erase(event, reason="other", explanation="It had to go.")

    def put_back(connection: sqlite3.Connection) -> None:
        connection.execute(f"UPDATE stored_events SET state = ?, digest = ? WHERE position = {AT}", (state, digest))
        connection.execute(f"UPDATE leaves SET salt = ? WHERE position = {AT}", (salt,))
        if not noted:
            connection.execute("DELETE FROM erasures")

    tampered(path, put_back)
    with Ledger(path) as ledger:
        faults = ledger.verify().faults
    assert {one.detail for one in faults if one.position == AT} == {
        f"{THERE} at position {LAST + 1}",
        *([THERE] if noted else []),
    }


@pytest.mark.parametrize("table", ["tiles", "erasures"])
def test_a_table_that_is_gone_hides_no_altered_entry(path: Path, table: str) -> None:
    tampered(path, update("recorded_by", "'somebody'", LAST))
    with Ledger(path) as ledger:
        (before,) = [one for one in ledger.verify().faults if one.position == LAST]
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(f"DROP TABLE {table}")
        found = ledger.verify().faults
    assert before in found
    assert any("cannot be read" in one.detail or table in one.detail for one in found)


def test_what_stands_before_a_gap_is_looked_at_too(path: Path) -> None:
    alter = (update("recorded_by", "'somebody'", AT - 10), f"DELETE FROM stored_events WHERE position = {AT}")
    tampered(path, f"{'; '.join(alter)}; DELETE FROM leaves WHERE position = {AT + 1}")
    with Ledger(path) as ledger:
        positions = {one.position for one in ledger.verify().faults}
    assert {AT - 10, AT, AT + 1} <= positions


def test_random_tamperings_are_found(tmp_path: Path) -> None:
    counts, missed = tamper(examples(40, deeply=2000), 1, tmp_path)
    assert not missed
    assert sum(counts.values()) >= 10


def _seal_of_another(connection: sqlite3.Connection) -> None:
    (note,) = connection.execute("SELECT note FROM seal").fetchone()
    text, _, signature = note.rpartition(b" ")
    forged = b64encode(b64decode(signature)[:4] + bytes(64))
    connection.execute("UPDATE seal SET note = ?", (text + b" " + forged + b"\n",))


@pytest.mark.parametrize("harm", ["a seal of another hand", "the key is gone", "another key"])
def test_an_append_does_not_seal_what_another_hand_has_sealed(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        ledger.append([*WORLD, figure()])
        head = ledger.head()
    if harm == "a seal of another hand":
        tampered(path, _seal_of_another)
    else:
        (tmp_path / "ledger.key").unlink()
    if harm == "another key":
        with Ledger(path) as ledger:
            assert ledger.verify().faults, "which makes a key where there is none"
    with Ledger(path) as ledger:
        for _ in range(2):
            with pytest.raises(LedgerAltered, match="put `ledger.key` back" if "gone" in harm else "not made with its"):
                ledger.append([figure("2", period="2022")])
        assert ledger.doubt is not None
        assert ledger.head() == head
        assert ledger.verify().faults
