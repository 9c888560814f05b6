"""Real figures and all their revisions: what a reader had on any day, against the publishers' own snapshots.

A small set is kept beside the tests. The full sets are used where they are: in `../shared/data/vintages`.
"""

import csv
import gzip
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests import places
from tests.depth import some
from tests.places import DATA
from tests.shared_tables import engine_of
from tests.vintages import Kind, Row, answers, cell_key, load, replayed

HERE = DATA / "vintages"
SHARED = places.SHARED / "vintages"
SETS = {
    "nyfed_nowcast": Kind(unit="ratio"),
    "flusight_ed_visits_prop": Kind(unit="ratio", metric="ed_visits_share"),
    "flusight_hospital_admissions": Kind(unit="persons", metric="hospital_admissions"),
}


def read(path: Path) -> list[Row]:
    raw = path.read_bytes()
    text = gzip.decompress(raw) if path.suffix == ".gz" else raw
    return list(csv.DictReader(text.decode().splitlines()))


Probes = dict[str, dict[str, Decimal | None]]
"""What a reader must have had: by day, and by cell (`cell_key`). None: no value."""


def probes_by_day(probes: list[Row], kind: Kind) -> Probes:
    by_day: Probes = defaultdict(dict)
    for probe in probes:
        by_day[probe["as_of"]][cell_key(probe, kind)] = Decimal(probe["expected"]) if probe["expected"] else None
    return by_day


def wrong_cells(table: pa.Table, expected: dict[str, Decimal | None]) -> list[str]:
    """The cells whose values on a day are others than expected."""
    held = as_dict(table.filter(pc.is_in(table["cell"], pa.array(expected, pa.string()))))
    return [cell for cell, value in expected.items() if held.get(cell) != value]


def as_dict(table: pa.Table) -> dict[str, Decimal]:
    return dict(zip(table["cell"].to_pylist(), table["value"].to_pylist(), strict=True))


def test_four_real_series_answer_every_probe(tmp_path: Path) -> None:
    rows, probes = read(HERE / "nyfed_four_series.csv"), read(HERE / "nyfed_four_series_probes.csv")
    kind = SETS["nyfed_nowcast"]
    ledger = load(tmp_path, rows, kind, seed=1)
    with engine_of(ledger) as engine:
        assert len(probes) > 400
        expected = probes_by_day(probes, kind)
        for day, table in answers(engine, sorted(expected)):
            assert wrong_cells(table, expected[day]) == [], day
    ledger.close()


def made_up(rng: random.Random, *, step: int, vintages: int, cells: int) -> Iterator[Row]:
    """Vintages as no set here has them: of either sign, differing in the 12th digit, withdrawn and published anew."""
    first = date(2020, 1, 1)
    for number in range(cells):
        reference = (first + timedelta(days=step * number)).isoformat()
        value = Decimal(rng.randrange(-(10**12), 10**12)).scaleb(-6)
        days = sorted(rng.sample(range(number * step, number * step + 4 * vintages), rng.randrange(1, vintages)))
        withdrawn = False
        for day in days:
            withdrawn = not withdrawn and rng.random() < 0.15
            value += Decimal(rng.choice((-1, 0, 1))).scaleb(-6)
            yield {
                "series": f"made-up/{number % 3}",
                "reference_date": reference,
                "recorded_date": (first + timedelta(days=day)).isoformat(),
                "value": "" if withdrawn else str(value),
            }


@pytest.mark.parametrize(("step", "vintages", "cells"), [(1, 12, 40), (7, 40, 20), (91, 200, 6)])
@pytest.mark.parametrize("seed", [1, 2])
def test_withdrawn_negative_and_barely_differing_figures_are_those_of_a_plain_replay(
    tmp_path: Path, seed: int, step: int, vintages: int, cells: int
) -> None:
    rng = random.Random(seed)
    rows = list(made_up(rng, step=step, vintages=vintages, cells=cells))
    assert any(not row["value"] for row in rows)
    kind = Kind(unit="USD/kg", metric="made_up")
    ledger = load(tmp_path, rows, kind, seed=seed)
    published = sorted({row["recorded_date"] for row in rows})
    days = sorted({*rng.sample(published, min(30, len(published))), published[0], published[-1], "2019-12-31"})
    with engine_of(ledger) as engine:
        for day, table in answers(engine, days):
            assert as_dict(table) == replayed(rows, kind, day)
    ledger.close()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the full sets are not beside the project")
@pytest.mark.parametrize("name", sorted(SETS))
def test_a_full_set_answers_every_probe_and_every_snapshot(tmp_path: Path, name: str) -> None:
    rows, kind = read(SHARED / f"{name}.csv.gz"), SETS[name]
    probes = [row for row in read(SHARED / "truth_asof_probes.csv.gz") if row["dataset"] == name]
    snapshots = {
        row["recorded_date"]: (int(row["n_cells"]), Decimal(row["sum_exact"]))
        for row in read(SHARED / "truth_vintage_checksums.csv.gz")
        if row["dataset"] == name
    }
    ledger = load(tmp_path, rows, kind, seed=7)
    with engine_of(ledger) as engine:
        expected = probes_by_day(probes, kind)
        asked = set()
        days = {*some(sorted(expected), one_in=120), *some(sorted(snapshots), one_in=9)}
        for day, table in answers(engine, sorted(days)):
            asked.add(day)
            assert wrong_cells(table, expected.get(day, {})) == [], day
            if day in snapshots:
                assert (len(table), pc.sum(table["value"]).as_py()) == snapshots[day]
    ledger.close()
    assert asked == days


@pytest.mark.skipif(not SHARED.is_dir(), reason="the full sets are not beside the project")
def test_the_american_statistics_of_three_editions_are_those_of_a_plain_replay(tmp_path: Path) -> None:
    rows, kind = read(SHARED / "usgs_mcs_salient.csv.gz"), Kind(unit="ratio")
    ledger = load(tmp_path, rows, kind, seed=7)
    with engine_of(ledger) as engine:
        for day, table in answers(engine, ["2022-01-30", "2022-01-31", "2023-01-31", "2024-01-31"]):
            assert as_dict(table) == replayed(rows, kind, day)
    ledger.close()
