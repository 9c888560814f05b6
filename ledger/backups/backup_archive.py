"""The archive of a backup: one zip file that every tool can open, of which every byte is accounted for.

    ledger.db            the log, whole by itself
    attestations.db      what witnesses and time-stamp authorities said of it, where there is any
    mappings/…           the saved mappings
    manifest.json        which log this is, up to which position, its root, and the SHA-256 of each file

The comment at the end of the zip file is the SHA-256 of all that stands before it. So one changed byte is seen wherever
it is, and a file that was cut off, or is still being copied, as well.
"""

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ledger.errors import BackupError, StoreFull

FORMAT = "supply-ledger-backup/1"
MANIFEST = "manifest.json"
LOG = "ledger.db"
_NAMES = re.compile(r"ledger\.db|attestations\.db|mappings/[A-Za-z0-9_][A-Za-z0-9._-]*@[0-9]+\.toml")
"""What may be in an archive: nothing that would be unpacked elsewhere."""
_SEAL = f"{FORMAT} sha256:".encode()
_SEAL_BYTES = len(_SEAL) + 64
_CHUNK = 1 << 20
_MANIFEST_BYTES_MAX = 64 << 20
Progress = Callable[[int, int], None]
"""Is called with how much is done, and of how much."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `root` is in hex; `key` verifies the note `checkpoint`, which is over the root."""

    ledger: str
    position: int
    root: str
    recorders: list[tuple[int, str]]
    created_at: str
    schema: int
    program: str
    key: str
    checkpoint: str
    files: dict[str, dict[str, Any]]
    format: str = FORMAT


def write_archive(
    file: BinaryIO, folder: Path, manifest_of: Callable[[Mapping[str, Any]], Manifest], *, progress: Progress
) -> Manifest:
    """Pack what lies in a folder. `manifest_of` is given the size and the SHA-256 of each file."""
    paths = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    total, done = sum(path.stat().st_size for path in paths.values()), 0
    files = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, path in paths.items():
            digest, size = hashlib.sha256(), path.stat().st_size
            with path.open("rb") as source, archive.open(_member(name), "w", force_zip64=True) as packed:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    packed.write(chunk)
                    done += len(chunk)
                    progress(done, total)
            files[name] = {"bytes": size, "sha256": digest.hexdigest()}
        manifest = manifest_of(files)
        archive.writestr(_member(MANIFEST), json.dumps(asdict(manifest), indent=2).encode() + b"\n")
        archive.comment = bytes(_SEAL_BYTES)
    file.flush()
    end = file.seek(0, 2) - _SEAL_BYTES
    sealed = _digest(file, end)
    file.seek(end)
    file.write(_SEAL + sealed.encode())
    return manifest


def _member(name: str) -> zipfile.ZipInfo:
    """A member of the archive, which only its owner may read once it is unpacked."""
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member


class BackupArchive:
    """An archive of which every byte is the one that was written, as far as its own sums can tell."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._archive = archive
        self.manifest = manifest

    def unpack(self, folder: Path, *, progress: Progress) -> None:
        """Unpack all files into an empty folder. Raises BackupError, StoreFull."""
        total = sum(said["bytes"] for said in self.manifest.files.values())
        if total > shutil.disk_usage(folder).free:
            raise StoreFull(f"there is no room for the {total} bytes of the backup beside {folder.parent}")
        done = 0
        for name, said in self.manifest.files.items():
            path, digest, left = folder / name, hashlib.sha256(), said["bytes"]
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with self._archive.open(name) as packed, path.open("xb") as file:
                path.chmod(0o600)
                while chunk := packed.read(min(_CHUNK, left + 1)):
                    left -= len(chunk)
                    digest.update(chunk)
                    if left < 0:
                        break
                    file.write(chunk)
                    done += len(chunk)
                    progress(done, total)
            if left or digest.hexdigest() != said["sha256"]:
                raise BackupError(f"{name} in the backup is not what the manifest says")


@contextmanager
def opened_archive(path: Path) -> Iterator[BackupArchive]:
    """The archive in a file. Raises BackupError where that is damaged, or is none; nothing is changed."""
    try:
        with path.open("rb") as file:
            _check_seal(file, path)
            with zipfile.ZipFile(file) as archive:
                yield BackupArchive(archive, _manifest(archive, path))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, zipfile.LargeZipFile) as error:
        raise BackupError(f"{path} cannot be unpacked: {error}") from error


def _check_seal(file: BinaryIO, path: Path) -> None:
    end = file.seek(0, 2) - _SEAL_BYTES
    file.seek(max(end, 0))
    seal = file.read()
    if end < 0 or not seal.startswith(_SEAL):
        raise BackupError(
            f"{path} does not end as a backup does: it is none, was cut off, or is still being copied; take another"
        )
    if _digest(file, end) != seal[len(_SEAL) :].decode("ascii", "replace"):
        raise BackupError(f"{path} was damaged after it was made: its bytes have another SHA-256; take another backup")


def _digest(file: BinaryIO, length: int) -> str:
    """The SHA-256 of the first bytes of a file."""
    digest = hashlib.sha256()
    file.seek(0)
    while length and (chunk := file.read(min(_CHUNK, length))):
        digest.update(chunk)
        length -= len(chunk)
    return digest.hexdigest()


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    """What the archive says of itself, which must be what is in it. Raises BackupError."""
    try:
        with archive.open(MANIFEST) as member:
            said = json.loads(member.read(_MANIFEST_BYTES_MAX))
        if said["format"] != FORMAT:
            raise BackupError(f"{path} is a backup of the form {str(said['format'])[:40]!r}; {FORMAT} is known here")
        said["recorders"] = [(int(first), str(ledger)) for first, ledger in said["recorders"]]
        said["files"] = {
            name: {"bytes": int(of["bytes"]), "sha256": of["sha256"]} for name, of in said["files"].items()
        }
        manifest = Manifest(**said)
    except (KeyError, ValueError, TypeError, AttributeError):
        raise BackupError(f"{path} has no manifest of a backup") from None
    names = set(manifest.files)
    if LOG not in names or {*archive.namelist()} != {*names, MANIFEST} or not all(map(_NAMES.fullmatch, names)):
        raise BackupError(f"{path} holds other files than its manifest says")
    return manifest
