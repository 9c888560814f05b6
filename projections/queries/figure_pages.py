"""Figure pages: which subjects a page of the list of figures is about.

Figures come in the order of their subjects. To count how many figures of each have an answer takes less than to read
them, and to count those of the first few subjects takes less than all; so subjects are counted a few at a time,
then four times as many, and then all others, until the page is full. Where few entities are registered, all are counted
at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from projections.queries.compose import question
from projections.queries.filters import Selection
from projections.queries.names import near
from projections.tables.families import Family

SUBJECTS_AT_FIRST = 8
SUBJECTS_MAX = 128
"""How many subjects are counted together, at first and at most, before all others are."""

PLACES_FEW = 1_000
"""A page that ends up to here in the list is looked for a few subjects at a time; others lie so far that all count."""

ENTITIES_MANY = 2_000
"""With fewer versions of entities than this, all subjects are counted at once: to plan more questions takes longer."""


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
        rows = {"figures": [*selection.rows, among(some, "versions.")], "answer_intervals": [among(some)]}
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
    for some in _subjects(ask, few=offset + limit <= PLACES_FEW):
        items = counted(some)
        for subject in sorted(items.keys() & set(some)):
            if seen + items[subject] > offset and seen < offset + limit:
                first = first if subjects else seen
                subjects.append(subject)
            seen += items[subject]
        if seen >= offset + limit:
            break
    return FigurePage(subjects, first)


def among(subjects: Sequence[str], table: str = "") -> str:
    """A condition on the rows of a table that leaves out others than these, where they are few."""
    return f"{table}{near(subjects)}" if len(subjects) <= SUBJECTS_MAX else "TRUE"


def _subjects(ask: Callable[..., list[Any]], *, few: bool) -> Iterator[Sequence[str]]:
    """Every slug that a figure may be about, in order: those of all that were ever registered.

    They come some at a time where the page needs a few places only, and where they are many.
    """
    ((entities,),) = ask("SELECT COUNT(*) FROM log.entities")
    count, last = SUBJECTS_AT_FIRST if few and entities >= ENTITIES_MANY else SUBJECTS_MAX + 1, ""
    while True:
        page = f"LIMIT {count}" if count <= SUBJECTS_MAX else ""
        rows = ask(
            "SELECT DISTINCT entity FROM log.entities WHERE type = 'EntityRegistered' AND since <= $position "
            f"AND entity > $last ORDER BY entity {page}",
            last=last,
        )
        if rows:
            yield [slug for (slug,) in rows]
        if not page or not rows:
            return
        last, count = rows[-1][0], 4 * count
