"""A file is taken in as if each of its rows came alone: in blocks of any size it has the same entries and verdicts.

The files are generated: statements on few figures, in few units and of few dates, sometimes far off; corrections,
retractions and merges of what stands; rows that come twice, that contradict others, that are refused, and that are no
events at all.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger import ImportReport, Ledger, Refused, import_file
from ledger.append import said_of_figures
from ledger.append.batch import Batch
from ledger.imports import importer, rows, said_before
from ledger.imports.said_before import SaidBefore
from tests.depth import examples
from tests.ledger.conftest import correction, figure
from tests.oracle.deep_histories import deep_history
from tests.oracle.histories import random_history

Row = dict[str, Any]
ALL = 2**62
NOW = datetime(2025, 3, 1, tzinfo=UTC)
"""When everything is recorded: what says no date was published then, so it must be one instant."""
NO_EVENTS: tuple[Any, ...] = (7, "row", [], {}, {"type": "Nothing"})
WORTH_A_LOOK = 8
"""How many rows are recorded before the file."""


def a_file(rng: random.Random) -> list[Any]:
    """Rows as somebody sends them: a history with accidents."""
    size = rng.randint(5, 70)
    made: list[Any] = deep_history(rng, size) if rng.randrange(4) == 0 else random_history(rng, size)
    for _ in range(rng.randrange(size)):
        row = dict(rng.choice([one for one in made if one not in NO_EVENTS]))
        kind = rng.randrange(10)
        if kind == 0:
            row["expected_version"] = rng.randrange(4)
        elif kind == 1:
            row[rng.choice(("subject", "target", "unit", "entity"))] = rng.choice(("nobody", "t", "share", 7))
        elif kind == 2 and "value" in row:
            row["value"] = rng.choice(("1", "1300000", "0", "-4", "2.50", "1e3"))
        elif kind == 3 and "unit" in row:
            row["dimensions"] = rng.choice(({"value": "x", "unit": "kt"}, {"publisher": "bgs"}, {"basis": "re-o"}))
        elif kind == 4:
            row["source"] = {
                **row.get("source", {}),
                "title": rng.choice(('"published_at":"2024"', '"publisher":"bgs"')),
            }
        elif kind == 5:
            row["published_at"] = rng.choice(("2024-12-31", "2025", "1999", "no day"))
        elif kind == 6:
            row = rng.choice(NO_EVENTS)
        if isinstance(row, dict) and kind < 6 and rng.randrange(4):
            row["event_id"] = f"{rng.randrange(10**8):08}-0000-4000-8000-000000000000"
        made.insert(rng.randrange(len(made) + 1) if rng.randrange(3) else len(made), row)
    return made


def dated(made: Iterable[Any]) -> list[Any]:
    """Without what an import asks a date of and an append does not."""
    known_at_once = ("EntityRegistered", "EntitiesMerged", "EventCorrected", "EventRetracted", "EventReinstated")
    return [
        row
        for row in made
        if not isinstance(row, dict) or row.get("published_at") is not None or row.get("type") in known_at_once
    ]


def once(made: Iterable[Any]) -> list[Any]:
    """Without what an import is more lenient about: another spelling of an event, and an entity registered again."""
    seen: dict[str, Any] = {}
    kept = []
    for row in made:
        name = row["entity"] if row["type"] == "EntityRegistered" else row["event_id"]
        if seen.setdefault(str(name), row) == row and seen.setdefault(row["event_id"], row) == row:
            kept.append(row)
    return kept


def without_ids(rng: random.Random, made: Iterable[Any]) -> list[Any]:
    """Most statements known by what they say."""
    return [
        {name: value for name, value in row.items() if name != "event_id"}
        if isinstance(row, dict) and "subject" in row and rng.randrange(5)
        else row
        for row in made
    ]


def logged(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Everything that the log holds, and what the rules know after it."""
    state = ledger._writer._state
    ledger.plan([])
    return [*map(tuple, ledger.entries()), tuple(sorted(state.metrics.items())), tuple(sorted(state.kept.items()))]


def imported(
    path: Path,
    ledger: Ledger,
    made: Sequence[Any],
    monkeypatch: pytest.MonkeyPatch,
    *,
    piece: int,
    pieces: int,
    **how: Any,
) -> ImportReport:
    """What is said of a file that is taken in so many rows at once, and so many pieces in a transaction."""
    path.write_text("".join(json.dumps(row) + "\n" for row in made), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(rows, "PIECE_ROWS", piece)
        patch.setattr(importer, "TRANSACTION_PIECES", pieces)
        patch.setattr(said_before, "STATEMENTS_MAX", how.pop("statements_max", 1000))
        return import_file(ledger, path, **how)


@pytest.mark.parametrize("seed", range(examples(25, deeply=300)))
def test_a_file_is_what_its_rows_are_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = random.Random(seed)
    made = without_ids(rng, a_file(rng))
    how: dict[str, Any] = {"on_conflict": rng.choice(("ask", "correct", "record")), "mode": "proceed"}
    if rng.randrange(2):
        how["published_at"] = "2025-02-20"
    before = [row for row in made[:WORTH_A_LOOK] if isinstance(row, dict) and "event_id" in row]
    found = []
    for alone in (True, False):
        with monkeypatch.context() as patch, Ledger(":memory:", clock=lambda: NOW) as ledger:
            ledger.append_what_fits(before)
            size: dict[str, Any] = {"piece": 1, "pieces": 1}
            if alone:
                # Compared with everything that was said before, and never told from less.
                patch.setattr(SaidBefore, "is_plain", lambda *_: False)
            else:
                size = {"piece": rng.choice((2, 5, 30, 500)), "pieces": rng.choice((1, 2, 4))}
                size["statements_max"] = rng.choice((5, 1000))
            report = imported(tmp_path / "facts.jsonl", ledger, made, patch, **size, **how)
            found.append((logged(ledger), asdict(report)))
    assert found[0][0] == found[1][0]
    assert found[0][1] == found[1][1]


@pytest.mark.parametrize("seed", range(examples(25, deeply=300)))
def test_a_file_is_what_its_events_are_appended_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = random.Random(seed)
    made = once(row for row in dated(a_file(rng)) if isinstance(row, dict) and "event_id" in row)
    # An append is compared with the last of much, and a file with all of it.
    monkeypatch.setattr(said_of_figures, "COMPARED_MAX", ALL)
    monkeypatch.setattr(Batch.compare, "__kwdefaults__", {"last": ALL})
    with Ledger(":memory:", clock=lambda: NOW) as one_by_one, Ledger(":memory:", clock=lambda: NOW) as ledger:
        warnings, errors, again = [], [], 0
        for number, row in enumerate(made, start=1):
            try:
                (item,) = one_by_one.append([row]).items
            except Refused as error:
                errors += [(number, one.within.pointer, one.rule, one.detail) for one in error.violations]
            else:
                again += item["status"] == "duplicate"
                warnings += [{"row": number, **one} for one in item["warnings"]]
        size = {"piece": rng.choice((2, 5, 30, 500)), "pieces": rng.choice((1, 2, 4))}
        report = imported(tmp_path / "facts.jsonl", ledger, made, monkeypatch, **size, mode="proceed")
        assert logged(ledger) == logged(one_by_one)
        assert report.warnings == warnings
        assert [(one["row"], one["pointer"], one["rule"], one["detail"]) for one in report.errors] == errors
        assert report.duplicate + report.repeated == again


def test_what_has_to_be_compared_is_read_and_written_together(ledger: Ledger, tmp_path: Path) -> None:
    """Corrections, repetitions and odd rows stand among the others, one in three: the log is not asked for each."""
    made: list[Row] = []
    for number in range(120):
        event_id = f"{number:08}-0000-4000-8000-000000000000"
        made += [
            figure(period=str(1900 + number), event_id=event_id),
            figure(str(number), period=str(1900 + number // 2)),
        ]
        made.append(correction(event_id, value=str(number)) if number % 2 else {**made[-2], "value": "1"})
    path = tmp_path / "facts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in made))
    asked: Counter[str] = Counter()
    log = type(ledger.log)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("append", "streams", "known", "with_event_ids", "at_positions", "stream_heads"):
            patch.setattr(log, name, counting(getattr(log, name), asked))
        report = import_file(ledger, path, mode="proceed", on_conflict="record")
    assert (report.recorded, report.rejected) == (300, 60)
    assert asked.total() <= 10, asked


def counting(method: Callable[..., Any], asked: Counter[str]) -> Callable[..., Any]:
    def counted(*arguments: Any, **more: Any) -> Any:
        asked[method.__name__] += 1
        return method(*arguments, **more)

    return counted
