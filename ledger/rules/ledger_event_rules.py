"""Rules about ledger events: what may be corrected, retracted and reinstated.

A corrected event must pass the rules that a new one would, and nothing that stands may be left hanging: an opening or a
registration on which other events depend can be neither retracted nor moved to another slug. For example, the
registration of `usgs` cannot be retracted while a figure says that `usgs` published it.

An erasing is a retraction that nothing undoes: it needs the same, and afterwards nothing acts on the event or names it.
"""

from collections.abc import Callable, Iterator
from heapq import merge
from operator import itemgetter
from typing import Any, NamedTuple, cast
from uuid import UUID

from ledger.codec.entry import Entry
from ledger.errors import RuleBroken, Violation
from ledger.events.base import REGISTRY, Event, Role, refs
from ledger.events.entities import EntitiesMerged, EntityRegistered
from ledger.events.facilities import FacilityClosed
from ledger.events.figures import Figure
from ledger.events.ledger_events import EventCorrected, EventErased, EventReinstated, LedgerEvent
from ledger.events.source_checks import SourceChecked
from ledger.rules.effective_content import ERASED, Content, in_changes
from ledger.rules.named_events import NAMES_ERASED, naming_violations
from ledger.rules.record import Record
from ledger.rules.rules import ORGANISATION, PERIODS, PREFERRED, PUBLISHER, violations
from ledger.rules.state import NextFixer
from ledger.rules.version import Version
from ledger.values.calendars import is_fiscal

NAMED_MAX = 3
"""How many of the events that depend on another a violation names."""
NAMED_AT_ONCE_MAX = 3
"""So many slugs are looked for one by one; for more, all events are looked at that name an organisation."""
_OF_ORGANISATIONS = (PUBLISHER[-1], PREFERRED, "checked_at")
"""What stands in each event that names one as an organisation."""


class Outcome(NamedTuple):
    """What a ledger event makes of its target: what it said before, and says after; None while it is retracted."""

    target: Entry
    content: Content
    before: Version | None
    after: Version | None


def outcome_of(record: Record, event: Version) -> Outcome:
    """What a ledger event does, where it may. Raises RuleBroken; InvalidEvent for a correction that does not fit."""
    named = UUID(event.body["target"])
    target = record.find(named)
    if target is None:
        raise RuleBroken([Violation(("target",), "target_exists", f"no event {named} is recorded")])
    cls = target.cls
    if issubclass(cls, LedgerEvent):
        detail = f"{named} is itself a ledger event ({target.type}); act on the event it acts on"
        raise RuleBroken([Violation(("target",), "target_is_no_ledger_event", detail)])
    if named.bytes in record.state.erased:
        detail = f"event {named} was erased; nothing acts on it any more"
        raise RuleBroken([Violation(("target",), "target_is_erased", detail)])
    if issubclass(event.cls, EventErased):
        return _erased(record, target)
    content = record.content_of(target)
    reinstates = issubclass(event.cls, EventReinstated)
    if reinstates is content.stands:
        state = "is not retracted, so there is nothing to reinstate" if reinstates else "is retracted"
        raise RuleBroken([Violation(("target",), "target_stands", f"event {named} {state}")])
    says = content.after(cls, (event.cls.__name__, event.body))
    first = Version(target.position, named, cls, content.body, target.recorded_at)
    before, after = (None if one.said is None else first.says(one.said) for one in (content, says))
    changes = event.body["changes"] if issubclass(event.cls, EventCorrected) else {}
    _check(record, before, after, changes)
    return Outcome(target, says, before, after)


def _erased(record: Record, target: Entry) -> Outcome:
    """What an erasing makes of its target, which may be retracted. Raises RuleBroken."""
    if issubclass(target.cls, EntitiesMerged):
        detail = "a merge decides in which histories other events stand, so it cannot be erased: retract it"
        raise RuleBroken([Violation(("target",), "target_is_no_merge", detail)])
    said = record.content_of(target).said
    before = None if said is None else Version(target.position, target.event_id, target.cls, said, target.recorded_at)
    _check(record, before, None, {})
    return Outcome(target, ERASED, before, None)


def metrics_fixed_by(record: Record, outcome: Outcome) -> Iterator[tuple[str, tuple[str, int] | None]]:
    """Each metric that another event fixes the unit family of from now on: (metric, (family, position)).

    None where none does. What is given must be noted in the state before the next is asked for.
    """
    before, after = outcome.before, outcome.after
    if _unit_family(before) == _unit_family(after):
        return
    if before is not None and issubclass(before.cls, Figure):
        metric, _ = before.cls.unit_family_of(before.body)
        fixed = record.state.metrics.get(metric)
        if fixed is not None and fixed[1] == before.position:
            yield metric, _next_fixer(record, metric, without=before)
    if after is not None and issubclass(after.cls, Figure):
        metric, family = after.cls.unit_family_of(after.body)
        fixed = record.state.metrics.get(metric)
        if fixed is None or after.position < fixed[1]:
            yield metric, (family, after.position)


def _unit_family(version: Version | None) -> tuple[str, str] | None:
    """The metric of a figure and the family of its unit; None where there is none."""
    return version.cls.unit_family_of(version.body) if version and issubclass(version.cls, Figure) else None


def _check(record: Record, before: Version | None, after: Version | None, changes: dict[str, Any]) -> None:
    """The new content against the rules, as if the event were not there yet; then what depends on the old content."""
    state = record.state
    put_back = state.set_aside(before) if before is not None else lambda: None
    # Where it stays of its metric and unit family, it breaks no rule about these that it kept before.
    fixed = _metric_set_aside(record, before) if _unit_family(before) != _unit_family(after) else None
    try:
        broken = [*violations(state, after), *_naming_anew(record, after, changes)] if after is not None else []
        broken = [
            in_changes(one, changes) if changes else Violation(("target",), one.rule, one.detail) for one in broken
        ]
        if before is not None and not broken:
            broken.extend(_left_hanging(record, before, after))
    finally:
        if fixed is not None:
            state.metrics[fixed[0]] = fixed[1]
        put_back()
    if broken:
        raise RuleBroken(broken)


def _naming_anew(record: Record, after: Version, changes: dict[str, Any]) -> Iterator[Violation]:
    """What is wrong with the earlier events that an event names. One that was erased since it goes on to name."""
    for one in naming_violations(record, after):
        if one.rule != NAMES_ERASED or one.path[0] in changes:
            yield one


def _metric_set_aside(record: Record, before: Version | None) -> tuple[str, tuple[str, int]] | None:
    """Where the event itself fixed its metric's family, let the next that stands fix it while it is checked."""
    if before is None or not issubclass(before.cls, Figure):
        return None
    metrics = record.state.metrics
    metric, _ = before.cls.unit_family_of(before.body)
    fixed = metrics.get(metric)
    if fixed is None or fixed[1] != before.position:
        return None
    following = _next_fixer(record, metric, without=before)
    if following is None:
        del metrics[metric]
    else:
        metrics[metric] = following
    return metric, fixed


def _next_fixer(record: Record, metric: str, *, without: Version) -> tuple[str, int] | None:
    """The unit family of a metric without the event that fixes it, and the position of the one that fixes it then.

    An event that is retracted and reinstated ten thousand times is asked about as often: so the answer is kept.
    """
    state, after = record.state, without.position
    others = state.acted.count - len(state.acted.positions(without.event_id.bytes))
    last = state.next_fixers.get(metric)
    if last is not None and last[:2] == (without.position, others):
        if last.found is not None:
            return last.found
        after = last.until
    found = _first_of_metric(record, metric, after=after)
    state.next_fixers[metric] = NextFixer(without.position, others, found, state.head)
    return found


def _first_of_metric(record: Record, metric: str, *, after: int) -> tuple[str, int] | None:
    """The unit family and the position of the first standing event of a metric behind a position. Searches the log.

    It is always the first standing event that fixes a metric, so none before that one needs to be looked at.
    """
    figures = [name for name, cls in REGISTRY.items() if issubclass(cls, Figure)]
    by_default = [name for name in figures if cast(type[Figure], REGISTRY[name]).default_metric == metric]
    named = record.mentioning(metric, figures, after=after)
    unnamed = record.mentioning("subject", by_default, after=after) if by_default else iter(())
    moved = [record.find(target) for one in (metric, None) for target in record.state.metric_changes.get(one, ())]
    moved_behind = sorted(entry for entry in moved if entry is not None and entry.position > after)
    for entry in merge(named, unnamed, moved_behind, key=itemgetter(0)):
        cls = entry.cls
        body = record.content_of(entry).said
        if body is not None and issubclass(cls, Figure):
            of_metric, family = cls.unit_family_of(body)
            if of_metric == metric:
                return family, entry.position
    return None


def _left_hanging(record: Record, before: Version, after: Version | None) -> Iterator[Violation]:
    """What would stand without the event that it depends on."""
    dependents: Iterator[str] = iter(())
    if issubclass(before.cls, EntitiesMerged):
        dependents = _parted(record, before, after)
    elif before.cls.thing is None or before.cls.lifecycle_role is not Role.OPENS:
        return
    elif after is None or after.body[before.thing] != before.body[before.thing]:
        slug = before.body[before.thing]
        if issubclass(before.cls, EntityRegistered):
            dependents = _naming(record, {slug}, without=before.event_id)
        else:
            dependents = _orphans(record, before.cls, slug)
    elif issubclass(before.cls, EntityRegistered):
        dependents = _needing_what_it_was(record, before, after)
    named = [dependent for dependent, _ in zip(dependents, range(NAMED_MAX), strict=False)]
    if named:
        yield Violation(
            ("target",), "others_depend_on_it", f"events that stand depend on it, among them {', '.join(named)}"
        )


def _needing_what_it_was(record: Record, before: Version, after: Version) -> Iterator[str]:
    """What needs an entity to be an organisation, or to have a fiscal year, which it is or has no longer."""
    slug, state = before.body["entity"], record.state
    if before.body["kind"] == ORGANISATION != after.body["kind"]:
        # Who was merged into it publishes under its name.
        slugs = {slug} if state.is_merged(slug) else set(state.merged_with(slug))
        yield from _naming(record, slugs, without=before.event_id, as_organisation=True)
    elif before.body.get("fiscal_year_end") and not after.body.get("fiscal_year_end"):

        def is_fiscal_of_it(cls: type[Event], body: dict[str, Any]) -> bool:
            periods = (str(body.get(name, "")) for name in PERIODS)
            return issubclass(cls, Figure) and body["subject"] == slug and any(map(is_fiscal, periods))

        yield from _saying(record, {slug}, is_fiscal_of_it)


def _naming(record: Record, slugs: set[str], *, without: UUID, as_organisation: bool = False) -> Iterator[str]:
    """Standing events that name one of some entities, or name it as what only an organisation can be."""

    def names(cls: type[Event], body: dict[str, Any]) -> bool:
        paths = (path for path, named in refs(cls, body) if named in slugs)
        return any(not as_organisation or _is_of_organisation(cls, path) for path in paths)

    return _saying(record, slugs, names, without=without)


def _is_of_organisation(cls: type[Event], path: tuple[str | int, ...]) -> bool:
    return path == PUBLISHER or path[0] == PREFERRED or (issubclass(cls, SourceChecked) and path == ("subject",))


def _saying(
    record: Record,
    slugs: set[str],
    says: Callable[[type[Event], dict[str, Any]], bool],
    *,
    without: UUID | None = None,
) -> Iterator[str]:
    """Standing events that say something of some entities; where these are many, of organisations."""
    few = len(slugs) <= NAMED_AT_ONCE_MAX
    for text in sorted(slugs) if few else _OF_ORGANISATIONS:
        for entry in record.mentioning(text, list(REGISTRY)):
            if entry.event_id == without:
                continue
            cls = entry.cls
            body = entry.body if issubclass(cls, LedgerEvent) else record.content_of(entry).said
            if body is not None and says(cls, body):
                yield f"{entry.type} {entry.event_id}"
    # A correction may have moved an event to a slug, which its own body then does not name.
    for text in sorted(slugs) if few else ("changes",):
        for correction in record.mentioning(text, [EventCorrected.__name__]):
            target = record.find(UUID(str(correction.body["target"])))
            if target is not None and target.event_id != without:
                body = record.content_of(target).said
                if body is not None and says(target.cls, body):
                    yield f"{target.type} {target.event_id}"


def _parted(record: Record, before: Version, after: Version | None) -> Iterator[str]:
    """Standing events of facilities that were opened under a name which is no longer that of the same facility."""
    state = record.state
    if after is not None:
        state.put_instead(after)
    for slug in {state.resolve(before.body["merged"]), state.resolve(before.body["kept"])}:
        yield from _orphans(record, FacilityClosed, slug)


def _orphans(record: Record, cls: type[Event], slug: str) -> Iterator[str]:
    """Standing events of a thing before which nothing opens it any more (the opening in question is set aside)."""
    for event in record.state.lifecycle(cls, slug):
        if event.cls.lifecycle_role is Role.OPENS:
            return
        yield f"{event.cls.__name__} {event.event_id}"
