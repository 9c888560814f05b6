"""A fingerprint of what makes tables: two programs with the same one make the same tables of a log."""

import hashlib
from functools import cache

from projections.tables.database import connected
from projections.tables.families import families
from projections.tables.table_shapes import fingerprint


def tables_fingerprint() -> str:
    """A digest of what makes the tables: their SQL, and how this version of DuckDB hashes.

    Tables hold hashes, of subjects and of what statements say, so one that hashes otherwise must not read them.
    """
    return hashlib.sha256(f"{fingerprint(families())} {_hashes()}".encode()).hexdigest()


@cache
def _hashes() -> str:
    with connected(":memory:") as connection:
        ((hashes,),) = connection.execute(
            "SELECT [CAST(code_of('china') AS UBIGINT), all_said(CAST(1.5 AS DECIMAL(38, 18)), NULL, NULL, 'withheld')]"
        ).fetchall()
    return str(hashes)
