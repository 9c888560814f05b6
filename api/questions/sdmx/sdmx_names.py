"""What codes are called: entities by their names at a viewpoint, all others by the words that they stand for."""

from collections.abc import Collection, Mapping
from typing import Any

from api.questions.sdmx.sdmx_codes import NOTHING, dimensions_of_code, unit_of_code
from api.questions.sdmx.sdmx_components import OBS_STATUSES
from api.questions.sdmx.sdmx_periods import FREQUENCIES
from projections import Inquiry, Viewpoint

TOGETHER_MAX = 1000
"""Up to so many entities are looked for by their slugs; else all are read."""
FIXED: Mapping[str, Mapping[str, str]] = {
    "CL_FREQ": FREQUENCIES,
    "CL_OBS_STATUS": OBS_STATUSES,
    "CL_NATURE": {"observed": "Observed", "forecast": "Forecast", "target": "Target", "plan": "Plan"},
    "CL_STATUS": {
        "announced": "Announced",
        "audited": "Audited",
        "estimated": "Estimated",
        "provisional": "Provisional",
        "reported": "Reported",
        "restated": "Restated",
    },
    "CL_SYMBOL": {
        "net_exporter": "Net exporter",
        "not_applicable": "Not applicable",
        "not_available": "Not available",
        "undisclosed": "Undisclosed",
        "withheld": "Withheld",
    },
}
"""The codelists that are the same at every viewpoint: what each code is called."""
OF_ENTITIES = ("CL_SUBJECT", "CL_MATERIAL", "CL_PUBLISHER")
OF_THE_LEDGER = (*OF_ENTITIES, "CL_METRIC", "CL_BREAKDOWN", "CL_UNIT_MEASURE")
"""The codelists of which a viewpoint says which codes there are."""


def code_names(
    engine: Inquiry, viewpoint: Viewpoint, codes: Mapping[str, Collection[str]]
) -> dict[str, dict[str, str]]:
    """What each code of each codelist is called."""
    slugs = sorted({code for name in OF_ENTITIES for code in codes.get(name, ()) if code != NOTHING})
    entities = _entity_names(engine, viewpoint, slugs) if slugs else {}
    return {name: {code: _name(name, code, entities) for code in some} for name, some in codes.items()}


def _entity_names(engine: Inquiry, viewpoint: Viewpoint, slugs: list[str]) -> dict[str, str]:
    filters: dict[str, Any] | None = {"entity": slugs} if len(slugs) <= TOGETHER_MAX else None
    found = engine.read("entities", viewpoint, filters=filters).select(["entity", "name"])
    return dict(zip(found["entity"].to_pylist(), found["name"].to_pylist(), strict=True))


def _name(codelist: str, code: str, entities: Mapping[str, str]) -> str:
    if codelist in FIXED:
        return FIXED[codelist].get(code, code)
    if code == NOTHING:
        return "Not applicable"
    if codelist in OF_ENTITIES:
        return entities.get(code) or code
    if codelist == "CL_METRIC":
        return code.replace("_", " ").capitalize()
    if codelist == "CL_UNIT_MEASURE":
        return unit_of_code(code)
    return ", ".join(f"{name}: {value}" for name, value in dimensions_of_code(code).items())
