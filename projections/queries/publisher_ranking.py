"""Publisher ranking: whom this ledger asks first where publishers differ (ledger/README.md, section 4, step 5).

The last preference counts that the ledger holds for a metric, else the last one for everything: here for what is ranked
in Python, in the view `preferred` for what is ranked in SQL.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from projections.tables.families import FOREVER

EVERYTHING = ""
"""The scope of a preference for no metric."""
_LAST = """
SELECT COALESCE(metric, '') AS scope, MAX(position), ARG_MAX(publishers, position)
FROM log.preferences
WHERE since <= $at AND until > $at
GROUP BY scope
ORDER BY scope
"""
_VERSIONS = """
SELECT position, since, until, COALESCE(metric, '') AS scope, publishers
FROM log.preferences
WHERE since <= $position AND COALESCE(metric, '') IN ('', $metric)
"""


class Ranking:
    """Who comes before others: those whom a question prefers, then those whom the ledger does, by metric."""

    def __init__(self, preferred: Mapping[str, Sequence[str]], prefer: Sequence[str] = ()) -> None:
        self._preferred = preferred
        self._prefer = prefer
        self._ranks: dict[str, Mapping[str, int]] = {}

    @classmethod
    def at(cls, ask: Callable[..., list[Any]], position: int) -> "Ranking":
        """Whom the ledger asks first at a position."""
        last = last_preferences(ask, position)
        return cls({scope: list(dict.fromkeys(one.publishers)) for scope, one in last.items() if one.publishers})

    def __bool__(self) -> bool:
        """Whether anybody does."""
        return bool(self._preferred or self._prefer)

    def asks_as(self, other: "Ranking") -> bool:
        """Whether the same come first, in the same order, whatever is asked."""
        return self._prefer == other._prefer and self._preferred == other._preferred

    def after(self, prefer: Sequence[str]) -> "Ranking":
        """The same behind those whom a question prefers."""
        return Ranking(self._preferred, [*prefer, *self._prefer]) if prefer else self

    def order(self, metric: str = EVERYTHING) -> Sequence[str]:
        """The publishers that come first, for figures of a metric or for what has none."""
        of_metric = self._preferred.get(metric) or self._preferred.get(EVERYTHING, ())
        return [*self._prefer, *of_metric]

    def ranks(self, metric: str = EVERYTHING) -> Mapping[str, int]:
        """The same as numbers by publisher, the largest first; all others have 0."""
        if metric not in self._ranks:
            self._ranks[metric] = ranks_of(self.order(metric))
        return self._ranks[metric]


NO_RANKING = Ranking({})


def ranks_of(order: Sequence[str]) -> Mapping[str, int]:
    """A number for each of some publishers in order, the largest for the first."""
    once = list(dict.fromkeys(order))
    return {slug: len(once) - place for place, slug in enumerate(once)}


class LastPreference(NamedTuple):
    """The last preference for a metric, or for everything: the position of its event, and whom it names."""

    position: int
    publishers: Sequence[str]


def last_preferences(ask: Callable[..., list[Any]], at: int) -> dict[str, LastPreference]:
    """By scope, the last preference that the ledger held at a position, also where it names nobody."""
    return {scope: LastPreference(position, publishers) for scope, position, publishers in ask(_LAST, at=at)}


class PreferenceChange(NamedTuple):
    """From a position on the ledger asks these first."""

    position: int
    order: Sequence[str]


def preference_changes(ask: Callable[..., list[Any]], metric: str = EVERYTHING) -> Iterator[PreferenceChange]:
    """Whom the ledger asked first for figures of a metric, or for what has none, each time that it was others; of what
    it held by the viewpoint's position.
    """
    moves: list[tuple[int, bool, int, str, Sequence[str]]] = []
    for position, since, until, scope, publishers in ask(_VERSIONS, metric=metric):
        moves.append((since, True, position, scope, publishers))
        if until < FOREVER:
            moves.append((until, False, position, scope, publishers))
    held: dict[str, list[tuple[int, Sequence[str]]]] = defaultdict(list)
    order: Sequence[str] = ()
    for at, together in groupby(sorted(moves, key=itemgetter(0, 1)), key=itemgetter(0)):
        for _, comes, position, scope, publishers in together:
            if comes:
                insort(held[scope], (position, publishers))
            else:
                held[scope].remove((position, publishers))
        now = _last(held[metric]) or _last(held[EVERYTHING])
        if now != order:
            order = now
            yield PreferenceChange(at, now)


def _last(standing: Iterable[tuple[int, Sequence[str]]]) -> Sequence[str]:
    """Whom the last of some preferences names, each once."""
    *_, (_, publishers) = [(0, ()), *standing]
    return list(dict.fromkeys(publishers))
