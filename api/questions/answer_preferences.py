"""Answer preferences: what stands beside an answer whose publishers the ledger's preference put first."""

from collections.abc import Mapping
from typing import Any

from api.questions.page import Items
from projections import FIGURES, THINGS, Inquiry, Projection, Viewpoint, preferences_deciding

ASKED_FIRST = "preferences"
MEMBERS: Mapping[str, Any] = {
    ASKED_FIRST: {
        "type": "array",
        "description": "Only where several publishers speak of an item and the ledger's preference names the one that "
        "answers: which preference it is.",
        "items": {
            "type": "object",
            "properties": {
                "metric": {"type": ["string", "null"]},
                "preferred": {"type": "array", "items": {"type": "string"}},
                "reason": {"type": ["string", "null"]},
                "set_at": {"type": "string", "format": "date-time"},
                "set_by": {"type": "string"},
                "position": {"type": "integer"},
                "event_id": {"type": "string", "format": "uuid"},
            },
        },
    }
}
"""The JSON Schemas of the members."""
_READ = ("metric", "publisher", "publishers")
FEW_ITEMS = 1_000
"""Of so many it takes longer to load Arrow's functions than to look at each."""


def prefers_publishers(projection: Projection) -> bool:
    """Whether its items are what some publisher says that comes first."""
    return projection is FIGURES or projection.name in THINGS


def preference_members(
    engine: Inquiry, projection: Projection, viewpoint: Viewpoint, items: Items
) -> dict[str, list[dict[str, Any]]]:
    """The preferences by which some items are answered as they are, as a member; nothing where there are none."""
    answered = _answered(items) if prefers_publishers(projection) else set()
    if not answered:
        return {}
    with engine.reader(viewpoint) as reader:
        found = preferences_deciding(reader, answered)
    return {ASKED_FIRST: found} if found else {}


def _answered(items: Items) -> set[tuple[str, str]]:
    """The metric, or '', and the publisher of each item of which several speak."""
    if not isinstance(items, list):
        items = items.select([one for one in _READ if one in items.column_names])
        if len(items) > FEW_ITEMS:
            import pyarrow.compute as pc

            several = items.filter(pc.greater(items["publishers"], 1))
            items = several.group_by(several.column_names).aggregate([])
        items = items.to_pylist()
    return {(row.get("metric") or "", row["publisher"]) for row in items if (row["publishers"] or 0) > 1}
