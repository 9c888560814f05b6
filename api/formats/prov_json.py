"""Provenance as PROV-JSON (a submission to the W3C): an object for each kind of statement, by names."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from api.formats.cells import cell, json_text
from api.questions.provenance.prov_graph import OWN, ProvGraph, ProvStatement

SECTIONS: Mapping[str, str] = {
    "Entity": "entity",
    "Activity": "activity",
    "Agent": "agent",
    "Generation": "wasGeneratedBy",
    "Attribution": "wasAttributedTo",
    "Association": "wasAssociatedWith",
    "Derivation": "wasDerivedFrom",
    "Invalidation": "wasInvalidatedBy",
    "Alternate": "alternateOf",
}
"""What PROV-JSON calls the statements of each kind."""


def prov_json(graph: ProvGraph) -> str:
    """A graph as a document in PROV-JSON. Relations have blank names, `_:1` and so on."""
    sections: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for number, one in enumerate(graph.statements, 1):
        sections[SECTIONS[one.kind]][one.name or f"_:{number}"] = _attributes(one)
    return json_text({"prefix": dict(graph.prefixes), **sections})


def _attributes(one: ProvStatement) -> dict[str, Any]:
    written: dict[str, Any] = {f"prov:{role}": name for role, name in one.roles.items()}
    if one.types:
        written["prov:type"] = [{"$": name, "type": "prov:QUALIFIED_NAME"} for name in one.types]
    if one.value is not None:
        written["prov:value"] = cell(one.value)
    return {**written, **{f"{OWN}:{name}": _value(value) for name, value in one.says.items()}}


def _value(value: Any) -> Any:
    if isinstance(value, bool | int):
        return {"$": cell(value), "type": "xsd:boolean" if isinstance(value, bool) else "xsd:integer"}
    return cell(value)
