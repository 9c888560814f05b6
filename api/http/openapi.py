"""The API's description of itself (OpenAPI), made from what is there: the registry of events and the catalogue of
projections.

It is made when it is asked for, so an event class that was defined a moment ago is in it.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.formats.negotiation import FORMATS, JSON
from api.http.declared_routes import SECURITY_SCHEME
from api.keys.scopes import Scope
from api.problems import MEDIA_TYPE, TYPE_PREFIX
from api.questions.event_types import event_schema
from api.questions.name_hints import MEMBERS as NAME_MEMBERS
from api.questions.parameters import Parameter
from ledger import REGISTRY, Event

REF = "#/components/schemas/"
INSTANT = {"type": "string", "format": "date-time", "examples": ["2026-11-21T09:30:00.000000Z"]}
FIRST_FACT: list[dict[str, Any]] = [
    {"type": "EntityRegistered", "entity": "my-agency", "kind": "organisation", "name": "My Agency"},
    {"type": "EntityRegistered", "entity": "my-country", "kind": "country", "name": "My Country"},
    {
        "type": "ProductionReported",
        "subject": "my-country",
        "metric": "mine_production",
        "period": "2024",
        "value": "13000",
        "unit": "t",
        "published_at": "2025-01-31",
        "source": {"publisher": "my-agency", "title": "Yearbook 2025", "locator": "table 3"},
    },
]

BASIS: dict[str, Any] = {
    "type": "object",
    "description": "The receipt of an answer: asked again with its three clocks, it is the same.",
    "properties": {
        "as_of": INSTANT,
        "recorded_as_of": {"type": "string", "examples": ["position:1054"]},
        "effective_at": INSTANT,
        "position": {"type": "integer", "description": "The log was folded up to here."},
        "recorded_at": {"anyOf": [INSTANT, {"type": "null"}], "description": "When that position was recorded."},
        "root": {
            "type": "string",
            "description": "The Merkle root over the log up to that position (RFC 6962), in hex.",
        },
        "erased": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Only where there are any: events up to that position that were erased since. What they "
            "made the ledger answer then is not known any more. `erased_more` counts those that are not listed.",
        },
    },
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457: what is wrong, and what to do about it.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": [TYPE_PREFIX + "event-refused"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer into the body",
                        "examples": ["/3/value"],
                    },
                    "parameter": {"type": "string", "description": "name of the query parameter"},
                    "row": {"type": "integer", "description": "row of an imported file, from 1"},
                    "rule": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

_SET_BY_THE_LEDGER: dict[str, Any] = {
    "event_id": {"type": "string", "format": "uuid"},
    "position": {"type": "integer", "description": "Its place in the log, from 1 on."},
    "recorded_at": INSTANT,
    "type": {"type": "string"},
    "figure_id": {"type": "string", "format": "uuid", "description": "Of statements on figures: which one."},
}
RECORDED: dict[str, Any] = {
    "type": "object",
    "description": "What became of one event that was sent.",
    "required": ["event_id", "recorded_at", "type", "status", "warnings"],
    "properties": {
        **_SET_BY_THE_LEDGER,
        "status": {"type": "string", "enum": ["recorded", "duplicate", "would_record"]},
        "warnings": {"type": "array", "items": {"type": "object"}, "description": "What is legal and odd."},
    },
}
APPENDED: dict[str, Any] = {
    "type": "object",
    "required": ["items", "basis"],
    "properties": {
        "items": {"type": "array", "items": {"$ref": REF + "Recorded"}, "description": "In the order of the request."},
        "basis": {"$ref": REF + "Basis"},
        "effects": {
            "type": "array",
            "items": {"type": "object"},
            "description": "In a dry run: the answers that would change, `before` and `after`.",
        },
        "effects_more": {"type": "integer", "description": "How many there are beside those that are listed."},
    },
}
LOGGED: dict[str, Any] = {
    "type": "object",
    "description": "An event as it was recorded: what the ledger set, and the fields that were sent.",
    "required": ["event_id", "position", "recorded_at", "recorded_by", "type"],
    "properties": {**_SET_BY_THE_LEDGER, "recorded_by": {"type": "string"}},
    "additionalProperties": True,
}

_PROBLEM = {"description": "A problem", "content": {MEDIA_TYPE: {"schema": {"$ref": REF + "Problem"}}}}
PROBLEMS: dict[int | str, Any] = {"4XX": _PROBLEM, "5XX": _PROBLEM}
"""The `responses` of an endpoint where it refuses."""

KEY_SCHEME: dict[str, Any] = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key, as `supply-ledger keys create` prints it once. A server without keys asks for none.",
}


def operation(
    scope: Scope | None,
    parameters: Sequence[Parameter] = (),
    *,
    headers: Sequence[dict[str, Any]] = (),
    **more: Any,
) -> dict[str, Any]:
    """What the framework cannot know of an endpoint: the scope that a key needs for it (`OPEN`: none), and its
    parameters, which are read from the raw query.
    """
    security = [] if scope is None else [{SECURITY_SCHEME: [scope.value]}]
    return {"security": security, "parameters": [*(one.openapi() for one in parameters), *headers], **more}


def answers(*schemas: str, page: bool = True, status: int = 200, **more: Any) -> dict[int | str, Any]:
    """The `responses` of an endpoint: a page of items of one of the named schemas, or one object; and a problem."""
    choices = [{"$ref": REF + schema} for schema in schemas] or [{"type": "object"}]
    items: dict[str, Any] = choices[0] if len(choices) == 1 else {"anyOf": choices}
    content: dict[str, Any] = {JSON.media_type: {"schema": _page(items, more) if page else items}}
    if page:
        content |= {form.media_type: {"schema": {"type": "string"}} for form in FORMATS if form is not JSON}
    return {
        status: {"description": "The answer", "content": content},
        **PROBLEMS,
    }


def item_schema(columns: pa.Schema, *, objects: tuple[str, ...] = ()) -> dict[str, Any]:
    """The JSON Schema of a projection's items, from the types of its columns; `objects` hold JSON objects as text."""
    properties = {column.name: _type(column.type) for column in columns}
    mapping = {"type": ["object", "null"], "additionalProperties": {"type": "string"}}
    properties |= dict.fromkeys(objects, mapping)
    return {"type": "object", "required": list(properties), "properties": properties}


def document(app: FastAPI, items: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The OpenAPI document: the app's routes, every event type of the registry, and the given item schemas by name."""
    described = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
    )
    own = {"Basis": BASIS, "Problem": PROBLEM, "Recorded": RECORDED, "Appended": APPENDED, "Logged": LOGGED}
    schemas: dict[str, Any] = {**own, **items}
    for name, cls in REGISTRY.items():
        schema = event_schema(cls, ref_template=REF + "{model}")
        schemas |= schema.pop("$defs", {})
        schemas[name] = schema
    schemas["Event"] = {
        "oneOf": [{"$ref": REF + name} for name in REGISTRY],
        "discriminator": {"propertyName": "type", "mapping": {name: REF + name for name in REGISTRY}},
    }
    components = described.setdefault("components", {})
    components["schemas"] = {**components.get("schemas", {}), **schemas}
    components["securitySchemes"] = {SECURITY_SCHEME: KEY_SCHEME}
    described["paths"]["/v1/events"]["post"]["requestBody"] = append_body()
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                # What a generated client calls it: the framework's own id has the path and the method in it as well.
                described["paths"][route.path_format][method.lower()]["operationId"] = route.name
    return described


def append_body() -> dict[str, Any]:
    """The request body of an append: one event of any type, or an array of them, with an example of each type."""
    event = {"$ref": REF + "Event"}
    batch = {"type": "array", "items": event, "minItems": 1, "maxItems": 10_000}
    examples: dict[str, Any] = {
        "first facts": {"summary": "Two entities and a figure, in one batch", "value": FIRST_FACT}
    }
    for name, cls in ((name, cls) for name, cls in REGISTRY.items() if cls.appended):
        examples[name] = {"summary": f"{name}: {_first_line(cls)}", "value": cls.example}
    return {
        "required": True,
        "content": {JSON.media_type: {"schema": {"anyOf": [event, batch]}, "examples": examples}},
    }


def _page(items: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", "next", "basis"],
        "properties": {
            "items": {"type": "array", "items": items},
            "next": {"type": ["string", "null"], "description": "Cursor of the next page."},
            "basis": {"$ref": REF + "Basis"},
            **NAME_MEMBERS,
            **more,
        },
    }


def _type(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_boolean(kind):
        return {"type": ["boolean", "null"]}
    if pa.types.is_integer(kind):
        return {"type": ["integer", "null"]}
    if pa.types.is_map(kind):
        return {"type": ["object", "null"], "additionalProperties": _type(kind.item_type)}
    if pa.types.is_list(kind):
        return {"type": ["array", "null"], "items": _type(kind.value_type)}
    if pa.types.is_struct(kind):
        return {"type": ["object", "null"], "properties": {part.name: _type(part.type) for part in kind}}
    return {"type": ["string", "null"]}


def _first_line(cls: type[Event]) -> str:
    return (cls.__doc__ or "").partition("\n")[0]
