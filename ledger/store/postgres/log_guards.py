"""The guards of a log in PostgreSQL: triggers that refuse every change of what was recorded, and what these run.

Whoever owns the tables can take one away, switch it off or put another in its place, and change rows then. The rows
that were changed are found by their leaves; that nothing guards the next ones is found here. What the guards are is
read from `schema.sql`, which has made them.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from ledger.store.table_database import TableDatabase

_TRIGGER = re.compile(r"CREATE TRIGGER (\w+)\s+[^;]*?\bON (\w+)\s[^;]*?EXECUTE FUNCTION (\w+)\(\);")
_FUNCTION = re.compile(r"CREATE FUNCTION (\w+)\(\)[^$]*\$\$(.*?)\$\$;", re.DOTALL)
_TRIGGERS_THERE = (
    "SELECT tgname::text, relname::text, proname::text, tgenabled IN ('O', 'A'), tgqual IS NULL, prosrc "
    "FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid "
    "WHERE relnamespace = current_schema()::regnamespace"
)
_LEFT = "anybody may have changed what it guards"
_WAY_ON = "make it again, as it is in `schema.sql`"


@cache
def schema_script() -> str:
    """The script that makes the tables of a log and their guards."""
    return files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")


def guard_faults(database: TableDatabase) -> Iterator[str]:
    """What is wrong with the guards of a log."""
    bodies = dict(_FUNCTION.findall(schema_script()))
    there = {(name, table): rest for name, table, *rest in database.fetch(_TRIGGERS_THERE)}
    for name, table, function in _TRIGGER.findall(schema_script()):
        found = there.get((name, table))
        if found is None:
            yield f"the trigger {name} of {table} is gone: {_LEFT}; {_WAY_ON}"
            continue
        runs, is_on, is_for_all, body = found
        if not is_on:
            yield f"the trigger {name} of {table} is switched off: {_LEFT}; switch it on"
        if runs != function or not is_for_all or body != bodies[function]:
            yield f"the trigger {name} of {table} is another than the one that was made: {_LEFT}; {_WAY_ON}"
