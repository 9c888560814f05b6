"""Disputes, pairs and scorecards at random viewpoints are those of the naive model.

The histories of `tests.oracle.histories` are read, and others that are all about figures of which several
publishers speak.
"""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from ledger import Ledger
from projections import Engine
from projections.audit import disputes, scorecards
from tests.depth import seeds
from tests.oracle import model_disputes as judge
from tests.oracle.histories import FAR, MOMENTS, Viewpoint, random_viewpoint
from tests.oracle.model import Model
from tests.properties.test_viewpoints import recorded, seen_from, ticking
from tests.shared_tables import engine_of

PUBLISHERS = ("bgs", "ministry", "usgs", "wire")
SAYINGS: tuple[dict[str, str], ...] = (
    {"value": "100"},
    {"value": "100"},
    {"value": "0.1", "unit": "kt"},
    {"value": "110"},
    {"value": "90"},
    {"value": "0"},
    {"value": "-100"},
    {"value": "99999999999999999999.999999999999999999"},
    {"low": "90", "high": "110"},
    {"low": "90"},
    {"symbol": "withheld"},
)

Item = dict[str, Any]


def contested(rng: random.Random) -> list[Item]:
    """A history about a few figures, of which four publishers say one of few things at one of few times, which they
    take back, and which are corrected, retracted and merged.
    """
    moments = rng.sample(MOMENTS, rng.randint(2, 5))
    subjects = {f"place-{place}": rng.sample(SAYINGS, rng.randint(2, 4)) for place in range(rng.randint(3, 8))}
    bodies: list[Item] = [
        {"type": "EntityRegistered", "entity": slug, "kind": "organisation", "name": slug} for slug in PUBLISHERS
    ]
    bodies += [{"type": "EntityRegistered", "entity": slug, "kind": "region", "name": slug} for slug in subjects]

    def figure(subject: str) -> Item:
        kind = rng.choice(("primary", "primary", "secondary"))
        return {
            "subject": subject,
            "metric": "mine_production",
            "unit": "t",
            "period": rng.choice(("2024", "2024-01-01/2024-12-31")) if rng.randrange(10) else None,
            "published_at": rng.choice(moments),
            "source": {"publisher": rng.choice(PUBLISHERS), "kind": kind},
        }

    reported: list[str] = []
    retracted: list[str] = []
    merged = False
    for number in range(rng.randint(4 * len(subjects), 16 * len(subjects))):
        subject = rng.choice(list(subjects))
        event_id = f"00000000-0000-4000-8000-{number:012}"
        draw = rng.randrange(100)
        if draw < 75 or not reported:
            body = {"type": "ProductionReported", **figure(subject), **rng.choice(subjects[subject])}
        elif draw < 83:
            body = {"type": "FigureWithdrawn", **figure(subject)}
        elif draw < 91:
            said = rng.choice(({"published_at": rng.choice(moments)}, {"value": "120"}, {"source.publisher": "usgs"}))
            body = {"type": "EventCorrected", "target": rng.choice(reported), "changes": said}
        elif draw < 96 or not retracted:
            body = {"type": "EventRetracted", "target": rng.choice(reported)}
            retracted.append(str(body["target"]))
        elif draw < 98 or merged:
            body = {"type": "EventReinstated", "target": rng.choice(retracted)}
        else:
            kept, other = rng.sample(PUBLISHERS, 2)
            body = {"type": "EntitiesMerged", "kept": kept, "merged": other, "reason": "One and the same."}
            merged = True
        if body["type"] in ("EventCorrected", "EventRetracted"):
            body["reason"] = "other"
        if body["type"].startswith("Event"):
            body["explanation"] = "Read again."
        elif "unit" in body:
            reported.append(event_id)
        bodies.append({"event_id": event_id, **{name: value for name, value in body.items() if value is not None}})
    return bodies


def recorded_contested(rng: random.Random) -> Iterator[tuple[Engine, list[Item]]]:
    """The engine of such a history, and the events as the API gives them."""
    with Ledger(":memory:", clock=ticking()) as ledger, engine_of(ledger) as engine:
        ledger.append_what_fits(contested(rng))
        yield engine, [{**entry.envelope(), **entry.body} for entry in ledger.entries()]


def compare(model: Model, engine: Engine, at: Viewpoint, rng: random.Random) -> None:
    publisher = rng.choice((None, None, *PUBLISHERS))
    filters = {"publisher": publisher} if publisher else {}
    status = rng.choice(("open", "ended"))
    with engine.reader(seen_from(engine, at)) as reader:
        found = disputes(reader, {}, status="all").items
        expected = judge.disputes(model, at.as_of, at.position, status="all")
        assert judge.same(expected, found), (at, expected, found)
        some = disputes(reader, filters, status=status)
        expected = judge.disputes(model, at.as_of, at.position, status=status, publisher=publisher)
        assert judge.same(expected, some.items), (at, status, filters, expected, some.items)
        pairs = judge.pairs(model, at.as_of, at.position, publisher=publisher)
        assert judge.same(pairs, some.members["pairs"]), (at, pairs, some.members["pairs"])
        cards = scorecards(reader, {}).items
        wanted = judge.scorecards(model, at.as_of, at.position)
        assert judge.same(wanted, cards), (at, wanted, cards)
        named = [name for name in cards[0] if name != "name"] if cards else []
        assert all((item[name] is None) == (name in item["reasons"]) for item in cards for name in named)
        disputed = reader.read("figures", filters={"disputed": "true"})["figure_id"].to_pylist()
        assert [item["figure_id"] for item in found if item["status"] == "open"] == disputed


@pytest.mark.parametrize("seed", seeds(ordinarily=2, first=3))
def test_disputes_and_scorecards_are_those_of_the_model(seed: int) -> None:
    rng = random.Random(seed)
    for histories in (recorded, recorded_contested)[seed % 3 > 0 :]:
        for engine, events in histories(rng):
            model = Model(events)
            now = Viewpoint(FAR, len(events), FAR)
            for at in (now, random_viewpoint(rng, events), random_viewpoint(rng, events)):
                compare(model, engine, at, rng)


def test_the_histories_hold_every_kind_of_dispute_and_of_end() -> None:
    rng = random.Random(3)  # of the first seeds that which needs the fewest histories
    kinds: set[str] = set()
    causes: set[str | None] = set()
    for _ in range(30):
        for engine, _events in recorded_contested(rng):
            with engine.reader(engine.viewpoint(as_of="2100")) as reader:
                for item in disputes(reader, status="all").items:
                    kinds.add(item["kind"])
                    causes.add(item["ended_by"] and item["ended_by"]["cause"])
        if kinds >= {"between", "within", "both"} and causes >= {None, "revision", "withdrawal", "confirmation"}:
            return
    pytest.fail(f"only {kinds} and {causes}")
