"""The judge of how things that hold over time got where they are, on both clocks, and of slips (domain section 5).

Everything is looked for again for each statement and each position, in plain lists.

Decisions, where the contract leaves room:
 1. In a history a statement that was taken back is of the transition that it would be of, but it does not lie between
    two others as the opposite of what happens once.
 2. What names no part is of a transition of the thing as a whole; only the opposites that name none lie between. The
    opposites of what names a part are those of it and those that name none.
 3. A statement is compared with what its publisher said of the transition up to then, field by field the last that
    stands. What was taken back before it was published counts for nothing after it.
 4. On the ledger clock a statement is late where its publisher's statement of the same type, part and thing was
    published later and is held already, visible or not.
 5. Intervals of a relationship that begin otherwise from a position on are the same ones, in order.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from ledger.values import unit
from tests.oracle.facts import Fact, Item, Names, moment
from tests.oracle.model import LEDGER_CAUSES, OTHER_CAUSES, OVER_TIME, Model
from tests.oracle.model_over_time import ENDS, OPENS, Thing, by_publishers, intervals, relationship_items, starts_within

Key = tuple[str, ...]

KEYS = {
    "policies": ("policy",),
    "agreements": ("agreement",),
    "facilities": ("facility",),
    "links": ("link",),
    "risks": ("risk",),
    "relationships": ("subject", "relation", "object", "role"),
    "commitments": ("commitment",),
}
ENTITIES = {"facility", "subject", "object"}
PARTS = {"facilities": "stage", "policies": "provision"}
TYPES = {**OVER_TIME, "commitments": ("CommitmentMade", "CommitmentMet", "CommitmentReleased")}
OPENING = OPENS | {"CommitmentMade"}
ENDING = ENDS | {"CommitmentMet", "CommitmentReleased"}
DATES = ("effective_from", "effective_to")
NUMBERS = {"share", "share_low", "share_high", "value", "low", "high"}
NOT_SAID = {
    *("type", "event_id", "position", "recorded_at", "recorded_by", "published_at", "source", "note", "restates"),
    *DATES,
    "changes",
}
REFS = {
    *("operator", "jurisdiction", "supplier", "consumer", "material", "materials", "entity", "facility", "subject"),
    *("by", "to", "applies_to", "exempt"),
}
NO_CHOICE: Mapping[str, Sequence[str]] = {}
NOT_OF_THE_ANSWER = ("event_id", "position", "publishers", "disputed", "provisions")


def step_of(fact: Fact) -> str:
    """The type of a statement's transition; what is met in part is of one of its own."""
    in_part = fact.type == "CommitmentMet" and (fact.get("quantity") or fact.get("amount"))
    return f"{fact.type} in part" if in_part else fact.type


def key_of(fact: Fact, family: str, names: Names) -> Key:
    """What a statement is about, under the kept slugs."""
    return tuple(names.resolve(fact.get(name)) if name in ENTITIES else fact.get(name) or "" for name in KEYS[family])


def kept(key: Key, family: str, names: Names) -> Key:
    """What a key means at a position."""
    return tuple(
        names.resolve(value) if name in ENTITIES else value for name, value in zip(KEYS[family], key, strict=True)
    )


class Told:
    """The statements on one thing, each with its transition, and what takes them back."""

    def __init__(
        self,
        model: Model,
        family: str,
        key: Key,
        as_of: datetime,
        position: int,
        publishers: Sequence[str] | None = None,
    ) -> None:
        self.names = model.names(position)
        self.part = PARTS.get(family, "")
        held = [f for f in model.content(position).values() if f.standing and f.published.end <= as_of]
        wanted = kept(key, family, self.names)
        own = [f for f in held if f.type in TYPES[family] and key_of(f, family, self.names) == wanted]
        only = None if publishers is None else [self.names.resolve(slug) for slug in publishers]
        self.facts = by_publishers(own, self.names, only)
        self.by_id = {f.event_id: f for f in self.facts}
        self.withdrawals = [f for f in held if f.type == "ReportWithdrawn" and f.get("withdraws") in self.by_id]
        self.taken_back = {f.get("withdraws") for f in self.withdrawals}

    def restated(self, fact: Fact) -> Fact | None:
        """The statement that another says anew."""
        target = self.by_id.get(str(fact.get("restates")))
        return target if target is not None and step_of(target) == step_of(fact) else None

    def part_of(self, fact: Fact) -> str:
        """The part that a statement names, or ''."""
        return (fact.get(self.part) or "") if self.part else ""

    def transition(self, fact: Fact) -> tuple[Any, ...]:
        """What tells its transition apart: part, type, which one of these."""
        while (target := self.restated(fact)) is not None:
            fact = target
        part, step = self.part_of(fact), step_of(fact)
        opposites = ENDING if step in OPENING else OPENING if step in ENDING else set()
        if opposites:
            between = [
                other
                for other in self.facts
                if step_of(other) in opposites
                and self.part_of(other) in ("", part)
                and other.event_id not in self.taken_back
                and other.begins < fact.begins
            ]
            return (part, step, len(between))
        same = [f for f in self.facts if (self.part_of(f), step_of(f)) == (part, step) and self.restated(f) is None]
        same.sort(key=lambda f: (starts_within(f).start, -starts_within(f).end.timestamp(), f.said_order))
        place = same.index(fact)
        while place + 1 < len(same) and starts_within(same[place + 1]).start <= starts_within(same[place]).end:
            place += 1
        return (part, step, starts_within(same[place]).start)

    def publisher(self, fact: Fact) -> str | None:
        """Who says so, under the kept slug."""
        return self.names.shown(fact.source.get("publisher"))


def fields_of(fact: Fact, names: Names, family: str) -> dict[str, Any]:
    """What a statement gives, as it can be compared; `nature` is never left out."""
    given: dict[str, Any] = {
        name: value
        for name, value in fact.body.items()
        if name not in {*NOT_SAID, *KEYS[family], PARTS.get(family, "")}
    }
    given |= {name: fact.get(name) for name in DATES if fact.get(name)}
    if fact.type in ("SupplyLinkOpened", "SupplyLinkClosed", "RelationshipStated", "RelationshipEnded"):
        given["nature"] = given.get("nature") or "actual"
    given |= {f"changes.{name}": value for name, value in (fact.get("changes") or {}).items()}
    return {name: comparable(name.removeprefix("changes."), value, names) for name, value in given.items()}


def comparable(name: str, value: Any, names: Names) -> Any:
    """A value under kept slugs, its numbers exact."""
    if isinstance(value, dict):
        told = {key: comparable(key, part, names) for key, part in value.items() if part is not None}
        if "unit" in told:
            of = unit(told["unit"])
            told |= {key: told[key] * of.factor for key in told if key in NUMBERS} | {"unit": of.canonical}
        return told
    if isinstance(value, list):
        return [comparable(name, part, names) for part in value]
    if value is None or name in DATES or not isinstance(value, str):
        return value
    if name in NUMBERS:
        return Decimal(value)
    return names.resolve(value) if name in REFS else value


def clash(name: str, one: Any, other: Any) -> bool:
    """Whether both cannot be so."""
    if name.removeprefix("changes.") in DATES and one is not None and other is not None:
        return moment(one).end < moment(other).start or moment(other).end < moment(one).start
    return bool(one != other)


def shift(before: str | None, after: str | None) -> int | None:
    """Days from start to start; None where either is coarser than a day and they overlap."""
    if before is None or after is None:
        return None
    one, other = moment(before), moment(after)
    days = [interval.start.date() == interval.end.date() for interval in (one, other)]
    if not all(days) and one.start <= other.end and other.start <= one.end:
        return None
    return (other.start.date() - one.start.date()).days


def publication_history(
    model: Model, family: str, key: Key, as_of: datetime, position: int, publishers: Sequence[str] | None = None
) -> list[Item]:
    """Every statement on a thing, and every withdrawal of one, in order of publication."""
    told = Told(model, family, key, as_of, position, publishers)
    of_transition = {fact.event_id: told.transition(fact) for fact in told.facts}
    entries = sorted([*told.facts, *told.withdrawals], key=lambda fact: fact.said_order)
    items = []
    for place, one in enumerate(entries):
        target = told.by_id[one.get("withdraws")] if one.type == "ReportWithdrawn" else one
        transition, by = of_transition[target.event_id], told.publisher(one)
        taken_before = {f.get("withdraws") for f in entries[:place] if f.type == "ReportWithdrawn"}
        earlier: list[Fact] = []
        standing: list[Fact] = []
        for other in entries[:place]:
            about = told.by_id[other.get("withdraws")] if other.type == "ReportWithdrawn" else other
            if of_transition[about.event_id] != transition or told.publisher(other) != by:
                continue
            withdrawn_already = [f for f in entries[: entries.index(other)] if f.get("withdraws") == other.event_id]
            if not withdrawn_already:
                earlier.append(other)
            if other is about and other.event_id not in taken_before:
                standing.append(other)
        said: dict[str, Any] = {}
        for other in standing:
            said |= fields_of(other, told.names, family)
        printed_before = next((f.get("effective_from") for f in reversed(standing) if f.get("effective_from")), None)
        mine = {} if one is not target else fields_of(one, told.names, family)
        changed = [name for name in mine if name in said and clash(name, said[name], mine[name])]
        if one is not target:
            cause = "withdrawal"
        elif not earlier:
            cause = "first_report"
        elif earlier[-1].type == "ReportWithdrawn":
            cause = "republication"
        elif not changed:
            cause = "confirmation"
        else:
            cause = "conflict" if earlier[-1].published.end == one.published.end else "revision"
        stated = one.get("effective_from")
        items.append(
            {
                "transition": target.type,
                "part": transition[0] or None,
                "event_id": one.event_id,
                "position": one.position,
                "publisher": by,
                "published_at": one.published_at,
                "recorded_at": one.body["recorded_at"],
                "effective_from": stated,
                "effective_to": one.get("effective_to"),
                "cause": cause,
                "previous_effective_from": printed_before,
                "shift_days": shift(printed_before, stated),
                "changed": sorted(changed) if cause in ("revision", "conflict") else None,
            }
        )
    return items


def answer(
    model: Model,
    family: str,
    key: Key,
    as_of: datetime,
    position: int,
    effective_at: datetime,
    choice: Mapping[str, Sequence[str]],
) -> dict[tuple[Any, int], Item]:
    """The items of a thing at a viewpoint, by part, or by start for a relationship; `choice` is of publishers."""
    names = model.names(position)
    reading: dict[str, Any] = {name: [names.resolve(slug) for slug in slugs] for name, slugs in choice.items()}
    wanted = kept(key, family, names)
    found: list[tuple[Any, Item]]
    if family == "relationships":
        facts = next((facts for one, facts in model._relations(as_of, position) if one == wanted), [])
        first = [*reading.get("prefer", ()), *model.preferred(position)]
        thing = Thing(facts, effective_at, names, **{**reading, "prefer": first})
        starts = [one.starts for one in intervals(wanted[0], thing) if one.stated.listed_from <= effective_at]
        relation = (wanted[0], wanted[1], wanted[2], wanted[3])
        told = relationship_items(relation, facts, effective_at, names, first, reading.get("publishers"))
        found = list(zip(starts, told, strict=True))
    else:
        items: list[Item] = getattr(model, family)(as_of, position, effective_at, **reading)
        if family == "policies":
            for provision in ("part 1", "part 2"):
                items += model.policies(as_of, position, effective_at, provision=provision, **reading)
        own = [item for item in items if (item[KEYS[family][0]],) == wanted]
        found = [(item.get(PARTS.get(family, "")), item) for item in own]
    by_part: dict[tuple[Any, int], Item] = {}
    for part, item in found:
        by_part[part, sum(one == part for one, _ in by_part)] = item
    return by_part


def ledger_history(
    model: Model,
    family: str,
    key: Key,
    as_of: datetime,
    position: int,
    effective_at: datetime,
    choice: Mapping[str, Sequence[str]] = NO_CHOICE,
) -> list[Item]:
    """Each position at which the answer changed, and the event that did it."""
    rows = []
    before: dict[tuple[Any, int], Item] = {}
    for event in model.events:
        if event["position"] > position:
            break
        after = answer(model, family, key, as_of, event["position"], effective_at, choice)
        gone, came = sorted(before.keys() - after.keys(), key=str), sorted(after.keys() - before.keys(), key=str)
        pairs: list[tuple[Any, Item | None, Item | None]] = [
            (part, before.get(part), after[part]) for part in after if part in before
        ]
        if family == "relationships":
            gone.sort()
            came.sort()
            moved = list(zip(gone, came, strict=False))
            pairs += [(new, before[old], after[new]) for old, new in moved]
            gone, came = gone[len(moved) :], came[len(moved) :]
        pairs += [(part, before[part], None) for part in gone] + [(part, None, after[part]) for part in came]
        for part, was, is_now in sorted(pairs, key=lambda pair: (pair[0][0] is not None, *pair[0])):
            if _answered(was) != _answered(is_now):
                rows.append(_ledger_item(model, family, key, event, part[0], was, is_now))
        before = after
    return rows


def _answered(item: Item | None) -> Item | None:
    return item and {name: value for name, value in item.items() if name not in NOT_OF_THE_ANSWER or name == "event_id"}


def _ledger_item(
    model: Model, family: str, key: Key, event: Item, part: Any, before: Item | None, after: Item | None
) -> Item:
    previous = (before or {}).get("effective_from")
    shown = {name: (after or {}).get(name) for name in (after or before or {}) if name not in NOT_OF_THE_ANSWER}
    return {
        "position": event["position"],
        "recorded_at": event["recorded_at"],
        "event_id": event["event_id"],
        "transition": event["type"],
        "cause": _cause(model, event),
        "part": None if family == "relationships" else part,
        **shown,
        "decided_by": after and after["event_id"],
        "previous_effective_from": previous,
        "shift_days": shift(previous, (after or {}).get("effective_from")),
    }


def _cause(model: Model, event: Item) -> str:
    if event["type"] in LEDGER_CAUSES:
        return LEDGER_CAUSES[event["type"]]
    if event["type"] in OTHER_CAUSES:
        return OTHER_CAUSES[event["type"]]
    if event["type"] == "ReportWithdrawn":
        return "recorded"
    names = model.names(event["position"])
    facts = model.content(event["position"])
    family = next(family for family, types in TYPES.items() if event["type"] in types)

    def series(fact: Fact) -> tuple[Any, ...]:
        by = names.shown(fact.source.get("publisher"))
        return (fact.type, by, key_of(fact, family, names), fact.get(PARTS.get(family, "")))

    new = facts[event["event_id"]]
    held = [f for f in facts.values() if f.standing and f.type == new.type and series(f) == series(new)]
    return "late_arrival" if any(f.published.end > new.published.end for f in held) else "recorded"


def slips(model: Model, family: str, as_of: datetime, position: int, effective_at: datetime) -> list[Item]:
    """Of each transition and publisher that dated it, how the date moved; of all things of a family."""
    names = model.names(position)
    held = [f for f in model.content(position).values() if f.standing and f.type in TYPES[family]]
    found = []
    for key in sorted({key_of(fact, family, names) for fact in held}):
        told = Told(model, family, key, as_of, position)
        standing = sorted((f for f in told.facts if f.event_id not in told.taken_back), key=lambda f: f.said_order)
        of_transition: dict[tuple[Any, ...], list[Fact]] = {}
        for fact in standing:
            of_transition.setdefault(told.transition(fact), []).append(fact)
        for (part, _, _), facts in of_transition.items():
            for by in {told.publisher(fact) for fact in facts}:
                dated = [f for f in facts if told.publisher(f) == by and f.get("effective_from")]
                if dated:
                    found.append((key, part, dated, _slip(family, key, part, by, dated, facts, effective_at)))
    found.sort(key=lambda one: (one[0], one[1], one[2][-1].begins, one[3]["publisher"] or "", one[2][-1].position))
    return [item for *_, item in found]


def _slip(
    family: str, key: Key, part: str, by: str | None, dated: list[Fact], facts: list[Fact], effective_at: datetime
) -> Item:
    first, last = dated[0], dated[-1]
    moved = [
        clash("effective_from", one.get("effective_from"), other.get("effective_from"))
        for one, other in pairwise(dated)
    ]
    return {
        **{name: value or None for name, value in zip(KEYS[family], key, strict=True)},
        "part": part or None,
        "transition": first.type,
        "publisher": by,
        "first_effective_from": first.get("effective_from"),
        "effective_from": last.get("effective_from"),
        "restated": sum(moved),
        "shift_days": shift(first.get("effective_from"), last.get("effective_from")),
        "happened": last.begins <= effective_at and any(f.published.end >= last.begins for f in facts),
        "statements": len(dated),
        "lead_days": (first.begins.date() - first.published.end.date()).days,
        "first_published_at": first.published_at,
        "published_at": last.published_at,
        "event_id": last.event_id,
        "position": last.position,
    }
