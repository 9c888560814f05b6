"""Thousands of random tamperings of a log, each of which has to be found: `make tampering TAMPERINGS=5000`.

A log of some hundred events is copied, altered behind the back of its triggers or in the bytes of its file, and
verified. What a tampering did is seen in a dump of all rows that answers and envelopes are made of: where any of them
is another than before, or can no longer be read, the verification must say so. Bytes that SQLite does not use may
change unseen.
"""

import argparse
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ledger import Ledger, LedgerError
from tests.ledger.conftest import WORLD, figure
from tests.tampering import hash_row_again, hash_tree_again, tampered

EVENTS = 300
SHOWN = {
    "stored_events": "position",
    "requests": "key",
    "recorders": "first_position",
    "identity": "id",
    "leaves": "position",
    "tiles": "level, tile",
    "tree": "one",
    "seal": "one",
    "request_chain": "number",
    "erasures": "position",
}
"""The tables that answers, envelopes and proofs are made of, and their order. `metrics` and `forms` are caches."""
OF = {"identity": "id", "seal": "size, note"}
"""The columns that count, where not all do: not when the log was made."""


def make_log(path: Path) -> None:
    """A log with a whole tile of its tree, and answered requests."""
    with Ledger(path) as ledger:
        ledger.append(WORLD)
        for number in range(3):
            ledger.append([figure("7", period=str(1700 + number))], request=(f"key-{number}", bytes(32)))
        rest = EVENTS - ledger.head() - 1
        items = ledger.append([figure(str(number), period=str(1800 + number)) for number in range(rest)]).items
        ledger.erase(items[rest // 2]["event_id"], reason="other", explanation="It had to go.")


def dump(path: Path) -> object:
    """All rows that count; None where they can no longer be read."""
    try:
        connection = sqlite3.connect(path)
        try:
            return {
                table: connection.execute(f"SELECT {OF.get(table, '*')} FROM {table} ORDER BY {by}").fetchall()
                for table, by in SHOWN.items()
            }
        finally:
            connection.close()
    except (sqlite3.Error, OverflowError, UnicodeDecodeError):
        return None


def flipped(path: Path, rng: random.Random) -> None:
    """A bit of the file is another one."""
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def cut(path: Path, rng: random.Random) -> None:
    """The file ends before."""
    path.write_bytes(path.read_bytes()[: rng.randrange(path.stat().st_size)])


def updated(path: Path, rng: random.Random) -> None:
    """A value in a row of any table is another one."""

    def alter(connection: sqlite3.Connection) -> None:
        table = rng.choice(list(SHOWN))
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        row = connection.execute(f"SELECT * FROM {table} ORDER BY random() LIMIT 1").fetchone()
        if row is None:
            return
        place = rng.randrange(len(columns))
        where = " AND ".join(f"{column} IS ?" for column in columns)
        connection.execute(f"UPDATE {table} SET {columns[place]} = ? WHERE {where}", (other(row[place], rng), *row))

    tampered(path, alter)


def other(value: object, rng: random.Random) -> object:
    """A value near another one, or far from it."""
    match value:
        case int():
            return value + rng.choice((-1, 1, 1000, -1000))
        case bytes() if value:
            changed = bytearray(value)
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
            return bytes(changed)
        case str() if value:
            place = rng.randrange(len(value))
            return value[:place] + rng.choice("0aZ ") + value[place + 1 :]
    return rng.choice((1, "x", b"x"))


def deleted(path: Path, rng: random.Random) -> None:
    """A row of any table is gone, or several that follow each other."""
    table = rng.choice(list(SHOWN))
    count = rng.choice((1, 1, 5))
    by = "rowid" if table not in ("requests", "tiles") else SHOWN[table]
    tampered(
        path,
        f"DELETE FROM {table} WHERE ({by}) IN (SELECT {by} FROM {table} ORDER BY {by} LIMIT {count} "
        f"OFFSET {rng.randrange(EVENTS)} % (SELECT MAX(COUNT(*), 1) FROM {table}))",
    )


def swapped(path: Path, rng: random.Random) -> None:
    """Two events stand in each other's places, with their leaves or without."""
    one, two = rng.sample(range(1, EVENTS + 1), 2)
    tables = rng.choice((("stored_events",), ("stored_events", "leaves")))
    tampered(
        path,
        "".join(
            f"UPDATE {table} SET position = -1 WHERE position = {one}; "
            f"UPDATE {table} SET position = {one} WHERE position = {two}; "
            f"UPDATE {table} SET position = {two} WHERE position = -1; "
            for table in tables
        ),
    )


def inserted(path: Path, rng: random.Random) -> None:
    """An event that nobody recorded is at the end, as the triggers want it."""
    tampered(
        path,
        f"INSERT INTO stored_events SELECT {EVENTS + 1}, randomblob(16), randomblob(16), 1, topic, "
        "(SELECT MAX(recorded_at) FROM stored_events), recorded_by, digest, state FROM stored_events "
        f"WHERE position = {rng.randrange(1, EVENTS + 1)}",
    )
    if rng.randrange(2):
        hash_tree_again(path)


def hashed_again(path: Path, rng: random.Random) -> None:
    """An event is altered, and its leaf fits it again; or the whole tree does."""
    position = rng.randrange(1, EVENTS + 1)
    column = rng.choice(
        (
            "recorded_at = recorded_at + 1",
            "recorded_by = 'somebody'",
            "state = CAST(CAST(state AS TEXT) || ' ' AS BLOB)",
        )
    )

    def alter(connection: sqlite3.Connection) -> None:
        connection.execute(f"UPDATE stored_events SET {column} WHERE position = {position}")
        hash_row_again(connection, position)

    tampered(path, alter)
    if rng.randrange(2):
        hash_tree_again(path)


def blanked(path: Path, rng: random.Random) -> None:
    """The text of an event is gone without an erasure, or with a note of one that was of another event."""
    position = rng.randrange(1, EVENTS)
    noted = f"INSERT OR IGNORE INTO erasures VALUES ({position}, {EVENTS}); "
    tampered(
        path,
        f"UPDATE stored_events SET state = x'', digest = x'' WHERE position = {position}; "
        f"UPDATE leaves SET salt = NULL WHERE position = {position}; {noted if rng.randrange(2) else ''}",
    )


def refilled(path: Path, rng: random.Random) -> None:
    """The event that was erased says something again, with its note or without."""
    kept = "" if rng.randrange(2) else "DELETE FROM erasures; "
    place = "position = (SELECT MIN(position) FROM stored_events WHERE state = x'')"
    tampered(
        path,
        f"UPDATE leaves SET salt = randomblob(16) WHERE {place}; UPDATE stored_events SET digest = randomblob(32), "
        f"state = (SELECT state FROM stored_events WHERE position = {rng.randrange(20, 100)}) WHERE {place}; {kept}",
    )


WAYS: tuple[Callable[[Path, random.Random], None], ...] = (
    flipped,
    flipped,
    cut,
    updated,
    updated,
    deleted,
    swapped,
    inserted,
    hashed_again,
    blanked,
    refilled,
)


def unseen(path: Path, way: Callable[[Path, random.Random], None], seed: int) -> tuple[bool, bool]:
    """Whether a tampering of a copy changed anything that counts, and whether that was not seen."""
    before = dump(path)
    try:
        way(path, random.Random(seed))
    except sqlite3.IntegrityError:
        return False, False  # SQLite itself does not let it be.
    changed = dump(path) != before
    try:
        with Ledger(path) as ledger:
            found = bool(ledger.verify().faults)
    except LedgerError:
        found = True
    return changed, changed and not found


def tamper(count: int, first: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """So many tamperings: how many of each way changed anything, and those that were not seen."""
    whole = folder / "whole"
    whole.mkdir()
    make_log(whole / "ledger.db")
    counts: Counter[str] = Counter()
    missed = []
    for seed in range(first, first + count):
        way = random.Random(seed).choice(WAYS)
        copy = folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(whole, copy)
        changed, was_missed = unseen(copy / "ledger.db", way, seed)
        counts[way.__name__] += changed
        if was_missed:
            missed.append(f"seed {seed}: {way.__name__}")
    return counts, missed


def main() -> None:
    """Tamper, and say what was not found; exits with 1 where anything was not."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=5000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts, missed = tamper(chosen.count, chosen.seed, Path(folder))
    print(f"{chosen.count} tamperings, {sum(counts.values())} of which changed a row: {dict(counts)}")
    print("\n".join(missed) or "All of these were found.")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
