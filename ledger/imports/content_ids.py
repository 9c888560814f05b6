"""Content ids: a fact is known by what it says, not by the file or the line that it came in.

A row without `event_id` gets one made of its content: the UUIDv5 of its canonical JSON (UTF-8, sorted keys, no spaces),
with defaults filled in and without what says nothing of the world: its note, when the source was retrieved, and the
hash of what was retrieved. So a file that has grown, that was saved with other line ends or that was put in another
order adds only what is new.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

import orjson
from pydantic_core import PydanticUndefined

from ledger.events.base import REGISTRY, Event
from ledger.events.figures import Figure
from ledger.values.identifiers import of_name

CONTENT_NAMESPACE = uuid5(NAMESPACE_URL, "urn:supply-ledger:content")
LEFT_OUT = ("note", "event_id", "expected_version", "origin")
LEFT_OUT_OF_SOURCE = ("retrieved_on", "sha256")


class ContentId(NamedTuple):
    """What names a fact by what it says."""

    event_key: bytes
    """16 bytes: its event_id."""
    digest: bytes
    """SHA-256 of its canonical JSON."""


def content_id(type_name: str, body: Mapping[str, Any]) -> ContentId:
    """The content id of an event that says this: `body` is as an event is kept, decimals as text."""
    cls = REGISTRY[type_name]
    says: dict[str, Any] = {**_defaults(cls), **body, "type": type_name}
    for name in LEFT_OUT:
        says.pop(name, None)
    if issubclass(cls, Figure):
        says["metric"], says["nature"] = cls.metric_of(says), cls.nature_of(says)
    if source := says.pop("source", None):
        kept = {name: value for name, value in source.items() if name not in LEFT_OUT_OF_SOURCE}
        if kept := {"kind": "primary", **kept} if "publisher" in kept else kept:
            says["source"] = kept
    canonical = orjson.dumps(says, option=orjson.OPT_SORT_KEYS)
    return ContentId(of_name(CONTENT_NAMESPACE, canonical), hashlib.sha256(canonical).digest())


@cache
def _defaults(cls: type[Event]) -> dict[str, Any]:
    """What an event says that leaves a field out, where that is not nothing."""
    fields = cls.model_fields.items()
    return {
        name: one.default for name, one in fields if one.default is not None and one.default is not PydanticUndefined
    }
