"""Sets of real vintages as events: figures together with every later change of them.

A row of a set is (series, reference_date, recorded_date, value): from the day `recorded_date` on, the publisher says
`value` for that series and date; an empty value takes back what was said. The part of `series` after a slash is the
place.
"""

import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ledger import Ledger, import_file
from projections import Engine

Row = Mapping[str, str]
PUBLISHER = "statistics-office"
DAYS_AT_ONCE = 16


@dataclass(frozen=True)
class Kind:
    """How a set's rows become events."""

    unit: str
    metric: str | None = None
    """Where all series measure one thing; else each series is a metric of its own."""


def slug_of(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "nowhere"


def metric_of(series: str, kind: Kind) -> str:
    return kind.metric or "m_" + re.sub(r"[^a-z0-9]", lambda found: f"_{ord(found[0]):x}_", series.lower())


def subject_of(series: str, kind: Kind) -> str:
    return "place-" + slug_of(series.rpartition("/")[2]) if kind.metric else "united-states"


def events(rows: Sequence[Row], kind: Kind, *, order: random.Random) -> Iterator[dict[str, Any]]:
    """The set as events, in a shuffled order of arrival."""
    yield {"type": "EntityRegistered", "entity": PUBLISHER, "kind": "organisation", "name": "A statistics office"}
    for subject in sorted({subject_of(row["series"], kind) for row in rows}):
        yield {"type": "EntityRegistered", "entity": subject, "kind": "region", "name": subject}
    shuffled = list(rows)
    order.shuffle(shuffled)
    for row in shuffled:
        said = {"type": "FigureReported", "value": row["value"]} if row["value"] else {"type": "FigureWithdrawn"}
        yield {
            **said,
            "subject": subject_of(row["series"], kind),
            "metric": metric_of(row["series"], kind),
            "period": row["reference_date"],
            "unit": kind.unit,
            "published_at": row["recorded_date"],
            "source": {"publisher": PUBLISHER},
        }


def load(path: Path, rows: Sequence[Row], kind: Kind, *, seed: int) -> Ledger:
    """A ledger with the set, loaded through a file import."""
    file = path / "vintages.jsonl"
    with file.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(event) + "\n" for event in events(rows, kind, order=random.Random(seed)))
    ledger = Ledger(path / "vintages.db")
    report = import_file(ledger, file)
    assert (report.rejected, report.errors) == (0, [])
    return ledger


def cell_key(row: Row, kind: Kind) -> str:
    """A cell as `answers` names it."""
    return " ".join((subject_of(row["series"], kind), metric_of(row["series"], kind), row["reference_date"]))


def answers(engine: Engine, days: Sequence[str]) -> Iterator[tuple[str, pa.Table]]:
    """For each day, what a reader on that day had: a table of `cell` (see `cell_key`) and `value`, a decimal."""
    for start in range(0, len(days), DAYS_AT_ONCE):
        some = days[start : start + DAYS_AT_ONCE]
        table = engine.read_many("figures", [engine.viewpoint(as_of=day) for day in some])
        cells = pc.binary_join_element_wise(table["subject"], table["metric"], table["period"], " ")
        found = pa.table(
            {"viewpoint": table["viewpoint"], "cell": cells, "value": table["value"].cast(pa.decimal128(38, 18))}
        )
        for place, day in enumerate(some):
            yield day, found.filter(pc.equal(found["viewpoint"], place)).drop(["viewpoint"])


def replayed(rows: Iterable[Row], kind: Kind, day: str) -> dict[str, Decimal]:
    """The same by a plain replay of the rows; days are compared as text."""
    last: dict[str, tuple[str, str]] = {}
    for row in rows:
        cell = cell_key(row, kind)
        if row["recorded_date"] <= day and (cell not in last or last[cell][0] <= row["recorded_date"]):
            last[cell] = (row["recorded_date"], row["value"])
    return {cell: Decimal(value) for cell, (_, value) in last.items() if value}
