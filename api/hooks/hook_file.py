"""The file of hooks: `hooks.db` in the data directory, a small SQLite database that only its owner may read, since it
holds the secrets that messages are signed with.

How far a hook has got is written down after each message, so that a server that is killed goes on with the next one,
or says one a second time; it never leaves one out.
"""

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from api.hooks.hook import Comparison, Hook, Place
from api.keys.key_file import MODE, WAIT_MS, make_private, now_us, opened_database, transaction

HOOKS_FILE = "hooks.db"
HOOKS_MAX = 100
DEAD_LETTERS_MAX = 200
"""How many messages of a hook may be given up before it is paused."""
HOOK_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)
_SCHEMA = files("api.hooks").joinpath("hooks.sql").read_text(encoding="utf-8")
_COLUMNS = (
    "name, url, secret, condition, filters, may_be_private, created_at, turn, paused, position, as_of, "
    "to_position, to_as_of, page, told, erased_at, delivered, delivered_at, failures, next_at, error"
)


class HookRefused(ValueError):
    """What was asked of the file of hooks cannot be done; the text says why, and what can."""


class HooksUnreadable(Exception):
    """The file of hooks is there and cannot be read or written."""


class DeadLetter(NamedTuple):
    """A message that was given up: of which hook, its id, the position before it, when (microseconds), and why."""

    hook: str
    message: str
    position: int
    at: int
    error: str


class HookFile:
    """What is done to hooks. Several processes may use it. Raises HookRefused, HooksUnreadable."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def is_there(self) -> bool:
        """Whether there ever was a hook."""
        return self.path.exists()

    def add(
        self,
        name: str,
        url: str,
        *,
        secret: str,
        condition: str,
        filters: Mapping[str, str],
        may_be_private: bool,
        place: Place,
    ) -> None:
        """Keep a new hook, which begins after a place."""
        if not HOOK_NAME.fullmatch(name):
            raise HookRefused(
                f"{name[:80]!r} cannot be a hook's name: 1 to 64 of a-z, 0-9, '.', '_' and '-', a letter or digit "
                "first and last. Give one by --name."
            )
        with self._changing(make=True) as file:
            if file.execute("SELECT 1 FROM hooks WHERE name = ?", (name,)).fetchone():
                raise HookRefused(f"There is a hook {name} already: choose another name, or remove it first.")
            (count,) = file.execute("SELECT COUNT(*) FROM hooks").fetchone()
            if count >= HOOKS_MAX:
                raise HookRefused(f"There are {count} hooks, and no more can be had: remove one first.")
            file.execute(
                "INSERT INTO hooks (name, url, secret, condition, filters, may_be_private, created_at, turn, "
                "position, as_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (name, url, secret, condition, json.dumps(dict(filters)), may_be_private, now_us(), now_us(), *place),
            )

    def remove(self, name: str) -> None:
        """Forget a hook and what it gave up."""
        with self._of(name) as file:
            file.execute("DELETE FROM hooks WHERE name = ?", (name,))

    def pause(self, name: str, why: str) -> None:
        """Send nothing any more, until it is resumed."""
        with self._of(name) as file:
            file.execute("UPDATE hooks SET paused = ?, turn = turn + 1 WHERE name = ?", (why, name))

    def resume(self, name: str) -> None:
        """Go on where it had got to, at once."""
        with self._of(name) as file:
            file.execute(
                "UPDATE hooks SET paused = NULL, failures = 0, next_at = 0, turn = turn + 1 WHERE name = ?", (name,)
            )

    def rewind(self, name: str, place: Place) -> None:
        """Go on after another place, and forget what was given up behind it."""
        with self._of(name) as file:
            file.execute(
                "UPDATE hooks SET failures = 0, next_at = 0, error = NULL, turn = turn + 1 WHERE name = ?", (name,)
            )
            _move(file, name, place)
            file.execute("DELETE FROM dead_letters WHERE hook = ? AND position >= ?", (name, place.position))

    def listed(self) -> list[Hook]:
        """All hooks, by name."""
        return self._read(f"SELECT {_COLUMNS} FROM hooks ORDER BY name", _hook)

    def is_in_turn(self, hook: Hook) -> bool:
        """Whether nobody did anything to a hook since it was read."""
        return any((one.name, one.turn) == (hook.name, hook.turn) for one in self.listed())

    def dead_letters(self) -> list[DeadLetter]:
        """All messages that were given up, in their order."""
        said = "SELECT hook, message, position, at, error FROM dead_letters ORDER BY number"
        return self._read(said, lambda row: DeadLetter(*row))

    def compares(self, hook: Hook, comparison: Comparison) -> None:
        """Write down what answers are compared with, before the first of a page is told."""
        target, page, told, erased_at = comparison
        with self._in_turn(hook) as file:
            file.execute(
                "UPDATE hooks SET to_position = ?, to_as_of = ?, page = ?, told = ?, erased_at = ? WHERE name = ?",
                (*target, page, told, erased_at, hook.name),
            )

    def was_told(self, hook: Hook, place: Place | None = None) -> None:
        """A message has arrived; the hook has got to a place, where that is not within a comparison."""
        with self._in_turn(hook) as file:
            file.execute(
                "UPDATE hooks SET delivered = delivered + 1, delivered_at = ?, failures = 0, next_at = 0, error = NULL "
                "WHERE name = ?",
                (now_us(), hook.name),
            )
            _move(file, hook.name, place)

    def moves(self, hook: Hook, place: Place) -> None:
        """The hook has got to a place, with nothing to tell on the way."""
        with self._in_turn(hook) as file:
            _move(file, hook.name, place)

    def failed(self, hook: Hook, error: str, *, next_at: int) -> None:
        """A message has not arrived; it is tried again at an instant."""
        with self._in_turn(hook) as file:
            file.execute(
                "UPDATE hooks SET failures = failures + 1, next_at = ?, error = ? WHERE name = ?",
                (next_at, error, hook.name),
            )

    def waits(self, hook: Hook, error: str, *, next_at: int) -> None:
        """The ledger cannot say what comes next: it is asked again at an instant, and no message counts as failed."""
        with self._in_turn(hook) as file:
            file.execute("UPDATE hooks SET next_at = ?, error = ? WHERE name = ?", (next_at, error, hook.name))

    def gave_up(self, hook: Hook, message: str, *, before: int, place: Place | None, error: str) -> None:
        """A message has not arrived for long: the hook goes on without it, or is paused where they are many."""
        with self._in_turn(hook) as file:
            file.execute(
                "INSERT INTO dead_letters (hook, message, position, at, error) VALUES (?, ?, ?, ?, ?)",
                (hook.name, message, before, now_us(), error),
            )
            file.execute("UPDATE hooks SET failures = 0, next_at = 0, error = ? WHERE name = ?", (error, hook.name))
            _move(file, hook.name, place)
            (count,) = file.execute("SELECT COUNT(*) FROM dead_letters WHERE hook = ?", (hook.name,)).fetchone()
            if count >= DEAD_LETTERS_MAX:
                why = f"{count} messages were given up: mend the receiver, then rewind or resume the hook"
                file.execute("UPDATE hooks SET paused = ?, turn = turn + 1 WHERE name = ?", (why, hook.name))

    def _read(self, query: str, made: Any) -> list[Any]:
        if not self.is_there():
            return []
        with self._opened() as file:
            return [made(row) for row in file.execute(query)]

    @contextmanager
    def _of(self, name: str) -> Iterator[sqlite3.Connection]:
        """A transaction about a hook that is there."""
        with self._changing() as file:
            if not file.execute("SELECT 1 FROM hooks WHERE name = ?", (name,)).fetchone():
                raise HookRefused(f"There is no hook {name[:80]!r}; `hooks list` names those that there are.")
            yield file

    @contextmanager
    def _in_turn(self, hook: Hook) -> Iterator[sqlite3.Connection]:
        """A transaction about a hook to which nobody did anything since it was read; else HookRefused."""
        with self._of(hook.name) as file:
            if file.execute("SELECT turn FROM hooks WHERE name = ?", (hook.name,)).fetchone() != (hook.turn,):
                raise HookRefused(f"{hook.name} is another hook by now, or was told to do otherwise.")
            yield file

    @contextmanager
    def _changing(self, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        if make:
            make_private(self.path)
        elif not self.is_there():
            raise HookRefused("There are no hooks yet: add one with `hooks add`.")
        self.path.chmod(MODE)
        with self._opened() as file, transaction(file, schema=_SCHEMA if make else None):
            yield file

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(opened_database(self.path, busy_ms=WAIT_MS)) as file:
                file.execute("PRAGMA journal_mode = WAL")
                file.execute("PRAGMA synchronous = NORMAL")  # what is lost is told a second time
                yield file
        except sqlite3.Error as error:
            raise HooksUnreadable(f"The hooks in {self.path} cannot be read or written: {error}.") from error


def _move(file: sqlite3.Connection, name: str, place: Place | None) -> None:
    if place is None:
        file.execute("UPDATE hooks SET told = told + 1 WHERE name = ?", (name,))
        return
    file.execute(
        "UPDATE hooks SET position = ?, as_of = ?, to_position = NULL, to_as_of = NULL, page = NULL, told = 0 "
        "WHERE name = ?",
        (*place, name),
    )


def _hook(row: tuple[Any, ...]) -> Hook:
    name, url, secret, condition, filters, private, created_at, turn, paused, *rest = row
    position, as_of, to, to_as_of, page, told, erased_at, *rest = rest
    comparison = None if to is None else Comparison(Place(to, to_as_of), page, told, erased_at)
    place = Place(position, as_of)
    return Hook(
        name,
        url,
        secret,
        condition,
        json.loads(filters),
        bool(private),
        created_at,
        turn,
        paused,
        place,
        comparison,
        *rest,
    )
