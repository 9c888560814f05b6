"""Where the ledger lives and where it is served: the one place that reads the environment.

SUPPLY_LEDGER_DATA        the data directory (default: .supply-ledger in the working directory)
SUPPLY_LEDGER_ANSWERS_MB  how many megabytes of answers that stay the same are kept in memory (default: 64; 0: none)
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

DATA_VARIABLE = "SUPPLY_LEDGER_DATA"
DATA_DEFAULT = ".supply-ledger"
ANSWERS_VARIABLE = "SUPPLY_LEDGER_ANSWERS_MB"
ANSWERS_MB_DEFAULT = 64
LEDGER_FILE = "ledger.db"
PROJECTIONS_FILE = "projections.duckdb"
HOST_DEFAULT = "127.0.0.1"
PORT_DEFAULT = 8000


class BadSetting(ValueError):
    """A variable of the environment has a value that means nothing."""


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


def answers_room(*, environment: Mapping[str, str] = os.environ) -> int:
    """How many bytes of answers a server keeps. Raises BadSetting."""
    megabytes = environment.get(ANSWERS_VARIABLE) or str(ANSWERS_MB_DEFAULT)
    if not (megabytes.isascii() and megabytes.isdigit() and len(megabytes) <= 6):
        raise BadSetting(f"{ANSWERS_VARIABLE} is a whole number of megabytes, not {megabytes[:40]!r}")
    return int(megabytes) * 1024 * 1024


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
