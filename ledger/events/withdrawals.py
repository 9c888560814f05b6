"""Withdrawals: a publisher takes back what it reported of something that holds over time."""

from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from ledger.events.base import Event


class ReportWithdrawn(Event):
    """A publisher takes one of its reports back; what it said of the same before stands again."""

    family: ClassVar[str] = "withdrawals"
    example: ClassVar[dict[str, Any]] = {
        "type": "ReportWithdrawn",
        "withdraws": "0198f0a2-5d3c-7c7e-9a51-3f2b8c6d1e00",
        "published_at": "2026-02-10",
        "source": {"publisher": "lynas-rare-earths"},
    }

    withdraws: UUID = Field(
        description="The event_id of an earlier event of the same publisher, about no figure, that it takes back."
    )
