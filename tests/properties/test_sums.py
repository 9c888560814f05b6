"""Sums over generated histories are those of the naive model, at random viewpoints on all three clocks.

The histories are of figures that belong together: a region and its countries, a year and its parts, a quota and its
batches; with a few numbers that often add up, and with everything that takes figures away or moves them.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch
from uuid import UUID

from ledger import Ledger
from projections import Engine
from projections.audit import VERDICTS, WAYS, sums
from projections.audit.sums import FILTER_VALUES_MAX
from tests.depth import SEED_IS_CHOSEN, seeds
from tests.oracle.facts import Item
from tests.oracle.histories import FAR, MOMENTS, random_viewpoint
from tests.oracle.model import Model
from tests.oracle.model_sums import Select
from tests.oracle.model_sums import sums as model_sums
from tests.properties.test_viewpoints import differences, seen_from, ticking
from tests.shared_tables import engine_of

OF_SUMS = sys.modules[sums.__module__]
FEW = (FILTER_VALUES_MAX, 0, 1, FILTER_VALUES_MAX)
"""Of so many values at most what lies around totals is looked for by them; two viewpoints for each."""

KINDS = {
    "usgs": "organisation",
    "bgs": "organisation",
    "lynas": "organisation",
    "world": "region",
    "asia": "region",
    "china": "country",
    "prc": "country",
    "japan": "country",
    "ndpr": "material",
    "dy": "material",
}
PLACES = ("world", "world", "asia", "china", "prc", "japan")
YEARS = ("2024",) * 8 + ("2023",)
PERIODS = (
    ("2024", "2024-H1", "2024-H2", "2024-Q1", "2024-Q2", "2024-Q4"),
    ("2024", "2024-H1", "2024-Q2", "2024-Q3", "2024-Q4", "2024-01-01/2024-03-31"),
    ("2024", "2024-01-01/2024-09-30", "2024-Q4", "2024-H2", "2024-Q3", "FY2024-H2"),
    ("FY2024", "FY2024-H1", "2024-H1", "FY2024-Q3", "FY2024-Q4", "2023-Q3"),
    ("2024-Q1", "2024-01", "2024-02", "2024-03", "2024-02-29", "2024-01-01/2024-02-28"),
)
BATCHES = ("full_year", "full_year", "first", "first", "second", "second", "third", "extra", "all")
VALUES = ("1", "1", "1", "1", "2", "2", "2", "2", "3", "3", "10", "10", "0", "-5", "1.5", "0.50", "1200")
COARSE = ("10",) * 4 + ("20",) * 4 + ("30", "30", "40", "0", "-50", "130")
"""Numbers of editions that print no finer digit than that of 10."""
UNITS = ("t", "t", "t/yr", "t", "USD/kg")
DATES = (*MOMENTS[:4], *MOMENTS[:3], *MOMENTS)


def random_world(rng: random.Random, unit: str) -> list[Item]:
    """Registrations, and some hundred events about figures that belong together."""
    bodies: list[Item] = []

    def post(**fields: Any) -> None:
        event_id = str(UUID(int=len(bodies) + 1, version=4))
        bodies.append({"event_id": event_id, **{k: v for k, v in fields.items() if v is not None}})

    for slug, kind in KINDS.items():
        post(
            type="EntityRegistered",
            entity=slug,
            kind=kind,
            name=slug,
            fiscal_year_end="06-30" if slug == "lynas" else None,
        )
    dates = rng.sample(DATES, 4)
    periods, values = rng.choice(PERIODS), rng.choice((VALUES, COARSE))
    for _ in range(rng.randint(100, 160)):
        figures = [body for body in bodies if "unit" in body]
        draw = rng.randrange(100)
        said = {"published_at": rng.choice(dates), "source": {"publisher": rng.choice(("usgs",) * 8 + ("bgs",))}}
        if draw < 10:
            subject, whole = rng.sample(("world", "asia", "china", "prc", "japan"), 2)
            post(
                type="RelationshipStated",
                subject=subject,
                relation=rng.choice(("part_of", "part_of", "part_of", "located_in")),
                object=rng.choice(("world", "world", whole)) if subject != "world" else whole,
                effective_from=rng.choice((None, None, rng.choice(dates))),
                effective_to=rng.choice((None, None, None, rng.choice(dates))),
                **said,
            )
        elif draw < 12:
            scope = rng.choice((None, "production", "sales"))
            post(type="PreferenceSet", metric=scope, publishers=rng.sample(("usgs", "bgs"), rng.randint(0, 2)))
        elif draw < 72 or not figures:
            post(**_figure(rng, periods, unit, values), **said)
        elif draw < 82:
            post(**_rate(rng, periods, figures), **said)
        elif draw < 85:
            same = {name: value for name, value in rng.choice(figures).items() if name not in _SAID}
            metric = same.get("metric") or _METRICS[same["type"]]
            post(**{**same, "type": "FigureWithdrawn", "metric": metric}, **said)
        elif draw < 93:
            changes = rng.choice((_value(rng, values), {"published_at": rng.choice(dates)}, _where(rng, periods)))
            target = rng.choice(bodies[len(KINDS) :])["event_id"]
            post(type="EventCorrected", target=target, changes=changes, reason="other", explanation="Read again.")
        elif draw < 96:
            target = rng.choice(bodies[len(KINDS) :])["event_id"]
            post(type="EventRetracted", target=target, reason="other", explanation="Not there.")
        elif draw < 99:
            gone = [body["target"] for body in bodies if body["type"] == "EventRetracted"]
            if gone:
                post(type="EventReinstated", target=rng.choice(gone), explanation="It is.")
        else:
            kept, merged = rng.choice((("china", "prc"), ("prc", "china"), ("world", "asia"), ("usgs", "bgs")))
            post(type="EntitiesMerged", kept=kept, merged=merged, reason="One and the same.")
    return bodies


_METRICS = {"QuotaSet": "quota", "SalesReported": "sales", "ProductionReported": "production"}
_SAID = ("event_id", "published_at", "source", "value", "low", "high", "symbol", "status", "compared_with")
RATES = ("0", "0", "50", "100", "100.0", "-50", "-66.7", "200", "33", "1")


def _figure(rng: random.Random, periods: Sequence[str], unit: str, values: Sequence[str]) -> Item:
    where = _where(rng, periods)
    metric = (
        "quota" if "batch" in where.get("dimensions", {}) else "sales" if where["subject"] == "lynas" else "production"
    )
    own_type = next(name for name, default in _METRICS.items() if default == metric)
    type_name = rng.choice((own_type,) * 12 + ("FigureReported", "TradeReported"))
    body = {
        "type": type_name,
        "metric": None if type_name == own_type and rng.randrange(2) else metric,
        "material": rng.choice(("ndpr",) * 12 + ("dy", None)),
        "unit": rng.choice(("t", "kt", "kg")) if unit == "t" and rng.randrange(12) == 0 else unit,
        **where,
        **_value(rng, values),
    }
    return {name: value for name, value in body.items() if value is not None}


def _rate(rng: random.Random, periods: Sequence[str], figures: Sequence[Item]) -> Item:
    """A rate of change of something of which a level was told."""
    level = rng.choice([one for one in figures if one.get("period") and one["unit"] != "percent"] or figures)
    metric = level.get("metric") or _METRICS[level["type"]]
    same = {name: value for name, value in level.items() if name in ("subject", "material", "dimensions", "period")}
    fiscal = same["subject"] == "lynas"
    against = rng.choice([one for one in (*periods, "2023", "2023", "2024") if fiscal or not one.startswith("FY")])
    rate = {"type": "FigureReported", "metric": f"{metric.removesuffix('_change')}_change", "unit": "percent"}
    return {**rate, **same, **_value(rng, RATES), **({"compared_with": against} if rng.randrange(8) else {})}


def _where(rng: random.Random, periods: Sequence[str]) -> Item:
    """Subject, period and dimensions: a place, a part of a year, or a batch."""
    basis = {"dimensions": {"basis": "reo"}} if rng.randrange(25) == 0 else {}
    theme = rng.randrange(3)
    if theme == 0:
        return {"subject": rng.choice(PLACES), "period": rng.choice(YEARS), **basis}
    if theme == 1:
        period = {"period": rng.choice(periods)} if rng.randrange(20) else {}
        return {"subject": "lynas", **period, **basis}
    batch = {"batch": rng.choice(BATCHES), **({} if rng.randrange(8) else {"segment": rng.choice(("total", "wind"))})}
    return {"subject": rng.choice(("japan", "prc")), "period": rng.choice(YEARS), "dimensions": batch}


def _value(rng: random.Random, values: Sequence[str]) -> Item:
    draw = rng.randrange(24)
    if draw == 0:
        return {"symbol": "not_available"}
    if draw == 1:
        return rng.choice(({"low": "1", "high": "3"}, {"low": "2"}, {"high": "9"}))
    return {"value": rng.choice(values)}


def recorded_world(rng: random.Random, unit: str = "t") -> Iterator[tuple[Engine, list[Item]]]:
    """The engine of a random world, and its events as the API gives them."""
    bodies = random_world(rng, unit)
    with Ledger(":memory:", clock=ticking()) as ledger, engine_of(ledger) as engine:
        for start in range(0, len(bodies), 40):
            ledger.append_what_fits(bodies[start : start + 40])
        yield engine, [{**entry.envelope(), **entry.body} for entry in ledger.entries()]


def random_filters(rng: random.Random, model: Model, position: int) -> tuple[dict[str, Any], Select]:
    """Filters of a series, and what they select."""
    names = model.names(position)
    choices: list[tuple[dict[str, Any], Select]] = [
        ({}, lambda _: True),
        ({}, lambda _: True),
        ({"subject": "prc"}, lambda one: one.key.subject == names.resolve("prc")),
        ({"subject": "world"}, lambda one: one.key.subject == names.resolve("world")),
        ({"publisher": "usgs"}, lambda one: one.publisher == names.resolve("usgs")),
        (
            {"metric": "production", "material": "dy"},
            lambda one: (one.key.metric, one.key.material) == ("production", "dy"),
        ),
        (
            {"period": "2024"},
            lambda one: (one.key.period_start, one.key.period_end) == ("2024-01-01", "2024-12-31"),
        ),
        ({"dimension.batch": "full_year"}, lambda one: '"batch":"full_year"' in (one.key.dimensions or "")),
    ]
    return rng.choice(choices)


def test_sums_are_those_of_the_model_and_every_verdict_occurs_in_every_way() -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for number, seed in enumerate(seeds(ordinarily=3, first=38, one_in=5)):
        rng = random.Random(seed)
        for engine, events in recorded_world(rng, UNITS[number % len(UNITS)]):
            model = Model(events)
            for few in (*FEW, *FEW):
                at = random_viewpoint(rng, events)
                at = at._replace(as_of=FAR) if rng.randrange(2) else at
                filters, select = random_filters(rng, model, at.position)
                expected = model_sums(model, at, select)
                with engine.reader(seen_from(engine, at)) as reader, patch.object(OF_SUMS, "FILTER_VALUES_MAX", few):
                    found = sums(reader, filters)
                wrong = differences(expected, found.items)
                assert wrong is None, f"seed {seed} at {at} with {filters}: {wrong}"
                counts = Counter(item["verdict"] for item in expected)
                assert {verdict: count for verdict, count in found.members["summary"].items() if count} == counts
                seen.update((item["by"], item["verdict"]) for item in expected)
    if not SEED_IS_CHOSEN:
        complete = VERDICTS[:3]
        assert {verdict for _, verdict in seen} == set(VERDICTS)
        assert all(seen[by, "gap"] and seen[by, "incomplete"] and sum(seen[by, one] for one in complete) for by in WAYS)
