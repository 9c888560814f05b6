"""The text of an event is taken away for good, and its place, its proof and all that others recorded stay."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ledger import EventIdReused, KeyReused, Ledger, Refused, RuleBroken, StoreBusy, erasures
from ledger.store.answered_requests import ERASED
from tests.ledger.conftest import correction, figure, reinstatement, retraction
from tests.stores import STORES
from tests.tampering import hash_tree_again, seal_again, tampered

SECRETS = ("https://secret.example/page", "a secret title", "a secret note", "secretdimension", "271828", "314159")
"""What is in the texts that are erased: of an event, and of a correction of it."""
REQUEST = ("key-1", bytes(32))


on_every_store = pytest.mark.parametrize("store", STORES, indirect=True)


def secret(**fields: Any) -> dict[str, Any]:
    return figure(
        "271828",
        source={"publisher": "usgs", "url": SECRETS[0], "title": SECRETS[1]},
        note=SECRETS[2],
        dimensions={"basis": SECRETS[3]},
        **fields,
    )


def recorded(ledger: Ledger, *events: dict[str, Any], request: tuple[str, bytes] | None = None) -> str:
    """The event_id of the last of some events."""
    return str(ledger.append(events, request=request).items[-1]["event_id"])


def erase(ledger: Ledger, event_id: str, *, by: str = "local") -> int:
    """The position of the EventErased."""
    return ledger.erase(event_id, reason="personal_data", explanation="They asked for it.", recorded_by=by).position


def left_in(folder: Path) -> list[tuple[str, str]]:
    """The texts that are found in any file of a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [(path.name, text) for path in files for text in SECRETS if text.encode() in path.read_bytes()]


@pytest.fixture
def erased(ledger: Ledger) -> str:
    """An event that was corrected, and erased by alice."""
    event_id = recorded(ledger, secret(), request=REQUEST)
    ledger.append([correction(event_id, value="314159"), figure("3", period="2022")])
    erase(ledger, event_id, by="alice")
    return event_id


def test_no_byte_of_it_is_left_and_the_roots_stand(ledger: Ledger, tmp_path: Path) -> None:
    event_id = recorded(ledger, secret())
    ledger.append([correction(event_id, value="314159")])
    size = ledger.head()
    root, note = ledger.log.root(size), ledger.proofs.checkpoint().encoded()
    assert {text for _, text in left_in(tmp_path)} == {*SECRETS}
    erase(ledger, event_id)
    assert left_in(tmp_path) == []
    assert ledger.log.root(size) == root
    assert ledger.verify(checkpoints=[(note, ())]).faults == ()


@on_every_store
def test_its_envelope_stays_and_who_erased_it_is_said(ledger: Ledger, erased: str) -> None:
    entry = ledger.get(UUID(erased))
    assert entry is not None
    assert (entry.is_erased, entry.type, entry.position, entry.body) == (True, "ProductionReported", 10, {})
    told = ledger.erased(ledger.entries())
    assert sorted(told) == [10, 11], "the correction too"
    at = ledger.recorded_at(13)
    assert told[10] == told[11]
    assert {**told[10], "at": at} == {
        "by": "alice",
        "at": at,
        "position": 13,
        "reason": "personal_data",
        "explanation": "They asked for it.",
    }
    (act,) = ledger.acts_on(entry)
    assert (act.type, act.body["acts"]) == ("EventErased", [11])
    assert erasures(ledger.log, [act]) == {}


def noted(event_id: str) -> dict[str, Any]:
    return correction(event_id, note="Page 3.")


@pytest.mark.parametrize("act", [noted, retraction, reinstatement])
def test_nothing_acts_on_it_or_names_it_any_more(ledger: Ledger, erased: str, act: Callable[[str], Any]) -> None:
    for event in (act(erased), {"type": "ReportWithdrawn", "withdraws": erased, "source": {"publisher": "usgs"}}):
        with pytest.raises(RuleBroken, match="was erased"):
            ledger.append([event])
    with pytest.raises(RuleBroken, match="was erased"):
        erase(ledger, erased)


@on_every_store
def test_it_is_not_recorded_again_under_its_id_or_its_key(ledger: Ledger, erased: str) -> None:
    with pytest.raises(EventIdReused, match=f"event {erased}, at position 10, was erased"):
        ledger.append([secret(event_id=erased)])
    with pytest.raises(KeyReused, match="erased since"):
        ledger.append([secret()], request=REQUEST)


def test_only_the_erasing_itself_records_it(ledger: Ledger) -> None:
    event_id = recorded(ledger, secret())
    event = {"type": "EventErased", "target": event_id, "reason": "other", "explanation": "-"}
    with pytest.raises(RuleBroken, match="supply-ledger erase"):
        ledger.append([event])
    with pytest.raises(RuleBroken, match="supply-ledger erase"):
        ledger.plan([event])
    entry = ledger.get(UUID(event_id))
    assert entry is not None
    assert not entry.is_erased


@pytest.mark.parametrize(
    ("what", "rule"),
    [
        ("a correction", "target_is_no_ledger_event"),
        ("a merge", "target_is_no_merge"),
        ("a registration that others name", "others_depend_on_it"),
        ("nothing", "target_exists"),
        ("an erasing", "target_is_no_ledger_event"),
    ],
)
def test_what_cannot_be_erased(ledger: Ledger, erased: str, what: str, rule: str) -> None:
    merge = {"type": "EntitiesMerged", "merged": "js-link", "kept": "lynas", "reason": "One company."}
    first = recorded(ledger, figure("9", period="2020"))
    targets = {
        "a correction": lambda: recorded(ledger, correction(first, value="10")),
        "a merge": lambda: recorded(ledger, merge),
        "a registration that others name": lambda: str(ledger.at_positions([1])[0].event_id),
        "nothing": lambda: str(UUID(int=7, version=4)),
        "an erasing": lambda: str(ledger.at_positions([13])[0].event_id),
    }
    target, head = targets[what](), ledger.head()
    with pytest.raises(RuleBroken) as refused:
        erase(ledger, target)
    assert [one.rule for one in refused.value.violations] == [rule]
    assert ledger.head() == head


@pytest.mark.parametrize("reason", ["", "embarrassing"])
def test_the_reason_is_one_of_a_few(ledger: Ledger, reason: str) -> None:
    with pytest.raises(Refused, match="personal_data"):
        ledger.erase(recorded(ledger, secret()), reason=reason, explanation="-")


def test_what_was_retracted_can_be_erased_and_stays_gone(ledger: Ledger, tmp_path: Path) -> None:
    event_id = recorded(ledger, secret())
    ledger.append([retraction(event_id), reinstatement(event_id), retraction(event_id)])
    erase(ledger, event_id)
    assert left_in(tmp_path) == []
    assert sorted(ledger.erased(ledger.entries())) == [10, 11, 12, 13]
    assert ledger.verify().faults == ()


@on_every_store
def test_the_unit_of_a_metric_is_that_of_the_next_event(ledger: Ledger, location: str) -> None:
    event_id = recorded(ledger, secret(metric="stocks"))
    with pytest.raises(RuleBroken, match="unit"):
        ledger.append([figure("1", metric="stocks", unit="USD")])
    erase(ledger, event_id)
    assert "stocks" not in ledger.log.metrics()
    ledger.append([figure("1", metric="stocks", unit="USD")])
    with Ledger(location) as other, pytest.raises(RuleBroken, match="unit"):
        other.append([figure("1", metric="stocks")])


def test_what_restates_it_goes_on_and_can_be_corrected(ledger: Ledger) -> None:
    opening = {
        "type": "FacilityCommissioned",
        "facility": "kuantan-plant",
        "stage": "separation",
        "effective_from": "2020",
        "published_at": "2020-01-01",
        "source": {"publisher": "usgs"},
    }
    first = recorded(ledger, opening)
    second = recorded(ledger, {**opening, "effective_from": "2021", "restates": first})
    erase(ledger, first)
    ledger.append([correction(second, note="The plant is in Gebeng."), retraction(second), reinstatement(second)])
    with pytest.raises(RuleBroken, match="was erased"):
        ledger.append([{**opening, "restates": first}])
    third = recorded(ledger, opening)
    with pytest.raises(RuleBroken, match="was erased"):
        ledger.append([correction(third, restates=first)])


@on_every_store
def test_another_process_decides_as_this_one(ledger: Ledger, erased: str, location: str) -> None:
    for _ in range(2):
        with Ledger(location) as other:
            assert other.doubt is None
            with pytest.raises(RuleBroken, match="was erased"):
                other.append([retraction(erased)])
            with pytest.raises(EventIdReused, match="was erased"):
                other.append([secret(event_id=erased)])
            assert other.append([secret()]).items[0]["warnings"] == []
            assert other.verify().faults == ()


@on_every_store
def test_an_erasure_by_another_process_counts_at_once(ledger: Ledger, location: str) -> None:
    event_id = recorded(ledger, secret())
    ledger.append([correction(event_id, value="314159")])
    with Ledger(location) as other:
        erase(other, event_id)
    with pytest.raises(RuleBroken, match="was erased"):
        ledger.append([correction(event_id, value="1")])
    assert ledger.append([figure("5")]).items[0]["warnings"] == []
    assert ledger.verify().faults == ()


def test_an_answer_that_quotes_it_loses_what_it_quotes(ledger: Ledger, tmp_path: Path) -> None:
    event_id = recorded(ledger, secret())
    odd = ledger.append(
        [secret(period="2023", published_at="2024-02-01", event_id=None) | {"value": "2"}], request=REQUEST
    )
    assert SECRETS[4] in odd.items[0]["warnings"][0]["detail"]
    other = ledger.append([figure("7", period="1999")], request=("key-2", bytes(32)))
    erase(ledger, event_id)
    assert SECRETS[4] not in {text for _, text in left_in(tmp_path)}
    again = ledger.append([], request=REQUEST)
    assert again.items[0]["warnings"][0]["detail"] == ERASED
    assert again.items[0]["event_id"] == odd.items[0]["event_id"]
    assert ledger.append([], request=("key-2", bytes(32))).items == other.items
    assert ledger.verify().faults == ()
    with Ledger(tmp_path / "ledger.db") as opened:
        assert opened.doubt is None


def test_who_reads_keeps_the_files_from_being_cleaned_and_the_next_opening_does_it(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id = recorded(ledger, secret())
    monkeypatch.setattr("ledger.store.sqlite.erased_texts.BUSY_TIMEOUT_S", 0)
    reader = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT COUNT(*) FROM stored_events").fetchone()
    erase(ledger, event_id)
    assert not ledger.log.erased.is_scrubbed
    with pytest.raises(StoreBusy, match="reading the log"):
        ledger.scrub()
    assert left_in(tmp_path)
    reader.close()
    with Ledger(tmp_path / "ledger.db") as other:
        assert other.log.erased.is_scrubbed
    assert left_in(tmp_path) == []


def test_nobody_is_cleaned_twice(ledger: Ledger, erased: str) -> None:
    def pages() -> Iterator[int]:
        yield from (row[0] for row in ledger.log.datastore.fetch("PRAGMA data_version"))  # type: ignore[attr-defined]

    before = list(pages())
    ledger.scrub()
    assert list(pages()) == before


FORBIDDEN = {
    "another text": "UPDATE stored_events SET state = CAST('{}' AS BLOB) WHERE position = 10",
    "a text that nobody erased": "UPDATE stored_events SET state = x'', digest = x'' WHERE position = 1",
    "the text alone": "UPDATE stored_events SET state = x'' WHERE position = 12",
    "an envelope": "UPDATE stored_events SET recorded_by = 'bob' WHERE position = 10",
    "a salt": "UPDATE leaves SET salt = NULL WHERE position = 1",
    "a leaf": "UPDATE leaves SET content = x'' WHERE position = 10",
    "an erasure put in": "INSERT INTO erasures VALUES (1, 13)",
    "an erasure of a later event": "INSERT INTO erasures VALUES (13, 13)",
    "an erasure changed": "UPDATE erasures SET position = 9 WHERE position = 10",
    "an erasure gone": "DELETE FROM erasures",
    "an answer": "UPDATE requests SET answer = ''",
    "a link": "UPDATE request_chain SET hash = x''",
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_nothing_else_can_be_changed(ledger: Ledger, erased: str, tmp_path: Path, name: str) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(FORBIDDEN[name])
    connection.close()


TAMPERINGS = {
    "a text taken away": (
        "UPDATE stored_events SET state = x'', digest = x'' WHERE position = 3; "
        "UPDATE leaves SET salt = NULL WHERE position = 3",
        3,
    ),
    "a text taken away, with a note of it": (
        "UPDATE stored_events SET state = x'', digest = x'' WHERE position = 3; "
        "UPDATE leaves SET salt = NULL WHERE position = 3; INSERT INTO erasures VALUES (3, 13)",
        3,
    ),
    "a text put back": ("UPDATE stored_events SET state = CAST('{}' AS BLOB) WHERE position = 10", 10),
    "a text put back, and the note of it gone": (
        "UPDATE stored_events SET state = CAST('{}' AS BLOB) WHERE position = 10; "
        "DELETE FROM erasures WHERE position = 10",
        10,
    ),
    "the note of an erasure gone": ("DELETE FROM erasures WHERE position = 10", 10),
    "the note of another erasure": ("UPDATE erasures SET erased_at = 12 WHERE position = 11", 11),
    "a salt put back": ("UPDATE leaves SET salt = zeroblob(16) WHERE position = 10", 10),
    "another hash for the text": ("UPDATE leaves SET content = zeroblob(32) WHERE position = 10", 10),
    "an EventErased for another event": (
        "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), '[11]', '[12]') AS BLOB) "
        "WHERE position = 13",
        13,
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_an_erasure_that_nobody_recorded_is_found(ledger: Ledger, erased: str, tmp_path: Path, name: str) -> None:
    sql, position = TAMPERINGS[name]
    ledger.close()
    tampered(tmp_path / "ledger.db", sql)
    with Ledger(tmp_path / "ledger.db") as altered:
        assert altered.doubt is not None, "the last events are all looked at when a log is opened"
        first = altered.verify().first
        assert first is not None
        assert first.position == position, first
        with pytest.raises(Exception, match="supply-ledger verify"):
            altered.append([figure("1", period="1600")])


def test_who_has_the_key_too_needs_an_event_for_what_is_gone(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append([figure("1")])
    ledger.close()
    path = tmp_path / "ledger.db"
    tampered(path, TAMPERINGS["a text taken away"][0])
    hash_tree_again(path)
    seal_again(path)
    with Ledger(path) as altered:
        assert "no erasure was recorded" in str(altered.verify().first)


def test_a_log_from_before_lets_an_erasing_through(ledger: Ledger, tmp_path: Path) -> None:
    event_id = recorded(ledger, secret())
    ledger.close()
    path = tmp_path / "ledger.db"
    names = ("stored_events", "leaves", "requests", "request_chain")
    old = "".join(
        f"DROP TRIGGER {name}_never_update; CREATE TRIGGER {name}_never_update BEFORE UPDATE ON {name} "
        "BEGIN SELECT RAISE(ABORT, 'append-only'); END; "
        for name in names
    )
    connection = sqlite3.connect(path)
    connection.executescript(f"{old} DROP TABLE erasures; DROP TABLE scrubbed; PRAGMA user_version = 2;")
    connection.close()
    with Ledger(path) as opened:
        assert opened.doubt is None
        erase(opened, event_id)
        assert opened.verify().faults == ()
    assert left_in(tmp_path) == []


@on_every_store
def test_answers_hold_nothing_of_it_in_a_log_of_many_requests(ledger: Ledger) -> None:
    keys = [(f"key-{number}", bytes(32)) for number in range(30)]
    ids = [
        recorded(ledger, figure(str(number), period=str(1900 + number)), request=key) for number, key in enumerate(keys)
    ]
    erase(ledger, ids[7])
    with pytest.raises(KeyReused):
        ledger.append([], request=keys.pop(7))
    del ids[7]
    assert [ledger.append([], request=key).items[0]["event_id"] for key in keys] == ids
    assert ledger.verify().faults == ()


@on_every_store
def test_a_registration_that_nobody_names_can_go_and_its_slug_come_again(ledger: Ledger) -> None:
    organisation = {"type": "EntityRegistered", "entity": "jane", "kind": "organisation", "name": "Jane Doe"}
    event_id = recorded(ledger, organisation)
    said = recorded(ledger, figure("1", source={"publisher": "jane"}))
    with pytest.raises(RuleBroken, match="depend on it"):
        erase(ledger, event_id)
    ledger.append([retraction(said)])
    erase(ledger, event_id)
    for act in (retraction(event_id), noted(event_id), reinstatement(event_id)):
        with pytest.raises(RuleBroken, match="was erased"):
            ledger.append([act])
    with pytest.raises(RuleBroken):
        ledger.append([figure("2", source={"publisher": "jane"})])
    with pytest.raises(RuleBroken):
        ledger.append([reinstatement(said)])
    ledger.append([organisation, reinstatement(said)])
    assert ledger.verify().faults == ()
