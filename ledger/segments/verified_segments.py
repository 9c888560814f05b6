"""Exported segments as they are read: each byte is the one that the ledger signed for, or it is said which is not.

The signature of the manifest stands for the SHA-256 of each file and for the root of the tree; each file is hashed
before a row of it is read, and each row must have the leaf that it says, and the leaves the root.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TypeVar

from ledger.append.garbage_pause import garbage_pause
from ledger.errors import BackupError, LedgerDamaged
from ledger.events.base import REGISTRY
from ledger.proof.merkle import Frontier
from ledger.rules.figure_forms import FormRow
from ledger.segments.request_rows import read_requests
from ledger.segments.segment_manifest import Segment, SegmentManifest, read_manifest
from ledger.segments.segment_rows import SegmentRow, leaf_hashes_of, read_rows
from ledger.segments.storage_place import READ_BYTES, StoragePlace
from ledger.store.answered_requests import START, link
from ledger.store.protocol import AnsweredRequest

_MISSING = "export again, or take another copy of the export"
_CHANGED = f"delete it there, and {_MISSING}"
Row = TypeVar("Row")
Noted = tuple[list[tuple[str, str, int]], list[FormRow]]
"""The metrics, each with its unit family and the position that fixes it; and the forms of figures."""


class VerifiedSegments:
    """The segments that the manifest in a place names. `roots` are those over the first entries, of the sizes that
    were asked for, as far as they were read.

    Raises BackupError where there is no manifest, or it was not signed by its ledger; PlaceError.
    """

    def __init__(self, place: StoragePlace) -> None:
        manifest = read_manifest(place)
        if manifest is None:
            raise BackupError(
                f"{place} has no manifest of segments: no export was finished there; name the place of one"
            )
        self.place = place
        self.manifest: SegmentManifest = manifest
        self.key = manifest.verify()
        """The key that signed the manifest, as that says itself."""
        self.roots: dict[int, bytes] = {}

    def groups(self, *, sizes: Sequence[int] = ()) -> Iterator[list[SegmentRow]]:
        """The rows of all segments in order, in groups. Raises BackupError, PlaceError."""
        tree, wanted = Frontier(), sorted(sizes)
        self.roots[0] = tree.root()
        for segment in self.manifest.segments:
            erased = 0
            with self._copied(segment.name, segment.bytes, segment.sha256) as file, garbage_pause(segment.rows):
                for group in _read(read_rows(file), segment):
                    hashes = _checked(group, segment, after=tree.size)
                    erased += sum(row.erased_at is not None for row in group)
                    begun = tree.size
                    for size in (one for one in wanted if begun < one <= begun + len(hashes)):
                        tree = tree.extended(hashes[tree.size - begun : size - begun])
                        self.roots[size] = tree.root()
                    tree = tree.extended(hashes[tree.size - begun :])
                    yield group
            if tree.size != segment.last or erased != segment.erased or tree.root().hex() != segment.root:
                raise BackupError(f"{segment.name} in {self.place} does not hold what the manifest says of it")

    def requests(self) -> Iterator[list[AnsweredRequest]]:
        """The requests that were answered, in order, in groups. Raises BackupError, PlaceError."""
        number, reached = 0, START
        for segment in self.manifest.requests:
            with self._copied(segment.name, segment.bytes, segment.sha256) as file:
                for group in _read(read_requests(file), segment):
                    for request in group:
                        number += 1
                        if request.number != number:
                            raise BackupError(f"{segment.name} has not every request after {number - 1}, in order")
                        reached = link(reached, request.key, request.digest, request.position, request.answer)
                    yield group
            if number != segment.last or reached.hex() != segment.root:
                raise BackupError(f"{segment.name} in {self.place} does not hold what the manifest says of it")

    def noted(self) -> Noted:
        """What the log had noted for rules and warnings. Raises BackupError, PlaceError."""
        rules = self.manifest.noted
        if rules is None:
            return [], []
        with self._copied(rules.name, rules.bytes, rules.sha256) as file:
            try:
                said = json.load(file)
                metrics = [(str(metric), str(family), int(at)) for metric, family, at in said["metrics"]]
                forms: list[FormRow] = [
                    (str(form), str(part), str(value), int(at)) for form, part, value, at in said["forms"]
                ]
            except (KeyError, ValueError, TypeError):
                raise BackupError(f"{rules.name} in {self.place} is not what a ledger notes") from None
        return metrics, forms

    @contextmanager
    def _copied(self, name: str, size: int, digest: str) -> Iterator[IO[bytes]]:
        """A copy of an object, all of whose bytes are those that were signed for."""
        with tempfile.TemporaryFile(prefix="supply-ledger-") as copy:
            hashed = hashlib.sha256()
            try:
                with self.place.opened(name) as file:
                    while chunk := file.read(READ_BYTES):
                        hashed.update(chunk)
                        if copy.tell() > size:
                            break
                        copy.write(chunk)
            except FileNotFoundError:
                raise BackupError(f"{name} is missing in {self.place}: {_MISSING}") from None
            if hashed.hexdigest() != digest:
                found = hashed.hexdigest()
                raise BackupError(
                    f"{name} in {self.place} was changed after it was made: its SHA-256 is {found}; {_CHANGED}"
                )
            copy.seek(0)
            yield copy


def _read(groups: Iterator[list[Row]], segment: Segment) -> Iterator[list[Row]]:
    try:
        yield from groups
    except ValueError as error:
        raise BackupError(f"{segment.name} is no segment: {error}") from None


def _checked(rows: Sequence[SegmentRow], segment: Segment, *, after: int) -> list[bytes]:
    """The hashes of the leaves of some rows, which must be those that the rows say. Raises BackupError."""
    entries = [row.entry for row in rows]
    if [entry.position for entry in entries] != list(range(after + 1, after + len(rows) + 1)):
        raise BackupError(f"{segment.name} has not every position after {after}, in order")
    if unknown := {entry.type for entry in entries} - REGISTRY.keys():
        raise BackupError(
            f"{segment.name} has events of the type {min(unknown)!r}, which is not known here: install the version of "
            "this program that made the export"
        )
    try:
        return leaf_hashes_of(rows)
    except LedgerDamaged as error:
        raise BackupError(f"{error}, in {segment.name}; {_CHANGED}") from None
