"""The record: immutable, sourced, timestamped facts, appended once and kept for ever."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.append.erased_events import Erasure, erasures
    from ledger.append.prepare import prepared, prepared_all
    from ledger.append.receipt import Plan, Receipt, ReceiptItem
    from ledger.append.streams import stream_of_thing
    from ledger.append.writer import Append
    from ledger.codec.entry import Entry
    from ledger.codec.stored_json import VERSION_FIELD, body_of, encoded
    from ledger.codec.strict_json import MalformedJSON, digest, parse_json
    from ledger.codec.validation import parse_event
    from ledger.entry_faults import Fault
    from ledger.errors import (
        BackupError,
        CalendarError,
        ClockInDoubt,
        ContentTooLarge,
        EventIdReused,
        InvalidEvent,
        KeyReused,
        LedgerAltered,
        LedgerDamaged,
        LedgerError,
        PlaceError,
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
    from ledger.imports.mappings.mapped_pieces import table_events
    from ledger.imports.mappings.saved_mappings import find_mapping, ready_made_mappings, save_mapping, saved_mappings
    from ledger.imports.mappings.suggestion import suggested as suggested_mapping
    from ledger.imports.mappings.table_mapping import (
        MappingError,
        TableForm,
        TableMapping,
        read_mapping,
        with_parameters,
    )
    from ledger.imports.mappings.table_mapping import schema as mapping_schema
    from ledger.imports.mappings.tables import open_rows
    from ledger.imports.packed_files import FileError, unpacked
    from ledger.imports.parquet import parquet_batches
    from ledger.imports.templates.template_workbook import template_workbook
    from ledger.imports.templates.verdict_sheets import beside as free_verdicts_path
    from ledger.imports.templates.verdict_sheets import write_verdicts
    from ledger.ledger import Ledger
    from ledger.rules.effective_content import Act, Content, content
    from ledger.store import Block, LogStore, log_is_there
    from ledger.verification import Verification
    from ledger.visible_text import shortened, visible, visible_json, visible_lines
else:
    from importlib import import_module

    _PLACES = {
        "ledger.append.erased_events": "Erasure erasures",
        "ledger.append.prepare": "prepared prepared_all",
        "ledger.append.receipt": "Plan Receipt ReceiptItem",
        "ledger.append.streams": "stream_of_thing",
        "ledger.append.writer": "Append",
        "ledger.codec.entry": "Entry",
        "ledger.codec.stored_json": "VERSION_FIELD body_of encoded",
        "ledger.codec.strict_json": "MalformedJSON digest parse_json",
        "ledger.codec.validation": "parse_event",
        "ledger.errors": (
            "BackupError CalendarError ClockInDoubt ContentTooLarge EventIdReused InvalidEvent KeyReused "
            "LedgerAltered LedgerDamaged "
            "LedgerError PlaceError PositionBeyondHead QuantityError Refused RuleBroken StoreBusy StoreError StoreFull "
            "UnitError VersionConflict Violation"
        ),
        "ledger.events": "REGISTRY Event",
        "ledger.imports.exported_rows": "body_of_entry",
        "ledger.imports.exports": "export_log exported_events",
        "ledger.imports.import_limits": "ImportLimits",
        "ledger.imports.import_options": "Floats ImportChoices ImportOptions Mode OnConflict OnMissing",
        "ledger.imports.import_report": "LISTED_MAX ImportReport",
        "ledger.imports.importer": "Format format_of import_file import_stream",
        "ledger.imports.mappings.mapped_pieces": "table_events",
        "ledger.imports.mappings.saved_mappings": "find_mapping ready_made_mappings save_mapping saved_mappings",
        "ledger.imports.mappings.suggestion": "suggested_mapping=suggested",
        "ledger.imports.mappings.table_mapping": (
            "MappingError TableForm TableMapping read_mapping with_parameters mapping_schema=schema"
        ),
        "ledger.imports.mappings.tables": "open_rows",
        "ledger.imports.packed_files": "FileError unpacked",
        "ledger.imports.parquet": "parquet_batches",
        "ledger.imports.templates.template_workbook": "template_workbook",
        "ledger.imports.templates.verdict_sheets": "free_verdicts_path=beside write_verdicts",
        "ledger.ledger": "Ledger",
        "ledger.rules.effective_content": "Act Content content",
        "ledger.store": "Block LogStore log_is_there",
        "ledger.entry_faults": "Fault",
        "ledger.verification": "Verification",
        "ledger.visible_text": "shortened visible visible_json visible_lines",
    }
    """The names that each module has for others, `ours=its` where it calls one otherwise."""
    _PLACE_OF = {
        ours: (module, its or ours)
        for module, names in _PLACES.items()
        for ours, _, its in (name.partition("=") for name in names.split())
    }

    def __getattr__(name: str) -> object:
        """A public name, whose module is imported the first time that it is asked for."""
        if name not in _PLACE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, its = _PLACE_OF[name]
        value = globals()[name] = getattr(import_module(module), its)
        return value


__all__ = [
    "LISTED_MAX",
    "REGISTRY",
    "VERSION_FIELD",
    "Act",
    "Append",
    "BackupError",
    "Block",
    "CalendarError",
    "ClockInDoubt",
    "Content",
    "ContentTooLarge",
    "Entry",
    "Erasure",
    "Event",
    "EventIdReused",
    "Fault",
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
    "LedgerAltered",
    "LedgerDamaged",
    "LedgerError",
    "LogStore",
    "MalformedJSON",
    "MappingError",
    "Mode",
    "OnConflict",
    "OnMissing",
    "PlaceError",
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
    "TableForm",
    "TableMapping",
    "UnitError",
    "Verification",
    "VersionConflict",
    "Violation",
    "body_of",
    "body_of_entry",
    "content",
    "digest",
    "encoded",
    "erasures",
    "export_log",
    "exported_events",
    "find_mapping",
    "format_of",
    "free_verdicts_path",
    "import_file",
    "import_stream",
    "log_is_there",
    "mapping_schema",
    "open_rows",
    "parquet_batches",
    "parse_event",
    "parse_json",
    "prepared",
    "prepared_all",
    "read_mapping",
    "ready_made_mappings",
    "save_mapping",
    "saved_mappings",
    "shortened",
    "stream_of_thing",
    "suggested_mapping",
    "table_events",
    "template_workbook",
    "unpacked",
    "visible",
    "visible_json",
    "visible_lines",
    "with_parameters",
    "write_verdicts",
]
