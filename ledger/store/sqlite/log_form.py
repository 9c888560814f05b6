"""The form of a log in SQLite: its tables, the number of their form, and the name of the log."""

import sqlite3
from uuid import uuid4

from ledger.errors import StoreError
from ledger.store.sqlite.schema_statements import schema_statements

FORM = 3
"""The form of the tables: 1 is that without a Merkle tree, 2 that in which nothing could be erased. Tables that an
older program cannot go on with are a new form.
"""

_CHANGED = (
    "stored_events_never_update",
    "leaves_never_update",
    "requests_never_update",
    "request_chain_never_update",
)
"""The triggers that are others in this form than in those before."""


def take_form(cursor: sqlite3.Cursor) -> None:
    """Make the tables that are not there yet. Raises StoreError for a form that a later program has made."""
    ((form,),) = cursor.execute("PRAGMA user_version").fetchall()
    if form > FORM:
        raise StoreError(
            f"the log has the form {form}, and this program knows the forms up to {FORM}: install the version that "
            "wrote it last"
        )
    if form < FORM:
        for trigger in _CHANGED:
            cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    for statement in schema_statements():
        cursor.execute(statement)
    if form < FORM:
        cursor.execute(f"PRAGMA user_version = {FORM}")


def name_of(cursor: sqlite3.Cursor) -> str:
    """The name of the log, which it is given now where it has none."""
    row = cursor.execute("SELECT id FROM identity ORDER BY rowid DESC LIMIT 1").fetchone()
    return row["id"] if row else name_anew(cursor)


def name_anew(cursor: sqlite3.Cursor) -> str:
    """A further name for the log, which counts from now on."""
    name = str(uuid4())
    cursor.execute("INSERT INTO identity (id) VALUES (?)", (name,))
    return name
