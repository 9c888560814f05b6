"""Commitments at a viewpoint, judged by a few lines of plain Python and by hand."""

import json
from random import Random
from typing import Any
from uuid import UUID

import pytest

from ledger.values.calendars import parse_moment
from tests.oracle.model import Model
from tests.projections.conftest import IDS, Book, Item

OFFTAKE = {
    "type": "CommitmentMade",
    "commitment": "offtake",
    "kind": "offtake",
    "by": "js-link",
    "to": "lynas",
    "material": "ndpr-oxide",
    "quantity": {"value": "3000", "unit": "t/yr"},
    "effective_from": "2027",
    "effective_to": "2029",
    "published_at": "2025-07-24",
    "source": {"publisher": "lynas"},
}
MET = {"type": "CommitmentMet", "commitment": "offtake", "source": {"publisher": "lynas"}}
RELEASED = {"type": "CommitmentReleased", "commitment": "offtake", "source": {"publisher": "lynas"}}


DAYS = ("2025", "2025-08", "2026-02", "2026-03-31", "2026-06-15", "2027")
WORLDS = ("2026", "2026-05", "2026-05-10", "2027-03", "2028-01-01", None)
PUBLISHERS = (("lynas", "primary"), ("js-link", "primary"), ("wire", "secondary"), (None, None))
QUANTITIES = ({"value": "10.50", "unit": "t"}, {"low": "1", "unit": "t"}, {"low": "1", "high": "2", "unit": "kt"})
AMOUNTS = ({"value": "7", "unit": "USD"}, {"value": "0.1", "unit": "million USD"})


def drawn(random: Random, slug: str) -> list[Item]:
    """A few events of one commitment, by publishers that agree or do not."""
    names = ["CommitmentMade", *random.choices([OFFTAKE["type"], MET["type"], RELEASED["type"]], [1, 2, 1], k=5)]
    events = [_drawn_event(random, str(name), slug) for name in names[: random.randint(1, 6)]]
    for event in list(events):
        if random.random() < 0.15:
            back = {"type": "ReportWithdrawn", "withdraws": event["event_id"], "published_at": random.choice(DAYS)}
            events.append({**back, "event_id": _drawn_id(random), "source": event["source"]})
    return events


def _drawn_event(random: Random, name: str, slug: str) -> Item:
    publisher, kind = random.choice(PUBLISHERS)
    source = {"publisher": publisher, "kind": kind} if publisher else {"title": "unknown"}
    event: Item = {"type": name, "commitment": slug, "published_at": random.choice(DAYS), "source": source}
    if start := random.choice(WORLDS):
        event["effective_from"] = start
    quantity, amount = {"quantity": random.choice(QUANTITIES)}, {"amount": random.choice(AMOUNTS)}
    if name == "CommitmentMade":
        event |= {"kind": random.choice(["offtake", "loan"]), "by": "js-link", "to": "lynas"}
        event |= random.choice([{}, {"tranche": "first"}, quantity, {"effective_to": "2029"}])
    elif name == "CommitmentMet":
        event |= random.choice([{}, quantity, amount, {**quantity, **amount}])
    return {**event, "event_id": _drawn_id(random)}


def _drawn_id(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def test_generated_commitments_are_what_plain_python_makes_of_them() -> None:
    random = Random(15)
    book = Book()
    book.record(*(event for number in range(150) for event in drawn(random, f"c-{number}")))
    model = Model([{**entry.envelope(), **entry.body} for entry in book.ledger.entries()])
    seen: set[str] = set()
    for as_of, world in [
        ("2025-12-31", "2028"),
        ("2026-04", "2026-05-05"),
        ("2026-12-31", "2026-H1"),
        ("2027", "2030"),
    ]:
        found = book.ask("commitments", as_of=as_of, effective_at=world)
        clocks = (parse_moment(as_of).end, book.ledger.head(), parse_moment(world).end)
        for item in found:
            item["event_id"] = str(item["event_id"])
        assert found == [{name: item[name] for name in found[0]} for item in model.commitments(*clocks)]
        seen |= {item["status"] for item in found}
    assert seen == {"planned", "open", "met", "released", "expired"}


def read(value: Any) -> Item:
    """An object of an item, which may be text."""
    held: Item = json.loads(value) if isinstance(value, str) else value
    return held


def only(book: Book, **clocks: str) -> Item:
    (item,) = book.ask("commitments", limit=None, **clocks)
    return item


def test_a_commitment_lives_from_planned_to_expired(book: Book) -> None:
    book.record(OFFTAKE)
    days = ("2025-07-24", "2026-12-31", "2027-01-01", "2029-12-31", "2030-01-01")
    statuses = [only(book, as_of="2025-07-24", effective_at=day)["status"] for day in days]
    assert statuses == ["planned", "planned", "open", "open", "expired"]
    assert book.ask("commitments", as_of="2025-07-23") == []


@pytest.mark.parametrize(("event", "status"), [(MET, "met"), (RELEASED, "released")])
def test_it_is_met_or_released_before_it_expires(book: Book, event: dict[str, Any], status: str) -> None:
    book.record(OFFTAKE, {**event, "published_at": "2028-02-01"})
    found = [only(book, as_of="2031", effective_at=day)["status"] for day in ("2028-01-31", "2028-02-01", "2030")]
    assert found == ["open", status, status]


def test_a_delivery_that_is_told_twice_counts_once_and_another_is_added(book: Book) -> None:
    def part(value: str, since: str, on: str, publisher: str = "lynas") -> Item:
        amount = {"quantity": {"value": value, "unit": "t"}, "effective_from": since, "published_at": on}
        return {**MET, **amount, "source": {"publisher": publisher}}

    book.record(
        OFFTAKE,
        part("100", "2027-03", "2027-04-01"),
        part("99.5", "2027-03-10", "2027-05-01"),
        part("98", "2027-03", "2027-06-01", "wire") | {"source": {"publisher": "wire", "kind": "secondary"}},
        part("50", "2027-06-01", "2027-06-02"),
    )
    sums = [
        only(book, as_of="2027-12-31", effective_at=day)["met_quantity"]
        for day in ("2027-02-28", "2027-03-31", "2027-06-01")
    ]
    assert sums[0] is None
    assert [[(one["value"], one["unit"]) for one in by_unit] for by_unit in sums[1:]] == [
        [("99.5", "t")],
        [("149.5", "t")],
    ]
    assert only(book, as_of="2027-12-31")["status"] == "open"


def test_a_sum_that_is_too_long_is_absent_and_the_rest_is_told(book: Book) -> None:
    huge = {"amount": {"value": "9" * 20, "unit": "IDR"}}
    days = ("2027-01-01", "2027-02-01")
    book.record(OFFTAKE, *({**MET, **huge, "published_at": day, "effective_from": day} for day in days))
    (total_of,) = only(book, as_of="2028")["met_amount"]
    assert (total_of["value"], total_of["unit"]) == (None, "IDR")


def test_what_was_withdrawn_no_longer_counts_from_then_on(book: Book) -> None:
    withdrawn = {"type": "ReportWithdrawn", "withdraws": IDS[1], "published_at": "2028-03-01", "source": MET["source"]}
    book.record(OFFTAKE, {**MET, "published_at": "2028-02-01", "event_id": IDS[1]}, withdrawn)
    assert [only(book, as_of=day)["status"] for day in ("2028-02-29", "2028-03-01")] == ["met", "open"]


def test_what_moves_late_takes_its_place(book: Book) -> None:
    """A secondary source that still prints an old start moves nothing; the party's own later statement does."""
    wire = {"published_at": "2026-06-01", "source": {"publisher": "wire", "kind": "secondary"}}
    book.record(OFFTAKE, {**OFFTAKE, **wire, "effective_from": "2026"})
    assert only(book, as_of="2026-07-01")["effective_from"] == "2027"
    later = {**OFFTAKE, "published_at": "2026-03-01", "effective_from": "2028"}
    del later["quantity"]
    book.record(later)
    item = only(book, as_of="2026-07-01")
    assert (item["effective_from"], item["publisher"], item["publishers"]) == ("2028", "lynas", 2)
    assert read(item["quantity"])["value"] == "3000"
