"""Exports: the whole log as files, which any ledger takes in again.

A folder with `events.jsonl`, one event a line in order, as it was sent and with what the ledger set; and
`manifest.json`, which says which ledger recorded the last of them, how many there are, and the SHA-256 of the file. The
same log gives the same bytes, and so does a copy of it: an event names the ledger that recorded it.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from ledger.imports.exported_rows import exported
from ledger.ledger import Ledger

EVENTS, MANIFEST = "events.jsonl", "manifest.json"
FORMAT = "supply-ledger-export/1"


def export_log(ledger: Ledger, folder: Path, *, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Write the log up to its head into a folder, which is made where it is absent; what the manifest says.

    `progress` is called with the number of events written so far. Each file is there whole or not at all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digest, written, head = hashlib.sha256(), 0, ledger.head()
    later, identity = ledger.log.recorders(), ledger.identity
    with _whole(folder / EVENTS) as file:
        leaves = ledger.log.leaves(after=0, until=head)
        for entry, leaf in zip(ledger.entries(until=head), leaves, strict=True):
            while later and later[0][0] <= entry.position:
                identity = later.pop(0)[1]
            erased = ledger.erased([entry]).get(entry.position) if entry.is_erased else None
            line = orjson.dumps(exported(entry, leaf, ledger=identity, erased=erased)) + b"\n"
            digest.update(line)
            file.write(line)
            written += 1
            if progress is not None and written % 1000 == 0:
                progress(written)
    manifest = {"format": FORMAT, "ledger": identity, "events": written, "sha256": digest.hexdigest()}
    with _whole(folder / MANIFEST) as file:
        file.write(json.dumps(manifest, indent=2).encode() + b"\n")
    return manifest


def exported_events(folder: Path) -> Path:
    """The file of events in an exported folder, which is what its manifest says. Raises ValueError where it is not."""
    events, manifest = folder / EVENTS, folder / MANIFEST
    if not events.is_file() or not manifest.is_file():
        raise ValueError(f"{folder} is a folder without {EVENTS} and {MANIFEST}: it is no export")
    try:
        said = json.loads(manifest.read_bytes())
        wanted = said["format"], said["sha256"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{manifest} is no manifest of an export") from None
    if wanted[0] != FORMAT:
        raise ValueError(f"{manifest} says format {str(wanted[0])[:80]!r}, and {FORMAT!r} is known here")
    with events.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != wanted[1]:
        raise ValueError(f"{events} is not what its manifest says (SHA-256 {found}): it was changed or cut off")
    return events


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file that is in its place when the block has ended well, and not before."""
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
