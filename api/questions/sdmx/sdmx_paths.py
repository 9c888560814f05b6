"""Paths of SDMX-REST: those of version 2 (`data/dataflow/SUPPLY_LEDGER/FIGURES/1.0.0/KEY`) and the shorter ones of
version 1.5 (`data/FIGURES/KEY`), which many programs still ask by.

What is left out at the end of a path is any. The two forms cannot be taken for one another, since no dataflow is called
as a context is.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from api.problems import Problem, not_found
from api.questions.sdmx.sdmx_components import AGENCY, DATAFLOWS, VERSION, Dataflow

CONTEXTS = ("dataflow", "datastructure", "provisionagreement", "*")
ANY = ("*", "all", "")
VERSIONS = (*ANY, "+", "~", "latest", VERSION, VERSION.removesuffix(".0"))
PARTS_MAX = 8


class DataPath(NamedTuple):
    """What the path of a data query names. `older` says that it is of SDMX-REST 1.5."""

    flow: Dataflow
    key: str
    older: bool
    component: str = "*"


def not_offered(detail: str) -> Problem:
    """Something that SDMX has, and this service has not."""
    return Problem(501, "not-offered", detail)


def data_path(path: str) -> DataPath:
    """The path of a data query, from behind `data/`. Raises Problem."""
    parts = path_parts(path)
    if parts[0] not in CONTEXTS:
        return _older(parts)
    context, agency, name, version, key, component = filled(parts, 6)
    if context == "provisionagreement":
        raise not_offered("There are no provision agreements here: ask by dataflow or datastructure.")
    check_maintained(agency, version)
    by_structure = {one.structure: one for one in DATAFLOWS.values()}
    known = {"dataflow": dict(DATAFLOWS), "datastructure": by_structure}.get(context, {**DATAFLOWS, **by_structure})
    return DataPath(_flow(name, known), key, older=False, component=component)


def _older(parts: Sequence[str]) -> DataPath:
    reference, key, provider, component = filled(parts, 4)
    agency, name, version = _reference(reference)
    check_maintained(agency, version)
    if provider not in (*ANY, AGENCY):
        raise not_found(f"There are no data of the provider {provider[:80]!r}: it is {AGENCY}.")
    return DataPath(_flow(name, DATAFLOWS), key, older=True, component=component)


def _reference(text: str) -> tuple[str, str, str]:
    """The agency, the id and the version in `FIGURES`, `SUPPLY_LEDGER,FIGURES` or `SUPPLY_LEDGER,FIGURES,1.0.0`."""
    words = text.split(",")
    if len(words) > 3:
        raise not_found(f"{text[:80]!r} is no reference to a dataflow: AGENCY,ID,VERSION.")
    agency, name, version = ("*", *words, "*") if len(words) == 1 else (*words, "*")[:3]
    return agency, name, version


def _flow(name: str, known: Mapping[str, Dataflow]) -> Dataflow:
    if name in ANY or "," in name:
        raise not_offered(f"Data come of one dataflow at a time: {', '.join(DATAFLOWS)}.")
    if name not in known:
        raise not_found(f"There is no dataflow {name[:80]!r}: there are {', '.join(known)}.")
    return known[name]


def check_maintained(agency: str, version: str) -> None:
    """Raise Problem where an agency or a version is not the one that there is."""
    if not set(agency.split(",")) & {*ANY, AGENCY}:
        raise not_found(f"Nothing here is maintained by {agency[:80]!r}: the agency is {AGENCY}.")
    if not set(version.split(",")) & set(VERSIONS):
        raise not_found(f"There is no version {version[:40]!r}: it is {VERSION}.")


def path_parts(path: str) -> list[str]:
    """The parts of a path, without an empty one at its end. Raises Problem where it has none, or very many."""
    parts = path.removesuffix("/").split("/")
    if len(parts) > PARTS_MAX or not parts[0]:
        raise not_found("This is no path of SDMX-REST; try /sdmx/structure/dataflow.")
    return parts


def filled(parts: Sequence[str], count: int) -> list[str]:
    """So many parts, those that are left out being any. Raises Problem for more."""
    if len(parts) > count:
        raise not_found(f"The path has {len(parts)} parts, where {count} at most mean something.")
    return [*parts, *["*"] * (count - len(parts))]
