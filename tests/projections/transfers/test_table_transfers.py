"""Tables in a place: whole or as before, whatever cuts an export; and taken up only where they are this log's."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ledger import Ledger, PlaceError, StoreBusy
from ledger.proof import SignerKey
from ledger.proof.notes import ED25519_NOTE
from ledger.segments import storage_place
from projections import Engine
from projections.tables.table_place import draft_of
from projections.transfers import TableManifest, TablesRefused, TableSupply, drop_outdated_tables, table_export
from projections.transfers.table_manifest import TABLES_MANIFEST, read_tables_manifest
from tests.cut_places import cut_place
from tests.depth import seeds, some
from tests.oracle.histories import random_history
from tests.projections.conftest import IDS, WORLD, Item
from tests.properties.test_viewpoints import erase_any, ticking
from tests.shared_tables import engine_of
from tests.table_transfers import all_rows, tables_brought, tables_put

PIECE = 1 << 18


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_export, "PIECE_BYTES", PIECE)


def mined(year: int, **fields: object) -> Item:
    """A statement of what China mined in a year."""
    figure = {"type": "ProductionReported", "subject": "china", "metric": "mine_production", "value": "1", "unit": "t"}
    return {**figure, "period": str(year), "published_at": "2024", "source": {"publisher": "usgs"}, **fields}


def manifest_in(folder: Path) -> TableManifest:
    manifest = read_tables_manifest(storage_place(str(folder)).within("tables"))
    assert manifest is not None
    return manifest


def names_in(folder: Path) -> set[str]:
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


@pytest.mark.parametrize("seed", seeds(12))
def test_tables_that_are_brought_are_those_of_a_rebuild_and_so_are_they_after_a_catch_up(
    seed: int, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    bodies = random_history(rng, rng.randint(10, 40))
    cut = rng.randrange(1, len(bodies))
    with Ledger(":memory:", clock=ticking()) as ledger:
        ledger.append_what_fits(bodies[:cut])
        while not ledger.head():
            cut += 1
            ledger.append_what_fits(bodies[cut - 1 : cut])
        if rng.randrange(2):
            erase_any(ledger, rng)
        tables_put(ledger, tmp_path)
        file = tables_brought(ledger, tmp_path, tmp_path / "tables.duckdb")
        with Engine.beside(ledger, tmp_path / "own.duckdb") as own, Engine.beside(ledger, file) as brought:
            assert brought.position == ledger.head(), "they are taken up as they are"
            assert all_rows(brought) == all_rows(own)
            for body in bodies[cut:]:
                ledger.append_what_fits([body])
                if rng.randrange(3) == 0:
                    assert all_rows(brought) == all_rows(own)
            if rng.randrange(4) == 0:
                erase_any(ledger, rng)
            assert all_rows(brought) == all_rows(own)
        with engine_of(ledger) as rebuilt, Engine.beside(ledger, file) as reopened:
            assert reopened.position == ledger.head()
            assert all_rows(reopened) == all_rows(rebuilt)


def test_an_export_that_is_cut_leaves_what_was_there_and_the_next_goes_on(tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger:
        ledger.append([*WORLD, mined(2023), mined(2024)])
        first, whole = tmp_path / "first", tmp_path / "whole"
        tables_put(ledger, first)
        before = manifest_in(first)
        ledger.append([mined(2025)])
        shutil.copytree(first, whole)
        place, handler = cut_place(whole)
        tables_put(ledger, place)
        after = manifest_in(whole)
        changes = [Path(one).name for one in handler.changes]
        assert {one.name for one in after.pieces} - {one.name for one in before.pieces} == {
            *changes[: changes.index(TABLES_MANIFEST)]
        }, "all that is new is there before the manifest"
        for cut in some(range(len(changes)), one_in=2):
            folder = tmp_path / str(cut)
            shutil.copytree(first, folder)
            place, handler = cut_place(folder, cut)
            with pytest.raises(PlaceError, match="cut"):
                tables_put(ledger, place)
            there = manifest_in(folder)
            assert (there == before) == (TABLES_MANIFEST not in [Path(one).name for one in handler.changes])
            brought = tables_brought(ledger, folder, tmp_path / f"{cut}.duckdb")
            with Engine.beside(ledger, brought) as engine:
                assert engine.position == there.position
            tables_put(ledger, folder)
            assert names_in(folder) == {f"tables/{one.name}" for one in manifest_in(folder).pieces} | {
                f"tables/{TABLES_MANIFEST}"
            }


def test_what_has_not_changed_is_not_written_again(tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger:
        ledger.append([*WORLD, mined(2023)])
        first = tables_put(ledger, tmp_path)
        assert first.written == len({one.name for one in first.manifest.pieces})
        assert tables_put(ledger, tmp_path).written == 0
        with Ledger(":memory:") as other:
            other.append(WORLD)
            with pytest.raises(TablesRefused, match="the tables of another ledger"):
                tables_put(other, tmp_path)


def test_an_export_in_the_middle_of_which_another_wrote_or_a_text_was_erased_is_to_be_repeated(tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger:
        ledger.append([*WORLD, mined(2023), mined(2024, event_id=IDS[1])])
        tables_put(ledger, tmp_path)
        ledger.append([mined(2025)])

        def another(done: int, total: int) -> None:
            if done == total:
                (tmp_path / "tables" / TABLES_MANIFEST).unlink()

        with pytest.raises(StoreBusy, match="another export"):
            tables_put(ledger, tmp_path, seen=another)

        def erasure(done: int, total: int) -> None:
            if done == total:
                ledger.erase(UUID(IDS[1]), reason="personal_data", explanation="Asked for")

        with pytest.raises(StoreBusy, match="a text was erased"):
            tables_put(ledger, tmp_path, seen=erasure)
        assert not (tmp_path / "tables" / TABLES_MANIFEST).exists()


def test_what_was_erased_comes_back_from_no_place_and_is_in_none_after_the_next_export(tmp_path: Path) -> None:
    secret = "A name that nobody is to read again"
    with Ledger(":memory:") as ledger:
        ledger.append([*WORLD, mined(2023), mined(2024, note=secret, event_id=IDS[1])])
        tables_put(ledger, tmp_path / "place")
        assert not drop_outdated_tables(ledger, storage_place(str(tmp_path / "place")))
        assert secret.encode() in tables_brought(ledger, tmp_path / "place", tmp_path / "file").read_bytes()
        ledger.erase(UUID(IDS[1]), reason="personal_data", explanation="Asked for")
        with pytest.raises(TablesRefused, match="a text was erased after they were made"):
            tables_brought(ledger, tmp_path / "place", tmp_path / "other")
        assert not (tmp_path / "other").exists()
        shutil.copytree(tmp_path / "place", tmp_path / "again")
        assert drop_outdated_tables(ledger, storage_place(str(tmp_path / "place")))
        assert names_in(tmp_path / "place") == set()
        tables_put(ledger, tmp_path / "again")
        assert secret.encode() not in tables_brought(ledger, tmp_path / "again", tmp_path / "third").read_bytes()
        assert not drop_outdated_tables(ledger, storage_place(str(tmp_path / "again")))
        assert manifest_in(tmp_path / "again").position == ledger.head()


def test_a_text_that_is_erased_after_its_tables_were_brought_is_in_no_file(tmp_path: Path) -> None:
    secret = "A name that nobody is to read again"
    with Ledger(":memory:") as ledger:
        ledger.append([*WORLD, mined(2024, note=secret, event_id=IDS[1])])
        tables_put(ledger, tmp_path / "place")
        file = tables_brought(ledger, tmp_path / "place", tmp_path / "file")
        ledger.erase(UUID(IDS[1]), reason="personal_data", explanation="Asked for")
        with engine_of(ledger) as rebuilt, Engine.beside(ledger, file) as brought:
            assert brought.position
            brought.catch_up()
            assert all_rows(brought) == all_rows(rebuilt)
        assert secret.encode() not in file.read_bytes()


def test_a_piece_that_is_not_as_it_was_written_is_named_and_leaves_no_file(tmp_path: Path) -> None:
    place, file = tmp_path / "place", tmp_path / "file"
    with Ledger(":memory:") as ledger:
        ledger.append([*WORLD, mined(2023)])
        manifest = tables_put(ledger, place).manifest
        piece = place / "tables" / manifest.pieces[-1].name
        content = piece.read_bytes()
        flipped = bytearray(content)
        flipped[len(content) // 2] ^= 1
        for damaged in (bytes(flipped), content[:-1], b"", content + b"\0"):
            piece.write_bytes(damaged)
            with pytest.raises(PlaceError, match=piece.name):
                tables_brought(ledger, place, file)
            with pytest.raises(PlaceError, match=piece.name):
                TableSupply(str(place)).check(ledger.proofs.key.verifier)
        piece.unlink()
        with pytest.raises(TablesRefused, match=f"{piece.name} is missing"):
            tables_brought(ledger, place, file)
        assert not file.exists()
        piece.write_bytes(content[:-1])
        assert tables_put(ledger, place).written == 1, "an export mends what it finds missing, or of another length"
        assert TableSupply(str(place)).check(ledger.proofs.key.verifier) == manifest
        tables_brought(ledger, place, file)


def test_pieces_that_another_export_takes_away_meanwhile_are_brought_as_it_left_them(tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger:
        ledger.append([*WORLD, mined(2023)])
        before = tables_put(ledger, tmp_path / "place").manifest
        shutil.copytree(tmp_path / "place", tmp_path / "older")
        ledger.append([mined(2024)])
        after = tables_put(ledger, tmp_path / "place").manifest
        gone = [one for one in before.pieces[1:] if one.name not in {piece.name for piece in after.pieces}][-1]
        (tmp_path / "older" / "tables" / gone.name).unlink()

        def exported_meanwhile(position: int) -> None:
            # As an export puts them: each is whole under its name at once, and the manifest is last.
            newer = [*(piece.name for piece in after.pieces), TABLES_MANIFEST]
            for name in newer:
                draft = shutil.copy(tmp_path / "place" / "tables" / name, tmp_path / "draft")
                Path(draft).replace(tmp_path / "older" / "tables" / name)

        supply = TableSupply(str(tmp_path / "older"))
        assert supply.bring(ledger, tmp_path / "file", seen=exported_meanwhile) == after


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no manifest of tables": lambda said: said.pop("root"),
    "is no manifest of tables: format": lambda said: said.update(format="supply-ledger tables 2"),
    "pieces, which is not all": lambda said: said["pieces"].pop(),
    "not the one that the ledger signed": lambda said: said["pieces"].reverse(),
    "is not the one that the ledger signed": lambda said: said.update(position=said["position"] - 1),
    "was not signed by the ledger": lambda said: said.update(checkpoint=""),
    "those of another ledger": lambda said: said.update(ledger="another"),
}


@pytest.mark.parametrize("said", CHANGES)
def test_a_manifest_that_was_changed_is_refused(said: str, tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger:
        ledger.append([*WORLD, mined(2023)])
        tables_put(ledger, tmp_path)
        path = tmp_path / "tables" / TABLES_MANIFEST
        document = json.loads(path.read_text())
        CHANGES[said](document)
        path.write_text(json.dumps(document))
        with pytest.raises(TablesRefused, match=said):
            TableSupply(str(tmp_path)).offer(ledger)


def test_tables_that_another_key_signed_or_another_version_made_are_refused(tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger:
        ledger.append([*WORLD, mined(2023)])
        manifest = tables_put(ledger, tmp_path).manifest
        path = tmp_path / "tables" / TABLES_MANIFEST
        key = SignerKey(ledger.proofs.origin, ED25519_NOTE, bytes(32))
        path.write_text(manifest.signed(key).model_dump_json())
        with pytest.raises(TablesRefused, match="was not signed by the ledger"):
            TableSupply(str(tmp_path)).offer(ledger)
        older = manifest.model_copy(update={"fingerprint": "0" * 64})
        path.write_text(older.signed(ledger.proofs.key).model_dump_json())
        with pytest.raises(TablesRefused, match="another version of this program or of DuckDB made them"):
            TableSupply(str(tmp_path)).offer(ledger)
        assert tables_put(ledger, tmp_path).written, "they are put there anew"
        TableSupply(str(tmp_path)).offer(ledger)


def test_tables_of_events_that_the_log_does_not_have_are_refused(tmp_path: Path) -> None:
    with Ledger(tmp_path / "one.db") as ledger:
        ledger.append(WORLD)
    for name in ("one.db", "one.key"):
        shutil.copy(tmp_path / name, tmp_path / name.replace("one", "other"))
    with Ledger(tmp_path / "one.db") as ledger, Ledger(tmp_path / "other.db") as other:
        ledger.append([mined(2023)])
        tables_put(ledger, tmp_path / "place")
        for body in (mined(2024), mined(2025)):
            with pytest.raises(TablesRefused, match="does not have the 13 events of which they were made, or not so"):
                TableSupply(str(tmp_path / "place")).offer(other)
            other.append([body])
        TableSupply(str(tmp_path / "place")).offer(ledger)


def test_nothing_is_exported_of_a_ledger_without_events(tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger, pytest.raises(TablesRefused, match="nothing was recorded yet"):
        tables_put(ledger, tmp_path)


def test_a_draft_that_was_left_is_gone_once_the_tables_are_opened(tmp_path: Path) -> None:
    file = tmp_path / "tables.duckdb"
    with Ledger(":memory:") as ledger:
        draft_of(file).write_bytes(b"half of something")
        with Engine.beside(ledger, file):
            assert not draft_of(file).exists()
