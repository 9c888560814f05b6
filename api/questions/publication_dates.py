"""Publication dates: the moments at which what is known of a figure or a thing changed, for whom its past is asked of.

They are those of the items of its history on the publication clock, so a page of them costs as much as one of these.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from api.questions.page import Page
from api.questions.resources import history
from api.questions.thing_history import WITH_HISTORY, thing_history
from ledger.values import parse_moment
from projections import FIGURES, Inquiry, Projection

_OF_THE_API = re.compile(r"/v1/(?P<resource>[a-z]+)/(?P<name>.+?)(?P<part>/history|/provenance)?")
_OF_A_SCREEN = re.compile(r"/(?P<things>things/)?(?P<resource>[a-z]+)/(?P<name>[^/]+)")
_BY_NAME = {one.name: one for one in WITH_HISTORY}


class DatedSubject(NamedTuple):
    """What an address is about: a figure, where `projection` is None, or a thing of these."""

    projection: Projection | None
    name: str

    def dated(self, engine: Inquiry, parameters: Mapping[str, str], *, limit: int | None = None) -> Page:
        """Its history on the publication clock. Raises Problem."""
        if self.projection is None:
            return history(engine, self.name, parameters, limit=limit)
        return thing_history(engine, self.projection, self.name, parameters, limit=limit)


def dated_subject(path: str) -> DatedSubject | None:
    """The figure or the thing that an address is about, of the API or of the explorer; None where it is about none."""
    if found := _OF_THE_API.fullmatch(path):
        resource, name, part = found["resource"], found["name"], found["part"]
        if resource == FIGURES.name:
            return DatedSubject(None, name) if part and "/" not in name else None
        projection = _BY_NAME.get(resource)
        if projection is None or ("/" in name and not projection.known_by):
            return None
        return DatedSubject(projection, name) if part or (projection.slug and not projection.known_by) else None
    if found := _OF_A_SCREEN.fullmatch(path):
        if not found["things"]:
            return DatedSubject(None, found["name"]) if found["resource"] == FIGURES.name else None
        if (projection := _BY_NAME.get(found["resource"])) is not None:
            return DatedSubject(projection, found["name"])
    return None


def published(items: Iterable[Mapping[str, Any]]) -> list[datetime]:
    """When items of a history were published, each moment once, in order: an item counts from the end of its date."""
    ends = (parse_moment(item["published_at"] or item["recorded_at"]).end for item in items)
    return sorted(dict.fromkeys(ends))
