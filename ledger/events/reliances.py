"""Reliances: somebody relies on an answer of this ledger, and is to hear when it would be another."""

import re
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from ledger.events.base import Count, Event, Moment, Part, Slug, Text

QUESTION_PATTERN = r"^/v1/[a-z-]+(/[a-z0-9-]+)?(\?[!-~]*)?$"


def _question(text: str) -> str:
    if not re.fullmatch(QUESTION_PATTERN[1:-1], text):
        raise PydanticCustomError(
            "question",
            "a question is the path of an answer with its filters, without a host and encoded as in an address: "
            "/v1/figures?subject=china, or /v1/policies/china-announcement-61-2025",
        )
    return text


class AnswerBasis(Part):
    """The viewpoint of an answer, as `basis` has it in the answer."""

    as_of: Moment | None = Field(None, description="Publication clock. Default: when this was recorded.")
    recorded_as_of: Annotated[str, StringConstraints(pattern=r"^position:\d{1,15}$")] | None = Field(
        None, description="Ledger clock. Default: before this event.", examples=["position:1348"]
    )
    effective_at: Moment | None = Field(None, description="World clock, for things that hold over time.")
    position: Count | None = Field(None, description="As it stood in the answer; not used.")
    recorded_at: Moment | None = Field(None, description="As it stood in the answer; not used.")
    root: Text | None = Field(None, description="As it stood in the answer; not used.")


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
    question: Annotated[str, StringConstraints(max_length=2000), AfterValidator(_question)] = Field(
        description="The path of the question with its filters: `/v1/figures?…`, `/v1/policies?…` and so on, or of one "
        "thing.",
        json_schema_extra={"pattern": QUESTION_PATTERN},
    )
    title: Text | None = Field(None, description="Where the answer is used.")
    by: Text | None = Field(None, description="Who relies on it.")
    basis: AnswerBasis | None = Field(
        None, description="The viewpoint of the answer: its own `basis`, or `as_of` alone."
    )


class RelianceEnded(Event):
    """Nobody relies on an answer any more."""

    family: ClassVar[str] = "reliances"
    thing: ClassVar[str | None] = "reliance"
    known_at_once: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"type": "RelianceEnded", "reliance": "market-report-page-4"}

    reliance: Slug
