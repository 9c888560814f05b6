"""What is declared to be a part of what. Nothing is guessed from names or numbers.

A *subject* is a part of another where an open relationship `part_of` says so; one that is only `located_in` another
lies in it, and the other is no sum of such. A value of a *dimension* is the whole where it is one of `WHOLES`; the
other values of that dimension are its parts. Only some quantities add up at all: masses, money and counts, and
capacities of several places; never prices or shares.
"""

from collections.abc import Iterable, Mapping

from ledger.values import RATED, SCALED, unit
from projections.queries.reader import Reader

PART_OF = "part_of"
LOCATED_IN = "located_in"
FULL_YEAR = "full_year"
WHOLES = (FULL_YEAR, "total", "all")
"""Values of a dimension that say that the figure is over all values of that dimension."""
BATCHES = ("first", "second", "third", "fourth")
"""The parts of a full year, in order: no third without a second, and a year of a single batch has no batches."""
BATCHES_MIN = 2
_ADDITIVE = frozenset((*SCALED, *(f"{family}_rate" for family in RATED)))


def adds_up(canonical_unit: str) -> bool:
    """Whether amounts in a unit can be added."""
    return unit(canonical_unit).family in _ADDITIVE


def parts_of_subjects(reader: Reader) -> dict[str, list[str]]:
    """Each entity that has parts at the viewpoint, and its direct parts in order."""
    parts: dict[str, list[str]] = {}
    for subject, whole in _stated(reader, PART_OF):
        parts.setdefault(whole, []).append(subject)
    return parts


def wholes_of_subjects(reader: Reader, *, places: bool = False) -> dict[str, set[str]]:
    """Each entity that is a part of others at the viewpoint, directly or through others, and all of these.

    With `places` also those that it is located in. Where a circle is stated, its members are no parts of each other.
    """
    above: dict[str, set[str]] = {}
    for subject, whole in _stated(reader, PART_OF) + (_stated(reader, LOCATED_IN) if places else []):
        above.setdefault(subject, set()).add(whole)
    reached = {subject: _reached(subject, above) for subject in above}
    return {
        subject: {whole for whole in wholes if subject not in reached.get(whole, ())}
        for subject, wholes in reached.items()
    }


def _stated(reader: Reader, relation: str) -> list[tuple[str, str]]:
    """The pairs (subject, object) of an open relation, those aside that state it of themselves."""
    stated = reader.allowance.rows_of(reader.read("relationships", filters={"relation": relation, "status": "open"}))
    return [(one["subject"], one["object"]) for one in stated if one["subject"] != one["object"]]


def _reached(start: str, above: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    open_ends = [start]
    while open_ends:
        further = above.get(open_ends.pop(), set()) - reached
        reached |= further
        open_ends += further
    return reached


def batches_declared(whole: str, published: Iterable[str]) -> tuple[str, ...]:
    """The batches that a full year must have, given those that are published: up to the last of them, at least two."""
    numbers = [BATCHES.index(value) + 1 for value in published if value in BATCHES]
    if whole != FULL_YEAR or not numbers:
        return ()
    return BATCHES[: max(BATCHES_MIN, *numbers)]
