"""Registrations that an import makes: entities that its rows name and nobody has registered.

What kind of entity a name is follows from the field that it stands in: a publisher is an organisation, a material a
material. Where the field does not tell (a subject may be anything), it is the kind that was asked for.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from ledger.append.prepare import Draft, prepare
from ledger.errors import Refused
from ledger.events.base import refs
from ledger.events.entities import EntityRegistered
from ledger.events.figures import Figure
from ledger.imports.content_ids import content_id
from ledger.rules.rules import ORGANISATION, kept_for_certain
from ledger.rules.state import State

KIND_OF_FIELD = {
    "publisher": ORGANISATION,
    "operator": ORGANISATION,
    "parties": ORGANISATION,
    "supplier": ORGANISATION,
    "consumer": ORGANISATION,
    "material": "material",
    "materials": "material",
    "facility": "facility",
}


def kind_of(path: Iterable[str | int], otherwise: str) -> str:
    """The kind of entity that a name at this place of an event is."""
    known = (KIND_OF_FIELD[part] for part in reversed([*path]) if isinstance(part, str) and part in KIND_OF_FIELD)
    return next(known, otherwise)


_AGGREGATE = re.compile(
    r"^(?:the-)?(?:(?:world|global|grand|sub)?-?(?:total|sum)s?|world|global|rest-of-(?:the-)?world|"
    r"(?:all-)?other(?:s|-countries)?|all-countries|insgesamt|welt|mundo|monde|eu-?[0-9]*|european-union|"
    r"(?:(?:north|south|latin|central|north-and-south)-)?americas?|(?:sub-saharan-|north-|west-)?africa|europe|asia|oceania|"
    r"asia-pacific|middle-east)(?:-(?:total|sum|rounded|excl|excluding|incl|including|other)\b.*)?$"
)
"""Slugs of what is no country but several of them together."""


def is_aggregate(slug: str) -> bool:
    """Whether a slug is of several countries together: the world, a total, a continent."""
    return _AGGREGATE.match(slug) is not None


@dataclass(frozen=True)
class Kinds:
    """What kinds of entities the unknown names of a file are registered as."""

    otherwise: str
    """Of a name whose field does not tell."""
    told: Mapping[str, str] = field(default_factory=dict)
    """By slug, what some row of the file tells: one that publishes in the last row is an organisation in the first."""
    own: Mapping[str, Draft] = field(default_factory=dict)
    """By slug, the registrations that the file itself holds, wherever they stand."""

    def of(self, slug: str, path: Iterable[str | int]) -> str:
        """The kind of the entity with this slug, which a row names at this place."""
        kind = self.told.get(slug) or kind_of(path, self.otherwise)
        return "region" if kind == "country" and is_aggregate(slug) else kind


def registrations_for(events: Sequence[Draft | Refused], state: State, known: Kinds) -> Iterator[tuple[int, Draft]]:
    """Registrations of what these events name and the ledger has not registered, each with the place of the event that
    it comes from: where the file holds the registration, and it comes late, that one.
    """
    kinds: dict[str, tuple[int, str]] = {}
    own: dict[str, tuple[int, Draft]] = {}
    for place, event in enumerate(events):
        if not isinstance(event, Draft):
            continue
        if event.facts is not None and kept_for_certain(state, cast(type[Figure], event.cls), event.facts):
            continue
        body = event.body
        if event.type == EntityRegistered.__name__:
            own.setdefault(body["entity"], (place, event))
        for path, slug in refs(event.cls, body):
            kind = known.of(slug, path)
            if slug not in kinds or kind == ORGANISATION:  # what publishes anywhere must be one
                kinds[slug] = kinds.get(slug, (place, kind))[0], kind
    for slug, (place, kind) in kinds.items():
        if state.entity(slug) is None:
            if slug not in own:
                yield place, known.own.get(slug) or _registration(slug, kind)
            elif own[slug][0] > place:
                yield own[slug]


def _registration(slug: str, kind: str) -> Draft:
    """The name of the entity is its slug, since no row says another."""
    sent = {"entity": slug, "kind": kind, "name": slug}
    event_key, digest = content_id(EntityRegistered.__name__, sent)
    return prepare({"type": EntityRegistered.__name__, **sent})._replace(event_key=event_key, digest=digest)
