"""Histories to judge by: event lists of a small closed world, built to collide.

A history is a list of bodies as a client would post them, each with an `event_id` of its own, in order of posting. It
has few keys, few dates and few names, so that ties, late arrivals, relabelled units, conflicts, withdrawals,
corrections and merges meet on the same figure or policy all the time. The writer of a history keeps track of what
stands, so that almost every event is one the ledger accepts; the few that it refuses can be left out, together with
what refers to them.

`random_history` and `random_viewpoint` draw from a `random.Random`, for thousands of histories; `histories` and
`viewpoints` are the same as hypothesis strategies, which shrink.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import strategies as st

from ledger.values import is_fiscal
from tests.oracle.facts import moment, patched

Body = dict[str, Any]

FAR = datetime(2100, 1, 1, tzinfo=UTC)
"""Stands for the day of recording, which a history does not know."""

# Dates as sources print them. Many of them start or end together.
MOMENTS = (
    "2024",
    "2024-12",
    "2024-12-31",
    "2024-12-31T23:59:59.999999Z",
    "2025-01",
    "2025-01-01",
    "2025-01-31",
    "2025-01-31T00:00:00Z",
    "2025-01-31T08:00:00+08:00",
    "2025-01-31T20:30:00.5-05:00",
    "2025-02-01",
    "2025-02-01T00:00:00+00:00",
    "2025-02-28",
    "2025",
    "2025-06-30",
    "early 2025",
    "mid-2025",
    "Q1 2025",
)

KINDS = {
    "usgs": "organisation",
    "bgs": "organisation",
    "wire": "organisation",
    "lynas": "organisation",
    "lynas-corp": "organisation",
    "us-geological-survey": "organisation",
    "china": "country",
    "prc": "country",
    "mt-weld": "facility",
    "mount-weld": "facility",
    "ndpr": "material",
    "nd-pr-oxide": "material",
}
ALWAYS = ("usgs", "bgs", "lynas", "china", "mt-weld", "ndpr")
FISCAL_YEAR_ENDS = {"lynas": "06-30", "lynas-corp": "12-31"}
DUPLICATES = {
    "usgs": ("us-geological-survey", "wire"),
    "lynas": ("lynas-corp",),
    "china": ("prc",),
    "mt-weld": ("mount-weld",),
    "ndpr": ("nd-pr-oxide",),
}
NAMES = ("Lynas", "Lynas Corporation", "Lynas Rare Earths", "Burma", "Myanmar")


class Measure(NamedTuple):
    """A metric, the types of event that report it without naming it, and its units."""

    metric: str
    types: tuple[str, ...]
    units: tuple[tuple[str, int], ...]
    """(unit, power of ten from the canonical unit)"""


MEASURES = (
    Measure("production", ("ProductionReported",), (("t", 0), ("kt", -3), ("kg", 3))),
    Measure("price", ("PriceReported",), (("USD/kg", 0), ("USD/t", 3), ("AUD/kg", 0))),
    Measure("share", ("ShareReported",), (("percent", 0), ("ratio", -2))),
    Measure("investment", ("InvestmentReported",), (("USD", 0), ("million USD", -6), ("AUD", 0))),
    Measure("capacity", ("CapacityReported",), (("t/yr", 0), ("kt/yr", -3))),
    Measure("employment", ("EmploymentReported",), (("persons", 0),)),
    Measure("quota", ("QuotaSet",), (("t", 0), ("kt", -3))),
)
OTHER_TYPES = ("FigureReported", "FigureReported", "TargetSet", "ForecastPublished")
# Digits times a power of ten: 1300, 2080, 2080 again with zeros behind, zero, below zero, the 12th digit.
VALUES = ((13, 2), (208, 1), (2080, 0), (20800, -1), (0, 0), (-5, 0), (123456789012, -9), (123456789013, -9), (1, 0))
SYMBOLS = ("not_available", "withheld", "net_exporter", "undisclosed", "not_applicable")
STATUSES = ("estimated", "provisional", "reported", "restated", "announced", "audited")
PERIODS = ("2024", "2024-01-01/2024-12-31", "2025-Q2", "2025-04-01/2025-06-30", "2024-H1", "2024-06-30")
FISCAL_PERIODS = ("FY2025-Q4", "FY2025", "FY2024-H2", "2024/25")
STAGES = ("mine", "separation")

OPENINGS = {
    "PolicyAnnounced": "policy",
    "PolicyEnacted": "policy",
    "MoUSigned": "agreement",
    "AgreementSigned": "agreement",
    "FacilityAnnounced": "facility",
    "ConstructionStarted": "facility",
    "FacilityCommissioned": "facility",
    "SupplyLinkOpened": "link",
    "RiskRaised": "risk",
    "CommitmentMade": "commitment",
}
CLOSINGS = {
    "PolicyRepealed": "policy",
    "AgreementTerminated": "agreement",
    "FacilityClosed": "facility",
    "FacilityCancelled": "facility",
    "SupplyLinkClosed": "link",
    "RiskResolved": "risk",
    "CommitmentMet": "commitment",
    "CommitmentReleased": "commitment",
}
INTERRUPTIONS = ("PolicyAmended", "PolicySuspended", "PolicyReinstated", "AgreementAmended", "FacilityIdled")
OTHER_REPORTS = ("FacilityRestarted", "RelationshipStated", "RelationshipEnded", "EntityRenamed", "StatementRecorded")
LEDGER_TYPES = ("EventCorrected", "EventRetracted", "EventReinstated")

# What a history is mostly about: (kind of move, weight).
PROFILES: tuple[dict[str, int], ...] = (
    {"figure": 10, "withdrawal": 2, "correction": 4, "retraction": 2, "reinstatement": 2},
    {"figure": 10, "withdrawal": 1, "preference": 5, "merge": 1, "correction": 3, "retraction": 2, "reinstatement": 2},
    {"figure": 10, "withdrawal": 3, "correction": 1},
    {"figure": 8, "withdrawal": 1, "merge": 2, "correction": 3, "retraction": 1, "reinstatement": 1, "rename": 1},
    {"policy": 10, "preference": 2, "report_withdrawal": 1, "correction": 3, "retraction": 1, "reinstatement": 1},
    {"agreement": 10, "report_withdrawal": 1, "correction": 3, "retraction": 1, "reinstatement": 1},
    {
        "facility": 10,
        "relationship": 2,
        "preference": 2,
        "report_withdrawal": 1,
        "merge": 1,
        "correction": 3,
        "retraction": 1,
        "reinstatement": 1,
    },
    {
        "link": 4,
        "risk": 4,
        "commitment": 4,
        "relationship": 4,
        "preference": 2,
        "report_withdrawal": 1,
        "merge": 1,
        "correction": 3,
        "retraction": 1,
        "reinstatement": 1,
    },
    {
        "rename": 4,
        "alias": 2,
        "merge": 3,
        "relationship": 2,
        "statement": 2,
        "report_withdrawal": 2,
        "figure": 3,
        "correction": 3,
        "retraction": 1,
    },
    {
        "figure": 8,
        "withdrawal": 1,
        "policy": 3,
        "agreement": 3,
        "facility": 3,
        "link": 2,
        "risk": 2,
        "commitment": 2,
        "relationship": 2,
        "statement": 1,
        "preference": 2,
        "rename": 1,
        "alias": 1,
        "merge": 1,
        "correction": 4,
        "retraction": 2,
        "reinstatement": 1,
    },
)


def random_history(rng: random.Random, size: int) -> list[Body]:
    """A history of about `size` events after the registrations of its world."""
    writer = Writer(rng)
    weights = rng.choice(PROFILES)
    moves = [move for move, weight in weights.items() for _ in range(weight)]
    for _ in range(size * 3):
        if len(writer.bodies) - writer.world >= size:
            break
        writer.move(rng.choice(moves))
    return writer.bodies


class Writer:
    """Writes one history, one move at a time, and knows what stands in it."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.bodies: list[Body] = []
        self.now: dict[str, Body] = {}
        """Every event that is no ledger event, as corrected so far, by event_id."""
        self.retracted: list[str] = []
        self.merged: dict[str, str] = {}
        """merged slug -> event_id of the merge"""
        self.moments = rng.sample(MOMENTS, rng.randint(2, 6))
        self.kinds = dict(KINDS)
        self.keys: list[Body] = []
        extras = [slug for slug in KINDS if slug not in ALWAYS]
        self.entities = [*ALWAYS, *rng.sample(extras, rng.randint(0, 3))]
        for slug in self.entities:
            self._register(slug)
        self.world = len(self.bodies)
        self.keys = [self._key() for _ in range(rng.choice((1, 1, 2, 3)))]

    # Drawing

    def often(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return self.rng.randrange(100) < percent

    def pick(self, *kinds: str) -> str:
        """An entity of the kinds, mostly one that always is there."""
        return self.rng.choice([slug for slug in self.entities if self.kinds[slug] in kinds])

    def when(self) -> str:
        """A printed date: mostly one of the few of this history."""
        return self.rng.choice(self.moments if self.often(85) else MOMENTS)

    def optional(self, percent: int, **fields: Callable[[], Any]) -> Body:
        """Each field with that chance."""
        return {name: draw() for name, draw in fields.items() if self.often(percent)}

    def post(self, type_name: str, **fields: Any) -> str:
        """Posts an event; None leaves a field out."""
        event_id = str(UUID(int=len(self.bodies) + 1, version=4))
        body = {"type": type_name, "event_id": event_id, **{k: v for k, v in fields.items() if v is not None}}
        self.bodies.append(body)
        if type_name not in LEDGER_TYPES:
            self.now[event_id] = deepcopy(body)
        return event_id

    def stated(self, publisher: str | None = None) -> Body:
        """An envelope: mostly dated, mostly with a publisher."""
        source: Body = {}
        if publisher or self.often(40):
            source["publisher"] = publisher or self.pick("organisation")
        if self.often(20):
            source["kind"] = self.rng.choice(("primary", "secondary", "secondary"))
        source |= self.optional(10, via=lambda: "Reuters", title=lambda: "Yearbook", locator=lambda: "Table 1")
        return {
            "published_at": self.when() if self.often(92) else None,
            "source": source or None,
            "note": "revised series" if self.often(8) else None,
        }

    def standing(self, *types: str) -> list[Body]:
        """The events of the types (any, where none is named) that stand."""
        return [
            body
            for event_id, body in self.now.items()
            if event_id not in self.retracted and (not types or body["type"] in types)
        ]

    def resolved(self, slug: str) -> str:
        """The slug that a slug was merged into."""
        while slug in self.merged:
            slug = str(self.now[self.merged[slug]]["kept"])
        return slug

    # Moves

    def move(self, kind: str) -> None:
        """Adds an event of the kind, or nothing where none would be accepted."""
        moves: dict[str, Callable[[], None]] = {
            "figure": self._figure,
            "withdrawal": self._withdrawal,
            "correction": self._correction,
            "retraction": self._retraction,
            "reinstatement": self._reinstatement,
            "merge": self._merge,
            "rename": self._rename,
            "alias": self._alias,
            "policy": self._policy,
            "agreement": self._agreement,
            "facility": self._facility,
            "link": self._link,
            "risk": self._risk,
            "commitment": self._commitment,
            "relationship": self._relationship,
            "statement": self._statement,
            "report_withdrawal": self._report_withdrawal,
            "preference": self._preference,
        }
        moves[kind]()

    def _register(self, slug: str) -> None:
        parents = [known for known in self.entities[: self.entities.index(slug)] if known in ALWAYS]
        self.post(
            "EntityRegistered",
            entity=slug,
            kind=self.kinds[slug],
            name=slug.replace("-", " ").title(),
            aliases=[f"{slug} (old)"] if self.often(20) else None,
            identifiers={self.rng.choice(("LEI", "ticker", 'the "code"')): slug[:3].upper()}
            if self.often(20)
            else None,
            fiscal_year_end=FISCAL_YEAR_ENDS.get(slug),
            parent=self.rng.choice(parents) if parents and self.often(10) else None,
            published_at=self.when() if self.often(30) else None,
        )

    def _key(self) -> Body:
        measure = self.rng.choice(MEASURES[:1] * 3 + MEASURES)
        subject = self.pick("organisation") if self.often(50) else self.pick("country", "facility")
        periods: list[str | None] = [None, *PERIODS, *PERIODS]
        if subject in FISCAL_YEAR_ENDS:
            periods += FISCAL_PERIODS * 3
        return {
            "measure": measure,
            "subject": subject,
            "material": self.pick("material") if self.often(50) else None,
            "dimensions": self.rng.choice((None, None, {"basis": "reo"}, {"basis": "reo", "batch": "first"}, {})),
            "period": self.rng.choice(periods),
            "nature": self.rng.choice((None, None, None, "observed", "forecast", "plan")),
        }

    def _same_key(self, key: Body) -> Body:
        """The key as another source may spell it: another slug, another form of the period."""
        spelt = dict(key)
        for name in ("subject", "material"):
            twins = [slug for slug in self.entities if self.resolved(slug) == self.resolved(key[name] or "")]
            if twins and self.often(40):
                spelt[name] = self.rng.choice(twins)
        same_periods = {
            "2024": "2024-01-01/2024-12-31",
            "2025-Q2": "2025-04-01/2025-06-30",
            "FY2025-Q4": "2025-Q2",
            "FY2025": "2024-07-01/2025-06-30",
        }
        if self.often(25):
            spelt["period"] = same_periods.get(str(key["period"]), key["period"])
        if is_fiscal(str(spelt["period"])) and spelt["subject"] not in FISCAL_YEAR_ENDS:
            spelt["subject"] = key["subject"]
        return spelt

    def _said(self, measure: Measure) -> Body:
        """A unit, and exactly one of value, range or bound, and symbol."""
        unit, power = self.rng.choice(measure.units)
        form = self.rng.randrange(10)
        if form == 0:
            return {"unit": unit, "symbol": self.rng.choice(SYMBOLS)}
        numbers = sorted(self.rng.choices(VALUES, k=2), key=lambda value: Decimal(value[0]).scaleb(value[1]))
        low, high = (printed_in(digits, exponent + power) for digits, exponent in numbers)
        if form == 1:
            return {"unit": unit, "low": low, "high": high}
        if form == 2:
            return {"unit": unit, self.rng.choice(("low", "high")): low}
        digits, exponent = self.rng.choice(VALUES[:4] if self.often(70) else VALUES)
        return {"unit": unit, "value": printed_in(digits, exponent + power, exponential=self.often(5))}

    def _figure(self) -> None:
        key = self._same_key(self.rng.choice(self.keys) if self.often(90) else self._key())
        measure = key.pop("measure")
        plain_type = self.rng.choice(measure.types) if self.often(80) else self.rng.choice(OTHER_TYPES)
        if plain_type in OTHER_TYPES:
            key["metric"] = measure.metric
        self.post(
            plain_type,
            **key,
            **self._said(measure),
            **self.optional(20, approximate=lambda: self.often(70)),
            **self.optional(40, status=lambda: self.rng.choice(STATUSES)),
            **self.stated(self._speaker()),
        )

    def _speaker(self) -> str:
        """A publisher: most figures have two of them at the most."""
        twins = [slug for slug in self.entities if self.resolved(slug) == self.resolved("usgs")]
        return self.rng.choice(("usgs", "usgs", "bgs", self.rng.choice(twins), self.pick("organisation")))

    def _withdrawal(self) -> None:
        reported = self.standing(*(name for measure in MEASURES for name in measure.types), *OTHER_TYPES)
        if not reported:
            return
        taken_back = self.rng.choice(reported)
        names = ("subject", "material", "dimensions", "nature", "period", "unit")
        metrics = {name: measure.metric for measure in MEASURES for name in measure.types}
        natures = {"TargetSet": "target", "ForecastPublished": "forecast"}
        if taken_back["type"] == "CapacityReported" and taken_back.get("status") == "announced":
            natures["CapacityReported"] = "plan"
        key = {name: taken_back.get(name) for name in names}
        key["metric"] = taken_back.get("metric") or metrics.get(taken_back["type"])
        key["nature"] = key["nature"] or natures.get(taken_back["type"])
        publisher = taken_back["source"]["publisher"] if self.often(85) else self.pick("organisation")
        envelope = self.stated(publisher)
        if self.often(25):
            envelope["published_at"] = taken_back.get("published_at")
        self.post("FigureWithdrawn", **key, **envelope)

    def _rename(self) -> None:
        self.post(
            "EntityRenamed",
            entity=self.rng.choice(self.entities),
            name=self.rng.choice(NAMES),
            effective_from=self.when() if self.often(50) else None,
            **self.stated(),
        )

    def _alias(self) -> None:
        alias = self.rng.choice((*NAMES, "LAMP"))
        self.post("EntityAliasAdded", entity=self.rng.choice(self.entities), alias=alias, **self.stated())

    def _merge(self) -> None:
        pairs = [(kept, merged) for kept, twins in DUPLICATES.items() for merged in twins if merged in self.entities]
        pairs = [(merged, kept) if self.often(33) else (kept, merged) for kept, merged in pairs]
        if self.often(20):
            kept, merged = self.rng.sample([slug for slug in self.entities if self.kinds[slug] == "organisation"], 2)
            pairs.append((kept, merged))
        pairs = [(k, m) for k, m in pairs if m not in self.merged and self.resolved(k) != self.resolved(m)]
        if pairs:
            kept, merged = self.rng.choice(pairs)
            self.merged[merged] = self.post("EntitiesMerged", kept=kept, merged=merged, reason="One and the same.")

    def _takes_effect(self, required: bool = False, until: int = 0) -> Body:
        """effective_from, and with a chance of `until` percent effective_to, in order."""
        first = self.when() if required or self.often(60) else None
        last = self.when() if self.often(until) else None
        if first and last and moment(last).end < moment(first).start:
            first, last = last, first
        if first and last and moment(last).end < moment(first).start:
            last = None
        return {"effective_from": first, "effective_to": last}

    def _lifecycle(
        self, field: str, slug: str, openings: Sequence[str], others: Sequence[str]
    ) -> tuple[str, Body] | None:
        """A type of event that may follow, and its dates: nothing that takes effect after a closing."""
        opened = [body for body in self.standing(*openings) if self.resolved(body[field]) == self.resolved(slug)]
        type_name = self.rng.choice((*openings, *others, *others) if opened else openings)
        until = 30 if type_name in (*openings, "PolicySuspended", "FacilityIdled") else 0
        required = type_name in (
            "PolicySuspended",
            "PolicyReinstated",
            "PolicyRepealed",
            "SupplyLinkClosed",
            "RiskResolved",
        )
        dates = self._takes_effect(required, until)
        if field == "facility" and type_name != "FacilityIdled":
            dates.pop("effective_to")
        envelope = self.stated()
        anew = [body for body in self.standing(type_name) if body.get(field) == slug]
        restates = self.rng.choice(anew)["event_id"] if anew and self.often(12) else None
        return type_name, {field: slug, **dates, **envelope, "restates": restates}

    def _policy(self) -> None:
        slug = self.rng.choice(("ban", "ban", "ban", "quota"))
        changing = ("PolicyAmended", "PolicySuspended", "PolicyReinstated", "PolicyRepealed")
        if not (found := self._lifecycle("policy", slug, ("PolicyAnnounced", "PolicyEnacted"), changing)):
            return
        type_name, fields = found
        fields |= self.optional(30, provision=lambda: self.rng.choice(("part 1", "part 2")))
        if type_name in OPENINGS:
            fields |= {"jurisdiction": self.pick("country"), "kind": self.rng.choice(("export_ban", "tariff"))}
            fields |= self.optional(40, title=self._text, materials=self._materials)
            fields |= self.optional(15, applies_to=self._holders, exempt=self._holders)
        if type_name == "PolicyAmended":
            fields["changes"] = self._amendments(title=self._text, materials=self._materials, kind=lambda: "licence")
        self.post(type_name, **fields)

    def _agreement(self) -> None:
        slug = self.rng.choice(("pact", "pact", "pact", "offtake"))
        changing = ("AgreementAmended", "AgreementAmended", "AgreementTerminated")
        if not (found := self._lifecycle("agreement", slug, ("MoUSigned", "AgreementSigned"), changing)):
            return
        type_name, fields = found
        if type_name in OPENINGS:
            fields["parties"] = self._parties()
            fields |= self.optional(30, title=self._text, terms=self._text, binding=lambda: self.often(50))
            fields |= self.optional(30, facility=lambda: self.pick("facility"))
        if type_name == "AgreementAmended":
            fields["changes"] = self._amendments(
                title=self._text, terms=self._text, parties=self._parties, binding=lambda: self.often(50)
            )
        self.post(type_name, **fields)

    def _facility(self) -> None:
        opening = ("FacilityAnnounced", "ConstructionStarted", "FacilityCommissioned")
        changing = ("FacilityIdled", "FacilityIdled", "FacilityRestarted", "FacilityClosed", "FacilityCancelled")
        if not (found := self._lifecycle("facility", self.pick("facility"), opening, changing)):
            return
        type_name, fields = found
        fields |= self.optional(30, stage=lambda: self.rng.choice(STAGES), operator=lambda: self.pick("organisation"))
        self.post(type_name, **fields)

    def _link(self) -> None:
        slug = self.rng.choice(("flow", "flow", "stream"))
        if not (found := self._lifecycle("link", slug, ("SupplyLinkOpened",), ("SupplyLinkClosed",))):
            return
        type_name, fields = found
        if type_name in OPENINGS:
            fields |= {
                "supplier": self.pick("organisation", "facility"),
                "consumer": self.pick("organisation", "country"),
            }
            fields |= {
                "material": self.pick("material"),
                **self.optional(30, stage=lambda: "mine", share=lambda: "12.50"),
                **self.optional(30, nature=lambda: self.rng.choice(("actual", "planned", "planned"))),
            }
        self.post(type_name, **fields)

    def _commitment(self) -> None:
        slug = self.rng.choice(("floor", "floor", "loan"))
        changing = ("CommitmentMet", "CommitmentMet", "CommitmentMet", "CommitmentReleased")
        if not (found := self._lifecycle("commitment", slug, ("CommitmentMade",), changing)):
            return
        type_name, fields = found
        amounts = self.optional(
            40,
            quantity=lambda: self.rng.choice(
                (
                    *({"value": "10.50", "unit": "t"}, {"value": "0.0105", "unit": "kt"}, {"low": "1", "unit": "t"}),
                    {"low": "1", "high": "2", "unit": "kt"},
                )
            ),
            amount=lambda: self.rng.choice(
                ({"value": "100000", "unit": "USD"}, {"value": "0.1", "unit": "million USD"})
            ),
        )
        if type_name in OPENINGS:
            fields |= {"kind": self.rng.choice(("loan", "offtake")), "by": self.pick("organisation")}
            fields |= {"to": self.pick("organisation", "country"), **amounts}
            fields |= self.optional(20, material=lambda: self.pick("material"), binding=lambda: self.often(50))
            fields |= self.optional(20, tranche=self._text, facility=lambda: self.pick("facility"))
        elif type_name == "CommitmentMet":
            fields |= amounts
        self.post(type_name, **fields)

    def _risk(self) -> None:
        slug = self.rng.choice(("residue", "residue", "quotas"))
        if not (found := self._lifecycle("risk", slug, ("RiskRaised",), ("RiskResolved",))):
            return
        type_name, fields = found
        if type_name in OPENINGS:
            fields |= {"category": "regulatory", "subject": self.rng.choice(self.entities), "description": self._text()}
            fields |= self.optional(40, severity=lambda: self.rng.choice(("low", "high")))
        self.post(type_name, **fields)

    def _relationship(self) -> None:
        subject, target = self.rng.sample(self.entities, 2)
        if self.often(60):
            subject, target = self.pick("organisation"), self.pick("facility")
        said = self.standing("RelationshipStated")
        if said and self.often(50):
            known = self.rng.choice(said)
            subject, target = known["subject"], known["object"]
        key: Body = {
            "subject": subject,
            "relation": self.rng.choice(("owns", "operates", "operates")),
            "object": target,
        }
        key["role"] = "lead" if self.often(10) else None
        if said and self.often(20):
            dates = self._takes_effect()
            dates.pop("effective_to")
            self.post("RelationshipEnded", **key, **dates, **self.stated())
            return
        share: Body = {} if self.often(70) else {"share_low": "40", "share_high": "50"}
        if not share:
            share = {"share": self.rng.choice((None, "51", "49.50"))}
        self.post(
            "RelationshipStated",
            **key,
            **share,
            nature=self.rng.choice((None, None, None, "actual", "planned")),
            **self._takes_effect(until=40),
            **self.stated(),
        )

    def _report_withdrawal(self) -> None:
        """A publisher takes back what it said, be it of no figure."""
        told = self.standing(*OPENINGS, *CLOSINGS, *INTERRUPTIONS, *OTHER_REPORTS)
        said = [body for body in told if body.get("source", {}).get("publisher")]
        if said:
            taken_back = self.rng.choice(said)
            envelope = self.stated(taken_back["source"]["publisher"])
            self.post("ReportWithdrawn", withdraws=taken_back["event_id"], **envelope)

    def _preference(self) -> None:
        """Some publishers come first for everything or for a metric, or nobody does any more."""
        self.post(
            "PreferenceSet",
            metric=self._scope(),
            publishers=self._first_asked(),
            reason=self._text() if self.often(20) else None,
            published_at=self.when() if self.often(10) else None,
        )

    def _scope(self) -> str | None:
        """No metric, or one that is spoken of."""
        return self.rng.choice(self.keys)["measure"].metric if self.often(50) else None

    def _first_asked(self) -> list[str]:
        """Up to three publishers, mostly those that speak; now and then one of them twice."""
        if self.often(20):
            return []
        return [self._speaker() if self.often(80) else self.pick("organisation") for _ in range(self.rng.randint(1, 3))]

    def _statement(self) -> None:
        subject, attribute = self.rng.choice(self.entities), self.rng.choice(("role", "outlook"))
        self.post("StatementRecorded", subject=subject, attribute=attribute, text=self._text(), **self.stated())

    def _text(self) -> str:
        return self.rng.choice(("First wording", "Second wording", "Wording «three»"))

    def _holders(self) -> list[str]:
        return [self.pick("organisation") for _ in range(self.rng.randint(1, 2))]

    def _materials(self) -> list[str]:
        return [self.pick("material") for _ in range(self.rng.randint(1, 2))]

    def _parties(self) -> list[Body]:
        return [
            {
                "entity": self.pick("organisation"),
                **self.optional(40, role=lambda: self.rng.choice(("buyer", "seller"))),
            }
            for _ in range(self.rng.randint(1, 3))
        ]

    def _amendments(self, **own: Callable[[], Any]) -> Body:
        """What an amendment changes: dates mostly, by postponing, ending earlier or later, or leaving the end open."""
        dates: dict[str, Callable[[], Any]] = {"effective_from": self.when, "effective_to": self.when}
        choices = [*dates.items(), *dates.items(), *own.items()]
        changes = {name: draw() for name, draw in self.rng.sample(choices, self.rng.randint(1, 2))}
        nullable = [name for name in changes if name not in ("kind", "parties")]
        if nullable and self.often(15):
            changes[self.rng.choice(nullable)] = None
        first, last = changes.get("effective_from"), changes.get("effective_to")
        if first and last and moment(last).end < moment(first).start:
            del changes["effective_to"]
        return changes

    # Moves on the ledger clock

    def _correction(self) -> None:
        targets = self.standing()
        if len(targets) > self.world and self.often(90):
            targets = targets[self.world :]
        self.correct(self.rng.choice(targets[-8:] if self.often(70) else targets))

    def correct(self, target: Body) -> None:
        """Corrects an event that stands, unless a rule would be broken by it."""
        possible = [draw for draw in self._corrections_of(target) if draw]
        changes = {name: value for draw in self.rng.sample(possible, 1) for name, value in draw.items()}
        if self.often(15):
            changes |= {"published_at": self.when()}
        if self.often(8) and not str(target["type"]).startswith("Entit"):
            changes |= {"note": self.rng.choice((None, "seen again"))}
        corrected = patched(target, changes)
        if not self._acceptable(corrected):
            return
        self.now[target["event_id"]] = corrected
        self.post(
            "EventCorrected",
            target=target["event_id"],
            changes=changes,
            reason=self.rng.choice(("transcription", "unit", "entity", "date", "other")),
            explanation="Read again.",
            published_at=self.when() if self.often(10) else None,
        )

    def _corrections_of(self, target: Body) -> list[Body]:
        """Changes that may be made to an event, by what it is."""
        dated: list[Body] = [{"published_at": self.when()}, {"published_at": None}]
        publisher: Body = {"source.publisher": self.pick("organisation")}
        type_name = str(target["type"])
        measures = [
            measure for measure in MEASURES if type_name in measure.types or target.get("metric") == measure.metric
        ]
        if measures and "unit" in target:
            return [*dated, *dated, publisher, *self._figure_corrections(target, measures[0])]
        if type_name == "EntityRegistered":
            fiscal: list[Body] = [{"fiscal_year_end": self.rng.choice(("03-31", "06-30", "12-31"))}] * 4
            fiscal += [{"fiscal_year_named": self.rng.choice(("start", "end", None))}] * 2
            changes: list[Body] = [{"name": self.rng.choice(NAMES)}, {"aliases": ["Other"]}, {"aliases": None}]
            changes += [{"identifiers.LEI": "529900"}, {"identifiers": None}]
            return changes + (fiscal if target["entity"] in FISCAL_YEAR_ENDS else [])
        if type_name == "EntitiesMerged":
            alike = [slug for slug in self.entities if self.kinds[slug] == self.kinds[target["merged"]]]
            others = [slug for slug in alike if not self._leads_to(slug, target["merged"])]
            return [{"reason": "Two slugs of one thing."}, *({"kept": slug} for slug in others)]
        if type_name == "PreferenceSet":
            return [*[{"publishers": self._first_asked()}] * 4, *[{"metric": self._scope()}] * 2, {"reason": None}]
        if type_name == "EntityAliasAdded":
            return [{"alias": "LAMP"}, {"entity": self.rng.choice(self.entities)}]
        if type_name == "EntityRenamed":
            return [*dated, {"name": self.rng.choice(NAMES)}, {"effective_from": self.when()}, {"effective_from": None}]
        changes = [*dated, publisher, {"effective_from": self.when()}, *self._moved(target)]
        if type_name not in CLOSINGS and type_name not in ("PolicySuspended", "PolicyReinstated"):
            changes += [{"effective_from": None}]
        if OPENINGS.get(type_name, "facility") != "facility" or type_name in ("PolicySuspended", "FacilityIdled"):
            changes += [{"effective_to": self.when()}, {"effective_to": None}]
        if type_name in ("PolicyAmended", "AgreementAmended"):
            changes += [{"changes.effective_from": self.when()}, {"changes": {"effective_to": self.when()}}]
        own: dict[str, list[Body]] = {
            "PolicyEnacted": [
                {"kind": "tariff"},
                {"materials": self._materials()},
                {"jurisdiction": self.pick("country")},
            ],
            "AgreementSigned": [{"parties": self._parties()}, {"binding": False}, {"binding": None}, {"terms": None}],
            "MoUSigned": [{"parties": self._parties()}, {"binding": True}, {"title": self._text()}],
            "FacilityIdled": [{"stage": self.rng.choice(STAGES)}, {"stage": None}],
            "FacilityCommissioned": [{"stage": None}, {"operator": self.pick("organisation")}, {"operator": None}],
            "FacilityRestarted": [{"stage": self.rng.choice(STAGES)}, {"stage": None}],
            "FacilityClosed": [{"stage": self.rng.choice(STAGES)}, {"stage": None}],
            "SupplyLinkOpened": [
                {"share": "40"},
                {"share": None},
                {"consumer": self.pick("country")},
                {"stage": "metal"},
            ],
            "RiskRaised": [{"severity": "critical"}, {"severity": None}, {"subject": self.pick("country")}],
            "RelationshipStated": [
                {"share": "75"},
                {"share": None},
                {"effective_to": self.when()},
                {"object": self.pick("facility")},
                {"relation": "owns"},
            ],
        }
        if type_name == "StatementRecorded":
            return [*dated, publisher, {"text": self._text()}, {"attribute": "role"}, {"subject": self.pick("country")}]
        return changes + own.get(type_name, [])

    def _moved(self, target: Body) -> list[Body]:
        """An event on another thing than the one it was recorded on, where that other thing is open."""
        slugs = {
            "policy": ("ban", "quota"),
            "agreement": ("pact", "offtake"),
            "link": ("flow", "stream"),
            "risk": ("residue", "quotas"),
            "commitment": ("floor", "loan"),
            "facility": [slug for slug in self.entities if self.kinds[slug] == "facility"],
        }
        field = {**OPENINGS, **dict.fromkeys(CHANGES, "")}.get(target["type"])
        field = field or next((name for name in slugs if name in target), None)
        if field is None or self._holds_up(target):
            return []
        moved = [{field: slug} for slug in slugs[field] if slug != target[field]]
        return [change for change in moved if not self._unopened({**target, **change})]

    def _leads_to(self, slug: str, end: str) -> bool:
        """Whether a slug is another one, or was merged into it."""
        while slug != end and slug in self.merged:
            slug = str(self.now[self.merged[slug]]["kept"])
        return slug == end

    def _figure_corrections(self, target: Body, measure: Measure) -> list[Body]:
        """Value, unit, range, symbol, key, source and status of a figure."""
        key = self.rng.choice(self.keys)
        others: list[Body] = [
            {"unit": self.rng.choice(measure.units)[0]},
            {"source.kind": self.rng.choice(("primary", "secondary", None))},
            {"source": {"publisher": self.pick("organisation"), "kind": "secondary"}},
            {"period": self.rng.choice(PERIODS) if self.often(90) else None},
            {"material": self.pick("material") if self.often(50) else None},
            {"dimensions.basis": self.rng.choice(("reo", "metal", None))},
            {"dimensions": self.rng.choice((None, {"basis": "reo"}, {"batch": "first"}))},
            {"nature": self.rng.choice((None, "observed", "plan", "forecast"))},
            {"metric": measure.metric},
            {"subject": key["subject"]},
        ]
        if is_fiscal(str(target.get("period"))) and key["subject"] not in FISCAL_YEAR_ENDS:
            others[-1] = {"subject": key["subject"], "period": "2025-Q2"}
        if target["type"] == "FigureWithdrawn":
            return [change for change in others if change != {"nature": None}]
        said = self._said(measure)
        restated = {
            name: said.get(name) for name in ("value", "low", "high", "symbol") if name in target or name in said
        }
        if "value" in said:
            said.pop("unit")
        values: list[Body] = [restated | said] * 8
        return [*values, *others, {"status": self.rng.choice((*STATUSES, None))}, {"approximate": self.often(50)}]

    def _acceptable(self, corrected: Body) -> bool:
        """Whether what a correction makes of an event keeps the rules that this writer knows of."""
        first, last = corrected.get("effective_from"), corrected.get("effective_to")
        if first and last and moment(last).end < moment(first).start:
            return False
        return not any(
            body["event_id"] != corrected["event_id"] and self._after(corrected, body) for body in self.standing()
        )

    def _after(self, one: Body, other: Body) -> bool:
        """Whether one of two events on the same thing takes effect after the other has closed it."""
        for later, closing in ((one, other), (other, one)):
            field = CLOSINGS.get(closing["type"])
            if field and later.get(field) == closing[field] and begins(later) > begins(closing):
                return True
        return False

    def _retraction(self) -> None:
        """Retracts anything but registrations and the openings on which something depends."""
        targets = [body for body in self.standing() if body["type"] != "EntityRegistered" and not self._holds_up(body)]
        if targets:
            self.retract(self.rng.choice(targets))

    def retract(self, target: Body) -> None:
        """Retracts an event that stands and that holds nothing up."""
        self.retracted.append(target["event_id"])
        self.merged = {slug: event_id for slug, event_id in self.merged.items() if event_id != target["event_id"]}
        reason = self.rng.choice(("duplicate", "other"))
        self.post("EventRetracted", target=target["event_id"], reason=reason, explanation="Not in the source.")

    def _holds_up(self, target: Body) -> bool:
        """Whether standing events need this one: the only opening of a thing with other events."""
        field = OPENINGS.get(target["type"])
        if field is None:
            return False
        same = [
            body
            for body in self.standing()
            if body.get(field) == target[field] and body["type"] in (*OPENINGS, *CHANGES)
        ]
        opening = [body for body in same if body["type"] in OPENINGS]
        return len(opening) == 1 and len(same) > 1

    def _reinstatement(self) -> None:
        if self.retracted:
            self.reinstate(self.rng.choice(self.retracted))

    def reinstate(self, event_id: str) -> None:
        """Reinstates a retracted event, unless a rule would be broken by it."""
        body = self.now[event_id]
        if body["type"] == "EntitiesMerged":
            kept, merged = self.resolved(body["kept"]), self.resolved(body["merged"])
            if body["merged"] in self.merged or kept == merged:
                return
            self.merged[body["merged"]] = event_id
        elif not self._acceptable(body) or self._unopened(body):
            return
        self.retracted.remove(event_id)
        self.post("EventReinstated", target=event_id, explanation="It is in the source after all.")

    def _unopened(self, body: Body) -> bool:
        """Whether an event changes or closes something of which no opening stands."""
        for field in ("policy", "agreement", "facility", "link", "risk", "commitment"):
            if field in body and body["type"] in CHANGES:
                return not any(known.get(field) == body[field] for known in self.standing(*OPENINGS))
        return False


CHANGES = (
    *CLOSINGS,
    "PolicyAmended",
    "PolicySuspended",
    "PolicyReinstated",
    "AgreementAmended",
    "FacilityIdled",
    "FacilityRestarted",
)


def begins(body: Body) -> datetime:
    """When an event takes effect; far off where that is the day of its recording."""
    stated = body.get("effective_from") or body.get("published_at")
    return moment(stated).start if stated else FAR


def printed_in(digits: int, exponent: int, exponential: bool = False) -> str:
    """digits times ten to the exponent, as a source prints it."""
    if exponential and digits:
        return f"{digits}e{exponent}"
    sign, figures = "-" * (digits < 0), str(abs(digits))
    if exponent >= 0:
        return sign + figures + "0" * exponent * bool(digits)
    figures = figures.zfill(1 - exponent)
    return f"{sign}{figures[:exponent]}.{figures[exponent:]}"


# --- Viewpoints ---------------------------------------------------------------------------------------------------


class Viewpoint(NamedTuple):
    """Where a reader stands on the three clocks. The instants are aware, in UTC."""

    as_of: datetime
    position: int
    effective_at: datetime


def instants_of(events: Iterable[Body]) -> list[datetime]:
    """Where answers may change: the ends of every date in the events, and just before and after them."""
    texts: set[str] = set()
    for event in events:
        for fields in (event, event.get("changes") or {}):
            for name in ("published_at", "effective_from", "effective_to", "changes.effective_from"):
                if isinstance(fields.get(name), str):
                    texts.add(fields[name])
    step = timedelta(microseconds=1)
    edges = {edge for text in sorted(texts) for edge in moment(text)}
    return sorted(edges | {edge - step for edge in edges} | {edge + step for edge in edges})


def random_viewpoint(rng: random.Random, events: Sequence[Body]) -> Viewpoint:
    """A viewpoint on a history: mostly at an edge of some date, mostly at the head of the log or at a ledger event.

    The events may be bodies as posted, all of them recorded, or events with their positions.
    """
    positions = [int(event.get("position", place)) for place, event in enumerate(events, start=1)]
    edges = instants_of(events)
    acts = [
        at
        for at, event in zip(positions, events, strict=True)
        if event["type"] in (*LEDGER_TYPES, "EntitiesMerged", "PreferenceSet", "EventErased")
    ]
    head = max(positions, default=0)
    choices = [head, head, head, rng.choice(positions or [0]), rng.choice(acts or [head]), rng.choice(acts or [1]) - 1]
    as_of = _instant(rng, edges)
    effective_at = as_of if rng.randrange(100) < 40 else _instant(rng, edges)
    return Viewpoint(as_of, min(rng.choice(choices), head), effective_at)


def _instant(rng: random.Random, edges: Sequence[datetime]) -> datetime:
    draw = rng.randrange(100)
    if not edges or draw < 15:
        return FAR
    if draw < 85:
        return rng.choice(edges)
    gaps = list(pairwise(edges)) or [(edges[0], edges[0])]
    before, after = rng.choice(gaps)
    return before + (after - before) // 2


def random_selection(rng: random.Random, events: Sequence[Body]) -> Body:
    """Parameters for reading figures: a publisher, a preference or all, and now and then a filter."""
    figures = [event for event in events if "unit" in event]
    if not figures:
        return {}
    figure = rng.choice(figures)
    publishers = sorted({event["source"]["publisher"] for event in figures})
    reading: Body = rng.choice(
        (
            {},
            {"resolve": "all"},
            {"publisher": rng.choice(publishers)},
            {"prefer": tuple(rng.sample(publishers, min(len(publishers), 2)))},
        )
    )
    filters: Body = rng.choice(
        (
            {},
            {},
            {"subject": figure["subject"]},
            {"material": figure.get("material", "ndpr")},
            {"metric": figure.get("metric", "production")},
            {"nature": "observed"},
            {"disputed": True},
            {"period_from": "2024", "period_to": "2024"},
            {"period_from": "2025-04-01"},
            {"period": "latest"},
            {"period": "latest", "period_to": "2024"},
            {"period": "latest", "subject": figure["subject"]},
            {"period": "latest", "disputed": True},
            {"period": figure.get("period", "2024") if not is_fiscal(figure.get("period", "2024")) else "2024"},
            {"period_to": "2025-06-30"},
            {"dimension.basis": "reo"},
        )
    )
    return reading | filters


def histories(size_max: int = 30) -> st.SearchStrategy[list[Body]]:
    """Histories of up to so many events after their registrations, as a hypothesis strategy."""
    return st.builds(random_history, st.randoms(use_true_random=False), st.integers(min_value=1, max_value=size_max))


def viewpoints(events: Sequence[Body]) -> st.SearchStrategy[Viewpoint]:
    """Viewpoints on a history, as a hypothesis strategy."""
    return st.randoms(use_true_random=False).map(lambda rng: random_viewpoint(rng, events))
