"""Statements: qualitative facts, in words, that no other type of event holds."""

from typing import Any, ClassVar

from ledger.events.base import Event, Ref, Text


class StatementRecorded(Event):
    """A qualitative fact that no other type holds; never a number."""

    family: ClassVar[str] = "statements"
    thing: ClassVar[str | None] = "subject"
    example: ClassVar[dict[str, Any]] = {
        "type": "StatementRecorded",
        "subject": "js-link",
        "attribute": "role",
        "text": "Brings the magnet-making know-how.",
        "published_at": "2025-07-24",
    }

    subject: Ref
    attribute: Text
    text: Text
