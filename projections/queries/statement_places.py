"""Statement places: of which transition of its thing each statement is.

Four publishers date the commissioning of a plant: their statements are of one transition. A second suspension of a
policy is another one than the first; a plant that was closed in between is commissioned a second time. The clauses go
on from `spans_NAME` to `placed_NAME`: see `statement_places.sql`.
"""

from collections.abc import Mapping
from typing import Any

from projections.queries.transition_types import things_of
from projections.sql_text import quoted, sections
from projections.tables.families import Family

FILE = "queries/statement_places.sql"


def roots(name: str, family: Family, *, restating: int, stated: str) -> list[str]:
    """The clauses that find what each statement says anew: none where none does.

    `restating` is how many do, at most. A chain of N of them is followed in steps that double, so that its length costs
    no more than its logarithm.
    """
    if not restating:
        return []
    texts = sections(FILE)
    same = (f"restated.{one} IS NOT DISTINCT FROM restating.{one}" for one in map(quoted, things_of(family)))
    filled = {"told": name, "stated": stated, "same_thing": " AND ".join(same)}
    doubled = [
        texts["doubled"].format_map({**filled, "before": done, "after": done + 1})
        for done in range(restating.bit_length())
    ]
    return [texts["restated"].format_map(filled), *doubled]


def rooted(name: str, stated: str, *, restating: int) -> Mapping[str, str]:
    """How the statements are written with what each says anew at first: `rooted`, and `root_id` among its columns."""
    if not restating:
        return {"rooted": stated, "root_id": "CAST(NULL AS UUID)"}
    joined = f"{stated}\n  LEFT JOIN restated_{restating.bit_length()}_{name}\n    USING (viewpoint, of_part, event_id)"
    return {"rooted": joined, "root_id": "restated"}


def placed(name: str, family: Family, *, restating: int, of_named_part: bool = False) -> list[str]:
    """The clauses from the spans of statements to their places.

    With `of_named_part`, a statement stands once, under the part that it names, and so do its opposites.
    """
    texts = sections(FILE)
    filled: dict[str, Any] = {
        "told": name,
        "thing": ", ".join(map(quoted, things_of(family))),
        "its_part": ", own_part" if of_named_part else "",
        "first_placed": "at_first" if restating else "placed",
        "kept": "MATERIALIZED" if restating or of_named_part else "NOT MATERIALIZED",
    }
    filled["opposites"] = texts["opposites_of_named_part" if of_named_part else "opposites"].format_map(filled)
    return [texts[one].format_map(filled) for one in ("placed", *(("moved",) if restating else ()))]
