"""Transitions: what happened to things that hold over time, out of what publishers stated of it.

A view that reads `transitions_policies` gets, beside it, `placed_policies`, `spoken_policies` (how many publishers
speak of each thing) and, for families with amendments, `amendments_policies`. What happens once and what may happen
again, the roles of the event types say (`ledger.events.Role`): openings and endings happen once, until their opposite
lies between.
"""

from ledger.events import Role
from projections.queries import statement_places
from projections.queries.transition_types import step_of, things_of, types_of
from projections.sql_text import quoted, sections
from projections.tables.families import Column, Family

PREFIX = "transitions_"
CLASHING = ("binding", "kind", "operator", "share")
"""Of these, two publishers cannot both be right where they differ."""
PREFERRED_MAX = 100
"""How many publishers may be preferred."""
_ENVELOPE = ("restates",)


def clauses(family: Family, *, restating: int, of_publishers: bool = False, by_preference: bool = False) -> str:
    """The common table expressions that make transitions of the events of a family.

    `restating` is how many events of the family there are, at most, that say another anew (`restates`); where there
    are none, the search for these is left out: to plan it takes a third of the question. With `of_publishers`, only
    what the publishers in `$publishers` say makes transitions; how many speak of a thing, and whether they contradict
    each other, is still of all. With `by_preference`, `preferred_items` says whom the ledger asks first.
    """
    texts = sections("queries/transitions.sql")
    filled = _filled(family, family.name, restating=restating, by_preference=by_preference)
    spoken = []
    if of_publishers:
        everybody = _filled(family, f"{family.name}_by_all", restating=restating) | {
            "parts": filled["parts"],
            "or_all": filled["or_all"],
        }
        spoken = [*_chain(family, everybody, restating, parts=False), texts["spoken"].format_map(everybody)]
        filled |= {"only": "WHERE LIST_CONTAINS(CAST($publishers AS VARCHAR[]), publisher)", "all": everybody["family"]}
    counted = [
        "spoken_by_all" if of_publishers else "spoken",
        "counting",
        *(["amendments"] if filled["amendment"] else []),
    ]
    own = [*_chain(family, filled, restating), *(texts[name].format_map(filled) for name in counted)]
    # Of everybody only the same parts are asked for, so these come first.
    return ",\n".join([*own[:2], *spoken, *own[2:]])


def _chain(family: Family, filled: dict[str, str], restating: int, *, parts: bool = True) -> list[str]:
    """The clauses up to what is settled of each transition."""
    texts, name = sections("queries/transitions.sql"), filled["family"]
    bearing = ["whole"]
    if family.part:
        of_parts = "parts_beside_whole" if family.whole else "parts"
        bearing = [of_parts, "bearing_on_parts"] if parts else ["bearing_on_parts"]
    return [
        *(texts[one].format_map(filled) for one in ("stated", *bearing)),
        *statement_places.roots(name, family, restating=restating, stated=f"bearing_{name}"),
        texts["spans"].format_map(filled),
        *statement_places.placed(name, family, restating=restating),
        texts["settled"].format_map(filled),
    ]


def _filled(family: Family, name: str, *, restating: int, by_preference: bool = False) -> dict[str, str]:
    """What stands for the names in the sections, for a chain of that name."""
    texts = sections("queries/transitions.sql")
    thing, part = things_of(family), family.part
    own = [column for column in family.columns if column.name not in (*thing, part, "changes", *_ENVELOPE)]
    keys = ", ".join(map(quoted, ("viewpoint", *thing, "of_part", "own_part", "type", "occurrence")))
    has_end = any(column.name == "effective_to" for column in own)
    return {
        "family": name,
        "source": family.name,
        "stated": _stated(family),
        "only": "",
        "thing": ", ".join(map(quoted, thing)),
        "part": quoted(part or ""),
        "parts": f"parts_{name}",
        "or_all": f"OR parts_{name}.of_all" if family.whole else "",
        "keys": keys,
        "openings": types_of(family, Role.OPENS),
        "endings": types_of(family, Role.CLOSES),
        "voiced": ",\n    ".join(_voiced(column) for column in own),
        "settled": ",\n    ".join(_settled(column) for column in own),
        "disputed": _disputed(own),
        "without_end": "EXCLUDE (effective_to)" if has_end else "",
        "end": "CASE WHEN stated_ends >= starts THEN effective_to END AS effective_to," if has_end else "",
        "preferred": texts["preferred" if by_preference else "asked"].format(
            family=name, preferred_most=PREFERRED_MAX + 1
        ),
        "preferences": texts["preferences"].format(family=name) if by_preference else "",
        "amendment": next((cls.__name__ for cls in family.classes if cls.amends), ""),
        "things_known": "".join(f", COALESCE({name}, '') AS {name}" for name in map(quoted, thing[1:])),
        **statement_places.rooted(name, f"bearing_{name}", restating=restating),
    }


def _stated(family: Family) -> str:
    """The columns of statements, each under the type of its transition."""
    replaced = f" REPLACE ({step} AS type)" if (step := step_of(family)) != "type" else ""
    return f"{family.name}.*{replaced}"


def _voiced(column: Column) -> str:
    """The last that a publisher gave (`ARG_MAX` passes over what is NULL); `nature` is never left out."""
    name = quoted(column.name)
    turn = "said_turn"
    if column.name == "nature":
        return f"COALESCE(ARG_MAX(COALESCE({name}, 'actual'), {turn}), 'actual') AS {name}"
    return f"ARG_MAX({name}, {turn}) AS {name}"


def _settled(column: Column) -> str:
    name = quoted(column.name)
    return f"ARG_MAX({name}, voice_rank) AS {name}"


def _disputed(own: list[Column]) -> str:
    """Whether what two publishers say clashes: dates that cannot be the same, or another value."""
    names = {column.name for column in own}
    clashes = ["MAX(starts) > MIN(starts_until)", "MAX(ends_from) > MIN(ends)"]
    for name in CLASHING:
        if name in names:
            value = f"CAST({name} AS DECIMAL(38, 18))" if name == "share" else quoted(name)
            clashes.append(f"MIN({value}) <> MAX({value})")
    return f"COALESCE({' OR '.join(clashes)}, FALSE)"
