"""Near states: the items of one thing, out of what happened to it, as the views make them of many.

What an item means is written in `views/`, one text for each resource; here is the same for few statements, which are
folded in Python in a fraction of the time that DuckDB takes to plan a view. Each function gives the items of one thing
as rows with the columns of its view.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import Any

from ledger.values import EXACT, plain
from projections.queries.near_amended_states import WHOLE, agreements, policies
from projections.queries.near_fields import Candidate, as_json, envelope, interrupts, last_given, sound_dates
from projections.queries.near_transitions import Fold, Row, Told, Transition
from projections.queries.statement_history import DATES, Item

DIGITS_MAX = 38
_FACILITY_STATUS = {4: "idled", 3: "operating", 2: "under_construction", 1: "announced"}


def facilities(fold: Fold, rows: Sequence[Row], operates: Sequence[Item] = ()) -> Iterator[Item]:
    """The state of each stage of one facility; `operates` are the intervals in which somebody operates it."""
    own = fold.own(rows)
    if not own:
        return
    for part in sorted({row["stage"] for row in own} - {None}) or [WHOLE]:
        told = fold.told([row for row in rows if row["stage"] in (None, part)])
        if not any(one.is_opening and one.listed for one in told.transitions):
            continue
        restarted = max(
            (one.starts for one in told.transitions if one.type == "FacilityRestarted" and one.begun), default=None
        )
        first, decider = max(
            (Candidate(rank, False, one.as_event), one)
            for one in told.transitions
            if (rank := _facility_rank(one, restarted))
        )
        dates = [decider.field(name) for name in DATES]
        interrupted = dates if first.rank == 4 else [None, None]
        is_cancelled = decider.type == "FacilityCancelled"
        yield {
            "facility": rows[0]["facility"],
            "stage": part or None,
            "status": _FACILITY_STATUS.get(first.rank, "cancelled" if is_cancelled else "closed"),
            "foreseen": first.rank > 1 and first.event.foreseen,
            "operator": _operator(told, operates),
            **dict(zip((*DATES, "interrupted_from", "interrupted_to"), (*dates, *interrupted), strict=True)),
            **envelope(first.event, told),
        }


def _facility_rank(one: Transition, restarted: datetime | None) -> int:
    if one.is_ending and one.begun:
        return 5
    if interrupts(one, "FacilityIdled", restarted):
        return 4
    if one.type in ("FacilityCommissioned", "FacilityRestarted") and one.begun:
        return 3
    if one.type == "ConstructionStarted" and one.begun:
        return 2
    return int(one.is_opening and one.listed)


def _operator(told: Told, operates: Sequence[Item]) -> str | None:
    """Who operates it: what was said last, by its own events or by relationships, which say so while they are open."""
    said: list[tuple[tuple[Any, ...], str | None]] = [
        (one.turn, by) for one in told.transitions if one.begun and (by := one.field("operator")) is not None
    ]
    said += [
        ((one["starts"], one["published_until"], one["position"]), one["subject"] if one["status"] == "open" else None)
        for one in operates
        if one["begun"]
    ]
    return max(said, key=lambda one: one[0])[1] if said else None


_LINK = ("supplier", "consumer", "material", "stage", "share", "nature")
_RISK = ("category", "subject", "description", "severity")


def links(fold: Fold, rows: Sequence[Row]) -> Iterator[Item]:
    """The state of one supply link."""
    yield from _opened_and_closed(fold, rows, "link", _LINK)


def risks(fold: Fold, rows: Sequence[Row]) -> Iterator[Item]:
    """The state of one risk."""
    yield from _opened_and_closed(fold, rows, "risk", _RISK)


def _opened_and_closed(fold: Fold, rows: Sequence[Row], slug: str, names: Sequence[str]) -> Iterator[Item]:
    told = fold.told(rows)
    openings = sorted((one for one in told.transitions if one.is_opening and one.listed), key=lambda one: one.turn)
    if not openings:
        return
    found = []
    for one in told.transitions:
        if one.is_ending and one.begun:
            found.append(Candidate(4, False, one.as_event))
        elif one.is_opening and one.listed:
            is_open = one.begun and not one.past and (slug != "link" or one.field("nature") != "planned")
            found.append(Candidate(3 if is_open else 2 if one.past else 1, False, one.as_event))
    first = max(found)
    fields = last_given(openings, (*names, *DATES))
    yield {
        slug: rows[0][slug],
        "status": {3: "open", 1: "planned"}.get(first.rank, "closed"),
        "foreseen": first.rank > 1 and first.event.foreseen,
        **{name: fields[name] for name in names},
        **sound_dates(fields),
        **envelope(first.event, told),
    }


_RELATION = ("subject", "relation", "object", "role")
_STAKE = ("share", "share_low", "share_high", "nature")


def relationships(fold: Fold, rows: Sequence[Row]) -> Iterator[Item]:
    """The intervals of one relationship."""
    told = fold.told(rows)
    stated = [one for one in told.transitions if one.type == "RelationshipStated"]
    actual = sorted(one.starts for one in stated if one.field("nature") == "actual")
    endings = sorted(one.starts for one in told.transitions if one.type == "RelationshipEnded")
    key = {name: rows[0][name] for name in _RELATION}
    for one in stated:
        if not one.listed:
            continue
        later, after = bisect_right(actual, one.starts), bisect_left(endings, one.starts)
        nature = one.field("nature")
        over = one.past or any(at <= fold.world for at in (*actual[later : later + 1], *endings[after : after + 1]))
        status = "closed" if over else "planned" if not one.begun or nature == "planned" else "open"
        yield {
            "relationship": ":".join(filter(None, key.values())),
            **key,
            **{name: one.field(name) for name in _STAKE},
            "status": status,
            "foreseen": status != "planned" and one.as_event.foreseen,
            **{name: one.field(name) for name in DATES},
            **envelope(one.as_event, told),
            "starts": one.starts,
            "published_until": one.as_event.published_until,
            "begun": one.begun,
        }


_COMMITTED = ("kind", "by", "to", "agreement", "facility", "material", "tranche")
_AMOUNTS = ("quantity", "amount", "price", "price_floor")
_TERMS = ("formula", "conditions", "binding")
_COMMITMENT_STATUS = {5: "met", 4: "released", 3: "open", 2: "expired", 1: "planned"}


def commitments(fold: Fold, rows: Sequence[Row]) -> Iterator[Item]:
    """The state of one commitment."""
    told = fold.told(rows)
    openings = sorted((one for one in told.transitions if one.is_opening and one.listed), key=lambda one: one.turn)
    if not openings:
        return
    fields = last_given(openings, (*_COMMITTED, *_AMOUNTS, *_TERMS, *DATES))
    found = []
    for one in told.transitions:
        if one.is_opening:
            rank = 2 if one.listed and one.past else 3 if one.begun else int(one.listed)
        else:
            rank = {"CommitmentMet": 5, "CommitmentReleased": 4}.get(one.type, 0) if one.begun else 0
        if rank:
            found.append(Candidate(rank, False, one.as_event))
    first = max(found)
    in_part = [one for one in told.transitions if one.type == "CommitmentMetInPart" and one.begun]
    yield {
        "commitment": rows[0]["commitment"],
        "status": _COMMITMENT_STATUS[first.rank],
        "foreseen": first.rank > 1 and first.event.foreseen,
        **{name: fields[name] for name in _COMMITTED},
        **{name: as_json(fields[name]) for name in _AMOUNTS},
        **{name: fields[name] for name in _TERMS},
        **sound_dates(fields),
        "met_quantity": _summed([one.field("quantity") for one in in_part]),
        "met_amount": _summed([one.field("amount") for one in in_part]),
        **envelope(first.event, told),
    }


def _summed(amounts: Sequence[Mapping[str, Any] | None]) -> list[Item] | None:
    """Amounts by unit as it is printed; a point is both ends of a range."""
    ends: dict[str, list[tuple[str | None, str | None]]] = {}
    for one in amounts:
        if one is not None:
            ends.setdefault(one["unit"], []).append((one["value"] or one["low"], one["value"] or one["high"]))
    summed = []
    for unit in sorted(ends):
        low, high = (_sum([both[side] for both in ends[unit]]) for side in (0, 1))
        point = low if low == high else None
        bounds = {"low": None, "high": None} if low == high else {"low": low, "high": high}
        summed.append({"value": point, **bounds, "unit": unit})
    return summed or None


def _sum(numbers: Sequence[str | None]) -> str | None:
    """The exact sum; None where a bound was not said, or the sum has more digits than DuckDB holds."""
    given = [Decimal(one) for one in numbers if one is not None]
    if len(given) < len(numbers):
        return None
    total = reduce(EXACT.add, given, Decimal(0))
    return plain(total) if abs(total) < Decimal(10) ** (DIGITS_MAX - 18) else None


NEAR_STATES: Mapping[str, Callable[..., Iterator[Item]]] = {
    "policies": policies,
    "agreements": agreements,
    "facilities": facilities,
    "links": links,
    "risks": risks,
    "relationships": relationships,
    "commitments": commitments,
}
"""By resource, what makes the items of one thing."""
