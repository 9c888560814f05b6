"""Hanging answers: beside a few figures, what their answers hang on (`hangs_on=true`).

It is the question of `/v1/influence`, asked of the figures on the page. It looks at every publisher of each, so it is
told of a few figures only.
"""

from collections.abc import Mapping
from typing import Any

from api.problems import bad_parameter
from api.questions.page import Items
from api.questions.parameters import Parameter
from projections import Reader, Value, listed

FIGURES_MAX = 25
"""Of how many figures it is told beside their answers."""
HANGS_ON = Parameter(
    "hangs_on",
    f"With what the answers hang on: the items of `/v1/influence` of the figures on the page, {FIGURES_MAX} at most.",
    schema={"type": "boolean", "default": False},
)
MEMBER: Mapping[str, Any] = {
    HANGS_ON.name: {
        "type": "array",
        "description": "With `hangs_on=true`: each publisher and each event without which one of these answers turns.",
        "items": {
            "type": "object",
            "properties": {
                "figure_id": {"type": "string", "format": "uuid"},
                "left_out": {"enum": ["publisher", "event"]},
                "publisher": {"type": "string"},
                "event_id": {"type": ["string", "null"]},
                "turns": {"type": "string"},
                "value": {"type": ["string", "null"]},
                "value_without": {"type": ["string", "null"]},
            },
        },
    }
}
"""The JSON Schema of the member."""
_OF_PUBLISHERS = ("publisher", "prefer")


def check_can_hang(asked: Mapping[str, Value]) -> None:
    """Raises Problem where the items are no answers that could turn."""
    if asked.get("resolve", "latest") != "latest":
        detail = "hangs_on is of answers, and resolve=all gives what everybody says: leave out one of the two"
        raise bad_parameter(HANGS_ON.name, "not_answers", detail)


def hanging_member(reader: Reader, items: Items, asked: Mapping[str, Value]) -> dict[str, Any]:
    """What the answers hang on that are on a page, as a member. `asked` are the filters that they were asked with.

    Raises Problem where they are too many.
    """
    from projections.audit import influence

    if len(items) > FIGURES_MAX:
        detail = (
            f"hangs_on is told of {FIGURES_MAX} figures at most, and here are more: choose some by subject, metric, "
            f"material or period, or give limit={FIGURES_MAX} and follow the pages; /v1/influence tells it of all"
        )
        raise bad_parameter(HANGS_ON.name, "too_many", detail)
    ids = items.column("figure_id").to_pylist() if not isinstance(items, list) else [one["figure_id"] for one in items]
    publishers, prefer = (_slugs(name, asked) for name in _OF_PUBLISHERS)
    chosen: dict[str, Value] = {"figure_id": ids, **({"publisher": publishers} if publishers else {})}
    return {HANGS_ON.name: influence(reader, chosen, prefer=prefer).items if ids else []}


def _slugs(name: str, asked: Mapping[str, Value]) -> list[str]:
    value = asked.get(name, ())
    return listed(name, value) if isinstance(value, str) else [str(one) for one in value]
