"""Ledger events on their way into the log: what may be corrected, retracted and reinstated.

A corrected event must pass the rules that a new one would, and nothing that stands may be left hanging: an opening or a
registration on which other events depend can be neither retracted nor moved to another slug.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ledger.errors import InvalidEvent, RuleBroken, Violation
from ledger.events.base import REGISTRY, Event, Role, refs
from ledger.events.entities import EntityRegistered
from ledger.events.figures import Figure
from ledger.events.ledger_events import EventCorrected, EventReinstated, LedgerEvent
from ledger.rules.effective_content import content, in_changes
from ledger.rules.rules import violations
from ledger.rules.state import Standing, metric_family

if TYPE_CHECKING:
    from ledger.append.batch import Draft

NAMED_MAX = 3


def act(draft: "Draft", standing: Standing, *, expected_version: int | None) -> UUID:
    """Check a ledger event and fold it into the draft's state; the stream it belongs to, which is its target's."""
    named = UUID(standing.body["target"])
    target = draft.find(named)
    if target is None:
        raise RuleBroken([Violation(("target",), "target_exists", f"no event {named} is recorded")])
    cls = REGISTRY[target.type]
    if issubclass(cls, LedgerEvent):
        detail = f"{named} is itself a ledger event ({target.type}); act on the event it acts on"
        raise RuleBroken([Violation(("target",), "target_is_no_ledger_event", detail)])
    acts = draft.acts_on(target)
    before = content((cls, target.body), acts)
    reinstates = issubclass(standing.cls, EventReinstated)
    if reinstates is (before is not None):
        state = "is not retracted, so there is nothing to reinstate" if reinstates else "is retracted"
        raise RuleBroken([Violation(("target",), "target_stands", f"event {named} {state}")])
    try:
        after = content((cls, target.body), [*acts, (standing.cls.__name__, standing.body)])
    except InvalidEvent as error:
        raise InvalidEvent(error.violations) from None
    was = Standing(target.position, target.event_id, cls, before or {}, target.recorded_at)
    changes = standing.body["changes"] if issubclass(standing.cls, EventCorrected) else {}
    _check(draft, was if before is not None else None, None if after is None else was.says(after), changes)
    draft.check_version(expected_version, target.originator_id.bytes)
    _fold(draft, named, standing, was if before is not None else None, None if after is None else was.says(after))
    return target.originator_id


def _check(draft: "Draft", was: Standing | None, becomes: Standing | None, changes: dict[str, Any]) -> None:
    """The new content against the rules, as if the event were not there yet; then what depends on the old content."""
    put_back = draft.state.set_aside(was) if was is not None else lambda: None
    fixed = _metric_set_aside(draft, was)
    try:
        found = violations(draft.state, becomes) if becomes is not None else []
        found = [in_changes(one, changes) if changes else Violation(("target",), one.rule, one.detail) for one in found]
        if was is not None and not found:
            found.extend(_left_hanging(draft, was, becomes))
    finally:
        if fixed is not None:
            draft.state.metrics[fixed[0]] = fixed[1]
        put_back()
    if found:
        raise RuleBroken(found)


def _fold(draft: "Draft", target: UUID, standing: Standing, was: Standing | None, becomes: Standing | None) -> None:
    if draft.state.holds(target):
        draft.state.act(target, standing.cls.__name__, standing.body)
    for side in (was, becomes):
        if side is None or not issubclass(side.cls, Figure):
            continue
        metric, family = metric_family(side.cls, side.body)
        fixed = draft.state.metrics.get(metric)
        if side is was and fixed is not None and fixed[1] == was.position:
            draft.fix_metric(metric, _next_fixer(draft, metric, without=was.position))
        elif side is becomes and (fixed is None or side.position < fixed[1]):
            draft.fix_metric(metric, (family, side.position))


def _metric_set_aside(draft: "Draft", was: Standing | None) -> tuple[str, tuple[str, int]] | None:
    """Where the event itself fixed its metric's family, let the next that stands fix it while it is checked."""
    if was is None or not issubclass(was.cls, Figure):
        return None
    metric, _ = metric_family(was.cls, was.body)
    fixed = draft.state.metrics.get(metric)
    if fixed is None or fixed[1] != was.position:
        return None
    after = _next_fixer(draft, metric, without=was.position)
    if after is None:
        del draft.state.metrics[metric]
    else:
        draft.state.metrics[metric] = after
    return metric, fixed


def _next_fixer(draft: "Draft", metric: str, *, without: int) -> tuple[str, int] | None:
    """The unit family that the first standing event of a metric gives it, one event left out. Searches the log."""
    figures = [name for name, cls in REGISTRY.items() if issubclass(cls, Figure)]
    by_default = [name for name in figures if getattr(REGISTRY[name], "default_metric", None) == metric]
    candidates = {entry.position: entry for entry in draft.mentioning(metric, figures)}
    candidates |= {entry.position: entry for entry in draft.mentioning("subject", by_default)} if by_default else {}
    for correction in draft.mentioning(metric, ["EventCorrected"]):
        if (target := draft.find(UUID(str(correction.body["target"])))) is not None:
            candidates[target.position] = target
    for position in sorted(candidates):
        entry = candidates[position]
        if position == without or not issubclass(REGISTRY[entry.type], Figure):
            continue
        standing = draft.standing(entry)
        if standing is not None:
            named, family = metric_family(standing.cls, standing.body)
            if named == metric:
                return family, position
    return None


def _left_hanging(draft: "Draft", was: Standing, becomes: Standing | None) -> Iterator[Violation]:
    """What would stand without the event that it depends on."""
    thing = was.cls.thing
    if thing is None or was.cls.role is not Role.OPENS:
        return
    slug = was.body[thing]
    moved = becomes is None or becomes.body[thing] != slug
    if issubclass(was.cls, EntityRegistered):
        dependents: Iterator[str] = iter(())
        if moved:
            dependents = _naming(draft, slug, without=was.event_id)
        elif becomes is not None and was.body.get("fiscal_year_end") and not becomes.body.get("fiscal_year_end"):
            dependents = _fiscal(draft, slug)
    elif moved:
        dependents = _orphans(draft, was.cls, slug)
    else:
        return
    named = [found for found, _ in zip(dependents, range(NAMED_MAX), strict=False)]
    if named:
        yield Violation(
            ("target",), "others_depend_on_it", f"events that stand depend on it, among them {', '.join(named)}"
        )


def _naming(draft: "Draft", slug: str, *, without: UUID) -> Iterator[str]:
    """Standing events that name an entity."""
    for entry in draft.mentioning(slug, list(REGISTRY)):
        if entry.event_id == without:
            continue
        cls = REGISTRY[entry.type]
        body = entry.body if issubclass(cls, LedgerEvent) else _says(draft, entry)
        if body is not None and any(named == slug for _, named in refs(cls, body)):
            yield f"{entry.type} {entry.event_id}"
    # A correction may have moved an event to the slug, which its own body then does not name.
    for correction in draft.mentioning(slug, ["EventCorrected"]):
        target = draft.find(UUID(str(correction.body["target"])))
        if target is not None and target.event_id != without:
            body = _says(draft, target)
            if body is not None and any(named == slug for _, named in refs(REGISTRY[target.type], body)):
                yield f"{target.type} {target.event_id}"


def _fiscal(draft: "Draft", slug: str) -> Iterator[str]:
    """Standing figures of a subject with a fiscal period."""
    for entry in draft.mentioning(slug, [name for name, cls in REGISTRY.items() if issubclass(cls, Figure)]):
        body = _says(draft, entry)
        if body and body.get("subject") == slug and str(body.get("period", "")).startswith("FY"):
            yield f"{entry.type} {entry.event_id}"


def _orphans(draft: "Draft", cls: type[Event], slug: str) -> Iterator[str]:
    """Standing events of a thing before which nothing opens it any more (the opening in question is set aside)."""
    opened = False
    for event in draft.state.events_of(cls, slug):
        opened = opened or event.cls.role is Role.OPENS
        if not opened:
            yield f"{event.cls.__name__} {event.event_id}"


def _says(draft: "Draft", entry: Any) -> dict[str, Any] | None:
    standing = draft.standing(entry)
    return None if standing is None else standing.body
