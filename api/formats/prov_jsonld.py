"""Provenance as JSON-LD: PROV-JSONLD (a submission to the W3C), which any reader of JSON-LD takes for PROV-O.

Each statement of PROV-DM is an object of `@graph`, with its context beside it, so that it is read without a network.
Relations are in their qualified form, and the subject of each has the plain property of PROV-O as well
(`prov:wasDerivedFrom`), so that a query in SPARQL need not know the other.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from api.formats.cells import cell, json_text
from api.questions.provenance.prov_graph import OWN, ROLES, TIME, ProvGraph, ProvStatement

XSD = "http://www.w3.org/2001/XMLSchema#"
PROV = "http://www.w3.org/ns/prov#"
_NAMED: Mapping[str, str] = {"@type": "@id"}
_AT: Mapping[str, str] = {"@id": "prov:atTime", "@type": "xsd:dateTime"}


def _qualified(subject: str, others: Mapping[str, str], *, kind: str, timed: bool = False) -> dict[str, Any]:
    """The terms of a relation: its subject has it as a property, and the others are properties of its own."""
    terms: dict[str, Any] = {subject: {"@reverse": f"prov:qualified{kind}", **_NAMED}}
    terms |= {role: {"@id": f"prov:{name}", **_NAMED} for role, name in others.items()}
    return {"@id": f"prov:{kind}", "@context": terms | ({TIME: _AT} if timed else {})}


CONTEXT: Mapping[str, Any] = {
    "@version": 1.1,
    "type": {"@id": "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", **_NAMED},
    "Entity": {"@id": "prov:Entity", "@context": {"value": {"@id": "prov:value"}}},
    "Activity": {"@id": "prov:Activity"},
    "Agent": {"@id": "prov:Agent"},
    "Generation": _qualified("entity", {"activity": "activity"}, kind="Generation", timed=True),
    "Invalidation": _qualified("entity", {"activity": "activity"}, kind="Invalidation", timed=True),
    "Attribution": _qualified("entity", {"agent": "agent"}, kind="Attribution"),
    "Association": _qualified("activity", {"agent": "agent"}, kind="Association"),
    "Derivation": _qualified("generatedEntity", {"usedEntity": "entity", "activity": "hadActivity"}, kind="Derivation"),
    "Alternate": {
        "@id": "https://openprovenance.org/ns/provext#Alternate",
        "@context": {
            "alternate1": {"@reverse": "https://openprovenance.org/ns/provext#qualifiedAlternate", **_NAMED},
            "alternate2": {"@id": "https://openprovenance.org/ns/provext#alternate", **_NAMED},
        },
    },
}
"""What the terms of a document mean; `prov` and `xsd` are among its prefixes."""
_PLAIN: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Generation": (("activity", "wasGeneratedBy"), (TIME, "generatedAtTime")),
    "Invalidation": (("activity", "wasInvalidatedBy"), (TIME, "invalidatedAtTime")),
    "Attribution": (("agent", "wasAttributedTo"),),
    "Association": (("agent", "wasAssociatedWith"),),
    "Derivation": (("usedEntity", "wasDerivedFrom"),),
    "Alternate": (("alternate2", "alternateOf"),),
}
"""Of each kind of relation, which role is the object of which property."""


def prov_jsonld(graph: ProvGraph) -> str:
    """A graph as a document in JSON-LD."""
    plain: defaultdict[str, defaultdict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for one in graph.statements:
        for role, name in _PLAIN.get(one.kind, ()):
            if role in one.roles:
                value = (
                    {"@value": one.roles[role], "@type": "xsd:dateTime"} if role == TIME else {"@id": one.roles[role]}
                )
                names = [name, "wasRevisionOf"] if "prov:Revision" in one.types else [name]
                for each in names:
                    plain[one.roles[ROLES[one.kind][0]]][f"prov:{each}"].append(value)
    statements = [_object(one, plain.get(one.name or "", {})) for one in graph.statements]
    prefixes = {"prov": PROV, "xsd": XSD, **graph.prefixes}
    return json_text({"@context": [prefixes, CONTEXT], "@graph": statements})


def _object(one: ProvStatement, plain: Mapping[str, Any]) -> dict[str, Any]:
    written: dict[str, Any] = {"@type": one.kind}
    if one.name is not None:
        written["@id"] = one.name
    written |= one.roles
    if one.types:
        written["type"] = list(one.types)
    if one.value is not None:
        written["value"] = [{"@value": cell(one.value)}]
    return {**written, **{f"{OWN}:{name}": [_value(value)] for name, value in one.says.items()}, **plain}


def _value(value: Any) -> dict[str, str]:
    """An attribute: a whole number and a boolean with their types, everything else a text, JSON where it is nested."""
    if isinstance(value, bool | int):
        return {"@value": cell(value), "@type": f"xsd:{'boolean' if isinstance(value, bool) else 'integer'}"}
    return {"@value": cell(value)}
