"""The export of tables: the file in which they are kept is put into a place, in pieces, and the manifest last.

A piece that is there already is not sent again. DuckDB changes few blocks of its file where little is recorded, so that
what an export sends is about what has changed. What a manifest names is never changed, and goes only once another does
not name it. So an export that is cut leaves the one before as it was.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import duckdb

from ledger import Ledger, StoreBusy
from ledger.segments import StoragePlace
from ledger.values import instant_text
from projections.tables.database import line_of
from projections.tables.families import families
from projections.tables.spill_folder import spill_folder
from projections.tables.table_shapes import fingerprint
from projections.transfers.table_manifest import (
    PIECE_BYTES,
    TABLES_FOLDER,
    TABLES_MANIFEST,
    TableManifest,
    TablePiece,
    TablesRefused,
    program_fingerprint,
    read_tables_manifest,
)

PIECES_AT_ONCE = 8
"""So many pieces are made or brought at the same time: a store takes its time for each."""
LEVEL = 1
"""How hard zstd tries. The file shrinks to less than a half, and with a higher level hardly further."""
BytesSeen = Callable[[int, int], None]


class TableExport(NamedTuple):
    """What an export did: the manifest, how many pieces it wrote, and how many bytes these have in the place."""

    manifest: TableManifest
    written: int
    bytes_written: int


@contextmanager
def workshop(ledger: Ledger) -> Iterator[Path]:
    """A file for tables that are made to be exported, beside the ledger; it is gone when the block has ended.

    A server may have the tables of the ledger in use, and these would be read while it changes them.
    """
    folder = spill_folder(ledger.directory)
    if folder is None:
        raise TablesRefused("there is no folder in which the tables could be made")
    try:
        yield folder.path / "tables.duckdb"
    finally:
        folder.close()


def export_tables(
    ledger: Ledger, file: Path, place: StoragePlace, *, at: datetime, program: str, seen: BytesSeen
) -> TableExport:
    """Put tables, which lie in a file that nobody has open, into a place. All is there when this returns.

    Raises TablesRefused where the place has those of another ledger, or nothing was recorded yet; StoreBusy where a
    text was erased meanwhile, or another export wrote; PlaceError.
    """
    folder = place.within(TABLES_FOLDER)
    before = _own(ledger, folder)
    sizes = folder.sizes()
    position = _position_in(file)
    root = ledger.log.root(position).hex()
    if before is not None and _is_whole(before, sizes) and (before.position, before.root) == (position, root):
        _sweep(folder, before)
        return TableExport(before, 0, 0)
    known = {piece.content: piece for piece in before.pieces} if before else {}
    there = {content: piece for content, piece in known.items() if sizes.get(piece.name) == piece.bytes}
    pieces, written = _put(file, folder, there, seen)
    manifest = TableManifest(
        ledger=ledger.identity,
        position=position,
        root=root,
        fingerprint=program_fingerprint(),
        bytes=file.stat().st_size,
        piece_bytes=PIECE_BYTES,
        pieces=pieces,
        created_at=instant_text(at),
        program=program,
    ).signed(ledger.proofs.key)
    if ledger.log.erased.unseen(position, limit=0)[0]:
        raise StoreBusy("a text was erased while the tables were exported; export them again")
    if not _is_whole(manifest, folder.sizes()) or _own(ledger, folder) != before:
        raise StoreBusy(f"another export wrote to {place} at the same time: export again")
    folder.write(TABLES_MANIFEST, manifest.model_dump_json(indent=1).encode() + b"\n")
    _sweep(folder, manifest)
    return TableExport(manifest, len(written), sum(written.values()))


def drop_outdated_tables(ledger: Ledger, place: StoragePlace) -> bool:
    """Take the tables out of a place that were made before a text was erased; whether there were any. PlaceError."""
    folder = place.within(TABLES_FOLDER)
    if not ledger.log.erased.last():
        return False
    try:
        manifest = read_tables_manifest(folder)
    except TablesRefused:
        manifest = None
    else:
        if manifest is not None and (
            manifest.ledger != ledger.identity or not ledger.log.erased.unseen(manifest.position, limit=0)[0]
        ):
            return False
    folder.delete(TABLES_MANIFEST)
    names = list(folder.sizes())
    for name in names:
        folder.delete(name)
    return manifest is not None


def _own(ledger: Ledger, folder: StoragePlace) -> TableManifest | None:
    """The manifest of this ledger in a folder; None where there is none that can be read. Raises TablesRefused."""
    try:
        manifest = read_tables_manifest(folder)
    except TablesRefused:
        return None
    if manifest is not None and manifest.ledger != ledger.identity:
        raise TablesRefused(f"{folder} has the tables of another ledger: name another place, or empty this one first")
    return None if manifest is None or manifest.fingerprint != program_fingerprint() else manifest


def _is_whole(manifest: TableManifest, sizes: Mapping[str, int]) -> bool:
    return all(sizes.get(piece.name) == piece.bytes for piece in manifest.pieces)


def _sweep(folder: StoragePlace, manifest: TableManifest) -> None:
    """Take away what the manifest does not name."""
    kept = {TABLES_MANIFEST, *(piece.name for piece in manifest.pieces)}
    for name in folder.sizes():
        if name not in kept:
            folder.delete(name)


def _position_in(file: Path) -> int:
    """Up to where the tables in a file are made. Raises TablesRefused where they are none of this program."""
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            rows = connection.execute("SELECT position, fingerprint FROM progress").fetchall()
    except duckdb.Error as error:
        raise TablesRefused(f"there are no tables to export: {line_of(error)}") from error
    position, made_by = rows[0] if rows else (0, "")
    if not position or made_by != fingerprint(families()):
        raise TablesRefused("there are no tables to export: nothing was recorded yet")
    return int(position)


def _put(
    file: Path, folder: StoragePlace, there: Mapping[str, TablePiece], seen: BytesSeen
) -> tuple[list[TablePiece], dict[str, int]]:
    """Put the pieces of a file into a folder that are not there; all, and the lengths of those that were written."""
    pieces: list[TablePiece] = []
    written: dict[str, int] = {}
    total = file.stat().st_size
    descriptor = os.open(file, os.O_RDONLY)
    workers = ThreadPoolExecutor(max_workers=PIECES_AT_ONCE)
    try:
        one = partial(_put_piece, descriptor, folder, there)
        for piece, is_new in workers.map(one, range(0, total, PIECE_BYTES)):
            pieces.append(piece)
            if is_new:
                written[piece.name] = piece.bytes
            seen(min(total, len(pieces) * PIECE_BYTES), total)
    finally:
        workers.shutdown(cancel_futures=True)
        os.close(descriptor)
    return pieces, written


def _put_piece(
    descriptor: int, folder: StoragePlace, there: Mapping[str, TablePiece], start: int
) -> tuple[TablePiece, bool]:
    from pyarrow import Codec

    content = os.pread(descriptor, PIECE_BYTES, start)
    digest = hashlib.sha256(content).hexdigest()
    if digest in there:
        return there[digest], False
    stored: bytes = Codec("zstd", LEVEL).compress(content, asbytes=True)
    piece = TablePiece(sha256=hashlib.sha256(stored).hexdigest(), bytes=len(stored), content=digest)
    folder.write(piece.name, stored)
    return piece, True
