"""A ledger that is restored from segments is the one that was exported, or it is said what is wrong with these."""

import base64
import json
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet as pq

from ledger import BackupError, KeyReused, Ledger, LedgerAltered, LedgerError, PlaceError, Refused, StoreBusy
from ledger.backups import KeptCheckpoint
from ledger.proof import Checkpoint, VerifierKey
from ledger.proof.leaves import leaf_hashes
from ledger.proof.notes import ED25519_NOTE, SignerKey
from ledger.segments import (
    SegmentManifest,
    check_segments,
    read_manifest,
    restore_segments_into_database,
    storage_place,
)
from ledger.segments.parquet_files import GROUP_ROWS, READ_BYTES_MAX
from ledger.segments.request_rows import read_requests, request_schema, write_requests
from ledger.segments.segment_manifest import write_manifest
from ledger.segments.segment_rows import read_rows, write_rows
from ledger.store.protocol import AnsweredRequest
from tests.cut_places import cut_place
from tests.ledger.backups.conftest import names_in
from tests.ledger.conftest import figure
from tests.ledger.segments.exports import RANGE, exported, files_in, filled, restored, said_of, unheard
from tests.oracle.histories import random_history
from tests.postgres import log_address
from tests.properties.test_viewpoints import erase_any

Change = Callable[[Path], None]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    (tmp_path / "data").mkdir()
    made = Ledger(tmp_path / "data" / "ledger.db")
    filled(made, 20)
    for number in range(11):
        made.append([figure(100 + number // 2)], request=(f"key {number}", b"hash"))
    made.erase(made.at_positions([10])[0].event_id, reason="other", explanation="-")
    made.append(
        [
            {
                "type": "EventRetracted",
                "target": str(made.at_positions([12])[0].event_id),
                "explanation": "-",
                "reason": "duplicate",
            }
        ]
    )
    return made


@pytest.fixture
def folder(ledger: Ledger, tmp_path: Path) -> Path:
    exported(ledger, tmp_path / "place")
    return tmp_path / "place"


def test_a_restored_ledger_goes_on_and_is_another(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    done = restored(folder, tmp_path / "restored")
    head = ledger.head()
    with Ledger(tmp_path / "restored" / "ledger.db") as new:
        assert (new.doubt, new.identity) == (None, done.identity)
        assert new.identity != ledger.identity
        assert new.proofs.key.verifier != ledger.proofs.key.verifier
        assert said_of(new) == said_of(ledger)
        assert new.verify().faults == ()
        filled(new, 2)
        assert new.log.recorders() == [(1, ledger.identity), (head + 1, new.identity)]
        assert new.verify().faults == ()


def test_from_a_file_to_a_database_and_back_all_is_the_same(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    address = log_address(tmp_path)
    restore_segments_into_database(storage_place(str(folder)), address, progress=unheard)
    with Ledger(address) as there:
        assert said_of(there) == said_of(ledger)
        assert there.verify().faults == ()
        exported(there, tmp_path / "second")
    restored(tmp_path / "second", tmp_path / "back")
    with Ledger(tmp_path / "back" / "ledger.db") as back:
        assert said_of(back) == said_of(ledger)
        assert back.verify().faults == ()
        exported(back, tmp_path / "third")
    content = [
        {name: held for name, held in files_in(tmp_path / place).items() if name != "log/manifest.json"}
        for place in (folder.name, "second", "third")
    ]
    assert content[0] == content[1] == content[2]
    assert len({read_manifest(storage_place(str(tmp_path / one))).root for one in ("place", "second", "third")}) == 1  # type: ignore[union-attr]


def test_the_answer_to_an_old_request_is_the_same_wherever_the_log_went(
    ledger: Ledger, folder: Path, tmp_path: Path
) -> None:
    sent, request = [figure(102)], ("key 5", b"hash")
    before = ledger.append(sent, request=request).items
    address = log_address(tmp_path)
    restore_segments_into_database(storage_place(str(folder)), address, progress=unheard)
    restored(folder, tmp_path / "restored")
    for location in (address, tmp_path / "restored" / "ledger.db"):
        with Ledger(location) as again:
            head = again.head()
            assert again.append(sent, request=request).items == before
            assert again.head() == head
            with pytest.raises(KeyReused):
                again.append(sent, request=("key 5", b"another hash"))


def test_a_database_with_events_is_left_as_it_is(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    address = log_address(tmp_path)
    with Ledger(address) as there:
        filled(there, 1)
        before = said_of(there)
    with pytest.raises(BackupError, match=r"has \d+ events already, and a restore replaces none in a database"):
        restore_segments_into_database(storage_place(str(folder)), address, progress=unheard)
    with Ledger(address) as there:
        assert said_of(there) == before


def test_a_database_is_as_before_where_the_last_segment_is_not_right(folder: Path, tmp_path: Path) -> None:
    flipped(sorted((folder / "log").glob("*.parquet"))[-1])
    address = log_address(tmp_path)
    with pytest.raises(BackupError, match="was changed after it was made"):
        restore_segments_into_database(storage_place(str(folder)), address, progress=unheard)
    with Ledger(address) as there:
        assert (there.head(), there.log.recorders()) == (0, [(1, there.identity)])
        filled(there, 1)
        assert there.verify().faults == ()


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_whatever_was_recorded_is_restored(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    rng, folder = random.Random(seed), tmp_path_factory.mktemp("history")
    with Ledger(":memory:") as ledger:
        history = random_history(rng, rng.randint(1, 60))
        for number, event in enumerate(history):
            with suppress(Refused):  # It may be about what was erased.
                ledger.append([event], request=(f"key {number}", b"hash") if number % 2 else None)
            if rng.random() < 0.05:
                erase_any(ledger, rng)
            if rng.random() < 0.1:
                exported(ledger, folder / "place", range_rows=16)
        exported(ledger, folder / "place", range_rows=16)
        assert check_segments(storage_place(str(folder / "place")), progress=unheard).manifest.position == ledger.head()
        restored(folder / "place", folder / "restored")
        with Ledger(folder / "restored" / "ledger.db") as again:
            assert said_of(again) == said_of(ledger)
            assert again.verify().faults == ()
            assert again.registrations() == ledger.registrations()
            exported(ledger, folder / "one", range_rows=16)
            exported(again, folder / "two", range_rows=16)
        one, two = (files_in(folder / name) for name in ("one", "two"))
        del one["log/manifest.json"], two["log/manifest.json"]
        assert one == two


def test_a_unit_family_that_was_fixed_stays_so(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    restored(folder, tmp_path / "restored")
    odd = {**ledger.at_positions([11])[0].body, "unit": "USD", "period": "1999"}
    sent = {"type": ledger.at_positions([11])[0].type, **odd}
    refusals = []
    with Ledger(tmp_path / "restored" / "ledger.db") as again:
        for one in (ledger, again):
            with pytest.raises(LedgerError) as refused:
                one.append([sent])
            refusals.append(str(refused.value))
    assert refusals[0] == refusals[1]


def flipped(path: Path, at: int = -9) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_every_flipped_byte_is_found(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    rng = random.Random(3)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        everywhere = range(len(content)) if path.name == "manifest.json" else rng.sample(range(len(content)), 40)
        blank = {at for at in everywhere if chr(content[at]).isspace()}
        for at in set(everywhere) - blank:
            flipped(path, at)
            with pytest.raises(BackupError) as told:
                check_segments(storage_place(str(folder)), progress=unheard)
            assert path.name in str(told.value) or "manifest" in str(told.value)
            path.write_bytes(content)
    check_segments(storage_place(str(folder)), progress=unheard)


def another_key(manifest: SegmentManifest) -> SignerKey:
    return SignerKey(f"supply-ledger/{manifest.ledger}", ED25519_NOTE, bytes(32))


def resigned(folder: Path, change: Callable[[SegmentManifest], SegmentManifest]) -> None:
    """A manifest that says something else, signed by somebody who has a key of their own."""
    place = storage_place(str(folder))
    manifest = read_manifest(place)
    assert manifest is not None
    write_manifest(place, change(manifest).signed(another_key(manifest)))


def rewritten(folder: Path, number: int, change: Callable[[list[Any]], list[Any]]) -> None:
    """A segment with other rows, under a manifest that says so, signed by somebody who has a key of their own."""
    place = storage_place(str(folder))
    manifest = read_manifest(place)
    assert manifest is not None
    segment = manifest.segments[number]
    with place.opened(segment.name) as file:
        rows = [row for group in read_rows(file) for row in group]
    draft = folder / "draft"
    with draft.open("wb") as file:
        write_rows(iter(change(rows)), file)
    digest = place.digest("draft")
    name = f"{segment.name.split('.')[0]}.{digest}.parquet"
    draft.rename(folder / name)
    forged = replace(segment, name=name, sha256=digest, bytes=(folder / name).stat().st_size)
    segments = tuple(forged if one is segment else one for one in manifest.segments)
    write_manifest(place, replace(manifest, segments=segments).signed(another_key(manifest)))


def gone(folder: Path) -> None:
    sorted((folder / "log").glob("*.parquet"))[1].unlink()


def swapped(folder: Path) -> None:
    one, two = sorted((folder / "log").glob("*.parquet"))[:2]
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)


def cut(folder: Path) -> None:
    path = sorted((folder / "log").glob("*.parquet"))[2]
    path.write_bytes(path.read_bytes()[:-1])


def longer(folder: Path) -> None:
    path = sorted((folder / "log").glob("*.parquet"))[2]
    path.write_bytes(path.read_bytes() + bytes(1000))


def unsigned(folder: Path, **said: Any) -> None:
    path = folder / "log" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **said}), encoding="utf-8")


def answered_otherwise(folder: Path) -> None:
    """A segment of requests in which one answer is another."""
    place = storage_place(str(folder))
    manifest = read_manifest(place)
    assert manifest is not None
    segment = manifest.requests[0]
    with place.opened(segment.name) as file:
        (rows,) = read_requests(file)
    draft = folder / "draft"
    with draft.open("wb") as file:
        write_requests(iter([rows[0]._replace(answer='{"items": []}'), *rows[1:]]), file)
    digest = place.digest("draft")
    name = f"{segment.name.split('.')[0]}.{digest}.parquet"
    draft.rename(folder / name)
    forged = replace(segment, name=name, sha256=digest, bytes=(folder / name).stat().st_size)
    write_manifest(place, replace(manifest, requests=(forged, *manifest.requests[1:])).signed(another_key(manifest)))


def first(rows: list[Any], **fields: Any) -> list[Any]:
    return [rows[0]._replace(entry=rows[0].entry._replace(**fields)), *rows[1:]]


def with_leaf_of_its_own(rows: list[Any]) -> list[Any]:
    """The rows with another author of the first one, whose leaf says so too."""
    forged = first(rows, recorded_by="x")[0]
    (hashed,) = leaf_hashes([forged.entry], [forged.entry.stream_version], [forged.leaf.content])
    return [forged._replace(leaf=forged.leaf._replace(hash=hashed)), *rows[1:]]


def unerased(rows: list[Any]) -> list[Any]:
    """The rows with a text in the place of one that was erased."""
    return [
        row
        if row.erased_at is None
        else row._replace(
            entry=row.entry._replace(state=b"{}", digest=bytes(32)),
            leaf=row.leaf._replace(salt=bytes(16)),
            erased_at=None,
        )
        for row in rows
    ]


def erased_by_another(rows: list[Any]) -> list[Any]:
    return [row if row.erased_at is None else row._replace(erased_at=20) for row in rows]


def no_parquet(folder: Path) -> None:
    place = storage_place(str(folder))
    manifest = read_manifest(place)
    assert manifest is not None
    segment = manifest.segments[1]
    place.write("x", b"nothing")
    digest = place.digest("x")
    name = f"{segment.name.split('.')[0]}.{digest}.parquet"
    place.write(name, b"nothing")
    forged = replace(segment, name=name, sha256=digest, bytes=7)
    segments = tuple(forged if one is segment else one for one in manifest.segments)
    write_manifest(place, replace(manifest, segments=segments).signed(another_key(manifest)))


FORGERIES: dict[str, tuple[Change, str]] = {
    "a segment is missing": (gone, r"000000000009-000000000016.* is missing in .*: export again, or take another copy"),
    "two segments are swapped": (swapped, r"000000000001-000000000008.* was changed after it was made.*delete it"),
    "a segment is cut": (cut, r"000000000017-000000000024.* was changed after it was made"),
    "a segment is longer": (longer, r"000000000017-000000000024.* was changed after it was made"),
    "the manifest is missing": (lambda folder: (folder / "log/manifest.json").unlink(), "no export was finished there"),
    "a name": (lambda folder: unsigned(folder, program="x"), "not the one that its ledger signed"),
    "no signature": (lambda folder: unsigned(folder, checkpoint="x"), "not signed by its ledger"),
    "another key": (lambda folder: unsigned(folder, key="x+00000000+AA=="), "not signed by its ledger"),
    "a later form": (lambda folder: unsigned(folder, schema=99), "newer version"),
    "a field too much": (lambda folder: unsigned(folder, more=1), "is no manifest"),
    "a position that is a text": (lambda folder: unsigned(folder, position="9"), "is no manifest"),
    "no segments": (lambda folder: unsigned(folder, segments=[]), "is no manifest"),
    "a segment left out": (
        lambda folder: resigned(folder, lambda said: replace(said, segments=said.segments[1:])),
        "is no manifest",
    ),
    "an end before the end": (
        lambda folder: resigned(folder, lambda said: replace(said, segments=said.segments[:-1])),
        "is no manifest",
    ),
    "a state": (
        lambda folder: rewritten(folder, 1, lambda rows: first(rows, state=rows[0].entry.state + b" ")),
        r"event at position 9 is not the one that its leaf stands for, in log",
    ),
    "an author": (
        lambda folder: rewritten(folder, 0, lambda rows: first(rows, recorded_by="x")),
        r"event at position 1 is not the one that its leaf stands for, in log",
    ),
    "an author, and the leaf": (
        lambda folder: rewritten(folder, 0, with_leaf_of_its_own),
        r"000000000001-000000000008.* does not hold what the manifest says",
    ),
    "an unknown type": (
        lambda folder: rewritten(folder, 0, lambda rows: first(rows, type="Whatever")),
        r"of the type 'Whatever', which is not known here",
    ),
    "a row too few": (
        lambda folder: rewritten(folder, 0, lambda rows: rows[:-1]),
        "does not hold what the manifest says",
    ),
    "a row in another place": (
        lambda folder: rewritten(folder, 0, lambda rows: [rows[1], rows[0], *rows[2:]]),
        "has not every position after 0, in order",
    ),
    "a text that is there again": (
        lambda folder: rewritten(folder, 1, unerased),
        r"event at position 10 is not the one that its leaf stands for, in log",
    ),
    "an answer": (answered_otherwise, r"requests/000000000001-000000000008.* does not hold what the manifest says"),
    "no Parquet": (
        no_parquet,
        "cannot be read as Parquet",
    ),
}


def test_the_forger_of_these_tests_changes_nothing_by_itself(folder: Path, tmp_path: Path) -> None:
    rewritten(folder, 1, lambda rows: rows)
    restored(folder, tmp_path / "restored")


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_was_forged_is_named_and_nothing_is_replaced(folder: Path, tmp_path: Path, forgery: str) -> None:
    change, said = FORGERIES[forgery]
    change(folder)
    before = names_in(tmp_path)
    attempts: list[Callable[[], object]] = [
        lambda: check_segments(storage_place(str(folder)), progress=unheard),
        lambda: restored(folder, tmp_path / "restored"),
        lambda: restored(folder, tmp_path / "data", replace=True),
    ]
    for attempt in attempts:
        with pytest.raises(BackupError, match=said):
            attempt()
    assert names_in(tmp_path) == before


def test_a_group_of_rows_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    rows = [AnsweredRequest(number, str(number), b"", 1, "{}") for number in range(1, GROUP_ROWS + 2)]
    columns = [list(column) for column in zip(*rows, strict=True)]
    table = pa.table(columns, schema=request_schema())
    pq.write_table(table, tmp_path / "x", row_group_size=GROUP_ROWS)
    assert [len(group) for group in read_requests(tmp_path / "x")] == [GROUP_ROWS, 1]
    pq.write_table(table, tmp_path / "x", row_group_size=GROUP_ROWS + 1)
    with pytest.raises(ValueError, match=f"a group of it has {GROUP_ROWS + 1} rows"):
        list(read_requests(tmp_path / "x"))
    monster = pa.table([[1], ["x"], [b""], [1], ["x" * READ_BYTES_MAX]], schema=request_schema())
    pq.write_table(monster, tmp_path / "x")
    with pytest.raises(ValueError, match="a group of it has 1 rows"):
        list(read_requests(tmp_path / "x"))


def test_an_erasure_that_no_event_tells_is_not_restored(folder: Path, tmp_path: Path) -> None:
    rewritten(folder, 1, erased_by_another)
    with pytest.raises(BackupError, match="does not take what the segments hold"):
        restored(folder, tmp_path / "restored")
    assert not (tmp_path / "restored").exists()


def test_nothing_is_replaced_unless_that_is_said(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="not empty"):
        restored(folder, tmp_path / "data")
    with pytest.raises(StoreBusy, match="stop it first"):
        restored(folder, tmp_path / "data", replace=True)
    ledger.close()
    (tmp_path / "data" / "keys.db").write_bytes(b"")
    done = restored(folder, tmp_path / "data", replace=True, carried=("witness.key", "witness.db"))
    assert done.aside is not None
    assert (done.aside / "ledger.db").exists()


def kept(ledger: Ledger, size: int | None = None) -> KeptCheckpoint:
    return KeptCheckpoint(ledger.proofs.checkpoint(size).encoded())


def test_a_checkpoint_that_was_kept_is_not_contradicted(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    place, head = storage_place(str(folder)), ledger.head()
    for size in (0, 1, 5, RANGE, RANGE + 1, head):
        assert check_segments(place, kept=kept(ledger, size), progress=unheard).lost is None
    restored(folder, tmp_path / "restored", kept=kept(ledger, 5))
    forged = KeptCheckpoint(Checkpoint(ledger.proofs.origin, 5, bytes(32)).signed(ledger.proofs.key).encoded())
    for accept_loss in (False, True):
        with pytest.raises(BackupError, match="are not those of the checkpoint"):
            check_segments(place, kept=forged, accept_loss=accept_loss, progress=unheard)
        with pytest.raises(BackupError, match="are not those of the checkpoint"):
            restored(folder, tmp_path / "none", kept=forged, accept_loss=accept_loss)
    filled(ledger, 4)
    with pytest.raises(BackupError, match=f"positions {head + 1} to {head + 4} would be lost"):
        restored(folder, tmp_path / "none", kept=kept(ledger))
    assert not (tmp_path / "none").exists()
    assert restored(folder, tmp_path / "lost", kept=kept(ledger), accept_loss=True).lost == (head + 1, head + 4)


def test_who_signs_with_another_key_is_found_by_a_checkpoint_that_was_kept(
    ledger: Ledger, folder: Path, tmp_path: Path
) -> None:
    checkpoint = ledger.proofs.checkpoint(5).encoded()
    resigned(folder, lambda said: said)
    with pytest.raises(BackupError, match="cannot be verified with the key of the backup"):
        restored(folder, tmp_path / "restored", kept=KeptCheckpoint(checkpoint))


def test_an_object_store_takes_an_export_that_is_cut_off_and_taken_up_and_gives_it_back(
    ledger: Ledger, bucket: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.segments.segment_export.NOTED_EVERY", 2)
    address = f"{bucket()}/a/ledger"
    place = storage_place(address)
    exported(ledger, place)
    before = ledger.head()
    filled(ledger, 40)
    ledger.erase(ledger.at_positions([20])[0].event_id, reason="other", explanation="-")
    ends = iter(range(3))

    class Ends(Exception):
        pass

    # It ends between two segments: what was sent is there, and the manifest is the one before.
    def put(name: str, file: Path) -> None:
        if next(ends, None) is None:
            raise Ends
        sent(name, file)

    sent = place.put
    place.put = put  # type: ignore[method-assign]
    with pytest.raises(Ends):
        exported(ledger, place)
    there = storage_place(address)
    assert "log/progress.json" in there.sizes()
    assert check_segments(there, progress=unheard).manifest.position == before
    done = exported(ledger, storage_place(address))
    assert done.rows_read < ledger.head()
    assert check_segments(there, progress=unheard).manifest.position == ledger.head()
    restored(there, tmp_path / "restored")
    with Ledger(tmp_path / "restored" / "ledger.db") as again:
        assert said_of(again) == said_of(ledger)
    exported(ledger, tmp_path / "here")
    assert {name: size for name, size in there.sizes().items() if "manifest" not in name} == {
        name: len(content) for name, content in files_in(tmp_path / "here").items() if "manifest" not in name
    }


def test_a_byte_that_was_changed_in_an_object_store_is_found_and_what_is_gone_too(
    ledger: Ledger, bucket: Callable[[], str], tmp_path: Path
) -> None:
    place = storage_place(f"{bucket()}/ledger")
    with pytest.raises(BackupError, match="no export was finished there"):
        check_segments(place, progress=unheard)
    done = exported(ledger, place)
    name, size = done.manifest.segments[1].name, done.manifest.segments[1].bytes
    whole = place.read(name, bytes_max=size)
    assert whole is not None
    place.write(name, whole[: size // 2] + bytes([whole[size // 2] ^ 1]) + whole[size // 2 + 1 :])
    for fails in (check_segments, lambda place, progress: restored(place, tmp_path / "none", progress=progress)):
        with pytest.raises(BackupError, match=f"{name} in .*ledger was changed after it was made"):
            fails(place, progress=unheard)
    assert not (tmp_path / "none").exists()
    place.delete(name)
    with pytest.raises(BackupError, match=f"{name} is missing in .*ledger: export again"):
        check_segments(place, progress=unheard)
    exported(ledger, place)
    assert check_segments(place, progress=unheard).manifest.root == done.manifest.root
    assert "log" not in {name.partition("/")[0] for name in storage_place(f"{place}-beside").sizes()}


def test_a_place_that_cannot_be_read_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no export was finished there"):
        check_segments(storage_place(str(tmp_path / "none")), progress=unheard)
    (folder / "log" / "manifest.json").unlink()
    (folder / "log" / "manifest.json").mkdir()
    with pytest.raises(PlaceError):
        check_segments(storage_place(str(folder)), progress=unheard)


def test_a_segment_at_a_time_is_read(folder: Path) -> None:
    place, handler = cut_place(folder)
    segments = len(list((folder / "log").glob("*.parquet")))
    seen: list[int] = []
    check_segments(place, progress=lambda done, total: seen.append(len(handler.reads)))
    assert seen == list(range(2, segments + 2))


def test_the_key_of_an_export_is_that_of_the_ledger(ledger: Ledger, folder: Path) -> None:
    manifest = read_manifest(storage_place(str(folder)))
    assert manifest is not None
    assert VerifierKey.parse(manifest.key) == ledger.proofs.key.verifier
    assert base64.b64decode(manifest.checkpoint.splitlines()[2]) == ledger.log.root(ledger.head())


def test_a_log_whose_key_is_lost_goes_on_by_way_of_an_export(ledger: Ledger, tmp_path: Path) -> None:
    said = said_of(ledger)
    ledger.close()
    (tmp_path / "data" / "ledger.key").unlink()
    with Ledger(tmp_path / "data" / "ledger.db") as keyless, pytest.raises(LedgerAltered, match="export --segments"):
        keyless.append([figure("9", period="2011")])
    with Ledger(tmp_path / "data" / "ledger.db") as keyless:
        exported(keyless, tmp_path / "elsewhere")
    restored(tmp_path / "elsewhere", tmp_path / "again")
    with Ledger(tmp_path / "again" / "ledger.db") as again:
        assert said_of(again) | {"recorders": said["recorders"]} == said
        again.append([figure("9", period="2011")])
        assert again.verify().faults == ()
