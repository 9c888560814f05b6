"""The address of a log in PostgreSQL: what libpq understands, and the schema that its tables are in.

`postgresql://ledger@db.example.org/facts?schema=rare_earths` is the log in the schema `rare_earths` of the database
`facts`. Without a schema it is in `supply_ledger`. Whatever else libpq knows may be said (`host=/run/postgresql`,
`sslmode=verify-full`, `service=…`); a password is better kept in `~/.pgpass` or in PGPASSWORD than here.
"""

from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ledger.errors import StoreError

SCHEMA_DEFAULT = "supply_ledger"
SCHEMA_LENGTH_MAX = 63
"""What PostgreSQL keeps of a name, in bytes."""
CONNECT_SECONDS = 10
DEFAULTS: dict[str, str | int] = {
    "connect_timeout": CONNECT_SECONDS,
    # Who is gone is found out: by this side, and by the database (see `CONNECTION_SETTINGS`).
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": "supply-ledger",
}


class LogAddress(NamedTuple):
    """Where a log is: what to connect with, and its schema."""

    connection: dict[str, str | int]
    schema: str

    @classmethod
    def parse(cls, location: str) -> "LogAddress":
        """The address in a text. Raises StoreError."""
        try:
            parts = urlsplit(location)
            said = parse_qsl(parts.query, keep_blank_values=True)
            schemas = [value for name, value in said if name == "schema"] or [SCHEMA_DEFAULT]
            others = urlencode([pair for pair in said if pair[0] != "schema"])
            # An empty host is one too: urlunsplit would leave its slashes out.
            plain = urlunsplit(("", parts.netloc, parts.path, others, ""))
            plain = f"postgresql:{plain if plain.startswith('//') else f'//{plain}'}"
            said_here = {name: value for name, value in conninfo_to_dict(plain).items() if value is not None}
        except (ValueError, psycopg.Error) as error:
            reason = " ".join(str(error).replace("\\n", " ").split())
            raise StoreError(f"this is no address of a database: {reason}") from error
        schema = schemas[-1]
        if not schema or "\0" in schema or len(schema.encode()) > SCHEMA_LENGTH_MAX or schema.startswith("pg_"):
            raise StoreError("a schema has a name of 1 to 63 bytes that does not begin with pg_")
        return cls(DEFAULTS | {name: str(value) for name, value in said_here.items()}, schema)
