"""The beginning of a generated log as CSV and as Parquet, and statements to append to it."""

import csv
import itertools
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks import history
from tests.benchmarks.truth import Figure

ROWS_MAX = 200_000
Event = dict[str, Any]


def events(log: Path, count: int) -> list[Event]:
    """The first events of a log."""
    with log.open("rb") as file:
        return [json.loads(line) for line in itertools.islice(file, count)]


def flat(event: Event) -> dict[str, str]:
    """An event as cells: `source.publisher` style for objects, JSON text for lists."""
    cells: dict[str, str] = {}
    for name, value in event.items():
        if isinstance(value, dict):
            cells |= {f"{name}.{part}": inner for part, inner in value.items()}
        else:
            cells[name] = value if isinstance(value, str) else json.dumps(value)
    return cells


def write_jsonl(path: Path, sent: Sequence[Event]) -> Path:
    """Events as JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(event, separators=(",", ":")) + "\n" for event in sent)
    return path


def write_csv(path: Path, sent: Sequence[Event]) -> Path:
    """Events as CSV."""
    rows = [flat(event) for event in sent]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _columns(rows))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_parquet(path: Path, sent: Sequence[Event]) -> Path:
    """Events as Parquet."""
    rows = [flat(event) for event in sent]
    pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in _columns(rows)}), path)
    return path


def _columns(rows: Sequence[dict[str, str]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def statements(figures: Sequence[Figure], day: str, *, seed: int) -> Iterator[Event]:
    """New statements of figures of the log, one after the other and over again, each by some publisher."""
    chance = random.Random(f"{day} {seed}")
    for figure in itertools.cycle(figures):
        yield {
            "type": "FigureReported",
            "event_id": str(UUID(int=chance.getrandbits(128), version=4)),
            "subject": figure.subject,
            "metric": figure.metric,
            "material": figure.material,
            "period": figure.period,
            "value": f"{chance.randrange(1, 10**6)}.{chance.randrange(1, 10)}",
            "unit": figure.unit,
            "published_at": day,
            "source": {
                "publisher": chance.choice(history.PUBLISHERS),
                "title": "Yearbook 2026",
                "edition": "2026",
                "locator": "table 1",
            },
        }
