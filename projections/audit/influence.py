"""Influence: what an answer hangs on. One publisher, or one event, is left out at a time, and it is said where the
answer turns.

Without a publisher, none of its statements on the figure count; without an event, its series goes back to what it
said before. Only what stands at the end of a series can turn an answer, so of each series the last two times of
publication are read, and each thing that is left out is looked at once.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from ledger.values import plain
from projections.audit.findings import Findings, Item, items_of
from projections.audit.subjects_together import subjects_together
from projections.catalogue import FIGURE_IDENTITY, FIGURE_VALUE, SERIES
from projections.queries.filter_values import Value, listed
from projections.queries.filters import select
from projections.queries.format import presented
from projections.queries.reader import Reader
from projections.sql_text import quoted

TURNS = ("gone", "value", "publisher", "disputed")
"""There is no answer; another value, range or symbol; the same, by another publisher; disputed or not."""
_NAMES = (
    *(*FIGURE_IDENTITY, "publisher", "event_id", "position", "published_until", "published_at"),
    *("source_kind", "type", *FIGURE_VALUE),
)
_LAST = f"""
SELECT {", ".join(map(quoted, _NAMES))}
FROM chosen
QUALIFY DENSE_RANK() OVER (PARTITION BY figure_id, publisher ORDER BY published_until DESC) <= 2
ORDER BY {", ".join(f"{quoted(name)} NULLS FIRST" for name in SERIES.order)}
"""

Each = Callable[[Iterable[Any]], Iterable[Any]]
Said = tuple[Any, ...]
"""Canonical value, low, high, symbol."""


class Entry(NamedTuple):
    """A statement or withdrawal near the end of its series."""

    publisher: str
    event_id: str
    until: datetime
    position: int
    primary: bool
    said: Said | None
    """None: it takes back what was said."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a publisher says of a figure: everything that it said last at one time; `last` of it is its answer."""

    last: Entry
    sayings: Sequence[Said]


class Less(NamedTuple):
    """A publisher or an event that is left out of a series, and what stands at the end of that then."""

    left_out: str
    publisher: str
    event_id: str | None
    head: Head | None


class Standing(NamedTuple):
    """An answer: what is said, by whom, and whether publishers differ."""

    said: Said | None
    publisher: str | None
    disputed: bool


def influence(
    reader: Reader,
    filters: Mapping[str, Value] | None = None,
    *,
    prefer: Sequence[str] = (),
    enough: int | None = None,
) -> Findings:
    """What the answers to the figures that filters select hang on: an item each time that one turns.

    Items, in the order of figures: the key; `value` (canonical: a value, a range or a symbol, in one text) and
    `answered_by`; what is left out, `left_out`: a `publisher` or an `event`, with `publisher` and `event_id`; the
    answer without it, `value_without`, `answered_by_without`; `disputed` and `disputed_without`; and `turns`, one of
    `TURNS`. With `publisher` among the filters the answers are what each of these publishers says; whether one is
    disputed is still of all.
    `prefer` are publishers that are asked first. With `enough`, it ends where there are so many items.

    Raises UnknownFilter and FilterError.
    """
    ranking = reader.ranking.after([reader.names.kept(slug) for slug in prefer])
    select(SERIES, filters or {}, reader.names)  # refuses too many publishers, which are no filter of what is read
    chosen = dict(filters or {})
    asked = chosen.pop("publisher", None)
    among = listed("publisher", asked) if isinstance(asked, str) else asked
    publishers = None if among is None else sorted({reader.names.kept(str(slug)) for slug in among})
    items: list[Item] = []
    for subjects in subjects_together(reader, chosen):
        table = reader.series("history", chosen, query=_LAST, subjects=subjects)
        shown = items_of(presented(table.select(list(FIGURE_IDENTITY))), reader.allowance)
        entries = list(_entries(reader.allowance.tuples_of(table.select(_NAMES[len(FIGURE_IDENTITY) :]))))
        places = groupby(range(len(entries)), key=lambda place: shown[place]["figure_id"])
        for _, of_figure in reader.allowance.each((figure, list(some)) for figure, some in places):
            key = shown[of_figure[-1]]
            ranks = ranking.ranks(key["metric"])
            of_one = [entries[place] for place in of_figure]
            found = turns(of_one, ranks, publishers=publishers, each=reader.allowance.each)
            items += ({**key, **turn} for turn in found)
            if enough is not None and len(items) >= enough:
                return Findings(items)
    return Findings(items)


def _entries(rows: Iterable[tuple[Any, ...]]) -> Iterator[Entry]:
    for publisher, event_id, position, until, _, kind, name, *said in rows:
        taken_back = name == "FigureWithdrawn"
        yield Entry(publisher, event_id, until, position, kind != "secondary", None if taken_back else tuple(said))


def turns(
    entries: Sequence[Entry], preferred: Mapping[str, int], *, publishers: Sequence[str] | None = None, each: Each
) -> Iterator[Item]:
    """What of the entries of one figure turns its answer, the publishers first; `each` looks at the time.

    With publishers, it is what turns what each of them says. What others say turns that only where the figure becomes
    disputed, or is no more, which is the same whoever is asked.
    """
    ordered = sorted(entries, key=attrgetter("publisher", "until", "position"))
    series = {slug: list(some) for slug, some in groupby(ordered, key=attrgetter("publisher"))}
    heads = {slug: head for slug, some in series.items() if (head := _head(some)) is not None}
    sayings = Counter(said for head in heads.values() for said in head.sayings)
    left_out = list(_left_out(series, heads, each))
    if publishers is None:
        yield from _turned(heads, sayings, preferred, left_out)
        return
    is_disputed = len(sayings) > 1
    swings, own = set[int](), defaultdict[str, set[int]](set)
    for number, less in enumerate(left_out):
        own[less.publisher].add(number)
        if (_distinct(sayings, heads.get(less.publisher), less.head) > 1) != is_disputed:
            swings.add(number)
    for slug in publishers:
        if slug in series:
            some = [left_out[number] for number in each(sorted(swings | own[slug]))]
            yield from _turned(heads, sayings, preferred, some, asked=slug)


def _left_out(series: Mapping[str, Sequence[Entry]], heads: Mapping[str, Head], each: Each) -> Iterator[Less]:
    """Every publisher who says something, then every entry with the last time of its series."""
    yield from (Less("publisher", slug, None, None) for slug in series if slug in heads)
    for slug, some in series.items():
        tied = [one for one in some if one.until == some[-1].until]
        yield from (Less("event", slug, one.event_id, _head_without(some, tied, one)) for one in each(tied))


def _turned(
    heads: Mapping[str, Head],
    sayings: Counter[Said],
    preferred: Mapping[str, int],
    left_out: Iterable[Less],
    *,
    asked: str | None = None,
) -> Iterator[Item]:
    """Which of what is left out turns the answer: that of all publishers, or what the one asked says."""
    answering = heads.keys() if asked is None else heads.keys() & {asked}
    ranked = sorted(answering, key=lambda slug: _rank(heads[slug].last, preferred), reverse=True)
    now = _standing(heads[ranked[0]].last if ranked else None, len(sayings))
    for less in left_out:
        first = next((heads[one].last for one in ranked if one != less.publisher), None)
        other = less.head if asked in (None, less.publisher) else None
        if other is not None and (first is None or _rank(other.last, preferred) > _rank(first, preferred)):
            first = other.last
        then = _standing(first, _distinct(sayings, heads.get(less.publisher), less.head))
        turn = _turn(now, then)
        if turn is not None:
            yield {
                "value": _text(now.said),
                "answered_by": now.publisher,
                "disputed": now.disputed,
                "left_out": less.left_out,
                "publisher": less.publisher,
                "event_id": less.event_id,
                "turns": turn,
                "value_without": _text(then.said),
                "answered_by_without": then.publisher,
                "disputed_without": then.disputed,
            }


def _head(series: Sequence[Entry]) -> Head | None:
    """What stands at the end of a series; None where that is a withdrawal, or nothing is left."""
    sayings: list[Said] = []
    for one in reversed(series):
        if one.said is None or one.until != series[-1].until:
            break
        sayings.append(one.said)
    return Head(series[-1], sayings) if sayings else None


def _head_without(series: Sequence[Entry], tied: Sequence[Entry], one: Entry) -> Head | None:
    """What stands at the end of a series without one of the entries that share its last time."""
    return _head([other for other in (series if len(tied) == 1 else tied) if other is not one])


def _distinct(sayings: Counter[Said], before: Head | None, after: Head | None) -> int:
    """How many different things are said once one head has another in its place: few of all are looked at."""
    less = Counter(before.sayings if before else ())
    more = set(after.sayings if after else ())
    gone = sum(sayings[said] == count and said not in more for said, count in less.items())
    return len(sayings) - gone + sum(said not in sayings for said in more)


def _rank(last: Entry, preferred: Mapping[str, int]) -> tuple[Any, ...]:
    """The answer is that of the head for which this is the largest."""
    return preferred.get(last.publisher, 0), last.primary, last.until, last.position


def _standing(last: Entry | None, sayings: int) -> Standing:
    return Standing(None, None, False) if last is None else Standing(last.said, last.publisher, sayings > 1)


def _turn(now: Standing, then: Standing) -> str | None:
    if (now.said is None) != (then.said is None):
        return "gone" if then.said is None else "value"
    if now.said != then.said:
        return "value"
    if now.publisher != then.publisher:
        return "publisher"
    return "disputed" if now.disputed != then.disputed else None


def _text(said: Said | None) -> str | None:
    """What is said in one text: a value, `low..high` with an end left out where there is none, or a symbol."""
    if said is None:
        return None
    value, low, high = (None if one is None else plain(one) for one in said[:3])
    return value or (f"{low or ''}..{high or ''}" if low or high else said[3])
