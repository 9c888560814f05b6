"""What may be recorded: pure functions of (state, event), no I/O and no clock.

Each rule yields the violations it finds; the name in a violation is the rule's. Rules that need the log itself (the
target of a ledger event, what depends on a registration) are in `ledger.rules.ledger_event_rules`.
"""

from collections.abc import Iterator
from typing import Any, cast

from ledger.codec.strict_json import validated
from ledger.errors import CalendarError, InvalidEvent, Violation
from ledger.events.base import Event, Role, refs
from ledger.events.entities import EntitiesMerged, EntityRegistered
from ledger.events.figures import Figure, figure_id
from ledger.rules.effective_content import PROTECTED, in_changes
from ledger.rules.state import Standing, State, metric_family
from ledger.values.calendars import parse_period
from ledger.values.units import unit


def violations(state: State, event: Standing) -> list[Violation]:
    """Everything that forbids the event in this state; empty where it may be recorded."""
    found = [*_refs_are_registered(state, event)]
    if issubclass(event.cls, EntityRegistered):
        found += _registered_once(state, event)
    elif issubclass(event.cls, EntitiesMerged):
        found += _merge_joins_two(state, event)
    elif issubclass(event.cls, Figure):
        found += _figure_fits(state, event, registered=not found)
    elif event.cls.role is not Role.STATES:
        found += _thing_is_open(state, event)
        if event.cls.amends is not None:
            found += _amendment_fits(state, event)
    return found


def figure_key(state: State, cls: type[Figure], body: dict[str, Any]) -> dict[str, Any]:
    """The key of the figure that a body is about: merges followed, the period resolved. Raises CalendarError."""
    material = body.get("material")
    period = body.get("period")
    return {
        "subject": state.resolve(body["subject"]),
        "metric": cls.metric_of(body),
        "material": state.resolve(material) if material else None,
        "dimensions": body.get("dimensions"),
        "nature": cls.nature_of(body),
        "period": parse_period(period, state.fiscal_year_end(body["subject"])) if period else None,
        "canonical_unit": unit(body["unit"]).canonical,
    }


def figure_of(state: State, cls: type[Event], body: dict[str, Any]) -> Any:
    """The id of the figure that a body is about."""
    return figure_id(**figure_key(state, cast(type[Figure], cls), body))


def _refs_are_registered(state: State, event: Standing) -> Iterator[Violation]:
    for path, slug in refs(event.cls, event.body):
        registration = state.entity(slug)
        if registration is None:
            yield Violation(
                path, "unregistered", f"no entity {slug!r} is registered; record an EntityRegistered for it first"
            )
        elif path == ("source", "publisher") and registration.body["kind"] != "organisation":
            kind = registration.body["kind"]
            yield Violation(path, "publisher_is_organisation", f"{slug!r} is a {kind}; a publisher is an organisation")


def _registered_once(state: State, event: Standing) -> Iterator[Violation]:
    slug = event.body["entity"]
    if (first := state.entity(slug)) is not None:
        yield Violation(("entity",), "registered_once", f"{slug!r} is registered already, by event {first.event_id}")
    if event.body.get("parent") == slug:
        yield Violation(("parent",), "parent_is_another", "an entity is not its own parent")


def _merge_joins_two(state: State, event: Standing) -> Iterator[Violation]:
    kept, merged = event.body["kept"], event.body["merged"]
    if kept == merged:
        yield Violation(("merged",), "merge_joins_two", f"{kept!r} cannot be merged with itself")
    elif state.is_merged(merged):
        yield Violation(("merged",), "merged_once", f"{merged!r} is merged already, into {state.resolve(merged)!r}")
    elif state.resolve(kept) == state.resolve(merged):
        yield Violation(("merged",), "merge_joins_two", f"{kept!r} and {merged!r} are one entity already")
    elif _is_organisation(state, merged) and not _is_organisation(state, state.resolve(kept)):
        detail = f"{merged!r} is an organisation and may be a publisher; {state.resolve(kept)!r} is none and may not"
        yield Violation(("kept",), "publisher_is_organisation", detail)


def _is_organisation(state: State, slug: str) -> bool:
    registration = state.entity(slug)
    return registration is not None and registration.body["kind"] == "organisation"


def _figure_fits(state: State, event: Standing, *, registered: bool) -> Iterator[Violation]:
    period = event.body.get("period")
    if period and registered:
        try:
            parse_period(period, state.fiscal_year_end(event.body["subject"]))
        except CalendarError as error:
            yield Violation(("period",), "period", str(error))
    metric, family = metric_family(event.cls, event.body)
    fixed = state.metrics.get(metric)
    if fixed is not None and fixed[0] != family:
        yield Violation(
            ("unit",),
            "unit_family",
            f"{metric} is measured in units of {fixed[0]}, fixed by the event at position {fixed[1]}; "
            f"{event.body['unit']} is a unit of {family}",
        )


def _thing_is_open(state: State, event: Standing) -> Iterator[Violation]:
    assert event.cls.thing is not None
    slug = event.body[event.cls.thing]
    others = [other for other in state.events_of(event.cls, slug) if other.position < event.position]
    if event.cls.role is not Role.OPENS and not any(other.cls.role is Role.OPENS for other in others):
        yield Violation(
            (event.cls.thing,),
            "opened_first",
            f"{slug!r} was never opened, so {event.cls.__name__} has nothing to act on",
        )
    for other in others:
        if other.cls.role is Role.CLOSES and event.starts > other.starts and _bears_on(other, event):
            yield Violation(
                ("effective_from",) if event.body.get("effective_from") else (event.cls.thing,),
                "after_the_end",
                f"{slug!r} ended on {other.starts.date()} by event {other.event_id}; this would take effect later",
            )
            return


def _bears_on(closing: Standing, event: Standing) -> bool:
    """A closing of one stage of a facility ends that stage only."""
    stage = closing.body.get("stage") if closing.cls.family == "facilities" else None
    return stage is None or event.body.get("stage") == stage


def _amendment_fits(state: State, event: Standing) -> Iterator[Violation]:
    amended = event.cls.amends
    assert amended is not None
    assert amended.thing is not None
    changes: dict[str, Any] = event.body["changes"]
    allowed = [name for name in amended.model_fields if name not in Event.model_fields and name != amended.thing]
    for name in changes:
        if name in PROTECTED or name not in allowed:
            yield Violation(("changes", name), "unknown_field", f"an amendment may change: {', '.join(allowed)}")
            return
    opening = next(
        (other for other in state.events_of(event.cls, event.body[amended.thing]) if other.cls.role is Role.OPENS), None
    )
    if opening is None:
        return
    required = {name: opening.body[name] for name, info in amended.model_fields.items() if info.is_required()}
    given = {name: value for name, value in changes.items() if value is not None or name in required}
    try:
        validated(amended, {**required, **given})
    except InvalidEvent as error:
        yield from (in_changes(violation, changes) for violation in error.violations)
