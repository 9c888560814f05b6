"""From a JSON value to an event of its type, with a path to each fault.

For example `{"type": "QuotaSet", "subject": "china", "unit": "tonnes"}` is refused with one violation for each thing
that is missing or wrong, at the paths `source`, `unit`, and so on.
"""

import difflib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from ledger.errors import VIOLATIONS_MAX, InvalidEvent, Violation
from ledger.events.base import REGISTRY, Event
from ledger.values.slugs import why_no_match

SERVER_FIELDS = ("position", "recorded_at", "recorded_by")
"""What the ledger sets, and no client may send."""
TYPE_LENGTH_MAX = 80
FAULTS_MAX = 1000
"""What has more faults than this is no event, and they are not listed."""


def parse_event(sent: Any) -> Event:
    """The event in a decoded JSON value. Raises InvalidEvent, which lists the faults."""
    if not isinstance(sent, dict | Mapping):
        raise InvalidEvent([Violation((), "object_expected", "an event is a JSON object")])
    type_name = sent.get("type")
    if not isinstance(type_name, str) or type_name not in REGISTRY:
        rule = "missing" if type_name is None else "unknown_type"
        raise InvalidEvent([Violation(("type",), rule, _no_type(type_name))])
    for name in SERVER_FIELDS:
        if name in sent:
            raise InvalidEvent([Violation((name,), "set_by_ledger", f"{name} is set by the ledger and never accepted")])
    cls = REGISTRY[type_name]
    fields = dict(sent)
    del fields["type"]
    if fields.get("dimensions") == {}:
        del fields["dimensions"]
    return validated(cls, fields)


def _no_type(name: Any) -> str:
    """Why a type is none, and which may be meant."""
    if name is None:
        return "an event says its type, for example ProductionReported; /v1/event-types lists them all"
    if not isinstance(name, str):
        return "type is a text, for example ProductionReported; /v1/event-types lists them all"
    near = difflib.get_close_matches(name[:TYPE_LENGTH_MAX], REGISTRY, n=3, cutoff=0.5)
    meant = f"; is it {' or '.join(near)}?" if near else ", as ProductionReported is one;"
    return f"there is no event type {name[:TYPE_LENGTH_MAX]!r}{meant} /v1/event-types lists them all"


def validated(cls: type[Event], fields: Mapping[str, Any]) -> Event:
    """The fields as an event of the type. Raises InvalidEvent, which lists every fault."""
    try:
        return cls.__pydantic_validator__.validate_python(fields)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise InvalidEvent(_violations(error, cls)) from None


def _violations(error: ValidationError, cls: type[Event]) -> list[Violation]:
    count = error.error_count()
    if count > FAULTS_MAX:
        # To tell them apart would take a thousand times the memory of what was sent.
        return [Violation((), "too_many_faults", f"the event has {count} faults; it is no {cls.__name__} at all")]
    faults = error.errors(include_url=False)[:VIOLATIONS_MAX]
    violations = [_violation(fault, cls) for fault in faults]
    violations[-1] = replace(violations[-1], unlisted=count - len(faults))
    return violations


def _violation(fault: Any, cls: type[Event]) -> Violation:
    path = tuple(part for part in fault["loc"] if part != "[key]")
    context = fault.get("ctx", {})
    if "field" in context:
        path = (*path, *str(context["field"]).split("/"))
    # Of an error of ours, the library says first that it is one.
    detail = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if fault["type"] == "string_pattern_mismatch":
        detail = why_no_match(str(context.get("pattern")), str(fault["input"])) or detail
    if fault["type"] == "extra_forbidden":
        detail = (
            f"unknown field; {cls.__name__} has: {', '.join(cls.model_fields)}" if len(path) == 1 else "unknown field"
        )
    return Violation(path, str(fault["type"]), detail)
