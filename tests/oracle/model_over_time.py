"""The judge of things that hold over time: transitions, who says so, and what they amount to (domain section 5).

Everything is looked for again for each question, in plain lists. A *transition* is what happens to a thing once (a
plant is commissioned), or each time that it happens (a policy is suspended). Its statements are those of publishers,
one series each; the publisher that comes first says how it is, and the others fill in what it leaves out.

Decisions, where the contract leaves room:
 1. What happens once is told apart by the endings (openings) that start before a statement of it: as many, the same.
 2. What may happen again is ordered by start, the coarser interval first. A statement that overlaps the next one in
    that order is of the same transition as that one.
 3. An opening that is the second of its type counts from its start on, and then only with what starts after the ending
    before it.
 4. What names no part is a transition of its own beside those that name one, and bears on all of them.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from tests.oracle.facts import Body, Fact, Item, Moment, Names, moment, once, printed

OPENS = {
    "CommitmentMade",
    "PolicyAnnounced",
    "PolicyEnacted",
    "MoUSigned",
    "AgreementSigned",
    "FacilityAnnounced",
    "ConstructionStarted",
    "FacilityCommissioned",
    "SupplyLinkOpened",
    "RiskRaised",
}
ENDS = {
    "CommitmentMet",
    "CommitmentReleased",
    "PolicyRepealed",
    "AgreementTerminated",
    "FacilityClosed",
    "FacilityCancelled",
    "SupplyLinkClosed",
    "RiskResolved",
}
CLASHING = ("binding", "kind", "operator", "share")
ENVELOPE = {"type", "event_id", "position", "recorded_at", "recorded_by", "published_at", "source", "note", "restates"}


def starts_within(fact: Fact) -> Moment:
    """The interval in which a statement says that it starts."""
    stated = fact.get("effective_from")
    return moment(stated) if stated else fact.published


def said_in(fact: Fact) -> Body:
    """The fields that a statement gives: of an amendment those that it changes, perhaps to nothing."""
    changes: Body | None = fact.get("changes")
    if changes is not None:
        return changes
    return {name: value for name, value in fact.body.items() if name not in ENVELOPE and value is not None}


@dataclass(eq=False)
class Transition:
    """One transition, its statements in any order."""

    type: str
    statements: list[Fact]
    prefer: Sequence[str] = ()
    names: Names | None = None
    part: str | None = None
    """The part of its thing that the first statement of it names."""

    def publisher(self, fact: Fact) -> str | None:
        """Who says so, under the kept slug."""
        assert self.names is not None
        return self.names.shown(fact.source.get("publisher"))

    @cached_property
    def voices(self) -> list[list[Fact]]:
        """The series of each publisher, the one that comes first last."""
        series: dict[str | None, list[Fact]] = {}
        for fact in sorted(self.statements, key=lambda fact: fact.said_order):
            series.setdefault(self.publisher(fact), []).append(fact)

        def turn(voice: list[Fact]) -> tuple[Any, ...]:
            by = self.publisher(voice[-1])
            preferred = -self.prefer.index(by) if by is not None and by in self.prefer else -len(self.prefer)
            kind = 0 if by is None else 1 if voice[-1].source.get("kind") == "secondary" else 2
            return (preferred, kind, *voice[-1].said_order)

        return sorted(series.values(), key=turn)

    @property
    def decider(self) -> Fact:
        """The statement that says how it is."""
        return self.voices[-1][-1]

    @property
    def in_turn(self) -> list[Fact]:
        """All statements, what counts most last."""
        return [fact for voice in self.voices for fact in voice]

    @cached_property
    def fields(self) -> Body:
        """What is said of it; `nature` is never left out."""
        found: Body = {}
        for fact in self.in_turn:
            found |= said_in(fact)
        if "changes" not in self.decider.body:
            found["nature"] = self.decider.get("nature") or "actual"
        return found

    def own(self, name: str) -> str | None:
        """A date of its own: of an amendment, when that takes effect."""
        found: str | None = None
        for fact in self.in_turn:
            found = fact.get(name) or found
        return found

    @property
    def effective_from(self) -> str | None:
        """When it takes effect, as printed."""
        return self.own("effective_from")

    @property
    def effective_to(self) -> str | None:
        """Until when it holds, as printed: none where what was taken over lies before the start."""
        stated = self.own("effective_to")
        return stated if stated and moment(stated).end >= self.starts else None

    @cached_property
    def starts(self) -> datetime:
        """When it takes effect."""
        return moment(self.effective_from).start if self.effective_from else self.first_published

    @property
    def first_published(self) -> datetime:
        """When it was first published, at the earliest."""
        return min(fact.published.start for fact in self.statements)

    @property
    def listed_from(self) -> datetime:
        """From when on an opening counts."""
        return min(self.starts, self.first_published)

    @property
    def order(self) -> tuple[datetime, datetime, int]:
        """(start, published_at, position)."""
        return (self.starts, *self.decider.said_order)

    def over(self, at: datetime) -> bool:
        """Whether its end is past."""
        return self.effective_to is not None and moment(self.effective_to).end < at

    @property
    def foreseen(self) -> bool:
        """Whether it was only expected by those who speak of it."""
        return all(fact.published.end < self.starts for fact in self.statements)

    @property
    def disputed(self) -> bool:
        """Whether two publishers say of it what cannot both be so."""
        alone = [Transition(self.type, voice, names=self.names) for voice in self.voices]
        for one in alone:
            for other in alone:
                for mine, theirs in [
                    (one.effective_from, other.effective_from),
                    (one.own("effective_to"), other.own("effective_to")),
                ]:
                    if mine and theirs and moment(mine).end < moment(theirs).start:
                        return True
                if "changes" in one.decider.body:
                    continue
                for name in CLASHING:
                    both = [self._comparable(name, voice.fields.get(name)) for voice in (one, other)]
                    if None not in both and both[0] != both[1]:
                        return True
        return False

    def _comparable(self, name: str, value: Any) -> Any:
        assert self.names is not None
        if name == "operator":
            return self.names.shown(value)
        return Decimal(printed(value) or 0) if name == "share" and value is not None else value


def transitions(facts: Sequence[Fact], names: Names, part: str = "", prefer: Sequence[str] = ()) -> list[Transition]:
    """The transitions that facts about one thing state."""
    found: dict[Any, list[Fact]] = {}
    visible = {fact.event_id: fact for fact in facts}

    def restated(fact: Fact) -> Fact | None:
        target = visible.get(str(fact.get("restates")))
        return target if target is not None and target.type == fact.type else None

    placed: dict[str, Any] = {}
    for kind in dict.fromkeys((fact.type, fact.get(part) if part else None) for fact in facts):
        same = [f for f in facts if (f.type, f.get(part) if part else None) == kind and restated(f) is None]
        if not same:
            continue
        if kind[0] in OPENS | ENDS:
            opposites = [f for f in facts if f.type in (ENDS if kind[0] in OPENS else OPENS)]
            for fact in same:
                placed[fact.event_id] = (kind, sum(other.begins < fact.begins for other in opposites))
        else:
            coarse_first = sorted(
                same, key=lambda f: (starts_within(f).start, -starts_within(f).end.timestamp(), f.said_order)
            )
            for fact, following in reversed([*zip(coarse_first, [*coarse_first[1:], None], strict=True)]):
                overlaps = following is not None and starts_within(following).start <= starts_within(fact).end
                placed[fact.event_id] = (
                    placed[following.event_id] if overlaps and following else (kind, starts_within(fact).start)
                )
    for fact in facts:
        root = fact
        while (target := restated(root)) is not None:
            root = target
        found.setdefault(placed[root.event_id], []).append(fact)
    return [Transition(said[0].type, said, prefer, names, key[0][1]) for key, said in found.items()]


Publishers = Collection[str] | None
"""Those whose statements alone are folded; None: all."""


def by_publishers(facts: Sequence[Fact], names: Names, publishers: Publishers) -> list[Fact]:
    """The statements of some publishers."""
    return [fact for fact in facts if publishers is None or names.shown(fact.source.get("publisher")) in publishers]


class Thing:
    """What counts of a thing, or of a part of it, at V."""

    def __init__(
        self,
        facts: Sequence[Fact],
        at: datetime,
        names: Names,
        part: str = "",
        prefer: Sequence[str] = (),
        publishers: Publishers = None,
    ) -> None:
        self.everything, self.part, self.at, self.names = facts, part, at, names
        self.facts = by_publishers(facts, names, publishers)
        self.all = transitions(self.facts, names, part, prefer)
        self.since: datetime | None = None
        """The ending behind which nothing counts any more."""
        self._later: list[Transition] = []
        for one in self.all:
            endings = [other.starts for other in self.all if other.type in ENDS and other.starts < one.starts]
            second = any(u.type == one.type and endings and u.starts <= max(endings) for u in self.all)
            if one.type not in OPENS or not second:
                continue
            if one.starts <= at:
                self.since = max(endings) if self.since is None else max(self.since, max(endings))
            else:
                self._later.append(one)

    def of(self, *types: str) -> list[Transition]:
        """Those of the types that count, in order."""
        chosen = [one for one in self.all if one.type in types and one not in self._later]
        counting = [one for one in chosen if self.since is None or one.starts > self.since]
        return sorted(counting, key=lambda one: one.order)

    def begun(self, *types: str) -> list[Transition]:
        """Those that have taken effect."""
        return [one for one in self.of(*types) if one.starts <= self.at]

    def listed(self, *types: str) -> list[Transition]:
        """The openings that count."""
        return [one for one in self.of(*types) if one.listed_from <= self.at]

    def interruptions(self, type: str, end: str) -> list[Transition]:
        """The suspensions (idlings) in which V lies: not over, and not ended by a reinstatement (restart) that starts
        with or after them."""
        endings = [one.starts for one in self.begun(end)]
        return [one for one in self.begun(type) if not one.over(self.at) and all(one.starts > end for end in endings)]

    def envelope(self, decider: Transition) -> Item:
        """How an item names what decided it, and how many speak of it."""
        fact = decider.decider
        named = {self.names.shown(fact.source.get("publisher")) for fact in self.everything}
        return {
            "event_id": fact.event_id,
            "publisher": decider.publisher(fact),
            "publishers": len(named - {None}),
            "disputed": any(one.disputed for one in transitions(self.everything, self.names, self.part)),
            "published_at": fact.published_at,
            "position": fact.position,
        }


def last(found: Iterable[Transition]) -> Transition:
    """The last by (start, published_at, position)."""
    return max(found, key=lambda one: one.order)


def decided(
    cascade: Sequence[tuple[str, Sequence[Transition]]], first: Callable[[Transition], bool] = lambda one: False
) -> tuple[str, Transition]:
    """The first status that any transition makes true, and the last transition that does, of those that come first."""
    return next((status, last([one for one in found if first(one)] or found)) for status, found in cascade if found)


def folded(found: Sequence[Transition]) -> tuple[Body, dict[str, Transition]]:
    """The fields that transitions give, the later ones over the earlier; and which gave each."""
    fields: Body = {}
    given_by: dict[str, Transition] = {}
    for one in found:
        given = dict(one.fields)
        if "changes" not in one.decider.body:
            given |= {"effective_from": one.effective_from, "effective_to": one.effective_to}
            given = {name: value for name, value in given.items() if value is not None}
        fields |= given
        given_by |= dict.fromkeys(given, one)
    return fields, given_by


def moved_dates(amendments: Sequence[Transition]) -> list[Transition]:
    """The amendments that moved the dates of the thing."""
    return [one for one in amendments if {"effective_from", "effective_to"} & set(one.fields)]


def dates(fields: Body) -> tuple[str | None, str | None]:
    """The dates of a thing; an end before the start is none."""
    start, end = fields.get("effective_from"), fields.get("effective_to")
    return start, None if start and end and moment(end).end < moment(start).start else end


def policy_items(
    slug: str,
    facts: Sequence[Fact],
    at: datetime,
    names: Names,
    prefer: Sequence[str] = (),
    publishers: Publishers = None,
) -> tuple[Item | None, list[Item]]:
    """The state of a policy at V, and those of its provisions.

    What names no provision bears on all of them. The policy itself is as what names none says; where that opens
    nothing, it is as all of its provisions are together.
    """
    own = by_publishers(facts, names, publishers)
    provisions = sorted({fact.body["provision"] for fact in own if fact.get("provision")})
    is_opened = any(fact.type in OPENS and not fact.get("provision") for fact in own)
    whole = [fact for fact in facts if not is_opened or not fact.get("provision")]
    found = []
    for provision in provisions:
        bearing = [fact for fact in facts if fact.get("provision") in (None, provision)]
        if item := policy_item(slug, provision, bearing, at, names, prefer, publishers):
            found.append(item)
    return policy_item(slug, None, whole, at, names, prefer, publishers), found


IN_PROVISIONS = (
    *("provision", "status", "foreseen", "effective_from", "effective_to", "interrupted_from", "interrupted_to"),
    *("event_id", "publisher", "publishers", "disputed", "published_at", "position"),
)
"""What a policy says of each of its provisions."""


def policy_item(
    slug: str,
    provision: str | None,
    facts: Sequence[Fact],
    at: datetime,
    names: Names,
    prefer: Sequence[str] = (),
    publishers: Publishers = None,
) -> Item | None:
    """The state of a policy at V, or of a provision of it: then what is said of itself counts more."""
    thing = Thing(facts, at, names, "provision", prefer, publishers)

    def of_itself(one: Transition) -> bool:
        return provision is not None and one.part is not None

    announced, enacted = thing.listed("PolicyAnnounced"), thing.listed("PolicyEnacted")
    if not announced + enacted:
        return None
    amendments = thing.begun("PolicyAmended")
    fields, given_by = folded(sorted([*announced, *enacted, *amendments], key=of_itself))
    own_from, own_to = dates(fields)
    over = bool(own_to) and moment(own_to).end < at
    in_effect = [one for one in enacted if (moment(own_from).start if own_from else one.starts) <= at]
    suspensions = thing.interruptions("PolicySuspended", "PolicyReinstated")
    makes_true = [*in_effect, *thing.begun("PolicyReinstated"), *moved_dates(amendments)] if in_effect else []
    status, decider = decided(
        [
            ("repealed", thing.begun("PolicyRepealed")),
            ("suspended", suspensions),
            ("in_force", [] if over else makes_true),
            ("expired" if enacted else "lapsed", [given_by["effective_to"]] if over else []),
            ("announced", [*announced, *enacted]),
        ],
        of_itself,
    )
    named = {name: fields.get(name) for name in ("materials", "applies_to", "exempt")}
    return {
        "policy": slug,
        "provision": provision,
        "jurisdiction": names.shown(fields.get("jurisdiction")),
        "kind": fields.get("kind"),
        "title": fields.get("title"),
        **{name: None if refs is None else once(map(names.resolve, refs)) for name, refs in named.items()},
        "conditions": fields.get("conditions"),
        "status": status,
        "foreseen": status != "announced" and decider.foreseen,
        "effective_from": own_from,
        "effective_to": own_to,
        "interrupted_from": decider.effective_from if status == "suspended" else None,
        "interrupted_to": decider.effective_to if status == "suspended" else None,
        **thing.envelope(decider),
    }


def agreement_item(
    slug: str,
    facts: Sequence[Fact],
    at: datetime,
    names: Names,
    prefer: Sequence[str] = (),
    publishers: Publishers = None,
) -> Item | None:
    """The state of an agreement at V. A definitive signing starts afresh, but for title and facility."""
    thing = Thing(facts, at, names, prefer=prefer, publishers=publishers)
    memoranda, definitive = thing.listed("MoUSigned"), thing.listed("AgreementSigned")
    if not memoranda + definitive:
        return None
    amendments, endings = thing.begun("AgreementAmended"), thing.begun("AgreementTerminated")
    fields, given_by = folded(memoranda)
    if definitive:
        afresh = min(one.listed_from for one in definitive)
        amendments = [one for one in amendments if min(one.starts, one.first_published) >= afresh]
        endings = [one for one in endings if one.starts >= afresh]
        kept = {name: fields[name] for name in ("title", "facility") if name in fields}
        fields, given_by = folded([*definitive, *amendments])
        fields = kept | fields
    else:
        fields, given_by = folded([*memoranda, *amendments])
    binding = fields.get("binding")
    if binding is None and definitive:
        binding = True
    own_from, own_to = dates(fields)
    over = bool(own_to) and moment(own_to).end < at
    in_effect = [one for one in definitive if (moment(own_from).start if own_from else one.starts) <= at]
    status, decider = decided(
        [
            ("terminated", endings),
            ("expired", [given_by["effective_to"]] if over else []),
            ("in_force", [*in_effect, *moved_dates(amendments)] if in_effect else []),
            ("signed", definitive),
            ("mou", memoranda),
        ]
    )
    parties = [
        {"entity": names.resolve(party["entity"]), "role": party.get("role")} for party in fields.get("parties") or []
    ]
    return {
        "agreement": slug,
        "status": status,
        "foreseen": status not in ("signed", "mou") and decider.foreseen,
        "binding": binding,
        "parties": once(parties),
        "title": fields.get("title"),
        "terms": fields.get("terms"),
        "facility": names.shown(fields.get("facility")),
        "effective_from": own_from,
        "effective_to": own_to,
        **thing.envelope(decider),
    }


OPENS_FACILITY = ("FacilityAnnounced", "ConstructionStarted", "FacilityCommissioned")
FACILITY_TYPES = (*OPENS_FACILITY, "FacilityIdled", "FacilityRestarted", "FacilityClosed", "FacilityCancelled")


def facility_item(
    facility: str,
    stage: str | None,
    facts: Sequence[Fact],
    operated: Sequence["Interval"],
    at: datetime,
    names: Names,
    prefer: Sequence[str] = (),
    publishers: Publishers = None,
) -> Item | None:
    """The state of one stage of a facility at V; `operated` are the intervals in which someone operates it."""
    thing = Thing(facts, at, names, "stage", prefer, publishers)
    openings = thing.listed(*OPENS_FACILITY)
    if not openings:
        return None
    idlings = thing.interruptions("FacilityIdled", "FacilityRestarted")
    endings = thing.begun("FacilityClosed", "FacilityCancelled")
    ending = "cancelled" if endings and last(endings).type == "FacilityCancelled" else "closed"
    status, decider = decided(
        [
            (ending, endings),
            ("idled", idlings),
            ("operating", thing.begun("FacilityCommissioned", "FacilityRestarted")),
            ("under_construction", thing.begun("ConstructionStarted")),
            ("announced", openings),
        ]
    )
    said = [
        (one.order, one.fields["operator"], True) for one in thing.begun(*FACILITY_TYPES) if one.fields.get("operator")
    ]
    said += [(one.order, one.subject, one.status(at) == "open") for one in operated if one.starts <= at]
    _, operator, stands = max(said, default=(None, None, False))
    return {
        "facility": facility,
        "stage": stage,
        "status": status,
        "foreseen": status != "announced" and decider.foreseen,
        "operator": names.resolve(operator) if operator and stands else None,
        "effective_from": decider.effective_from,
        "effective_to": decider.effective_to,
        "interrupted_from": decider.effective_from if status == "idled" else None,
        "interrupted_to": decider.effective_to if status == "idled" else None,
        **thing.envelope(decider),
    }


def thing_item(
    name: str,
    slug: str,
    facts: Sequence[Fact],
    at: datetime,
    names: Names,
    prefer: Sequence[str] = (),
    publishers: Publishers = None,
) -> tuple[Item, Body] | None:
    """Slug, status and envelope of a link or risk at V, and its folded fields."""
    thing = Thing(facts, at, names, prefer=prefer, publishers=publishers)
    openings = thing.listed("SupplyLinkOpened", "RiskRaised")
    if not openings:
        return None
    fields, _ = folded(openings)
    begun = [one for one in openings if one.starts <= at and one.fields["nature"] != "planned"]
    status, decider = decided(
        [
            ("closed", thing.begun("SupplyLinkClosed", "RiskResolved")),
            ("open", [one for one in begun if not one.over(at)]),
            ("closed", [one for one in openings if one.over(at)]),
            ("planned", openings),
        ]
    )
    own_from, own_to = dates(fields)
    item = {
        name: slug,
        "status": status,
        "foreseen": status != "planned" and decider.foreseen,
        "effective_from": own_from,
        "effective_to": own_to,
        **thing.envelope(decider),
    }
    return item, fields


@dataclass
class Interval:
    """A time for which one entity stands to another, and what ends it besides its own end."""

    subject: str
    stated: Transition
    ends_by: list[datetime]

    @property
    def starts(self) -> datetime:
        """From when on."""
        return self.stated.starts

    @property
    def order(self) -> tuple[datetime, datetime, int]:
        """(start, published_at, position)."""
        return self.stated.order

    def status(self, at: datetime) -> str:
        """`planned`, `open` or `closed`."""
        if self.stated.over(at) or any(end <= at for end in self.ends_by):
            return "closed"
        return "planned" if self.starts > at or self.stated.fields["nature"] == "planned" else "open"


def intervals(subject: str, thing: Thing) -> list[Interval]:
    """The intervals of one (subject, relation, object, role), in order."""
    stated = thing.of("RelationshipStated")
    found = []
    for one in stated:
        ends = [other.starts for other in stated if other.starts > one.starts and other.fields["nature"] == "actual"]
        ends += [other.starts for other in thing.of("RelationshipEnded") if other.starts >= one.starts]
        found.append(Interval(subject, one, ends))
    return found


def relationship_items(
    key: tuple[str, str, str, str],
    facts: Sequence[Fact],
    at: datetime,
    names: Names,
    prefer: Sequence[str] = (),
    publishers: Publishers = None,
) -> list[Item]:
    """Each interval of a relationship that is listed at V."""
    thing = Thing(facts, at, names, prefer=prefer, publishers=publishers)
    subject, relation, target, role = key
    return [
        {
            "relationship": ":".join(filter(None, key)),
            "subject": subject,
            "relation": relation,
            "object": target,
            "role": role or None,
            "share": printed(one.stated.fields.get("share")),
            "share_low": printed(one.stated.fields.get("share_low")),
            "share_high": printed(one.stated.fields.get("share_high")),
            "nature": one.stated.fields["nature"],
            "status": one.status(at),
            "foreseen": one.status(at) != "planned" and one.stated.foreseen,
            "effective_from": one.stated.effective_from,
            "effective_to": one.stated.effective_to,
            **thing.envelope(one.stated),
        }
        for one in intervals(subject, thing)
        if one.stated.listed_from <= at
    ]
