"""Transitions: what happened to things that hold over time, out of what publishers stated of it.

A view that reads `transitions_policies` gets, beside it, `placed_policies`, `spoken_policies` (how many publishers
speak of each thing) and, for families with amendments, `amendments_policies`. What happens once and what may happen
again, the roles of the event types say (`ledger.events.Role`): openings and endings happen once, until their opposite
lies between.
"""

from collections.abc import Mapping

from ledger.events import Role
from projections.sql_text import literals, quoted, sections
from projections.tables.families import Column, Family

PREFIX = "transitions_"
PARTS: Mapping[str, str] = {"facilities": "stage"}
"""The column that names the part of a thing which an event is about."""
CLASHING = ("binding", "kind", "operator", "share")
"""Of these, two publishers cannot both be right where they differ."""
_ENVELOPE = ("restates",)
_UNLESS: Mapping[str, str] = {"policies": "WHERE provision IS NULL"}
"""What bears on a part of a thing alone, and not on the thing."""


def clauses(family: Family, *, restating: bool) -> str:
    """The common table expressions that make transitions of the events of a family.

    Where no event names another that it says anew (`restates`), the search for these is left out: to plan it takes a
    third of the question.
    """
    texts = sections("queries/transitions.sql")
    thing, part = things_of(family), PARTS.get(family.name)
    own = [column for column in family.columns if column.name not in (*thing, part, "changes", *_ENVELOPE)]
    keys = ", ".join(map(quoted, ("viewpoint", *thing, "of_part", "own_part", "type", "occurrence")))
    amendment = next((cls.__name__ for cls in family.classes if cls.amends), "")
    has_end = any(column.name == "effective_to" for column in own)
    filled = {
        "family": family.name,
        "thing": ", ".join(map(quoted, thing)),
        "part": quoted(part or ""),
        "keys": keys,
        "openings": _types(family, Role.OPENS),
        "endings": _types(family, Role.CLOSES),
        "voiced": ",\n    ".join(_voiced(column) for column in own),
        "settled": ",\n    ".join(_settled(column) for column in own),
        "disputed": _disputed(own),
        "without_end": "EXCLUDE (effective_to)" if has_end else "",
        "end": "CASE WHEN stated_ends >= starts THEN effective_to END AS effective_to," if has_end else "",
        "amendment": amendment,
        "things_known": "".join(f", COALESCE({name}, '') AS {name}" for name in map(quoted, thing[1:])),
        "unless": _UNLESS.get(family.name, ""),
        "root_id": "root_id" if restating else "NULL",
        "rooted": f"bearing_{family.name}",
        "first_placed": "at_first" if restating else "placed",
        "moved": "",
    }
    if restating:
        filled["rooted"] += f"\n  LEFT JOIN roots_{family.name}\n    USING (viewpoint, of_part, event_id)"
        filled["moved"] = texts["moved"].format_map(filled) + ",\n"
    names = [
        "stated",
        "parts" if part else "whole",
        *(["roots"] if restating else []),
        "transitions",
        *(["amendments"] if amendment else []),
    ]
    return ",\n".join(texts[name].format_map(filled) for name in names)


def things_of(family: Family) -> tuple[str, ...]:
    """The columns that name what events of a family are about."""
    cls = family.classes[0]
    return cls.known_by or (cls.thing or "",)


def _types(family: Family, role: Role) -> str:
    return literals(cls.__name__ for cls in family.classes if cls.lifecycle_role is role) or "''"


def _voiced(column: Column) -> str:
    """The last that a publisher gave; `nature` is never left out."""
    name = quoted(column.name)
    turn = "ROW(published_until, position)"
    if column.name == "nature":
        return f"COALESCE(ARG_MAX(COALESCE({name}, 'actual'), {turn}), 'actual') AS {name}"
    return f"ARG_MAX({name}, {turn}) FILTER (WHERE {name} IS NOT NULL) AS {name}"


def _settled(column: Column) -> str:
    name = quoted(column.name)
    return f"ARG_MAX({name}, voice_rank) FILTER (WHERE {name} IS NOT NULL) AS {name}"


def _disputed(own: list[Column]) -> str:
    """Whether what two publishers say clashes: dates that cannot be the same, or another value."""
    names = {column.name for column in own}
    clashes = ["MAX(starts) > MIN(starts_until)", "MAX(ends_from) > MIN(ends)"]
    for name in CLASHING:
        if name in names:
            value = f"CAST({name} AS DECIMAL(38, 18))" if name == "share" else quoted(name)
            clashes.append(f"COUNT(DISTINCT {value}) > 1")
    return f"COALESCE({' OR '.join(clashes)}, FALSE)"
