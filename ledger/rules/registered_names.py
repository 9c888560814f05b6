"""The names of registered entities, and which of them a new name looks like.

Names are compared by their skeletons (without case, accents, punctuation and legal form). An equal one is found at
once. One that is nearly equal differs in a few letters, so it begins or ends like the new name: it is looked for among
the neighbours in the order of the alphabet, read forwards and backwards. For example, "lynas rare earth" stands beside
"lynas rare earths" forwards, and "linas rare earths" backwards. So the last of many names costs what the first did.
"""

import difflib
import re
import unicodedata
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from math import nextafter
from typing import Any

LIKENESS_MIN = 0.9
NEIGHBOURS_MAX = 12
"""How many names are compared to each side, forwards and backwards."""
COMPARED_CHARACTERS_MAX = 200
"""Longer skeletons are found where they are equal, and only there."""
_LEGAL_FORMS = frozenset(
    "ltd limited inc incorporated corp corporation co company plc llc gmbh ag sa bhd sdn pty".split()
)


class RegisteredNames:
    """The names and aliases in standing registrations, each with its slug."""

    def __init__(self) -> None:
        self._by_skeleton: dict[str, dict[tuple[str, str], int]] = {}
        """The (name, slug) of each skeleton, and how often it is there."""
        self._by_identifier: dict[tuple[str, str], dict[str, int]] = {}
        """The slugs that have each identifier, by its scheme and value without case, and how often."""
        self._forwards: list[str] = []
        self._backwards: list[str] = []

    def add(self, registration: Mapping[str, Any]) -> None:
        """Take in the names of a registration."""
        for name, slug in _names_in(registration):
            mine = skeleton(name)
            named = self._by_skeleton.setdefault(mine, {})
            named[name, slug] = named.get((name, slug), 0) + 1
            if len(named) == 1 and named[name, slug] == 1:
                insort(self._forwards, mine)
                insort(self._backwards, mine[::-1])

        for identifier in _identifiers_in(registration):
            slugs = self._by_identifier.setdefault(identifier, {})
            slugs[registration["entity"]] = slugs.get(registration["entity"], 0) + 1

    def remove(self, registration: Mapping[str, Any]) -> None:
        """Let the names of a registration go."""
        for identifier in _identifiers_in(registration):
            slugs = self._by_identifier[identifier]
            slugs[registration["entity"]] -= 1
            if not slugs[registration["entity"]]:
                del slugs[registration["entity"]]
        for name, slug in _names_in(registration):
            mine = skeleton(name)
            named = self._by_skeleton[mine]
            named[name, slug] -= 1
            if not named[name, slug]:
                del named[name, slug]
            if not named:
                del self._by_skeleton[mine]
                del self._forwards[bisect_left(self._forwards, mine)]
                del self._backwards[bisect_left(self._backwards, mine[::-1])]

    def look_alike(self, name: str, slug: str) -> tuple[str, str] | None:
        """The nearest name that the new one could be confused with, and its slug; of other entities only."""
        mine = skeleton(name)
        found = self._of_another(mine, slug)
        if found is None and len(mine) <= COMPARED_CHARACTERS_MAX:
            near = [one for one in self._near(mine) if self._of_another(one, slug) is not None]
            closest = _closest(mine, near)
            found = None if closest is None else self._of_another(closest, slug)
        return found

    def with_identifier(self, scheme: str, value: str, slug: str) -> str | None:
        """The last other entity that was registered with an identifier."""
        slugs = reversed(self._by_identifier.get((scheme.casefold(), value.casefold()), {}))
        return next((other for other in slugs if other != slug), None)

    def _of_another(self, one: str, slug: str) -> tuple[str, str] | None:
        """The last registered name with this skeleton that is another entity's."""
        named = reversed(self._by_skeleton.get(one, {}))
        return next((found for found in named if found[1] != slug), None)

    def _near(self, mine: str) -> set[str]:
        forwards = _neighbours(self._forwards, mine)
        backwards = [one[::-1] for one in _neighbours(self._backwards, mine[::-1])]
        return {one for one in (*forwards, *backwards) if len(one) <= COMPARED_CHARACTERS_MAX}


def skeleton(name: str) -> str:
    """A name without case, accents, punctuation and legal form, so that look-alikes become equal."""
    plain_name = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    words = re.findall(r"\w+", plain_name)
    return " ".join(word for word in words if word not in _LEGAL_FORMS) or " ".join(words)


def _names_in(registration: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    slug = registration["entity"]
    yield registration["name"], slug
    yield from ((alias, slug) for alias in registration.get("aliases", ()))


def _identifiers_in(registration: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for scheme, value in (registration.get("identifiers") or {}).items():
        yield scheme.casefold(), value.casefold()


def _closest(mine: str, others: Iterable[str]) -> str | None:
    """What is most like a text, if anything is like it; of several that are equally so, the last in the alphabet."""
    matcher, closest, enough = difflib.SequenceMatcher(b=mine), None, LIKENESS_MIN
    for one in sorted(others, reverse=True):
        matcher.set_seq1(one)
        if (
            matcher.real_quick_ratio() >= enough
            and matcher.quick_ratio() >= enough
            and (likeness := matcher.ratio()) >= enough
        ):
            closest, enough = one, nextafter(likeness, 2)  # from here on, only what is more like it
    return closest


def _neighbours(order: list[str], one: str) -> list[str]:
    place = bisect_left(order, one)
    return order[max(0, place - NEIGHBOURS_MAX) : place + NEIGHBOURS_MAX]
