"""Where the ledger lives and where it is served: the one place that reads the environment.

SUPPLY_LEDGER_DATA    the data directory (default: .supply-ledger in the working directory)
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

DATA_VARIABLE = "SUPPLY_LEDGER_DATA"
DATA_DEFAULT = ".supply-ledger"
LEDGER_FILE = "ledger.db"
PROJECTIONS_FILE = "projections.duckdb"
HOST_DEFAULT = "127.0.0.1"
PORT_DEFAULT = 8000


@dataclass(frozen=True)
class Settings:
    """What a command runs with."""

    data: Path

    @property
    def ledger_path(self) -> Path:
        """The file of the log."""
        return self.data / LEDGER_FILE

    @property
    def projections_path(self) -> Path:
        """The file of the tables made from the log, which may be deleted at any time."""
        return self.data / PROJECTIONS_FILE


def settings(data: Path | None = None, *, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings: what was given on the command line, else the environment, else the default."""
    return Settings(data=data or Path(environment.get(DATA_VARIABLE) or DATA_DEFAULT))


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
