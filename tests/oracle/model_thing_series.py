"""The judge of disputes about things that hold over time, and of the vintages of their dates (domain section 5).

Which transition a statement is of, `model_thing_history` says. At each instant all that was said up to then is looked
through again.

Decisions, where the contract leaves room:
 1. A dispute begins (ends) with the last event of the first instant (of the instant after the last) at which two
    publishers say what cannot both be so that made it begin (end).
 2. What is disputed of an amendment is when it takes effect, not what it changes.
 3. A vintage is what a publisher states after each of its statements and withdrawals.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.oracle.facts import Fact, Item, moment
from tests.oracle.model import Model
from tests.oracle.model_thing_history import Key, Told, shift

DATES = ("effective_from", "effective_to")
COMPARED = ("binding", "kind", "operator", "share")


class Entries:
    """What was said of one transition of a thing, and taken back, in order of publication."""

    def __init__(self, told: Told, transition: Any) -> None:
        self.told, self.transition = told, transition
        of = {fact.event_id for fact in told.facts if told.transition(fact) == transition}
        found = [fact for fact in told.facts if fact.event_id in of]
        found += [fact for fact in told.withdrawals if fact.body["withdraws"] in of]
        self.all = sorted(found, key=lambda fact: fact.said_order)

    def standing(self, count: int, publisher: str | None) -> list[Fact]:
        """The statements of a publisher among the first so many entries that were not taken back by these."""
        some = self.all[:count]
        taken = {fact.body["withdraws"] for fact in some if fact.type == "ReportWithdrawn"}
        return [
            fact
            for fact in some
            if fact.type != "ReportWithdrawn" and fact.event_id not in taken and self.told.publisher(fact) == publisher
        ]

    def says(self, count: int, publisher: str | None) -> Item:
        """What a publisher says after so many entries: the last of each field."""
        found: Item = {}
        for fact in self.standing(count, publisher):
            for name in (*DATES, *COMPARED):
                value = fact.get(name)
                if value is not None and (name in DATES or fact.get("changes") is None):
                    found[name] = self.told.names.resolve(value) if name == "operator" else value
        return found

    def clashing(self, count: int) -> list[str]:
        """The fields of which two publishers say what cannot both be so, after so many entries."""
        all_say = [self.says(count, publisher) for publisher in self.publishers]
        found = []
        for name in (*DATES, *COMPARED):
            values = [said[name] for said in all_say if name in said]
            if name in DATES:
                clash = any(moment(one).end < moment(other).start for one in values for other in values)
            else:
                clash = len({Decimal(one) if name == "share" else one for one in values}) > 1
            if clash:
                found.append(name)
        return found

    @property
    def publishers(self) -> list[str | None]:
        """Who speaks of it, in order; nobody in particular first."""
        return sorted({self.told.publisher(fact) for fact in self.all}, key=lambda slug: slug or "")


def disputes(model: Model, family: str, key: Key, as_of: datetime, position: int) -> list[Item]:
    """The disputes about a thing, by transition."""
    told = Told(model, family, key, as_of, position)
    items = []
    for transition in dict.fromkeys(map(told.transition, told.facts)):
        entries = Entries(told, transition)
        began: Fact | None = None
        for place, fact in enumerate(entries.all):
            following = entries.all[place + 1] if place + 1 < len(entries.all) else None
            if following is not None and following.published.end == fact.published.end:
                continue
            is_disputed = bool(entries.clashing(place + 1))
            first = next(at for at, one in enumerate(entries.all) if one.published.end == fact.published.end)
            turned = [
                one
                for at, one in enumerate(entries.all[first : place + 1], first)
                if bool(entries.clashing(at)) != bool(entries.clashing(at + 1))
            ]
            if is_disputed and began is None:
                began = turned[-1]
            elif not is_disputed and began is not None:
                items.append(_dispute(entries, began, turned[-1], first, as_of))
                began = None
        if began is not None:
            items.append(_dispute(entries, began, None, len(entries.all), as_of))
    return items


def _dispute(entries: Entries, began: Fact, ended: Fact | None, count: int, as_of: datetime) -> Item:
    fields = entries.clashing(count)
    says = [(by, entries.standing(count, by), entries.says(count, by)) for by in entries.publishers]
    starts = [moment(said[DATES[0]]).start.date() for _, _, said in says if DATES[0] in said]
    last = ended.published.end if ended else as_of
    return {
        "part": entries.transition[0] or None,
        "status": "ended" if ended else "open",
        "fields": sorted(fields),
        "since": began.published_at,
        "began_by": began.event_id,
        "until": ended.published_at if ended else None,
        "ended_by": ended.event_id if ended else None,
        "days": (last.date() - began.published.end.date()).days,
        "days_apart": (max(starts) - min(starts)).days if DATES[0] in fields else None,
        "publishers": [(by, standing[-1].event_id, said) for by, standing, said in says if standing],
    }


def vintages(model: Model, family: str, key: Key, as_of: datetime, position: int) -> list[Item]:
    """What each publisher stated of each transition of a thing, after each of its statements."""
    told = Told(model, family, key, as_of, position)
    items = []
    for transition in dict.fromkeys(map(told.transition, told.facts)):
        entries = Entries(told, transition)
        for publisher in entries.publishers:
            before = None
            for place, fact in enumerate(entries.all):
                if told.publisher(fact) != publisher:
                    continue
                start = entries.says(place + 1, publisher).get(DATES[0])
                if start is not None:
                    items.append(
                        {
                            "part": transition[0] or None,
                            "publisher": publisher,
                            "vintage_date": fact.published.end.date().isoformat(),
                            "event_id": fact.event_id,
                            "effective_from": start,
                            "previous_effective_from": before,
                            "shift_days": shift(before, start),
                        }
                    )
                before = start
    return items
