"""Structures as SDMX-JSON 2.0."""

from collections.abc import Iterator
from typing import Any

import orjson

from api.formats.sdmx.sdmx_json import meta_of
from api.questions.sdmx.sdmx_artefacts import Artefact, Described, Reference
from api.questions.sdmx.sdmx_components import AGENCY, CONCEPTS, VERSION, Component, Role

PACKAGES = {
    "dataflow": ("datastructure", "Dataflow"),
    "datastructure": ("datastructure", "DataStructure"),
    "conceptscheme": ("conceptscheme", "ConceptScheme"),
    "codelist": ("codelist", "Codelist"),
}
"""The package and the class of each type of artefact in the model of SDMX."""
_MEMBERS = {
    "dataflow": "dataflows",
    "datastructure": "dataStructures",
    "conceptscheme": "conceptSchemes",
    "codelist": "codelists",
}
_ITEMS = {"conceptscheme": ("concepts", "conceptscheme.Concept"), "codelist": ("codes", "codelist.Code")}
_URN = "urn:sdmx:org.sdmx.infomodel."


def urn(one: Reference) -> str:
    """The name of an artefact everywhere."""
    package, cls = PACKAGES[one.type]
    return f"{_URN}{package}.{cls}={AGENCY}:{one.id}({VERSION})"


def concept_urn(component: Component) -> str:
    """The name of a component's concept everywhere."""
    return f"{_URN}conceptscheme.Concept={AGENCY}:{CONCEPTS}({VERSION}).{component.id}"


def structure_json(described: Described) -> Iterator[bytes]:
    """A message with artefacts."""
    data: dict[str, list[Any]] = {}
    for one in described.artefacts:
        data.setdefault(_MEMBERS[one.reference.type], []).append(_artefact(one))
    yield orjson.dumps({"meta": meta_of(described.page.basis, kind="structure"), "data": data})


def _artefact(one: Artefact) -> dict[str, Any]:
    reference = one.reference
    said: dict[str, Any] = {
        "id": reference.id,
        "version": VERSION,
        "agencyID": AGENCY,
        "isExternalReference": one.stub,
        "name": one.name,
        "links": [{"rel": "self", "urn": urn(reference)}],
    }
    if one.stub:
        return said
    if reference.type == "dataflow":
        structure = Reference("datastructure", one.flow.structure)
        return {**said, "description": one.flow.description, "structure": urn(structure)}
    if reference.type == "datastructure":
        return {**said, "description": one.flow.description, "dataStructureComponents": _components(one)}
    member, cls = _ITEMS[reference.type]
    items = [
        {
            "id": code,
            "name": name,
            "links": [{"rel": "self", "urn": f"{_URN}{cls}={AGENCY}:{reference.id}({VERSION}).{code}"}],
        }
        for code, name in one.items.items()
    ]
    return {**said, "isPartial": one.partial, member: items}


def _components(one: Artefact) -> dict[str, Any]:
    flow = one.flow
    dimensions = [
        {"id": each.id, "position": place, **_component(each)} for place, each in enumerate(flow.series_dimensions)
    ]
    times = [{"id": each.id, **_component(each)} for each in flow.dimensions if each.role is Role.TIME]
    time = {"timeDimension": times[0]} if times else {}
    measures = [each for each in flow.components if each.role is Role.MEASURE]
    attributes = [
        {"id": each.id, "usage": "optional", "attributeRelationship": {"observation": {}}, **_component(each)}
        for each in flow.attributes
    ]
    return {
        "dimensionList": {"id": "DimensionDescriptor", "dimensions": dimensions, **time},
        "measureList": {
            "id": "MeasureDescriptor",
            "measures": [{"id": each.id, "usage": "optional", **_component(each)} for each in measures],
        },
        "attributeList": {"id": "AttributeDescriptor", "attributes": attributes},
    }


def _component(one: Component) -> dict[str, Any]:
    form: dict[str, Any] = (
        {"enumeration": urn(Reference("codelist", one.codelist))}
        if one.codelist
        else {"format": {"dataType": one.type}}
    )
    return {"conceptIdentity": concept_urn(one), "localRepresentation": form}
