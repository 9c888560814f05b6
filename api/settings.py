"""Settings: what may be set in the environment, as data; and where the ledger lives.

Nothing else reads the environment.

Each setting is a line in `SETTINGS`, from which its variable, its check and its documentation follow: the setting
`answers_mb` is the variable `SUPPLY_LEDGER_ANSWERS_MB`. What is given on the command line goes before the environment.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Generic, TypeVar

from api.settings_file import VARIABLE_PREFIX, BadSetting
from ledger import ImportLimits

T = TypeVar("T")

LEDGER_FILE = "ledger.db"
PROJECTIONS_FILE = "projections.duckdb"
HOST_DEFAULT = "127.0.0.1"
PORT_DEFAULT = 8000
CONTAINER_MEMORY = Path("/sys/fs/cgroup/memory.max")
"""Where Linux says how much memory the processes of a container may take together."""
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.ASCII)


@dataclass(frozen=True)
class Setting(Generic[T]):
    """A setting: its name, its default as it would be written, what it means, and how its text is read.

    `parse` raises ValueError with what the text should have been.
    """

    name: str
    default: str
    help: str
    parse: Callable[[str], T]

    @property
    def variable(self) -> str:
        """The variable of the environment."""
        return VARIABLE_PREFIX + self.name.upper()

    def is_default(self, environment: Mapping[str, str] = os.environ) -> bool:
        """Whether nothing is set."""
        return not environment.get(self.variable)

    def value(self, environment: Mapping[str, str] = os.environ) -> T:
        """What is set; the default where nothing is, or an empty text. Raises BadSetting."""
        text = environment.get(self.variable) or self.default
        try:
            return self.parse(text)
        except ValueError as error:
            raise BadSetting(f"{self.variable} is {error}, not {text[:40]!r}") from None


def _megabytes(text: str) -> int:
    """A number of bytes, from one of megabytes."""
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise ValueError("a whole number of megabytes")
    return int(text) * 1024 * 1024


def _children(text: str) -> int:
    """A whole number from 1 to 64."""
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= 64):
        raise ValueError("a whole number from 1 to 64")
    return int(text)


def _rows(text: str) -> int:
    """A whole number of rows."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text)):
        raise ValueError("a whole number of rows, from 1 on")
    return int(text)


def _host_names(text: str) -> tuple[str, ...]:
    names = tuple(name for part in text.split(",") if (name := part.strip().lower()))
    if not all(_HOST_NAME.fullmatch(name) for name in names):
        raise ValueError("a list of host names without ports, with commas between")
    return names


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(origin for part in text.split(",") if (origin := part.strip().lower()))
    for origin in origins:
        scheme, _, authority = origin.partition("://")
        host, _, port = authority.rpartition(":") if authority.rpartition(":")[2].isdigit() else (authority, "", "1")
        if scheme not in ("http", "https") or not _HOST_NAME.fullmatch(host) or len(port) > 5:
            raise ValueError("a list of origins such as https://charts.example.org, with commas between")
    return origins


def _networks(text: str) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(name)) for part in text.split(",") if (name := part.strip()))
    except ValueError:
        raise ValueError(
            "a list of addresses or networks, such as 10.0.0.5 or 10.0.0.0/8, with commas between"
        ) from None


def _count(text: str) -> int | None:
    """A number of requests; None for 0, and for nothing."""
    if text and not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError("a whole number of requests")
    return int(text or "0") or None


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ValueError("an instant with an offset, such as 2026-11-21T09:30:00Z")
    return at


def _seconds(text: str) -> float | None:
    """A number of seconds; None for 0, which means no end."""
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise ValueError("a whole number of seconds")
    return float(text) or None


def _hours(text: str) -> int | None:
    """A number of hours; None for 0, which means never."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise ValueError("a whole number of hours")
    return int(text) or None


def _memory(text: str) -> int | None:
    """A number of bytes, from one of megabytes or a share of the machine's memory; None for 0, which means any."""
    share = re.fullmatch(r"(\d{1,2}|100)%", text, re.ASCII)
    try:
        return (machine_memory() * int(share[1]) // 100 if share else _megabytes(text)) or None
    except ValueError:
        raise ValueError("a whole number of megabytes, or a share of the machine's memory, such as 25%") from None


def machine_memory() -> int:
    """How many bytes of memory this process may take: those of the machine, or what its container is given."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # where there is no such container, or it has no limit
        total = min(total, int(CONTAINER_MEMORY.read_text(encoding="ascii")))
    return total


DATA = Setting("data", ".supply-ledger", "The data directory, which holds the log and the tables made from it.", Path)
ANSWERS_MB = Setting(
    "answers_mb",
    "64",
    "How many megabytes of answers that stay the same a server keeps in memory; 0: none.",
    _megabytes,
)
QUESTION_SECONDS = Setting(
    "question_seconds",
    "30",
    "How many seconds a question over HTTP may take, from when it is asked; 0: any time. After that it is stopped, and "
    "answered by a 503 that says what to narrow.",
    _seconds,
)
QUESTION_MEMORY = Setting(
    "question_memory",
    "25%",
    "How much memory a question over HTTP may take: megabytes, or a share of the machine's; 0: any. One that takes "
    "more is stopped, as one that takes too long.",
    _memory,
)
ANSWER_FILES_MB = Setting(
    "answer_files_mb",
    "4096",
    "How many megabytes on the disk, beside the ledger, the answers that are files (CSV, Parquet, Excel, …) may take "
    "together, while they are made, sent, and kept a minute for readers of parts of them (503 for more).",
    _megabytes,
)
SQL_SECONDS = Setting(
    "sql_seconds",
    "3",
    "How many seconds a statement of SQL may compute, besides the time until it has the rows that it reads; 0: any. "
    "After that its process is killed, and the answer is a 503 that says what to narrow.",
    _seconds,
)
SQL_MEMORY = Setting(
    "sql_memory",
    "1024",
    "How much memory the process of a statement of SQL may take beside its libraries, with the rows that it reads: "
    "megabytes, or a share of the machine's; 0: any. One that needs more is ended.",
    _memory,
)
SQL_ANSWER_MB = Setting(
    "sql_answer_mb",
    "64",
    "How many megabytes the answer to a statement of SQL may have (422 for more).",
    _megabytes,
)
SQL_AT_ONCE = Setting(
    "sql_at_once",
    "2",
    "How many statements of SQL are answered at once, each by a process of its own. Of one client there is always one "
    "fewer at most, where that is not none.",
    _children,
)
IMPORT_MB = Setting(
    "import_mb",
    "16384",
    "How many megabytes a file of events may have, unpacked where it is Parquet (413 for more).",
    _megabytes,
)
IMPORT_ATOMIC_MB = Setting(
    "import_atomic_mb",
    "1024",
    "How many megabytes of checked rows may wait in memory where all of a file is recorded or nothing (413 for more).",
    _megabytes,
)
ASOF_MB = Setting(
    "asof_mb",
    "64",
    "How many megabytes a table of questions, each at a point in time of its own, may have over HTTP (413 for more).",
    _megabytes,
)
ASOF_ROWS = Setting("asof_rows", "1000000", "How many rows it may have, on the command line too.", _rows)
CHECK_MB = Setting(
    "check_mb",
    "8",
    "How many megabytes a document that is checked may have (413 for more).",
    _megabytes,
)
HOSTS = Setting(
    "hosts",
    "",
    "Further names under which a server is reached, for example through a proxy: host names with commas between. "
    "Requests for any other host are refused (421); the names of this machine itself always work.",
    _host_names,
)
CORS_ORIGINS = Setting(
    "cors_origins",
    "",
    "Sites whose pages may use the server from a browser: origins such as https://charts.example.org, with commas "
    "between. Pages of any other site can send it nothing that it records, and read nothing.",
    _origins,
)
PROXIES = Setting(
    "proxies",
    "",
    "Proxies before the server, by their addresses or networks with commas between: X-Forwarded-For and "
    "X-Forwarded-Proto are believed from these alone.",
    _networks,
)
KEY_REQUESTS = Setting(
    "key_requests",
    "0",
    "How many requests of one key are answered in a minute (429 for more); 0: any number.",
    _count,
)
ADDRESS_REQUESTS = Setting(
    "address_requests",
    "",
    "The same for requests without a key, of one address. By default 600 where keys are asked for, else any number.",
    _count,
)
CLOCK_CONFIRMED = Setting(
    "clock_confirmed",
    "",
    "An instant at which somebody saw that this machine's clock is right, with its offset: 2026-11-21T09:30:00Z. For a "
    "year from then the clock is believed, though it stands beyond the year 2100 or before the last event of the log.",
    _instant,
)
VERIFY_HOURS = Setting(
    "verify_hours",
    "24",
    "After how many hours a server verifies the whole log again, in a process of its own at the lowest priority; 0: "
    "never. While a verification has found a fault, `/readyz` says so, and nothing is appended (503).",
    _hours,
)
STOP_SECONDS = Setting(
    "stop_seconds",
    "20",
    "How many seconds a server that is told to stop gives the requests in progress; 0: any time.",
    _seconds,
)
SETTINGS: tuple[
    Setting[Path]
    | Setting[int]
    | Setting[float | None]
    | Setting[int | None]
    | Setting[tuple[str, ...]]
    | Setting[datetime | None],
    ...,
] = (
    DATA,
    ANSWERS_MB,
    QUESTION_SECONDS,
    QUESTION_MEMORY,
    ANSWER_FILES_MB,
    SQL_SECONDS,
    SQL_MEMORY,
    SQL_ANSWER_MB,
    SQL_AT_ONCE,
    IMPORT_MB,
    IMPORT_ATOMIC_MB,
    ASOF_MB,
    ASOF_ROWS,
    CHECK_MB,
    HOSTS,
    CORS_ORIGINS,
    PROXIES,
    KEY_REQUESTS,
    ADDRESS_REQUESTS,
    CLOCK_CONFIRMED,
    VERIFY_HOURS,
    STOP_SECONDS,
)


def environment() -> Mapping[str, str]:
    """The variables of the environment, for whoever looks at settings without using them."""
    return os.environ


def documentation() -> Iterator[tuple[str, str, str, str]]:
    """A row for each setting: name, variable of the environment, default, and what it means."""
    for setting in SETTINGS:
        yield setting.name, setting.variable, setting.default, setting.help


@dataclass(frozen=True)
class DataDirectory:
    """The directory of a ledger, and the files in it."""

    path: Path

    @property
    def ledger_path(self) -> Path:
        """The file of the log."""
        return self.path / LEDGER_FILE

    @property
    def projections_path(self) -> Path:
        """The file of the tables made from the log, which may be deleted at any time."""
        return self.path / PROJECTIONS_FILE


def import_limits(environment: Mapping[str, str] = os.environ) -> ImportLimits:
    """What a file of events may hold. Raises BadSetting."""
    return ImportLimits(file_bytes=IMPORT_MB.value(environment), held_bytes=IMPORT_ATOMIC_MB.value(environment))


def data_directory(given: Path | None = None, *, environment: Mapping[str, str] = os.environ) -> DataDirectory:
    """The data directory: what was given on the command line, else the environment, else the default."""
    return DataDirectory(given or DATA.value(environment))


def served_hosts(host: str, address: str, *, environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """The names that a server answers to: those of the loopback, its own, and those of the setting `hosts`.

    `host` is the name that it was told to serve on, `address` what that was resolved to. Raises BadSetting.
    """
    return frozenset((*LOOPBACK_NAMES, _in_url(host), _in_url(address), *HOSTS.value(environment)))


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _in_url(host: str) -> str:
    """A host as it stands in an address: IPv6 in brackets."""
    try:
        return f"[{host}]" if isinstance(ip_address(host), IPv6Address) else host
    except ValueError:
        return host
