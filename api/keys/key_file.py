"""The file of keys: `keys.db` in the data directory, a small SQLite database that only its owner may read.

A key has a name, which is what the ledger writes down as `recorded_by`; so a name is given once and for ever, also when
its key is revoked. A key has a secret, or two for a while after a rotation. Whatever is done to a key is written down
beside it.

As soon as the file is there, keys are asked for: it comes into being with the first key, in one piece, and a ledger
whose keys are all revoked is not open again.
"""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from time import time_ns

from api.keys.key_text import digest_of, new_key_text
from api.keys.scopes import Scope, scopes_in

KEYS_FILE = "keys.db"
MODE = 0o600
NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)
RESERVED = frozenset({"local", "anonymous", "nobody"})
"""Names that mean nobody in particular: `local` is who appends without a key."""
MARK_BYTES = 16
WAIT_MS = 5000
_SCHEMA = files("api.keys").joinpath("keys.sql").read_text(encoding="utf-8")


class KeyRefused(ValueError):
    """What was asked of the file of keys cannot be done; the text says why, and what can."""


class KeysUnreadable(Exception):
    """The file of keys is there and cannot be read, so nobody can be let in."""


@dataclass(frozen=True)
class Key:
    """A key as it is kept: everything but its secret. Instants are in microseconds since 1970."""

    name: str
    scopes: frozenset[Scope]
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    secrets: int
    """How many secrets open it now."""

    def state(self, now: int) -> str:
        """`in force`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "in force"


def now_us() -> int:
    """The present instant."""
    return time_ns() // 1000


class KeyFile:
    """What is done to keys, by whoever may write into the data directory. Raises KeyRefused, KeysUnreadable."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def is_there(self) -> bool:
        """Whether keys are asked for."""
        return self.path.exists()

    def create(self, name: str, scopes: frozenset[Scope], *, expires_at: int | None = None) -> str:
        """Make a key; its text, which nothing can tell again."""
        if not NAME.fullmatch(name) or name in RESERVED:
            raise KeyRefused(
                f"{name[:80]!r} cannot be a key's name: 1 to 64 of a-z, 0-9, '.', '_' and '-', a letter or digit first "
                f"and last, and none of {', '.join(sorted(RESERVED))}. It is what `recorded_by` will say."
            )
        now = now_us()
        if expires_at is not None and expires_at <= now:
            raise KeyRefused("That is past: a key expires later than it is made.")
        text = new_key_text()
        with self._changing(make=True) as file:
            if file.execute("SELECT 1 FROM keys WHERE name = ?", (name,)).fetchone():
                raise KeyRefused(
                    f"There is or was a key {name}, and a name is never given again: the log says by it who "
                    "recorded what. Choose another, or give the same one a new secret with `keys rotate`."
                )
            said = ",".join(scope for scope in Scope if scope in scopes)
            file.execute("INSERT INTO keys VALUES (?, ?, ?, ?, NULL)", (name, said, now, expires_at))
            self._add_secret(file, name, text, now)
            self._note(file, now, "create", name, said)
        return text

    def rotate(self, name: str, *, grace_us: int = 0, expires_at: int | None = None) -> str:
        """A new secret for a key; the old ones open it for a while yet. `expires_at` puts off when it expires."""
        text = new_key_text()
        now = now_us()
        with self._changing() as file:
            key = self._key(file, name, now)
            if key.revoked_at is not None:
                raise KeyRefused(f"The key {name} is revoked, for ever: make another, with another name.")
            if expires_at is not None:
                file.execute("UPDATE keys SET expires_at = ? WHERE name = ?", (expires_at, name))
            if (expires_at or key.expires_at or now + 1) <= now:
                raise KeyRefused(
                    f"The key {name} has expired: say --expires with a later day, so that its new secret opens it."
                )
            file.execute(
                "UPDATE secrets SET ends_at = ? WHERE name = ? AND (ends_at IS NULL OR ends_at > ?)",
                (now + grace_us, name, now + grace_us),
            )
            self._add_secret(file, name, text, now)
            self._note(file, now, "rotate", name, f"the old secret ends {grace_us // 1_000_000} s later")
        return text

    def revoke(self, name: str) -> None:
        """Let a key open nothing any more, from the next request on and for ever."""
        now = now_us()
        with self._changing() as file:
            if self._key(file, name, now).revoked_at is not None:
                raise KeyRefused(f"The key {name} is revoked already.")
            file.execute("UPDATE keys SET revoked_at = ? WHERE name = ?", (now, name))
            self._note(file, now, "revoke", name, "")

    def listed(self) -> list[Key]:
        """All keys that there ever were, by name."""
        if not self.is_there():
            return []
        with self._opened() as file:
            return list(_keys(file, now_us()))

    def _key(self, file: sqlite3.Connection, name: str, now: int) -> Key:
        for key in _keys(file, now, name):
            return key
        raise KeyRefused(f"There is no key {name[:80]!r}; `keys list` names those that there are.")

    def _add_secret(self, file: sqlite3.Connection, name: str, text: str, now: int) -> None:
        digest = digest_of(text)
        file.execute("INSERT INTO secrets VALUES (?, ?, ?, ?, NULL)", (digest, digest[:MARK_BYTES], name, now))

    def _note(self, file: sqlite3.Connection, now: int, action: str, name: str, detail: str) -> None:
        file.execute("INSERT INTO changes (at, action, name, detail) VALUES (?, ?, ?, ?)", (now, action, name, detail))

    @contextmanager
    def _changing(self, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction, on disk when the block has ended."""
        if make:
            make_private(self.path)
        elif not self.is_there():
            raise KeyRefused("There are no keys yet: make one with `keys create`.")
        self.path.chmod(MODE)
        with self._opened() as file, transaction(file, schema=_SCHEMA if make else None):
            yield file

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(opened_database(self.path, busy_ms=WAIT_MS)) as file:
                file.execute("PRAGMA journal_mode = WAL")
                file.execute("PRAGMA synchronous = FULL")
                yield file
        except sqlite3.Error as error:
            raise KeysUnreadable(f"The keys in {self.path} cannot be read or written: {error}.") from error


def make_private(path: Path) -> None:
    """Make an empty file that only its owner may read, where none is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):  # nobody else may read it, not even for an instant
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, MODE))


@contextmanager
def transaction(file: sqlite3.Connection, *, schema: str | None) -> Iterator[None]:
    """A transaction, on disk when the block has ended; it makes the tables of `schema` where there are none yet."""
    file.execute("BEGIN IMMEDIATE")
    try:
        if schema is not None and not file.execute("SELECT 1 FROM sqlite_schema").fetchone():
            for statement in _statements(schema):
                file.execute(statement)
        yield
        file.execute("COMMIT")
    except BaseException:
        file.rollback()
        raise


def opened_database(path: Path, *, busy_ms: int) -> sqlite3.Connection:
    """A connection to the file, which must be there; transactions are begun by whoever wants one."""
    file = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=busy_ms / 1000,
    )
    try:
        file.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        file.close()
        raise
    return file


def _keys(file: sqlite3.Connection, now: int, name: str | None = None) -> Iterator[Key]:
    rows = file.execute(
        "SELECT name, scopes, keys.created_at, expires_at, revoked_at, "
        "COUNT(*) FILTER (WHERE ends_at IS NULL OR ends_at > ?1) "
        "FROM keys JOIN secrets USING (name) WHERE ?2 IS NULL OR name = ?2 GROUP BY name ORDER BY name",
        (now, name),
    )
    for found, scopes, created_at, expires_at, revoked_at, secrets in rows:
        yield Key(found, scopes_in(scopes), created_at, expires_at, revoked_at, secrets)


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one, so that they are part of the transaction that is open."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
