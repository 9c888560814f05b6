"""What a planned append would do to figures: each one's item before and after, where they differ."""

from collections.abc import Sequence
from typing import Any

from api.questions.page import Page
from ledger import Entry
from projections import CATALOGUE, Allowance, Engine, Viewpoint

Item = dict[str, Any]


def effects(
    engine: Engine, entries: Sequence[Entry], viewpoint: Viewpoint, allowance: Allowance | None = None
) -> list[dict[str, Any]]:
    """`figure_id`, `before` and `after` (figure items or null) for every figure whose answer would change.

    `viewpoint` is the one before. Raises StoreBusy where the log has grown since the entries were planned.
    """
    if not entries:
        return []
    inquiry = engine if allowance is None else engine.within(allowance)
    with engine.preview(entries, allowance) as reader:
        touched = sorted(map(str, reader.figures_touched(after=entries[0].position - 1)))
        after = _by_id(reader.read("figures", filters={"figure_id": touched})) if touched else {}
    before = _by_id(inquiry.read("figures", viewpoint, filters={"figure_id": touched})) if touched else {}
    return [
        {"figure_id": figure, "before": before.get(figure), "after": after.get(figure)}
        for figure in touched
        if before.get(figure) != after.get(figure)
    ]


def _by_id(items: Any) -> dict[str, Item]:
    return {row["figure_id"]: row for row in Page(items, basis={}, objects=CATALOGUE["figures"].objects).rows()}
