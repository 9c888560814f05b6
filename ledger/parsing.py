"""From what a client sends to an event: strict JSON, and validation with a path to each fault.

JSON here means RFC 8259 and nothing more: no duplicate keys, no NaN, no lone surrogates, nesting of at most 32.
Numbers are read from their text and never pass through a float.
"""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from ledger.errors import InvalidEvent, LedgerError, Violation
from ledger.events.base import REGISTRY, Event

DEPTH_MAX = 32
SERVER_FIELDS = ("position", "recorded_at", "recorded_by")


class MalformedJSON(LedgerError, ValueError):
    """A text is not JSON as this ledger reads it."""


def parse_json(raw: bytes) -> Any:
    """The value that the bytes stand for, numbers as int or Decimal. Raises MalformedJSON."""
    try:
        text = raw.decode("utf-8")
        if text.startswith("\ufeff"):
            text = text[1:]
        value = json.loads(
            text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_object_without_duplicates
        )
    except UnicodeDecodeError as error:
        raise MalformedJSON(f"the body is not UTF-8: {error.reason} at byte {error.start}") from None
    except RecursionError:
        raise MalformedJSON(f"the body is nested deeper than {DEPTH_MAX}") from None
    except json.JSONDecodeError as error:
        raise MalformedJSON(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except ValueError as error:
        raise MalformedJSON(str(error)) from None
    _check(value, DEPTH_MAX)
    return value


def parse_event(sent: Any) -> Event:
    """The event in a decoded JSON value. Raises InvalidEvent with every fault found."""
    if not isinstance(sent, Mapping):
        raise InvalidEvent([Violation((), "object_expected", "an event is a JSON object")])
    type_name = sent.get("type")
    if not isinstance(type_name, str) or type_name not in REGISTRY:
        rule = "missing" if type_name is None else "unknown_type"
        detail = f"type must be one of: {', '.join(sorted(REGISTRY))}"
        raise InvalidEvent([Violation(("type",), rule, detail)])
    for name in SERVER_FIELDS:
        if name in sent:
            raise InvalidEvent([Violation((name,), "set_by_ledger", f"{name} is set by the ledger and never accepted")])
    cls = REGISTRY[type_name]
    fields = {name: value for name, value in sent.items() if name != "type"}
    if fields.get("dimensions") == {}:
        del fields["dimensions"]
    return validated(cls, fields)


def validated(cls: type[Event], fields: Mapping[str, Any]) -> Event:
    """The fields as an event of the type. Raises InvalidEvent with every fault found."""
    try:
        return cls.model_validate(fields)
    except ValidationError as error:
        raise InvalidEvent([_violation(fault, cls) for fault in error.errors(include_url=False)]) from None


def digest(value: Any) -> bytes:
    """SHA-256 of a JSON value: the same for equal values, whatever the order of keys and the spelling of numbers."""
    return hashlib.sha256(_canonical(value).encode("utf-8", "surrogatepass")).digest()


def _canonical(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(key)}:{_canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return _number_text(Decimal(value))
    return json.dumps(value)


def _number_text(number: Decimal) -> str:
    if number == 0:
        return "0"
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits))
    significant = text.rstrip("0")
    assert isinstance(exponent, int)
    return f"{'-' if sign else ''}{significant}e{exponent + len(text) - len(significant)}"


def _violation(fault: Any, cls: type[Event]) -> Violation:
    path = tuple(part for part in fault["loc"] if part != "[key]")
    context = fault.get("ctx", {})
    if "field" in context:
        path = (*path, *str(context["field"]).split("/"))
    detail = str(fault["msg"])
    if fault["type"] == "extra_forbidden":
        detail = (
            f"unknown field; {cls.__name__} has: {', '.join(cls.model_fields)}" if len(path) == 1 else "unknown field"
        )
    return Violation(path, str(fault["type"]), detail)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {key!r} is there twice")
            seen.add(key)
    return value


def _check(value: Any, depth_left: int) -> None:
    """Refuses lone surrogates anywhere, and nesting over the limit."""
    if isinstance(value, str):
        if not value.isascii():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                raise MalformedJSON("a string holds a lone surrogate") from None
    elif isinstance(value, dict | list):
        if depth_left == 0:
            raise MalformedJSON(f"the body is nested deeper than {DEPTH_MAX}")
        for item in value if isinstance(value, list) else (part for pair in value.items() for part in pair):
            _check(item, depth_left - 1)
