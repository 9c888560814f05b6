"""Questions about the types of events: what can be recorded."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from api.problems import not_found
from api.questions.page import Items, Page, read
from ledger import REGISTRY, Event
from projections import Inquiry, Viewpoint


def event_types(engine: Inquiry, parameters: Mapping[str, str]) -> Page:
    """The catalogue of event types, in order of definition."""

    def fetch(_: Viewpoint, count: int | None, skip: int) -> Items:
        return [type_item(cls) for cls in REGISTRY.values()][skip:][:count]

    return read(engine, fetch, path="event-types", parameters=parameters)


def event_type(engine: Inquiry, name: str, parameters: Mapping[str, str]) -> Page:
    """One event type. Raises Problem (404) for an unknown one."""
    if name not in REGISTRY:
        raise not_found(f"There is no event type {name[:80]!r}; there are: {', '.join(sorted(REGISTRY))}.")
    return read(engine, lambda *_: [type_item(REGISTRY[name])], path=f"event-types/{name}", parameters=parameters)


DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def type_item(cls: type[Event]) -> dict[str, Any]:
    """An event type as it is listed."""
    return {
        "type": cls.__name__,
        "family": cls.family,
        "description": " ".join((cls.__doc__ or "").split()),
        "fields": list(cls.model_fields),
        "schema": {"$schema": DIALECT, **event_schema(cls)},
        "example": cls.example,
    }


def event_schema(cls: type[Event], *, ref_template: str = "#/$defs/{model}") -> dict[str, Any]:
    """The JSON Schema of what a client sends for this type."""
    schema = cls.model_json_schema(ref_template=ref_template)
    schema["properties"] = {"type": {"const": cls.__name__, "type": "string"}, **schema["properties"]}
    schema["required"] = ["type", *schema.get("required", [])]
    schema["examples"] = [cls.example]
    return schema
