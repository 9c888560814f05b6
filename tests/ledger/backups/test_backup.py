"""A backup is a ledger as it was at one instant, whatever is written meanwhile, and is what it was or is refused."""

import json
import sqlite3
import stat
import threading
import zipfile
from collections.abc import Sequence
from contextlib import closing
from importlib.resources import files
from typing import Self

import pytest

from ledger import BackupError, Ledger, save_mapping
from ledger.backups import check_backup, make_backup
from ledger.proof import ATTESTATIONS_FILE, Attestations, Witness
from ledger.store.sqlite import snapshot
from tests.ledger.backups.conftest import AT, Place, backed_up, names_in, unheard
from tests.ledger.conftest import figure
from tests.ledger.proof.signed_trees import WITNESS
from tests.patience import PATIENCE_S
from tests.tampering import tampered


def test_a_backup_says_of_which_log_it_is(place: Place) -> None:
    with place.opened() as ledger:
        manifest = backed_up(ledger, place.folder / "b")
        assert (manifest.ledger, manifest.position) == (ledger.identity, ledger.head())
        assert bytes.fromhex(manifest.root) == ledger.log.root(ledger.head())
        assert manifest.recorders == [(1, ledger.identity)]
    with zipfile.ZipFile(place.folder / "b") as archive:  # which any tool can open
        assert archive.namelist() == ["ledger.db", "manifest.json"]
        assert json.loads(archive.read("manifest.json"))["created_at"] == "2026-11-27T07:00:00.000000Z"
    assert stat.S_IMODE((place.folder / "b").stat().st_mode) == 0o600


def test_a_backup_leaves_nothing_beside_it_and_replaces_nothing(place: Place) -> None:
    before = names_in(place.folder)
    file = place.backup()
    assert names_in(place.folder) - before == {file.name}
    kept = file.read_bytes()
    with pytest.raises(BackupError, match="replaces nothing"):
        place.backup()
    assert file.read_bytes() == kept


def test_a_backup_that_cannot_be_written_leaves_nothing(place: Place) -> None:
    before = names_in(place.folder)
    with place.opened() as ledger, pytest.raises(BackupError, match="cannot write"):
        backed_up(ledger, place.folder / "nowhere" / "b")
    assert names_in(place.folder) == before


def test_what_belongs_to_the_log_is_in_it_and_secrets_are_not(place: Place) -> None:
    mapping = place.folder / "m.toml"
    shipped = (files("ledger") / "imports" / "mappings" / "ready_made" / "wide-years.toml").read_text(encoding="utf-8")
    mapping.write_text(shipped.replace('name = "wide-years"', 'name = "mine"'), encoding="utf-8")
    save_mapping(mapping, place.data)
    Attestations(place.data / ATTESTATIONS_FILE).add_witness(Witness(WITNESS.verifier, "https://witness.example"))
    with closing(sqlite3.connect(place.data / "keys.db")) as keys, keys:
        keys.execute("CREATE TABLE keys (name)")
    (place.data / "witness.key").write_bytes(b"secret")
    (place.data / "projections.duckdb").write_bytes(b"made from the log")
    with zipfile.ZipFile(place.backup()) as archive:
        assert archive.namelist() == ["attestations.db", "ledger.db", "mappings/mine@1.toml", "manifest.json"]
    place.restored(place.folder / "ledger.backup")
    restored = place.folder / "restored"
    assert (restored / "mappings" / "mine@1.toml").read_bytes() == mapping.read_bytes()
    assert [one.url for one in Attestations(restored / ATTESTATIONS_FILE).witnesses()] == ["https://witness.example"]


def test_a_backup_while_others_append_is_of_one_instant(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "PAGES_AT_ONCE", 1)  # so that there is much time between the parts
    place.fill(300)
    with place.opened() as ledger, place.opened() as other, Writers([ledger, ledger, other]) as writers:
        before = ledger.head()
        steps: list[int] = []

        def copied(done: int, total: int) -> None:
            steps.append(done)
            if len(steps) == 10:
                writers.wait_for(20)

        manifest = make_backup(ledger, place.folder / "b", at=AT, program="0", copied=copied, packed=unheard)
        writers.wait_for(20)
        assert len(steps) > 20  # it was made in parts, and begun once
        assert steps == sorted(steps)
        assert before <= manifest.position <= ledger.head() - 2 * (20 - len(writers))
    done = place.restored(place.folder / "b")
    assert done.manifest == manifest
    with place.opened(place.folder / "restored") as restored, place.opened() as ledger:
        assert restored.verify().faults == ()
        assert restored.log.root(manifest.position).hex() == manifest.root
        assert list(restored.entries()) == list(ledger.entries(until=manifest.position))


class Writers:
    """Threads that append one figure after the other, each to a ledger of its own or to a shared one."""

    def __init__(self, ledgers: Sequence[Ledger]) -> None:
        self._ended = threading.Event()
        self._appended = threading.Semaphore(0)
        self._threads = [threading.Thread(target=self._write, args=one) for one in enumerate(ledgers, start=1)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def __len__(self) -> int:
        return len(self._threads)

    def wait_for(self, appends: int) -> None:
        """Wait until so many more are recorded; each writer may have had one in hand that counts too."""
        while self._appended.acquire(blocking=False):
            pass
        for _ in range(appends):
            assert self._appended.acquire(timeout=PATIENCE_S)

    def _write(self, writer: int, ledger: Ledger) -> None:
        value = writer * 10**9
        while not self._ended.is_set():
            value += 1
            ledger.append([figure(value)])
            self._appended.release()


@pytest.mark.parametrize("part", range(40))
def test_a_backup_of_which_one_bit_is_another_is_refused(place: Place, part: int) -> None:
    file = place.backup()
    content = bytearray(file.read_bytes())
    at = len(content) * part // 40 if part < 39 else len(content) - 1
    content[at] ^= 1 << part % 8
    file.write_bytes(content)
    before = names_in(place.folder)
    with pytest.raises(BackupError, match=r"damaged|does not end as a backup"):
        place.restored(file)
    with pytest.raises(BackupError, match=r"damaged|does not end as a backup"):
        place.restored(file, "data", replace=True)
    assert names_in(place.folder) == before


@pytest.mark.parametrize("length", [0, 1, 90, 1000, -1, -87, -88, -89, -5000])
def test_a_backup_that_was_cut_off_is_refused(place: Place, length: int) -> None:
    file = place.backup()
    file.write_bytes(file.read_bytes()[:length])
    before = names_in(place.folder)
    with pytest.raises(BackupError, match="does not end as a backup"):
        place.restored(file)
    assert names_in(place.folder) == before


def test_a_backup_can_be_tried_and_nothing_is_changed(place: Place) -> None:
    file = place.backup()
    before = names_in(place.folder)
    assert check_backup(file, place.folder, progress=unheard).identity is None
    assert names_in(place.folder) == before


def test_a_damaged_log_is_not_backed_up(place: Place) -> None:
    with closing(sqlite3.connect(place.data / "ledger.db")) as log, log:
        log.execute("UPDATE tree SET root = x'00'")
    with pytest.raises(BackupError, match="damaged"):
        place.backup()


def test_a_log_that_was_altered_where_nobody_had_looked_is_not_backed_up(place: Place) -> None:
    place.fill(40)
    with place.opened() as ledger:
        tampered(place.data / "ledger.db", "UPDATE stored_events SET recorded_by = 'another' WHERE position = 12")
        assert ledger.doubt is None
        with pytest.raises(BackupError, match="damaged at position 12, and a backup of it could not be restored"):
            backed_up(ledger, place.folder / "b")
    assert not (place.folder / "b").exists()
