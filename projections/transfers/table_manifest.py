"""The manifest of tables in a place: of which ledger they are, up to where, of which pieces, and the signature.

    tables/manifest.json    written last: what it names was there before, and nothing else counts
    tables/9f86….zst        a piece of the file of tables, compressed (zstd); the name has the SHA-256 of these bytes

A piece is a range of the file, all but the last of the same length. What has not changed since the export before has
the same piece. The signature is that of a checkpoint of the log at the position of the tables, with one line more:
`tables` and the SHA-256, in base64, of the rest of the manifest as canonical JSON.
"""

from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Annotated, Literal

import duckdb
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger import PlaceError
from ledger.events import REGISTRY
from ledger.proof import Checkpoint, ProofError, SignerKey, VerifierKey, canonical, opened
from ledger.segments import StoragePlace
from projections.tables.tables_fingerprint import tables_fingerprint

TABLES_FOLDER = "tables"
"""Where tables are in a place."""
TABLES_MANIFEST = "manifest.json"
MANIFEST_MB = 64
PIECE_BYTES = 4 << 20
PIECE_BYTES_MAX = 64 << 20
STORED_MORE = 1 << 16
"""How many bytes more than a piece its compressed form may have: where nothing can be compressed it has a few more."""
_LINE = "tables "
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class TablesRefused(PlaceError):
    """What lies in a place is not the tables of this ledger, or not such as may be taken up."""


class TablePiece(BaseModel):
    """A piece: the SHA-256 and the length of what is stored, and the SHA-256 of what that is once it is unpacked."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    sha256: _Digest
    bytes: Annotated[int, Field(gt=0, le=PIECE_BYTES_MAX + STORED_MORE)]
    content: _Digest

    @property
    def name(self) -> str:
        """What it is called in the folder of tables."""
        return f"{self.sha256}.zst"


class TableManifest(BaseModel):
    """What tables there are; `key` verifies the note `checkpoint`."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    format: Literal["supply-ledger tables 1"] = "supply-ledger tables 1"
    ledger: str
    """The identity of the ledger."""
    position: Annotated[int, Field(gt=0)]
    """Up to which position of its log."""
    root: _Digest
    """The Merkle root of the log at that position."""
    fingerprint: _Digest
    """What makes the tables: see `program_fingerprint`."""
    bytes: Annotated[int, Field(gt=0)]
    """How long the file is."""
    piece_bytes: Annotated[int, Field(gt=0, le=PIECE_BYTES_MAX)]
    pieces: list[TablePiece]
    created_at: str
    program: str
    key: str = ""
    checkpoint: str = ""

    def ranges(self) -> Iterator[tuple[int, int, TablePiece]]:
        """Each piece, with where in the file it begins, and how long it is there."""
        for start, piece in zip(range(0, self.bytes, self.piece_bytes), self.pieces, strict=True):
            yield start, min(self.piece_bytes, self.bytes - start), piece

    def signed(self, key: SignerKey) -> "TableManifest":
        """The manifest with the ledger's signature."""
        said = self.model_copy(update={"key": key.verifier.text()})
        checkpoint = Checkpoint(key.verifier.name, self.position, bytes.fromhex(self.root), (said._line(),))
        return said.model_copy(update={"checkpoint": checkpoint.signed(key).encoded().decode()})

    def verify(self, key: VerifierKey) -> None:
        """Raises TablesRefused where this key of its ledger did not sign it."""
        try:
            checkpoint, _ = opened(self.checkpoint.encode(), [key], origin=key.name)
        except ProofError as error:
            raise TablesRefused(f"their manifest was not signed by the ledger: {error}") from None
        said = (checkpoint.size, checkpoint.root.hex(), checkpoint.extensions)
        if said != (self.position, self.root, (self._line(),)):
            raise TablesRefused("their manifest is not the one that the ledger signed")

    def _line(self) -> str:
        said = self.model_dump(exclude={"checkpoint"})
        return _LINE + b64encode(sha256(canonical(said, floats=False)).digest()).decode()


def read_tables_manifest(place: StoragePlace) -> TableManifest | None:
    """The manifest in a folder of tables, whose signature is not looked at; None where there is none.

    Raises TablesRefused where it is no such manifest, or of another form; PlaceError.
    """
    content = place.read(TABLES_MANIFEST, bytes_max=MANIFEST_MB << 20)
    if content is None:
        return None
    try:
        manifest = TableManifest.model_validate_json(content)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        at = "/".join(map(str, fault["loc"])) or "the document"
        raise TablesRefused(f"{TABLES_MANIFEST} in {place} is no manifest of tables: {at}: {fault['msg']}") from None
    if len(manifest.pieces) != -(-manifest.bytes // manifest.piece_bytes):
        raise TablesRefused(f"{TABLES_MANIFEST} in {place} has {len(manifest.pieces)} pieces, which is not all")
    return manifest


@cache
def program_fingerprint() -> str:
    """A digest of what makes tables: their SQL, the types of events that are known, and the version of DuckDB."""
    return sha256(" ".join((tables_fingerprint(), duckdb.__version__, *sorted(REGISTRY))).encode()).hexdigest()
