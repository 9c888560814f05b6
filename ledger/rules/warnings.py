"""What is legal and odd: warnings on an append, which never refuse anything.

Some are about an event by itself: no date of publication, a share over 100 %, an observed period that was not over when
it was reported, a month that may be a fiscal year. Some compare: what takes effect with the end of its thing (an
amendment after the repeal); a new name or identifier with those of other entities (two slugs for one entity are the
commonest mistake in such ledgers); a value with what the publisher said of the figure before (one a thousand times off
is nearly always a unit that slipped, kt for t, thousand for million).
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ledger.errors import CalendarError
from ledger.events.base import Event, Role
from ledger.events.entities import EntityRegistered
from ledger.events.figures import Figure
from ledger.events.ledger_events import LedgerEvent
from ledger.events.preferences import PreferenceSet
from ledger.events.reliances import RelianceEnded
from ledger.rules.registered_names import RegisteredNames
from ledger.rules.state import State
from ledger.rules.version import Version
from ledger.values.calendars import is_fiscal, may_be_fiscal_year, parse_moment, parse_period
from ledger.values.quantities import canonical
from ledger.values.units import unit

FAR_OFF_FACTOR = 10
WHOLE_PERCENT = 100
CALENDAR_YEAR_END = "12-31"


def event_warnings(state: State, event: Version) -> Iterator[dict[str, Any]]:
    """What is odd about an event by itself, or beside other entities."""
    cls, body = event.cls, event.body
    yield from date_warnings(cls, body)
    if issubclass(cls, EntityRegistered):
        yield from name_warnings(body["name"], body["entity"], state.names())
        yield from identifier_warnings(body, state.names())
    elif issubclass(cls, Figure):
        yield from metric_warnings(state, event, cls)
        yield from figure_warnings(cls, body, state)
    elif issubclass(cls, PreferenceSet):
        yield from preference_warnings(body, state.metrics)
    elif cls.lifecycle_role is not Role.STATES:
        yield from end_warnings(state, event)


def preference_warnings(body: Mapping[str, Any], metrics: Collection[str]) -> Iterator[dict[str, Any]]:
    """A preference for a metric of which nothing was said so far."""
    metric = body.get("metric")
    if metric is not None and metric not in metrics:
        yield _warning(
            "/metric", "nothing_said", f"no publisher has said anything of {metric!r} so far: is it another?"
        )


def end_warnings(state: State, event: Version) -> Iterator[dict[str, Any]]:
    """What takes effect after its thing has ended, as far as it is known: publishers contradict each other."""
    slug = event.body[event.thing]
    end = state.lifecycle(event.cls, slug).end_before(event)
    if end is not None:
        yield _warning(
            "/effective_from" if event.body.get("effective_from") else f"/{event.thing}",
            "after_end",
            f"{slug!r} ended on {end.starts.date()} by event {end.event_id}; this takes effect later",
        )


LISTS_RELIED_ON = (
    *("figures", "derived", "policies", "agreements", "facilities", "links", "risks", "relationships", "commitments"),
)
"""The lists of which an answer can be asked again and compared."""
_LIST = re.compile(r"/v1/([a-z-]+)")


def reliance_warnings(event: Version, said_before: int) -> Iterator[dict[str, Any]]:
    """An end of what was never registered, a question whose answers nobody compares, and one of a log that is not so
    long yet. `said_before` is how many events there are under the name of the reliance.
    """
    if issubclass(event.cls, RelianceEnded) and not said_before:
        name = event.body["reliance"]
        yield _warning("/reliance", "nothing_ends", f"no reliance {name!r} was ever registered: is it another name?")
    lists = _LIST.match(event.body.get("question") or "")
    if lists is not None and lists[1] not in LISTS_RELIED_ON:
        known = ", ".join(LISTS_RELIED_ON)
        yield _warning(
            "/question", "not_compared", f"answers of /v1/{lists[1]} are never compared, only those of {known}"
        )
    basis = event.body.get("basis") or {}
    if (place := basis.get("recorded_as_of")) is not None and int(place.partition(":")[2]) >= event.position:
        yield _warning(
            "/basis/recorded_as_of", "beyond_head", f"{place} is not there yet: this is the event at {event.position}"
        )


def name_warnings(name: str, slug: str, known: RegisteredNames) -> Iterator[dict[str, Any]]:
    """A registered name that the new one could be confused with; the nearest only."""
    nearest = known.look_alike(name, slug)
    if nearest is None:
        return
    other, other_slug = nearest
    yield {
        "pointer": "/name",
        "rule": "look_alike",
        "detail": f"{name!r} looks like {other!r}, registered as {other_slug!r}; if they are one, use that slug",
    }


def identifier_warnings(registration: Mapping[str, Any], known: RegisteredNames) -> Iterator[dict[str, Any]]:
    """Identifiers of the new entity that another one has."""
    for scheme, value in (registration.get("identifiers") or {}).items():
        if (other := known.with_identifier(scheme, value, registration["entity"])) is not None:
            yield _warning(
                f"/identifiers/{scheme.replace('~', '~0').replace('/', '~1')}",
                "shared_identifier",
                f"{scheme} {value!r} is that of {other!r} too; if they are one, use that slug",
            )


def date_warnings(cls: type[Event], body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A fact of the world that does not say when it was published."""
    if body.get("published_at") is None and not cls.known_at_once and not issubclass(cls, LedgerEvent):
        yield _warning(
            "/published_at",
            "undated",
            "without published_at it counts as published when it is recorded, after all that is dated earlier",
        )


def figure_warnings(cls: type[Figure], body: dict[str, Any], state: State) -> Iterator[dict[str, Any]]:
    """What is odd about a statement on a figure by itself; a period may be of its subject's fiscal year."""
    its_unit, period = unit(body["unit"]), body.get("period")
    if its_unit.family == "share" and cls.is_share(body):
        for name in ("value", "low"):
            if body.get(name) is not None and canonical(Decimal(body[name]), body["unit"]) > WHOLE_PERCENT:
                yield _warning(f"/{name}", "share_over_100", f"{body[name]} {body['unit']} is more than the whole")
    if period is None:
        return
    may_be_fiscal = may_be_fiscal_year(period)
    fiscal_year = state.fiscal_year(body["subject"]) if may_be_fiscal or is_fiscal(period) else None
    if may_be_fiscal and fiscal_year is not None and not fiscal_year.startswith(CALENDAR_YEAR_END):
        yield _warning(
            "/period",
            "maybe_fiscal_year",
            f"{period} is a month; the fiscal year of {body['subject']!r} that is printed so is FY{period}",
        )
    if (published := body.get("published_at")) is None or cls.nature_of(body) != "observed" or cls.ahead:
        return
    try:
        end = parse_period(period, fiscal_year).end
    except CalendarError:
        return
    if end > parse_moment(published).end.date():
        yield _warning(
            "/period", "period_not_over", f"{period} ends on {end}, after its publication: is it a forecast, or a plan?"
        )


def metric_warnings(state: State, event: Version, cls: type[Figure]) -> Iterator[dict[str, Any]]:
    """A metric that this event is the first on, and whose name looks like that of another."""
    metric = cls.metric_of(event.body)
    fixed = state.metrics.get(metric)
    if fixed is not None and fixed[1] == event.position and (other := state.metric_like(metric)) is not None:
        yield _warning(
            "/metric",
            "near_metric",
            f"nothing was said of {metric!r} so far, which looks like {other!r}; if they are one, use that name",
        )


def series_warnings(body: dict[str, Any], said: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """How a statement stands to those before it in its series, in order of publication."""
    if not said:
        return
    last = said[-1]
    yield from value_warnings(body, last)
    if _is_first_without_amount(body, said):
        yield _warning("/value", "zero_or_negative", f"{body['value']}, where this publisher never said zero or less")
    when = body.get("published_at")
    same_day = when is not None and last.get("published_at") is not None and _says_something(last)
    if same_day and parse_moment(when).end == parse_moment(last["published_at"]).end and _said(body) != _said(last):
        yield _warning(
            "/published_at",
            "contradicts",
            f"the same publisher said {_shown(last)} of this on {last['published_at']}: both stand, as a conflict",
        )


def _is_first_without_amount(body: Mapping[str, Any], said: Sequence[Mapping[str, Any]]) -> bool:
    if body.get("value") is None or Decimal(body["value"]) > 0:
        return False
    values = [Decimal(one["value"]) for one in said if one.get("value") is not None]
    return bool(values) and min(values) > 0


def _says_something(body: Mapping[str, Any]) -> bool:
    """Whether it is a statement, and does not take back what was said."""
    return any(body.get(name) is not None for name in ("value", "low", "high", "symbol"))


def _said(body: Mapping[str, Any]) -> tuple[object, ...]:
    numbers = (body.get(name) for name in ("value", "low", "high"))
    in_canonical = (None if one is None else canonical(Decimal(one), body["unit"]) for one in numbers)
    return (*in_canonical, body.get("symbol"))


def _shown(body: Mapping[str, Any]) -> str:
    if body.get("symbol") is not None:
        return str(body["symbol"])
    said = body.get("value") or f"{body.get('low') or ''}..{body.get('high') or ''}"
    return f"{said} {body['unit']}"


def _warning(pointer: str, rule: str, detail: str) -> dict[str, Any]:
    return {"pointer": pointer, "rule": rule, "detail": detail}


def _is_near(one: float, other: float) -> bool:
    """Whether two values are so near that nothing needs to be computed exactly; a float is right to 15 digits."""
    return one != 0 and other != 0 and 2 / FAR_OFF_FACTOR < one / other < FAR_OFF_FACTOR / 2


def value_warnings(body: dict[str, Any], earlier: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """How a statement's value stands to the one before it in its series; silent unless both are points and not zero."""
    if earlier is None or body.get("value") is None or earlier.get("value") is None:
        return
    if body["unit"] == earlier["unit"] and _is_near(float(body["value"]), float(earlier["value"])):
        return
    now = canonical(Decimal(body["value"]), body["unit"])
    before = canonical(Decimal(earlier["value"]), earlier["unit"])
    if now == 0 or before == 0 or (now < 0) != (before < 0):
        return
    smaller, larger = sorted((now.copy_abs(), before.copy_abs()))
    ratio = Fraction(larger) / Fraction(smaller)
    if 500 < ratio < 1500:
        rule, guess = "unit_slip", "was the unit taken for one a thousand times larger or smaller?"
    elif ratio >= FAR_OFF_FACTOR:
        rule, guess = "far_off", "is a digit or a point misplaced?"
    else:
        return
    yield {
        "pointer": "/value",
        "rule": rule,
        "detail": f"{body['value']} {body['unit']} is {round(ratio)} times off the "
        f"{earlier['value']} {earlier['unit']} before it: {guess}",
    }
