"""Availability: which codes of each dimension the data have that fit a query, and how many series and observations.

Forms in which somebody chooses what to ask for are made of it.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from api.problems import bad_parameter, not_found
from api.questions.page import Page
from api.questions.parameters import Parameter
from api.questions.sdmx.observations import DAYS
from api.questions.sdmx.sdmx_artefacts import TYPES, Artefact, describe
from api.questions.sdmx.sdmx_components import AGENCY, Dataflow
from api.questions.sdmx.sdmx_data_query import CLOCKS, observe
from api.questions.sdmx.sdmx_paths import ANY, DataPath, not_offered
from ledger.values import Period
from projections import Inquiry

AVAILABILITY_PARAMETERS = (
    *CLOCKS,
    Parameter("startPeriod", "In SDMX-REST 1.5: periods that start on its first day or later."),
    Parameter("endPeriod", "In SDMX-REST 1.5: periods that end on its last day or earlier."),
    Parameter(
        "references",
        "What describes the data besides, the codelists with the codes that occur. Default: `none`.",
        schema={"type": "string", "enum": ["none", "all", *TYPES]},
        several=True,
    ),
    Parameter(
        "mode",
        "`exact`: what the data have that fit.",
        schema={"type": "string", "enum": ["exact"], "default": "exact"},
    ),
    Parameter(
        "format",
        "How it comes; else the `Accept` header decides.",
        schema={"type": "string", "enum": ["sdmx-json", "sdmx-ml"]},
    ),
)


class Available(NamedTuple):
    """What the data of a dataflow have that fit: codes by dimension, days, and counts; and the artefacts asked for."""

    flow: Dataflow
    codes: Mapping[str, list[str]]
    days: Period | None
    series: int
    observations: int
    artefacts: tuple[Artefact, ...]
    page: Page

    @property
    def id(self) -> str:
        """The id of the constraint that says it."""
        return f"AVAILABLE_{self.flow.id}"


def availability(engine: Inquiry, path: DataPath, parameters: Mapping[str, str]) -> Available:
    """What is available of a dataflow. Raises Problem and FilterError."""
    flow = path.flow
    if parameters.get("mode", "exact") != "exact":
        raise not_offered("mode=exact is offered: what the data have that fit.")
    wanted = [one.id for one in flow.dimensions]
    if path.component not in ANY:
        chosen = path.component.split(",")
        if (unknown := next((one for one in chosen if one not in wanted), None)) is not None:
            raise not_found(f"{flow.id} has no dimension {unknown[:80]!r}: there are {', '.join(wanted)}.")
        wanted = chosen
    asked = {name: text for name, text in parameters.items() if name not in ("references", "mode", "format")}
    observed = observe(engine, flow, path.key, {**asked, "attributes": "none"})
    codes: dict[str, set[str]] = {one.id: set() for one in flow.series_dimensions if one.id in wanted}
    first, last = date.max, date.min
    series = observations = 0
    for one in observed.series:
        if one.observations:
            series += 1
            observations += len(one.observations)
            for name, code in zip((each.id for each in flow.series_dimensions), one.key, strict=True):
                if name in codes:
                    codes[name].add(code)
            if flow.dated:
                first = min(first, *(each[DAYS].start for each in one.observations), date.max)
                last = max(last, *(each[DAYS].end for each in one.observations), date.min)
    basis = observed.page.basis
    pinned = {"asOf": basis["as_of"], "recordedAsOf": f"position:{basis['position']}"}
    found = {name: sorted(some) for name, some in codes.items()}
    return Available(
        flow,
        found,
        Period(first, last) if first <= last else None,
        series,
        observations,
        _artefacts(engine, flow, found, pinned, parameters.get("references", "none")),
        observed.page,
    )


def _artefacts(
    engine: Inquiry, flow: Dataflow, codes: Mapping[str, list[str]], pinned: Mapping[str, str], references: str
) -> tuple[Artefact, ...]:
    """What describes the data, the codelists of dimensions with no other codes than those that occur."""
    words = references.split(",")
    types = set(TYPES) if "all" in words else {word for word in words if word != "none"}
    if unknown := types - set(TYPES):
        detail = f"references is some of none, all, {', '.join(TYPES)}, not {sorted(unknown)[0][:40]!r}"
        raise bad_parameter("references", "choice", detail)
    if not types:
        return ()
    described = describe(engine, "dataflow", [AGENCY, flow.id], {**pinned, "references": "descendants"})
    occur = {one.codelist: codes[one.id] for one in flow.series_dimensions if one.id in codes}
    return tuple(
        one._replace(
            items={code: one.items[code] for code in occur[one.reference.id] if code in one.items}, partial=True
        )
        if one.reference.id in occur
        else one
        for one in described.artefacts
        if one.reference.type in types
    )
