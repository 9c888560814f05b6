"""A stream with filters, and the pages of the log, over events that were corrected many times."""

from typing import Any

import pytest

from api.questions.log_stream import BATCH_EVENTS, next_batch
from api.questions.resources import events
from ledger import Ledger
from projections import Engine
from tests.api.helpers import BASICS, mined
from tests.shared_tables import engine_of

STATED = BATCH_EVENTS + 40
ID = "00000000-0000-4000-8000-{:012d}".format


def correction(target: str, value: str) -> dict[str, Any]:
    return {
        "type": "EventCorrected",
        "target": target,
        "changes": {"value": value},
        "reason": "transcription",
        "explanation": "The page says so.",
    }


@pytest.fixture(scope="module")
def corrected() -> Any:
    """More statements than a batch holds, every second of the first half of them corrected three times."""
    stated = [mined("china", "1", "2024", period=str(1800 + n)) | {"event_id": ID(n)} for n in range(STATED)]
    fixes = [correction(ID(n), str(value)) for n in range(0, STATED // 2, 2) for value in (2, 3, 4)]
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*BASICS, *stated])
        ledger.append(fixes)
        yield engine


@pytest.mark.parametrize(
    "asked", [{"type": "ProductionReported"}, {"publisher": "usgs"}, {"entity": "china", "type": "ProductionReported"}]
)
def test_a_stream_passes_over_no_event(corrected: Engine, asked: dict[str, str]) -> None:
    after, seen = 0, list[str]()
    while True:
        batch = next_batch(corrected, {**asked, "after": str(after)})
        seen += [item["event_id"] for item in batch.events if item["type"] == "ProductionReported"]
        after = batch.seen
        if not batch.has_more:
            break
    assert seen == [ID(n) for n in range(STATED)]
    assert after == corrected.ledger.head()


@pytest.mark.parametrize("limit", ["7", "20", "100", "139", "140", "141"])
def test_the_pages_of_the_log_hold_all_events(corrected: Engine, limit: str) -> None:
    asked, found = {"type": "ProductionReported", "limit": limit}, list[str]()
    page = events(corrected, asked)
    while page.next is not None:
        assert len(page.rows()) == int(limit)
        found += [item["event_id"] for item in page.rows()]
        page = events(corrected, {**asked, "cursor": page.next})
    found += [item["event_id"] for item in page.rows()]
    assert found == [ID(n) for n in range(STATED)]
    file = events(corrected, {"type": "ProductionReported", "format": "csv"})
    assert [item["event_id"] for part in file.parts() for item in part] == found
