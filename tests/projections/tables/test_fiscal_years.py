"""What a fiscal year means changes from a position of the log on, and no version reads what came after it."""

from typing import Any

import pytest

from ledger import Ledger
from tests.shared_tables import engine_of

Event = dict[str, Any]


def event_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def act(number: int, kind: str, target: int, **fields: Any) -> Event:
    if kind == "EventCorrected":
        fields = {"reason": "transcription", **fields}
    return {
        "type": kind,
        "event_id": event_id(number),
        "target": event_id(target),
        "explanation": "Read again.",
        **({"reason": "other"} if kind == "EventRetracted" else {}),
        **fields,
    }


def registered(number: int, slug: str, **fields: Any) -> Event:
    return {
        "type": "EntityRegistered",
        "event_id": event_id(number),
        "entity": slug,
        "kind": "organisation",
        "name": slug.title(),
        **fields,
    }


BEFORE: list[Event] = [
    registered(1, "usgs"),
    registered(2, "lynas", fiscal_year_end="06-30"),
    registered(3, "mp", fiscal_year_end="03-31"),
    {
        "type": "ProductionReported",
        "event_id": event_id(4),
        "published_at": "2024-12-31",
        "source": {"publisher": "usgs"},
        "subject": "lynas",
        "period": "FY2024",
        "value": "10",
        "unit": "t",
    },
]
CORRECTED = act(5, "EventCorrected", 4, changes={"value": "11"})
MOVED = act(6, "EventCorrected", 2, changes={"fiscal_year_end": "03-31"})
NAMED = act(6, "EventCorrected", 2, changes={"fiscal_year_named": "start"})
MERGED: Event = {"type": "EntitiesMerged", "event_id": event_id(6), "merged": "lynas", "kept": "mp", "reason": "Same."}
RETRACTED = act(7, "EventRetracted", 4)
REINSTATED = act(8, "EventReinstated", 4)


@pytest.mark.parametrize(
    "events",
    [
        [CORRECTED, MOVED],
        [CORRECTED, NAMED],
        [CORRECTED, RETRACTED, MOVED],
        [CORRECTED, MOVED, RETRACTED],
        [RETRACTED, REINSTATED, MOVED],
        [RETRACTED, MOVED, REINSTATED],
        [CORRECTED, RETRACTED, act(6, "EventRetracted", 2)],
        [CORRECTED, MERGED],
        [
            CORRECTED,
            MOVED,
            act(9, "EventCorrected", 4, changes={"value": "12"}),
            act(10, "EventCorrected", 2, changes={"fiscal_year_end": "12-31"}),
        ],
    ],
)
def test_a_version_reads_the_fiscal_year_of_its_time(events: list[Event]) -> None:
    with Ledger(":memory:") as ledger, engine_of(ledger) as at_once, engine_of(ledger) as step_by_step:
        for event in [*BEFORE, *events]:
            ledger.append([event])
            step_by_step.read("figures", step_by_step.viewpoint())
        at_once.read("figures", at_once.viewpoint())
        for name in at_once.tables():
            assert at_once.table(name).equals(step_by_step.table(name)), name
        for position in range(1, ledger.head() + 1):
            seen = [
                engine.read("figures", engine.viewpoint(as_of="2100", recorded_as_of=f"position:{position}"))
                for engine in (at_once, step_by_step)
            ]
            assert seen[0] == seen[1], position
