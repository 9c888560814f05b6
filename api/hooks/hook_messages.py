"""What a hook is to be told next.

Of events it is told those after its position, in their order. Of answers it is told the differences between its place
and the present: that is the question of `/v1/diff`, so a hook fires exactly where that has an item. The present is
written down before the first difference is told, so that a server that is killed in between goes on with the same
comparison.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from api.formats.cells import json_text
from api.hooks.hook import EVENT, Comparison, Hook, Place
from api.hooks.hook_file import HookFile
from api.hooks.webhook import Message, cloud_event
from api.questions.audit.diff_question import compared
from api.questions.audit.resource_parameters import RESOURCE, keys_of
from api.questions.log_stream import next_batch
from ledger.values import instant_text
from projections import CATALOGUE, FIGURES, Allowance, Engine, Inquiry

PAGE_ITEMS = 5_000
"""How many answers that changed are held at a time."""
LOOK_AT_CLOCK = timedelta(minutes=10)
"""How often answers are compared though nothing was recorded: what was recorded may come to be published meanwhile."""


def next_messages(engine: Engine, file: HookFile, hook: Hook, *, seconds: float | None = None) -> Iterator[Message]:
    """The next messages of a hook, as many as are told at a time; the file has where it stands without any.

    Each has to be written down as told (or given up) before the next is taken. `seconds` is how long the question may
    take. Raises what questions raise.
    """
    inquiry, source = engine.within(Allowance(seconds=seconds)), engine.ledger.proofs.origin
    if hook.is_of_answers:
        return _changes(engine, inquiry, file, hook, source)
    return _events(inquiry, file, hook, source)


def check_question(engine: Engine, condition: str, filters: Mapping[str, str]) -> None:
    """Ask the question of a hook that is to be, so that what is wrong with its filters is said at once.

    Raises what questions raise.
    """
    inquiry, now = engine.within(Allowance()), engine.viewpoint()
    if condition == EVENT:
        next_batch(inquiry, {**filters, "after": str(now.position)})
    else:
        here = Place(now.position, instant_text(now.as_of))
        compared(inquiry, {**filters, **_clocks(here, here), "limit": "1"}, asked="hook")


def _events(inquiry: Inquiry, file: HookFile, hook: Hook, source: str) -> Iterator[Message]:
    batch = next_batch(inquiry, {**hook.question, "after": str(hook.place.position)})
    before = hook.place.position
    for event in batch.events:
        position = int(event["position"])
        body = cloud_event(
            kind=f"event.{event['type']}",
            id=event["event_id"],
            source=source,
            subject=event.get("figure_id"),
            time=event["recorded_at"],
            data=event,
        )
        yield Message(event["event_id"], body, before, Place(position, event["recorded_at"]))
        before = position
    if batch.seen > before:
        file.moves(hook, Place(batch.seen, hook.place.as_of))


def _changes(engine: Engine, inquiry: Inquiry, file: HookFile, hook: Hook, source: str) -> Iterator[Message]:
    resource = hook.filters.get(RESOURCE.name, FIGURES.name)
    comparison = _comparison(engine, inquiry, file, hook)
    if comparison is None:
        return
    target = comparison.target
    parameters = {**hook.question, **_clocks(hook.place, target), "limit": str(PAGE_ITEMS)}
    page = compared(inquiry, {**parameters, **({"cursor": comparison.page} if comparison.page else {})}, asked="hook")
    columns = ("figure_id",) if resource == FIGURES.name else keys_of(CATALOGUE[resource])
    for item in list(page.items)[comparison.told :]:
        named = ":".join(str(item[column]) for column in columns if item[column] is not None)
        told_by = str(uuid5(NAMESPACE_URL, json_text([source, hook.name, hook.place, target, named])))
        body = cloud_event(
            kind="answer.changed",
            id=told_by,
            source=source,
            subject=named,
            time=target.as_of,
            data={"resource": resource, "basis": page.basis, **item},
        )
        yield Message(told_by, body, hook.place.position, None)
    if page.next is None:
        file.moves(hook, target)
    else:
        file.compares(hook, Comparison(target, page.next, 0, comparison.erased_at))


def _comparison(engine: Engine, inquiry: Inquiry, file: HookFile, hook: Hook) -> Comparison | None:
    """The comparison that is being told, or a new one with the present; None where nothing can have changed."""
    erased_at = engine.ledger.log.erased.last()
    begun = hook.comparison
    if begun is not None and begun.erased_at == erased_at:
        return begun
    if begun is None:
        now = inquiry.viewpoint()
        target = Place(now.position, instant_text(now.as_of))
        if target.position == hook.place.position and now.as_of - _instant(hook.place.as_of) < LOOK_AT_CLOCK:
            return None
    comparison = Comparison(target if begun is None else begun.target, erased_at=erased_at)
    file.compares(hook, comparison)
    return comparison


def _clocks(place: Place, target: Place) -> dict[str, Any]:
    return {
        "from_as_of": place.as_of,
        "from_recorded_as_of": f"position:{place.position}",
        "to_as_of": target.as_of,
        "to_recorded_as_of": f"position:{target.position}",
    }


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
