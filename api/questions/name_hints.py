"""Name hints: what stands beside an answer where a name in its filters was taken for an entity, or names nothing.

`resolved`: [{`parameter`, `value`, `taken_for`}], for names that mean exactly one entity. `hints`: [{`parameter`,
`value`, `meant`}], for names that mean several or none; `meant` is what was probably meant, nearest first, and a metric
that is derived by a formula is `derived`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from projections import CATALOGUE, FIGURES, Reader, Value

WORD_HINTS_MAX = 10
WORD_LENGTH_MAX = 80
RESOLVED = "resolved"
HINTS = "hints"
MEMBERS: Mapping[str, Any] = {
    RESOLVED: {
        "type": "array",
        "description": "Only where an alias, a former name or another spelling was taken for the entity that it means.",
        "items": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in ("parameter", "value", "taken_for")},
        },
    },
    HINTS: {
        "type": "array",
        "description": "Only where a name in a filter names nothing at this viewpoint: what was probably meant.",
        "items": {
            "type": "object",
            "properties": {
                "parameter": {"type": "string"},
                "value": {"type": "string"},
                "meant": {"type": "array", "items": {"type": "string"}},
                "derived": {
                    "type": "boolean",
                    "description": "`true`: a derived metric; `/v1/derived` has its figures.",
                },
            },
        },
    },
}
"""The JSON Schemas of the members of every page."""
_ENTITY = "entity"
_NO_NAMES = ("status", "publisher", "prefer", "disputed")
"""Filters of things that mean something else in a question of the audit, or nothing."""
_OF_FIGURES = ("subject", "subject_kind", "metric", "material", "nature", "publisher", "prefer")
_DIMENSION = "dimension."


class NamesTaken(NamedTuple):
    """Filters as they are meant, and the members that say what was taken for what."""

    filters: dict[str, Value]
    members: dict[str, Any]


def names_taken(reader: Reader, asked: Mapping[str, Value]) -> NamesTaken:
    """What the names among the parameters of a question mean at the reader's viewpoint. Raises FilterError."""
    filters, members = dict(asked), dict[str, Any]()
    resource = str(asked.get("resource", FIGURES.name))
    of_things = tuple(one.name for one in CATALOGUE[resource].filters if one.name not in _NO_NAMES)
    dimensions = (name for name in asked if name.startswith(_DIMENSION))
    of_figures = (FIGURES, (*_OF_FIGURES, *dimensions))
    of_resource = of_figures if resource == FIGURES.name else (CATALOGUE[resource], of_things)
    for projection, names in ((CATALOGUE["entities"], (_ENTITY,)), of_resource):
        named = {name: asked[name] for name in names if name in asked}
        if named:
            meant = reader.meant(projection, named)
            filters |= meant.filters
            for name, told in meant.members().items():
                members.setdefault(name, []).extend(told)
    return NamesTaken(filters, members)


def word_hints(parameter: str, words: Sequence[str], known: Collection[str]) -> dict[str, Any]:
    """The member `hints` about those of the words in a parameter that are not known; nothing where all are."""
    hints = [
        {
            "parameter": parameter,
            "value": word[:WORD_LENGTH_MAX],
            "meant": get_close_matches(word[:WORD_LENGTH_MAX], known, n=3),
        }
        for word in words
        if word not in known
    ]
    return {HINTS: hints[:WORD_HINTS_MAX]} if hints else {}


def name_lines(members: Mapping[str, Any]) -> Iterator[str]:
    """The same in words, a line each."""
    for one in members.get(RESOLVED, ()):
        yield f"{one['parameter']}: {one['value']!r} is taken for {one['taken_for']}."
    for one in members.get(HINTS, ()):
        meant = f" Did you mean {' or '.join(one['meant'])}?" if one["meant"] else ""
        derived = " It is derived from others: ask for derived figures." if one.get("derived") else ""
        yield f"{one['parameter']}: {one['value']!r} names nothing here.{derived}{meant}"
