"""Preferences: which publishers this ledger asks first, so that who calls itself primary is not thereby everybody's."""

from typing import Any, ClassVar

from pydantic import Field

from ledger.events.amounts import Metric
from ledger.events.base import Event, Ref, Text

PUBLISHERS_MAX = 100
"""So many publishers stand in one preference."""


class PreferenceSet(Event):
    """Of publishers that differ, this ledger asks these first, for one metric or for everything; no publisher: none."""

    family: ClassVar[str] = "preferences"
    thing: ClassVar[str | None] = "metric"
    known_at_once: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "type": "PreferenceSet",
        "metric": "mine_production",
        "publishers": ["usgs", "bgs"],
        "reason": "Both describe how they collect; others repeat them.",
    }

    metric: Metric | None = Field(
        None,
        description="For figures of this metric only. Without it: for all figures of metrics without a preference of "
        "their own, and for all that holds over time.",
    )
    publishers: list[Ref] = Field(
        max_length=PUBLISHERS_MAX,
        description="Slugs of organisations, in the order of asking. An empty list takes the preference back.",
    )
    reason: Text | None = Field(None, description="Why these.")
