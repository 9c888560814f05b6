"""A log goes out and comes in again: into an empty ledger as it was, into another with its origin."""

import io
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.cli.demo import sample_path
from ledger import Ledger, export_log, exported_events, import_file, import_stream
from projections import CATALOGUE
from tests.depth import examples
from tests.ledger.conftest import WORLD, correction, figure, retraction
from tests.oracle.histories import random_history, random_viewpoint
from tests.properties.test_viewpoints import seen_from, ticking
from tests.shared_tables import engine_of


def recorded(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Everything that the log holds."""
    return [tuple(entry) for entry in ledger.entries()]


def sent_on(ledger: Ledger, folder: Path, into: Ledger, **chosen: Any) -> Any:
    export_log(ledger, folder)
    return import_file(into, exported_events(folder), **chosen)


def histories(seed: int, path: Path) -> Ledger:
    """A ledger of a generated history with corrections, retractions and merges, and events without a date."""
    ledger = Ledger(path, clock=ticking())
    for body in random_history(random.Random(seed), 60):
        ledger.append_what_fits([body], recorded_by=f"recorder-{seed}")
    ledger.append_what_fits([{"type": "EntityRegistered", "entity": "undated", "kind": "country", "name": "Undated"}])
    return ledger


@pytest.mark.parametrize("seed", range(1, 1 + examples(1, deeply=100)))
def test_an_empty_ledger_takes_in_a_log_as_it_was(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    with histories(seed, tmp_path / "one.db") as one, Ledger(tmp_path / "two.db") as two:
        report = sent_on(one, tmp_path / "out", two, as_recorded=True)
        assert (report.recorded, report.rejected) == (one.head(), 0), report.errors[:3]
        assert recorded(two) == recorded(one)
        events = [{**entry.envelope(), **entry.body} for entry in one.entries()]
        viewpoints = [random_viewpoint(rng, events) for _ in range(examples(2, deeply=10))]
        with engine_of(one) as first, engine_of(two) as second:
            for at in viewpoints:
                for name in CATALOGUE:
                    assert first.read(name, seen_from(first, at)) == second.read(name, seen_from(second, at))


def test_the_shipped_ledger_goes_out_and_comes_in_again_byte_for_byte(tmp_path: Path) -> None:
    with Ledger(tmp_path / "one.db") as one, Ledger(tmp_path / "two.db") as two:
        import_file(one, sample_path())
        sent_on(one, tmp_path / "out", two, as_recorded=True)
        export_log(two, tmp_path / "again")
        assert two.identity != one.identity
        assert two.log.root(two.head()) == one.log.root(one.head())
    for name in ("events.jsonl", "manifest.json"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_a_copy_says_of_each_event_which_ledger_recorded_it(tmp_path: Path, ledger: Ledger) -> None:
    ledger.append([figure()])
    head = ledger.head()
    with Ledger(tmp_path / "two.db") as two:
        sent_on(ledger, tmp_path / "one", two, as_recorded=True)
        two.append([figure("2", period="2021")])
        assert two.log.recorders() == [(1, ledger.identity), (head + 1, two.identity)]
        with Ledger(":memory:") as third:
            sent_on(two, tmp_path / "two", third, as_recorded=True)
            third.append([figure("3", period="2020")])
            export_log(third, tmp_path / "three")
            identities = [ledger.identity] * head + [two.identity, third.identity]
    rows = [json.loads(line) for line in (tmp_path / "three" / "events.jsonl").read_bytes().splitlines()]
    assert [row["ledger"] for row in rows] == identities
    assert json.loads((tmp_path / "three" / "manifest.json").read_bytes())["ledger"] == identities[-1]
    first = (tmp_path / "one" / "events.jsonl").read_bytes()
    assert (tmp_path / "three" / "events.jsonl").read_bytes().startswith(first)


def test_a_copy_that_was_refused_leaves_the_ledger_its_own(tmp_path: Path, ledger: Ledger) -> None:
    export_log(ledger, tmp_path)
    lines = (tmp_path / "events.jsonl").read_bytes().splitlines(keepends=True)
    with Ledger(":memory:") as empty:
        report = import_stream(empty, io.BytesIO(b"".join(lines[:1] + lines[2:])), "jsonl", as_recorded=True)
        assert report.rejected
        assert empty.log.recorders() == [(1, empty.identity)]


def test_the_same_log_gives_the_same_bytes(tmp_path: Path, ledger: Ledger) -> None:
    assert export_log(ledger, tmp_path / "one") == export_log(ledger, tmp_path / "two")
    assert (tmp_path / "one" / "events.jsonl").read_bytes() == (tmp_path / "two" / "events.jsonl").read_bytes()
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["events.jsonl", "manifest.json"]


def test_the_ledger_that_it_came_from_knows_every_row(tmp_path: Path, ledger: Ledger) -> None:
    target = ledger.append([figure()]).items[0]["event_id"]
    ledger.append([correction(target, value=1), {**figure(2, period="2022"), "event_id": None}])
    ledger.append([{name: value for name, value in figure("3", period="2021").items() if name != "published_at"}])
    head = ledger.head()
    report = sent_on(ledger, tmp_path / "out", ledger)
    assert (report.recorded, report.duplicate, report.rejected, ledger.head()) == (0, head, 0, head), report.errors


def test_another_ledger_keeps_where_it_came_from_and_since_when_it_was_known(tmp_path: Path) -> None:
    then = datetime(2020, 5, 17, 12, tzinfo=UTC)
    undated = {name: value for name, value in figure("3", period="2021").items() if name != "published_at"}
    with Ledger(":memory:", clock=lambda: then) as one, Ledger(":memory:") as two:
        one.append(WORLD)
        one.append([undated, figure("4")], recorded_by="somebody")
        two.append(WORLD[:1])
        report = sent_on(one, tmp_path / "out", two, mode="proceed")
        assert (report.recorded, report.duplicate) == (one.head() - 1, 1), "the first slug is registered already"
        undated_there, dated_there = [entry.body for entry in two.entries()][-2:]
        assert undated_there["published_at"] == "2020-05-17T12:00:00.000000Z"
        assert undated_there["origin"] == {
            "ledger": one.identity,
            "position": one.head() - 1,
            "recorded_at": "2020-05-17T12:00:00.000000Z",
            "recorded_by": "somebody",
        }
        assert undated_there["source"]["via"] == f"supply ledger {one.identity}"
        assert dated_there["published_at"] == figure()["published_at"]
        again = sent_on(one, tmp_path / "out", two, mode="proceed")
        assert (again.recorded, again.duplicate) == (0, one.head())
        third = sent_on(two, tmp_path / "third", one, mode="proceed")
        assert third.recorded == 0, "what came from here is known here"


def test_a_log_that_is_not_empty_takes_nothing_in_as_recorded(tmp_path: Path, ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="empty ledger"):
        sent_on(ledger, tmp_path / "out", ledger, as_recorded=True)


def changed(rows: list[dict[str, Any]], place: int, **fields: Any) -> list[dict[str, Any]]:
    return [{**row, **fields} if at == place else row for at, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (lambda rows: rows[1:], "/position"),
        (lambda rows: [*rows[:2], *rows[3:]], "/position"),
        (lambda rows: [*rows[:2], rows[3], rows[2]], "/position"),
        (lambda rows: changed(rows, 1, position="2"), "/position"),
        (lambda rows: changed(rows, 1, recorded_at="soon"), "/recorded_at"),
        (lambda rows: changed(rows, 1, recorded_at="1999-01-01T00:00:00Z"), "/recorded_at"),
        (lambda rows: changed(rows, 1, recorded_at="2999-01-01T00:00:00Z"), "/recorded_at"),
        (lambda rows: changed(rows, 1, digest="abc"), "/digest"),
        (lambda rows: changed(rows, 1, salt="abc"), "/salt"),
        (lambda rows: changed(rows, 1, salt=7), "/salt"),
        (lambda rows: changed(rows, 1, recorded_by=7), "/recorded_by"),
        (lambda rows: changed(rows, 1, ledger=["x"]), "/ledger"),
        (lambda rows: [{k: v for k, v in row.items() if k != "position"} for row in rows], ""),
    ],
)
def test_what_is_no_whole_log_is_refused(tmp_path: Path, ledger: Ledger, change: Any, pointer: str) -> None:
    export_log(ledger, tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    path = tmp_path / "changed.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in change(rows)))
    with Ledger(":memory:") as empty:
        report = import_file(empty, path, as_recorded=True)
        assert (report.recorded, report.errors[0]["pointer"], empty.head()) == (0, pointer, 0)


def test_an_export_that_was_changed_or_is_none_is_refused(tmp_path: Path, ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="no export"):
        exported_events(tmp_path)
    export_log(ledger, tmp_path)
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write(b"{}\n")
    with pytest.raises(ValueError, match="changed or cut off"):
        exported_events(tmp_path)
    for said in ("[]", "nonsense", '{"format": "other/9", "sha256": ""}'):
        (tmp_path / "manifest.json").write_text(said)
        with pytest.raises(ValueError, match="manifest"):
            exported_events(tmp_path)


def test_what_is_recorded_afterwards_comes_after_what_was_taken_in(tmp_path: Path) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with Ledger(":memory:", clock=lambda: now) as one, Ledger(":memory:", clock=lambda: now + timedelta(days=1)) as two:
        one.append([*WORLD, figure()])
        (target,) = [str(entry.event_id) for entry in list(one.entries())[-1:]]
        one.append([retraction(target)])
        sent_on(one, tmp_path, two, as_recorded=True)
        receipt = two.append([figure("5")])
        assert receipt.position == one.head() + 1
        assert receipt.recorded_at == "2026-01-02T00:00:00.000000Z"


def test_whatever_is_published_keeps_its_date_or_waits_for_one(tmp_path: Path) -> None:
    """Not only what has an end of its own: an undated closure or withdrawal would count as known later elsewhere."""
    then = datetime(2020, 5, 17, 12, tzinfo=UTC)
    first = "00000000-0000-4000-8000-000000000001"
    undated = [
        {"type": "FacilityAnnounced", "facility": "kuantan-plant", "event_id": first},
        {"type": "FacilityClosed", "facility": "kuantan-plant"},
        {"type": "ReportWithdrawn", "withdraws": first},
    ]
    with Ledger(":memory:", clock=lambda: then) as one, Ledger(":memory:") as two:
        one.append(WORLD)
        one.append(undated)
        assert sent_on(one, tmp_path / "out", two).rejected == 0
        dates = [entry.body["published_at"] for entry in list(two.entries())[-3:]]
        assert dates == ["2020-05-17T12:00:00.000000Z"] * 3
        for event in undated:
            rows = io.BytesIO(json.dumps({**event, "event_id": None}).encode())
            report = import_stream(two, rows, "jsonl", mode="proceed")
            assert [error["rule"] for error in report.errors] == ["undated"]


def test_ledgers_that_took_in_the_same_file_join_without_a_conflict(tmp_path: Path) -> None:
    """What both hold is there already; what one of them knows besides goes over, and comes back as what is known."""
    rows = "\n".join(
        map(json.dumps, [*WORLD, figure("1", published_at="2024-01-31"), figure("2", published_at="2025-01-31")])
    ).encode()
    with Ledger(tmp_path / "one.db") as one, Ledger(tmp_path / "two.db") as two:
        for ledger in (one, two):
            import_stream(ledger, io.BytesIO(rows), "jsonl")
        report = sent_on(one, tmp_path / "out", two)
        assert (report.recorded, report.duplicate, report.rejected) == (0, one.head(), 0), report.errors[:3]
        two.append([figure("3", published_at="2026-01-31")])
        report = sent_on(two, tmp_path / "back", one)
        assert (report.recorded, report.duplicate, report.rejected) == (1, two.head() - 1, 0), report.errors[:3]
        report = sent_on(one, tmp_path / "again", two)
        assert (report.recorded, report.duplicate, report.rejected) == (0, one.head(), 0), report.errors[:3]
        *_, last = one.entries()
        assert (last.body["origin"]["position"], last.body["source"]["via"]) == (
            two.head(),
            f"supply ledger {last.body['origin']['ledger']}",
        )


def test_what_names_an_event_and_says_something_else_is_still_another(tmp_path: Path) -> None:
    with Ledger(tmp_path / "one.db") as one, Ledger(tmp_path / "two.db") as two:
        for ledger in (one, two):
            ledger.append(WORLD)
        known = {"event_id": "00000000-0000-4000-8000-00000000000a"}
        one.append([{**figure("1", published_at="2024-01-31"), **known}])
        two.append([{**figure("2", published_at="2024-01-31"), **known}])
        report = sent_on(one, tmp_path / "out", two, mode="proceed")
        assert "event_id_reused" in {error["rule"] for error in report.errors}
