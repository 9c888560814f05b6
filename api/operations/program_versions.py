"""Versions of what the ledger stands on, and those that have a fault which is known."""

import re
import sqlite3
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from api.distribution import DISTRIBUTION
from api.operations.health_findings import Finding, fault, warning, well

SQLITE_WHOLE = (3, 51, 3)
KNOWN = ("duckdb", "eventsourcing")
"""Libraries whose version decides about what is kept; what is installed must be in the range that was tried."""
_BOUND = re.compile(r"(>=|<=|!=|==|<|>)\s*([0-9.]+)")


def of_sqlite(found: str) -> Finding:
    """The version of SQLite, which keeps the log."""
    if _numbers(found) >= SQLITE_WHOLE:
        return well("SQLite", found)
    return warning(
        "SQLite",
        f"{found}; before 3.51.3, two connections that write and copy the write-ahead log at the same instant may "
        "damage the file (the WAL-reset bug), which is very rare",
        "Use a Python that is built with SQLite 3.51.3 or later, or one whose maker has put the mending in; until then "
        "let one process write, and verify and back up every day.",
    )


def of_library(name: str, found: str, bounds: str) -> Finding:
    """The version of a library. `bounds` is as in pyproject.toml: `>=1.5.6,!=2.0.0,<3`."""
    for relation, bound in _BOUND.findall(bounds):
        if not _holds(_numbers(found), relation, _numbers(bound)):
            return fault(name, f"{found}, and this program is made for {bounds}", f"Install {name}{bounds}.")
    return well(name, found)


def of_programs() -> Iterator[Finding]:
    """The versions in use."""
    yield well("Python", sys.version.split()[0])
    yield of_sqlite(sqlite3.sqlite_version)
    bounds = dict(_required())
    for name in KNOWN:
        if name in bounds:
            yield of_library(name, version(name), bounds[name])


def _required() -> Iterator[tuple[str, str]]:
    """What this program says that it needs: `duckdb` and `!=2.0.0,<3,>=1.5.6`."""
    try:
        lines = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return
    for line in lines:
        match = re.match(r"([A-Za-z0-9._-]+)\s*([^;]*)", line)
        if match is not None:
            yield match[1].lower(), match[2].strip()


def _holds(found: tuple[int, ...], relation: str, bound: tuple[int, ...]) -> bool:
    width = max(len(found), len(bound))
    left, right = (one + (0,) * (width - len(one)) for one in (found, bound))
    return {
        ">=": left >= right,
        "<=": left <= right,
        "!=": left != right,
        "==": left == right,
        "<": left < right,
        ">": left > right,
    }[relation]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])
