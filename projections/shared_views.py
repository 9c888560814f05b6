"""Shared views: the relations in `views/internal/` that resources and questions have in common, and what each reads.

A view reads relations by name. The clocks (`queries/clocks.sql`) give these names their meaning at a viewpoint:

- a family (`figures`): its events that are published by then;
- `held_figures`: those that the ledger holds, published or not;
- `held_slugs` and `held_slug_groups`: the merged slugs in force;
- `answer_intervals`: those that hold at the viewpoint;
- `NAME_items`: the items of another view, or of `NAME_by_preference` where the ledger prefers publishers;
- `viewpoints`: where a question is about many viewpoints at once.

A table that is written with its schema (`log.entities`) is read as it is, at no viewpoint, and is not declared.
"""

from collections.abc import Mapping
from typing import NamedTuple


class SharedView(NamedTuple):
    """What a shared view reads. A `lookup` is one SELECT of one relation, so it can also be asked without clauses."""

    reads: tuple[str, ...]
    lookup: bool = False


SHARED_VIEWS: Mapping[str, SharedView] = {
    "answers": SharedView(("chosen_items", "said_items")),
    "called": SharedView(("entities", "merged_items", "withdrawals")),
    "chosen": SharedView(("ranked_items", "answer_intervals", "figures")),
    "current": SharedView(("chosen_items", "figures", "said_items")),
    "entries": SharedView(("held_figures",), lookup=True),
    "history": SharedView(("figures",)),
    "labels": SharedView(("entities",)),
    "merged": SharedView(("held_slugs", "held_slug_groups")),
    "preferred": SharedView(("held_preferences",)),
    "published": SharedView(("figures",)),
    "ranked": SharedView(("answer_intervals",)),
    "ranked_by_preference": SharedView(("answer_intervals", "figures", "preferred_items")),
    "said": SharedView(("held_figures",), lookup=True),
    "subjects": SharedView(("answer_intervals", "held_figures")),
    "tallies": SharedView(("figures",)),
    "vintages": SharedView(("history_items",)),
}
"""By name, which is that of the file in `views/internal/`."""
