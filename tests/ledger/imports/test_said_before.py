"""What is told from stored bytes is what comparing everything tells."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from ledger import ImportReport, Ledger, import_file
from ledger.imports import importer, rows, said_before
from ledger.imports.fault_groups import FaultGroups
from ledger.imports.said_before import SaidBefore
from tests.depth import examples
from tests.ledger.conftest import WORLD, correction, figure


def drawn(rng: random.Random) -> dict[str, Any]:
    """A statement on one of few figures: of few dates, in two units, sometimes far off, with quotes in its texts."""
    said = figure(
        rng.choice(("1", "2", "3", "9", "10", "11", "20", "1000", "0", "-1", "1.0")),
        period=rng.choice(("2020", "2021", "2022")),
        unit=rng.choice(("t", "t", "t", "kt")),
        published_at=rng.choice(("2023-01-31", "2023-02", "2024", "2023-01-31T00:00:00Z")),
        source={"publisher": rng.choice(("usgs", "bgs")), "title": rng.choice(("MCS", '"published_at":"2024"', "a"))},
    )
    if rng.random() < 0.1:
        del said["value"]
        said |= rng.choice(({"low": "5"}, {"symbol": "withheld"}))
    return said


def compared(path: Path, told: bool, monkeypatch: pytest.MonkeyPatch, seed: int) -> tuple[ImportReport, list[Any]]:
    """What an import says and records; with `told` false every row is compared with all that was said before."""
    rng = random.Random(seed)
    with monkeypatch.context() as patch, Ledger(":memory:") as ledger:
        patch.setattr(rows, "PIECE_ROWS", rng.choice((3, 10, 50)))
        patch.setattr(importer, "TRANSACTION_PIECES", 2)
        patch.setattr(said_before, "STATEMENTS_MAX", rng.choice((5, 1000)))
        if not told:
            patch.setattr(SaidBefore, "is_plain", lambda *_: False)
        ledger.append(WORLD)
        receipt = ledger.append([drawn(rng) for _ in range(10)])
        target = rng.choice(receipt.items)["event_id"]
        ledger.append([correction(target, published_at="2024"), correction(target, unit="kt")])
        head = ledger.head()
        path.write_text("".join(json.dumps(drawn(rng)) + "\n" for _ in range(60)))
        report = import_file(ledger, path, mode="proceed", on_conflict=rng.choice(("ask", "correct", "record")))
        return report, [(entry.type, entry.event_key, entry.stream_key) for entry in ledger.entries(after=head)]


@pytest.mark.parametrize("seed", range(examples(12, deeply=500)))
def test_it_is_what_comparing_everything_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    told, everything = (compared(tmp_path / "facts.jsonl", way, monkeypatch, seed) for way in (True, False))
    assert told[1] == everything[1]
    for report in (told[0], everything[0]):
        for one in (*report.changed, *report.changed_since, *report.warnings, *report.errors):
            one.pop("event_id", None)
            one["detail"] = one.get("detail", "").partition(", by event")[0]
        report.faults = FaultGroups()  # the errors again
    assert told[0] == everything[0]
