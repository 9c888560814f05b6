"""Composite ids: how an item is named that no slug of its own names.

A relationship is known by its subject, relation, object and role, so its id is these with colons between, the role only
where it has one: `lynas-rare-earths:operates:lynas-malaysia`, `mp-materials:partner:apple:magnet supplier`.
"""

from collections.abc import Callable, Sequence

from projections.queries.filter_values import FilterError
from projections.sql_text import quoted

SEPARATOR = ":"


def parts_of(name: str, text: str, known_by: Sequence[str]) -> list[str]:
    """The values of the columns that an id names, of the last an empty one where it is left out.

    Raises FilterError, for the parameter `name`, where it cannot be such an id.
    """
    parts = text.split(SEPARATOR, len(known_by) - 1)
    if len(parts) < len(known_by) - 1 or not all(parts):
        form = SEPARATOR.join(known_by[:-1])
        raise FilterError(name, f"{text[:80]!r} is no id of the form {form}, or that and {SEPARATOR}{known_by[-1]}")
    return [*parts, ""] if len(parts) < len(known_by) else parts


def condition(
    parts: Sequence[str],
    known_by: Sequence[str],
    *,
    kept: Callable[[str], str],
    entities: Sequence[str],
    bind: Callable[[str], str],
) -> str:
    """A condition on rows of `versions`: they are about what an id names; `entities` are the columns of these."""
    values = [kept(part) if column in entities else part for part, column in zip(parts, known_by, strict=True)]
    conditions = [
        f"versions.{quoted(column)} = {bind(value)}" for column, value in zip(known_by[:-1], values[:-1], strict=True)
    ]
    return f"({' AND '.join(conditions)} AND COALESCE(versions.{quoted(known_by[-1])}, '') = {bind(values[-1])})"
