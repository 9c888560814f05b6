"""The check of keys: whose key a text is, so that what is done to a key holds from the next request on.

For every request a server asks the file of keys whether it has changed, which takes some microseconds; what it read is
remembered only until then. The file is opened again where another has been put in its place. Where it cannot be read,
nobody is let in; where it has gone while a server runs, neither.
"""

import hmac
import sqlite3
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from api.keys.key_file import MARK_BYTES, KeysUnreadable, now_us, opened_database
from api.keys.key_text import KEY_TEXT, LENGTH, PREFIX, digest_of
from api.keys.scopes import Scope, implied, scopes_in

BUSY_MS = 250
"""How long a look may wait for the file: it is done on the loop that serves all requests."""


class Holder(NamedTuple):
    """Who has a key, and what they may do."""

    name: str
    scopes: frozenset[Scope]


class KeyChange(NamedTuple):
    """Something that was done to a key: when (in microseconds since 1970), what, and to which."""

    at: int
    action: str
    name: str
    detail: str


class KeyUnknown(Exception):
    """A text that is no key, or one that opens nothing; the message says why, as far as whoever has it may know.

    `name` is that of the key, where it was one.
    """

    def __init__(self, message: str, *, name: str | None = None) -> None:
        super().__init__(message)
        self.name = name


class _Secret(NamedTuple):
    """A secret as it is kept, with its key."""

    digest: bytes
    ends_at: int | None
    expires_at: int | None
    revoked_at: int | None
    holder: Holder


class KeyCheck:
    """Looks keys up in a file, for a server. Several threads may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: sqlite3.Connection | None = None
        self._finalizer: weakref.finalize[..., object] | None = None
        self._opened: tuple[int, int] | None = None
        self._is_asked_for = False
        self._version = -1
        self._known: dict[bytes, _Secret] = {}
        """The secrets that were looked up since the file last changed, by their marks."""
        self._noted: int | None = None
        self._noted_version = -1

    def are_asked_for(self) -> bool:
        """Whether there are keys. Once there were, they are asked for, whatever becomes of the file."""
        if not self._is_asked_for:
            self._is_asked_for = self._path.exists()
        return self._is_asked_for

    def holder(self, text: str) -> Holder:
        """Whose key a text is. Raises KeyUnknown, KeysUnreadable."""
        if not KEY_TEXT.fullmatch(text):
            raise KeyUnknown(f"This is no key of a ledger: one begins with {PREFIX} and has {LENGTH} characters.")
        digest = digest_of(text)
        with self._lock:
            try:
                found = self._look_up(digest[:MARK_BYTES])
            except (sqlite3.Error, OSError) as error:
                self._close()
                raise KeysUnreadable(f"The keys cannot be read: {error}.") from error
        if found is None or not hmac.compare_digest(found.digest, digest):
            raise KeyUnknown("This key is not known here.")
        now, name = now_us(), found.holder.name
        if found.revoked_at is not None:
            raise KeyUnknown("This key was revoked.", name=name)
        if found.ends_at is not None and found.ends_at <= now:
            raise KeyUnknown("This key was replaced by a new one.", name=name)
        if found.expires_at is not None and found.expires_at <= now:
            raise KeyUnknown("This key has expired.", name=name)
        return found.holder

    def changes(self) -> list[KeyChange]:
        """What was done to keys since this was last asked; at first nothing. It says nothing where it cannot look.

        It is for after a look at a key: where that saw no change, there is none.
        """
        if self._noted_version == self._version and self._noted is not None:
            return []
        with self._lock, suppress(sqlite3.Error, OSError):
            file = self._current()
            if self._noted is None:
                (self._noted,) = file.execute("SELECT COALESCE(MAX(number), 0) FROM changes").fetchone()
            rows = file.execute(
                "SELECT number, at, action, name, detail FROM changes WHERE number > ? ORDER BY number", (self._noted,)
            ).fetchall()
            self._noted_version = self._version
            self._noted = rows[-1][0] if rows else self._noted
            return [KeyChange(*row[1:]) for row in rows]
        return []

    def close(self) -> None:
        """Close the file; the next look opens it again."""
        with self._lock:
            self._close()

    def _look_up(self, mark: bytes) -> _Secret | None:
        """The secret of a mark. Raises sqlite3.Error, OSError."""
        file = self._current()
        if (known := self._known.get(mark)) is not None:
            return known
        row = file.execute(
            "SELECT digest, ends_at, expires_at, revoked_at, name, scopes FROM secrets JOIN keys USING (name) "
            "WHERE mark = ?",
            (mark,),
        ).fetchone()
        if row is None:
            return None
        digest, ends_at, expires_at, revoked_at, name, scopes = row
        holder = Holder(name, implied(scopes_in(scopes)))
        self._known[mark] = _Secret(digest, ends_at, expires_at, revoked_at, holder)
        return self._known[mark]

    def _current(self) -> sqlite3.Connection:
        """A connection to the file that is at the path now; what is known is forgotten where the file has changed.

        Raises OSError where there is none, and sqlite3.Error.
        """
        status = self._path.stat()
        place = status.st_dev, status.st_ino
        if self._file is None or self._opened != place:
            self._close()
            self._file = opened_database(self._path, busy_ms=BUSY_MS)
            self._finalizer = weakref.finalize(self, self._file.close)  # whoever lets this go need not close it
            self._file.execute("PRAGMA query_only = ON")
            self._opened = place
        (version,) = self._file.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._known.clear()
            self._version = version
        return self._file

    def _close(self) -> None:
        if self._finalizer is not None:
            self._finalizer()
        self._file = self._opened = self._finalizer = None
        self._version = self._noted_version = -1
        self._known.clear()
