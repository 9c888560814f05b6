"""A log in a storage place: places themselves, and what lies in them."""

from ledger.segments.storage_place import StoragePlace, json_bytes, storage_place

__all__ = ["StoragePlace", "json_bytes", "storage_place"]
