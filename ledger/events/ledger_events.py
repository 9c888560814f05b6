"""Ledger events: this ledger's own mistakes, and their repair. They live on the ledger clock only.

A source that changes its mind is no ledger event: that is a later statement, an amendment or a withdrawal.
"""

from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from ledger.events.base import Count, Event, Text

Reason = Literal["transcription", "unit", "entity", "date", "duplicate", "other"]
ErasureReason = Literal["personal_data", "licence", "court_order", "other"]
"""Why a text may have to go: it is about a person, whoever wrote it allows it no longer, or a court says so."""
_TARGET = "0198f0a2-5d3c-7c7e-9a51-3f2b8c6d1e00"


class LedgerEvent(Event, abstract=True):
    """Acts on another event of the log, its target, and belongs to the target's stream."""

    family: ClassVar[str] = "keeping"
    known_at_once: ClassVar[bool] = True

    target: UUID = Field(description="The event_id of the event that it acts on.")
    explanation: Text


class EventCorrected(LedgerEvent):
    """We took an event down wrongly; these fields are what the source says."""

    example: ClassVar[dict[str, Any]] = {
        "type": "EventCorrected",
        "target": _TARGET,
        "changes": {"value": "13000"},
        "reason": "transcription",
        "explanation": "Footnote mark 12 was read as part of the number.",
    }

    changes: dict[str, Any] = Field(
        min_length=1, description="Field, or dotted path (`source.publisher`), to the right value; null removes it."
    )
    reason: Reason


class EventRetracted(LedgerEvent):
    """An event should never have been recorded."""

    example: ClassVar[dict[str, Any]] = {
        "type": "EventRetracted",
        "target": _TARGET,
        "reason": "duplicate",
        "explanation": "The same page was entered twice.",
    }

    reason: Reason


class EventReinstated(LedgerEvent):
    """A retraction was itself a mistake."""

    example: ClassVar[dict[str, Any]] = {
        "type": "EventReinstated",
        "target": _TARGET,
        "explanation": "The two pages were different editions after all.",
    }


class EventErased(LedgerEvent):
    """The text of an event was taken out of this ledger for good: its place and its proof stay.

    It is recorded by the erasing itself (`Ledger.erase`), and by nothing else.
    """

    example: ClassVar[dict[str, Any]] = {
        "type": "EventErased",
        "target": _TARGET,
        "reason": "personal_data",
        "explanation": "The note named an employee, who asked for it.",
    }
    appended: ClassVar[bool] = False

    reason: ErasureReason
    acts: list[Count] | None = Field(
        None, min_length=1, description="The positions of the ledger events on it, whose texts were erased with it."
    )
