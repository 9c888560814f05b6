"""A disk of which every write was recorded, as it may be after a power cut at any moment.

What a program writes reaches the disk late, in any order, and torn; what it has synced is there. So a cut leaves, of
each file, everything from before its last sync, and of what was written since then any part: nothing, all, the first
few writes, some of them, or some of their sectors. The same holds for the names in a directory, until that is synced.

The recording is made by `strace`, which sees every call of the program to the system, whatever library makes it. For
example, a commit of SQLite is a `pwrite64` for each page, an `fdatasync`, and then the `write` that acknowledges it.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import fsdecode
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.places import ROOT

BY_DESCRIPTOR = ("pwrite64", "write", "fsync", "fdatasync", "ftruncate", "mmap")
BY_NAME = ("openat", "open", "unlink", "link")
OTHERS = (
    "creat truncate writev pwritev pwritev2 fallocate sendfile copy_file_range unlinkat linkat symlink symlinkat "
    "rename renameat renameat2 mkdir mkdirat rmdir"
)
"""Calls that are not made today: whoever makes one has to teach it to the disk below."""
CALLS = ",".join((*BY_DESCRIPTOR, *BY_NAME, *OTHERS.split()))
LINE = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+|\?)")
RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
FILE = re.compile(r"\d+<((?:\\x[0-9a-f]{2})*)>")
UNFINISHED = " <unfinished ...>"
SECTORS = (512, 4096)


class Step(NamedTuple):
    """One thing that happened: something was written, cut, synced, made, linked, or taken away; or was acknowledged."""

    kind: str
    name: str
    offset: int = 0
    data: bytes = b""
    since: int = 0
    """Of a sync: before which step what it syncs was there. What came while it ran need not be on disk."""


def missing_tool() -> str | None:
    """Why nothing can be recorded here; None where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed (on Debian and Ubuntu: apt-get install strace)"
    tried = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, text=True)
    return None if tried.returncode == 0 else f"strace may not look at other programs here: {tried.stderr[-200:]}"


def record(arguments: Sequence[str], directory: Path, acknowledged: Path) -> list[Step]:
    """Run a Python program, and record what it does to the files in a directory, and what it writes to a file beside it
    to acknowledge that.
    """
    trace = acknowledged.with_suffix(".trace")
    names = {path.name for path in directory.iterdir()}
    options = ["-f", "-qq", "-y", "-xx", "-s", str(2**24), "-e", f"trace={CALLS}", "-e", "signal=none"]
    try:
        subprocess.run(["strace", *options, "-o", trace, sys.executable, *arguments], cwd=ROOT, check=True)
        return list(steps(trace, directory, acknowledged, names))
    finally:
        trace.unlink(missing_ok=True)


def steps(trace: Path, directory: Path, acknowledged: Path, names: set[str]) -> Iterator[Step]:
    """What a recording says of a directory, which had files of these names, in the order in which it was done."""
    number, begun = 0, dict[str, tuple[int, str]]()
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            text, since = line.rstrip("\n"), number
            if text.endswith(UNFINISHED):
                thread, _, rest = text.removesuffix(UNFINISHED).partition(" ")
                begun[thread] = (number, f"{thread} {rest.lstrip()}")
                continue
            if resumed := RESUMED.match(text):
                since, start = begun.pop(resumed[1])
                text = start + resumed[3]
            call = LINE.match(text)
            if call is None or call[4].startswith(("-", "?")):
                continue
            for step in _steps(call[2], call[3], int(call[4]), directory, acknowledged, names):
                yield step._replace(since=since)
                number += 1


def _steps(
    call: str, arguments: str, result: int, directory: Path, acknowledged: Path, names: set[str]
) -> Iterator[Step]:
    """What a call did to the directory; `names` are those in it."""
    opened = [Path(fsdecode(_bytes(text))) for text in FILE.findall(arguments)]
    texts = [_bytes(text) for text in TEXT.findall(arguments)]
    if call in ("pwrite64", "write") and opened[:1] == [acknowledged]:
        yield Step("acknowledge", "", data=texts[0])
        return
    paths = opened if call in BY_DESCRIPTOR else [Path(fsdecode(text)) for text in texts]
    if call not in BY_DESCRIPTOR + BY_NAME:
        paths += opened
    own = [path.name for path in paths if path.parent == directory]
    is_directory = paths[:1] == [directory]
    if call in ("fsync", "fdatasync") and (own or is_directory):
        yield Step("sync", "" if is_directory else own[0])
    elif not own or (call == "mmap" and (own[0].endswith("-shm") or "MAP_SHARED" not in arguments)):
        return
    elif call in ("pwrite64", "write"):
        # A `write` goes on at the end: only new files are written so here.
        offset = int(arguments.rpartition(", ")[2]) if call == "pwrite64" else -1
        yield Step("write", own[0], offset, texts[0][:result])
    elif call == "ftruncate":
        yield Step("cut", own[0], int(arguments.rpartition(", ")[2]))
    elif call in ("openat", "open") and "O_TRUNC" not in arguments:
        if "O_CREAT" in arguments and own[0] not in names:
            names.add(own[0])
            yield Step("make", own[0])
    elif call == "unlink":
        names.discard(own[0])
        yield Step("unlink", own[0])
    elif call == "link":
        names.add(own[1])
        yield Step("link", own[1], data=own[0].encode())
    else:
        raise NotImplementedError(f"{call} of {own[0]} is not known to the recorded disk")


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass
class File:
    """A file: its bytes as they are surely on disk, and what was done to it since."""

    synced: bytearray = field(default_factory=bytearray)
    pending: list[Step] = field(default_factory=list)
    began: list[int] = field(default_factory=list)
    """The numbers of the pending steps."""

    def sync(self, since: int) -> None:
        """Take in what was done before a step."""
        count = sum(number < since for number in self.began)
        for step in self.pending[:count]:
            apply(self.synced, step)
        del self.pending[:count], self.began[:count]

    def after_cut(self, rng: Random) -> bytes:
        """Its bytes after a power cut: of what was not synced, any part may be there."""
        content = bytearray(self.synced)
        for step in some_of(self.pending, rng):
            apply(content, step)
        return bytes(content)


class Disk:
    """One directory on a disk, with the files that are in it at first."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.names = {name: File(bytearray(content)) for name, content in files.items()}
        self._synced_names = dict(self.names)
        self._pending_names: list[tuple[int, str, File | None]] = []

    def take(self, number: int, step: Step) -> None:
        """Let a step happen."""
        if step.kind == "make":
            self._name(number, step.name, File())
        elif step.kind == "link":
            self._name(number, step.name, self.names[step.data.decode()])
        elif step.kind == "unlink":
            self._name(number, step.name, None)
        elif step.kind == "sync" and step.name:
            if step.name in self.names:
                self.names[step.name].sync(step.since)
        elif step.kind == "sync":
            self._sync_names(step.since)
        elif step.kind in ("write", "cut") and step.name in self.names:
            file = self.names[step.name]
            file.pending.append(step)
            file.began.append(number)

    def _name(self, number: int, name: str, file: File | None) -> None:
        self._pending_names.append((number, name, file))
        _set(self.names, name, file)

    def _sync_names(self, since: int) -> None:
        for number, name, file in self._pending_names:
            if number < since:
                _set(self._synced_names, name, file)
        self._pending_names = [one for one in self._pending_names if one[0] >= since]

    def after_cut(self, rng: Random) -> dict[str, bytes]:
        """The files after a power cut now. What lies in memory that processes share (`-shm`) is never there."""
        names = dict(self._synced_names)
        for _, name, file in rng.choice(([], self._pending_names, _part(self._pending_names, rng))):
            _set(names, name, file)
        return {name: file.after_cut(rng) for name, file in names.items() if not name.endswith("-shm")}


def some_of(pending: Sequence[Step], rng: Random) -> list[Step]:
    """What of some writes is on disk: none, all, the first, any; and the last or any of them torn into sectors."""
    way = rng.choice(("none", "all", "first", "first, torn", "any", "sectors"))
    count = rng.randrange(len(pending) + 1)
    if way == "none":
        return []
    if way == "all":
        return list(pending)
    if way == "first":
        return list(pending[:count])
    if way == "first, torn":
        size = rng.choice(SECTORS)
        torn = [part for step in pending[count : count + 1] for part in _sectors(step, size)]
        return [*pending[:count], *torn[: rng.randrange(len(torn) + 1)]]
    if way == "any":
        return _part(pending, rng)
    size = rng.choice(SECTORS)
    return _part([part for step in pending for part in _sectors(step, size)], rng)


def apply(content: bytearray, step: Step) -> None:
    """Do to the bytes of a file what a step does."""
    if step.kind == "cut":
        del content[step.offset :]
        content.extend(bytes(step.offset - len(content)))
        return
    offset = len(content) if step.offset < 0 else step.offset
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(step.data)] = step.data


def _sectors(step: Step, size: int) -> Iterator[Step]:
    """A write in the parts that fall into sectors of the disk."""
    if step.kind != "write" or step.offset < 0:
        yield step
        return
    start, end = step.offset, step.offset + len(step.data)
    while start < end:
        until = min(end, start - start % size + size)
        yield step._replace(offset=start, data=step.data[start - step.offset : until - step.offset])
        start = until


def _part(pending: Sequence, rng: Random) -> list:  # type: ignore[type-arg]
    share = rng.random()
    return [one for one in pending if rng.random() < share]


def _set(names: dict[str, File], name: str, file: File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file
