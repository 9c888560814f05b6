"""The tables of a log in PostgreSQL: made once, in one transaction, by a role that may; then others may use them.

Servers that start at the same time agree on who makes them. A role that may not make tables opens those that are there.
"""

import secrets
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import errors, sql

from ledger.errors import StoreError
from ledger.store.postgres.datastore import LogDatabase
from ledger.store.postgres.log_address import LogAddress
from ledger.store.postgres.log_guards import schema_script
from ledger.store.postgres.server_connections import Connection

FORM = 1
"""The form of the tables. Tables that an older program cannot go on with are a new form."""
_MAKING = 1936748621
"""The lock of whoever makes tables."""


def take_tables(database: LogDatabase) -> str:
    """The name of the log, whose tables are made where they are absent.

    Raises StoreError for a form that a later program has made, or a database that cannot hold a log.
    """
    return database.outside(lambda connection: _taken(connection, database.schema))


def are_at(location: str) -> bool:
    """Whether there are tables of a log at an address. Raises StoreError, StoreBusy."""
    database = LogDatabase(LogAddress.parse(location))
    try:
        return database.outside(lambda connection: _are_there(connection, database.schema))
    finally:
        database.close()


def _taken(connection: Connection, schema: str) -> str:
    ((encoding,),) = _run(connection, "SELECT current_setting('server_encoding')")
    if encoding != "UTF8":
        raise StoreError(f"the database keeps texts in {encoding}, and a log needs one that keeps them in UTF8")
    _check_use(connection, schema)
    if not _are_there(connection, schema):
        with connection.transaction():
            _run(connection, f"SELECT pg_advisory_xact_lock({_MAKING})::text")
            if not _are_there(connection, schema):
                _make(connection, schema)
    ((form,),) = _run(connection, "SELECT form FROM log_form")
    if form > FORM:
        raise StoreError(
            f"the log has the form {form}, and this program knows the forms up to {FORM}: install the version that "
            "wrote it last"
        )
    ((name,),) = _run(connection, "SELECT id FROM identity ORDER BY number DESC LIMIT 1")
    return str(name)


def _check_use(connection: Connection, schema: str) -> None:
    """Raises StoreError where the schema is there, and this role may not use it: its tables would seem not to be."""
    asked = "SELECT current_user, has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = $1"
    for role, may_use in _run(connection, asked, schema):
        if not may_use:
            raise StoreError(
                f"the role {role} may not use the schema {schema}: have its owner run `roles.sql`, or connect as a "
                "role that may"
            )


def _are_there(connection: Connection, schema: str) -> bool:
    # Names are looked up as a connection last saw them; this is asked of the catalogue as it is now.
    asked = "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'log_form')"
    ((there,),) = _run(connection, asked, schema)
    return bool(there)


def _make(connection: Connection, schema: str) -> None:
    """Make the schema and its tables; a log of nothing, with a name and a secret of its own."""
    name = sql.Identifier(schema).as_string(None)
    ((there,),) = _run(connection, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", schema)
    try:
        if not there:
            _run(connection, f"CREATE SCHEMA {name}")
        _exec(connection, schema_script().encode())
    except errors.InsufficientPrivilege as error:
        role = connection.info.user
        raise StoreError(
            f"there is no log in the schema {schema}, and the role {role} may not make one: correct the name, or begin "
            "as a role that may"
        ) from error
    _run(connection, "INSERT INTO identity (id) VALUES ($1)", str(uuid4()))
    _run(connection, "INSERT INTO signing_secret VALUES (1, $1)", secrets.token_bytes(32))
    _run(connection, "INSERT INTO log_form VALUES (1, $1)", FORM)


def _exec(connection: Connection, script: bytes) -> None:
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(script)


def _run(connection: Connection, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    cursor = connection.execute(statement.encode(), values or None, binary=True)
    return cursor.fetchall() if cursor.description is not None else []
