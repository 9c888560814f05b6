"""The clauses of a question about a resource at one viewpoint, or at many at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from projections.queries.compose import families_in_transition, question
from projections.queries.viewpoint_cursor import naive
from projections.tables.families import Family
from projections.viewpoint import Viewpoint


def resource_clauses(
    ask: Callable[..., list[Any]],
    families: Mapping[str, Family],
    view: str,
    rows: Mapping[str, Sequence[str]],
    *,
    viewpoints: str | None = None,
    of_publishers: bool = False,
    by_preference: bool = False,
) -> str:
    """The clauses of a view of a resource; where nothing is said anew, without the search for what is."""
    restating = {
        family: ask(f"SELECT COUNT(*) FROM log.{family} WHERE restates IS NOT NULL")[0][0]
        for family in families_in_transition(view)
    }
    return question(
        view,
        families,
        rows=rows,
        viewpoints=viewpoints,
        restating=restating,
        of_publishers=of_publishers,
        by_preference=by_preference,
    )


def viewpoint_rows(
    viewpoints: Sequence[Viewpoint], bind: Callable[[Any], str], *, preferred_at: Sequence[int] | None = None
) -> str:
    """The query of the viewpoints of a question about several, one a row, numbered from 0.

    The preferences of each are those of its own position, or of the one in `preferred_at`.
    """
    positions = [one.position for one in viewpoints]
    columns = {
        "viewpoint": ("BIGINT", list(range(len(viewpoints)))),
        "position": ("BIGINT", positions),
        "preferred_at": ("BIGINT", positions if preferred_at is None else list(preferred_at)),
        "as_of": ("TIMESTAMP", [naive(one.as_of) for one in viewpoints]),
        "effective_at": ("TIMESTAMP", [naive(one.effective_at) for one in viewpoints]),
    }
    unnested = (f"UNNEST(CAST({bind(values)} AS {kind}[])) AS {column}" for column, (kind, values) in columns.items())
    return f"SELECT {', '.join(unnested)}"
