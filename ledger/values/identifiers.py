"""The identifiers that the ledger makes: of a name, the same on every machine; or of the time, in the log's order."""

import hashlib
import secrets
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

_CHANCE = ~(0xF << 76 | 0b11 << 62)
_VERSION_5 = 5 << 76 | 0b10 << 62
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
POSITION_PREFIX = "position:"
"""Before a position of the log, where a day or an instant could stand too: `position:1054`."""
POSITION_DIGITS_MAX = 18


def microseconds(at: datetime) -> int:
    """An instant in microseconds since 1970, UTC."""
    return (at - EPOCH) // timedelta(microseconds=1)


def instant_of(since_1970_us: int) -> datetime:
    """The instant that lies N microseconds after the beginning of 1970, UTC."""
    return EPOCH + timedelta(microseconds=since_1970_us)


def of_name(namespace: UUID, name: bytes) -> bytes:
    """The bytes of a UUIDv5 (RFC 9562). Quicker than the standard library's, which makes an object of it."""
    made = int.from_bytes(hashlib.sha1(namespace.bytes + name, usedforsecurity=False).digest()[:16], "big")
    return (made & _CHANCE | _VERSION_5).to_bytes(16, "big")


def of_time(at: datetime) -> bytes:
    """The bytes of a UUIDv7 (RFC 9562): 48 bits of milliseconds, then a counter of nanoseconds and chance."""
    milliseconds = microseconds(at) // 1000
    counter = time.perf_counter_ns() & 0xFFF_FFFF_FFFF
    bits = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 7 << 76 | (counter >> 32 & 0xFFF) << 64 | 2 << 62
    bits |= (counter & 0xFFFF_FFFF) << 30 | secrets.randbits(30)
    return bits.to_bytes(16, "big")


def id_text(made: bytes) -> str:
    """An identifier as text."""
    digits = made.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
