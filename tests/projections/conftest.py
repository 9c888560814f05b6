"""A small world in a ledger in memory, and short ways to ask of it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from ledger import Ledger
from projections import CATALOGUE
from tests.shared_tables import engine_of

Item = dict[str, Any]

WORLD = [
    {"type": "EntityRegistered", "entity": slug, "kind": kind, "name": slug.title()}
    for slug, kind in [
        ("usgs", "organisation"),
        ("bgs", "organisation"),
        ("wire", "organisation"),
        ("js-link", "organisation"),
        ("world", "region"),
        ("china", "country"),
        ("prc", "country"),
        ("australia", "country"),
        ("kuantan-plant", "facility"),
        ("ndpr-oxide", "material"),
        ("pr-nd-oxide", "material"),
    ]
] + [
    {
        "type": "EntityRegistered",
        "entity": "lynas",
        "kind": "organisation",
        "name": "Lynas",
        "fiscal_year_end": "06-30",
    }
]
IDS = [f"00000000-0000-4000-8000-{number:012}" for number in range(100)]


class Book:
    """A ledger with its projections."""

    def __init__(self, path: str = ":memory:") -> None:
        self._opened = ExitStack()
        self.ledger = self._opened.enter_context(Ledger(path))
        self.engine = self._opened.enter_context(engine_of(self.ledger))
        if self.ledger.head() == 0:
            self.ledger.append(WORLD)

    def record(self, *events: Item) -> int:
        """The position of the last of the events."""
        return self.ledger.append(events).position

    def ask(self, name: str, *, filters: Any = None, limit: int | None = None, **clocks: str) -> list[Item]:
        """The items at a viewpoint, objects read."""
        table = self.engine.read(name, self.engine.viewpoint(**clocks), filters=filters, limit=limit)
        items: list[Item] = table.to_pylist()
        for item in items:
            for column in CATALOGUE[name].objects:
                item[column] = item[column] and json.loads(item[column])
        return items

    def one(self, name: str, **asked: Any) -> Item:
        """The only item."""
        (item,) = self.ask(name, **asked)
        return item

    def history(self, figure_id: str, *, clock: str = "publication", **clocks: str) -> list[Item]:
        """The history of a figure."""
        items: list[Item] = self.engine.history(figure_id, self.engine.viewpoint(**clocks), clock=clock).to_pylist()
        return items

    def close(self) -> None:
        self._opened.close()


def figure(value: Any = "350000", *, by: str = "usgs", on: str = "2024-01-31", **fields: Any) -> Item:
    """World mine production of 2023, unless told otherwise."""
    said = {} if value is None else {"value": value}
    return {
        "type": "ProductionReported",
        "subject": "world",
        "metric": "mine_production",
        "period": "2023",
        "unit": "t",
        "published_at": on,
        "source": {"publisher": by},
        **said,
        **fields,
    }


def withdrawal(*, by: str = "usgs", on: str, **fields: Any) -> Item:
    return figure(None, by=by, on=on, type="FigureWithdrawn", **fields)


def correction(target: str, **changes: Any) -> Item:
    return {
        "type": "EventCorrected",
        "target": target,
        "changes": changes,
        "reason": "transcription",
        "explanation": "Misread.",
    }


def retraction(target: str) -> Item:
    return {"type": "EventRetracted", "target": target, "reason": "duplicate", "explanation": "Entered twice."}


def reinstatement(target: str) -> Item:
    return {"type": "EventReinstated", "target": target, "explanation": "It was right after all."}


def merge(*, kept: str, merged: str, **fields: Any) -> Item:
    return {"type": "EntitiesMerged", "kept": kept, "merged": merged, "reason": "One and the same.", **fields}


@pytest.fixture
def book() -> Iterator[Book]:
    made = Book()
    yield made
    made.close()
