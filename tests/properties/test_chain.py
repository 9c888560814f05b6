"""Chains and concentration over generated histories are those of the naive model, at random viewpoints."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from ledger import Ledger
from projections import Engine, FilterError
from projections.audit import concentration, trace
from tests.depth import SEED_IS_CHOSEN, seeds
from tests.oracle.facts import Item
from tests.oracle.histories import FAR, MOMENTS, Viewpoint, random_viewpoint
from tests.oracle.model import Model
from tests.oracle.model_chain import CannotTell
from tests.oracle.model_chain import concentration as model_concentration
from tests.oracle.model_chain import trace as model_trace
from tests.properties.test_sums import recorded_world
from tests.properties.test_viewpoints import differences, seen_from, ticking
from tests.shared_tables import engine_of

VIEWPOINTS = 8

KINDS = {
    "ore": "material",
    "oxide": "material",
    "nd-oxide": "material",
    **dict.fromkeys(("mine", "plant", "works"), "facility"),
    **dict.fromkeys(("acme", "acme-inc", "bolt", "cog", "dyno", "east", "forge"), "organisation"),
    **dict.fromkeys(("here", "there"), "country"),
}
FIRMS = [slug for slug, kind in KINDS.items() if kind == "organisation"]
PLANTS = [slug for slug, kind in KINDS.items() if kind == "facility"]


def random_chains(rng: random.Random) -> list[Item]:
    """Registrations, and some dozens of links, relationships, plants and risks, that come and go."""
    bodies: list[Item] = []

    def post(**fields: Any) -> None:
        event_id = str(UUID(int=len(bodies) + 1, version=4))
        bodies.append({"event_id": event_id, **{k: v for k, v in fields.items() if v is not None}})

    def when(percent: int) -> str | None:
        return rng.choice(dates) if rng.randrange(100) < percent else None

    for slug, kind in KINDS.items():
        post(type="EntityRegistered", entity=slug, kind=kind, name=slug)
    dates = rng.sample(MOMENTS, 4)
    for _ in range(rng.randint(50, 90)):
        said = {"published_at": rng.choice(dates)}
        interval = {"effective_from": when(40), "effective_to": when(15)}
        draw = rng.randrange(100)
        supplier, consumer = rng.choice((rng.sample((*FIRMS, *PLANTS), 2), rng.sample(FIRMS[:4], 2)))
        link = f"link-{rng.randrange(16)}"
        target = rng.choice(bodies[len(KINDS) :] or bodies)["event_id"]
        if draw < 35:
            own = {"supplier": supplier, "consumer": consumer, "material": rng.choice(("ore", "oxide", "nd-oxide"))}
            more = {"stage": rng.choice((None, "mine")), "share": rng.choice((None, "12.50"))}
            post(type="SupplyLinkOpened", link=link, **own, **more, **interval, **said)
        elif draw < 40:
            post(type="SupplyLinkClosed", link=link, effective_from=rng.choice(dates), **said)
        elif draw < 60:
            relation = rng.choice(("owns", "operates", "subsidiary_of", "located_in", "adjacent_to"))
            target_slug = rng.choice((*PLANTS, consumer)) if relation != "located_in" else rng.choice(("here", "there"))
            if target_slug != supplier:
                post(
                    type="RelationshipStated",
                    subject=supplier,
                    relation=relation,
                    object=target_slug,
                    **interval,
                    **said,
                )
        elif draw < 70:
            stage = rng.choice((None, "mine", "magnet"))
            plant = {"facility": rng.choice(PLANTS), "stage": stage, "operator": rng.choice((None, *FIRMS))}
            post(type=rng.choice(("FacilityAnnounced", "FacilityCommissioned", "FacilityClosed")), **plant, **said)
        elif draw < 76:
            risk = {"risk": f"risk-{rng.randrange(3)}", "category": "political", "description": "It may stop."}
            post(type="RiskRaised", subject=rng.choice((*FIRMS, *PLANTS)), **risk, **interval, **said)
        elif draw < 84:
            changes = rng.choice(({"supplier": supplier}, {"consumer": consumer}, {"published_at": rng.choice(dates)}))
            post(type="EventCorrected", target=target, changes=changes, reason="other", explanation="Read again.")
        elif draw < 90:
            post(type="EventRetracted", target=target, reason="other", explanation="Not there.")
        elif draw < 95:
            post(type="EventReinstated", target=target, explanation="It is.")
        else:
            kept, merged = rng.choice(
                (("acme", "acme-inc"), ("acme-inc", "acme"), ("oxide", "nd-oxide"), ("bolt", "cog"))
            )
            post(type="EntitiesMerged", kept=kept, merged=merged, reason="One and the same.")
    return bodies


def recorded_chains(rng: random.Random) -> Iterator[tuple[Engine, list[Item]]]:
    """The engine of random chains, and the events as the API gives them."""
    bodies = random_chains(rng)
    with Ledger(":memory:", clock=ticking()) as ledger, engine_of(ledger) as engine:
        for start in range(0, len(bodies), 10):
            ledger.append_what_fits(bodies[start : start + 10])
        yield engine, [{**entry.envelope(), **entry.body} for entry in ledger.entries()]


def somewhere(rng: random.Random, events: list[Item]) -> Viewpoint:
    """A viewpoint; often one from which most is to be seen."""
    at = random_viewpoint(rng, events)
    return at._replace(as_of=FAR, effective_at=FAR) if rng.randrange(2) else at


def test_chains_are_those_of_the_model() -> None:
    seen: Counter[str] = Counter()
    for seed in seeds(ordinarily=2, first=11, one_in=5):
        rng = random.Random(seed)
        for engine, events in recorded_chains(rng):
            model = Model(events)
            for _ in range(VIEWPOINTS):
                at = somewhere(rng, events)
                entity = rng.choice((*FIRMS[:4] * 3, *FIRMS, *PLANTS, "nobody"))
                asked: dict[str, Any] = {
                    "direction": rng.choice(("upstream", "downstream")),
                    "material": rng.choice((None, None, "ore", "nd-oxide", "nothing")),
                    "depth": rng.choice((1, 2, 3, 5, 20)),
                    "relations": rng.choice(
                        (("owns", "operates", "subsidiary_of"), ("operates", "located_in"), ("owns",), ("none",))
                    ),
                }
                items, members = model_trace(model, at, entity, **asked)
                with engine.reader(seen_from(engine, at)) as reader:
                    found = trace(reader, entity, **asked)
                about = f"seed {seed} at {at}: {entity} {asked}"
                assert (wrong := differences(items, found.items)) is None, f"{about}: {wrong}"
                assert found.members == members, about
                seen.update(item["kind"] for item in items)
                seen.update(
                    {"reached": any(item["already_reached"] for item in items), "cut": members["summary"]["cut"]}
                )
                seen["far"] += members["summary"]["depth"] > 2
    if not SEED_IS_CHOSEN:
        assert all(seen[one] for one in ("link", "relationship", "operator", "reached", "cut", "far")), seen


def test_concentration_is_that_of_the_model() -> None:
    seen: Counter[str] = Counter()
    for seed in seeds(ordinarily=3, first=11, one_in=5):
        rng = random.Random(seed)
        for engine, events in recorded_world(rng, rng.choice(("t", "t", "USD"))):
            model = Model(events)
            for _ in range(VIEWPOINTS * 2):
                at = somewhere(rng, events)
                before = somewhere(rng, events) if rng.randrange(2) else None
                by, period, reading = random_question(rng)
                top = rng.choice(((1, 3, 5), (2,)))
                about = f"seed {seed} at {at}, before {before}: by {by}, {period} {reading}"
                with engine.reader(seen_from(engine, at)) as reader:
                    try:
                        items, members = model_concentration(
                            model, at, by=by, period=period, reading=reading, top=top, before=before
                        )
                    except CannotTell:
                        seen["cannot tell"] += 1
                        with pytest.raises(FilterError):
                            asked(engine, reader, by=by, period=period, reading=reading, top=top, before=before)
                        continue
                    found = asked(engine, reader, by=by, period=period, reading=reading, top=top, before=before)
                assert (wrong := differences(items, found.items)) is None, f"{about}: {wrong}"
                assert found.members == members, about
                seen.update(one["reason"] for one in members["left_out"])
                seen["shares"] += len(items) > 1 and members["summary"]["hhi"] is not None
                seen["changes"] += "change" in members["summary"] and members["summary"]["change"]["hhi"] is not None
                seen["tied"] += len({item["rank"] for item in items}) < len(items)
    if not SEED_IS_CHOSEN:
        wanted = ("cannot tell", "total", "no_number", "negative", "shares", "changes", "tied")
        assert all(seen[one] for one in wanted), seen


def random_question(rng: random.Random) -> tuple[str, tuple[str, str], Item]:
    """By what, of which days, and what is read."""
    by = rng.choice(("subject", "subject", "material", "dimension.batch"))
    period = ("2024-01-01", "2024-12-31")
    reading: Item = {"metric": "quota" if by == "dimension.batch" else "production", "nature": "observed"}
    reading |= {"material": "ndpr"} if by != "material" else {}
    reading |= {"subject": rng.choice(("japan", "prc", "world"))} if by != "subject" else {}
    reading |= rng.choice(({}, {}, {"publisher": "usgs"}, {"prefer": ("bgs",)}))
    return by, period, reading


def asked(
    engine: Engine,
    reader: Any,
    *,
    by: str,
    period: tuple[str, str],
    reading: Item,
    top: tuple[int, ...],
    before: Viewpoint | None,
) -> Any:
    """The same question to the projection."""
    filters = {name: ",".join(value) if name == "prefer" else value for name, value in reading.items()}
    filters["period"] = "/".join(period)
    if before is None:
        return concentration(reader, filters, by=by, top=top)
    with engine.reader(seen_from(engine, before)) as earlier:
        return concentration(reader, filters, by=by, top=top, before=earlier)
