"""A log in a storage place: segments by range of positions under a signed manifest, and a ledger made of them again."""

from ledger.segments.segment_export import SegmentExport, export_segments
from ledger.segments.segment_manifest import SEGMENTS_MANIFEST, SegmentManifest, read_manifest
from ledger.segments.segment_restoration import check_segments, restore_segments, restore_segments_into_database
from ledger.segments.storage_place import StoragePlace, json_bytes, storage_place
from ledger.segments.verified_segments import VerifiedSegments

__all__ = [
    "SEGMENTS_MANIFEST",
    "SegmentExport",
    "SegmentManifest",
    "StoragePlace",
    "VerifiedSegments",
    "check_segments",
    "export_segments",
    "json_bytes",
    "read_manifest",
    "restore_segments",
    "restore_segments_into_database",
    "storage_place",
]
