"""Questions put together from SQL files: the clocks, then a view, then what is wanted of its items.

A view names the families that it reads as if they were tables, and other views as `NAME_items`. The clocks give each
name its meaning at one viewpoint, or at many at once (a relation `viewpoints`).
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from projections.catalogue import CATALOGUE
from projections.sql_text import sql
from projections.tables.families import Family

_READS = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)\b")
_PARAMETER = re.compile(r"\$([a-z_0-9]+)\b")
_SECTION = re.compile(r"^-- name: ([a-z_]+)\n", re.MULTILINE)


def question(
    view: str,
    families: Mapping[str, Family],
    *,
    rows: Mapping[str, Sequence[str]] | None = None,
    viewpoints: str | None = None,
) -> str:
    """`WITH` and the common table expressions that end with `items`, the items of a view.

    `rows` are conditions on the rows of families; `viewpoints` is a query for many viewpoints, else there is one, and
    it is in the parameters.
    """
    clauses = [f"viewpoints AS (\n{viewpoints}\n)"] if viewpoints else []
    done: set[str] = set()

    def add(text: str) -> None:
        for name in _READS.findall(text):
            if name in done:
                continue
            if name.endswith("_items"):
                inner = text_of(name.removesuffix("_items"))
                add(inner)
                clauses.append(f"{name} AS (\n{inner}\n)")
                done.add(name)
            elif name == "answer_intervals":
                conditions = (rows or {}).get(name) or ["TRUE"]
                clauses.append(sections()[name].format(rows=" AND ".join(conditions), **sections()))
                done.add(name)
            elif (family := name.removeprefix("held_")) in families or family == "slugs":
                conditions = (rows or {}).get(family) or ["TRUE"]
                clauses.extend(_cut(family, families.get(family), conditions, many=viewpoints is not None))
                done.update((family, f"held_{family}"))

    text = text_of(view)
    add(text)
    return "WITH\n" + ",\n".join([*clauses, f"items AS (\n{text}\n)"])


def lookup(view: str, rows: Sequence[str]) -> str:
    """A view of one relation as a query of one SELECT, which DuckDB plans in half the time."""
    text, clocks = text_of(view), sections()
    for relation, table, clock in (
        ("held_figures", "figures AS versions", "held"),
        ("answer_intervals", "answer_intervals", "shown"),
    ):
        if text.endswith(f"FROM {relation}\n"):
            conditions = "\n  AND ".join((clocks[clock], *rows))
            begun = text.removesuffix(f"{relation}\n")
            return f"{begun}log.{table}\nWHERE {conditions}"
    raise ValueError(f"{view} reads more than one relation")


def _cut(name: str, family: Family | None, conditions: Sequence[str], *, many: bool) -> list[str]:
    clocks = sections()
    texts = [clocks["many" if many else "one"]]
    if family is not None:
        texts.append(clocks["timed" if family.timed else "published"])
    return [text.format(family=name, rows=" AND ".join(conditions), held=clocks["held"]) for text in texts]


@cache
def text_of(view: str) -> str:
    """The text of a view: of a resource, or of a relation that views share."""
    return sql(f"views/{view}.sql" if view in CATALOGUE else f"views/internal/{view}.sql")


@cache
def sections() -> dict[str, str]:
    """The named parts of `clocks.sql`."""
    _, *parts = _SECTION.split(sql("queries/clocks.sql"))
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}


def parameters(text: str, known: Mapping[str, object]) -> dict[str, object]:
    """Those of the known parameters that a text names: DuckDB takes no others."""
    wanted = set(_PARAMETER.findall(text))
    return {name: value for name, value in known.items() if name in wanted}
