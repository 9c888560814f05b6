"""A PostgreSQL of the tests' own: a cluster on a socket of this machine, of one process of the tests, gone at its end.

It is made from the binaries that are installed, by a user that is not root, and listens nowhere else. Where there are
none, what needs it is skipped and says why; `.ci/run` installs them, and says that nothing may be skipped.
"""

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.ledger.proof.judges import need

ROLE = "ledger"
_PLACES = "/usr/lib/postgresql/*/bin"


@cache
def binaries() -> Path | None:
    """The folder with `initdb` and `postgres`; None where there is none."""
    asked = shutil.which("pg_config")
    folders = [Path(subprocess.check_output([asked, "--bindir"], text=True).strip())] if asked else []
    folders += sorted(Path("/").glob(_PLACES.lstrip("/")), key=lambda path: int(path.parent.name), reverse=True)
    return next((one for one in folders if (one / "initdb").exists() and (one / "postgres").exists()), None)


class Cluster:
    """A cluster that runs; with `primary`, a standby of another. `settings` are those of its server beside what makes
    it quick, and safe to throw away.
    """

    def __init__(self, bin_folder: Path, *, primary: "Cluster | None" = None, **settings: str) -> None:
        self._bin = bin_folder
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-pg-", dir="/tmp"))  # a socket's path must be short
        self._data = self.folder / "data"
        self._settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
            "shared_buffers": "64MB",
            "fsync": "off",
            "full_page_writes": "off",
            **settings,
        }
        owner = _somebody()
        if owner is not None:
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._owner = owner
        options = [f"--pgdata={self._data}", f"--username={ROLE}", "--no-sync"]
        if primary is None:
            self._run("initdb", *options, "--auth=trust", "--encoding=UTF8", "--no-locale")
        else:
            self._run(
                "pg_basebackup", *options, f"--host={primary.folder}", "--write-recovery-conf", "--checkpoint=fast"
            )
        self.start()

    def start(self) -> None:
        """Start the server, which takes connections when this returns."""
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in self._settings.items())
        self._run("pg_ctl", "start", "-w", "-D", str(self._data), "-l", str(self.folder / "log"), "-o", options)

    def standby(self) -> "Cluster":
        """Another cluster, which follows this one, and is read and not written."""
        return Cluster(self._bin, primary=self)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: `fast` ends what is open, `immediate` is as if the power was cut."""
        self._run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self._data))

    def address(self, schema: str, *, role: str = ROLE) -> str:
        """The address of a log in a schema."""
        return f"postgresql://{role}@/postgres?host={quote(str(self.folder), safe='')}&schema={schema}"

    def remove(self) -> None:
        """Stop the server, if it runs, and remove everything."""
        try:
            if (self._data / "postmaster.pid").exists():
                self.stop("immediate")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def connected(self, schema: str = "public", *, role: str = ROLE) -> "Iterator[Any]":
        """A connection of somebody else, as from `psql`."""
        import psycopg

        with psycopg.connect(
            dbname="postgres", host=str(self.folder), user=role, options=f"-csearch_path={schema}", autocommit=True
        ) as connection:
            yield connection

    def _run(self, program: str, *arguments: str) -> None:
        owner = self._owner
        who: dict[str, Any] = {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        done = subprocess.run(
            [self._bin / program, *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            **who,
        )
        assert done.returncode == 0, done.stderr


def _somebody() -> pwd.struct_passwd | None:
    """Whom the server runs as: it refuses to be root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def needed_binaries() -> Path:
    """The binaries. Skips the test where there are none."""
    folder = binaries()
    need(folder is not None, "postgresql")
    assert folder is not None
    return folder


@cache
def cluster() -> Cluster:
    """The cluster of this process. Skips the test where there can be none."""
    made = Cluster(needed_binaries())
    atexit.register(made.remove)
    return made


def log_address(folder: Path) -> str:
    """The address of a log that belongs to a folder of a test."""
    return cluster().address(schema_of(folder))


def schema_of(folder: Path) -> str:
    """The schema of the log that belongs to a folder of a test."""
    return f"of_{sha256(str(folder).encode()).hexdigest()[:20]}"
