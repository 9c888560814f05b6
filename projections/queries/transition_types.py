"""Transition types: what happened to a thing, by the types of events that say so and their roles.

A commitment of which a part was met is not over: that is a type of transition of its own.
"""

from ledger.events import Role
from projections.sql_text import literals, quoted
from projections.tables.families import Family

IN_PART = "InPart"
"""What the name of a type ends with where only a part of the thing was ended, which may happen again."""


def things_of(family: Family) -> tuple[str, ...]:
    """The columns that name what events of a family are about."""
    cls = family.classes[0]
    return cls.known_by or (cls.thing or "",)


def step_of(family: Family) -> str:
    """The type of a statement's transition: what ends its thing only in part is of a type of its own."""
    in_part = [
        f"WHEN type = '{cls.__name__}' AND ({' OR '.join(f'{quoted(name)} IS NOT NULL' for name in cls.in_part)}) "
        f"THEN '{cls.__name__}{IN_PART}'"
        for cls in family.classes
        if cls.in_part
    ]
    return f"CASE {' '.join(in_part)} ELSE type END" if in_part else "type"


def types_of(family: Family, role: Role) -> str:
    """The types of transitions that open a thing of a family, or that end one, as SQL literals."""
    return literals(cls.__name__ for cls in family.classes if cls.lifecycle_role is role) or "''"
