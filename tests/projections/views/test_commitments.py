"""Commitments at a viewpoint, judged by a few lines of plain Python and by hand."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest

from ledger.values.calendars import Interval, parse_moment
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
MADE = ("kind", "by", "to", "material", "tranche", "quantity", "amount", "effective_from", "effective_to")


# The naive reading: what each publisher says last of each step, then which publisher comes first.


def when(text: str) -> Interval:
    return parse_moment(text)


def turn_of(event: Item) -> tuple[datetime, int]:
    return when(event["published_at"]).end, event["position"]


def begins(event: Item) -> Interval:
    return when(event.get("effective_from") or event["published_at"])


def settled(statements: Sequence[Item]) -> Item:
    """One step as the publisher says that comes first, filled in by the others."""
    voices = []
    for publisher in {publisher_of(one) for one in statements}:
        own = sorted((one for one in statements if publisher_of(one) == publisher), key=turn_of)
        source = own[-1].get("source") or {}
        standing = 0 if publisher is None else 1 if source.get("kind") == "secondary" else 2
        said = {name: value for one in own for name, value in one.items() if value is not None}
        last = {name: own[-1].get(name) for name in ("event_id", "published_at", "position")}
        voices.append(((standing, *turn_of(own[-1])), {**said, **last, "publisher": publisher}))
    step: Item = {}
    for _, said in sorted(voices, key=lambda voice: voice[0]):
        step |= said
    first = min(when(one["published_at"]).start for one in statements)
    step["starts"] = when(step["effective_from"]).start if "effective_from" in step else first
    step["listed_from"] = min(step["starts"], first)
    if "effective_to" in step and when(step["effective_to"]).end < step["starts"]:
        del step["effective_to"]
    return step


def publisher_of(event: Item) -> str | None:
    source = event.get("source") or {}
    publisher: str | None = source.get("publisher")
    return publisher


def parts_of(statements: Iterable[Item]) -> list[list[Item]]:
    """Statements of parts that were met, together where they may be about the same days."""
    groups: list[list[Item]] = []
    latest = None
    for one in sorted(statements, key=lambda one: (begins(one).start, -begins(one).end.timestamp(), *turn_of(one))):
        if latest is None or latest < begins(one).start:
            groups.append([])
        groups[-1].append(one)
        latest = begins(one).end if latest is None else max(latest, begins(one).end)
    return groups


def summed(amounts: Iterable[Item]) -> list[Item] | None:
    units: dict[str, list[Item]] = {}
    for one in amounts:
        units.setdefault(one["unit"], []).append(one)
    found = []
    for unit, of_unit in sorted(units.items()):
        ends = [total(one.get("value") or one.get(end) for one in of_unit) for end in ("low", "high")]
        point = ends[0] if ends[0] == ends[1] else None
        low, high = (None, None) if ends[0] == ends[1] else ends
        found.append({"value": point, "low": low, "high": high, "unit": unit})
    return found or None


def total(numbers: Iterable[str | None]) -> str | None:
    held = list(numbers)
    if None in held:
        return None
    whole, _, fraction = f"{sum(Decimal(one) for one in held if one is not None):f}".partition(".")
    return f"{whole}.{fraction.rstrip('0')}".rstrip(".")


def naive(events: Sequence[Item], as_of: str, effective_at: str) -> Item | None:
    """The state of the one commitment that the events are about."""
    known, world = when(as_of).end, when(effective_at).end
    visible = [one for one in events if when(one["published_at"]).end <= known]
    withdrawn = {one["withdraws"] for one in visible if one["type"] == "ReportWithdrawn"}
    said = [one for one in visible if one["event_id"] not in withdrawn and one["type"] != "ReportWithdrawn"]
    is_part = {one["event_id"]: "quantity" in one or "amount" in one for one in said}
    whole = [one for one in said if one["type"] != "CommitmentMet" or not is_part[one["event_id"]]]
    steps = {name: settled([one for one in whole if one["type"] == name]) for name in {one["type"] for one in whole}}
    made = steps.get("CommitmentMade")
    if made is None or made["listed_from"] > world:
        return None
    decides, status = made, "open" if made["starts"] <= world else "planned"
    if "effective_to" in made and when(made["effective_to"]).end < world:
        status = "expired"
    for name, ends_as in (("CommitmentReleased", "released"), ("CommitmentMet", "met")):
        if name in steps and steps[name]["starts"] <= world:
            decides, status = steps[name], ends_as
    of_parts = parts_of(one for one in said if one["type"] == "CommitmentMet" and is_part[one["event_id"]])
    met = [part for part in map(settled, of_parts) if part["starts"] <= world]
    return {
        **{name: made.get(name) for name in MADE},
        "status": status,
        "met_quantity": summed(part["quantity"] for part in met if "quantity" in part),
        "met_amount": summed(part["amount"] for part in met if "amount" in part),
        "publishers": len({publisher_of(one) for one in said} - {None}),
        **{name: decides[name] for name in ("event_id", "publisher", "published_at", "position")},
    }


DAYS = ("2025", "2025-Q3", "2026-02", "2026-03-31", "2026-06-15", "2027")
WORLDS = ("2026", "2026-05", "2026-05-10", "2027-H1", "2028-01-01", None)
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
    slugs = [f"c-{number}" for number in range(150)]
    told = {slug: drawn(random, slug) for slug in slugs}
    events = [event for of_one in told.values() for event in of_one]
    first = book.record(*events) - len(events) + 1
    for position, event in enumerate(events, first):
        event["position"] = position
    viewpoints = [("2025-12-31", "2028"), ("2026-04", "2026-05-05"), ("2026-12-31", "2026-H1"), ("2027", "2030")]
    seen: set[str | None] = set()
    for as_of, effective_at in viewpoints:
        items = {item["commitment"]: item for item in book.ask("commitments", as_of=as_of, effective_at=effective_at)}
        for slug, of_one in told.items():
            expected = naive(of_one, as_of, effective_at)
            item = items.get(slug)
            if item is not None:
                item = {name: item[name] for name in expected or ()} | {"event_id": str(item["event_id"])}
                for name in ("quantity", "amount"):
                    if item.get(name):
                        item[name] = {key: value for key, value in read(item[name]).items() if value is not None}
            assert item == expected, (slug, as_of, effective_at)
            seen.add(expected["status"] if expected else None)
    assert seen == {None, "planned", "open", "met", "released", "expired"}


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
