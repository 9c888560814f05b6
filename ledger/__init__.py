"""The record: immutable, sourced, timestamped facts, appended once and kept for ever."""

from ledger.append.prepare import prepared, prepared_all
from ledger.append.receipt import Plan, Receipt, ReceiptItem
from ledger.append.writer import Append
from ledger.codec.entry import Entry
from ledger.codec.stored_json import VERSION_FIELD, body_of, encoded
from ledger.codec.strict_json import MalformedJSON, digest, parse_json
from ledger.codec.validation import parse_event
from ledger.errors import (
    CalendarError,
    ClockInDoubt,
    ContentTooLarge,
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
from ledger.imports.exported_rows import body_of_entry
from ledger.imports.exports import export_log, exported_events
from ledger.imports.import_limits import ImportLimits
from ledger.imports.import_options import Floats, ImportChoices, ImportOptions, Mode, OnConflict, OnMissing
from ledger.imports.import_report import LISTED_MAX, ImportReport
from ledger.imports.importer import Format, format_of, import_file, import_stream
from ledger.imports.mappings.saved_mappings import find_mapping, ready_made_mappings, save_mapping, saved_mappings
from ledger.imports.mappings.suggestion import suggested as suggested_mapping
from ledger.imports.mappings.table_mapping import MappingError, TableMapping, read_mapping, with_parameters
from ledger.imports.mappings.table_mapping import schema as mapping_schema
from ledger.imports.packed_files import FileError, unpacked
from ledger.imports.templates.template_workbook import template_workbook
from ledger.imports.templates.verdict_sheets import beside as free_verdicts_path
from ledger.imports.templates.verdict_sheets import write_verdicts
from ledger.ledger import Ledger
from ledger.rules.effective_content import Act, Content, content
from ledger.store import Block, LogStore
from ledger.visible_text import shortened, visible, visible_json, visible_lines

__all__ = [
    "LISTED_MAX",
    "REGISTRY",
    "VERSION_FIELD",
    "Act",
    "Append",
    "Block",
    "CalendarError",
    "ClockInDoubt",
    "Content",
    "ContentTooLarge",
    "Entry",
    "Event",
    "EventIdReused",
    "FileError",
    "Floats",
    "Format",
    "ImportChoices",
    "ImportLimits",
    "ImportOptions",
    "ImportReport",
    "InvalidEvent",
    "KeyReused",
    "Ledger",
    "LedgerDamaged",
    "LedgerError",
    "LogStore",
    "MalformedJSON",
    "MappingError",
    "Mode",
    "OnConflict",
    "OnMissing",
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
    "TableMapping",
    "UnitError",
    "VersionConflict",
    "Violation",
    "body_of",
    "body_of_entry",
    "content",
    "digest",
    "encoded",
    "export_log",
    "exported_events",
    "find_mapping",
    "format_of",
    "free_verdicts_path",
    "import_file",
    "import_stream",
    "mapping_schema",
    "parse_event",
    "parse_json",
    "prepared",
    "prepared_all",
    "read_mapping",
    "ready_made_mappings",
    "save_mapping",
    "saved_mappings",
    "shortened",
    "suggested_mapping",
    "template_workbook",
    "unpacked",
    "visible",
    "visible_json",
    "visible_lines",
    "with_parameters",
    "write_verdicts",
]
