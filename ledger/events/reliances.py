"""Reliances: somebody relies on an answer of this ledger, and is to hear when it would be another."""

from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from ledger.events.base import Event, Moment, Part, Slug, Text

QUESTION_PATTERN = r"^/v1/[a-z-]+(\?[!-~]*)?$"


class AnswerBasis(Part):
    """The viewpoint of an answer, as `basis` has it in the answer."""

    as_of: Moment | None = Field(None, description="Publication clock. Default: when this was recorded.")
    recorded_as_of: Annotated[str, StringConstraints(pattern=r"^position:\d{1,15}$")] | None = Field(
        None, description="Ledger clock. Default: before this event.", examples=["position:1348"]
    )


class RelianceRegistered(Event):
    """Somebody relies on an answer of this ledger; registered again, on the answer of that time."""

    family: ClassVar[str] = "reliances"
    thing: ClassVar[str | None] = "reliance"
    known_at_once: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "type": "RelianceRegistered",
        "reliance": "market-report-page-4",
        "title": "Market report, page 4: production of Australia",
        "by": "Editorial desk",
        "question": "/v1/figures?subject=australia&metric=mine_production&period=2024",
        "basis": {"as_of": "2025-06-30"},
    }

    reliance: Slug
    question: Annotated[str, StringConstraints(pattern=QUESTION_PATTERN, max_length=2000)] = Field(
        description="The path of the question with its filters: `/v1/figures?…`, `/v1/policies?…` and so on."
    )
    title: Text | None = Field(None, description="Where the answer is used.")
    by: Text | None = Field(None, description="Who relies on it.")
    basis: AnswerBasis | None = Field(
        None, description="The viewpoint of the answer: `as_of` and `recorded_as_of` of its own `basis`."
    )


class RelianceEnded(Event):
    """Nobody relies on an answer any more."""

    family: ClassVar[str] = "reliances"
    thing: ClassVar[str | None] = "reliance"
    known_at_once: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"type": "RelianceEnded", "reliance": "market-report-page-4"}

    reliance: Slug
