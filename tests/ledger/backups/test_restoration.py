"""A restored ledger is verified first, goes on under its own name, and contradicts no checkpoint kept elsewhere."""

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger import BackupError, Ledger, StoreBusy
from ledger.backups import KeptCheckpoint
from ledger.backups.backup_archive import FORMAT
from ledger.proof import Checkpoint, opened
from tests.ledger.backups.conftest import Place, names_in
from tests.ledger.conftest import figure


def test_a_restored_ledger_goes_on_and_is_another(place: Place) -> None:
    file = place.backup()
    done = place.restored(file)
    with place.opened() as old, place.opened(place.folder / "restored") as new:
        head = old.head()
        assert new.doubt is None
        assert new.identity == done.identity != old.identity
        assert list(new.entries()) == list(old.entries())
        assert new.proofs.key.verifier != old.proofs.key.verifier
        assert new.log.recorders() == [(1, old.identity), (head + 1, new.identity)]
        assert new.append([figure("1")]).items[0]["position"] == head + 1
        assert new.verify().faults == ()
        old.append([figure("2")])
        assert new.log.root(head + 1) != old.log.root(head + 1)
        signed = [opened(one.proofs.checkpoint().encoded(), [one.proofs.key.verifier])[0] for one in (old, new)]
        assert signed[0].origin != signed[1].origin
    with place.opened(place.folder / "restored") as new:
        assert (new.doubt, new.identity, new.head()) == (None, done.identity, head + 1)


def test_the_answer_to_an_old_request_is_the_same(place: Place) -> None:
    with place.opened() as ledger:
        before = ledger.append([figure("7")], request=("key", b"hash"))
    place.restored(place.backup())
    with place.opened(place.folder / "restored") as restored:
        head = restored.head()
        assert restored.append([figure("7")], request=("key", b"hash")).items == before.items
        assert restored.head() == head


@pytest.mark.parametrize("appends", [0, 1])
def test_a_restored_ledger_is_backed_up_and_restored_again(place: Place, appends: int) -> None:
    first = place.restored(place.backup())
    with place.opened(place.folder / "restored") as middle:
        for number in range(appends):
            middle.append([figure(number + 70)])
    second = place.restored(place.backup("again", place.folder / "restored"), "last")
    with place.opened() as old, place.opened(place.folder / "last") as last:
        head = old.head()
        middle_ones = [(head + 1, first.identity)] if appends else []
        assert last.log.recorders() == [(1, old.identity), *middle_ones, (head + appends + 1, second.identity)]
        last.append([figure("9")])
        assert last.verify().faults == ()


def test_an_empty_ledger_is_restored(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.opened().close()
    done = place.restored(place.backup())
    with place.opened(tmp_path / "restored") as ledger:
        assert (ledger.head(), ledger.log.recorders()) == (0, [(1, done.identity)])


def test_nothing_is_replaced_unless_that_is_said(place: Place) -> None:
    file = place.backup()
    before = names_in(place.folder)
    with pytest.raises(BackupError, match="not empty"):
        place.restored(file, "data")
    assert names_in(place.folder) == before
    (place.folder / "empty").mkdir()
    place.restored(file, "empty")


def test_what_is_replaced_stays_beside_and_who_may_ask_stays_as_it_is(place: Place) -> None:
    file = place.backup()
    place.fill()
    with closing(sqlite3.connect(place.data / "keys.db")) as keys, keys:
        keys.execute("CREATE TABLE keys AS SELECT 'revoked since' AS name")
    (place.data / "witness.key").write_bytes(b"secret")
    with place.opened() as ledger:
        head, identity = ledger.head(), ledger.identity
    done = place.restored(file, "data", replace=True, carried=("keys.db", "witness.key", "witness.db"))
    assert done.aside is not None
    assert done.aside.name == "data.before-restore-20261127T070000Z"
    assert names_in(place.data) == {"ledger.db", "ledger.key", "keys.db", "witness.key"}
    with closing(sqlite3.connect(place.data / "keys.db")) as keys, keys:
        assert keys.execute("SELECT name FROM keys").fetchall() == [("revoked since",)]
    with place.opened(done.aside) as ledger:
        assert (ledger.head(), ledger.identity, ledger.doubt) == (head, identity, None)
    with place.opened() as ledger:
        assert ledger.head() == head - 3
    again = place.restored(file, "data", replace=True)
    assert again.aside is not None
    assert again.aside.name.endswith("Z-2")


def test_a_ledger_in_use_is_not_replaced(place: Place) -> None:
    file = place.backup()
    with place.opened() as ledger:
        before = names_in(place.folder)
        with pytest.raises(StoreBusy, match="stop it first"):
            place.restored(file, "data", replace=True)
        assert names_in(place.folder) == before
        ledger.append([figure("5")])
        assert ledger.verify().faults == ()


def kept(ledger: Ledger, size: int | None = None) -> KeptCheckpoint:
    return KeptCheckpoint(ledger.proofs.checkpoint(size).encoded())


def test_a_checkpoint_that_the_backup_continues_is_not_contradicted(place: Place) -> None:
    with place.opened() as ledger:
        checkpoint = kept(ledger, 5)
    assert place.restored(place.backup(), kept=checkpoint).lost is None


def test_a_backup_that_lacks_events_of_a_checkpoint_is_refused_unless_they_may_be_lost(place: Place) -> None:
    file = place.backup()
    place.fill(4)
    with place.opened() as ledger:
        checkpoint, head = kept(ledger), ledger.head()
    before = names_in(place.folder)
    with pytest.raises(BackupError, match=f"positions {head - 3} to {head} would be lost"):
        place.restored(file, kept=checkpoint)
    assert names_in(place.folder) == before
    assert place.restored(file, kept=checkpoint, accept_loss=True).lost == (head - 3, head)


def test_a_checkpoint_with_another_root_is_contradicted_whatever_may_be_lost(place: Place) -> None:
    file = place.backup()
    with place.opened() as ledger:
        forged = Checkpoint(ledger.proofs.origin, 5, bytes(32)).signed(ledger.proofs.key)
    for accept_loss in (False, True):
        with pytest.raises(BackupError, match="are not those of the checkpoint"):
            place.restored(file, kept=KeptCheckpoint(forged.encoded()), accept_loss=accept_loss)
    assert not (place.folder / "restored").exists()


def test_a_checkpoint_of_another_ledger_or_of_nobody_is_no_proof(place: Place, tmp_path: Path) -> None:
    file = place.backup()
    (tmp_path / "other").mkdir()
    other = Place(tmp_path / "other")
    other.fill()
    with other.opened() as ledger:
        checkpoint, keys = kept(ledger), [ledger.proofs.key.verifier]
    with pytest.raises(BackupError, match="cannot be verified with the key of the backup"):
        place.restored(file, kept=checkpoint)
    with pytest.raises(BackupError, match="of another ledger"):
        place.restored(file, kept=KeptCheckpoint(checkpoint.note, keys))
    with pytest.raises(BackupError, match="cannot be verified"):
        place.restored(file, kept=KeptCheckpoint(b"no note"))
    assert not (place.folder / "restored").exists()


def resealed(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """A backup with other content, of which every sum is right: as somebody would forge it."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    manifest = json.loads(members.pop("manifest.json"))
    listed = {name: of for name, of in manifest["files"].items() if name in members}
    for name, content in members.items():
        listed[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest["files"] = listed
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**members, "manifest.json": json.dumps(manifest).encode()}.items():
            archive.writestr(name, content)
        archive.comment = b"0" * len(f"{FORMAT} sha256:" + 64 * "0")
    content = file.read_bytes()[: -len(f"{FORMAT} sha256:" + 64 * "0")]
    file.write_bytes(content + f"{FORMAT} sha256:{hashlib.sha256(content).hexdigest()}".encode())


def test_the_forger_of_these_tests_changes_nothing_by_itself(place: Place) -> None:
    file = place.backup()
    resealed(file, lambda members: None)
    place.restored(file)


def altered(statement: str) -> Callable[[dict[str, bytes]], None]:
    """A change of the log in a backup, with its triggers taken away."""

    def change(members: dict[str, bytes]) -> None:
        log = sqlite3.connect(":memory:")
        log.deserialize(members["ledger.db"])
        for name, sql in log.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            log.execute(f"DROP TRIGGER {name}")
            assert sql
        assert log.execute(statement).rowcount
        log.commit()
        members["ledger.db"] = log.serialize()

    return change


def another_manifest(**said: Any) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **said}).encode()

    return change


def another_file(name: str) -> Callable[[dict[str, bytes]], None]:
    return lambda members: members.update({name: b"x"})


FORGERIES = {
    "a state": (
        altered("UPDATE stored_events SET state = replace(state, '350', '351') WHERE position = 10"),
        "damaged",
    ),
    "an author": (altered("UPDATE stored_events SET recorded_by = 'x' WHERE position = 3"), "position 3"),
    "the last event": (altered("DELETE FROM stored_events WHERE position = 12"), "another one than"),
    "the root": (altered("UPDATE tree SET root = zeroblob(32)"), "damaged"),
    "the name": (altered("INSERT INTO identity (id) VALUES ('another')"), "another one than"),
    "the seal": (altered("DELETE FROM seal"), "no seal"),
    "no log": (lambda members: members.pop("ledger.db"), "other files"),
    "a file elsewhere": (another_file("../ledger.db"), "other files"),
    "a key": (another_file("ledger.key"), "other files"),
    "its position": (another_manifest(position=11), "checkpoint in the backup|another one"),
    "its root": (another_manifest(root="00" * 32), "of another log"),
    "its key": (another_manifest(key="x+00000000+AA=="), "not signed"),
    "a later form": (another_manifest(schema=99), "newer version"),
    "another format": (another_manifest(format="zip"), "is known here"),
    "no member": (another_manifest(recorders=None), "no manifest"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_backup_whose_sums_are_right_and_whose_log_is_not_is_refused(place: Place, forgery: str) -> None:
    file = place.backup()
    change, said = FORGERIES[forgery]
    resealed(file, change)
    before = names_in(place.folder)
    with pytest.raises(BackupError, match=said):
        place.restored(file)
    with pytest.raises(BackupError, match=said):
        place.restored(file, "data", replace=True)
    assert names_in(place.folder) == before
