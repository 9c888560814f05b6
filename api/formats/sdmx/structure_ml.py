"""Structures as SDMX-ML 2.1."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from api.formats.sdmx.sdmx_ml import HEAD, header_of, namespaces, xml_text
from api.formats.sdmx.structure_json import METRICS, PACKAGES, urn
from api.questions.page import Page
from api.questions.sdmx.sdmx_artefacts import Artefact, Described, Reference
from api.questions.sdmx.sdmx_availability import Available
from api.questions.sdmx.sdmx_components import AGENCY, CONCEPTS, OBS_VALUE, TIME_PERIOD, VERSION, Component, Role

_CONTAINERS = {
    "dataflow": "Dataflows",
    "datastructure": "DataStructures",
    "conceptscheme": "Concepts",
    "codelist": "Codelists",
}
_ORDER = ("dataflow", "codelist", "conceptscheme", "datastructure")
"""In which a message has them."""


def structure_ml(described: Described) -> Iterator[bytes]:
    """A message with artefacts."""
    return _message(described.page, described.artefacts)


def availability_ml(available: Available) -> Iterator[bytes]:
    """A message with what is available, as a constraint, and the artefacts that describe it."""
    return _message(available.page, available.artefacts, "".join(_constraint(available)))


def _constraint(available: Available) -> Iterator[str]:
    yield (
        f'<structure:Constraints><structure:ContentConstraint id="{available.id}" version="{VERSION}" '
        f'agencyID="{AGENCY}" type="Actual"><common:Annotations>'
    )
    for name, count in (("series_count", available.series), ("obs_count", available.observations)):
        yield f'<common:Annotation id="{name}"><common:AnnotationTitle>{count}</common:AnnotationTitle>'
        yield f"<common:AnnotationType>{METRICS}</common:AnnotationType></common:Annotation>"
    reference = _reference(Reference("dataflow", available.flow.id))
    yield f"</common:Annotations>{_name(f'What there is of {available.flow.name.lower()}')}"
    yield f"<structure:ConstraintAttachment><structure:Dataflow>{reference}</structure:Dataflow>"
    yield '</structure:ConstraintAttachment><structure:CubeRegion include="true">'
    for name, codes in available.codes.items():
        values = "".join(f"<common:Value>{xml_text(code)}</common:Value>" for code in codes)
        yield f'<common:KeyValue id="{name}">{values}</common:KeyValue>'
    if available.days is not None:
        start, end = (f"{day.isoformat()}T00:00:00" for day in available.days)
        yield f'<common:KeyValue id="{TIME_PERIOD}"><common:TimeRange>'
        yield f'<common:StartPeriod isInclusive="true">{start}</common:StartPeriod>'
        yield f'<common:EndPeriod isInclusive="true">{end}</common:EndPeriod></common:TimeRange></common:KeyValue>'
    yield "</structure:CubeRegion></structure:ContentConstraint></structure:Constraints>"


def _message(page: Page, artefacts: Sequence[Artefact], last: str = "") -> Iterator[bytes]:
    spaces = namespaces(message="message", structure="structure", common="common")
    yield f"{HEAD}<message:Structure {spaces}>{header_of(page.basis)}<message:Structures>".encode()
    ordered = sorted(artefacts, key=lambda one: _ORDER.index(one.reference.type))
    for kind, some in groupby(ordered, lambda one: one.reference.type):
        yield f"<structure:{_CONTAINERS[kind]}>".encode()
        for one in some:
            yield "".join(_artefact(one)).encode()
        yield f"</structure:{_CONTAINERS[kind]}>".encode()
    yield f"{last}</message:Structures></message:Structure>".encode()


def _artefact(one: Artefact) -> Iterator[str]:
    reference = one.reference
    _, cls = PACKAGES[reference.type]
    external = "true" if one.stub else "false"
    partial = ' isPartial="true"' if one.partial else ""
    yield (
        f'<structure:{cls} id="{reference.id}" version="{VERSION}" agencyID="{AGENCY}" urn="{urn(reference)}" '
        f'isExternalReference="{external}"{partial}>{_name(one.name)}'
    )
    if not one.stub:
        if reference.type == "dataflow":
            yield f"{_description(one.flow.description)}<structure:Structure>"
            yield _reference(Reference("datastructure", one.flow.structure))
            yield "</structure:Structure>"
        elif reference.type == "datastructure":
            yield _description(one.flow.description)
            yield from _components(one)
        else:
            tag = "Concept" if reference.type == "conceptscheme" else "Code"
            for code, name in one.items.items():
                yield f'<structure:{tag} id="{code}">{_name(name)}</structure:{tag}>'
    yield f"</structure:{cls}>"


def _name(text: str) -> str:
    return f'<common:Name xml:lang="en">{xml_text(text)}</common:Name>'


def _description(text: str) -> str:
    return f'<common:Description xml:lang="en">{xml_text(text)}</common:Description>'


def _reference(one: Reference) -> str:
    package, cls = PACKAGES[one.type]
    return f'<Ref id="{one.id}" version="{VERSION}" agencyID="{AGENCY}" package="{package}" class="{cls}"/>'


def _components(one: Artefact) -> Iterator[str]:
    flow = one.flow
    yield '<structure:DataStructureComponents><structure:DimensionList id="DimensionDescriptor">'
    for place, each in enumerate(flow.dimensions, 1):
        tag = "TimeDimension" if each.role is Role.TIME else "Dimension"
        yield f'<structure:{tag} id="{each.id}" position="{place}">{_represented(each)}</structure:{tag}>'
    yield '</structure:DimensionList><structure:AttributeList id="AttributeDescriptor">'
    for each in flow.attributes:
        yield f'<structure:Attribute id="{each.id}" assignmentStatus="Conditional">{_represented(each)}'
        yield f'<structure:AttributeRelationship><structure:PrimaryMeasure><Ref id="{OBS_VALUE}"/>'
        yield "</structure:PrimaryMeasure></structure:AttributeRelationship></structure:Attribute>"
    yield '</structure:AttributeList><structure:MeasureList id="MeasureDescriptor">'
    for each in flow.components:
        if each.role is Role.MEASURE:
            yield f'<structure:PrimaryMeasure id="{each.id}">{_represented(each)}</structure:PrimaryMeasure>'
    yield "</structure:MeasureList></structure:DataStructureComponents>"


def _represented(one: Component) -> str:
    concept = (
        f'<Ref id="{one.id}" maintainableParentID="{CONCEPTS}" maintainableParentVersion="{VERSION}" '
        f'agencyID="{AGENCY}" package="conceptscheme" class="Concept"/>'
    )
    form = (
        f"<structure:Enumeration>{_reference(Reference('codelist', one.codelist))}</structure:Enumeration>"
        if one.codelist
        else f'<structure:TextFormat textType="{one.type}"/>'
    )
    return (
        f"<structure:ConceptIdentity>{concept}</structure:ConceptIdentity>"
        f"<structure:LocalRepresentation>{form}</structure:LocalRepresentation>"
    )
