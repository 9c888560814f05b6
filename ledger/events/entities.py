"""Entities: the organisations, places, plants and materials that facts are about, and what they are called."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from ledger.errors import CalendarError
from ledger.events.base import Event, Moment, Ref, Role, Slug, Text
from ledger.values.calendars import parse_fiscal_year_end


def _fiscal_year_end(text: str) -> str:
    try:
        parse_fiscal_year_end(text)
    except CalendarError as error:
        raise PydanticCustomError("fiscal_year_end", "{detail}", {"detail": str(error)}) from None
    return text


class EntityRegistered(Event):
    """An entity got a slug, under which all facts about it are kept."""

    family: ClassVar[str] = "entities"
    thing: ClassVar[str | None] = "entity"
    lifecycle_role: ClassVar[Role] = Role.OPENS
    known_at_once: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "type": "EntityRegistered",
        "entity": "lynas-rare-earths",
        "kind": "organisation",
        "name": "Lynas Rare Earths",
        "aliases": ["Lynas", "Lynas Rare Earths Ltd"],
        "identifiers": {"ticker": "ASX:LYC"},
        "fiscal_year_end": "06-30",
    }

    entity: Slug
    kind: Literal["organisation", "facility", "country", "region", "material", "market", "other"]
    name: Text
    aliases: list[Text] | None = Field(None, max_length=1000)
    identifiers: dict[Annotated[str, StringConstraints(min_length=1, max_length=80)], Text] | None = Field(
        None, description="Scheme to value: LEI, ticker, ISO 3166."
    )
    fiscal_year_end: Annotated[str, AfterValidator(_fiscal_year_end)] | None = Field(
        None, description="`MM-DD`, the last day of a month."
    )
    fiscal_year_named: Literal["end", "start"] | None = Field(
        None, description="Which of its years `FY2023` is named for. `end`, the default: it ends in 2023."
    )
    parent: Ref | None = None


class EntityRenamed(Event):
    """An entity took another name; the old one is still found."""

    family: ClassVar[str] = "entities"
    thing: ClassVar[str | None] = "entity"
    example: ClassVar[dict[str, Any]] = {
        "type": "EntityRenamed",
        "entity": "us-department-of-war",
        "name": "Department of War",
        "effective_from": "2025-09-05",
        "published_at": "2025-09-05",
    }

    entity: Ref
    name: Text
    effective_from: Moment | None = None


class EntityAliasAdded(Event):
    """Another name under which an entity is found."""

    family: ClassVar[str] = "entities"
    thing: ClassVar[str | None] = "entity"
    known_at_once: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"type": "EntityAliasAdded", "entity": "lynas-malaysia", "alias": "LAMP"}

    entity: Ref
    alias: Text


class EntitiesMerged(Event):
    """Two slugs turned out to name one entity; reads through either answer the same from then on."""

    family: ClassVar[str] = "entities"
    thing: ClassVar[str | None] = "kept"
    known_at_once: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "type": "EntitiesMerged",
        "kept": "lynas-rare-earths",
        "merged": "lynas-corporation",
        "reason": "The company changed its name in 2020; both slugs name it.",
    }

    kept: Ref
    merged: Ref
    reason: Text
