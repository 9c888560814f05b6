"""A supply of tables: what a place offers to a ledger, and how it is brought into a file.

Before a byte is brought, the manifest must be signed by the ledger, made by this program, and of this log: the root at
its position must be the one that the log has there, and no text may have been erased since. Each piece is held against
its SHA-256 before it is unpacked.
"""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import duckdb

from ledger import Ledger
from ledger.proof import VerifierKey
from ledger.segments import StoragePlace, storage_place
from projections.tables.database import line_of
from projections.tables.table_place import draft_of
from projections.transfers.table_export import PIECES_AT_ONCE
from projections.transfers.table_manifest import (
    TABLES_FOLDER,
    TableManifest,
    TablePiece,
    TablesRefused,
    program_fingerprint,
    read_tables_manifest,
)

TRIES_MAX = 3
"""How often it is begun again where another export takes pieces away meanwhile."""
PositionSeen = Callable[[int], None]


class _PieceMissing(TablesRefused):
    """A piece that the manifest names is not there."""


class TableSupply:
    """The tables in a place, which is said as `ledger.segments` takes it.

    `key` is the one that signed them, where that is not the ledger's own: of a ledger that was restored from the same
    place, and has taken over its events.
    """

    def __init__(self, location: str, *, key: VerifierKey | None = None) -> None:
        self._location = location
        self._key = key

    @property
    def is_there(self) -> bool:
        """Whether there is a manifest of tables. Raises PlaceError, and TablesRefused where it is none."""
        return read_tables_manifest(self._folder) is not None

    def offer(self, ledger: Ledger) -> TableManifest:
        """What the ledger may take up. Raises TablesRefused where there is nothing of that kind; PlaceError."""
        manifest = read_tables_manifest(self._folder)
        if manifest is None:
            raise TablesRefused("there are none: put them there with `export PLACE --tables`")
        self._check_origin(manifest, ledger)
        if manifest.fingerprint != program_fingerprint():
            raise TablesRefused("another version of this program or of DuckDB made them")
        position = manifest.position
        if position > ledger.head() or ledger.log.root(position).hex() != manifest.root:
            raise TablesRefused(f"this log does not have the {position} events of which they were made, or not so")
        if ledger.log.erased.unseen(position, limit=0)[0]:
            raise TablesRefused("a text was erased after they were made")
        return manifest

    def bring(self, ledger: Ledger, file: Path, *, seen: PositionSeen) -> TableManifest:
        """Bring what is offered into a file, which is there whole or not at all, in the place of what was.

        `seen` is told how far the tables are, in positions of the log, and may raise what it likes. Raises
        TablesRefused, PlaceError, and OSError where the file cannot be written.
        """
        for _ in range(TRIES_MAX):
            manifest = self.offer(ledger)
            try:
                self._copy(manifest, file, seen)
            except _PieceMissing:
                if read_tables_manifest(self._folder) == manifest:
                    raise
            else:
                return manifest
        raise TablesRefused("other exports replaced them again and again while they were brought")

    def check(self, key: VerifierKey) -> TableManifest | None:
        """Read every piece, and hold it against what this key signed; None where there are no tables.

        Raises TablesRefused, PlaceError.
        """
        manifest = read_tables_manifest(self._folder)
        if manifest is not None:
            manifest.verify(key)
            with ThreadPoolExecutor(max_workers=PIECES_AT_ONCE) as workers:
                for _ in workers.map(partial(_stored, self._folder), manifest.pieces):
                    pass
        return manifest

    def bring_restored(self, ledger: Ledger, path: Path, *, seen: PositionSeen) -> TableManifest:
        """The same into the file of tables of a ledger that has taken over the events of another: there they are its
        own. Nobody has that file open.
        """
        draft = draft_of(path)
        manifest = self.bring(ledger, draft, seen=seen)
        try:
            with duckdb.connect(str(draft)) as connection:
                connection.execute("UPDATE progress SET identity = $identity", {"identity": ledger.identity})
        except duckdb.Error as error:
            draft.unlink()
            raise TablesRefused(f"they cannot be read: {line_of(error)}") from error
        draft.replace(path)
        return manifest

    @property
    def _folder(self) -> StoragePlace:
        return storage_place(self._location).within(TABLES_FOLDER)

    def _check_origin(self, manifest: TableManifest, ledger: Ledger) -> None:
        taken_over = {name for _, name in ledger.log.recorders()} if self._key else set()
        if manifest.ledger not in {ledger.identity, *taken_over}:
            raise TablesRefused(f"they are those of another ledger, {manifest.ledger}")
        manifest.verify(self._key or ledger.proofs.key.verifier)

    def _copy(self, manifest: TableManifest, file: Path, seen: PositionSeen) -> None:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
        workers = ThreadPoolExecutor(max_workers=PIECES_AT_ONCE)
        try:
            os.truncate(descriptor, manifest.bytes)
            done = 0
            for length in workers.map(partial(_bring_piece, self._folder, descriptor), manifest.ranges()):
                done += length
                seen(manifest.position * done // manifest.bytes)
            os.fsync(descriptor)
        except BaseException:
            workers.shutdown(cancel_futures=True)
            with suppress(OSError):
                file.unlink()
            raise
        finally:
            workers.shutdown()
            os.close(descriptor)


def _bring_piece(folder: StoragePlace, descriptor: int, part: tuple[int, int, TablePiece]) -> int:
    """Bring a piece to its range of a file; the length of the range."""
    from pyarrow import ArrowException, Codec

    start, length, piece = part
    try:
        content = memoryview(Codec("zstd").decompress(_stored(folder, piece), length))
    except (ArrowException, OSError) as error:
        raise TablesRefused(f"{piece.name} in {folder} cannot be unpacked") from error
    while content:
        written = os.pwrite(descriptor, content, start)
        content, start = content[written:], start + written
    return length


def _stored(folder: StoragePlace, piece: TablePiece) -> bytes:
    """What is stored of a piece, all bytes of which are those that were signed for."""
    stored = folder.read(piece.name, bytes_max=piece.bytes)
    if stored is None:
        raise _PieceMissing(f"{piece.name} is missing in {folder}")
    if hashlib.sha256(stored).hexdigest() != piece.sha256:
        raise TablesRefused(f"{piece.name} in {folder} is not as it was written")
    return stored
