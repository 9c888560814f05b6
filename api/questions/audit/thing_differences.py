"""Two viewpoints compared in things that hold over time: policies, agreements, plants and so on."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from api.questions.audit.item_columns import item_columns
from api.questions.audit.resource_parameters import RESOURCE, keys_of
from api.questions.page import NOT_FILTERS, Items, Page, Validity, decoded, encoded, read_objects
from api.questions.parameters import EFFECTIVE_AT, Parameter, check_moment, limit_of
from ledger.values import instant_text
from projections import CATALOGUE, THINGS, DiffPlace, Inquiry, Viewpoint

AT = Parameter(
    EFFECTIVE_AT.name,
    "Of things: the world clock of both viewpoints. Default: of each its `as_of`.",
)
COLUMNS = {
    resource: (*keys_of(CATALOGUE[resource]), "kind", "before", "after", "fields", "causes") for resource in THINGS
}
"""By resource: what a difference has on a terminal."""
_COLUMNS = {
    resource: item_columns(
        " ".join((*keys_of(CATALOGUE[resource]), "before:object after:object kind fields:object causes:objects"))
    )
    for resource in THINGS
}
PART_ITEMS = 5_000
"""So many differences are looked for at a time, where all are wanted."""
ENDS = ("before", "after")
_PLACE = (int, int, *(int, str, str) * 2)


def things_compared(
    engine: Inquiry,
    parameters: Mapping[str, str],
    views: Mapping[str, Viewpoint],
    *,
    asked: str,
    apart: Collection[str],
    validity: Validity,
) -> Page:
    """The things that differ between two viewpoints; `apart` are parameters that are no filters.

    With a cursor the viewpoints are those in it. Raises Problem.
    """
    resource = parameters[RESOURCE.name]
    filters = {name: value for name, value in parameters.items() if name not in (*apart, AT.name, *NOT_FILTERS)}
    start, sides = DiffPlace(), list(views.values())
    if "cursor" in parameters:
        start, sides = _decoded(engine, parameters["cursor"], asked)
    before, after = sides
    with engine.reader(after) as reader:
        taken = reader.meant(CATALOGUE[resource], filters)

    def part(limit: int, place: DiffPlace) -> tuple[Items, DiffPlace | None]:
        items, following = engine.thing_diff(before, after, resource, filters=taken.filters, limit=limit, place=place)
        return [with_objects(resource, item) for item in items], following

    count = limit_of(parameters)
    items, following = part(count or PART_ITEMS, start)

    def others() -> Iterator[Items]:
        place = following
        while place is not None:
            more, place = part(PART_ITEMS, place)
            yield more

    cursor = None
    if count is not None and following is not None:
        seen = [told for at in sides for told in (at.position, instant_text(at.as_of), instant_text(at.effective_at))]
        cursor = encoded([*following, *seen], asked)
    basis = {side: at.basis() for side, at in zip(views, sides, strict=True)}
    page = Page(items, basis, cursor, validity, more=taken.members(), rest=others if count is None else None)
    return page.with_columns(_COLUMNS[resource])


def _decoded(engine: Inquiry, cursor: str, asked: str) -> tuple[DiffPlace, list[Viewpoint]]:
    things, skipped, *seen = decoded(cursor, asked, kinds=_PLACE)
    sides = (seen[:3], seen[3:])
    return DiffPlace(things, skipped), [
        engine.viewpoint(
            as_of=check_moment("cursor", as_of),
            recorded_as_of=f"position:{position}",
            effective_at=check_moment("cursor", effective_at),
        )
        for position, as_of, effective_at in sides
    ]


def with_objects(resource: str, item: dict[str, Any]) -> dict[str, Any]:
    """A difference with the JSON objects in it as such."""
    objects = CATALOGUE[resource].objects
    for side in ENDS:
        read_objects(item[side] or {}, objects)
    for name in objects:
        read_objects(item.get("fields", {}).get(name, {}), ENDS)
    return item
