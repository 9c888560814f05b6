"""Figure keys: what the ids of figures were made of: subject, metric, material and so on.

An id is a digest of its key, so the key is found by what was recorded under the id. Where slugs were merged, an id may
also be that of a key with another name of an entity, though no event has this id: `lynas-corp` was merged into `lynas`,
statements name `lynas` only, and somebody asks for the figure of `lynas-corp`. Such keys are looked for among those
recorded, with all names in turn: all ids that are wanted in one pass, and each key once for all its names.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import product
from typing import Any
from uuid import UUID

from projections.tables.lookups import id_of

Key = Sequence[Any]
Ask = Callable[..., list[Any]]

_KEY = "subject, metric, material, dimensions, nature, period_start, period_end, canonical_unit"


def recorded_keys(ask: Ask, figure_ids: Sequence[UUID], *, near: str, at: int) -> dict[UUID, Key]:
    """The keys of those figures on which an event was ever recorded, up to a position; `near` leaves others out."""
    recorded = f"FROM log.figures WHERE {near} AND since <= $at AND figure_id"
    if len(figure_ids) == 1:
        rows = ask(f"SELECT figure_id, {_KEY} {recorded} = $figure_id LIMIT 1", at=at, figure_id=figure_ids[0])
    else:
        within = "IN (SELECT UNNEST(CAST($figure_ids AS UUID[])))"
        rows = ask(f"SELECT DISTINCT figure_id, {_KEY} {recorded} {within}", at=at, figure_ids=list(figure_ids))
    return {figure_id: key for figure_id, *key in rows}


def keys_by_other_names(
    ask: Ask, figure_ids: Collection[UUID], kin: Iterable[Collection[str]], *, at: int
) -> Iterator[tuple[UUID, Key] | None]:
    """(id, key) of those figures whose key, with another name of an entity in it, was recorded up to a position.

    `kin` are the names that ever meant the same. There is an item, perhaps None, for each key that is tried.
    """
    names = {slug: tuple(sorted(slugs)) for slugs in kin for slug in slugs}
    wanted = set(figure_ids)
    among = "IN (SELECT UNNEST(CAST($slugs AS VARCHAR[])))"
    recorded = ask(
        f"SELECT DISTINCT {_KEY} FROM log.figures WHERE since <= $at AND (subject {among} OR material {among})",
        at=at,
        slugs=list(names),
    )
    tried = set()
    for subject, metric, material, *rest in recorded:
        subjects, materials = names.get(subject, (subject,)), names.get(material, (material,))
        alike = (subjects[0], metric, materials[0], *rest)
        if alike in tried:
            continue
        tried.add(alike)
        for one, other in product(subjects, materials):
            figure_id = id_of(one, metric, other, *rest)
            yield (figure_id, (one, metric, other, *rest)) if figure_id in wanted else None
            wanted.discard(figure_id)
            if not wanted:
                return
