"""Erased answers: what was erased of what an answer that is relied on may have been made of.

Of an erased event the ledger knows the type, and of which figure it was. It is told unless it is certain that the
answer was made of nothing of it: it is of another family, or of a figure that still stands and is not among those asked
for.
"""

from typing import Any
from uuid import UUID

from api.questions.audit.relied_answers import DERIVED, ReliedAnswer
from api.questions.page import filters_of
from ledger import REGISTRY, Entry
from projections import CATALOGUE, FIGURES, Inquiry, Viewpoint

ERASED = "erased"
"""The kind of item that tells of an erasure."""
ERASURES_MAX = 1_000
"""Of how many erasures a hook is told at a time."""
_NOT_FIGURES = ("sort", "unit", "digits", "hangs_on")


def erased_items(
    inquiry: Inquiry, answer: ReliedAnswer, now: Viewpoint, *, after: int, known_by: int
) -> list[dict[str, Any]]:
    """An item for each event that was erased after a position, was recorded by another, and may bear on the answer.

    Items: `kind` (`erased`), `event_id`, `position` and `event_type` of what was erased, its `figure_id` where it was
    of a figure, and `erased`: by whom, when and why.
    """
    acts = inquiry.events(after=after, viewpoint=now, type="EventErased", limit=ERASURES_MAX)
    targets = {UUID(act.body["target"]) for act in acts}
    found = sorted(inquiry.ledger.get_all(targets).values(), key=lambda one: one.position)
    erased = [
        one for one in found if one.is_erased and one.position <= known_by and _may_bear(inquiry, answer, now, one)
    ]
    told = inquiry.ledger.erased(erased)
    return [
        {
            "kind": ERASED,
            "event_id": str(one.event_id),
            "position": one.position,
            "event_type": one.type,
            "figure_id": str(one.stream) if _family(one) == FIGURES.family else None,
            "erased": told[one.position],
        }
        for one in erased
    ]


def _may_bear(inquiry: Inquiry, answer: ReliedAnswer, now: Viewpoint, one: Entry) -> bool:
    family = FIGURES.family if answer.resource == DERIVED else CATALOGUE[answer.resource].family
    if _family(one) != family:
        return False
    if answer.resource != FIGURES.name:
        return True
    figure = {"figure_id": str(one.stream)}
    if not len(inquiry.read(FIGURES.name, now, filters=figure, limit=1)):
        return True
    asked = filters_of(answer.parameters, besides=_NOT_FIGURES)
    chosen = {name: text for name, text in asked.items() if name not in ("publisher", "disputed", "figure_id")}
    if "figure_id" in asked and figure["figure_id"] not in asked["figure_id"]:
        return False
    return len(inquiry.read(FIGURES.name, now, filters={**chosen, **figure}, limit=1)) > 0


def _family(one: Entry) -> str | None:
    cls = REGISTRY.get(one.type)
    return None if cls is None else cls.family
