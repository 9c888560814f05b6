"""What stands in a setting, as text, and what that means; each raises ValueError with what it should have been."""

import os
import re
from contextlib import suppress
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path

CONTAINER_MEMORY = Path("/sys/fs/cgroup/memory.max")
"""Where Linux says how much memory the processes of a container may take together."""
_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.ASCII)


def megabytes(text: str) -> int:
    """A number of bytes, from one of megabytes."""
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise ValueError("a whole number of megabytes")
    return int(text) * 1024 * 1024


def children(text: str) -> int:
    """A whole number from 1 to 64."""
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= 64):
        raise ValueError("a whole number from 1 to 64")
    return int(text)


def rows(text: str) -> int:
    """A whole number of rows."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text)):
        raise ValueError("a whole number of rows, from 1 on")
    return int(text)


def host_names(text: str) -> tuple[str, ...]:
    """Names of hosts, from a list of them."""
    names = tuple(name for part in text.split(",") if (name := part.strip().lower()))
    if not all(_HOST_NAME.fullmatch(name) for name in names):
        raise ValueError("a list of host names without ports, with commas between")
    return names


def origins(text: str) -> tuple[str, ...]:
    """Origins of pages, from a list of them."""
    origins = tuple(origin for part in text.split(",") if (origin := part.strip().lower()))
    for origin in origins:
        scheme, _, authority = origin.partition("://")
        host, _, port = authority.rpartition(":") if authority.rpartition(":")[2].isdigit() else (authority, "", "1")
        if scheme not in ("http", "https") or not _HOST_NAME.fullmatch(host) or len(port) > 5:
            raise ValueError("a list of origins such as https://charts.example.org, with commas between")
    return origins


def networks(text: str) -> tuple[str, ...]:
    """Addresses and networks, from a list of them."""
    try:
        return tuple(str(ip_network(name)) for part in text.split(",") if (name := part.strip()))
    except ValueError:
        raise ValueError(
            "a list of addresses or networks, such as 10.0.0.5 or 10.0.0.0/8, with commas between"
        ) from None


def count(text: str) -> int | None:
    """A number of requests; None for 0, and for nothing."""
    if text and not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError("a whole number of requests")
    return int(text or "0") or None


def instant(text: str) -> datetime | None:
    """An instant; None for nothing."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ValueError("an instant with an offset, such as 2026-11-21T09:30:00Z")
    return at


def seconds(text: str) -> float | None:
    """A number of seconds; None for 0, which means no end."""
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise ValueError("a whole number of seconds")
    return float(text) or None


def hours(text: str) -> int | None:
    """A number of hours; None for 0, which means never."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise ValueError("a whole number of hours")
    return int(text) or None


def memory(text: str) -> int | None:
    """A number of bytes, from one of megabytes or a share of the machine's memory; None for 0, which means any."""
    share = re.fullmatch(r"(\d{1,2}|100)%", text, re.ASCII)
    try:
        return (machine_memory() * int(share[1]) // 100 if share else megabytes(text)) or None
    except ValueError:
        raise ValueError("a whole number of megabytes, or a share of the machine's memory, such as 25%") from None


def machine_memory() -> int:
    """How many bytes of memory this process may take: those of the machine, or what its container is given."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # where there is no such container, or it has no limit
        total = min(total, int(CONTAINER_MEMORY.read_text(encoding="ascii")))
    return total
