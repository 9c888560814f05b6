"""Typed versions in a place, to read: each object is held against its digest before anything is made of it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from ledger import CalendarError
from ledger.segments import StoragePlace, storage_place
from ledger.values import parse_moment
from projections.partitions.bucket_fold import folded_resource
from projections.partitions.version_manifest import (
    FOLDER,
    MANIFEST_BYTES_MAX,
    VERSIONS_MANIFEST,
    VersionManifest,
    VersionObject,
    VersionsUnusable,
    manifest_in,
)
from projections.tables.tables_fingerprint import tables_fingerprint
from projections.viewpoint import Viewpoint, stated_position

_ANEW = "put the versions there again with the command `partitions`"


@dataclass(frozen=True)
class VersionPartition:
    """One bucket of the versions in a place: of each table that a fold needs, its objects."""

    location: str
    parted: Mapping[str, VersionObject | None]
    whole: Mapping[str, tuple[VersionObject | None, ...]]

    def rows(self, table: str) -> pa.Table:
        """The rows of a table that are in the bucket. Raises VersionsUnusable, PlaceError."""
        return rows_together(self.location, (self.parted[table],))

    def all_rows(self, table: str) -> pa.Table:
        """The rows of a table in whatever bucket. Raises VersionsUnusable, PlaceError."""
        return rows_together(self.location, self.whole[table])


class VersionPlace:
    """The typed versions in a place, which is said as `ledger.segments` takes it.

    Raises VersionsUnusable where there are none, or such as another version of this program made; and PlaceError.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        place = storage_place(location).within(FOLDER)
        self.name = str(place)
        """What messages call it."""
        content = place.read(VERSIONS_MANIFEST, bytes_max=MANIFEST_BYTES_MAX)
        if content is None:
            raise VersionsUnusable(
                f"there are no typed versions in {location}: put them there with the command `partitions`"
            )
        self.manifest: VersionManifest = manifest_in(content, place=self.name)
        if self.manifest.fingerprint != tables_fingerprint():
            raise VersionsUnusable(
                f"the typed versions in {self.name} were made by another version of this program or of DuckDB: "
                "put them there anew with this one"
            )

    @property
    def buckets(self) -> int:
        """How many buckets there are."""
        return self.manifest.buckets

    def partitions(self, resource: str) -> list[VersionPartition]:
        """What is to be folded for a resource: all buckets, or one where it is not parted. Raises NotFolded."""
        wanted = folded_resource(resource)
        tables = self.manifest.tables
        whole = {name: tuple(tables[name]) for name in wanted.whole}
        return [
            VersionPartition(self.location, {name: tables[name][bucket] for name in wanted.parted}, whole)
            for bucket in range(self.buckets if wanted.is_parted else 1)
        ]

    def viewpoint(
        self, *, as_of: str | None = None, recorded_as_of: str | None = None, effective_at: str | None = None
    ) -> Viewpoint:
        """The viewpoint that printed moments name; `as_of` is else when the last of the versions was recorded.

        `recorded_as_of` is `position:N`: versions alone do not say what was recorded when. Raises CalendarError, and
        PositionBeyondHead.
        """
        head, recorded = self.manifest.position, self.manifest.recorded_at
        position = head if recorded_as_of is None else stated_position(recorded_as_of, head=head)
        if position is None:
            raise CalendarError("of typed versions `recorded_as_of` is a position: write position:N")
        recorded_at = parse_moment(recorded).end if recorded is not None and position == head else None
        moment = as_of or recorded
        if moment is None:
            raise CalendarError("nothing was recorded yet, so that `as_of` must be said")
        at = parse_moment(moment).end
        effective = parse_moment(effective_at).end if effective_at is not None else at
        root = bytes.fromhex(self.manifest.root) if position == head else b""
        return Viewpoint(at, position, recorded_at, effective, root)

    def objects(self) -> Iterator[VersionObject]:
        """Every object, each once all of it was read. Raises VersionsUnusable at one that is not as it was written."""
        place = storage_place(self.location).within(FOLDER)
        for one in self.manifest.objects():
            rows_of(place, one)
            yield one


def rows_together(location: str, objects: Sequence[VersionObject | None]) -> pa.Table:
    """The rows in some objects. Raises VersionsUnusable, PlaceError."""
    place = storage_place(location).within(FOLDER)
    tables = [rows_of(place, one) for one in objects if one is not None]
    return pa.concat_tables(tables) if tables else pa.table({})


def rows_of(place: StoragePlace, one: VersionObject) -> pa.Table:
    """The rows in an object. Raises VersionsUnusable where it is not as it was written, and PlaceError."""
    from pyarrow.parquet import read_table

    content = place.read(one.name, bytes_max=one.bytes)
    if content is None:
        raise VersionsUnusable(f"{one.name} in {place.name} is missing: {_ANEW}")
    if hashlib.sha256(content).hexdigest() != one.sha256:
        raise VersionsUnusable(f"{one.name} in {place.name} is not as it was written: delete it, and {_ANEW}")
    return read_table(pa.BufferReader(content))
