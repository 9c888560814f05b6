"""How often bands hold: `python -m tests.benchmarks.band_coverage FILE ...`, each with rows (series, reference_date,
recorded_date, value) as in `tests/data/vintages`.

Rolling origin: on each day of publication the bands of figures that are new that day are asked for as of that day,
and held against what the publisher said so many publications of the line later. Beside them a naive band: twice the
spread of all moves that were known that day, as if they were normal.
"""

import argparse
import csv
import gzip
import statistics
import tempfile
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from ledger.events.figures import figure_id
from ledger.values import parse_period
from projections import Engine
from projections.audit import uncertainty
from tests.vintages import Kind, Row, load, metric_of, subject_of

FIGURES_A_DAY = 40
UNITS = {"flusight_hospital_admissions": "persons", "flusight_ed_visits_prop": "persons"}
METRICS = {"flusight_hospital_admissions": "hospital_admissions", "flusight_ed_visits_prop": "ed_visits_share"}


class Cell(NamedTuple):
    """A figure: its series and date, and what was said of it when."""

    series: str
    reference: str
    days: list[str]
    values: list[Decimal]

    def at(self, day: str) -> Decimal:
        """What stood on a day."""
        return self.values[bisect_right(self.days, day) - 1]


class Coverage(NamedTuple):
    """Over the bands of a set: how many there were, could not be given, held; how many naive ones held; how many
    figures moved; and the widths, as parts of the figures.
    """

    bands: int
    absent: int
    held: int
    naive: int
    moved: int
    width: float
    naive_width: float


def rows_of(path: Path) -> list[Row]:
    """The rows of a file, perhaps compressed."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    return [row for row in csv.DictReader(text.splitlines()) if _is_number(row["value"])]


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit()


def cells_of(rows: Iterable[Row]) -> list[Cell]:
    """The figures, each with its vintages in order."""
    said: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    for row in rows:
        said[row["series"], row["reference_date"]][row["recorded_date"]] = Decimal(row["value"])
    return [Cell(*key, sorted(days), [days[day] for day in sorted(days)]) for key, days in said.items()]


def coverage(rows: Sequence[Row], kind: Kind, folder: Path, *, level: int = 80, publications: int = 1) -> Coverage:
    """How the bands of a set did."""
    cells = cells_of(rows)
    lines: dict[str, set[str]] = defaultdict(set)
    for cell in cells:
        lines[cell.series].update(cell.days)
    days_of = {series: sorted(days) for series, days in lines.items()}

    def outcome_day(cell: Cell) -> str | None:
        days = days_of[cell.series]
        place = bisect_left(days, cell.days[0]) + publications
        return days[place] if place < len(days) else None

    known: list[tuple[str, float]] = []
    for cell in cells:
        later = outcome_day(cell)
        if later and cell.values[0]:
            known.append((later, float(cell.at(later) / cell.values[0]) - 1))
    known.sort()
    z = statistics.NormalDist().inv_cdf(0.5 + level / 200)
    counts = dict.fromkeys(("bands", "absent", "held", "naive", "moved"), 0)
    widths: list[float] = []
    naive_widths: list[float] = []
    with load(folder, rows, kind, seed=1) as ledger, Engine(ledger) as engine:
        for day in sorted({cell.days[0] for cell in cells}):
            new = [cell for cell in cells if cell.days[0] == day and outcome_day(cell)]
            new = new[:: -(-len(new) // FIGURES_A_DAY) or 1]
            by_id = {str(_id(cell, kind)): cell for cell in new}
            if not by_id:
                continue
            with engine.reader(engine.viewpoint(as_of=day)) as reader:
                found = uncertainty(reader, {"figure_id": list(by_id)}, level=level, publications=publications)
            moves = [move for _, move in known[: bisect_right(known, (day, float("inf")))]]
            spread = z * statistics.pstdev(moves, 0.0) if moves else 0.0
            assert len(found.items) == len(by_id), day
            for item in found.items:
                if item["low"] is None:
                    counts["absent"] += 1
                    continue
                cell = by_id[item["figure_id"]]
                factor = Decimal(item["value"]) / cell.values[0] if cell.values[0] else Decimal(1)
                first, later_value = cell.values[0], cell.at(outcome_day(cell) or day)
                counts["bands"] += 1
                counts["moved"] += later_value != first
                counts["held"] += Decimal(item["low"]) <= later_value * factor <= Decimal(item["high"])
                counts["naive"] += abs(float(later_value - first)) <= spread * abs(float(first))
                if first:
                    widths.append(float((Decimal(item["high"]) - Decimal(item["low"])) / abs(first * factor)))
                    naive_widths.append(2 * spread)
    return Coverage(
        **counts, width=statistics.median(widths or [0]), naive_width=statistics.median(naive_widths or [0])
    )


def _id(cell: Cell, kind: Kind) -> object:
    period = parse_period(cell.reference, "12-31")
    unit = "percent" if kind.unit == "ratio" else kind.unit
    subject, metric = subject_of(cell.series, kind), metric_of(cell.series, kind)
    return figure_id(
        subject=subject,
        metric=metric,
        material=None,
        dimensions=None,
        nature="observed",
        period=period,
        canonical_unit=unit,
    )


def main() -> None:
    """Print how the bands of each file did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--level", type=int, default=80)
    parser.add_argument("--publications", type=int, default=1)
    asked = parser.parse_args()
    for path in asked.files:
        name = path.name.partition(".")[0]
        kind = Kind(UNITS.get(name, "units"), METRICS.get(name))
        with tempfile.TemporaryDirectory() as folder:
            one = coverage(rows_of(path), kind, Path(folder), level=asked.level, publications=asked.publications)
        bands = max(one.bands, 1)
        print(
            f"{name}, {asked.publications} on: {one.bands} bands ({one.absent} without), {one.held / bands:.1%} held, "
            f"naive {one.naive / bands:.1%}; {one.moved / bands:.0%} moved; width {one.width:.2%}, "
            f"naive {one.naive_width:.2%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
