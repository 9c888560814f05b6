"""Near states of policies and agreements: of what is amended, each field is as it was said last."""

from collections.abc import Iterator, Sequence

from projections.queries.near_fields import (
    Candidate,
    Said,
    bounds,
    changing,
    envelope,
    folded,
    given,
    interrupts,
    moves,
    once,
)
from projections.queries.near_transitions import Fold, Row, Transition
from projections.queries.statement_history import DATES, Item

WHOLE = ""
"""The part of a thing that is all of it."""


def policies(fold: Fold, rows: Sequence[Row]) -> Iterator[Item]:
    """The state of one policy, and those of its provisions."""
    own = fold.own(rows)
    opened_whole = any(row["provision"] is None and row["type"] in fold.shape.openings for row in own)
    states = []
    for part in sorted({row["provision"] for row in own} - {None}):
        if state := _policy(fold, part, [row for row in rows if row["provision"] in (None, part)]):
            states.append(state)
    if not own:
        return
    whole = _policy(fold, WHOLE, [row for row in rows if row["provision"] is None or not opened_whole])
    if whole:
        whole["provisions"] = [{name: state[name] for name in _OF_PROVISIONS} for state in states] or None
        yield whole
    yield from states


_POLICY = ("jurisdiction", "kind", "title", "materials", "applies_to", "exempt", "conditions", *DATES)
_OF_PROVISIONS = (
    *("provision", "status", "foreseen", *DATES, "interrupted_from", "interrupted_to", "event_id"),
    *("publisher", "publishers", "disputed", "published_at", "position"),
)
_POLICY_STATUS = {5: "repealed", 4: "suspended", 3: "in_force", 1: "announced"}


def _policy(fold: Fold, part: str, rows: Sequence[Row]) -> Item | None:
    told = fold.told(rows)
    openings = [one for one in told.transitions if one.is_opening and one.listed]
    if not openings:
        return None

    def of_itself(one: Transition) -> bool:
        return bool(part and one.own_part)

    amended = fold.amended(told, "PolicyAmended")
    said: list[Said] = [
        ((of_itself(one), int(one.type == "PolicyEnacted"), one.turn), one.as_event, given(one, _POLICY), ())
        for one in openings
    ]
    said += [((of_itself(one.transition), 2, one.turn), *changing(one)) for one in amended]
    fields, ended_by = folded(said, _POLICY)
    world, (own_starts, ends) = fold.world, bounds(fields)
    is_sound = ends is None or own_starts is None or ends >= own_starts
    over = ends is not None and ends < world and is_sound
    enacted = [one for one in openings if one.type == "PolicyEnacted"]
    in_effect = {one for one in enacted if (own_starts or one.starts) <= world}
    reinstated = max(
        (one.starts for one in told.transitions if one.type == "PolicyReinstated" and one.begun), default=None
    )
    found = []
    for one in told.transitions:
        if one.type == "PolicyRepealed" and one.begun:
            rank = 5
        elif interrupts(one, "PolicySuspended", reinstated):
            rank = 4
        elif in_effect and not over and (one in in_effect or (one.type == "PolicyReinstated" and one.begun)):
            rank = 3
        elif one.is_opening and one.listed:
            rank = 1
        else:
            continue
        dates = (one.field("effective_from"), one.field("effective_to")) if rank == 4 else (None, None)
        found.append(Candidate(rank, of_itself(one), one.as_event, *dates))
    if in_effect and not over:
        found += [Candidate(3, of_itself(one.transition), one.transition.as_event) for one in amended if moves(one)]
    if over and ended_by is not None:
        found.append(Candidate(2, False, ended_by))
    first = max(found, key=lambda one: one[:3])
    lapsed = "expired" if enacted else "lapsed"
    return {
        "policy": rows[0]["policy"],
        "provision": part or None,
        **{name: fields[name] for name in ("jurisdiction", "kind", "title")},
        **{name: once(fields[name]) for name in ("materials", "applies_to", "exempt")},
        "conditions": fields["conditions"],
        "provisions": None,
        "status": _POLICY_STATUS.get(first.rank, lapsed),
        "foreseen": first.rank > 1 and first.event.foreseen,
        "effective_from": fields["effective_from"],
        "effective_to": fields["effective_to"] if is_sound else None,
        "interrupted_from": first.effective_from,
        "interrupted_to": first.effective_to,
        **envelope(first.event, told),
    }


_AGREEMENT = ("title", "facility", "binding", "parties", "terms", *DATES)
_KEPT_OF_MEMORANDA = ("title", "facility")
_AGREEMENT_STATUS = {5: "terminated", 4: "expired", 3: "in_force", 2: "signed", 1: "mou"}


def agreements(fold: Fold, rows: Sequence[Row]) -> Iterator[Item]:
    """The state of one agreement."""
    told = fold.told(rows)
    openings = [one for one in told.transitions if one.is_opening and one.listed]
    if not openings:
        return
    signed = {one for one in openings if one.type == "AgreementSigned"}
    afresh = min((min(one.starts, one.published_from) for one in signed), default=None)
    said: list[Said] = []
    for one in openings:
        is_whole = afresh is None or one.type == "AgreementSigned"
        names = _AGREEMENT if is_whole else _KEPT_OF_MEMORANDA
        said.append(((int(one.type == "AgreementSigned"), one.turn), one.as_event, given(one, names), ()))
    amended = [
        one
        for one in fold.amended(told, "AgreementAmended")
        if afresh is None or min(one.transition.starts, one.transition.published_from) >= afresh
    ]
    said += [((2, one.turn), *changing(one)) for one in amended]
    fields, ended_by = folded(said, _AGREEMENT)
    world, (own_starts, ends) = fold.world, bounds(fields)
    is_sound = ends is None or own_starts is None or ends >= own_starts
    in_effect = any((own_starts or one.starts) <= world for one in signed)
    found = []
    for one in told.transitions:
        if one.type == "AgreementTerminated" and one.begun and (afresh is None or one.starts >= afresh):
            found.append(Candidate(5, False, one.as_event))
        elif one in signed:
            found.append(Candidate(3 if (own_starts or one.starts) <= world else 2, False, one.as_event))
        elif one.is_opening and one.listed:
            found.append(Candidate(1, False, one.as_event))
    if in_effect:
        found += [Candidate(3, False, one.transition.as_event) for one in amended if moves(one)]
    if ends is not None and ends < world and is_sound and ended_by is not None:
        found.append(Candidate(4, False, ended_by))
    first = max(found, key=lambda one: one[:3])
    binding, parties = fields["binding"], once(fields["parties"])
    yield {
        "agreement": rows[0]["agreement"],
        "status": _AGREEMENT_STATUS[first.rank],
        "foreseen": first.rank > 2 and first.event.foreseen,
        "binding": True if binding is None and afresh is not None else binding,
        "parties": parties,
        **{name: fields[name] for name in ("title", "terms", "facility", "effective_from")},
        "effective_to": fields["effective_to"] if is_sound else None,
        **envelope(first.event, told),
        "party_slugs": None if fields["parties"] is None else [one["entity"] for one in fields["parties"]],
    }
