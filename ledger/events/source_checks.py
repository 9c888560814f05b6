"""Source checks: somebody looked at a source again, so that silence is told from nobody having looked."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from ledger.events.base import Event, Moment, Ref, Text


class SourceChecked(Event):
    """A source was looked at again, and was unchanged, had changed, or was gone."""

    family: ClassVar[str] = "source_checks"
    thing: ClassVar[str | None] = "subject"
    known_at_once: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "type": "SourceChecked",
        "subject": "usgs",
        "title": "Mineral Commodity Summaries",
        "edition": "2026",
        "checked_at": "2026-06-30",
        "found": "unchanged",
    }

    subject: Ref = Field(description="Slug of the organisation whose source it is.")
    title: Text | None = Field(None, description="Only its sources of this title: as in `source.title`.")
    edition: Text | None = Field(None, description="Only this edition: as in `source.edition`.")
    url: Text | None = Field(None, description="Only what is there: as in `source.url`.")
    checked_at: Moment = Field(description="When it was looked at; it counts from the end of that day, month or year.")
    found: Literal["unchanged", "changed", "gone"] = Field(
        description="`unchanged`: as it was recorded; `changed`: it says what is not recorded yet; `gone`: it is no "
        "longer there."
    )
