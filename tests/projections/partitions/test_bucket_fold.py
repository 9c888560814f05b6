"""The rows of all buckets are the rows of the whole, for every resource and at every viewpoint."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from ledger import Ledger
from projections import CATALOGUE, Engine
from projections.partitions import FOLDED, NotFolded, Rows, bucket_of, fold
from projections.partitions.version_keys import KEYS, bucket_sql
from projections.queries.format import presented
from tests.depth import seeds, some
from tests.folds import assert_same, exported, folded_tables, in_any_order, own_table
from tests.oracle.histories import random_viewpoint
from tests.projections.conftest import IDS, WORLD, Item
from tests.properties.test_viewpoints import recorded, seen_from
from tests.shared_tables import engine_of

SHIPPED_AT = (
    {"as_of": "2026-06-30"},
    {"as_of": "2025-10-31", "effective_at": "2027-01-01"},
    {"as_of": "2025-01-31", "recorded_as_of": "position:300"},
)


def mined(value: str, **fields: Any) -> Item:
    """A statement of what China mined."""
    return {
        "type": "ProductionReported",
        "subject": "china",
        "metric": "mine_production",
        "period": "2023",
        "value": value,
        "unit": "t",
        "published_at": "2024-01-31",
        "source": {"publisher": "usgs"},
        **fields,
    }


@pytest.mark.parametrize("seed", seeds(ordinarily=3, first=31_000))
def test_the_buckets_of_a_history_make_what_the_process_answers(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        place = exported(engine, tmp_path, buckets=rng.choice((1, 2, 7)))
        at = seen_from(engine, random_viewpoint(rng, events))
        for resource in FOLDED:
            folded = folded_tables(place, at, resource)
            assert_same(own_table(engine, at, resource), folded, (seed, resource, at))
            if resource in CATALOGUE:
                # The texts of a figure's spread are made before, as those of the public table are.
                texts = in_any_order(presented(pa.concat_tables(folded)))
                shown = engine.read(resource, at)
                assert texts == in_any_order(shown.select(folded[0].column_names)), (seed, resource)


@pytest.mark.parametrize("resource", FOLDED)
def test_the_buckets_of_the_shipped_ledger_make_what_the_process_answers(
    shipped: Engine, shipped_versions: Any, resource: str
) -> None:
    for clocks in some(SHIPPED_AT, one_in=2):
        at = shipped.viewpoint(**clocks)
        assert_same(own_table(shipped, at, resource), folded_tables(shipped_versions, at, resource), (resource, clocks))


def test_a_correction_moves_a_version_to_the_bucket_of_another_figure(tmp_path: Path) -> None:
    """The versions of one event lie in two buckets: before the correction it counts in the one, then in the other."""
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append(WORLD)
        ledger.append([mined(str(one), period=str(1990 + one), event_id=IDS[one]) for one in range(8)])
        before = ledger.head()
        slip = {"type": "EventCorrected", "reason": "transcription", "explanation": "Another year."}
        corrections = [{**slip, "target": IDS[one], "changes": {"period": str(2010 + one)}} for one in range(8)]
        ledger.append(corrections)
        place = exported(engine, tmp_path, buckets=5)
        for position in (before, before + 3, ledger.head()):
            at = engine.viewpoint(recorded_as_of=f"position:{position}")
            for resource in ("figures", "history", "vintages", "revisions"):
                assert_same(own_table(engine, at, resource), folded_tables(place, at, resource), (resource, position))
        versions = engine.table("figures").to_pylist()
        buckets = [
            {bucket_of(str(one["figure_id"]), 5) for one in versions if str(one["event_id"]) == id_} for id_ in IDS
        ]
        moved = [one for one in buckets if len(one) > 1]
        assert moved, "no statement went to another bucket, so that nothing was tried"


SHARED = [
    {"type": "PolicyAnnounced", "policy": "ban", "jurisdiction": "china", "kind": "export_ban", "event_id": IDS[1]},
    {"type": "PolicyEnacted", "policy": "ban", "jurisdiction": "china", "kind": "export_ban", "event_id": IDS[2]},
    {"type": "ReportWithdrawn", "withdraws": IDS[2], "published_at": "2024-03"},
    {"type": "FacilityAnnounced", "facility": "kuantan-plant", "stage": "magnet"},
    {"type": "RelationshipStated", "subject": "js-link", "relation": "operates", "object": "kuantan-plant"},
    mined("1", event_id=IDS[3]),
    mined("2", event_id=IDS[4], source={"publisher": "bgs"}, published_at="2024-06-30"),
    {"type": "PreferenceSet", "publishers": ["usgs"], "reason": "It counts what it mines."},
    {"type": "EntitiesMerged", "merged": "prc", "kept": "china", "reason": "One country."},
]
"""What is in tables that all buckets share, and what it makes of items in others."""


@pytest.mark.parametrize(
    ("resource", "table"),
    [
        ("policies", "withdrawals"),
        ("facilities", "relationships"),
        ("figures", "preferences"),
        ("entities", "slugs"),
        ("entities", "slug_groups"),
    ],
)
def test_what_all_buckets_share_is_part_of_what_they_make(resource: str, table: str, tmp_path: Path) -> None:
    source = {"published_at": "2024-02", "source": {"publisher": "usgs"}}
    unsourced = ("PreferenceSet", "EntitiesMerged")
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, *(one if one["type"] in unsourced else {**source, **one} for one in SHARED)])
        partition = exported(engine, tmp_path, buckets=1).partitions(resource)[0]
        at = engine.viewpoint()
        own = own_table(engine, at, resource)

        def all_but_one(name: str) -> pa.Table:
            rows = partition.all_rows(name)
            return rows.slice(0, 0) if name == table else rows

        assert_same(own, [fold(partition, at, resource)], resource)
        assert in_any_order(fold(Rows(partition.rows, all_but_one), at, resource)) != in_any_order(own)


def test_a_bucket_that_holds_nothing_gives_no_rows_in_the_same_columns(tmp_path: Path) -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, mined("1")])
        place = exported(engine, tmp_path, buckets=7)
        assert [one is None for one in place.manifest.tables["figures"]].count(True) == 6
        tables = folded_tables(place, engine.viewpoint(), "figures")
        assert sorted(map(len, tables)) == [0, 0, 0, 0, 0, 0, 1]
        assert len({str(one.schema) for one in tables}) == 1


def test_a_fold_reads_its_own_bucket_and_no_other(tmp_path: Path) -> None:
    """Its work is that of its bucket: with the objects of all others gone, it gives the same."""
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, *(mined("1", period=str(year)) for year in range(1200, 1600))])
        place = exported(engine, tmp_path, buckets=8)
        objects = place.manifest.tables["figures"]
        rows = [one.rows for one in objects if one is not None]
        assert (len(rows), sum(rows)) == (8, 400)
        assert max(rows) <= 2 * 400 / 8
        before = folded_tables(place, engine.viewpoint(), "figures")
        for table in ("figures", "answer_intervals"):
            for bucket, one in enumerate(place.manifest.tables[table]):
                if one is not None and bucket != 3:
                    (tmp_path / "versions" / one.name).unlink()
        assert fold(place.partitions("figures")[3], engine.viewpoint(), "figures").equals(before[3])


def test_a_table_that_was_not_given_is_no_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, mined("1")])
        partition = exported(engine, tmp_path, buckets=1).partitions("policies")[0]
        assert FOLDED["policies"].whole[-1] == "withdrawals"
        forgetful = replace(FOLDED["policies"], whole=FOLDED["policies"].whole[:-1])
        monkeypatch.setitem(FOLDED, "policies", forgetful)
        with pytest.raises(duckdb.CatalogException, match="withdrawals"):
            fold(partition, engine.viewpoint(), "policies")


def test_what_needs_several_buckets_is_not_folded(shipped: Engine) -> None:
    with pytest.raises(NotFolded, match="'sums' is not folded bucket by bucket"):
        fold(Rows(lambda _: pa.table({}), lambda _: pa.table({})), shipped.viewpoint(), "sums")


def test_every_resource_is_folded_or_said_to_need_several_buckets() -> None:
    assert set(CATALOGUE) - set(FOLDED) == {"catalogue"}
    assert set(KEYS) >= {one for wanted in FOLDED.values() for one in wanted.parted}


def test_a_bucket_is_the_same_in_python_and_in_sql() -> None:
    keys = ["", "china", "mt-weld", "00000000-0000-4000-8000-000000000001", "é", *(str(one) for one in range(200))]
    for buckets in (1, 7, 64, 65_536):
        query = f"SELECT {bucket_sql('key', buckets)} FROM (SELECT UNNEST($keys) AS key)"
        found = [number for (number,) in duckdb.execute(query, {"keys": keys}).fetchall()]
        assert found == [bucket_of(key, buckets) for key in keys]
    assert json.dumps(sorted({bucket_of(key, 7) for key in keys})) == "[0, 1, 2, 3, 4, 5, 6]"
