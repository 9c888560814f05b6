"""Documents of EPCIS 2.0: the events in them, in JSON or JSON-LD.

A document is one JSON value, so it is read whole, and no larger than that takes little memory.
"""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from ledger.codec.strict_json import MalformedJSON, parse_json
from ledger.imports.mappings.table_mapping import MappingError

DOCUMENT_BYTES_MAX = 64 * 1024 * 1024
DOCUMENT_VALUES_MAX = 1_000_000
KINDS = ("ObjectEvent", "AggregationEvent", "TransformationEvent", "TransactionEvent", "AssociationEvent")
_NAME = ("urn:epcglobal:cbv:mda#name", "cbvmda:name", "https://ref.gs1.org/cbv/mda#name", "name")


class Document(NamedTuple):
    """What a document says."""

    events: list[Any]
    created: str | None
    """When it was made."""
    names: Mapping[str, str]
    """What places, parties and goods are called, by their URI."""


def read_document(file: BinaryIO) -> Document:
    """The document in a file. Raises MappingError where it is none, and ContentTooLarge."""
    raw = file.read(DOCUMENT_BYTES_MAX + 1)
    if len(raw) > DOCUMENT_BYTES_MAX:
        raise MappingError(f"the document has more than {DOCUMENT_BYTES_MAX} bytes: send its events in several")
    if raw.lstrip()[:1] == b"<":
        raise MappingError("the document is XML: EPCIS is read in JSON or JSON-LD, into which programs convert it")
    try:
        said = parse_json(raw.removeprefix(b"\xef\xbb\xbf"), values_max=DOCUMENT_VALUES_MAX)
    except MalformedJSON as error:
        raise MappingError(f"the document is no JSON: {error}") from None
    events = _events(said)
    if events is None:
        raise MappingError(
            "the document is no EPCIS: it is no list of events, and has neither epcisBody.eventList nor a type that is "
            f"one of {', '.join(KINDS)}"
        )
    created = said.get("creationDate") if isinstance(said, dict) else None
    return Document(events, created if isinstance(created, str) else None, dict(_names(said)))


def kind_of_event(event: Mapping[str, Any]) -> str:
    """The type of an event, whatever it is written with before it."""
    said = event.get("type") or event.get("isA") or event.get("@type")
    return said.rpartition(":")[2] if isinstance(said, str) else ""


def _events(said: Any) -> list[Any] | None:
    if isinstance(said, list):
        return said if all(isinstance(one, dict) for one in said) else None
    if not isinstance(said, dict):
        return None
    if kind_of_event(said) in KINDS:
        return [said]
    body = said.get("epcisBody")
    if isinstance(body, dict):
        results = body.get("queryResults")
        results = results.get("resultsBody") if isinstance(results, dict) else None
        for place in (body, results):
            events = place.get("eventList") if isinstance(place, dict) else None
            if isinstance(events, dict):
                return [events]
            if isinstance(events, list):
                return events
        if isinstance(body.get("event"), dict):
            return [body["event"]]
    return None


def _names(said: Any) -> Iterator[tuple[str, str]]:
    """What the master data of a document call things."""
    for vocabulary in _lists(said, "epcisHeader", "epcisMasterData", "vocabularyList"):
        for element in _lists(vocabulary, "vocabularyElementList"):
            for attribute in _lists(element, "attributes"):
                name = attribute.get("attribute")
                if attribute.get("id") in _NAME and isinstance(name, str) and isinstance(element.get("id"), str):
                    yield element["id"], name


def _lists(said: Any, *path: str) -> list[dict[str, Any]]:
    """The objects in a list within objects; none where there is no such list."""
    for name in path:
        said = said.get(name) if isinstance(said, dict) else None
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []
