"""Derived figures at two viewpoints, compared: which amount to something else, and what each input did to it."""

from collections.abc import Mapping, Sequence

from projections.audit.derived.derived_changes import UNDEFINED, Derivation, change_item
from projections.audit.derived.derived_figures import COMPUTED, formulas
from projections.audit.derived.place_filters import PlaceFilters
from projections.audit.derived.places import Place
from projections.audit.derived.results import rounded_text
from projections.audit.findings import Item
from projections.queries.filter_values import Value
from projections.queries.reader import Reader


def derived_differences(
    before: Reader,
    after: Reader,
    filters: Mapping[str, Value],
    *,
    metrics: Sequence[str] = (),
    computed: str = COMPUTED[0],
) -> list[Item]:
    """The derived figures that differ, by metric and place: in value, exact or as shown, or in unit.

    Items are those of derived vintages without a time; `kind` is added, removed or changed. Subjects and materials are
    called as they are in the later answer. `metrics` are the derived ones that are wanted; none means all. Where only
    those without a value are wanted (`computed` is false), it is these that are added or removed. Raises UnknownFilter
    and FilterError.
    """
    was = _derivations(before, after, filters, metrics)
    now = _derivations(after, after, filters, metrics)
    items = []
    for metric, place in sorted(was.keys() | now.keys(), key=lambda one: (one[0], one[1].order)):
        sides = [side.get((metric, place), UNDEFINED) for side in (was, now)]
        shown = [_shown(side, computed) for side in sides]
        if shown[0] != shown[1]:
            kind = "removed" if shown[1] is None else "added" if shown[0] is None else "changed"
            items.append(change_item(place, sides[0], sides[1], {"kind": kind}))
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


def _shown(one: Derivation, computed: str) -> object:
    """What an answer shows of it; None where that is nothing."""
    if one.definition is None or one.formula is None or (one.value is None) is not (computed == "false"):
        return None
    return (one.value, rounded_text(one.value, one.definition.decimals), one.definition.unit)
