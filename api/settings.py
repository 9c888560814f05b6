"""Settings: what may be set in the environment, as data; and where the ledger lives.

Nothing else reads the environment.

Each setting is a line in `SETTINGS`, from which its variable, its check and its documentation follow: the setting
`answers_mb` is the variable `SUPPLY_LEDGER_ANSWERS_MB`. What is given on the command line goes before the environment.
"""

import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Generic, TypeVar

from api import setting_texts
from api.settings_file import VARIABLE_PREFIX, BadSetting
from ledger import ImportLimits, Ledger, StoreError, log_is_there

T = TypeVar("T")

DataPlace = str | Path
"""What is said of where a ledger is: a directory, or the address of a database."""

LEDGER_FILE = "ledger.db"
PROJECTIONS_FILE = "projections.duckdb"
COUNTS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The variable is that of the library which counts; it looks at it when it is imported."""
HOST_DEFAULT = "127.0.0.1"
PORT_DEFAULT = 8000
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


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


DATA = Setting(
    "data",
    ".supply-ledger",
    "The data directory, which holds the log and the tables made from it; or the address of a database that holds the "
    "log, such as postgresql://ledger@db.example.org/facts?schema=rare_earths.",
    str,
)
FOLDER = Setting(
    "folder",
    "",
    "Where the log is in a database: the directory of this process for everything else (the tables made from the log, "
    "API keys, hooks, saved mappings). By default one in `.supply-ledger` that is named for the log.",
    str,
)
WARM_FROM = Setting(
    "warm_from",
    "",
    "A place to which `export PLACE --tables` puts the tables made from the log, such as s3://bucket/ledger: a start "
    "whose own tables are absent, or lack much, takes these, verified, and then what was recorded since.",
    str,
)
ANSWERS_MB = Setting(
    "answers_mb",
    "64",
    "How many megabytes of answers that stay the same a server keeps in memory; 0: none.",
    setting_texts.megabytes,
)
QUESTION_SECONDS = Setting(
    "question_seconds",
    "30",
    "How many seconds a question over HTTP may take, from when it is asked; 0: any time. After that it is stopped, and "
    "answered by a 503 that says what to narrow.",
    setting_texts.seconds,
)
QUESTION_MEMORY = Setting(
    "question_memory",
    "25%",
    "How much memory a question over HTTP may take: megabytes, or a share of the machine's; 0: any. One that takes "
    "more is stopped, as one that takes too long.",
    setting_texts.memory,
)
ANSWER_FILES_MB = Setting(
    "answer_files_mb",
    "4096",
    "How many megabytes on the disk, beside the ledger, the answers that are files (CSV, Parquet, Excel, …) may take "
    "together, while they are made, sent, and kept a minute for readers of parts of them (503 for more).",
    setting_texts.megabytes,
)
SQL_SECONDS = Setting(
    "sql_seconds",
    "3",
    "How many seconds a statement of SQL may compute, besides the time until it has the rows that it reads; 0: any. "
    "After that its process is killed, and the answer is a 503 that says what to narrow.",
    setting_texts.seconds,
)
SQL_MEMORY = Setting(
    "sql_memory",
    "1024",
    "How much memory the process of a statement of SQL may take beside its libraries, with the rows that it reads: "
    "megabytes, or a share of the machine's; 0: any. One that needs more is ended.",
    setting_texts.memory,
)
SQL_ANSWER_MB = Setting(
    "sql_answer_mb",
    "64",
    "How many megabytes the answer to a statement of SQL may have (422 for more).",
    setting_texts.megabytes,
)
SQL_AT_ONCE = Setting(
    "sql_at_once",
    "2",
    "How many statements of SQL are answered at once, each by a process of its own. Of one client there is always one "
    "fewer at most, where that is not none.",
    setting_texts.children,
)
IMPORT_MB = Setting(
    "import_mb",
    "16384",
    "How many megabytes a file of events may have, unpacked where it is Parquet (413 for more).",
    setting_texts.megabytes,
)
IMPORT_ATOMIC_MB = Setting(
    "import_atomic_mb",
    "1024",
    "How many megabytes of checked rows may wait in memory where all of a file is recorded or nothing (413 for more).",
    setting_texts.megabytes,
)
ASOF_MB = Setting(
    "asof_mb",
    "64",
    "How many megabytes a table of questions, each at a point in time of its own, may have over HTTP (413 for more).",
    setting_texts.megabytes,
)
ASOF_ROWS = Setting("asof_rows", "1000000", "How many rows it may have, on the command line too.", setting_texts.rows)
CHECK_MB = Setting(
    "check_mb",
    "8",
    "How many megabytes a document that is checked may have (413 for more).",
    setting_texts.megabytes,
)
HOSTS = Setting(
    "hosts",
    "",
    "Further names under which a server is reached, for example through a proxy: host names with commas between. "
    "Requests for any other host are refused (421); the names of this machine itself always work.",
    setting_texts.host_names,
)
CORS_ORIGINS = Setting(
    "cors_origins",
    "",
    "Sites whose pages may use the server from a browser: origins such as https://charts.example.org, with commas "
    "between. Pages of any other site can send it nothing that it records, and read nothing.",
    setting_texts.origins,
)
PROXIES = Setting(
    "proxies",
    "",
    "Proxies before the server, by their addresses or networks with commas between: X-Forwarded-For and "
    "X-Forwarded-Proto are believed from these alone.",
    setting_texts.networks,
)
KEY_REQUESTS = Setting(
    "key_requests",
    "0",
    "How many requests of one key are answered in a minute (429 for more); 0: any number.",
    setting_texts.count,
)
ADDRESS_REQUESTS = Setting(
    "address_requests",
    "",
    "The same for requests without a key, of one address. By default 600 where keys are asked for, else any number.",
    setting_texts.count,
)
CLOCK_CONFIRMED = Setting(
    "clock_confirmed",
    "",
    "An instant at which somebody saw that this machine's clock is right, with its offset: 2026-11-21T09:30:00Z. For a "
    "year from then the clock is believed, though it stands beyond the year 2100 or before the last event of the log.",
    setting_texts.instant,
)
VERIFY_HOURS = Setting(
    "verify_hours",
    "24",
    "After how many hours a server verifies the whole log again, in a process of its own at the lowest priority; 0: "
    "never. While a verification has found a fault, `/readyz` says so, and nothing is appended (503).",
    setting_texts.hours,
)
STOP_SECONDS = Setting(
    "stop_seconds",
    "20",
    "How many seconds a server that is told to stop gives the requests in progress; 0: any time.",
    setting_texts.seconds,
)
WORKERS = Setting(
    "workers",
    "1",
    "How many processes serve together, on one address: as many as the machine has cores, where one is too slow. Each "
    "has tables of its own, and what is limited here is limited for each of them.",
    setting_texts.children,
)
SETTINGS: tuple[
    Setting[str]
    | Setting[int]
    | Setting[float | None]
    | Setting[int | None]
    | Setting[tuple[str, ...]]
    | Setting[datetime | None],
    ...,
] = (
    DATA,
    FOLDER,
    WARM_FROM,
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
    WORKERS,
)


def environment() -> Mapping[str, str]:
    """The variables of the environment, for whoever looks at settings without using them."""
    return os.environ


def child_environment(data: "DataDirectory") -> dict[str, str]:
    """The environment for a process of ours that opens the same ledger. It has what nobody else may read there."""
    return {**os.environ, DATA.variable: data.address or str(data.path), FOLDER.variable: str(data.path)}


def worker_environment(data: "DataDirectory", *, counts: str, warm_from: str) -> dict[str, str]:
    """The environment for a process that serves beside others, which count what they answer in one folder."""
    return {**child_environment(data), COUNTS_VARIABLE: counts, WARM_FROM.variable: warm_from}


def counts_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where several processes count together what they answer; None where one counts alone."""
    folder = environment.get(COUNTS_VARIABLE)
    return Path(folder) if folder else None


def documentation() -> Iterator[tuple[str, str, str, str]]:
    """A row for each setting: name, variable of the environment, default, and what it means."""
    for setting in SETTINGS:
        yield setting.name, setting.variable, setting.default, setting.help


@dataclass(frozen=True)
class DataDirectory:
    """The directory of a ledger, and the files in it; with `address`, the log is in a database, and the rest here."""

    path: Path
    address: str | None = None

    @property
    def location(self) -> str:
        """Where the log is."""
        return self.address or str(self.ledger_path)

    @property
    def name(self) -> str:
        """The same as it may be shown: an address without its password."""
        return str(self.path) if self.address is None else shown_address(self.address)

    @property
    def has_ledger(self) -> bool:
        """Whether there is a log. Raises StoreError where its database cannot be asked."""
        return log_is_there(self.location)

    def ledger(self, *, confirmed: datetime | None = None) -> Ledger:
        """The ledger, whose log is made where it is absent. Raises StoreError, BadSetting."""
        if self.address is not None:
            try:
                self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                detail = f"cannot make the folder {self.path}: {error.strerror}; name another in {FOLDER.variable}"
                raise StoreError(detail) from error
        return Ledger(self.location, directory=self.path, confirmed=confirmed)

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


def data_directory(given: DataPlace | None = None, *, environment: Mapping[str, str] = os.environ) -> DataDirectory:
    """The data directory: what was given on the command line, else the environment, else the default."""
    said = str(given or DATA.value(environment))
    if "://" not in said:
        return DataDirectory(Path(said))
    # The password, which may be another tomorrow, does not tell one log from another.
    plain = shown_address(said)
    name = f"{plain.partition('://')[0]}-{hashlib.sha256(plain.encode()).hexdigest()[:16]}"
    return DataDirectory(Path(FOLDER.value(environment) or Path(DATA.default) / name), said)


def shown_address(address: str) -> str:
    """The address of a log as it may be shown: without its password."""
    plain = re.sub(r"(://[^:@/?]*):[^@/?]*@", r"\1@", address)
    return re.sub(r"([?&]password=)[^&]*", r"\1***", plain)


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


def name_python_of_executors() -> None:
    """Let the executors of Spark run this Python, unless the environment names another (PYSPARK_PYTHON)."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
