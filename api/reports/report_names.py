"""What the slugs in a report are called at its viewpoint."""

from collections.abc import Iterable, Mapping

from api.questions.parameters import LIMIT_MAX
from api.questions.resources import state
from projections import CATALOGUE, Inquiry


def names_of(engine: Inquiry, viewpoint: Mapping[str, str], slugs: Iterable[str]) -> dict[str, str]:
    """What each slug is called at a viewpoint."""
    entities = CATALOGUE["entities"]
    page = state(engine, entities, viewpoint, limit=LIMIT_MAX)
    known = {slug: item["name"] for item in page.rows() for slug in (item["entity"], *item["merged"])}
    names = {}
    for slug in sorted(set(slugs)):
        rows = []
        if slug not in known and page.next is not None:
            rows = state(engine, entities, {"entity": slug, **viewpoint}).rows()
        names[slug] = rows[0]["name"] if rows else known.get(slug, slug)
    return names
