"""An export brings a place up to date: what is new is written, nothing twice, and a cut leaves what was there."""

import json
import random
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from ledger import BackupError, Ledger, PlaceError, StoreBusy
from ledger.segments import SEGMENTS_MANIFEST, check_segments, read_manifest, storage_place
from tests.cut_places import cut_place
from tests.ledger.conftest import figure
from tests.ledger.segments.exports import RANGE, exported, files_in, filled, restored, said_of, unheard
from tests.tampering import Tamper, hash_row_again, tampered


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    (tmp_path / "data").mkdir()
    made = Ledger(tmp_path / "data" / "ledger.db")
    filled(made, 20)
    return made


def ranges(folder: Path) -> list[tuple[int, int]]:
    manifest = read_manifest(storage_place(str(folder)))
    assert manifest is not None
    return [(one.first, one.last) for one in manifest.segments]


def names(folder: Path) -> set[str]:
    return set(files_in(folder))


def test_an_export_has_segments_of_a_fixed_range_and_a_manifest(ledger: Ledger, tmp_path: Path) -> None:
    done = exported(ledger, tmp_path / "place")
    head = ledger.head()
    assert ranges(tmp_path / "place") == [(1, 8), (9, 16), (17, 24), (25, head)]
    manifest = done.manifest
    assert (manifest.ledger, manifest.position) == (ledger.identity, head)
    assert bytes.fromhex(manifest.root) == ledger.log.root(head)
    assert [bytes.fromhex(one.root) for one in manifest.segments] == [
        ledger.log.root(one.last) for one in manifest.segments
    ]
    assert manifest.verify(ledger.proofs.key.verifier) == ledger.proofs.key.verifier
    named = {one.name for one in manifest.segments} | {"log/manifest.json", manifest.noted.name}  # type: ignore[union-attr]
    assert names(tmp_path / "place") == named
    assert (done.written, done.kept, done.rows_read) == (4, 0, head)


def test_the_checkpoint_of_an_export_is_one_of_the_ledger(ledger: Ledger, tmp_path: Path) -> None:
    checkpoint = exported(ledger, tmp_path / "place").manifest.checkpoint.encode()
    filled(ledger, 3)
    assert ledger.verify(checkpoints=[(checkpoint, ())]).faults == ()


def test_an_empty_ledger_is_exported(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as empty:
        assert exported(empty, tmp_path / "place").manifest.position == 0
        restored(tmp_path / "place", tmp_path / "restored")
    with Ledger(tmp_path / "restored" / "ledger.db") as again:
        assert (again.head(), again.log.recorders()) == (0, [(1, again.identity)])
        filled(again, 1)


def test_the_same_log_gives_the_same_bytes(ledger: Ledger, tmp_path: Path) -> None:
    exported(ledger, tmp_path / "one")
    exported(ledger, tmp_path / "two")
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")


def test_where_nothing_is_new_nothing_is_written_or_read(ledger: Ledger, tmp_path: Path) -> None:
    exported(ledger, cut_place(tmp_path / "place")[0])
    place, handler = cut_place(tmp_path / "place")
    done = exported(ledger, place)
    assert (handler.changes, done.rows_read, done.written, done.kept) == ([], 0, 0, 4)


def test_only_what_is_new_is_read(ledger: Ledger, tmp_path: Path) -> None:
    exported(ledger, tmp_path / "place", range_rows=1000)
    before = files_in(tmp_path / "place")
    for new in (1, 2, 5):
        filled(ledger, new)
        done = exported(ledger, tmp_path / "place")
        assert new <= done.rows_read <= 2 * new
        assert ledger.head() == done.manifest.position
    (first,) = [name for name in before if name.endswith(".parquet")]
    assert files_in(tmp_path / "place")[first] == before[first]
    assert ranges(tmp_path / "place")[0][0] == 1


def test_many_small_exports_read_little_more_than_one_and_leave_few_segments(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        filled(ledger, 0)
        read = 0
        for _ in range(100):
            filled(ledger, 1)
            read += exported(ledger, tmp_path / "place", range_rows=64).rows_read
        head = ledger.head()
        assert read <= head * (1 + (64).bit_length())
        assert len(ranges(tmp_path / "place")) <= head // 64 + (64).bit_length()
        exported(ledger, tmp_path / "whole", range_rows=64)
        full = [name for name in names(tmp_path / "whole") if "000000000001-000000000064" in name]
        assert set(full) < names(tmp_path / "place")


def test_a_full_range_takes_the_place_of_its_parts(ledger: Ledger, tmp_path: Path) -> None:
    exported(ledger, tmp_path / "place")
    filled(ledger, 32 - ledger.head())
    exported(ledger, tmp_path / "place")
    exported(ledger, tmp_path / "whole")
    assert ranges(tmp_path / "place") == [(1, 8), (9, 16), (17, 24), (25, 32)]
    assert files_in(tmp_path / "place") == files_in(tmp_path / "whole")


def test_answers_to_requests_are_exported_as_they_come_and_as_they_change(ledger: Ledger, tmp_path: Path) -> None:
    for number in range(10):
        ledger.append([figure(500 + number)], request=(f"key {number}", b"hash"))
    exported(ledger, tmp_path / "place")
    before = files_in(tmp_path / "place" / "log" / "requests")
    assert [name.partition(".")[0] for name in before] == ["000000000001-000000000008", "000000000009-000000000010"]
    filled(ledger, 2)
    place, handler = cut_place(tmp_path / "place")
    exported(ledger, place)
    assert not [path for path in handler.changes if "log/requests" in path]
    ledger.append([figure(600)], request=("key", b"hash"))
    exported(ledger, tmp_path / "place")
    told = next(item["event_id"] for item in ledger.append([figure(503)], request=("key 3", b"hash")).items)
    ledger.erase(told, reason="other", explanation="-")
    exported(ledger, tmp_path / "place")
    after = files_in(tmp_path / "place" / "log" / "requests")
    assert [name.partition(".")[0] for name in after] == [
        "000000000001-000000000008",
        "000000000009-000000000010",
        "000000000011-000000000011",
    ]
    assert next(iter(after)) != next(iter(before)), "the hash of a body that was erased is taken out"
    restored(tmp_path / "place", tmp_path / "again")
    with Ledger(tmp_path / "again" / "ledger.db") as again:
        assert said_of(again) == said_of(ledger)


def test_a_place_keeps_its_range(ledger: Ledger, tmp_path: Path) -> None:
    exported(ledger, tmp_path / "place")
    filled(ledger, 20)
    assert exported(ledger, tmp_path / "place", range_rows=1000).manifest.range_rows == RANGE


def test_what_was_erased_since_is_taken_out(ledger: Ledger, tmp_path: Path) -> None:
    exported(ledger, tmp_path / "place")
    victim = ledger.at_positions([10])[0]
    before = files_in(tmp_path / "place")
    ledger.erase(victim.event_id, reason="personal_data", explanation="Asked for.")
    exported(ledger, tmp_path / "place")
    after = files_in(tmp_path / "place")
    gone = [name for name in before.keys() - after.keys() if name.endswith(".parquet")]
    assert [name for name in gone if "000000000009-000000000016" in name] != []
    assert next(name for name in before if "000000000001-000000000008" in name) in after
    restored(tmp_path / "place", tmp_path / "again")
    with Ledger(tmp_path / "again" / "ledger.db") as again:
        assert said_of(again) == said_of(ledger)
        assert again.at_positions([10])[0].is_erased
        assert again.verify().faults == ()
        told = [one.erased([one.at_positions([10])[0]])[10] for one in (again, ledger)]
        assert told[0] == told[1]


@pytest.mark.parametrize("told_late", [False, True])
def test_an_export_that_is_cut_off_anywhere_leaves_the_one_before_and_is_taken_up(
    tmp_path: Path, told_late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.segments.segment_export.NOTED_EVERY", 2)
    with Ledger(tmp_path / "ledger.db") as ledger:
        filled(ledger, 6)
        exported(ledger, cut_place(tmp_path / "first")[0])
        before = said_of(ledger)
        filled(ledger, 40)
        ledger.erase(ledger.at_positions([9])[0].event_id, reason="other", explanation="-")
        cut = 0
        while True:
            folder = tmp_path / f"{cut}"
            for name, content in files_in(tmp_path / "first").items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
            place, handler = cut_place(folder, cut, told_late=told_late)
            with suppress(PlaceError):
                exported(ledger, place)
            if (manifest := read_manifest(place)) is not None and manifest.position < ledger.head():
                check_segments(place, progress=unheard)
                restored(place, tmp_path / f"old {cut}")
                with Ledger(tmp_path / f"old {cut}" / "ledger.db") as old:
                    assert said_of(old)["root"] == before["root"]
            taken_up = exported(ledger, cut_place(folder)[0])
            assert taken_up.rows_read <= ledger.head()
            restored(folder, tmp_path / f"new {cut}")
            with Ledger(tmp_path / f"new {cut}" / "ledger.db") as new:
                assert said_of(new) == said_of(ledger)
            manifest = taken_up.manifest
            assert names(folder) == {
                "log/manifest.json",
                manifest.noted.name,  # type: ignore[union-attr]
                *(one.name for one in manifest.segments),
            }
            if handler.left is None or handler.left >= 0:
                break
            cut += 1
        assert cut > 10


def test_an_export_that_is_taken_up_goes_on_from_what_was_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.segments.segment_export.NOTED_EVERY", 2)
    with Ledger(tmp_path / "ledger.db") as ledger:
        filled(ledger, 100)
        whole = exported(ledger, tmp_path / "whole")
        place, handler = cut_place(tmp_path / "place", 12)
        with pytest.raises(PlaceError):
            exported(ledger, place)
        noted = [path for path in handler.changes if path.endswith("progress.json")]
        assert len(noted) == 4
        place, handler = cut_place(tmp_path / "place")
        done = exported(ledger, place)
        assert done.rows_read == ledger.head() - 8 * RANGE
        assert done.manifest == whole.manifest
        assert files_in(tmp_path / "place") == files_in(tmp_path / "whole")


def test_a_segment_of_a_cut_export_that_is_not_what_was_written_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.segments.segment_export.NOTED_EVERY", 2)
    with Ledger(tmp_path / "ledger.db") as ledger:
        filled(ledger, 100)
        with pytest.raises(PlaceError):
            exported(ledger, cut_place(tmp_path / "place", 12)[0])
        broken = sorted((tmp_path / "place" / "log").glob("*.parquet"))[1]
        content = broken.read_bytes()
        broken.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        exported(ledger, tmp_path / "place")
        exported(ledger, tmp_path / "whole")
        assert files_in(tmp_path / "place") == files_in(tmp_path / "whole")


def test_a_segment_that_is_gone_is_written_again(ledger: Ledger, tmp_path: Path) -> None:
    exported(ledger, tmp_path / "place")
    before = files_in(tmp_path / "place")
    sorted((tmp_path / "place" / "log").glob("*.parquet"))[1].unlink()
    done = exported(ledger, tmp_path / "place")
    assert (done.written, done.rows_read) == (1, RANGE)
    assert files_in(tmp_path / "place") == before


def test_what_a_killed_export_left_is_cleared_by_the_next(ledger: Ledger, tmp_path: Path) -> None:
    exported(ledger, tmp_path / "place")
    before = files_in(tmp_path / "place")
    for name in ("log/.000000000001.parquet.0123.part", "log/000000000001-000000000009.x.parquet", "log/requests/x"):
        path = tmp_path / "place" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"the text of an event")
    (tmp_path / "place" / "versions").mkdir()
    (tmp_path / "place" / "versions" / "manifest.json").write_bytes(b"of others")
    exported(ledger, tmp_path / "place")
    assert files_in(tmp_path / "place") == {**before, "versions/manifest.json": b"of others"}


def test_the_place_of_another_ledger_is_left_alone(ledger: Ledger, tmp_path: Path) -> None:
    exported(ledger, tmp_path / "place")
    before = files_in(tmp_path / "place")
    with Ledger(tmp_path / "other.db") as other:
        filled(other, 30)
        with pytest.raises(BackupError, match="segments of another ledger"):
            exported(other, tmp_path / "place")
    restored(tmp_path / "place", tmp_path / "copy")
    with Ledger(tmp_path / "copy" / "ledger.db") as copy, pytest.raises(BackupError, match="name another place"):
        exported(copy, tmp_path / "place")
    assert files_in(tmp_path / "place") == before


def test_an_older_copy_of_the_ledger_does_not_take_the_place_of_what_it_lacks(ledger: Ledger, tmp_path: Path) -> None:
    ledger.close()
    older = tmp_path / "older"
    older.mkdir()
    for path in (tmp_path / "data").iterdir():
        (older / path.name).write_bytes(path.read_bytes())
    with Ledger(tmp_path / "data" / "ledger.db") as newer:
        filled(newer, 5)
        exported(newer, tmp_path / "place")
    before = files_in(tmp_path / "place")
    with Ledger(older / "ledger.db") as old:
        with pytest.raises(BackupError, match="older copy, or went another way"):
            exported(old, tmp_path / "place")
        old.append([figure(900 + number) for number in range(9)])
        with pytest.raises(BackupError, match="older copy, or went another way"):
            exported(old, tmp_path / "place")
    assert files_in(tmp_path / "place") == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": "other/1"}', b"null"])
def test_what_is_no_manifest_is_not_replaced(ledger: Ledger, tmp_path: Path, content: bytes) -> None:
    exported(ledger, tmp_path / "place")
    (tmp_path / "place" / "log" / "manifest.json").write_bytes(content)
    with pytest.raises(BackupError, match=r"manifest\.json in .*(is no manifest|has the form)"):
        exported(ledger, tmp_path / "place")


def test_a_manifest_that_somebody_else_signed_is_not_gone_on_with(ledger: Ledger, tmp_path: Path) -> None:
    exported(ledger, tmp_path / "place")
    path = tmp_path / "place" / "log" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "program": "another"}), encoding="utf-8")
    with pytest.raises(BackupError, match="not the one that its ledger signed"):
        exported(ledger, tmp_path / "place")


def test_two_exports_at_once_leave_no_manifest_that_names_what_is_not_there(ledger: Ledger, tmp_path: Path) -> None:
    exported(ledger, tmp_path / "place")
    filled(ledger, 3)

    place, handler = cut_place(tmp_path / "place")
    begun = handler.open_output_stream

    def open_output_stream(path: str, metadata: object) -> object:
        handler.open_output_stream = begun  # type: ignore[method-assign]
        filled(ledger, 6)
        exported(ledger, tmp_path / "place")
        return begun(path, metadata)

    handler.open_output_stream = open_output_stream  # type: ignore[method-assign]
    with pytest.raises(StoreBusy, match=r"another export wrote to .* at the same time"):
        exported(ledger, place)
    check_segments(storage_place(str(tmp_path / "place")), progress=unheard)
    exported(ledger, tmp_path / "place")
    check_segments(storage_place(str(tmp_path / "place")), progress=unheard)
    assert read_manifest(storage_place(str(tmp_path / "place"))).position == ledger.head()  # type: ignore[union-attr]


def test_what_is_recorded_and_erased_during_an_export_is_in_it(ledger: Ledger, tmp_path: Path) -> None:
    rng = random.Random(7)
    victims = [entry.event_id for entry in ledger.entries(after=12)]
    place, handler = cut_place(tmp_path / "place")
    begun = handler.open_output_stream

    def open_output_stream(path: str, metadata: object) -> object:
        if len(handler.changes) < 4:
            ledger.erase(victims.pop(rng.randrange(len(victims))), reason="other", explanation="-")
        return begun(path, metadata)

    handler.open_output_stream = open_output_stream  # type: ignore[method-assign]
    exported(ledger, place)
    restored(place, tmp_path / "again")
    with Ledger(tmp_path / "again" / "ledger.db") as again:
        assert said_of(again) == said_of(ledger)
        assert len(said_of(again)["erased"]) >= 3


def test_a_damaged_log_is_not_exported(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        filled(ledger, 3)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as log, log:
        log.execute("DROP TRIGGER stored_events_never_delete")
        log.execute("DELETE FROM stored_events WHERE position = (SELECT MAX(position) FROM stored_events)")
    with Ledger(tmp_path / "ledger.db") as ledger, pytest.raises(BackupError, match="the log is damaged"):
        exported(ledger, tmp_path / "place")
    assert not (tmp_path / "place").exists()


def _another_text(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE stored_events SET state = CAST(state || ' ' AS BLOB) WHERE position = 12")


def _another_text_and_leaf(connection: sqlite3.Connection) -> None:
    _another_text(connection)
    hash_row_again(connection, 12)


def _another_answer(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE requests SET answer = '{\"items\": []}' WHERE key = 'first'")


@pytest.mark.parametrize("alter", [_another_text, _another_text_and_leaf, _another_answer])
def test_a_log_that_was_altered_where_nobody_had_looked_is_not_exported(tmp_path: Path, alter: Tamper) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        filled(ledger, 20)
        ledger.append([figure("7", period="2019")], request=("first", b"hash"))
        filled(ledger, 20)
        exported(ledger, tmp_path / "before")
        before = files_in(tmp_path / "before")
        tampered(tmp_path / "ledger.db", alter)
        assert ledger.doubt is None
        with pytest.raises(BackupError, match="the log is damaged") as said:
            exported(ledger, tmp_path / "place")
        assert "verify" in str(said.value)
        assert not (tmp_path / "place" / SEGMENTS_MANIFEST).exists()
        assert files_in(tmp_path / "before") == before
    restored(tmp_path / "before", tmp_path / "again")
