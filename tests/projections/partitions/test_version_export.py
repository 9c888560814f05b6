"""Typed versions in a place: whole or as before, whatever cuts an export; and read only as they were written."""

import json
import random
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from uuid import UUID

import pytest

from ledger import CalendarError, Ledger, PlaceError, PositionBeyondHead
from ledger.segments import storage_place
from projections import Engine
from projections.partitions import VersionManifest, VersionPlace, VersionsUnusable, export_versions
from projections.partitions.version_manifest import VERSIONS_MANIFEST, manifest_in
from projections.partitions.version_place import rows_of
from tests.cut_places import cut_place
from tests.depth import some
from tests.folds import assert_same, exported, folded_tables, own_table
from tests.oracle.rebuild_in_parts import rebuild_in_parts
from tests.projections.conftest import IDS, WORLD, Item
from tests.properties.test_viewpoints import recorded
from tests.shared_tables import engine_of


def mined(year: int, **fields: object) -> Item:
    """A statement of what China mined in a year."""
    figure = {"type": "ProductionReported", "subject": "china", "metric": "mine_production", "value": "1", "unit": "t"}
    return {**figure, "period": str(year), "published_at": "2024", "source": {"publisher": "usgs"}, **fields}


def put(engine: Engine, folder: Path, changes: int | None = None) -> list[str]:
    """Export into a folder that takes so many changes, and denies the one after; which names were changed."""
    folder.joinpath("versions").mkdir(parents=True, exist_ok=True)
    place, handler = cut_place(folder, changes)
    with (
        engine.tables_at_rest() as tables,
        nullcontext() if changes is None else pytest.raises(PlaceError, match="cut"),
    ):
        export_versions(engine.ledger, tables, place, buckets=2)
    return [Path(one).relative_to(folder / "versions").as_posix() for one in handler.changes]


def test_a_rebuild_and_a_catch_up_export_the_same_bytes(tmp_path: Path) -> None:
    for engine, _ in recorded(random.Random(77)):
        caught_up = exported(engine, tmp_path / "one", buckets=3).manifest
        rebuild_in_parts(engine)
        rebuilt = exported(engine, tmp_path / "other", buckets=3).manifest
        assert caught_up == rebuilt
        assert caught_up.rows == sum(len(engine.table(name)) for name in engine.tables())


def test_many_buckets_are_written_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, *(mined(year) for year in range(1900, 1960))])
        at_once = exported(engine, tmp_path / "one", buckets=7).manifest
        monkeypatch.setattr("projections.partitions.version_export.BUCKETS_AT_ONCE", 3)
        monkeypatch.setattr("projections.partitions.version_export.ROWS_AT_ONCE", 16)
        place = exported(engine, tmp_path / "other", buckets=7)
        counts = [[one and one.rows for one in there.tables["figures"]] for there in (at_once, place.manifest)]
        assert counts[0] == counts[1]
        at = engine.viewpoint()
        assert_same(own_table(engine, at, "figures"), folded_tables(place, at, "figures"), "seven buckets")


def test_an_export_that_is_cut_leaves_what_was_there_and_the_next_goes_on(tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, mined(2023), mined(2024)])
        first, whole = tmp_path / "first", tmp_path / "whole"
        put(engine, first)
        before = VersionPlace(str(first)).manifest
        ledger.append([mined(2025)])
        shutil.copytree(first, whole)
        changes = put(engine, whole)
        after = VersionPlace(str(whole)).manifest
        assert changes.index(VERSIONS_MANIFEST) > len(list(after.objects()))
        for cut in some(range(len(changes)), one_in=4):
            folder = tmp_path / str(cut)
            shutil.copytree(first, folder)
            made = put(engine, folder, cut)
            assert made == changes[:cut]
            there = VersionPlace(str(folder))
            assert there.manifest == (after if VERSIONS_MANIFEST in made else before)
            assert list(there.objects()) == list(there.manifest.objects())
            made_again = put(engine, folder)
            assert VersionPlace(str(folder)).manifest == after
            whole_tables = [
                one.removesuffix(".json") for one in made if one.endswith(".json") and one != VERSIONS_MANIFEST
            ]
            assert not [one for one in made_again if one.startswith(tuple(f"{name}/" for name in whole_tables))]
            if VERSIONS_MANIFEST not in made:
                assert left_in(folder) == left_in(whole)


def left_in(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def test_nothing_is_written_where_all_is_there(tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, mined(2023)])
        assert put(engine, tmp_path)
        assert put(engine, tmp_path) == []
        ledger.append([mined(2024)])
        assert put(engine, tmp_path)


def test_what_was_erased_is_in_no_object_of_the_next_export(tmp_path: Path) -> None:
    secret = "A name that nobody is to read again"
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, mined(2023), mined(2024, note=secret, event_id=IDS[1])])
        assert secret in texts_in(exported(engine, tmp_path, buckets=2))
        ledger.erase(UUID(IDS[1]), reason="personal_data", explanation="Asked for")
        assert secret not in texts_in(exported(engine, tmp_path, buckets=2))
        assert len({one.split("/")[1] for one in left_in(tmp_path)}) == 2, "the objects of before are gone"


def texts_in(place: VersionPlace) -> str:
    folder = storage_place(place.location).within("versions")
    tables = [rows_of(folder, one) for one in place.manifest.objects()]
    return "".join(str(table["note"].to_pylist()) for table in tables if "note" in table.column_names)


def test_an_object_that_is_not_as_it_was_written_is_named(tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, mined(2023), mined(2024)])
        place = exported(engine, tmp_path, buckets=2)
        for one in place.manifest.objects():
            file = tmp_path / "versions" / one.name
            content = file.read_bytes()
            flipped = bytearray(content)
            flipped[len(content) // 2] ^= 1
            for damaged in (bytes(flipped), content[:-1], b""):
                file.write_bytes(damaged)
                with pytest.raises(VersionsUnusable, match=f"{one.name} in .* is not as it was written"):
                    list(place.objects())
            file.write_bytes(content + b"\0")
            with pytest.raises(PlaceError, match=one.name):
                list(place.objects())
            file.unlink()
            with pytest.raises(VersionsUnusable, match=f"{one.name} in .* is missing"):
                list(place.objects())
            file.write_bytes(content)
        assert len(list(place.objects())) == len(list(place.manifest.objects()))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "something else"}, "format"),
        ({"root": "00"}, "root"),
        ({"buckets": 3}, "2 objects of the table"),
        ({"buckets": "2"}, "buckets"),
        ({"more": 1}, "more"),
        ({"fingerprint": "0" * 64}, "another version of this program"),
        ({"tables": {"figures": [{"name": "../secret", "rows": 1, "bytes": 1, "sha256": "0" * 64}, None]}}, "name"),
    ],
)
def test_a_manifest_that_cannot_be_one_is_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, mined(2023)])
        exported(engine, tmp_path, buckets=2)
    file = tmp_path / "versions" / VERSIONS_MANIFEST
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **change}), encoding="utf-8")
    with pytest.raises(VersionsUnusable, match=said):
        VersionPlace(str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"format": 1}'])
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(VersionsUnusable, match="the manifest in here is none of typed versions"):
        manifest_in(content, place="here")


def test_a_place_of_another_ledger_is_left_alone(tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, mined(2023)])
        exported(engine, tmp_path, buckets=2)
    before = left_in(tmp_path)
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append(WORLD)
        with pytest.raises(VersionsUnusable, match="the versions of another ledger"):
            exported(engine, tmp_path, buckets=2)
    assert left_in(tmp_path) == before


@pytest.mark.parametrize("buckets", [0, -1, 65_537])
def test_an_impossible_number_of_buckets_is_refused(tmp_path: Path, buckets: int) -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append(WORLD)
        with pytest.raises(VersionsUnusable, match=f"and not {buckets}"):
            exported(engine, tmp_path, buckets=buckets)
    assert left_in(tmp_path) == []


def test_a_place_without_versions_says_so(tmp_path: Path) -> None:
    with pytest.raises(VersionsUnusable, match=r"there are no typed versions in .*: put them there"):
        VersionPlace(str(tmp_path))


def test_an_empty_ledger_has_versions_too(tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        place = exported(engine, tmp_path, buckets=2)
        assert isinstance(place.manifest, VersionManifest)
        assert (place.manifest.position, place.manifest.rows) == (0, 0)
        at = place.viewpoint(as_of="2025")
        assert [len(one) for one in folded_tables(place, at, "figures")] == [0, 0]
        with pytest.raises(CalendarError, match="`as_of` must be said"):
            place.viewpoint()


def test_a_viewpoint_is_that_of_the_ledger(tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, mined(2023)])
        place = exported(engine, tmp_path, buckets=2)
        for clocks in ({"as_of": "2024"}, {"as_of": "2024-06", "effective_at": "2025"}):
            assert place.viewpoint(**clocks) == engine.viewpoint(**clocks)
        head = ledger.head()
        before = place.viewpoint(as_of="2024", recorded_as_of=f"position:{head - 1}")
        assert (before.position, before.as_of) == (head - 1, engine.viewpoint(as_of="2024").as_of)
        with pytest.raises(PositionBeyondHead):
            place.viewpoint(recorded_as_of=f"position:{head + 1}")
        with pytest.raises(CalendarError, match="write position:N"):
            place.viewpoint(recorded_as_of="2024-01-31")
        with pytest.raises(CalendarError):
            place.viewpoint(as_of="whenever")


def test_an_object_store_takes_versions_and_gives_them_to_a_fold(bucket: Callable[[], str]) -> None:
    address = f"{bucket()}/facts/ledger"
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, *(mined(year) for year in range(1990, 2000))])
        for _ in range(2):
            with engine.tables_at_rest() as tables:
                export_versions(ledger, tables, storage_place(address), buckets=3)
            ledger.append([mined(2000 + ledger.head())])
        place = VersionPlace(address)
        assert place.manifest.position == ledger.head() - 1
        assert len(storage_place(address).sizes()) == len(list(place.objects())) + 1
        at = engine.viewpoint(recorded_as_of=f"position:{place.manifest.position}")
        for resource in ("figures", "vintages", "entities"):
            assert_same(own_table(engine, at, resource), folded_tables(place, at, resource), resource)
