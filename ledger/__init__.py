"""The record: immutable, sourced, timestamped facts, appended once and kept for ever."""

from ledger.append.receipt import Plan, Receipt, ReceiptItem
from ledger.append.writer import Append
from ledger.codec.stored_json import Entry
from ledger.codec.strict_json import MalformedJSON, digest, parse_event, parse_json
from ledger.errors import (
    CalendarError,
    EventIdReused,
    InvalidEvent,
    KeyReused,
    LedgerDamaged,
    LedgerError,
    PositionBeyondHead,
    QuantityError,
    Refused,
    RuleBroken,
    StoreBusy,
    StoreError,
    StoreFull,
    UnitError,
    VersionConflict,
    Violation,
)
from ledger.events import REGISTRY, Event
from ledger.imports.importer import ImportReport, import_file, import_stream
from ledger.ledger import Ledger

__all__ = [
    "REGISTRY",
    "Append",
    "CalendarError",
    "Entry",
    "Event",
    "EventIdReused",
    "ImportReport",
    "InvalidEvent",
    "KeyReused",
    "Ledger",
    "LedgerDamaged",
    "LedgerError",
    "MalformedJSON",
    "Plan",
    "PositionBeyondHead",
    "QuantityError",
    "Receipt",
    "ReceiptItem",
    "Refused",
    "RuleBroken",
    "StoreBusy",
    "StoreError",
    "StoreFull",
    "UnitError",
    "VersionConflict",
    "Violation",
    "digest",
    "import_file",
    "import_stream",
    "parse_event",
    "parse_json",
]
