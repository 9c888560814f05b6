"""What was said of a figure before is what stands on it now, in whatever stream it was recorded: judged by the model.

A correction or a merge makes a statement one of another figure or publisher, and it stays in the stream in which it is.
"""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger import Append, Ledger, Refused, import_file
from ledger.append import said_of_figures
from ledger.append.batch import Batch
from ledger.imports import importer, rows
from tests.depth import examples
from tests.ledger.conftest import WORLD, correction, figure, record_together, reinstatement, retraction
from tests.oracle.deep_histories import deep_history
from tests.oracle.facts import Fact
from tests.oracle.histories import random_history
from tests.oracle.model import FIGURES, Model, Statement, statement_of

Row = dict[str, Any]
ALL = 2**62
NOW = datetime(2025, 3, 1, tzinfo=UTC)
ONE, TWO = (f"{number:08}-0000-4000-8000-000000000000" for number in (1, 2))
MORE = [
    {"type": "EntityRegistered", "entity": slug, "kind": kind, "name": slug.title()}
    for slug, kind in (("earth", "region"), ("us-gs", "organisation"), ("nd-pr", "material"))
]
COMPANY = {
    "type": "EntityRegistered",
    "entity": "co",
    "kind": "organisation",
    "name": "A Company",
    "fiscal_year_end": "12-31",
    "event_id": TWO,
}


def merge(kept: str, merged: str, **fields: Any) -> Row:
    return {"type": "EntitiesMerged", "kept": kept, "merged": merged, "reason": "one and the same", **fields}


WITHDRAWN = {name: value for name, value in figure(type="FigureWithdrawn").items() if name != "value"}
MERGED = merge("world", "earth", event_id=ONE)
ELSEWHERE: dict[str, tuple[list[Row], Row, bool]] = {
    "the subject was merged": ([figure("1", subject="earth"), MERGED], figure("2"), True),
    "the subject of the new one was merged": ([figure("1"), MERGED], figure("2", subject="earth"), True),
    "the material was merged": (
        [figure("1", material="nd-pr"), merge("ndpr-oxide", "nd-pr")],
        figure("2", material="ndpr-oxide"),
        True,
    ),
    "the publisher was merged": (
        [figure("1", source={"publisher": "us-gs"}), merge("usgs", "us-gs")],
        figure("2"),
        True,
    ),
    "the publisher of the new one was merged": (
        [figure("1"), merge("usgs", "us-gs")],
        figure("2", source={"publisher": "us-gs"}),
        True,
    ),
    "a merge was taken back": (
        [MERGED, figure("1", subject="earth"), retraction(ONE)],
        figure("2", subject="earth"),
        True,
    ),
    "a merge of others was taken back": ([MERGED, figure("1", subject="earth"), retraction(ONE)], figure("2"), False),
    "a merge was taken back and made again": (
        [figure("1", subject="earth"), MERGED, retraction(ONE), reinstatement(ONE)],
        figure("2"),
        True,
    ),
    "it was corrected to this figure": (
        [figure("1", subject="china", event_id=ONE), correction(ONE, subject="world")],
        figure("2"),
        True,
    ),
    "it was corrected to this figure and away again": (
        [
            figure("1", subject="china", event_id=ONE),
            correction(ONE, subject="world"),
            correction(ONE, subject="australia"),
        ],
        figure("2"),
        False,
    ),
    "it was corrected to this figure, and retracted": (
        [figure("1", subject="china", event_id=ONE), correction(ONE, subject="world"), retraction(ONE)],
        figure("2"),
        False,
    ),
    "it was corrected to another figure": (
        [figure("1", event_id=ONE), correction(ONE, subject="china")],
        figure("2"),
        False,
    ),
    "it was corrected to another period": (
        [figure("1", event_id=ONE), correction(ONE, period="2022")],
        figure("2", period="2022"),
        True,
    ),
    "it was corrected to a plan": (
        [
            figure("1", type="CapacityReported", metric="capacity", unit="t/yr", event_id=ONE),
            correction(ONE, status="announced"),
        ],
        figure("2", type="CapacityReported", metric="capacity", unit="t/yr", nature="plan"),
        True,
    ),
    "it was corrected to a name that was merged": (
        [figure("1", subject="china", event_id=ONE), correction(ONE, subject="earth"), merge("world", "earth")],
        figure("2"),
        True,
    ),
    "the fiscal year of its subject was corrected": (
        [COMPANY, figure("1", subject="co", period="FY2023"), correction(TWO, fiscal_year_end="06-30")],
        figure("2", subject="co", period="2022-07-01/2023-06-30"),
        True,
    ),
    "it was of these days before the fiscal year of its subject was corrected": (
        [COMPANY, figure("1", subject="co", period="FY2023"), correction(TWO, fiscal_year_end="06-30")],
        figure("2", subject="co", period="2023"),
        False,
    ),
    "its fiscal year was named for its start since": (
        [
            COMPANY,
            correction(TWO, fiscal_year_end="03-31"),
            figure("1", subject="co", period="FY2023-H1"),
            correction(TWO, fiscal_year_named="start"),
        ],
        figure("2", subject="co", period="2023-04-01/2023-09-30"),
        True,
    ),
    "it was taken back by its publisher": (
        [figure("1"), WITHDRAWN],
        figure("2"),
        False,
    ),
}


def rules(items: Sequence[Any]) -> list[str]:
    return [one["rule"] for one in items[-1]["warnings"]]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_statement_is_compared_with_what_stands_on_its_figure_now(tmp_path: Path, name: str) -> None:
    before, row, contradicts = ELSEWHERE[name]
    expected = ["contradicts"] if contradicts else []

    def a_ledger(where: str, events: Sequence[Row] = ()) -> Ledger:
        book = Ledger(tmp_path / where, clock=lambda: NOW)
        book.append([*WORLD, *MORE, *events])
        return book

    with a_ledger("one.db") as book:
        for one in before:
            book.append([one])
        assert rules(book.append([row]).items) == expected
    with a_ledger("batch.db") as book:
        planned = book.plan([*before, row]).items[-1]
        assert [one["rule"] for one in planned.warnings] == expected
        assert rules(book.append([*before, row]).items) == expected
    a_ledger("again.db", before).close()
    with Ledger(tmp_path / "again.db", clock=lambda: NOW) as book:
        assert rules(book.append([row]).items) == expected


@pytest.mark.parametrize("name", [name for name in ELSEWHERE if "by its publisher" not in name])
def test_a_row_is_in_conflict_with_what_stands_on_its_figure_now(tmp_path: Path, name: str) -> None:
    before, row, contradicts = ELSEWHERE[name]
    alone, together = tmp_path / "row.jsonl", tmp_path / "all.jsonl"
    alone.write_text(json.dumps(row) + "\n")
    together.write_text("".join(json.dumps(one) + "\n" for one in (*before, row)))
    for path, first in ((alone, before), (together, [])):
        for dry_run in (True, False):
            with Ledger(":memory:", clock=lambda: NOW) as book:
                book.append([*WORLD, *MORE, *first])
                report = import_file(book, path, mode="proceed", dry_run=dry_run)
                assert [(one["rule"], one["row"]) for one in report.errors] == (
                    [("conflict", 1 + len(before) - len(first))] if contradicts else []
                )


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.parametrize("piece", [1, 2, 3, 5])
def test_a_file_says_so_in_pieces_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, piece: int
) -> None:
    before, row, contradicts = ELSEWHERE[name]
    monkeypatch.setattr(rows, "PIECE_ROWS", piece)
    path = tmp_path / "facts.jsonl"
    others = [figure(str(number), period=str(1900 + number)) for number in range(3)]
    path.write_text("".join(json.dumps(one) + "\n" for one in (*others, *before, row)))
    for transaction in (1, 4):
        monkeypatch.setattr(importer, "TRANSACTION_PIECES", transaction)
        with Ledger(":memory:", clock=lambda: NOW) as book:
            book.append([*WORLD, *MORE])
            report = import_file(book, path, mode="proceed", on_conflict="record")
            assert report.rejected == 0
            found = [one["rule"] for one in report.warnings if one["row"] == len(others) + len(before) + 1]
            assert found == (["contradicts"] if contradicts else [])


def test_a_correction_by_a_file_is_of_the_statement_on_the_same_figure(ledger: Ledger, tmp_path: Path) -> None:
    """Not of one that was corrected to another figure before, and says nothing of this one any more."""
    ledger.append([figure("1", event_id=ONE), correction(ONE, subject="china")])
    path = tmp_path / "facts.jsonl"
    path.write_text(json.dumps(figure("2")) + "\n" + json.dumps(figure("3", subject="china")) + "\n")
    report = import_file(ledger, path, on_conflict="correct")
    assert (report.recorded, report.corrected, report.rejected) == (2, 1, 0)
    said, act = list(ledger.entries())[-2:]
    assert (said.type, said.body["value"]) == ("ProductionReported", "2")
    assert (act.body["target"], act.body["changes"]) == (ONE, {"value": "3"})


def test_a_correction_of_a_plan_by_a_file_leaves_it_a_plan(ledger: Ledger, tmp_path: Path) -> None:
    said = figure("1", type="CapacityReported", metric="capacity", unit="t/yr", event_id=ONE)
    ledger.append([{**said, "status": "announced"}])
    path = tmp_path / "facts.jsonl"
    path.write_text(json.dumps({**said, "event_id": None, "value": "2", "nature": "plan"}) + "\n")
    assert import_file(ledger, path, on_conflict="correct").corrected == 1
    changes = list(ledger.entries())[-1].body["changes"]
    assert changes == {"value": "2", "status": None, "nature": "plan"}


def test_one_instant_printed_with_two_offsets_is_one_date(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(
        [figure("1", published_at="2024-01-31T08:00:00+08:00"), figure("1", published_at="2024", period="2022")]
    )
    path = tmp_path / "facts.jsonl"
    said = figure("2", published_at="2024-01-31T00:00:00Z"), figure("2", published_at="2024-12-31", period="2022")
    path.write_text("".join(json.dumps(one) + "\n" for one in said))
    report = import_file(ledger, path, mode="proceed")
    assert [(one["row"], one["rule"]) for one in report.errors] == [(1, "conflict")]
    assert [(one["row"], one["rule"]) for one in report.warnings] == [(2, "contradicts")]


def test_what_is_said_of_the_kept_name_is_the_fact_that_was_said_of_the_merged_one(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.append([*MORE, figure("1", subject="earth", source={"publisher": "us-gs"})])
    ledger.append([merge("world", "earth"), merge("usgs", "us-gs")])
    path = tmp_path / "facts.jsonl"
    path.write_text(json.dumps(figure("1")) + "\n")
    report = import_file(ledger, path)
    assert (report.recorded, report.duplicate) == (0, 1)


# What stands is what the model says that stands.


def a_history(seed: int) -> list[Row]:
    rng = random.Random(seed)
    return deep_history(rng, 40) if rng.randrange(5) == 0 else random_history(rng, rng.randint(10, 60))


def accepted(events: Sequence[Row], ledger: Ledger) -> tuple[list[Row], list[Any]]:
    """Those events that are recorded one by one, and what is odd about each."""
    taken, odd = [], []
    for event in events:
        try:
            (item,) = ledger.append([event]).items
        except Refused:
            continue
        if item["status"] == "recorded":
            taken.append(event)
            odd.append(item["warnings"])
    return taken, odd


def model_of(ledger: Ledger) -> Model:
    return Model([{**entry.envelope(), **entry.body} for entry in ledger.entries()])


def series_before(model: Model, one: Statement, position: int) -> list[Statement]:
    """What its publisher said of its figure that stands at a position, in order."""
    on_figure = model.statements_on(position).get(one.figure_id, [])
    return [
        other for other in on_figure if other.publisher == one.publisher and other.fact.position < one.fact.position
    ]


def contradicts(model: Model, event: Row) -> bool:
    """Whether a statement contradicts the one before it in its series, as it was when it was recorded."""
    if event["type"] not in FIGURES or event["type"] == "FigureWithdrawn":
        return False
    position = event["position"]
    one = statement_of(Fact(event), model.names(position))
    before = [other for other in series_before(model, one, position) if other.order[0] <= one.order[0]]
    if not before or not event.get("published_at") or not before[-1].fact.get("published_at"):
        return False
    last = before[-1]
    return last.order[0] == one.order[0] and last.says != one.says and not last.withdrawn


@pytest.fixture
def compared_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """An append is compared with all that was said, and not only with the last of it."""
    monkeypatch.setattr(said_of_figures, "COMPARED_MAX", ALL)
    monkeypatch.setattr(Batch.compare, "__kwdefaults__", {"last": ALL})


@pytest.mark.usefixtures("compared_with_all")
@pytest.mark.parametrize("seed", range(examples(25, deeply=500)))
def test_a_contradiction_is_one_of_what_stands(tmp_path: Path, seed: int) -> None:
    with Ledger(":memory:", clock=lambda: NOW) as ledger:
        events, odd = accepted(a_history(seed), ledger)
        model = model_of(ledger)
    found = [any(one["rule"] == "contradicts" for one in warnings) for warnings in odd]
    assert found == [contradicts(model, event) for event in model.events]
    with Ledger(":memory:", clock=lambda: NOW) as ledger:
        assert [one["warnings"] for one in ledger.append(events).items] == odd
    half = random.Random(seed).randrange(len(events))
    with Ledger(tmp_path / "log.db", clock=lambda: NOW) as ledger:
        ledger.append(events[:half])
    with Ledger(tmp_path / "log.db", clock=lambda: NOW) as ledger:
        assert [[*one.warnings] for one in ledger.plan(events[half:]).items] == odd[half:]
        assert [one["warnings"] for one in ledger.append(events[half:]).items] == odd[half:]


@pytest.mark.parametrize("seed", range(examples(20, deeply=500)))
def test_what_is_odd_is_so_one_by_one_and_together(seed: int) -> None:
    """Of much on one figure, the same last events are looked at."""
    rng = random.Random(seed)
    history = deep_history(rng, 60) if seed % 2 else random_history(rng, 60)
    with Ledger(":memory:", clock=lambda: NOW) as ledger:
        events, odd = accepted(history, ledger)
    for begin in (0, rng.randrange(len(events))):
        with Ledger(":memory:", clock=lambda: NOW) as ledger:
            ledger.append(events[:begin])
            planned = ledger.plan(events[begin:]).items
            assert [[*one.warnings] for one in planned] == odd[begin:]
            appends = [Append.of([event]) for event in events[begin:]]
            record_together(ledger, appends)
            assert [one.unwrap().items[0]["warnings"] for one in appends] == odd[begin:]


def conflicts(model: Model, row: Row) -> bool:
    """Whether a row says another amount than all that stands of its figure, publisher and date."""
    position = len(model.events)
    one = statement_of(Fact({**row, "position": position + 1}), model.names(position))
    same_date = [
        other
        for other in series_before(model, one, position)
        if other.fact.get("published_at") and other.fact.published == one.fact.published
    ]
    says = (one.withdrawn, *one.says)
    return bool(same_date) and all((other.withdrawn, *other.says) != says for other in same_date)


@pytest.mark.parametrize("seed", range(examples(25, deeply=500)))
def test_a_conflict_of_a_row_is_one_with_what_stands(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    events = a_history(seed)
    half = rng.randrange(len(events) // 2, len(events))
    said = [
        {**row, "published_at": row.get("published_at") or "2025-01-31", "event_id": None}
        for row in (*events[half:], *rng.sample(events, len(events) // 2))
        if row["type"] in FIGURES
    ]
    with Ledger(":memory:", clock=lambda: NOW) as ledger:
        accepted(events[:half], ledger)
        model = model_of(ledger)
        path = tmp_path / "row.jsonl"
        for row in said[:8]:
            path.write_text(json.dumps(row) + "\n")
            report = import_file(ledger, path, dry_run=True, mode="proceed")
            if (found := [one["rule"] for one in report.errors]) in ([], ["conflict"]):
                assert bool(found) == conflicts(model, row), row
