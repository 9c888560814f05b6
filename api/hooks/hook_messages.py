"""What a hook is to be told next.

Of events it is told those after its position, in their order. Of answers it is told the differences between its place
and the present: that is the question of `/v1/diff`, so a hook fires exactly where that has an item. The present is
written down before the first difference is told, so that a server that is killed in between goes on with the same
comparison.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from api.formats.cells import json_text
from api.hooks.erased_answers import ERASED, erased_items
from api.hooks.hook import EVENT, RELIANCE, Comparison, Hook, Place
from api.hooks.hook_file import HookFile
from api.hooks.webhook import Message, cloud_event
from api.problems import bad_parameter
from api.questions.audit.diff_question import compared
from api.questions.audit.relied_answers import (
    DERIVED,
    DERIVED_IDENTITY,
    answer_changes,
    relied_answer,
    relied_viewpoint,
)
from api.questions.audit.resource_parameters import RESOURCE, keys_of
from api.questions.audit.thing_differences import ENDS
from api.questions.log_stream import next_batch
from api.questions.page import Page
from ledger.values import instant_text
from projections import CATALOGUE, FIGURES, Allowance, Engine, Inquiry, Viewpoint
from projections.audit import reliances

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
    elif RELIANCE in filters:
        _relied(inquiry, filters[RELIANCE], now)
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
    comparison = _comparison(engine, inquiry, file, hook)
    if comparison is None:
        return
    target = comparison.target
    told = _difference(inquiry, hook, comparison)
    for item in [*told.erased, *told.page.items][comparison.told :]:
        is_erased = item["kind"] == ERASED
        columns = ("event_id",) if is_erased else told.columns
        named = ":".join(str(item[column]) for column in columns if item[column] is not None)
        # Several items may have one name: the publishers of a figure, the intervals of a relationship.
        answers = [item.get(side) for side in ENDS]
        told_by = str(uuid5(NAMESPACE_URL, json_text([source, hook.name, hook.place, target, named, *answers])))
        body = cloud_event(
            kind="answer.erased" if is_erased else "answer.changed",
            id=told_by,
            source=source,
            subject=named,
            time=target.as_of,
            data={**told.members, "basis": told.page.basis, **item},
        )
        yield Message(told_by, body, hook.place.position, None)
    if told.page.next is None:
        file.moves(hook, target)
    else:
        file.compares(hook, Comparison(target, told.page.next, 0, comparison.erased_at))


class _Difference(NamedTuple):
    """What differs, the columns that name an item of it, and what is told beside each item."""

    page: Page
    columns: tuple[str, ...]
    members: Mapping[str, Any]
    erased: Sequence[dict[str, Any]] = ()
    """What was erased of what the answer may have been made of, told before the first page."""


def _difference(inquiry: Inquiry, hook: Hook, comparison: Comparison) -> _Difference:
    """What differs between a hook's place and what it is compared with."""
    if RELIANCE in hook.filters:
        return _difference_relied_on(inquiry, hook, comparison)
    resource = hook.filters.get(RESOURCE.name, FIGURES.name)
    parameters = {**hook.question, **_clocks(hook.place, comparison.target), "limit": str(PAGE_ITEMS)}
    page = compared(inquiry, {**parameters, **({"cursor": comparison.page} if comparison.page else {})}, asked="hook")
    return _Difference(page, _columns(resource), {"resource": resource})


def _difference_relied_on(inquiry: Inquiry, hook: Hook, comparison: Comparison) -> _Difference:
    """The same in the answer that is relied on; since its registration, where that is of later than the place."""
    target = comparison.target
    now = inquiry.viewpoint(as_of=target.as_of, recorded_as_of=f"position:{target.position}")
    with inquiry.reader(now) as reader:
        registered = reliances(reader, [hook.filters[RELIANCE]])
    if not registered:  # nobody relies on it any more
        return _Difference(Page([], now.basis()), (), {})
    (one,) = registered
    answer = relied_answer(one)
    place = hook.place
    since = {"as_of": place.as_of, "recorded_as_of": f"position:{place.position}"}
    then = relied_viewpoint(one, answer) if one.position >= place.position else since  # registered since
    page = answer_changes(inquiry, answer, then, now, limit=PAGE_ITEMS, asked="hook", cursor=comparison.page)
    members = {"reliance": one.name, "title": one.title, "by": one.by, "question": one.question}
    erased = []
    if comparison.page is None:
        known_by = max(one.position, place.position)
        erased = erased_items(inquiry, answer, now, after=place.position, known_by=known_by)
    return _Difference(page, _columns(answer.resource), {**members, "resource": answer.resource}, erased)


def _columns(resource: str) -> tuple[str, ...]:
    if resource == DERIVED:
        return DERIVED_IDENTITY
    return ("figure_id",) if resource == FIGURES.name else keys_of(CATALOGUE[resource])


def _relied(inquiry: Inquiry, name: str, now: Viewpoint) -> None:
    """Raises Problem where nobody relies on an answer of that name, or its question cannot be answered."""
    with inquiry.reader(now) as reader:
        registered = reliances(reader, [name])
    if not registered:
        raise bad_parameter(RELIANCE, "unknown", f"{RELIANCE}={name}: no answer is relied on under this name")
    then = {"as_of": instant_text(now.as_of), "recorded_as_of": f"position:{now.position}"}
    answer_changes(inquiry, relied_answer(registered[0]), then, now, limit=1, asked="hook")


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
