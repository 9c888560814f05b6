"""The place of a soak: a data directory, its server in a process of its own, and what can go wrong around them.

The directory lies on a small disk of its own, where root may mount one (Linux); elsewhere a full disk is a limit on
the size of the server's files.
"""

import errno
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO

from api.settings import ANSWERS_MB as ANSWERS_SETTING
from api.settings import LEDGER_FILE, PROJECTIONS_FILE

ANSWERS_MB = 8
DISK_BYTES = 512 * 1024 * 1024
LEFT_BYTES = 64 * 1024
"""So much room there is on a full disk."""
READY_S = 120.0


class SoakPlace:
    """A data directory and its server."""

    def __init__(self, folder: Path, *, small_disk: bool) -> None:
        self.folder = folder
        self.small_disk = small_disk
        self.ledger = folder / LEDGER_FILE
        self.projections = folder / PROJECTIONS_FILE
        self.words = folder.with_suffix(".log")
        """What the server said."""
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._filler = folder / "filler"

    @property
    def pid(self) -> int:
        """The process of the server."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the server, and return once it is ready to answer."""
        command = [sys.executable, "-m", "api", "serve", "--data", str(self.folder), "--port", str(self.port)]
        # One heap for all threads: else what each of them keeps for later looks like growth.
        environment = {**os.environ, ANSWERS_SETTING.variable: str(ANSWERS_MB), "MALLOC_ARENA_MAX": "1"}
        with self.words.open("ab") as words:
            self._process = subprocess.Popen(command, stdout=words, stderr=words, env=environment)
        self.wait()

    def wait(self) -> None:
        """Return once the server is ready."""
        until = time.monotonic() + READY_S
        while time.monotonic() < until:
            with suppress(OSError, HTTPException):
                connection = HTTPConnection("127.0.0.1", self.port, timeout=READY_S)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            assert self._process is not None
            assert self._process.poll() is None, f"the server ended; it said: {self.words.read_text()[-2000:]}"
            time.sleep(0.1)
        raise TimeoutError("the server is not ready")

    def stop(self, *, kill: bool = False) -> None:
        """End the server, in good order or not."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            self._process.wait()
            self._process = None

    def resident_bytes(self) -> int:
        """The resident memory of the server (Linux)."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def flip_bits(self, chance: random.Random, count: int) -> None:
        """Flip bits in the file of the tables, wherever they are; the server may have it open."""
        with suppress(FileNotFoundError), self.projections.open("r+b", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            for _ in range(count if size else 0):
                _flip(file, chance.randrange(size), 1 << chance.randrange(8))

    def fill_disk(self) -> None:
        """Leave nearly no room."""
        if self.small_disk:
            room = os.statvfs(self.folder)
            with self._filler.open("wb", buffering=0) as file:
                left = room.f_bavail * room.f_frsize - LEFT_BYTES
                try:
                    while left > 0:
                        left -= file.write(bytes(min(left, 1 << 20)))
                except OSError as error:  # The server takes room meanwhile, and there may be none sooner.
                    if error.errno != errno.ENOSPC:
                        raise
        else:
            _, most = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
            largest = max(one.stat().st_size for one in self.folder.iterdir() if one.is_file())
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (largest, most))

    def empty_disk(self) -> None:
        """Give the room back."""
        if self.small_disk:
            self._filler.unlink(missing_ok=True)
        elif self._process is not None:
            _, most = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (most, most))


@contextmanager
def soak_place() -> Iterator[SoakPlace]:
    """A place on a disk of its own, if there may be one; without a server as yet."""
    with tempfile.TemporaryDirectory() as above:
        folder = Path(above) / "data"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
        mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
        place = SoakPlace(folder, small_disk=mounted)
        try:
            yield place
        finally:
            place.stop(kill=True)
            if mounted:
                subprocess.run(["umount", str(folder)], check=True)


def free_port() -> int:
    """A port on loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _flip(file: IO[bytes], place: int, bit: int) -> None:
    file.seek(place)
    (byte,) = file.read(1)
    file.seek(place)
    file.write(bytes([byte ^ bit]))
