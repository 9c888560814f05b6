"""What was ever said of many figures, in a few statements for any number of them: what a check of a document needs.

First the *labels* of all entities, then the figures of the subjects that a document names, then every version of the
statements on those that it speaks of: what stands at a viewpoint, what stood before it, and what the ledger had wrong.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from ledger.values import instant_text
from projections.queries.publisher_ranking import Ranking
from projections.queries.reader import Reader
from projections.sql_text import sections

MISTAKES = {"EventCorrected": "correction", "EventRetracted": "retraction"}
"""What ends a version because it was wrong in this ledger."""


class EntityLabel(NamedTuple):
    """Something that an entity is called."""

    entity: str
    kind: str
    label: str


class FigureOfSubject(NamedTuple):
    """A figure. Where nothing of it stands at the viewpoint, it was published later, or was held by mistake."""

    figure_id: str
    subject: str
    metric: str
    material: str | None
    dimensions: Mapping[str, str]
    nature: str
    canonical_unit: str
    start: date | None
    end: date | None
    publishers: Sequence[str]
    stands: bool


class Saying(NamedTuple):
    """A version of a statement on a figure."""

    figure_id: str
    metric: str
    event_id: str
    publisher: str
    is_primary: bool
    withdrawn: bool
    period: str | None
    value: str | None
    low: str | None
    high: str | None
    symbol: str | None
    unit: str
    canonical_value: Decimal | None
    canonical_low: Decimal | None
    canonical_high: Decimal | None
    canonical_unit: str
    published_at: str
    visible_from: datetime
    published_until: datetime
    position: int
    since: int
    until: int
    preferred: int = 0
    """How its publisher ranks among those whom the ledger asks first; 0 of all others."""

    @property
    def outranks(self) -> tuple[int, bool]:
        """What is larger for one whose word counts more, whenever it was said."""
        return self.preferred, self.is_primary

    @property
    def said(self) -> tuple[object, ...]:
        """What it amounts to."""
        return self.canonical_value, self.canonical_low, self.canonical_high, self.symbol


class LedgerAct(NamedTuple):
    """A ledger event that ended a version."""

    event_id: str
    kind: str
    recorded_at: str


@dataclass(frozen=True)
class FigureSayings:
    """What was said of one figure, as it is known at a viewpoint.

    `standing` has what each publisher says last, the answer first; `beside` what else it said at that very time, where
    it contradicts itself. `earlier` are statements that their publisher replaced by saying something else, each with
    the one that did. `mistaken` are versions that the ledger holds no longer since they were wrong here, each with the
    event that ended it. `later` was published after the viewpoint.
    """

    standing: Sequence[Saying]
    beside: Sequence[Saying]
    earlier: Sequence[tuple[Saying, Saying]]
    mistaken: Sequence[tuple[Saying, LedgerAct]]
    later: Sequence[Saying]


def entity_labels(reader: Reader) -> list[EntityLabel]:
    """What all entities are or were called."""
    return [EntityLabel(*row) for row in reader.ask(_text("labels"))]


def figures_of(reader: Reader, subjects: Iterable[str]) -> list[FigureOfSubject]:
    """The figures of some subjects."""
    rows = reader.ask(_text("figures"), subjects=list(subjects))
    return [
        FigureOfSubject._make((*row[:4], json.loads(row[4]) if row[4] else {}, *row[5:]))
        for row in reader.allowance.each(rows)
    ]


def figure_sayings(reader: Reader, figures: Sequence[str], subjects: Sequence[str]) -> Mapping[str, FigureSayings]:
    """What was said of some figures of these subjects, as it is known at the reader's viewpoint."""
    rows = reader.ask(_text("sayings"), figures=list(figures), subjects=list(subjects))
    by_figure = defaultdict[str, list[Saying]](list)
    for row in reader.allowance.each(rows):
        by_figure[row[0]].append(Saying(*row))
    position = reader.viewpoint.position
    ends = {one.until for ones in by_figure.values() for one in ones if one.until <= position}
    acts = {
        at: LedgerAct(event_id, MISTAKES[kind], instant_text(_in_utc(recorded_at)))
        for at, event_id, kind, recorded_at in (reader.ask(_text("acts"), places=sorted(ends)) if ends else ())
        if kind in MISTAKES
    }
    known = reader.viewpoint.as_of.replace(tzinfo=None)
    return {
        figure: _at(ones, reader.ranking, position=position, known=known, acts=acts)
        for figure, ones in reader.allowance.each(by_figure.items())
    }


def _at(
    sayings: Sequence[Saying], ranking: Ranking, *, position: int, known: datetime, acts: Mapping[int, LedgerAct]
) -> FigureSayings:
    held = [one for one in sayings if one.until > position]
    by_publisher = defaultdict[str, list[Saying]](list)
    for one in held:
        if one.visible_from <= known:
            by_publisher[one.publisher].append(one)
    ranks = ranking.ranks(sayings[0].metric)
    heads = [
        [one._replace(preferred=ranks.get(publisher, 0)) for one in _head(ones)]
        for publisher, ones in by_publisher.items()
        if not ones[-1].withdrawn
    ]
    following = {(one.event_id, one.since): (one.publisher, one.said) for one in sayings if one.visible_from <= known}
    return FigureSayings(
        standing=sorted(
            (head[0] for head in heads),
            key=lambda one: (one.outranks, one.published_until, one.position),
            reverse=True,
        ),
        beside=[one for head in heads for one in head[1:] if one.said != head[0].said],
        earlier=[pair for ones in by_publisher.values() for pair in _replaced(ones)],
        mistaken=[
            (one, acts[one.until])
            for one in sayings
            if one.until in acts
            and one.visible_from <= known
            and not one.withdrawn
            and following.get((one.event_id, one.until)) != (one.publisher, one.said)
        ],
        later=[one for one in held if one.visible_from > known and not one.withdrawn],
    )


def _head(entries: Sequence[Saying]) -> Iterator[Saying]:
    """What one publisher said last, and what else it said at that time, the last first."""
    for one in reversed(entries):
        if one.withdrawn or one.published_until != entries[-1].published_until:
            return
        yield one


def _replaced(entries: Sequence[Saying]) -> Iterator[tuple[Saying, Saying]]:
    """The statements of one publisher that it replaced by another one, the last first, each with that.

    What is said at one time contradicts what is said beside it, and replaces nothing.
    """
    following: Saying | None = None
    together = entries[-1]
    for one in reversed(entries):
        if one.published_until != together.published_until or together.withdrawn:
            following = together
        if following is not None and not one.withdrawn and (following.withdrawn or following.said != one.said):
            yield one, following
        together = one


def _in_utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)


@cache
def _text(name: str) -> str:
    return sections("audit/figure_sayings.sql")[name]
