"""Questions put together from SQL files: the clocks, then a view, then what is wanted of its items.

A view names the relations that it reads as if they were tables, and declares them (`reads` in the catalogue, and in
`projections.shared_views`, which says what names there are). The clocks give each name its meaning at one viewpoint, or
at many at once.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from projections.catalogue import CATALOGUE
from projections.queries import tellings, transitions
from projections.shared_views import SHARED_VIEWS
from projections.sql_text import sections, sql
from projections.tables.families import Family

ITEMS = "_items"
INTERVALS = "answer_intervals"
PREFERENCES = "preferences"
BY_PREFERENCE = "_by_preference"
"""How the view is called that a view gives way to where the ledger prefers publishers."""
NO_RESTATING: Mapping[str, int] = {}
_HERE = ("CAST($as_of AS TIMESTAMP)", "$position")
"""The moment and the position of the viewpoint, where there is one."""
_PARAMETER = re.compile(r"\$([a-z_0-9]+)\b")


def question(
    view: str,
    families: Mapping[str, Family],
    *,
    rows: Mapping[str, Sequence[str]] | None = None,
    viewpoints: str | None = None,
    restating: Mapping[str, int] = NO_RESTATING,
    of_publishers: bool = False,
    by_preference: bool = False,
) -> str:
    """`WITH` and the common table expressions that end with `items`, the items of a view.

    `rows` are conditions on the rows of families; `restating` is how many events of a family say another anew; with
    `of_publishers`, things are as the publishers in the parameters say alone; `viewpoints` is a query for many
    viewpoints, else there is one, and it is in the parameters; with `by_preference`, those come first whom the ledger
    prefers: where it prefers nobody, the question is planned sooner without. Raises ValueError where the view, or one
    that it reads, declares to read what there is not.
    """
    clauses = _clauses(
        reads_of(view),
        families,
        rows=rows or {},
        viewpoints=viewpoints,
        restating=restating,
        view=view,
        of_publishers=of_publishers,
        by_preference=by_preference,
    )
    return "WITH\n" + ",\n".join([*clauses, f"items AS (\n{text_of(view)}\n)"])


def tellings_of(
    family: str,
    families: Mapping[str, Family],
    *,
    rows: Mapping[str, Sequence[str]],
    restating: int,
    items: str | None = None,
) -> str:
    """`WITH` and the common table expressions that end with the tellings of a family.

    `restating` is how many of its events say another anew, at most; `items` is a query for the things, and their parts,
    of which alone they are wanted.
    """
    clauses = _clauses((family, "withdrawals"), families, rows=rows, view=family)
    told = tellings.clauses(families[family], restating=restating, chosen=items is not None)
    wanted = [] if items is None else [f"wanted AS MATERIALIZED (\n{items}\n)"]
    return "WITH " + ",\n".join([*wanted, *clauses, told])


def _clauses(
    reads: Sequence[str],
    families: Mapping[str, Family],
    *,
    rows: Mapping[str, Sequence[str]],
    view: str,
    viewpoints: str | None = None,
    restating: Mapping[str, int] = NO_RESTATING,
    of_publishers: bool = False,
    by_preference: bool = False,
) -> list[str]:
    """The common table expressions that give relations, for a view that reads these, their meaning."""
    clauses: dict[str, str] = {"viewpoints": f"viewpoints AS (\n{viewpoints}\n)"} if viewpoints else {}

    def add(relation: str) -> None:
        if relation in clauses:
            return
        family = relation.removeprefix("held_")
        conditions = " AND ".join(rows.get(family) or ["TRUE"])
        if relation.endswith(ITEMS):
            inner = relation.removesuffix(ITEMS)
            if by_preference and f"{inner}{BY_PREFERENCE}" in SHARED_VIEWS:
                inner = f"{inner}{BY_PREFERENCE}"
            for one in reads_of(inner):
                add(one)
            clauses[relation] = f"{relation} AS (\n{text_of(inner)}\n)"
        elif relation.startswith(transitions.PREFIX):
            family = relation.removeprefix(transitions.PREFIX)
            add(family)
            add("withdrawals")
            if by_preference:
                add(f"preferred{ITEMS}")
            clauses[relation] = transitions.clauses(
                families[family],
                restating=restating.get(family, 0),
                of_publishers=of_publishers,
                by_preference=by_preference,
            )
        elif relation == INTERVALS:
            shown = shown_at("viewpoints.as_of", "viewpoints.position") if viewpoints else shown_at(*_HERE)
            text = _clocks()[f"many_{INTERVALS}" if viewpoints else INTERVALS]
            clauses[relation] = text.format(rows=conditions, shown=shown)
        elif relation == f"held_{family}" and (family in families or family in ("slugs", "slug_groups")):
            held = _clocks()["many" if viewpoints else "one"]
            text = held.format(family=family, rows=conditions, held=_clocks()["held"])
            clauses[relation] = text if family != PREFERENCES else _as_preferred(text)
        elif family in families:
            add(f"held_{family}")
            published = _clocks()["timed" if families[family].timed else "published"]
            clauses[relation] = published.format(family=family)
        else:
            raise ValueError(f"view {view!r} reads {relation!r}, and there is no such relation")

    for relation in reads:
        add(relation)
    return list(clauses.values())


def _as_preferred(text: str) -> str:
    """The clause for the preferences that are held: those of the position whose preferences count."""
    return text.replace("$position", "$preferred_at").replace("viewpoints.position", "viewpoints.preferred_at")


def lookup(view: str, rows: Sequence[str], *, as_text: Sequence[str] = ()) -> str:
    """A shared view that is a lookup as a query of one SELECT, which DuckDB plans in half the time of a question.

    `rows` are conditions on the rows of the one relation that it reads, `as_text` are columns that it gives as text.
    """
    shared = SHARED_VIEWS[view]
    if not shared.lookup:
        raise ValueError(f"view {view!r} is not declared as a lookup")
    (relation,) = shared.reads
    table, clock = (
        (f"log.{INTERVALS}", shown_at(*_HERE))
        if relation == INTERVALS
        else (f"log.{relation.removeprefix('held_')} AS versions", _clocks()["held"])
    )
    select = text_of(view).removesuffix(f"FROM {relation}\n")
    for column in as_text:
        select = select.replace(f"  {column},\n", f"  CAST({column} AS VARCHAR) AS {column},\n", 1)
    conditions = "\n  AND ".join((clock, *rows))
    return f"{select}FROM {table}\nWHERE {conditions}"


def shown_at(as_of: str, position: str) -> str:
    """The condition that an answer interval holds at a moment of publication and a position, which are given as SQL."""
    return _clocks()["shown"].format(as_of=as_of, position=position)


def reads_of(view: str) -> tuple[str, ...]:
    """The relations that a view declares to read: see `projections.shared_views`."""
    return CATALOGUE[view].reads if view in CATALOGUE else SHARED_VIEWS[view].reads


@cache
def families_in_transition(view: str) -> tuple[str, ...]:
    """The families of whose transitions a view reads, itself or through another."""
    found: list[str] = []
    for relation in reads_of(view):
        if relation.startswith(transitions.PREFIX):
            found.append(relation.removeprefix(transitions.PREFIX))
        elif relation.endswith(ITEMS):
            found += families_in_transition(relation.removesuffix(ITEMS))
    return tuple(dict.fromkeys(found))


@cache
def text_of(view: str) -> str:
    """The text of a view: of a resource, or of a relation that views share."""
    return sql(f"views/internal/{view}.sql" if view in SHARED_VIEWS else f"views/{view}.sql")


def _clocks() -> Mapping[str, str]:
    return sections("queries/clocks.sql")


def parameters(text: str, known: Mapping[str, object]) -> dict[str, object]:
    """Those of the known parameters that a text names: DuckDB takes no others."""
    wanted = set(_PARAMETER.findall(text))
    return {name: value for name, value in known.items() if name in wanted}
