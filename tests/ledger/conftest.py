"""A ledger with a few entities, and short ways to write events."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from ledger import Append, Ledger
from ledger.store.sqlite import SQLiteLog

WORLD = [
    {"type": "EntityRegistered", "entity": slug, "kind": kind, "name": slug.title()}
    for slug, kind in [
        ("usgs", "organisation"),
        ("bgs", "organisation"),
        ("js-link", "organisation"),
        ("world", "region"),
        ("china", "country"),
        ("australia", "country"),
        ("kuantan-plant", "facility"),
        ("ndpr-oxide", "material"),
    ]
] + [
    {
        "type": "EntityRegistered",
        "entity": "lynas",
        "kind": "organisation",
        "name": "Lynas Rare Earths",
        "fiscal_year_end": "06-30",
    }
]


def figure(value: Any = "350000", **fields: Any) -> dict[str, Any]:
    """World mine production of 2023 by the USGS, unless told otherwise."""
    return {
        "type": "ProductionReported",
        "subject": "world",
        "metric": "mine_production",
        "period": "2023",
        "value": value,
        "unit": "t",
        "published_at": "2024-01-31",
        "source": {"publisher": "usgs"},
        **fields,
    }


def correction(target: str, **changes: Any) -> dict[str, Any]:
    """A transcription error put right."""
    return {
        "type": "EventCorrected",
        "target": target,
        "changes": changes,
        "reason": "transcription",
        "explanation": "misread",
    }


def retraction(target: str) -> dict[str, Any]:
    return {"type": "EventRetracted", "target": target, "reason": "duplicate", "explanation": "entered twice"}


def reinstatement(target: str) -> dict[str, Any]:
    return {"type": "EventReinstated", "target": target, "explanation": "it was right after all"}


def sqlite_of(ledger: Ledger) -> SQLiteLog:
    """The store of a ledger in SQLite."""
    assert isinstance(ledger.log, SQLiteLog)
    return ledger.log


def record_together(ledger: Ledger, appends: Sequence[Append]) -> None:
    """Record appends in one transaction: they come while somebody else has the turn, and all wait."""
    decided = threading.Semaphore(0)

    def notify(done: list[Append]) -> None:
        decided.release(len(done))

    with ledger.batch():
        for append in appends:
            ledger.submit(append, notify)
    for _ in appends:
        decided.acquire()


@pytest.fixture
def ledger(location: str) -> Iterator[Ledger]:
    book = Ledger(location)
    book.append(WORLD)
    yield book
    book.close()
