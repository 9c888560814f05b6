"""The statements that make a log in SQLite."""

import sqlite3
from functools import cache
from importlib.resources import files


@cache
def schema_statements() -> tuple[str, ...]:
    """The statements of `schema.sql`."""
    statements, begun = [], ""
    for line in files(__package__).joinpath("schema.sql").read_text(encoding="utf-8").splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            statements.append(begun)
            begun = ""
    return tuple(statements)
