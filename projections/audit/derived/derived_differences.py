"""Derived figures at two viewpoints, compared: which amount to something else, and what each input did to it."""

from collections.abc import Mapping, Sequence

from projections.audit.derived.derived_changes import UNDEFINED, Derivation, change_item
from projections.audit.derived.derived_figures import formulas
from projections.audit.derived.place_filters import PlaceFilters
from projections.audit.derived.places import Place
from projections.audit.findings import Item
from projections.queries.filter_values import Value
from projections.queries.reader import Reader


def derived_differences(
    before: Reader, after: Reader, filters: Mapping[str, Value], *, metrics: Sequence[str] = ()
) -> list[Item]:
    """The derived figures whose exact value or unit differs, by metric and place: `kind` is added, removed or changed.

    Items are those of derived vintages without a time. Subjects and materials are called as they are in the later
    answer. `metrics` are the derived ones that are wanted; none means all. Raises UnknownFilter and FilterError.
    """
    was = _derivations(before, after, filters, metrics)
    now = _derivations(after, after, filters, metrics)
    items = []
    for metric, place in sorted(was.keys() | now.keys(), key=lambda one: (one[0], one[1].order)):
        sides = [side.get((metric, place), UNDEFINED) for side in (was, now)]
        if _amounts_to(sides[0]) != _amounts_to(sides[1]):
            items.append(change_item(place, sides[0], sides[1], {"kind": _kind(*sides)}))
    return items


def _derivations(
    reader: Reader, namer: Reader, filters: Mapping[str, Value], metrics: Sequence[str]
) -> dict[tuple[str, Place], Derivation]:
    found = {}
    for place, formula, _ in formulas(reader, PlaceFilters(reader, filters), metrics):
        kept = namer.names.kept
        there = place._replace(subject=kept(place.subject), material=place.material and kept(place.material))
        found[formula.definition.metric, there] = Derivation(formula.definition, formula)
    return found


def _amounts_to(one: Derivation) -> object:
    return None if one.definition is None or one.value is None else (one.value, one.definition.unit)


def _kind(before: Derivation, after: Derivation) -> str:
    return "removed" if after.value is None else "added" if before.value is None else "changed"
