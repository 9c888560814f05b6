"""Where a run took place: the machine, the versions, and what it costs to make a page durable on its disk."""

import os
import platform
import sqlite3
import statistics
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("duckdb", "eventsourcing", "fastapi", "pandas", "polars", "pyarrow", "pydantic", "uvicorn")
PAGE = os.urandom(4096)


def described(directory: Path) -> dict[str, Any]:
    """The machine, and its disk under a directory."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(memory_bytes() / 2**30, 1),
        "load_before": [round(part, 2) for part in os.getloadavg()],
        "fsync_ms": round(fsync_s(directory) * 1000, 3),
        "python": sys.version.split()[0],
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in PACKAGES},
    }


def processor() -> str:
    """The processor's model."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def memory_bytes() -> int:
    """The memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def fsync_s(directory: Path, *, runs: int = 50) -> float:
    """The median time of writing a page to the end of a file and waiting until it is on disk."""
    path = directory / "fsync.probe"
    found = []
    with path.open("wb", buffering=0) as file:
        for _ in range(runs):
            started = time.perf_counter()
            file.write(PAGE)
            os.fsync(file.fileno())
            found.append(time.perf_counter() - started)
    path.unlink()
    return statistics.median(found)


def sentence(machine: dict[str, Any]) -> str:
    """The machine in a line of Markdown."""
    versions = ", ".join(f"{name} {machine[name]}" for name in ("python", "sqlite", *PACKAGES))
    return (
        f"{machine['date']}; {machine['cores']} cores of {machine['processor']}, {machine['memory_gb']} GB, "
        f"{machine['system']}; load before: {machine['load_before'][0]}; a page and fsync: {machine['fsync_ms']} ms; "
        f"{versions}."
    )
