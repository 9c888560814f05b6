"""The facts of a model ledger: events as they read at a position, their times, and the names that merges make.

What the judges have in common; each of them says which sections of the contract it spells out.
"""

import json
from calendar import monthrange
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

Body = dict[str, Any]
Item = dict[str, Any]

NUMBERS = {"value", "low", "high", "share"}


def canonical_json(value: Any) -> str:
    """UTF-8, sorted keys, no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def printed(number: Any) -> str | None:
    """A decimal as printed, an exponent written out."""
    if number is None:
        return None
    return format(Decimal(str(number)), "f") if "e" in str(number).lower() else str(number)


def once(values: Iterable[Any]) -> list[Any]:
    """The values without repetitions, each at its first place."""
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


# --- Time (section 2) ---------------------------------------------------------------------------------------------


class Moment(NamedTuple):
    """What a printed date stands for: both ends included, in UTC."""

    start: datetime
    end: datetime


SPOKEN = {"early": (1, 4), "mid": (5, 8), "late": (9, 12), "h1": (1, 6), "q1": (1, 3), "q3": (7, 9)}
"""The first and the last month of milestones: `early 2025`, `Q1 2025`."""


@lru_cache(maxsize=65_536)
def moment(text: str) -> Moment:
    """`2019`, `2025-10`, `2025-10-27` or an instant with an offset, as an interval of time (section 2, rulings)."""
    if "T" in text.upper():
        at = datetime.fromisoformat(text.upper())
        if at.tzinfo is None:
            raise ValueError(f"{text} has no offset")
        return Moment(at.astimezone(UTC), at.astimezone(UTC))
    if not text[0].isdigit():
        word, year_of = text[:-5].lower(), int(text[-4:])
        starts, ends = SPOKEN[word]
        until = date(year_of, ends, monthrange(year_of, ends)[1])
        return Moment(datetime(year_of, starts, 1, tzinfo=UTC), datetime.combine(until, time.max, UTC))
    year, month, day = [*(int(part) for part in text.split("-")), None, None][:3]
    assert year is not None
    last_month = month or 12
    last = date(year, last_month, day or monthrange(year, last_month)[1])
    return Moment(datetime(year, month or 1, day or 1, tzinfo=UTC), datetime.combine(last, time.max, UTC))


# --- Content at a position (section 4, steps 1 and 2) -------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Fact:
    """An event as it reads at some position, after the ledger events on it."""

    body: Body
    standing: bool = True
    corrected: bool = False

    def get(self, name: str) -> Any:
        """An own field, or None."""
        return self.body.get(name)

    @property
    def type(self) -> str:
        """The type of the event."""
        return str(self.body["type"])

    @property
    def event_id(self) -> str:
        """Its event_id."""
        return str(self.body["event_id"])

    @property
    def position(self) -> int:
        """Its place in the log, which corrections do not move."""
        return int(self.body["position"])

    @property
    def source(self) -> Body:
        """Its source, perhaps empty."""
        return self.body.get("source") or {}

    @cached_property
    def published_at(self) -> str:
        """When it was published, as printed."""
        return str(self.body.get("published_at") or self.body["recorded_at"])

    @cached_property
    def published(self) -> Moment:
        """When it was published, as an interval."""
        return moment(self.published_at)

    @cached_property
    def begins(self) -> datetime:
        """When it takes effect: the start of effective_from, else of published_at (section 5)."""
        stated = self.body.get("effective_from")
        return moment(stated).start if stated else self.published.start

    @cached_property
    def listed_from(self) -> datetime:
        """From when on an opening counts: the earlier of published_at and effective_from (rulings)."""
        return min(self.begins, self.published.start)

    def over(self, at: datetime) -> bool:
        """Whether its stated effective_to is past."""
        stated = self.body.get("effective_to")
        return bool(stated) and moment(stated).end < at

    @cached_property
    def order(self) -> tuple[datetime, datetime, int]:
        """(effective_from, published_at, position): section 5."""
        return (self.begins, self.published.end, self.position)

    @cached_property
    def said_order(self) -> tuple[datetime, int]:
        """(published_at, position)."""
        return (self.published.end, self.position)


def patched(body: Body, changes: Body) -> Body:
    """A body with corrections made: whole fields, then dotted paths; null removes (rulings on ledger events).

    A number is as printed with its exponent written out, so a correction to another spelling of that changes nothing.
    """
    result = deepcopy(body)
    for path in sorted(changes, key=lambda path: (path.count("."), path)):
        *outer, name = path.split(".")
        fields = result
        for step in outer:
            fields = fields.setdefault(step, {})
        if changes[path] is None:
            fields.pop(name, None)
        else:
            fields[name] = printed(changes[path]) if path in NUMBERS else changes[path]
    return {name: value for name, value in result.items() if value != {}}


def acted_on(target: Fact, act: Body) -> Fact:
    """A target after one ledger event (section 4, step 2)."""
    if act["type"] == "EventCorrected":
        return Fact(patched(target.body, act["changes"]), target.standing, corrected=True)
    return replace(target, standing=act["type"] == "EventReinstated")


# --- Merges (section 3, rulings on entities) ----------------------------------------------------------------------


@dataclass(frozen=True)
class Names:
    """Which slugs name the same entity at a position, and which fiscal year each was registered with."""

    merges: dict[str, tuple[str, str]]
    """merged slug -> (kept slug, event_id of the merge)"""
    registrations: dict[str, tuple[str | None, str]]
    """slug -> (fiscal_year_end, with ` start` where it is named for that; event_id of the registration)"""

    def resolve(self, slug: str) -> str:
        """The kept slug."""
        while slug in self.merges:
            slug = self.merges[slug][0]
        return slug

    def shown(self, slug: str | None) -> str | None:
        """The kept slug, or None for none."""
        return slug and self.resolve(slug)

    def merges_of(self, slug: str | None) -> list[str]:
        """The event_ids of the merges that lead from a slug to the kept one."""
        path = []
        while slug in self.merges:
            slug, event_id = self.merges[slug]
            path.append(event_id)
        return path

    def slugs_of(self, kept: str) -> list[str]:
        """Every slug that resolves to this one, itself first."""
        return [kept, *sorted(slug for slug in self.merges if self.resolve(slug) == kept)]


def names_of(facts: Iterable[Fact]) -> Names:
    """The names that the standing registrations and merges make."""
    names = Names({}, {})
    for fact in facts:
        if fact.type == "EntityRegistered":
            year_end, named = fact.get("fiscal_year_end"), fact.get("fiscal_year_named")
            names.registrations[fact.body["entity"]] = (
                f"{year_end} start" if year_end and named == "start" else year_end,
                fact.event_id,
            )
        elif fact.type == "EntitiesMerged" and names.resolve(fact.body["kept"]) != fact.body["merged"]:
            names.merges[fact.body["merged"]] = (fact.body["kept"], fact.event_id)
    return names


def envelope(fact: Fact) -> Item:
    """How an item names the event that decided it."""
    return {"event_id": fact.event_id, "published_at": fact.published_at, "position": fact.position}
