"""Figure pages: which subjects a page of the list of figures is about.

Figures come in the order of their subjects. To count how many figures of each have an answer takes less than to read
them, and to count those of the first few subjects takes less than all; so subjects are counted a few at a time,
then four times as many, until the page is full.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from projections.queries.compose import question
from projections.queries.filters import Selection
from projections.queries.names import near
from projections.tables.families import Family

SUBJECTS_AT_FIRST = 8
SUBJECTS_MAX = 16_384
"""How many subjects are counted together: at first, and at most."""


class FigurePage(NamedTuple):
    """The subjects that a page is about, in order, and how many figures come before the first of them."""

    subjects: list[str]
    before: int


def figure_page(
    ask: Callable[..., list[Any]],
    families: Mapping[str, Family],
    selection: Selection,
    *,
    limit: int,
    offset: int,
) -> FigurePage:
    """The subjects whose figures, in the order of the list, have the places from `offset` to `offset + limit`."""

    def counted(some: Sequence[str]) -> dict[str, int]:
        rows = {"figures": [*selection.rows, f"versions.{near(some)}"], "answer_intervals": [near(some)]}
        query = f"{question('subjects', families, rows=rows)} SELECT subject, figures FROM items"
        return dict(ask(query, **selection.params))

    return subject_page(ask, counted, limit=limit, offset=offset)


def subject_page(
    ask: Callable[..., list[Any]],
    counted: Callable[[Sequence[str]], Mapping[str, int]],
    *,
    limit: int,
    offset: int,
) -> FigurePage:
    """The subjects whose items have the places from `offset` to `offset + limit`; `counted` gives for some subjects how
    many items each of them has, perhaps also for others.
    """
    subjects: list[str] = []
    first = seen = 0
    for some in _subjects(ask):
        items = counted(some)
        for subject in sorted(items.keys() & set(some)):
            if seen + items[subject] > offset and seen < offset + limit:
                first = first if subjects else seen
                subjects.append(subject)
            seen += items[subject]
        if seen >= offset + limit:
            break
    return FigurePage(subjects, first)


def _subjects(ask: Callable[..., list[Any]]) -> Iterator[Sequence[str]]:
    """Every slug that a figure may be about, in order, some at a time: those of all that were ever registered."""
    count, last = SUBJECTS_AT_FIRST, ""
    while True:
        rows = ask(
            "SELECT DISTINCT entity FROM log.entities WHERE type = 'EntityRegistered' AND since <= $position "
            "AND entity > $last ORDER BY entity LIMIT $count",
            last=last,
            count=count,
        )
        if not rows:
            return
        yield [slug for (slug,) in rows]
        last, count = rows[-1][0], min(4 * count, SUBJECTS_MAX)
