"""Tellings: which transition of a thing each statement about it is of, also a statement that was taken back.

`transitions` answers what a thing is; here each statement stands once, under the part that it names (a facility's
stage), so that it can be told how what was said of a transition changed. For example, "commissioned in 2027" and, a
year later, "commissioned in June 2028" are two tellings of one transition.
"""

from ledger.events import Role
from projections.queries.transitions import step_of, things_of, types_of
from projections.sql_text import quoted, sections
from projections.tables.families import Family

PREFIX = "tellings_"


def clauses(family: Family, *, restating: int, chosen: bool = False) -> str:
    """The common table expressions that make tellings of the statements of a family.

    `restating` is how many events of the family there are, at most, that say another anew (`restates`). A chain of N of
    them is followed in steps that double, so that its length costs no more than its logarithm. With `chosen` only those
    of the things, and parts, in the relation `wanted` are made.
    """
    texts = sections("queries/tellings.sql")
    thing = things_of(family)
    part = family.classes[0].part
    doublings = restating.bit_length()
    filled = {
        "family": family.name,
        "thing": ", ".join(map(quoted, thing)),
        "things_known": "".join(f", COALESCE({name}, '') AS {name}" for name in map(quoted, thing[1:])),
        "part": f"COALESCE({quoted(part)}, '')" if part else "''",
        "step": step_of(family),
        "same_thing": " AND ".join(f"restated.{name} = restating.{name}" for name in map(quoted, thing)),
        "openings": types_of(family, Role.OPENS),
        "endings": types_of(family, Role.CLOSES),
        "placed": "first_tellings" if restating else "tellings",
        "root_id": "restated" if restating else "CAST(NULL AS UUID)",
        "rooted": "",
        "chosen": "",
    }
    if chosen:
        same = (f"wanted.{name} = COALESCE({family.name}.{name}, '')" for name in map(quoted, thing))
        filled["chosen"] = f"SEMI JOIN wanted\n    ON {' AND '.join(same)}"
        if part:
            filled["chosen"] += (
                f"\n    AND (wanted.item_part IS NULL OR COALESCE({quoted(part)}, wanted.item_part) = wanted.item_part)"
            )
    if not restating:
        return ",\n".join(texts[name].format_map(filled) for name in ("told", "placed"))
    filled["rooted"] = f"LEFT JOIN restated_{doublings}_{family.name}\n    USING (viewpoint, event_id)"
    doubled = [texts["doubled"].format_map({**filled, "before": done, "after": done + 1}) for done in range(doublings)]
    told, restated, placed, moved = (
        texts[name].format_map(filled) for name in ("told", "restating", "placed", "moved")
    )
    return ",\n".join((told, restated, *doubled, placed, moved))


def own_columns(family: Family) -> list[str]:
    """The fields that a statement gives of a transition, besides what it is of, and its dates."""
    left_out = {*things_of(family), family.classes[0].part, "restates", "effective_from", "effective_to"}
    return [column.name for column in family.columns if column.name not in left_out]
