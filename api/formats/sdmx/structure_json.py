"""Structures as SDMX-JSON 2.0."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from api.formats.sdmx.sdmx_json import meta_of
from api.questions.page import Page
from api.questions.sdmx.sdmx_artefacts import Artefact, Described, Reference
from api.questions.sdmx.sdmx_availability import Available
from api.questions.sdmx.sdmx_components import AGENCY, CONCEPTS, TIME_PERIOD, VERSION, Component, Role

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
METRICS = "sdmx_metrics"
"""The type of an annotation that counts something."""
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
    yield _message(described.page, described.artefacts, {})


def availability_json(available: Available) -> Iterator[bytes]:
    """A message with what is available, as a constraint, and the artefacts that describe it."""
    keys: list[dict[str, Any]] = [
        {"id": name, "include": True, "values": [{"value": code} for code in codes]}
        for name, codes in available.codes.items()
    ]
    if available.days is not None:
        start, end = ({"period": day.isoformat(), "isInclusive": True} for day in available.days)
        keys.append({"id": TIME_PERIOD, "include": True, "timeRange": {"startPeriod": start, "endPeriod": end}})
    counts = {"series_count": available.series, "obs_count": available.observations}
    constraint = {
        "id": available.id,
        "version": VERSION,
        "agencyID": AGENCY,
        "name": f"What there is of {available.flow.name.lower()}",
        "role": "Actual",
        "constraintAttachment": {"dataflows": [urn(Reference("dataflow", available.flow.id))]},
        "cubeRegions": [{"include": True, "keyValues": keys}],
        "annotations": [{"id": name, "title": str(count), "type": METRICS} for name, count in counts.items()],
    }
    yield _message(available.page, available.artefacts, {"dataConstraints": [constraint]})


def _message(page: Page, artefacts: Sequence[Artefact], data: dict[str, list[Any]]) -> bytes:
    for one in artefacts:
        data.setdefault(_MEMBERS[one.reference.type], []).append(_artefact(one))
    return orjson.dumps({"meta": meta_of(page.basis, kind="structure"), "data": data})


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
