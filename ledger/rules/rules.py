"""What may be recorded: each rule is a pure function of the state and an event, without I/O and without a clock.

A rule yields the violations that it finds; the name in a violation is the rule's. `@rule` puts it among `RULES`, and
from then on it holds on every path: single events, batches, imports, dry runs, and what a correction makes of an event.

Most events are statements on figures, and most of these break no rule. A rule may say so at once, from the facts of the
event alone: that is its shortcut, which stands beside it. A rule without one is asked of every event that it is about.

    @rule(about=is_figure)
    def not_negative(state: State, event: Version) -> Iterator[Violation]:
        if event.body.get("value", "").startswith("-"):
            yield Violation(("value",), "not_negative", "a quantity is not negative")

Rules that need the log itself are in `ledger.rules.ledger_event_rules` (the target of a ledger event, what depends on a
registration) and in `ledger.rules.named_events` (what an event restates or takes back).
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

from ledger.codec.validation import validated
from ledger.errors import CalendarError, FormulaError, InvalidEvent, Violation
from ledger.events.base import Event, Role, refs
from ledger.events.definitions import MetricDefined
from ledger.events.entities import EntitiesMerged, EntityRegistered
from ledger.events.figure_facts import FigureFacts
from ledger.events.figures import Figure, FigureKey, figure_id
from ledger.events.preferences import PreferenceSet
from ledger.events.source_checks import SourceChecked
from ledger.rules.effective_content import PROTECTED, in_changes
from ledger.rules.state import State
from ledger.rules.version import Version
from ledger.values.calendars import parse_moment, parse_period
from ledger.values.formulas import FormulaInput, inputs_of, parse_formula, powers_of
from ledger.values.unit_dimensions import Powers, kind_of, kind_of_family, measure_of, powers_text
from ledger.values.units import unit

PARTS_MAX = 50
"""How many provisions a policy may have: each bears what is said of the whole policy."""

Check = Callable[[State, Version], Iterator[Violation]]
Shortcut = Callable[[State, FigureFacts], bool]
"""Whether an event about a figure keeps the rule for certain. False: ask the rule itself."""


def by_its_facts(state: State, facts: FigureFacts) -> bool:
    """The shortcut of a rule that an event keeps whenever its facts name the figure; else no shortcut is asked."""
    return facts.figure is not None


class Rule(NamedTuple):
    """A rule, which types of events it is about, and how it is known to be kept without asking it."""

    check: Check
    about: Callable[[type[Event]], bool]
    shortcut: Shortcut | None


class RuleBook:
    """All rules, in the order in which their violations are listed."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._by_type: dict[type[Event], tuple[Rule, ...]] = {}
        self.shortcuts = _Shortcuts(self)
        """The shortcuts of all rules about a type of event; None where one of them has none."""

    def add(self, rule: Rule) -> None:
        """Let a rule hold from now on."""
        self._rules.append(rule)
        self._forget()

    def remove(self, rule: Rule) -> None:
        """Let a rule no longer hold."""
        self._rules.remove(rule)
        self._forget()

    def about(self, cls: type[Event]) -> tuple[Rule, ...]:
        """The rules about a type of event."""
        if cls not in self._by_type:
            self._by_type[cls] = tuple(rule for rule in self._rules if rule.about(cls))
        return self._by_type[cls]

    def _forget(self) -> None:
        self._by_type.clear()
        self.shortcuts.clear()


class _Shortcuts(dict[type[Event], "tuple[Shortcut, ...] | None"]):
    """Found when a type is first asked for."""

    def __init__(self, book: RuleBook) -> None:
        super().__init__()
        self._book = book

    def __missing__(self, cls: type[Event]) -> "tuple[Shortcut, ...] | None":
        shortcuts = [rule.shortcut for rule in self._book.about(cls)]
        known = tuple(one for one in shortcuts if one is not None and one is not by_its_facts)
        self[cls] = None if None in shortcuts else known
        return self[cls]


RULES = RuleBook()

PUBLISHER = ("source", "publisher")
"""The path of who says so."""
PREFERRED = "publishers"
"""The field with those who are asked first."""
PERIODS = ("period", "compared_with")
"""The fields of a figure that are periods."""
ORGANISATION = "organisation"
"""The kind of entity that may be a publisher."""


def rule(*, about: Callable[[type[Event]], bool], shortcut: Shortcut | None = None) -> Callable[[Check], Check]:
    """Put the decorated function among the rules."""

    def add(check: Check) -> Check:
        RULES.add(Rule(check, about, shortcut))
        return check

    return add


def violations(state: State, event: Version) -> list[Violation]:
    """Everything that forbids the event in this state; empty where it may be recorded."""
    return [violation for one in RULES.about(event.cls) for violation in one.check(state, event)]


def kept_for_certain(state: State, cls: type[Event], facts: FigureFacts) -> bool:
    """Whether the facts of an event about a figure show that it breaks no rule. False: ask `violations`."""
    shortcuts = RULES.shortcuts[cls]
    if shortcuts is None or facts.figure is None:
        return False
    for shortcut in shortcuts:  # noqa: SIM110 - a generator takes as long as the rules themselves
        if not shortcut(state, facts):
            return False
    return True


def any_event(cls: type[Event]) -> bool:
    """What a rule about every event is about."""
    return True


def is_figure(cls: type[Event]) -> bool:
    """What a rule about figures is about."""
    return issubclass(cls, Figure)


def figure_key(
    state: State, cls: type[Figure], body: dict[str, Any], *, resolve: Callable[[str], str] | None = None
) -> FigureKey:
    """The key of the figure that a body is about: the period resolved, and merges followed, unless `resolve` does
    something else. Raises CalendarError.
    """
    material = body.get("material")
    period = body.get("period")
    resolve = resolve or state.resolve
    return {
        "subject": resolve(body["subject"]),
        "metric": cls.metric_of(body),
        "material": resolve(material) if material else None,
        "dimensions": body.get("dimensions"),
        "nature": cls.nature_of(body),
        "period": parse_period(period, state.fiscal_year(body["subject"])) if period else None,
        "canonical_unit": unit(body["unit"]).canonical,
    }


def figure_of(
    state: State, cls: type[Event], body: dict[str, Any], *, resolve: Callable[[str], str] | None = None
) -> Any:
    """The id of the figure that a body is about; see `figure_key`."""
    return figure_id(**figure_key(state, cast(type[Figure], cls), body, resolve=resolve))


def _named_entities_are_registered(state: State, facts: FigureFacts) -> bool:
    subject, material, publisher, *_ = facts
    kinds = state.kinds
    return kinds.get(publisher) == ORGANISATION and subject in kinds and (material is None or material in kinds)


@rule(about=any_event, shortcut=_named_entities_are_registered)
def refs_are_registered(state: State, event: Version) -> Iterator[Violation]:
    """Every entity that an event names is registered, and a publisher is an organisation."""
    for path, slug in refs(event.cls, event.body):
        registration = state.entity(slug)
        if registration is None:
            yield Violation(
                path, "unregistered", f"no entity {slug!r} is registered; record an EntityRegistered for it first"
            )
        elif path == PUBLISHER and registration.body["kind"] != ORGANISATION:
            kind = registration.body["kind"]
            yield Violation(path, "publisher_is_organisation", f"{slug!r} is a {kind}; a publisher is an organisation")


@rule(about=lambda cls: issubclass(cls, SourceChecked))
def looked_at_before_it_is_recorded(state: State, event: Version) -> Iterator[Violation]:
    """A source is an organisation's, and nobody has looked at it yet when that is still to come."""
    registration = state.entity(event.body["subject"])
    if registration is not None and registration.body["kind"] != ORGANISATION:
        detail = f"{event.body['subject']!r} is a {registration.body['kind']}; whose source it is, is an organisation"
        yield Violation(("subject",), "publisher_is_organisation", detail)
    if parse_moment(event.body["checked_at"]).start > event.recorded_at:
        yield Violation(("checked_at",), "checked_before", f"{event.body['checked_at']} is still to come")


@rule(about=lambda cls: issubclass(cls, PreferenceSet))
def organisations_are_preferred(state: State, event: Version) -> Iterator[Violation]:
    """Who is asked first is a publisher."""
    for place, slug in enumerate(event.body[PREFERRED]):
        registration = state.entity(slug)
        if registration is not None and registration.body["kind"] != ORGANISATION:
            detail = f"{slug!r} is a {registration.body['kind']}; a publisher is an organisation"
            yield Violation((PREFERRED, place), "publisher_is_organisation", detail)


@rule(about=lambda cls: issubclass(cls, EntityRegistered))
def registered_once(state: State, event: Version) -> Iterator[Violation]:
    """A slug is registered once, and no entity is its own parent."""
    slug = event.body["entity"]
    if (first := state.entity(slug)) is not None:
        yield Violation(("entity",), "registered_once", f"{slug!r} is registered already, by event {first.event_id}")
    if event.body.get("parent") == slug:
        yield Violation(("parent",), "parent_is_another", "an entity is not its own parent")


@rule(about=lambda cls: issubclass(cls, EntitiesMerged))
def merge_joins_two(state: State, event: Version) -> Iterator[Violation]:
    """A merge joins two entities that are not joined yet; a publisher stays an organisation."""
    kept, merged = event.body["kept"], event.body["merged"]
    if kept == merged:
        yield Violation(("merged",), "merge_joins_two", f"{kept!r} cannot be merged with itself")
    elif state.is_merged(merged):
        yield Violation(("merged",), "merged_once", f"{merged!r} is merged already, into {state.resolve(merged)!r}")
    elif state.resolve(kept) == state.resolve(merged):
        yield Violation(("merged",), "merge_joins_two", f"{kept!r} and {merged!r} are one entity already")
    elif state.is_organisation(merged) and not state.is_organisation(state.resolve(kept)):
        detail = f"{merged!r} is an organisation and may be a publisher; {state.resolve(kept)!r} is none and may not"
        yield Violation(("kept",), "publisher_is_organisation", detail)


@rule(about=is_figure, shortcut=by_its_facts)  # where the period is fiscal, they do not name the figure
def period_can_be_resolved(state: State, event: Version) -> Iterator[Violation]:
    """A fiscal period is of a subject that has a fiscal year."""
    periods = [(name, event.body[name]) for name in PERIODS if event.body.get(name)]
    if periods and not any(True for _ in refs_are_registered(state, event)):
        for name, period in periods:
            try:
                parse_period(period, state.fiscal_year(event.body["subject"]))
            except CalendarError as error:
                yield Violation((name,), "period", str(error))


def _unit_is_of_the_metrics_family(state: State, facts: FigureFacts) -> bool:
    fixed = state.metrics.get(facts.metric)
    return fixed is not None and fixed[0] == facts.family


@rule(about=is_figure, shortcut=_unit_is_of_the_metrics_family)
def unit_is_of_the_metrics_family(state: State, event: Version) -> Iterator[Violation]:
    """A metric is measured in units of one family, which its first event fixed."""
    metric, family = cast(type[Figure], event.cls).unit_family_of(event.body)
    fixed = state.metrics.get(metric)
    if fixed is not None and fixed[0] != family:
        yield Violation(
            ("unit",),
            "unit_family",
            f"{metric} is measured in units of {fixed[0]}, fixed by the event at position {fixed[1]}; "
            f"{event.body['unit']} is a unit of {family}",
        )


@rule(about=lambda cls: issubclass(cls, MetricDefined))
def formula_makes_its_unit(state: State, event: Version) -> Iterator[Violation]:
    """A formula is over metrics that publishers state, adds what is alike, and its result is of the unit declared."""
    formula = parse_formula(event.body["formula"])
    unknown = {one.metric: None for one in inputs_of(formula) if one.metric not in state.metrics}
    for metric in unknown:
        detail = f"no figure of {metric} stands here: a formula is over metrics that publishers state, not over derived"
        yield Violation(("formula",), "stated_metric", detail)
    if unknown:
        return

    def kind_of_input(one: FormulaInput) -> Powers:
        family, _ = state.metrics[one.metric]
        selected = dict(one.selected).get("unit")
        if selected is not None and unit(selected).family != family:
            raise FormulaError(f"{one.metric} is measured in units of {family}, and {selected} is none")
        return kind_of_family(family)

    try:
        made = powers_of(formula, kind_of_input)
    except FormulaError as error:
        yield Violation(("formula",), "formula_units", str(error))
        return
    declared = kind_of(measure_of(event.body["unit"]).powers)
    if made != declared:
        detail = f"the formula makes {powers_text(made)}, and {event.body['unit']} is {powers_text(declared)}"
        yield Violation(("unit",), "formula_units", detail)


@rule(about=lambda cls: cls.lifecycle_role in (Role.CHANGES, Role.CLOSES))
def thing_is_open(state: State, event: Version) -> Iterator[Violation]:
    """What changes or ends a thing comes after its opening."""
    thing = event.thing
    slug = event.body[thing]
    if not state.lifecycle(event.cls, slug).is_opened_before(event.position):
        yield Violation(
            (thing,), "opened_first", f"{slug!r} was never opened, so {event.cls.__name__} has nothing to act on"
        )


@rule(about=lambda cls: cls.part is not None)
def parts_are_few(state: State, event: Version) -> Iterator[Violation]:
    """A thing has no more parts than can be told one by one: what is about all of it is weighed for each of them."""
    if not state.lifecycle(event.cls, event.body[event.thing]).has_room_for(event, PARTS_MAX):
        yield Violation(
            (str(event.cls.part),),
            "parts_max",
            f"{event.body[event.thing]!r} has {PARTS_MAX} parts already, the most that one thing may have; "
            f"record what is in this one as a thing of its own",
        )


@rule(about=lambda cls: cls.amends is not None)
def amendment_fits(state: State, event: Version) -> Iterator[Violation]:
    """An amendment changes fields that the thing has, to values that they may have."""
    amended = cast(type[Event], event.cls.amends)
    changes: dict[str, Any] = event.body["changes"]
    allowed = amended.amendable()
    for name in changes:
        if name in PROTECTED or name not in allowed:
            yield Violation(("changes", name), "unknown_field", f"an amendment may change: {', '.join(allowed)}")
            return
    opening = state.lifecycle(event.cls, event.body[event.thing]).opening()
    if opening is None:
        return
    required = {name: opening.body[name] for name, info in amended.model_fields.items() if info.is_required()}
    given = {name: value for name, value in changes.items() if value is not None or name in required}
    try:
        validated(amended, {**required, **given})
    except InvalidEvent as error:
        yield from (in_changes(violation, changes) for violation in error.violations)
