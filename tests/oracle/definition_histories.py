"""Histories with definitions: a few trees over the metrics of a history, written down as formulas."""

import random
from typing import Any
from uuid import UUID

from tests.oracle.histories import Body, random_history
from tests.oracle.model import FIGURES
from tests.oracle.model_derived import Tree, written

NAMES = ("derived_a", "derived_b")
"""Few, so that they are defined again."""
DAYS = ("2024", "2025-Q2", "2024-H1")


def kind_of(metric: str) -> str:
    """What the metrics of histories are measured in, in words."""
    return {
        "production": "mass", "price": "price", "share": "number", "investment": "money",
        "capacity": "mass per time", "employment": "count", "quota": "mass",
    }[metric]  # fmt: skip


UNITS = {
    "mass": ("t", "kt"),
    "price": ("USD/kg", "AUD/t"),
    "number": ("percent", "ratio"),
    "money": ("USD", "million AUD"),
    "mass per time": ("t/yr",),
    "count": ("persons",),
}


class Author:
    """Draws trees whose parts are in the history, and keeps what each text means."""

    def __init__(self, rng: random.Random, bodies: list[Body]) -> None:
        self._rng = rng
        self.formulas: dict[str, Tree] = {}
        figures = [body for body in bodies if body["type"] in FIGURES and "unit" in body]
        self._figures = [body for body in figures if metric_of(body) in UNITS_OF]
        self._subjects = sorted({body["subject"] for body in figures})

    @property
    def can_write(self) -> bool:
        """Whether there is anything to derive from."""
        return bool(self._figures)

    def definition(self) -> Body:
        """A definition as a client posts it, without an id."""
        tree, kind = self._tree()
        text = written(tree)
        self.formulas[text] = tree
        decimals = self._rng.choice((None, 0, 2, 6))
        body: dict[str, Any] = {
            "type": "MetricDefined",
            "metric": self._rng.choice(NAMES),
            "unit": self._rng.choice(UNITS[kind]),
            "formula": text,
        }
        return body if decimals is None else {**body, "decimals": decimals}

    def _tree(self) -> tuple[Tree, str]:
        rng = self._rng
        one = self._figure()
        metric = one[1]
        shape = rng.randrange(9)
        if shape == 0:
            return ("share", one, None if rng.random() < 0.5 else ("subject", rng.choice(self._subjects))), "number"
        if shape == 1:
            return ("/", one, self._figure(metric, anywhere=True)), "number"
        if shape == 2:
            return (
                "-",
                ("/", one, self._figure(metric, shift=rng.choice(("previous", "year_before")))),
                ("number", "1"),
            ), "number"
        if shape == 3:
            return ("sum", self._bare(metric), None), kind_of(metric)
        if shape == 4:
            listed = rng.sample(self._subjects, min(2, len(self._subjects)))
            return ("+", one, ("sum", self._bare(metric), listed)), kind_of(metric)
        if shape == 5:
            other = self._figure(metric, anywhere=True)
            third = self._figure(metric)
            return ("/", ("-", one, other), ("+", other, third)), "number"
        if shape == 6:
            return ("/", ("sum", self._bare(metric), None), one), "number"
        if shape == 7:
            return ("*", ("number", "-1.5"), ("+", one, self._figure(metric))), kind_of(metric)
        other = self._figure()
        return ("/", ("*", one, other), other), kind_of(metric)

    def _bare(self, metric: str) -> Tree:
        return ("figure", metric, {}, "")

    def _figure(self, metric: str | None = None, *, anywhere: bool = False, shift: str = "") -> Tree:
        rng = self._rng
        body = rng.choice([one for one in self._figures if metric in (None, metric_of(one))])
        selected: dict[str, str] = {}
        if anywhere and rng.random() < 0.7:
            selected["subject"] = rng.choice(self._subjects)
        for name, value in (body.get("dimensions") or {}).items():
            if rng.random() < 0.4:
                selected[f"dimension.{name}"] = value
        if body.get("material") and rng.random() < 0.3:
            selected["material"] = body["material"]
        if rng.random() < 0.2:
            selected["nature"] = rng.choice(("observed", "forecast", "plan"))
        if rng.random() < 0.15:
            selected["unit"] = body["unit"]
        return ("figure", metric_of(body), selected, shift)


UNITS_OF = {"production", "price", "share", "investment", "capacity", "employment", "quota"}


def metric_of(body: Body) -> str:
    """The metric of a figure."""
    return str(body.get("metric") or FIGURES[body["type"]][0])


def echo(rng: random.Random, bodies: list[Body]) -> None:
    """Let other subjects and periods have the same figures, so that there is something to put together."""
    said = [body for body in bodies if body["type"] in FIGURES and metric_of(body) in UNITS_OF]
    for number in range(rng.randint(2, 14) if said else 0):
        body = rng.choice(said)
        other = {**body, "event_id": str(UUID(int=30_000 + number, version=4))}
        if rng.random() < 0.7:
            other["subject"] = rng.choice(("china", "lynas", "mt-weld"))
        if rng.random() < 0.3:
            other["period"] = rng.choice(("2023", "2024", "2025-Q1", "2024-Q2", "2023-H1"))
        if "value" in body and rng.random() < 0.7:
            other["value"] = rng.choice(("7", "11", "13.5", "-2", "0"))
        if rng.random() < 0.4:
            other["published_at"] = rng.choice(("2024", "2025-01-31", "2025"))
        if rng.random() < 0.3:
            other["source"] = {**other["source"], "publisher": rng.choice(("usgs", "bgs"))}
        bodies.insert(rng.randint(bodies.index(body) + 1, len(bodies)), other)


def history_with_definitions(rng: random.Random, size: int) -> tuple[list[Body], dict[str, Tree]]:
    """A history about figures in which metrics are defined, defined again, corrected, retracted and reinstated."""
    bodies = random_history(rng, size)
    echo(rng, bodies)
    author = Author(rng, bodies)
    if not author.can_write:
        return bodies, {}
    first = next(place for place, body in enumerate(bodies) if body in author._figures) + 1
    made: list[str] = []
    told: list[Body] = []
    retracted: set[str] = set()
    for number in range(rng.randint(2, 8)):
        event_id = str(UUID(int=10_000 + number, version=4))
        act = rng.random()
        explained = {"event_id": event_id, "explanation": "-"}
        if made and act < 0.2:
            again = author.definition()
            again = {name: again[name] for name in ("formula", "unit")}
            told.append(
                {"type": "EventCorrected", "target": rng.choice(made), "changes": again, "reason": "other", **explained}
            )
        elif made and act < 0.35:
            target = rng.choice(made)
            if target in retracted:
                retracted.discard(target)
                told.append({"type": "EventReinstated", "target": target, **explained})
            else:
                retracted.add(target)
                told.append({"type": "EventRetracted", "target": target, "reason": "other", **explained})
        else:
            made.append(event_id)
            told.append({**author.definition(), "event_id": event_id})
    parts = [
        {
            "type": "RelationshipStated",
            "event_id": str(UUID(int=20_000 + number, version=4)),
            "subject": rng.choice(author._subjects),
            "relation": "part_of",
            "object": rng.choice(author._subjects),
            "published_at": rng.choice(("2024", "2025-01-31", "2025")),
            "source": {"publisher": "usgs"},
        }
        for number in range(rng.randint(0, 4))
    ]
    places = sorted(rng.randint(first, len(bodies)) for _ in told)
    for place, body in sorted(zip(places, told, strict=True), key=lambda one: -one[0]):
        bodies.insert(place, body)
    for body in parts:
        bodies.insert(rng.randint(first, len(bodies)), body)
    return bodies, author.formulas
