"""Revisions at every viewpoint are those of the naive model: items, kinds of change, and statistics.

Histories of two sorts: those of `tests.oracle.histories`, full of corrections, merges, ties and withdrawals; and
tables, which are published edition after edition, rebased, relabelled, rounded, redefined, announced or not.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest

from ledger import Ledger
from projections import Engine
from projections.audit import KINDS, Options, revisions
from tests.depth import seeds
from tests.oracle.facts import Item
from tests.oracle.histories import Viewpoint, instants_of, random_viewpoint
from tests.oracle.model import Model
from tests.oracle.model_revisions import Asked, Judge, comparable, wrong
from tests.properties.test_viewpoints import recorded, seen_from, ticking
from tests.shared_tables import engine_of

NOTES = (
    None,
    "Revised upwards.",
    "The method changed: now with imports.",
    "Gross basis. Revised since.",
    "Redefined with the edition.",
)
ATTRIBUTES = ("erratum", "definition_change", "methodology_change", "restatement", "outlook")
DAYS = ("2021-01-31", "2022-01-31", "2022-06-30", "2023-01-31", "2024", "2025-01-31")
PERIODS = (("2019", "2020", "2021", "2022"), ("2016", "2017", "2018", "2019", "2020", "2021", "2022"), ("2022",))
UNITS = {"t": Decimal(1), "kt": Decimal(1000), "lb": Decimal("0.00045359237")}
FACTORS = ("1000", "0.001", "1000", "0.001", "0.87", "1.043", "2.5", "0.45359237")


Cell = tuple[str, str]
"""A country and a year."""


def differs(model: Model, engine: Engine, at: Viewpoint, asked: Asked) -> str | None:
    """The first difference between the model and the projection at a viewpoint."""
    options = Options(
        kinds=asked.kinds,
        releases=asked.releases,
        horizons=asked.horizons,
        tolerance=asked.tolerance,
        young=asked.young,
    )
    with engine.reader(seen_from(engine, at)) as reader:
        found = revisions(reader, options=options)
    judge = Judge(model, at.as_of, at.position)
    items = [judge.item(series, asked) for series in judge.series]
    problem = wrong(items, [comparable(item) for item in found.items])
    return problem or wrong(judge.members(asked), found.members)


def random_question(rng: random.Random) -> Asked:
    return Asked(
        kinds=rng.choice([KINDS, KINDS, ("substantial",), rng.sample(KINDS, 3)]),
        releases=rng.choice([(2,), (2, 3)]),
        horizons=rng.sample([1, 3, 6, 12, 24], 2),
        tolerance=Decimal(rng.choice(["0", "1", "5.5", "50"])),
        young=rng.choice([0, 30, 365, 2000]),
    )


@pytest.mark.parametrize("seed", seeds(ordinarily=2, first=7000))
def test_revisions_are_those_of_the_model(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        model = Model(events)
        for _ in range(2):
            at, asked = random_viewpoint(rng, events), random_question(rng)
            assert not (problem := differs(model, engine, at, asked)), f"seed {seed} at {at}, {asked}: {problem}"


class Table:
    """Writes a statistical table edition after edition: most figures again, and something happens to them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.decimals = rng.choice([0, 0, 1, 2])
        countries = rng.choice([("china",), ("china", "australia")])
        self.cells = [(country, period) for country in countries for period in rng.choice(PERIODS)]
        self.values = {
            cell: Decimal(rng.choice([rng.randrange(10**5), rng.randrange(10**5), rng.randrange(30)]))
            for cell in self.cells
        }
        self.moving = rng.choice([0.05, 0.1, 0.2])
        """How often a figure moves by itself."""
        self.unit = "t"
        self.bodies: list[Item] = [
            {"type": "EntityRegistered", "entity": slug, "kind": kind, "name": slug}
            for slug, kind in (
                ("usgs", "organisation"),
                ("china", "country"),
                ("australia", "country"),
                ("oxide", "material"),
            )
        ]

    def figure(self, cell: Cell, published_at: str, **fields: Any) -> Item:
        """One cell of an edition."""
        return {
            "type": "ProductionReported",
            "subject": cell[0],
            "metric": "production",
            "material": "oxide",
            "period": cell[1],
            "unit": self.unit,
            "published_at": published_at,
            "source": {"publisher": "usgs", "edition": published_at[:4]},
            **{name: value for name, value in fields.items() if value is not None},
        }

    def edition(self, day: str) -> None:
        """A new edition: everything is rebased or relabelled now and then, some cells move, some are not printed."""
        rng = self.rng
        factor = Decimal(rng.choice(FACTORS)) if rng.random() < 0.4 else Decimal(1)
        if rng.random() < 0.3:
            self.decimals = rng.choice([0, 1, 2])
        if rng.random() < 0.2:
            self.unit = rng.choice(["t", "kt", "lb"])
        if rng.random() < 0.2:
            about = rng.choice(["usgs", "china", "oxide"])
            said = {"type": "StatementRecorded", "subject": about, "attribute": rng.choice(ATTRIBUTES), "text": "Said."}
            self.bodies.append({**said, "published_at": rng.choice(DAYS)})
        together = Decimal(rng.choice(["1000", "10", "0.45359237"])) if rng.random() < 0.2 else Decimal(1)
        for cell in self.cells:
            if rng.random() < 0.1:
                continue
            self.values[cell] *= factor
            if rng.random() < 0.5:
                self.values[cell] *= together
            if rng.random() < self.moving:
                self.values[cell] *= Decimal(rng.choice(["0.9", "1.1", "10", "-1", "0", "1.0001", "2.20462"]))
            self.print(cell, day)

    def print(self, cell: Cell, day: str) -> None:
        """A figure, sometimes twice, or otherwise qualified, or withdrawn."""
        rng = self.rng
        for repeated in range(rng.choice([1] * 8 + [2])):
            if repeated and rng.random() < 0.5:
                self.values[cell] += 1
            printed = (self.values[cell] / UNITS[self.unit]).quantize(
                Decimal(1).scaleb(-self.decimals), ROUND_HALF_EVEN
            )
            draw = rng.random()
            fields: Item = {"value": f"{printed:f}"}
            if draw < 0.08:
                fields = {"type": "FigureWithdrawn"}
            elif draw < 0.14:
                fields = {"low": "1", "high": "5"} if draw < 0.11 else {"symbol": "withheld"}
            if draw >= 0.08:
                fields |= {
                    "status": rng.choice([None, None, "estimated", "reported", "restated"]),
                    "note": rng.choice(NOTES) if rng.random() < 0.3 else None,
                }
            self.bodies.append(self.figure(cell, day, **fields))


def tabulated(rng: random.Random) -> Iterator[tuple[Engine, list[Item]]]:
    """The engine of a table's editions, which arrive in any order, and the events as the API gives them."""
    table = Table(rng)
    for day in rng.sample(DAYS, rng.randint(3, 6)):
        table.edition(day)
    world, facts = table.bodies[:4], table.bodies[4:]
    if rng.random() < 0.3:
        rng.shuffle(facts)
    with Ledger(":memory:", clock=ticking()) as ledger, engine_of(ledger) as engine:
        ledger.append(world)
        ledger.append_what_fits(facts)
        yield engine, [{**entry.envelope(), **entry.body} for entry in ledger.entries()]


@pytest.mark.parametrize("seed", seeds(ordinarily=2, first=7100))
def test_the_changes_of_a_table_are_of_the_kinds_that_the_model_says(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in tabulated(rng):
        model = Model(events)
        late = datetime.combine(datetime(2025, 12, 31), time.max, UTC)
        for as_of in (late, rng.choice(instants_of(events))):
            asked = random_question(rng)
            at = Viewpoint(as_of, len(events), as_of)
            assert not (problem := differs(model, engine, at, asked)), f"seed {seed} at {at}, {asked}: {problem}"
