"""Tellings: which transition of a thing each statement about it is of, also a statement that was taken back.

`transitions` answers what a thing is; here each statement stands once, under the part that it names (a facility's
stage), so that it can be told how what was said of a transition changed. For example, "commissioned in 2027" and, a
year later, "commissioned in June 2028" are two tellings of one transition.
"""

from ledger.events import Role
from projections.queries import statement_places
from projections.queries.transition_types import step_of, things_of, types_of
from projections.sql_text import quoted, sections
from projections.tables.families import Family

PREFIX = "tellings_"


def clauses(family: Family, *, restating: int, chosen: bool = False) -> str:
    """The common table expressions that make tellings of the statements of a family.

    `restating` is how many events of the family there are, at most, that say another anew (`restates`). With `chosen`
    only those of the things, and parts, in the relation `wanted` are made.
    """
    texts = sections("queries/tellings.sql")
    name, thing = f"told_{family.name}", things_of(family)
    part = family.classes[0].part
    filled = {
        "family": family.name,
        "things_known": "".join(f", COALESCE({one}, '') AS {one}" for one in map(quoted, thing[1:])),
        "part": f"COALESCE({quoted(part)}, '')" if part else "''",
        "step": step_of(family),
        "openings": types_of(family, Role.OPENS),
        "endings": types_of(family, Role.CLOSES),
        "chosen": "",
        **statement_places.rooted(name, f"said_{family.name}", restating=restating),
    }
    if chosen:
        same = (f"wanted.{one} = COALESCE({family.name}.{one}, '')" for one in map(quoted, thing))
        filled["chosen"] = f"SEMI JOIN wanted\n    ON {' AND '.join(same)}"
        if part:
            filled["chosen"] += (
                f"\n    AND (wanted.item_part IS NULL OR COALESCE({quoted(part)}, wanted.item_part) = wanted.item_part)"
            )
    return ",\n".join(
        [
            texts["told"].format_map(filled),
            *statement_places.roots(name, family, restating=restating, stated=f"said_{family.name}"),
            texts["spans"].format_map(filled),
            *statement_places.placed(name, family, restating=restating, of_named_part=True),
            texts["tellings"].format_map(filled),
        ]
    )


def own_columns(family: Family) -> list[str]:
    """The fields that a statement gives of a transition, besides what it is of, and its dates."""
    left_out = {*things_of(family), family.classes[0].part, "restates", "effective_from", "effective_to"}
    return [column.name for column in family.columns if column.name not in left_out]
