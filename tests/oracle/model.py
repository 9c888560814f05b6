"""The judge: what every answer should be, folded naively from the list of events.

This is a second reading of the contract of meaning, ledger/README.md (its sections 2 to 5 and the rulings of 7), to be
read beside it. It shares no code with the projections; where the two disagree, the contract decides. Each function says
which of its sections it spells out.

Input: events as `GET /v1/events` gives them, flat, with `position`, `recorded_at` and `recorded_by`. Output: items in
the shapes of api/README.md, decimals as strings, null as None, in a fixed order.

Decisions, where the contract leaves room:

Time
 1. Statements are ordered, cut and compared by the *end* of their stated `published_at`. What takes effect at its
    publication takes effect at the *start* of it.
 2. An interval holds while V <= the last microsecond of its stated `effective_to`.

Figures
 3. `prefer` is a ranking: an earlier name beats a later one. Slugs in filters, `prefer` included, are resolved through
    merges like any other.
 4. A value equals a value, a range a range: `5` and the range 5 to 5 differ.
 5. `resolve=all` gives one item per publisher that says something: the last of its series.
 6. An `approximate` that was not stated is null. `published_at` of an event that printed none is its `recorded_at`.
 7. The id of a figure also answers under every id that its key would have with another slug of a merged subject or
    material.
 8. A conflict has `previous_value`, `change` and `change_percent` like a revision. A withdrawal shows as
    `previous_value` what it takes back, and no change. There is never a change without a previous value.
 9. The series in which `late_arrival` looks for a later statement includes its withdrawals.
10. The ledger-clock history through an old id is that of the kept figure: what its own id was answered at each
    position. `published_at` and values are compared as printed.
10a. The ledger's preference stands behind `prefer` as if its publishers were named there too.

Diff
11. Figures are matched by the id shown at each viewpoint, so a merge removes one figure and changes or adds another.
    Filters select figures at either viewpoint; `before` and `after` are then shown whatever the filters say of them.
12. `kind` looks at canonical value, range and symbol, then at status. A mere change of publisher, date, printed unit or
    period is not listed.
13. Causes are the events that did it: a statement or withdrawal where it came into the log between the positions, or
    passes one `as_of` and not the other; an EventCorrected on an event whose content differs (all corrections in
    between); the last EventRetracted or EventReinstated where it stands at one position only; an EntitiesMerged that
    carries the statement's subject, material or publisher at one position only, or what was done to it; a correction
    of the registration whose fiscal year the period was resolved with. An event that is in neither answer's figure
    is never a cause. So are the acts by which another preference of the ledger is in force, where either answer would
    be another publisher's with the preference of the other viewpoint: what made or unmade the last PreferenceSet for
    the metric or, where that names nobody, for everything; and merges of those whom it names.

Things that hold over time: `tests.oracle.model_over_time` has its own decisions.

Entities
22. An entity's names are those of all slugs merged into it, as facts about one thing: renames of each count. Registered
    names of merged slugs are aliases, unless they are or were its name. Identifiers are united, its own first. Kind,
    fiscal year and parent are its own; a parent that is merged into itself is none.
23. `former_names` are the names before the current one in order, each once, without the current one.
"""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal
from fractions import Fraction
from functools import cached_property, lru_cache, partial
from itertools import product
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from ledger.values import canonical, is_fiscal, parse_period, plain, unit
from tests.oracle.facts import (
    Body,
    Fact,
    Item,
    Names,
    acted_on,
    canonical_json,
    envelope,
    moment,
    names_of,
    once,
    printed,
)
from tests.oracle.model_commitments import commitment_item
from tests.oracle.model_over_time import (
    IN_PROVISIONS,
    Interval,
    Publishers,
    Thing,
    agreement_item,
    by_publishers,
    facility_item,
    intervals,
    policy_items,
    relationship_items,
    thing_item,
)

# Type of event -> (default metric, default nature): section 4.
FIGURES: dict[str, tuple[str | None, str]] = {
    "ProductionReported": ("production", "observed"),
    "SalesReported": ("sales", "observed"),
    "PriceReported": ("price", "observed"),
    "CapacityReported": ("capacity", "observed"),
    "ReservesReported": ("reserves", "observed"),
    "TradeReported": ("trade", "observed"),
    "InvestmentReported": ("investment", "observed"),
    "EmploymentReported": ("employment", "observed"),
    "ShareReported": ("share", "observed"),
    "QuotaSet": ("quota", "observed"),
    "TargetSet": (None, "target"),
    "ForecastPublished": (None, "forecast"),
    "FigureReported": (None, "observed"),
    "FigureWithdrawn": (None, "observed"),
}
KNOWN_AT_ONCE = {"EntityRegistered", "EntityAliasAdded", "EntitiesMerged"}
OTHER_CAUSES = {"EntitiesMerged": "merge", "PreferenceSet": "preference"}
LEDGER_CAUSES = {"EventCorrected": "correction", "EventRetracted": "retraction", "EventReinstated": "reinstatement"}
STATEMENT_FIELDS = ("value", "low", "high", "symbol", "unit", "approximate", "status")
OVER_TIME = {
    "policies": (
        *("PolicyAnnounced", "PolicyEnacted", "PolicyAmended"),
        *("PolicySuspended", "PolicyReinstated", "PolicyRepealed"),
    ),
    "agreements": ("MoUSigned", "AgreementSigned", "AgreementAmended", "AgreementTerminated"),
    "facilities": (
        *("FacilityAnnounced", "ConstructionStarted", "FacilityCommissioned"),
        *("FacilityIdled", "FacilityRestarted", "FacilityClosed", "FacilityCancelled"),
    ),
    "commitments": ("CommitmentMade", "CommitmentMet", "CommitmentReleased"),
    "links": ("SupplyLinkOpened", "SupplyLinkClosed"),
    "risks": ("RiskRaised", "RiskResolved"),
    "relationships": ("RelationshipStated", "RelationshipEnded"),
}
"""The types of event about things that hold over time."""
FIGURE_NAMESPACE = uuid5(NAMESPACE_URL, "urn:supply-ledger:figure")
EXACT = Context(prec=200)


# --- Figures (section 4) ------------------------------------------------------------------------------------------


class Key(NamedTuple):
    """What makes a figure the same figure. Dimensions as canonical JSON."""

    subject: str
    metric: str
    material: str | None
    dimensions: str | None
    nature: str
    period_start: str | None
    period_end: str | None
    unit: str


@lru_cache(maxsize=65_536)
def figure_id_of(key: Key) -> str:
    """The UUIDv5 of the canonical JSON of a key (rulings on figures)."""
    fields = key._asdict() | {"dimensions": key.dimensions and json.loads(key.dimensions)}
    return str(uuid5(FIGURE_NAMESPACE, canonical_json(fields)))


@dataclass(frozen=True, eq=False)
class Statement:
    """What one publisher said of one figure, or that it takes back what it said."""

    fact: Fact
    key: Key
    publisher: str
    points: tuple[Decimal | None, Decimal | None, Decimal | None]
    """canonical value, low, high"""

    @property
    def figure_id(self) -> str:
        """The figure it is about."""
        return figure_id_of(self.key)

    @property
    def withdrawn(self) -> bool:
        """Whether it takes the publisher's word back."""
        return self.fact.type == "FigureWithdrawn"

    @cached_property
    def says(self) -> tuple[Any, ...]:
        """Two statements are equal when these are (section 4, units)."""
        return (*self.points, self.fact.get("symbol"))

    @cached_property
    def order(self) -> tuple[datetime, int]:
        """(published_at, position)."""
        return (self.fact.published.end, self.fact.position)

    @property
    def primary(self) -> bool:
        """Whether the publisher produces the figure."""
        return bool(self.fact.source.get("kind", "primary") == "primary")


def statement_of(fact: Fact, names: Names) -> Statement:
    """A figure event as a statement on its figure, resolved through the merges in force."""
    body = fact.body
    default_metric, nature = FIGURES[fact.type]
    if fact.type == "CapacityReported" and body.get("status") == "announced":
        nature = "plan"
    fiscal_year, _ = names.registrations.get(body["subject"], (None, ""))
    period = parse_period(body["period"], fiscal_year) if body.get("period") else None
    key = Key(
        subject=names.resolve(body["subject"]),
        metric=body.get("metric") or default_metric or "",
        material=names.shown(body.get("material")),
        dimensions=canonical_json(body["dimensions"]) if body.get("dimensions") else None,
        nature=body.get("nature") or nature,
        period_start=period.start.isoformat() if period else None,
        period_end=period.end.isoformat() if period else None,
        unit=unit(body["unit"]).canonical,
    )
    value, low, high = (
        canonical(Decimal(str(body[name])), body["unit"]) if body.get(name) is not None else None
        for name in ("value", "low", "high")
    )
    return Statement(fact, key, names.resolve(fact.source["publisher"]), (value, low, high))


def head_of(series: Sequence[Statement]) -> list[Statement]:
    """What a publisher says: the last of its series and what it said at that time, after any withdrawal (step 4)."""
    head: list[Statement] = []
    for statement in series:
        if statement.withdrawn:
            head = []
        elif head and head[-1].order[0] == statement.order[0]:
            head.append(statement)
        else:
            head = [statement]
    return head


def series_of(statements: Iterable[Statement]) -> dict[str, list[Statement]]:
    """The statements on a figure by publisher, each in its order."""
    series: dict[str, list[Statement]] = {}
    for statement in statements:
        series.setdefault(statement.publisher, []).append(statement)
    return series


def answer_of(heads: dict[str, list[Statement]], preferred: Sequence[str]) -> Statement:
    """The statement shown: the last by (preferred, primary, published_at, position) (step 5)."""

    def rank(statement: Statement) -> tuple[Any, ...]:
        place = preferred.index(statement.publisher) if statement.publisher in preferred else len(preferred)
        return (-place, statement.primary, *statement.order)

    return max((head[-1] for head in heads.values()), key=rank)


def point(statement: Statement | None) -> Decimal | None:
    """The canonical value of a statement, where there is one and it is a point."""
    return None if statement is None else statement.points[0]


def shown_point(statement: Statement | None) -> str | None:
    """That value as items show it."""
    value = point(statement)
    return None if value is None else plain(value)


def change_of(later: Decimal | None, earlier: Decimal | None) -> tuple[str | None, str | None]:
    """(change, change_percent) between two points, null where either is none (rulings on figures)."""
    if later is None or earlier is None:
        return None, None
    change = EXACT.subtract(later, earlier)
    return plain(change), percent_of(change, earlier)


def percent_of(change: Decimal, previous: Decimal) -> str | None:
    """change / |previous| in percent, half-even at 4 decimals, always shown; null where previous is 0."""
    if previous == 0:
        return None
    units = round(Fraction(change) * 1_000_000 / abs(Fraction(previous)))
    return f"{'-' if units < 0 else ''}{abs(units) // 10_000}.{abs(units) % 10_000:04d}"


def said(statement: Statement | None) -> Item:
    """The fields of a statement as items show them; all null for none."""
    if statement is None:
        statement_fields = (*STATEMENT_FIELDS, "canonical_value", "canonical_low", "canonical_high", "canonical_unit")
        return dict.fromkeys(statement_fields)
    fact = statement.fact
    value, low, high = (None if number is None else plain(number) for number in statement.points)
    return {
        "value": printed(fact.get("value")),
        "low": printed(fact.get("low")),
        "high": printed(fact.get("high")),
        "symbol": fact.get("symbol"),
        "unit": fact.get("unit"),
        "canonical_value": value,
        "canonical_low": low,
        "canonical_high": high,
        "canonical_unit": statement.key.unit,
        "approximate": fact.get("approximate"),
        "status": fact.get("status"),
    }


def figure_item(statement: Statement, visible: Sequence[Statement], heads: dict[str, list[Statement]]) -> Item:
    """A figure item; publishers, disputed and spread are over the whole figure (section 4, step 5)."""
    key, fact = statement.key, statement.fact
    in_heads = [one for head in heads.values() for one in head]
    points = [value for one in in_heads if (value := point(one)) is not None]
    return {
        "figure_id": statement.figure_id,
        "subject": key.subject,
        "metric": key.metric,
        "material": key.material,
        "dimensions": key.dimensions and json.loads(key.dimensions),
        "nature": key.nature,
        "period": fact.get("period"),
        "period_start": key.period_start,
        "period_end": key.period_end,
        **said(statement),
        "publisher": statement.publisher,
        "via": fact.source.get("via"),
        "published_at": fact.published_at,
        "recorded_at": fact.body["recorded_at"],
        "position": fact.position,
        "event_id": fact.event_id,
        **tally(series_of(visible)[statement.publisher]),
        "corrected": fact.corrected,
        "publishers": len(heads),
        "disputed": len({one.says for one in in_heads}) > 1,
        "spread": plain(EXACT.subtract(max(points), min(points))) if len(points) > 1 else None,
    }


def tally(series: Sequence[Statement]) -> Item:
    """How many entries there are in a series, and how many of them changed what its publisher said before."""
    causes = [cause_of(one, before) for one, before in zip(series, (None, *series), strict=False)]
    changes = [cause for cause in causes if cause not in ("first_report", "confirmation")]
    return {"statements": len(series), "revisions": len(changes)}


def figure_order(item: Item) -> tuple[str, ...]:
    """The order of figure items."""
    dimensions = canonical_json(item["dimensions"]) if item["dimensions"] else ""
    names = ("subject", "metric", "material", "nature", "period_start", "period_end", "canonical_unit")
    return (*(item[name] or "" for name in names), dimensions, item.get("publisher", ""), item["figure_id"])


def later_period(one: Item, other: Item) -> bool:
    """Whether two items differ in their period, and perhaps publisher, only, and the one has the later."""
    key = ("subject", "metric", "material", "dimensions", "nature", "canonical_unit")
    if any(one[name] != other[name] for name in key):
        return False
    return period_rank(one) > period_rank(other)


def period_rank(item: Item) -> tuple[str, str]:
    """Which period is later: that which ends later, then that which starts later; none is the earliest."""
    return item["period_end"] or "", item["period_start"] or ""


def sorted_items(items: Sequence[Item], sort: str) -> list[Item]:
    """Items, which come in their own order, in one of the named orders, with `-` the other way round."""
    keys: dict[str, Callable[[Item], Any]] = {
        "period": lambda item: period_rank(item) if item["period_end"] else None,
        "published": lambda item: moment(item["published_at"]).end,
        "recorded": lambda item: item["position"],
        "subject": lambda item: item["subject"],
        "value": lambda item: None if item["canonical_value"] is None else Decimal(item["canonical_value"]),
    }
    if sort.removeprefix("-") == "series":
        for name in ("canonical_unit", "nature", "dimensions", "material", "metric", "subject"):
            items = _sorted_by(items, partial(_word, name), descending=sort.startswith("-"))
        return list(items)
    return _sorted_by(items, keys[sort.removeprefix("-")], descending=sort.startswith("-"))


def _word(name: str, item: Item) -> Any:
    return canonical_json(item[name]) if isinstance(item[name], dict) else item[name]


def _sorted_by(items: Sequence[Item], key: Callable[[Item], Any], *, descending: bool) -> list[Item]:
    there = [item for item in items if key(item) is not None]
    rest = [item for item in items if key(item) is None]
    return [*sorted(there, key=key, reverse=descending), *rest]


def days_of(period: str) -> tuple[str, str]:
    """The first and the last day of a period."""
    days = parse_period(period, "12-31")
    return days.start.isoformat(), days.end.isoformat()


def cause_of(statement: Statement, previous: Statement | None) -> str:
    """Why a series has another entry (section 4, "Why a figure changed", publication clock)."""
    if statement.withdrawn:
        return "withdrawal"
    if previous is None:
        return "first_report"
    if previous.withdrawn:
        return "republication"
    if previous.says == statement.says:
        return "confirmation"
    return "conflict" if previous.order[0] == statement.order[0] else "revision"


def publication_history(statements: Sequence[Statement]) -> list[Item]:
    """What the world said of one figure, publishers mixed, oldest first."""
    items = []
    previous: dict[str, Statement] = {}
    for statement in statements:
        before = previous.get(statement.publisher)
        change, percent = change_of(point(statement), point(before))
        items.append(
            {
                "event_id": statement.fact.event_id,
                "position": statement.fact.position,
                "publisher": statement.publisher,
                "published_at": statement.fact.published_at,
                "recorded_at": statement.fact.body["recorded_at"],
                **said(statement),
                "note": statement.fact.get("note"),
                "cause": cause_of(statement, before),
                "previous_value": shown_point(before),
                "change": change,
                "change_percent": percent,
            }
        )
        previous[statement.publisher] = statement
    return items


# --- The model ----------------------------------------------------------------------------------------------------


def told_events(events: Sequence[Body]) -> list[Body]:
    """The events that say something at all: none that an EventErased names, whenever that was recorded, and no
    EventErased. What was erased counts nowhere, at no viewpoint.
    """
    acts = [event for event in events if event["type"] == "EventErased"]
    gone = {event["target"] for event in acts}
    places = {position for event in acts for position in event.get("acts", ())}
    return [
        event
        for event in events
        if event not in acts and event["event_id"] not in gone and event["position"] not in places
    ]


class Model:
    """Every answer of the ledger over one list of events, at any viewpoint.

    A viewpoint is `as_of` and `effective_at` as instants (a day's end where a day was meant) and `position`, the last
    position that counts. What depends on the position only is remembered; nothing else is.
    """

    def __init__(self, events: Sequence[Body]) -> None:
        self.events = told_events(sorted(events, key=lambda event: int(event["position"])))
        self._as_recorded = {event["event_id"]: Fact(event) for event in self.events}
        self._facts: dict[int, dict[str, Fact]] = {0: {}}
        self._names: dict[int, Names] = {}
        self._distinct_names: list[Names] = []
        self._parsed: dict[tuple[int, int], Statement] = {}
        self._figures: dict[int, dict[str, list[Statement]]] = {}
        self._instead: dict[int, int] = {}
        """At which position it asks those first whom it asks first at which other one: for what would be."""

    def position_at(self, recorded_as_of: datetime) -> int:
        """The last position that the ledger held at an instant of its own clock."""
        held = bisect_right(self.events, recorded_as_of, key=lambda event: moment(event["recorded_at"]).start)
        return int(self.events[held - 1]["position"]) if held else 0

    # What a position holds

    def content(self, position: int) -> dict[str, Fact]:
        """Every event held at a position as it reads there, retracted ones too, by event_id."""
        if position not in self._facts:
            nearest = max(known for known in self._facts if known <= position)
            facts = dict(self._facts[nearest])
            for event in self.events:
                if nearest < event["position"] <= position:
                    if event["type"] in LEDGER_CAUSES:
                        facts[event["target"]] = acted_on(facts[event["target"]], event)
                    else:
                        facts[event["event_id"]] = self._as_recorded[event["event_id"]]
            self._facts[position] = facts
        return self._facts[position]

    def names(self, position: int) -> Names:
        """Merges and fiscal years at a position."""
        if position not in self._names:
            names = names_of(fact for fact in self.content(position).values() if fact.standing)
            if names not in self._distinct_names:
                self._distinct_names.append(names)
            self._names[position] = self._distinct_names[self._distinct_names.index(names)]
        return self._names[position]

    def statements_on(self, position: int) -> dict[str, list[Statement]]:
        """The statements standing at a position by figure_id, published yet or not, ordered."""
        if position not in self._figures:
            names = self.names(position)
            figures: dict[str, list[Statement]] = {}
            for fact in self.content(position).values():
                if fact.standing and fact.type in FIGURES:
                    place = (id(fact), id(names))
                    if place not in self._parsed:
                        self._parsed[place] = statement_of(fact, names)
                    statement = self._parsed[place]
                    figures.setdefault(statement.figure_id, []).append(statement)
            for statements in figures.values():
                statements.sort(key=lambda statement: statement.order)
            self._figures[position] = figures
        return self._figures[position]

    def resolved_id(self, figure_id: str, position: int) -> str:
        """The id under which a figure answers at a position (rulings on entities: the old id still answers)."""
        figures, names = self.statements_on(position), self.names(position)
        if figure_id in figures or not names.merges:
            return figure_id
        for kept_id, (statement, *_) in figures.items():
            key = statement.key
            subjects = names.slugs_of(key.subject)
            materials: list[Any] = names.slugs_of(key.material) if key.material else [None]
            for subject, material in product(subjects, materials):
                if figure_id_of(key._replace(subject=subject, material=material)) == figure_id:
                    return kept_id
        # The kept figure may have no statement that stands; it is the one that answers all the same.
        for earlier in range(position, 0, -1):
            for statement in self.statements_on(earlier).get(figure_id, []):
                key = statement.key
                kept = key._replace(subject=names.resolve(key.subject), material=names.shown(key.material))
                return figure_id_of(kept)
        return figure_id

    def visible(self, as_of: datetime, position: int, *types: str) -> list[Fact]:
        """The facts of the types that stand at the position and were published by `as_of` (section 4, steps 1 to 3)."""
        content = [fact for fact in self.content(position).values() if fact.standing]
        taken_back = {
            fact.body["withdraws"] for fact in content if fact.type == "ReportWithdrawn" and fact.published.end <= as_of
        }
        return [
            fact
            for fact in content
            if fact.type in types
            and (fact.type in KNOWN_AT_ONCE or fact.published.end <= as_of)
            and fact.event_id not in taken_back
        ]

    # Whom the ledger asks first (section 4, step 5)

    def preference_facts(self, position: int, metric: str | None = None) -> list[Fact]:
        """The last preference for a metric and, where that is none or names nobody, the last one for everything."""
        found = []
        for scope in dict.fromkeys((metric, None)):
            last = [
                fact
                for fact in self.content(position).values()
                if fact.type == "PreferenceSet" and fact.standing and fact.get("metric") == scope
            ]
            if last:
                found.append(max(last, key=lambda fact: fact.position))
                if found[-1].body["publishers"]:
                    break
        return found

    def preferred(self, position: int, metric: str | None = None) -> list[str]:
        """Whom the ledger asks first at a position: for a metric, or for what has none."""
        position = self._instead.get(position, position)
        names = self.names(position)
        found = self.preference_facts(position, metric)
        return [names.resolve(slug) for fact in found for slug in fact.body["publishers"]]

    @contextmanager
    def preferring_as_at(self, position: int, other: int) -> Iterator[None]:
        """Within the block the ledger asks those first at a position whom it asks first at the other one."""
        self._instead = {position: other}
        yield
        self._instead = {}

    # Figures

    def figures(
        self,
        as_of: datetime,
        position: int,
        publisher: str | None = None,
        prefer: Sequence[str] = (),
        resolve: str = "latest",
        **filters: Any,
    ) -> list[Item]:
        """Figure items at a viewpoint.

        Filters: subject, metric, material, nature, period, period_from, period_to, `dimension.NAME`, figure_id,
        disputed. With period `latest`, of what the other filters leave only the latest period of each figure.
        """
        names = self.names(position)
        preferred = [names.resolve(slug) for slug in prefer]
        items = []
        for statements in self.statements_on(position).values():
            visible = [statement for statement in statements if statement.order[0] <= as_of]
            heads = {slug: head for slug, series in series_of(visible).items() if (head := head_of(series))}
            if publisher is not None:
                answers = [head[-1] for slug, head in heads.items() if slug == names.resolve(publisher)]
            elif resolve == "all":
                answers = [head[-1] for head in heads.values()]
            else:
                metric = statements[0].key.metric
                answers = [answer_of(heads, [*preferred, *self.preferred(position, metric)])] if heads else []
            items += [figure_item(answer, visible, heads) for answer in answers]
        latest = filters.get("period") == "latest"
        wanted = {name: value for name, value in filters.items() if not (latest and name == "period")}
        left = [item for item in items if self._selected(item, position, wanted)]
        if latest:
            left = [item for item in left if not any(later_period(other, item) for other in left)]
        return sorted(left, key=figure_order)

    def _selected(self, item: Item, position: int, filters: Body) -> bool:
        """Whether an item passes every filter given (api/README.md, `GET /v1/figures`)."""
        names = self.names(position)
        tests: dict[str, Callable[[Any], bool]] = {
            "subject": lambda slug: item["subject"] == names.resolve(slug),
            "material": lambda slug: item["material"] == names.resolve(slug),
            "metric": lambda metric: item["metric"] == metric,
            "nature": lambda nature: item["nature"] == nature,
            "disputed": lambda disputed: item["disputed"] == disputed,
            "period": lambda text: (item["period_start"], item["period_end"]) == days_of(text),
            "figure_id": lambda figure_id: item["figure_id"] == self.resolved_id(figure_id, position),
            "period_from": lambda day: (item["period_start"] or "") >= parse_period(str(day), None).start.isoformat(),
            "period_to": lambda day: (item["period_end"] or "~") <= parse_period(str(day), None).end.isoformat(),
        }
        return all(
            (item["dimensions"] or {}).get(name.partition(".")[2]) == wanted
            if name.startswith("dimension.")
            else tests[name](wanted)
            for name, wanted in filters.items()
            if wanted is not None
        )

    def history(self, figure_id: str, clock: str, as_of: datetime, position: int) -> list[Item]:
        """The history of a figure on the `publication` or the `ledger` clock."""
        figure_id = self.resolved_id(figure_id, position)
        if clock == "publication":
            statements = self.statements_on(position).get(figure_id, [])
            return publication_history([statement for statement in statements if statement.order[0] <= as_of])
        items = []
        before: Statement | None = None
        for event in self.events:
            if event["position"] <= position:
                answer = self._answer(figure_id, as_of, event["position"])
                if _shown(answer) != _shown(before):
                    items.append(self._ledger_item(event, answer, before))
                before = answer
        return items

    def _answer(self, figure_id: str, as_of: datetime, position: int) -> Statement | None:
        """The statement that answers for a figure at a viewpoint."""
        statements = self.statements_on(position).get(self.resolved_id(figure_id, position), [])
        visible = [statement for statement in statements if statement.order[0] <= as_of]
        heads = {slug: head for slug, series in series_of(visible).items() if (head := head_of(series))}
        return answer_of(heads, self.preferred(position, statements[0].key.metric)) if heads else None

    def _ledger_item(self, event: Body, answer: Statement | None, before: Statement | None) -> Item:
        """A change of answer at the position of an event (section 4, ledger clock)."""
        change, percent = change_of(point(answer), point(before))
        return {
            "position": event["position"],
            "recorded_at": event["recorded_at"],
            "event_id": event["event_id"],
            "cause": self._ledger_cause(event),
            "publisher": answer and answer.publisher,
            "published_at": answer and answer.fact.published_at,
            **said(answer),
            "previous_value": shown_point(before),
            "change": change,
            "change_percent": percent,
        }

    def _ledger_cause(self, event: Body) -> str:
        """correction, retraction, reinstatement, merge, preference, late_arrival or recorded."""
        if event["type"] in LEDGER_CAUSES:
            return LEDGER_CAUSES[event["type"]]
        if event["type"] in OTHER_CAUSES:
            return OTHER_CAUSES[event["type"]]
        for statements in self.statements_on(event["position"]).values():
            for new in statements:
                if new.fact.event_id == event["event_id"]:
                    series = series_of(statements)[new.publisher]
                    return "late_arrival" if series[-1].order[0] > new.order[0] else "recorded"
        raise AssertionError(f"{event['type']} changed the answer for a figure")

    # Diff

    def diff(
        self, from_as_of: datetime, from_position: int, to_as_of: datetime, to_position: int, **filters: Any
    ) -> list[Item]:
        """What differs between two viewpoints, and the events that made the difference."""
        reads: Body = {name: filters.pop(name) for name in ("publisher", "prefer") if name in filters}
        views = ((from_as_of, from_position), (to_as_of, to_position))
        whole = [{item["figure_id"]: item for item in self.figures(as_of, at, **reads)} for as_of, at in views]
        chosen = {item["figure_id"] for as_of, at in views for item in self.figures(as_of, at, **reads, **filters)}
        items = []
        for figure_id in chosen:
            before, after = whole[0].get(figure_id), whole[1].get(figure_id)
            kind = _kind(before, after)
            if kind:
                shown = after or before
                assert shown is not None
                change, percent = change_of(_point(after), _point(before))
                key = ("subject", "metric", "material", "dimensions", "nature", "period", "period_start", "period_end")
                items.append(
                    {
                        "figure_id": figure_id,
                        **{name: shown[name] for name in (*key, "canonical_unit")},
                        "before": before,
                        "after": after,
                        "change": change,
                        "change_percent": percent,
                        "kind": kind,
                        "causes": self._causes(figure_id, views, reads),
                    }
                )
        return sorted(items, key=figure_order)

    def _causes(
        self, figure_id: str, views: tuple[tuple[datetime, int], tuple[datetime, int]], reads: Body
    ) -> list[Item]:
        """The events whose presence or content differs between two viewpoints and that bear on a figure."""
        (as_of, position), (other_as_of, other_position) = views
        later = max(position, other_position)
        visible = [
            {one.fact.event_id: one for one in self.statements_on(at).get(figure_id, []) if one.order[0] <= when}
            for when, at in views
        ]
        causes: set[str] = set()
        for event_id in visible[0] | visible[1]:
            if _entry(visible[0].get(event_id)) == _entry(visible[1].get(event_id)):
                continue
            for depended in self._depends_on(event_id, position) | self._depends_on(event_id, other_position):
                causes |= self._acts_between(depended, position, other_position)
            fact = self.content(later)[event_id]
            if fact.standing and (fact.published.end <= as_of) != (fact.published.end <= other_as_of):
                causes.add(event_id)
        if "publisher" not in reads and self._turns(figure_id, views, reads.get("prefer", ())):
            known = [
                *self.statements_on(position).get(figure_id, []),
                *self.statements_on(other_position).get(figure_id, []),
            ]
            causes |= self.preference_acts(position, other_position, known[0].key.metric)
        return [self._cause_item(event, later) for event in self.events if event["event_id"] in causes]

    def _turns(
        self, figure_id: str, views: tuple[tuple[datetime, int], tuple[datetime, int]], prefer: Sequence[str]
    ) -> bool:
        """Whether another publisher would answer at one of two viewpoints with the preference of the other."""
        for (as_of, at), (_, elsewhere) in (views, views[::-1]):
            asked = [self.names(at).resolve(slug) for slug in prefer]
            visible = [one for one in self.statements_on(at).get(figure_id, []) if one.order[0] <= as_of]
            heads = {slug: head for slug, series in series_of(visible).items() if (head := head_of(series))}
            if heads:
                metric = visible[0].key.metric
                by = {answer_of(heads, [*asked, *self.preferred(one, metric)]).publisher for one in (at, elsewhere)}
                if len(by) > 1:
                    return True
        return False

    def preference_acts(self, position: int, other_position: int, metric: str | None = None) -> set[str]:
        """The events between two positions by which other publishers come first for a metric."""
        found: set[str] = set()
        for at in (position, other_position):
            for fact in self.preference_facts(at, metric):
                merges = [merge for slug in fact.body["publishers"] for merge in self.names(at).merges_of(slug)]
                for made in (fact.event_id, *merges):
                    found |= self._acts_between(made, position, other_position)
        return found

    def _depends_on(self, event_id: str, position: int) -> set[str]:
        """The events that place a statement on its figure at a position: itself, merges, and a fiscal year."""
        fact, names = self.content(position).get(event_id), self.names(position)
        if fact is None or not fact.standing:
            return {event_id}
        found = {event_id}
        for slug in (fact.body["subject"], fact.get("material"), fact.source["publisher"]):
            found.update(names.merges_of(slug))
        if is_fiscal(str(fact.get("period"))):
            found.add(names.registrations[fact.body["subject"]][1])
        return found

    def _acts_between(self, event_id: str, position: int, other_position: int) -> set[str]:
        """The events between two positions that made an event there, made it stand, or made it read as it does."""
        earlier, later = sorted((position, other_position))
        new = self.content(later).get(event_id)
        if new is None:
            return set()
        old = self.content(earlier).get(event_id)
        made = set() if old else {event_id}
        old = old or self._as_recorded[event_id]
        acts = [e for e in self.events if earlier < e["position"] <= later and e.get("target") == event_id]
        if new.standing != old.standing:
            made.add(next(act["event_id"] for act in reversed(acts) if act["type"] != "EventCorrected"))
        if new.standing and new.body != old.body:
            made |= {act["event_id"] for act in acts if act["type"] == "EventCorrected"}
        return made

    def _cause_item(self, event: Body, position: int) -> Item:
        """One cause; a statement's publication date is shown as it reads at the later position."""
        fact = self.content(position).get(event["event_id"]) or Fact(event)
        withdrawals = dict.fromkeys(("FigureWithdrawn", "ReportWithdrawn"), "withdrawal")
        causes = {**LEDGER_CAUSES, **OTHER_CAUSES, **withdrawals}
        return {
            "event_id": event["event_id"],
            "type": event["type"],
            "cause": causes.get(event["type"], "statement"),
            "position": event["position"],
            "published_at": fact.published_at,
            "recorded_at": event["recorded_at"],
        }

    # State over time

    def _things(self, as_of: datetime, position: int, family: str, name: str) -> list[tuple[str, list[Fact]]]:
        """The visible facts of a family by the slug of what they are about."""
        names = self.names(position)
        visible = self.visible(as_of, position, *OVER_TIME[family])
        return grouped(visible, lambda fact: names.resolve(fact.body[name]) if name == "facility" else fact.body[name])

    def policies(
        self,
        as_of: datetime,
        position: int,
        effective_at: datetime,
        prefer: Sequence[str] = (),
        publishers: Publishers = None,
        *,
        provision: str | None = None,
    ) -> list[Item]:
        """Policies listed at the viewpoint, or one provision of each."""
        names = self.names(position)
        prefer = [*prefer, *self.preferred(position)]
        items = []
        for slug, facts in self._things(as_of, position, "policies", "policy"):
            whole, provisions = policy_items(slug, facts, effective_at, names, prefer, publishers)
            if provision is not None:
                items += [one | {"provisions": None} for one in provisions if one["provision"] == provision]
            elif whole is not None:
                shown = [{name: one[name] for name in IN_PROVISIONS} for one in provisions]
                items.append(whole | {"provisions": shown or None})
        return items

    def agreements(
        self,
        as_of: datetime,
        position: int,
        effective_at: datetime,
        prefer: Sequence[str] = (),
        publishers: Publishers = None,
    ) -> list[Item]:
        """Agreements listed at the viewpoint."""
        names = self.names(position)
        prefer = [*prefer, *self.preferred(position)]
        things = self._things(as_of, position, "agreements", "agreement")
        return _listed(agreement_item(slug, facts, effective_at, names, prefer, publishers) for slug, facts in things)

    def commitments(
        self,
        as_of: datetime,
        position: int,
        effective_at: datetime,
        prefer: Sequence[str] = (),
        publishers: Publishers = None,
    ) -> list[Item]:
        """Commitments listed at the viewpoint."""
        names = self.names(position)
        prefer = [*prefer, *self.preferred(position)]
        things = self._things(as_of, position, "commitments", "commitment")
        return _listed(commitment_item(slug, facts, effective_at, names, prefer, publishers) for slug, facts in things)

    def facilities(
        self,
        as_of: datetime,
        position: int,
        effective_at: datetime,
        prefer: Sequence[str] = (),
        publishers: Publishers = None,
    ) -> list[Item]:
        """Facilities listed at the viewpoint, by stage where stages are given. What names no stage bears on all."""
        names = self.names(position)
        prefer = [*prefer, *self.preferred(position)]
        operated: dict[str, list[Interval]] = {}
        for (subject, relation, target, _), facts in self._relations(as_of, position):
            if relation == "operates":
                operated.setdefault(target, []).extend(
                    intervals(subject, Thing(facts, effective_at, names, prefer=prefer, publishers=publishers))
                )
        items = []
        for slug, facts in self._things(as_of, position, "facilities", "facility"):
            named = {fact.get("stage") for fact in by_publishers(facts, names, publishers)}
            for stage in sorted(named - {None}) or [None]:
                bearing = [fact for fact in facts if fact.get("stage") in (None, stage)]
                known = operated.get(slug, [])
                items.append(facility_item(slug, stage, bearing, known, effective_at, names, prefer, publishers))
        return _listed(items)

    def links(
        self,
        as_of: datetime,
        position: int,
        effective_at: datetime,
        prefer: Sequence[str] = (),
        publishers: Publishers = None,
    ) -> list[Item]:
        """Supply links listed at the viewpoint, whatever their status."""
        names = self.names(position)
        prefer = [*prefer, *self.preferred(position)]
        items = []
        for slug, facts in self._things(as_of, position, "links", "link"):
            if found := thing_item("link", slug, facts, effective_at, names, prefer, publishers):
                item, fields = found
                refs = {name: names.shown(fields.get(name)) for name in ("supplier", "consumer", "material")}
                own = {"stage": fields.get("stage"), "share": printed(fields.get("share"))}
                items.append(item | refs | own | {"nature": fields.get("nature")})
        return items

    def risks(
        self,
        as_of: datetime,
        position: int,
        effective_at: datetime,
        prefer: Sequence[str] = (),
        publishers: Publishers = None,
    ) -> list[Item]:
        """Risks listed at the viewpoint, whatever their status."""
        names = self.names(position)
        prefer = [*prefer, *self.preferred(position)]
        items = []
        for slug, facts in self._things(as_of, position, "risks", "risk"):
            if found := thing_item("risk", slug, facts, effective_at, names, prefer, publishers):
                item, fields = found
                own = {name: fields.get(name) for name in ("category", "description", "severity")}
                items.append(item | own | {"subject": names.shown(fields.get("subject"))})
        return items

    def _relations(self, as_of: datetime, position: int) -> list[tuple[tuple[str, str, str, str], list[Fact]]]:
        names = self.names(position)

        def key(fact: Fact) -> tuple[str, str, str, str]:
            ends = (names.resolve(fact.body["subject"]), fact.body["relation"], names.resolve(fact.body["object"]))
            return (*ends, fact.get("role") or "")

        return grouped(self.visible(as_of, position, *OVER_TIME["relationships"]), key)

    def relationships(
        self,
        as_of: datetime,
        position: int,
        effective_at: datetime,
        prefer: Sequence[str] = (),
        publishers: Publishers = None,
    ) -> list[Item]:
        """The intervals of relationships that are listed at the viewpoint."""
        names = self.names(position)
        prefer = [*prefer, *self.preferred(position)]
        found = [
            relationship_items(key, facts, effective_at, names, prefer, publishers)
            for key, facts in self._relations(as_of, position)
        ]
        return [item for items in found for item in items]

    def statements(self, as_of: datetime, position: int) -> list[Item]:
        """Every visible qualitative statement, by (subject, attribute, published_at, position)."""
        names = self.names(position)
        facts = self.visible(as_of, position, "StatementRecorded")
        facts.sort(key=lambda f: (names.resolve(f.body["subject"]), f.body["attribute"], f.published.end, f.position))
        return [
            {
                "subject": names.resolve(fact.body["subject"]),
                "attribute": fact.body["attribute"],
                "text": fact.body["text"],
                "publisher": names.shown(fact.source.get("publisher")),
                **envelope(fact),
            }
            for fact in facts
        ]

    def entities(self, as_of: datetime, position: int, effective_at: datetime) -> list[Item]:
        """Entities, each under its kept slug (rulings on entities)."""
        names = self.names(position)
        registered = {fact.body["entity"]: fact for fact in self.visible(as_of, position, "EntityRegistered")}
        renames = sorted(self.visible(as_of, position, "EntityRenamed"), key=lambda fact: fact.order)
        aliases = self.visible(as_of, position, "EntityAliasAdded")
        relationships = [item for item in self.relationships(as_of, position, effective_at) if item["status"] == "open"]
        items = []
        for slug in sorted(slug for slug in registered if slug not in names.merges):
            slugs = [one for one in names.slugs_of(slug) if one in registered]
            own = registered[slug]
            known_as = [own.body["name"]]
            known_as += [f.body["name"] for f in renames if f.body["entity"] in slugs and f.begins <= effective_at]
            also: set[str] = {fact.body["alias"] for fact in aliases if fact.body["entity"] in slugs}
            identifiers: dict[str, str] = {}
            for one in slugs:
                also.update(registered[one].get("aliases") or [])
                also.update({registered[one].body["name"]} - set(known_as))
                identifiers = (registered[one].get("identifiers") or {}) | identifiers
            parent = names.shown(own.get("parent"))
            items.append(
                {
                    "entity": slug,
                    "kind": own.body["kind"],
                    "name": known_as[-1],
                    "former_names": once(name for name in known_as if name != known_as[-1]),
                    "aliases": sorted(also),
                    "identifiers": identifiers,
                    "fiscal_year_end": own.get("fiscal_year_end"),
                    "fiscal_year_named": own.get("fiscal_year_named"),
                    "parent": None if parent == slug else parent,
                    "merged": slugs[1:],
                    "relationships": [item for item in relationships if slug in (item["subject"], item["object"])],
                }
            )
        return items


def grouped(facts: Iterable[Fact], by: Callable[[Fact], Any]) -> list[tuple[Any, list[Fact]]]:
    """The facts in groups, ordered by what they are grouped by."""
    groups: dict[Any, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(by(fact), []).append(fact)
    return sorted(groups.items(), key=lambda group: group[0])


def _listed(items: Iterable[Item | None]) -> list[Item]:
    return [item for item in items if item is not None]


def _shown(answer: Statement | None) -> tuple[Any, ...] | None:
    """What must differ for an answer to have changed on the ledger clock (rulings on history)."""
    if answer is None:
        return None
    fields = said(answer)
    stated = (fields[name] for name in STATEMENT_FIELDS)
    return (answer.fact.event_id, answer.publisher, answer.fact.published_at, *stated)


def _entry(statement: Statement | None) -> Any:
    """A statement on a figure, for comparing it between two viewpoints."""
    return statement and (statement.fact.body, statement.key, statement.publisher)


def _point(item: Item | None) -> Decimal | None:
    return Decimal(item["canonical_value"]) if item and item["canonical_value"] is not None else None


def _kind(before: Item | None, after: Item | None) -> str | None:
    """added, removed, changed or restated; None where nothing that counts differs (api/README.md, differences)."""
    if before is None or after is None:
        return "added" if after else "removed" if before else None
    if any(before[name] != after[name] for name in ("canonical_value", "canonical_low", "canonical_high", "symbol")):
        return "changed"
    return "restated" if before["status"] != after["status"] else None
