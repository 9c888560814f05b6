"""Artefacts: what describes the data in SDMX, and which of it a structure query is answered with.

Dataflows have data structures, which have concepts and codelists. What is fixed follows from the components; which
codes there are of subjects, metrics and so on, a viewpoint says.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from api.problems import bad_parameter, not_found
from api.questions.page import Page, read
from api.questions.parameters import Parameter
from api.questions.sdmx.sdmx_codes import breakdown_code, unit_code
from api.questions.sdmx.sdmx_components import CONCEPTS, DATAFLOWS, Component, Dataflow
from api.questions.sdmx.sdmx_data_query import CLOCKS, clocks_of
from api.questions.sdmx.sdmx_names import FIXED, OF_THE_LEDGER, code_names
from api.questions.sdmx.sdmx_paths import ANY, check_maintained, filled, not_offered
from projections import Inquiry, Reader, Viewpoint

TYPES = ("dataflow", "datastructure", "conceptscheme", "codelist")
"""The types of artefacts that there are, in the order of a message."""
DETAILS = (
    *("full", "raw", "referencepartial"),
    *("allstubs", "allcompletestubs", "referencestubs", "referencecompletestubs"),
)
REFERENCES = ("none", "children", "descendants", "parents", "ancestors", "parentsandsiblings", "all", *TYPES)
STRUCTURE_FORM = Parameter(
    "format",
    "How the structures come; else the `Accept` header decides.",
    schema={"type": "string", "enum": ["sdmx-json", "sdmx-ml"]},
)
STRUCTURE_PARAMETERS = (
    *CLOCKS,
    Parameter(
        "references",
        "What else is wanted of what these refer to, or are referred to by. Default: `none`.",
        schema={"type": "string", "enum": list(REFERENCES)},
        several=True,
    ),
    Parameter("detail", "How much of each. Default: `full`.", schema={"type": "string", "enum": list(DETAILS)}),
    STRUCTURE_FORM,
)
CODELIST_NAMES: Mapping[str, str] = {
    "CL_FREQ": "Frequencies",
    "CL_SUBJECT": "What figures are about",
    "CL_METRIC": "Metrics",
    "CL_MATERIAL": "Materials",
    "CL_BREAKDOWN": "What else tells figures apart",
    "CL_NATURE": "Natures",
    "CL_UNIT_MEASURE": "Units of measure",
    "CL_PUBLISHER": "Publishers",
    "CL_OBS_STATUS": "Observation statuses",
    "CL_STATUS": "What sources call figures",
    "CL_SYMBOL": "Why there is no number",
}
_COLUMNS = {
    "CL_SUBJECT": "subject",
    "CL_METRIC": "metric",
    "CL_MATERIAL": "material",
    "CL_BREAKDOWN": "dimensions",
    "CL_UNIT_MEASURE": "canonical_unit",
    "CL_PUBLISHER": "publisher",
}


class Reference(NamedTuple):
    """An artefact by its type and id."""

    type: str
    id: str


class Artefact(NamedTuple):
    """An artefact: its name, and what is in it unless it is a stub: codes or concepts by id, else components."""

    reference: Reference
    name: str
    stub: bool = False
    items: Mapping[str, str] = {}
    partial: bool = False

    @property
    def flow(self) -> Dataflow:
        """The dataflow that it is, or that it is the structure of."""
        return DATAFLOWS[self.reference.id.removeprefix("DSD_")]


class Described(NamedTuple):
    """An answer to a structure query: the artefacts, and the page that says at which viewpoint they are so."""

    artefacts: Sequence[Artefact]
    page: Page


def components() -> dict[str, Component]:
    """Every component by id."""
    return {one.id: one for flow in DATAFLOWS.values() for one in flow.components}


def _all() -> list[Reference]:
    return [
        *(Reference("dataflow", one) for one in DATAFLOWS),
        *(Reference("datastructure", one.structure) for one in DATAFLOWS.values()),
        Reference("conceptscheme", CONCEPTS),
        *(Reference("codelist", one) for one in CODELIST_NAMES),
    ]


def _children(one: Reference) -> list[Reference]:
    if one.type == "dataflow":
        return [Reference("datastructure", DATAFLOWS[one.id].structure)]
    if one.type == "datastructure":
        flow = DATAFLOWS[one.id.removeprefix("DSD_")]
        lists = dict.fromkeys(component.codelist for component in flow.components if component.codelist)
        return [Reference("conceptscheme", CONCEPTS), *(Reference("codelist", name) for name in lists)]
    return []


def _parents(one: Reference) -> list[Reference]:
    return [other for other in _all() if one in _children(other)]


def _further(some: Iterable[Reference], step: Any) -> set[Reference]:
    """What is reached from some by any number of steps."""
    found: set[Reference] = set()
    left = list(some)
    while left:
        new = [one for one in step(left.pop()) if one not in found]
        found.update(new)
        left.extend(new)
    return found


def _referenced(chosen: Sequence[Reference], references: str) -> set[Reference]:
    """What else a query wants beside what it names. Raises Problem."""
    found: set[Reference] = set()
    for word in references.split(","):
        parents = {parent for one in chosen for parent in _parents(one)}
        if word == "children":
            found |= {child for one in chosen for child in _children(one)}
        elif word == "descendants":
            found |= _further(chosen, _children)
        elif word == "parents":
            found |= parents
        elif word == "ancestors":
            found |= _further(chosen, _parents)
        elif word == "parentsandsiblings":
            found |= parents | {child for one in parents for child in _children(one)}
        elif word == "all":
            found |= parents | {child for one in parents for child in _children(one)} | _further(chosen, _children)
        elif word in TYPES:
            near = _further(chosen, _children) | _further(chosen, _parents)
            found |= {one for one in near if one.type == word}
        elif word != "none":
            detail = f"references is some of {', '.join(REFERENCES)}, not {word[:40]!r}"
            raise bad_parameter("references", "choice", detail)
    return found


def describe(engine: Inquiry, type: str, parts: Sequence[str], parameters: Mapping[str, str]) -> Described:
    """The artefacts that the parts of a path (agency, id, version, item) name, and those that they refer to.

    Raises Problem.
    """
    agency, names, version, item = filled(parts, 4)
    check_maintained(agency, version)
    if type not in (*TYPES, "*", "structure"):
        raise not_offered(f"{type[:40]!r} is not offered: there are {', '.join(TYPES)}.")
    known = chosen = [one for one in _all() if type in (one.type, "*", "structure")]
    if names not in ANY:
        wanted = names.split(",")
        chosen = [one for one in known if one.id in wanted]
    if not chosen:
        raise not_found(f"There is no {type[:40]} {names[:80]!r}: there are {', '.join(one.id for one in known)}.")
    detail = parameters.get("detail", "full")
    if detail not in DETAILS:
        raise bad_parameter("detail", "choice", f"detail is one of {', '.join(DETAILS)}, not {detail[:40]!r}")
    referenced = _referenced(chosen, parameters.get("references", "none"))
    stubs = {
        one
        for one in {*chosen, *referenced}
        if detail.startswith("all") or (detail.endswith("stubs") and one not in chosen)
    }
    wanted_lists = {one.id for one in {*chosen, *referenced} - stubs if one.type == "codelist"}
    codes: dict[str, dict[str, str]] = {}

    def fetch(viewpoint: Viewpoint, count: int | None, skip: int) -> list[dict[str, Any]]:
        codes.update(_codes(engine, viewpoint, wanted_lists))
        return []

    page = read(engine, fetch, path="sdmx-structure", parameters={**clocks_of(parameters), "format": "csv"})
    artefacts = [_artefact(one, codes, stub=one in stubs) for one in _all() if one in referenced or one in chosen]
    if item not in ANY:
        artefacts = [_with_items(one, item.split(",")) if one.reference in chosen else one for one in artefacts]
    return Described(artefacts, page)


def _artefact(one: Reference, codes: Mapping[str, Mapping[str, str]], *, stub: bool) -> Artefact:
    if one.type == "codelist":
        return Artefact(one, CODELIST_NAMES[one.id], stub, codes.get(one.id, {}))
    if one.type == "conceptscheme":
        return Artefact(one, "Concepts of the ledger", stub, {name: found.name for name, found in components().items()})
    flow = DATAFLOWS[one.id.removeprefix("DSD_")]
    return Artefact(one, flow.name, stub)


def _with_items(one: Artefact, wanted: Sequence[str]) -> Artefact:
    if one.reference.type not in ("codelist", "conceptscheme"):
        raise not_found(f"A {one.reference.type} has no items: leave the last part of the path out.")
    items = {code: name for code, name in one.items.items() if code in wanted}
    if not items and not one.stub:
        raise not_found(f"{one.reference.id} has no item {', '.join(wanted)[:80]!r} at this viewpoint.")
    return one._replace(items=items, partial=True)


def _codes(engine: Inquiry, viewpoint: Viewpoint, wanted: Iterable[str]) -> dict[str, dict[str, str]]:
    """The codes of codelists at a viewpoint, and what they are called."""
    wanted = set(wanted)
    codes: dict[str, list[str]] = {name: list(FIXED[name]) for name in wanted if name in FIXED}
    if of_ledger := [name for name in OF_THE_LEDGER if name in wanted]:
        with engine.reader(viewpoint) as reader:
            codes |= _said(reader, of_ledger)
    return code_names(engine, viewpoint, codes)


def _said(reader: Reader, names: Sequence[str]) -> dict[str, list[str]]:
    """The codes that occur in anything that was said."""
    lists = ", ".join(f'LIST(DISTINCT {_COLUMNS[name]}) AS "{name}"' for name in names)
    (row,) = reader.series("published", {}, query=f"SELECT {lists} FROM chosen").to_pylist()
    found = {name: {one for one in row[name] or () if one is not None} for name in names}
    turned = {"CL_BREAKDOWN": breakdown_code, "CL_UNIT_MEASURE": unit_code}
    nothing = {"CL_MATERIAL": ["_Z"], "CL_BREAKDOWN": ["_Z"]}
    return {name: [*nothing.get(name, ()), *sorted(map(turned.get(name, str), some))] for name, some in found.items()}
