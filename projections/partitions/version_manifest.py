"""The manifest of typed versions: of which ledger they are, up to where, and which objects hold them.

It is one JSON document, written after all that it names:

    {"format": "supply-ledger typed versions 1", "ledger": …, "position": 5000, "recorded_at": …, "root": …,
     "buckets": 16, "fingerprint": …,
     "tables": {"figures": [{"name": …, "rows": …, "bytes": …, "sha256": …}, null, …], "entities": [{…}], …}}

A table that is parted has an object for each bucket, in order, `null` where the bucket holds nothing; any other has
one, or null.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger import PlaceError
from projections.partitions.version_keys import BUCKETS_MAX, KEYS

VERSIONS_MANIFEST = "manifest.json"
FOLDER = "versions"
"""Where typed versions are in a place."""
MANIFEST_BYTES_MAX = 256 << 20
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class VersionsUnusable(PlaceError):
    """What lies in a place is not the typed versions of a ledger, or not such as this program can fold."""


class VersionObject(BaseModel):
    """An object that holds rows of one table: its name in the folder of versions, and what must be in it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[0-9a-f-]+/[a-z_]+/[0-9]{5}\.parquet$")]
    rows: Annotated[int, Field(gt=0)]
    bytes: Annotated[int, Field(gt=0)]
    sha256: _Digest


class TableObjects(BaseModel):
    """The objects of one table."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    objects: list[VersionObject | None]


class VersionManifest(BaseModel):
    """What typed versions there are."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    format: Literal["supply-ledger typed versions 1"] = "supply-ledger typed versions 1"
    ledger: str
    """The identity of the ledger."""
    position: Annotated[int, Field(ge=0)]
    """Up to which position of its log."""
    recorded_at: str | None
    """When that was recorded, in RFC 3339."""
    root: _Digest
    """The Merkle root of the log at that position."""
    buckets: Annotated[int, Field(gt=0, le=BUCKETS_MAX)]
    fingerprint: _Digest
    """What makes the tables: see `projections.tables.tables_fingerprint`."""
    tables: dict[str, list[VersionObject | None]]

    def objects(self) -> Iterator[VersionObject]:
        """All objects."""
        return (one for objects in self.tables.values() for one in objects if one is not None)

    @property
    def rows(self) -> int:
        """How many rows all tables have together."""
        return sum(one.rows for one in self.objects())


def manifest_in(content: bytes, *, place: str) -> VersionManifest:
    """The manifest that a document says. Raises VersionsUnusable where it is none."""
    try:
        manifest = VersionManifest.model_validate_json(content)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        at = "/".join(map(str, fault["loc"])) or "the document"
        raise VersionsUnusable(f"the manifest in {place} is none of typed versions: {at}: {fault['msg']}") from None
    for name, objects in manifest.tables.items():
        if len(objects) != (manifest.buckets if name in KEYS else 1):
            raise VersionsUnusable(f"the manifest in {place} has {len(objects)} objects of the table {name}")
    return manifest
