"""Stored JSON: the bytes that an event is kept as.

They are the event's body as plain JSON on one line, so that SQL can read it: what was sent, decimals as text, absent
fields absent. A type of a later version writes `"_version"` before the fields, and older bytes are upcast when they are
read. Types are looked up in the registry by their names, never imported by a name from the store.
"""

import json
from typing import Any

import jiter

from ledger.errors import LedgerDamaged
from ledger.events.base import REGISTRY, Event

VERSION_FIELD = "_version"


def state_of(event: Event) -> bytes:
    """The bytes that an event is kept as."""
    cls = type(event)
    state = cls.__pydantic_serializer__.to_json(event, exclude_unset=True, exclude_none=True)
    return state if cls.version == 1 else b'{"%s":%d,%s' % (VERSION_FIELD.encode(), cls.version, state[1:])


def body_of(type_name: str, state: bytes, *, position: int) -> dict[str, Any]:
    """The body in stored bytes, upcast to the present version of its type.

    Raises LedgerDamaged where the bytes are not what this ledger writes; `position` is where they stand in the log.
    """
    cls = class_of(type_name, position=position)
    body: Any
    try:
        body = jiter.from_json(state)
    except (ValueError, TypeError):
        body = _read_slowly(state)
    if not isinstance(body, dict):
        raise LedgerDamaged(f"the event at position {position} is no JSON object", position=position)
    version = body.pop(VERSION_FIELD, 1)
    if type(version) is not int or not 1 <= version <= cls.version:
        detail = (
            f"the event at position {position} is {type_name} in version {version!r}, and {cls.version} is the last"
        )
        raise LedgerDamaged(f"{detail} that is known here: was it written by a newer version?", position=position)
    while version < cls.version:
        body = cls.upcast(body, version=version)
        version += 1
    upcast: dict[str, Any] = body
    return upcast


def _read_slowly(state: bytes) -> Any:
    """What the quick parser does not read, as an escaped half of a character; None for what is no JSON."""
    try:
        return json.loads(state)
    except (ValueError, TypeError, RecursionError):
        return None


def class_of(type_name: str, *, position: int) -> type[Event]:
    """The class of a stored type. Raises LedgerDamaged for a name that is not in the registry."""
    try:
        return REGISTRY[type_name]
    except KeyError:
        detail = f"unknown event type {type_name!r} at position {position}: was it written by a newer version?"
        raise LedgerDamaged(detail, position=position) from None


def encoded(body: dict[str, Any]) -> bytes:
    """A body as the bytes of compact JSON."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
