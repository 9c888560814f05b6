"""What is overdue, and who looked, is at every viewpoint as the naive model says."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from ledger import Ledger
from ledger.values import parse_moment
from projections import Engine
from projections.audit import FRESHNESS_STATES, THING_STATES, freshness, thing_freshness
from tests.depth import seeds
from tests.oracle.facts import Item
from tests.oracle.histories import FAR, Viewpoint, instants_of
from tests.oracle.model import Model
from tests.oracle.model_thing_history import KEYS, TYPES, key_of
from tests.oracle.model_vintages import all_series
from tests.oracle.thing_stories import thing_story
from tests.properties.test_viewpoints import recorded, seen_from, ticking
from tests.shared_tables import engine_of

PUBLISHERS = ("usgs", "bgs", "geological-survey")
TITLES = (None, "Yearbook", "Summaries")
EDITIONS = (None, "2023", "2024")
URLS = (None, "https://example.org/a", "https://example.org/b")
DAYS = ("2023-01-31", "2023-04-30", "2023-08", "2023-10-31", "2024-01-31", "2024-02-10", "2024-05-30", "2024-11-11")


def watched(rng: random.Random) -> Iterator[tuple[Engine, list[Item]]]:
    """A history of publications, of checks of their sources, of mistakes about both, and perhaps of a merge."""
    bodies: list[Item] = [
        {"type": "EntityRegistered", "entity": slug, "kind": "organisation", "name": slug} for slug in PUBLISHERS
    ]
    bodies.append({"type": "EntityRegistered", "entity": "china", "kind": "country", "name": "China"})
    told: list[str] = []
    for number in range(rng.randint(10, 60)):
        event_id = f"00000000-0000-4000-8000-{number:012}"
        named = {"title": rng.choice(TITLES), "edition": rng.choice(EDITIONS), "url": rng.choice(URLS)}
        draw = rng.random()
        body: Item
        if draw < 0.55 or not told:
            source = {
                "publisher": rng.choice(PUBLISHERS),
                "retrieved_on": rng.choice([None, None, None, "2024-03-01", "2024-12-01"]),
                **named,
            }
            body = {
                "type": rng.choice(["ProductionReported"] * 9 + ["FigureWithdrawn"]),
                "subject": "china",
                "metric": rng.choice(["mine_production", "production"]),
                "period": rng.choice(["2021", "2022"]),
                "unit": "t",
                "published_at": rng.choice(DAYS),
                "source": {name: value for name, value in source.items() if value},
            }
            if body["type"] == "ProductionReported":
                body["value"] = str(rng.randrange(9))
        elif draw < 0.9:
            said = {
                "subject": rng.choice(PUBLISHERS),
                "checked_at": rng.choice((*DAYS, "2024-12-24", "2024")),
                "found": rng.choice(["unchanged", "unchanged", "changed", "gone"]),
                **{name: value if rng.random() < 0.4 else None for name, value in named.items()},
            }
            body = {"type": "SourceChecked", **{name: value for name, value in said.items() if value}}
        elif draw < 0.97:
            body = {
                "type": "EventRetracted",
                "target": rng.choice(told),
                "reason": "other",
                "explanation": "Not in the source.",
            }
        else:
            body = {"type": "EntitiesMerged", "kept": "usgs", "merged": "geological-survey", "reason": "One."}
        told.append(event_id)
        bodies.append({"event_id": event_id, **body})
    with Ledger(":memory:", clock=ticking()) as ledger, engine_of(ledger) as engine:
        ledger.append_what_fits(bodies)
        yield engine, [{**entry.envelope(), **entry.body} for entry in ledger.entries()]


def expected(model: Model, at: Viewpoint) -> list[dict[str, Any]]:
    """The items in the order of publisher and metric, everything looked at again for each."""
    names = model.names(at.position)
    today = at.as_of.astimezone(UTC).date()
    checks = [
        fact
        for fact in model.content(at.position).values()
        if fact.type == "SourceChecked" and fact.standing and parse_moment(fact.body["checked_at"]).end <= at.as_of
    ]
    said: dict[tuple[str, str], list[Any]] = {}
    for series in all_series(model, at.as_of, at.position):
        said.setdefault((series[0].publisher, series[0].key.metric), []).extend(series)
    items = []
    for (publisher, metric), statements in sorted(said.items()):
        days = sorted({day for one in statements if (day := one.order[0].astimezone(UTC).date()) == begun(one)})
        last_day = max(one.order[0].astimezone(UTC).date() for one in statements)
        about = [
            check
            for check in checks
            if names.resolve(check.body["subject"]) == publisher
            and any(
                all(check.get(name) in (None, one.fact.source.get(name)) for name in ("title", "edition", "url"))
                for one in statements
            )
        ]
        last = max(about, key=lambda check: (parse_moment(check.body["checked_at"]).end, check.position), default=None)
        looks = (one.fact.source.get("retrieved_on") or "" for one in statements)
        retrieved = max((look for look in looks if look <= today.isoformat()), default="")
        every = mostly = None
        if len(days) >= 4:
            gaps = sorted((after - before).days for before, after in pairwise(days))
            every = next(gap for gap in gaps if sum(one <= gap for one in gaps) * 2 >= len(gaps))
            mostly = next(gap for gap in gaps if sum(one <= gap for one in gaps) * 10 >= 9 * len(gaps))
        items.append(
            {
                "publisher": publisher,
                "metric": metric,
                "last_published_on": last_day.isoformat(),
                "publications": len(days),
                "figures": len({one.figure_id for one in statements}),
                "statements": len(statements),
                "every_days": every,
                "mostly_within_days": mostly,
                "last_checked_at": last and last.body["checked_at"],
                "last_found": last and last.body["found"],
                "last_check": last and last.event_id,
                "last_retrieved_on": retrieved or None,
                "state": state(statements, last_day, last, retrieved, every, mostly, today),
            }
        )
    return items


def begun(statement: Any) -> date:
    """The first day of the date of publication as it is known."""
    day: date = statement.fact.published.start.astimezone(UTC).date()
    return day


def state(
    statements: list[Any], last_day: date, last: Any, retrieved: str, every: int | None, mostly: int | None, today: date
) -> str:
    if (
        last is not None
        and last.body["found"] != "unchanged"
        and all(last.position > s.fact.position for s in statements)
    ):
        return str(last.body["found"])
    if every is None or mostly is None:
        return "irregular"
    if today <= last_day + timedelta(days=every):
        return "current"
    if today <= last_day + timedelta(days=mostly):
        return "due"
    looks = [retrieved] if retrieved else []
    if last is not None:
        looks.append(parse_moment(last.body["checked_at"]).end.date().isoformat())
    return "late" if any(look >= (last_day + timedelta(days=every)).isoformat() for look in looks) else "overdue"


@pytest.mark.parametrize("seed", seeds(ordinarily=2, first=4))
def test_freshness_is_that_of_the_model(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in (recorded if seed % 5 == 0 else watched)(rng):
        model = Model(events)
        late = datetime(2025, 6, 1, tzinfo=UTC)
        for as_of in (FAR, late, rng.choice(instants_of(events))):
            at = Viewpoint(as_of, rng.randint(len(events) // 2, len(events)), as_of)
            with engine.reader(seen_from(engine, at)) as reader:
                found = freshness(reader)
            wanted = expected(model, at)
            items = sorted(found.items, key=lambda item: (item["publisher"], item["metric"]))
            assert [{name: item[name] for name in want} for item, want in zip(items, wanted, strict=True)] == wanted
            assert found.members["summary"] == {
                name: sum(item["state"] == name for item in wanted) for name in FRESHNESS_STATES
            }
            order = [(FRESHNESS_STATES.index(item["state"]), -(item["days_over"] or 0)) for item in found.items]
            assert order == sorted(order)


def test_the_histories_show_every_state() -> None:
    seen: set[str] = set()
    for seed in range(4, 44):
        for engine, _ in watched(random.Random(seed)):
            for as_of in ("2023-12-01", "2024-03-15", "2024-06-20", "2025-06-01"):
                with engine.reader(engine.viewpoint(as_of=as_of)) as reader:
                    seen |= {item["state"] for item in freshness(reader).items}
        if seen == set(FRESHNESS_STATES):
            return
    pytest.fail(f"only {seen}")


def watched_things(rng: random.Random, size: int) -> list[Item]:
    """A story of things, with checks of their sources among the statements."""
    bodies: list[Item] = []
    speakers: list[str] = []
    for number, body in enumerate(thing_story(rng, size)):
        publisher = (body.get("source") or {}).get("publisher")
        if publisher:
            speakers.append(publisher)
            body = {**body, "source": {**body["source"], "edition": rng.choice(("1", "2"))}}
        bodies.append(body)
        if speakers and rng.randrange(4) == 0:
            named = {"title": "Yearbook" if rng.randrange(4) == 0 else None, "edition": rng.choice((None, "1"))}
            found = rng.choice(("unchanged", "unchanged", "changed", "gone"))
            check = {"type": "SourceChecked", "subject": rng.choice(speakers), "found": found}
            check |= {"event_id": f"00000000-0000-4000-9000-{number:012}", "checked_at": rng.choice(CHECKED)}
            bodies.append({**check, **{name: value for name, value in named.items() if value}})
    return bodies


CHECKED = ("2019", "2024", "2024-12-31", "2025-01", "2025-01-01", "2025-03", "2025-12-31", "2026-06-30")


def names_of(keys: Sequence[str], item: Item) -> list[str]:
    return [item[key] or "" for key in keys]


def expected_of_things(model: Model, family: str, at: Viewpoint) -> list[Item]:
    names = model.names(at.position)
    held = [fact for fact in model.content(at.position).values() if fact.standing]
    published = [fact for fact in held if fact.type != "SourceChecked" and fact.published.end <= at.as_of]
    taken_back = {fact.get("withdraws") for fact in published if fact.type == "ReportWithdrawn"}
    said: dict[tuple[str, ...], list[Any]] = {}
    for fact in published:
        if fact.type in TYPES[family] and fact.event_id not in taken_back:
            speaker = fact.source.get("publisher")
            who = names.resolve(speaker) if speaker else ""
            said.setdefault((*key_of(fact, family, names), who), []).append(fact)
    items = []
    for (*key, publisher), facts in sorted(said.items()):
        about = [
            check
            for check in held
            if check.type == "SourceChecked"
            and parse_moment(check.body["checked_at"]).end <= at.as_of
            and names.resolve(check.body["subject"]) == publisher
            and any(
                all(check.get(name) in (None, fact.source.get(name)) for name in ("title", "edition", "url"))
                for fact in facts
            )
        ]
        last = max(about, key=lambda check: (parse_moment(check.body["checked_at"]).end, check.position), default=None)
        state = "unchecked"
        if last is not None and last.body["found"] != "unchanged":
            if all(last.position > fact.position for fact in facts):
                state = last.body["found"]
        elif last is not None and all(parse_moment(last.body["checked_at"]).end > f.published.end for f in facts):
            state = "unchanged"
        items.append(
            {
                **{name: value or None for name, value in zip(KEYS[family], key, strict=True)},
                "publisher": publisher or None,
                "state": state,
                "statements": len(facts),
                "last_published_on": max(f.published.end for f in facts).astimezone(UTC).date().isoformat(),
                "last_check": last and last.event_id,
            }
        )
    return items


@pytest.mark.parametrize("seed", seeds(ordinarily=3))
def test_freshness_of_things_is_that_of_the_model(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng, watched_things):
        model = Model(events)
        for as_of in (FAR, rng.choice(instants_of(events))):
            at = Viewpoint(as_of, rng.randint(len(events) // 2, len(events)), as_of)
            for family in KEYS:
                with engine.reader(seen_from(engine, at)) as reader:
                    found = thing_freshness(reader, family, {})
                wanted = expected_of_things(model, family, at)
                keys = (*KEYS[family], "publisher")
                items = sorted(found.items, key=partial(names_of, keys))
                assert [{name: item[name] for name in want} for item, want in zip(items, wanted, strict=True)] == wanted
                order = [THING_STATES.index(item["state"]) for item in found.items]
                assert order == sorted(order)
                assert sum(found.members["summary"].values()) == len(wanted)
