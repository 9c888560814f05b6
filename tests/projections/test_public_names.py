"""What other packages may import: the names of a package's `__all__`, pinned; and what importing them must not cost."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.places import ROOT

PUBLIC = {
    "ledger": (
        "LISTED_MAX REGISTRY VERSION_FIELD Act Append BackupError Block CalendarError ClockInDoubt Content "
        "ContentTooLarge Entry Erasure Event EventIdReused Fault FileError Floats Format ImportChoices "
        "ImportLimits "
        "ImportOptions ImportReport InvalidEvent KeyReused Ledger LedgerAltered LedgerDamaged LedgerError LogStore "
        "MalformedJSON MappingError Mode OnConflict OnMissing PlaceError Plan PositionBeyondHead QuantityError Receipt "
        "ReceiptItem Refused RuleBroken StoreBusy StoreError StoreFull TableForm TableMapping UnitError Verification "
        "VersionConflict Violation body_of body_of_entry content digest encoded erasures export_log "
        "exported_events "
        "find_mapping format_of free_verdicts_path import_file import_stream log_is_there mapping_schema "
        "parquet_batches "
        "open_rows parse_event parse_json "
        "prepared prepared_all read_mapping ready_made_mappings save_mapping saved_mappings shortened "
        "stream_of_thing suggested_mapping table_events template_workbook unpacked visible visible_json visible_lines "
        "with_parameters "
        "write_verdicts"
    ),
    "ledger.backups": "KeptCheckpoint Manifest Restored check_backup lasting_file make_backup restore",
    "ledger.events": (
        "NAME_PATTERN REGISTRY SLUG_PATTERN Count EntitiesMerged EntityRegistered ErasureReason Event EventCorrected "
        "EventErased EventReinstated EventRetracted Figure Flag LedgerEvent Moment Number Part Ref Role Slug Source "
        "Statement "
        "Text Timed figure_id ref_paths"
    ),
    "ledger.proof": (
        "ADD_CHECKPOINT AHEAD_MAX_S ATTESTATIONS_FILE Attestations Checkpoint Cosignature DOCUMENT "
        "ED25519_COSIGNATURE ED25519_NOTE EventProof Inconsistent LogProofs Note NoteError OtherSize PROOF_SUFFIX "
        "ProofError ProvedReceipt RECEIPT_EVENTS_MAX REQUEST_MEDIA_TYPE RESPONSE_BYTES_MAX RESPONSE_MEDIA_TYPE "
        "SIZE_MEDIA_TYPE SUBMISSION_BYTES_MAX Signature SignedReceipt SignerKey StreamProof Submission Timestamp "
        "TimestampError TlogProof UnknownLog UntrustedSignature VERSION VerifierKey WITNESS_FILE WITNESS_KEY_FILE "
        "Witness WitnessedLog WitnessedLogs canonical canonical_hash cosignatures event_proofs is_receipt "
        "key_file_beside opened parsed_cosignatures proved roots_of signed_at signing_key tile_entries "
        "timestamp_of timestamp_request verify_timestamp with_signature"
    ),
    "ledger.segments": (
        "SEGMENTS_MANIFEST SegmentExport SegmentManifest StoragePlace VerifiedSegments check_segments export_segments "
        "json_bytes read_manifest restore_segments restore_segments_into_database storage_place"
    ),
    "ledger.store": ("Block LogStore log_is_there open_store"),
    "ledger.values": (
        "CURRENCIES EPOCH EXACT FRACTION_DIGITS_MAX INTEGER_DIGITS_MAX PLAIN_UNITS POSITION_DIGITS_MAX POSITION_PREFIX "
        "PRICED PURE_NUMBER RATED RATE_TIMES RESULT_DECIMALS SCALED SCALES SELECTED_DIMENSION UNCLEAR_UNITS "
        "UNIT_NAMES Formula FormulaInput FormulaNumber FormulaOperation Interval Period Powers Unit UnitName "
        "canonical difference exponent_of fiscal_year_text half_even id_text inputs_of instant_text is_fiscal "
        "may_be_fiscal_year measure_of microseconds of_name of_time parse_fiscal_year_end parse_formula parse_moment "
        "parse_number parse_period percent_of plain printed product_of_powers quotient_of_powers room unit"
    ),
    "projections": (
        "ANSWER_COLUMNS CATALOGUE COLUMN_KINDS FIGURES FIGURE_IDENTITY QUESTION_COLUMNS SERIES THINGS Abandoned "
        "Allowance Applies DiffPlace Engine QuestionsRefused "
        "Filter FilterError Inquiry KeptPosition Kind OutOfMemory OutOfTime OverLimit Projection Reader "
        "SandboxUnavailable TablesUnavailable ThingPlace Unanswered UnknownFilter Value Viewpoint is_detail "
        "kept_position listed preferences_deciding preferences_in_force presented tables_removed thing_effects"
    ),
    "projections.sandbox": (
        "SQL_LENGTH_MAX PublicTable Sandbox SandboxAnswer SandboxLimits StatementRefused examples file_columns "
        "nested_names offered_functions public_tables text_columns"
    ),
    "projections.partitions": (
        "FOLDED FoldedResource NotFolded Partition Rows VersionManifest VersionPlace VersionsUnusable bucket_of "
        "export_versions fold place_of_answer spark_fold spark_fold_into"
    ),
    "projections.transfers": (
        "TableExport TableManifest TableSupply TablesRefused WarmStart drop_outdated_tables export_tables workshop"
    ),
    "projections.audit": (
        "COMPUTED DEPTH DERIVED_CLOCKS DIMENSION DIRECTIONS FRESHNESS_STATES GROUPINGS KINDS LEVEL MATERIAL "
        "PUBLICATIONS RELATIONS SLIP_GROUPS STATUSES SUBJECT THING_STATES TOP TURNS VERDICTS WAYS Amount Columns "
        "FigureSayings Findings LedgerAct Options Reliance Saying Slips answered_points concentration definitions "
        "derived_differences derived_figures derived_vintages disputes entity_labels figure_sayings "
        "figures_of freshness influence publications reliances revisions same_amounts scorecards statement_validity "
        "sums thing_disputes thing_freshness thing_vintages trace uncertainty vintages word_search"
    ),
}
"""A name that goes breaks who imports it; one that comes is kept for good. Think, then write it here."""
OPEN_TO = {
    "projections": ("ledger", "ledger.values", "ledger.events", "ledger.proof", "ledger.segments"),
    "api": (
        "ledger",
        "ledger.values",
        "ledger.events",
        "ledger.proof",
        "ledger.backups",
        "ledger.segments",
        "projections",
        "projections.audit",
        "projections.sandbox",
        "projections.partitions",
        "projections.transfers",
    ),
}
"""What a package may import of those before it."""
HEAVY = ("scipy", "statsmodels", "pandas", "altair", "fastapi", "cryptography", "rfc3161_client")


@pytest.mark.parametrize("package", PUBLIC)
def test_the_public_names_are_these(package: str) -> None:
    module = import_module(package)
    unlike = set(module.__all__) ^ set(PUBLIC[package].split())
    assert not unlike, f"write into PUBLIC here what other packages shall import, and take out what is gone: {unlike}"
    assert len(module.__all__) == len(PUBLIC[package].split())
    assert all(hasattr(module, name) for name in module.__all__)


def imported_from(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of every name that a module imports from another; no name where it imports a module whole."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


IMPORTERS = [path for package in OPEN_TO for path in sorted((ROOT / package).rglob("*.py"))]


def test_other_packages_are_imported_by_their_public_names_only() -> None:
    inside = [
        f"{place}: from {module} import {name}"
        for place in (path.relative_to(ROOT) for path in IMPORTERS)
        for module, name in imported_from(ROOT / place)
        if module.partition(".")[0] in {"ledger", "projections"} - {place.parts[0]}
        and (module not in OPEN_TO[place.parts[0]] or name not in PUBLIC[module].split())
    ]
    assert len(IMPORTERS) > 100
    assert not inside, f"name them in the `__init__` of their package, and in PUBLIC here: {inside}"


@pytest.mark.parametrize("package", ["ledger", "ledger.proof", "projections"])
def test_names_that_are_imported_later_come_from_where_their_types_do(package: str) -> None:
    module = import_module(package)
    tree = ast.parse((ROOT / package.replace(".", "/") / "__init__.py").read_text(encoding="utf-8"))
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    places = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert places == module._PLACE_OF
    with pytest.raises(AttributeError, match="no attribute 'nothing_of_that_name'"):
        _ = module.nothing_of_that_name


def test_importing_a_package_imports_nothing_heavy() -> None:
    # In one process: what none of them imports after another, none imports alone.
    script = f"""
import sys
from importlib import import_module
for package in {[*PUBLIC]}:
    import_module(package)
    print(package, *(name for name in {HEAVY} if name in sys.modules))
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [*PUBLIC]
