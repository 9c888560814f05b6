"""The place of the data: room on its disk, who may read and write it, and whether it is a disk of this machine."""

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from api.operations.health_findings import Finding, fault, warning, well

SECRETS = ("ledger.key", "keys.db", "hooks.db", "witness.key")
"""Files that only their owner may read."""
ROOM_MIN = 256 * 1024 * 1024
NETWORK_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs"})
MOUNTS = Path("/proc/mounts")
"""Where Linux says which file system is where."""
_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_MEGABYTE = 1024 * 1024


def of_place(directory: Path) -> Iterator[Finding]:
    """The data directory, which must be there."""
    yield of_room(free=shutil.disk_usage(directory).free, taken=_taken(directory))
    yield of_file_system(directory, MOUNTS)
    yield of_directory_mode(directory)
    for name in SECRETS:
        if (directory / name).exists():
            yield of_secret(directory / name)


def of_room(*, free: int, taken: int) -> Finding:
    """Room on the disk, beside what the ledger takes now."""
    said = f"{free // _MEGABYTE:,} MB free; the ledger takes {taken // _MEGABYTE:,} MB"
    if free < ROOM_MIN:
        return fault("disk", said, "Make room: appends are refused once there is none.")
    if free < taken:
        return warning("disk", said, "Make room: a backup beside the ledger, and tables made anew, need as much again.")
    return well("disk", said)


def of_file_system(directory: Path, mounts: Path) -> Finding:
    """Whether the file system is one of this machine: on others SQLite's locks and shared memory do not work."""
    kind = _kind_at(directory.resolve(), mounts)
    if kind in NETWORK_SYSTEMS:
        return fault(
            "file system",
            f"{kind}, a file system of a network, on which a write-ahead log is not safe",
            "Move the data directory to a disk of this machine, and keep backups on the network.",
        )
    return well("file system", kind or "unknown")


def of_directory_mode(directory: Path) -> Finding:
    """Who may read and write the data directory."""
    mode = directory.stat().st_mode
    said = f"{stat.filemode(mode)} {directory}"
    if mode & _OTHERS_WRITE:
        return fault("data directory", f"{said}: others may replace the files of the ledger", f"chmod go-w {directory}")
    if mode & _OTHERS_READ:
        return warning("data directory", f"{said}: others on this machine may read it", f"chmod go-rwx {directory}")
    return well("data directory", said)


def of_secret(path: Path) -> Finding:
    """Who may read a secret."""
    mode = path.stat().st_mode
    said = f"{stat.filemode(mode)} {path.name}"
    if mode & (_OTHERS_READ | _OTHERS_WRITE):
        return fault(path.name, f"{said}: others on this machine may read it", f"chmod 600 {path}, and replace it.")
    return well(path.name, said)


def _taken(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def _kind_at(directory: Path, mounts: Path) -> str | None:
    """The kind of the file system that a folder is on; None where the system does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    found, longest = None, -1
    for line in lines:
        _, at, kind, *_ = [*line.split(), "", "", ""]
        point = Path(at.replace("\\040", " ")) if at else None
        if point is not None and directory.is_relative_to(point) and len(point.parts) >= longest:
            found, longest = kind, len(point.parts)
    return found
