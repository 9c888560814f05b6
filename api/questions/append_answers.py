"""What an append is answered, whoever takes it: the events in what was sent, what a dry run would change, the basis."""

from typing import Any

from api.problems import Problem, refused
from api.questions.effects import effects
from api.questions.page import viewpoint_of
from ledger import Ledger, Refused, StoreBusy
from ledger.values import POSITION_PREFIX
from projections import Allowance, Engine

BATCH_MAX = 10_000
DRY_RUN_TRIES = 10
"""How often a dry run is planned again while others append; each time takes some tens of milliseconds."""


def events_in(value: Any) -> list[Any]:
    """The events in a decoded body: those of an array, or the one that it is. Raises Problem."""
    if not isinstance(value, list):
        return [value]
    if not value:
        raise _batch_problem("empty_batch", "an empty array holds no event; send one at least")
    if len(value) > BATCH_MAX:
        raise _batch_problem(
            "batch_too_large", f"{len(value)} events are too many for one request; send up to {BATCH_MAX}"
        )
    return value


def _batch_problem(rule: str, detail: str) -> Problem:
    errors = [{"pointer": "", "rule": rule, "detail": detail}]
    return Problem(422, "event-refused", f"Nothing was recorded: {detail}", errors=errors)


def dry_run_answer(engine: Engine, value: Any, allowance: Allowance | None = None) -> dict[str, Any]:
    """What an append would do to the figures and things that it touches, at as_of = now.

    Raises Problem, and StoreBusy where others have recorded something every time between the plan and the look at its
    effects.
    """
    events = events_in(value)
    for tries_left in reversed(range(DRY_RUN_TRIES)):
        try:
            plan = engine.ledger.plan(events)
        except Refused as error:
            raise refused(error, batch=events is value) from None
        viewpoint = viewpoint_of(engine, {})
        try:
            changes = effects(engine, plan.entries, viewpoint, allowance)
        except StoreBusy:
            if not tries_left:
                raise
        else:
            break
    items = [item.as_planned() for item in plan.items]
    more = {"effects_more": changes.more} if changes.more else {}
    return {"items": items, "effects": changes.listed, **more, "basis": viewpoint.basis()}


def written_basis(ledger: Ledger, *, position: int, recorded_at: str | None) -> dict[str, Any]:
    """The basis of an answer to an append: the log up to its last event, as of the moment of recording."""
    return {
        "as_of": recorded_at,
        "recorded_as_of": f"{POSITION_PREFIX}{position}",
        "effective_at": recorded_at,
        "position": position,
        "recorded_at": recorded_at,
        "root": ledger.log.root(position).hex(),
    }
