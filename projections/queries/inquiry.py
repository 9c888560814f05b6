"""An inquiry: the questions that can be asked of the projections of a ledger, at any viewpoint.

The engine is one, of which anything can be asked. What `Engine.within` gives is another, of which all questions
together may use no more than an allowance.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa

from ledger import Entry, Ledger, stream_of_thing
from projections.catalogue import CATALOGUE
from projections.queries.allowance import Allowance
from projections.queries.event_search import acts_on_events, acts_on_figures, events_where, timeline
from projections.queries.filter_values import Value
from projections.queries.publisher_choice import PublisherChoice
from projections.queries.reader import Reader
from projections.queries.thing_histories import START, TOGETHER_MAX, Place
from projections.queries.thing_names import thing_named
from projections.viewpoint import Viewpoint, viewpoint

if TYPE_CHECKING:
    from projections.queries.thing_diff import DiffPlace


class Inquiry(ABC):
    """Questions to the projections of a ledger, each answered by a reader at a viewpoint."""

    ledger: Ledger

    @abstractmethod
    def reader(self, viewpoint: Viewpoint) -> AbstractContextManager[Reader]:
        """A reader at a viewpoint, for questions of several parts: see `projections.audit`."""

    def viewpoint(
        self, *, as_of: str | None = None, recorded_as_of: str | None = None, effective_at: str | None = None
    ) -> Viewpoint:
        """The viewpoint that printed moments name; each defaults to now, `effective_at` to `as_of`.

        Raises CalendarError, and PositionBeyondHead.
        """
        return viewpoint(self.ledger, as_of=as_of, recorded_as_of=recorded_as_of, effective_at=effective_at)

    def read(
        self,
        name: str,
        viewpoint: Viewpoint,
        *,
        filters: Mapping[str, Value] | None = None,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> pa.Table:
        """The items of a projection in their order, or sorted otherwise. Raises UnknownFilter and FilterError."""
        with self.reader(viewpoint) as reader:
            return reader.read(name, filters=filters, sort=sort, limit=limit, offset=offset)

    def read_all(
        self,
        name: str,
        viewpoint: Viewpoint,
        *,
        filters: Mapping[str, Value] | None = None,
        sort: str | None = None,
        offset: int = 0,
        as_text: bool = True,
    ) -> Iterator[pa.Table]:
        """The items of a projection from `offset` to the last, some at a time, as they are taken: one table at least.

        The tables are lent until the last is taken, or the iterator is closed. They hold texts as `read` gives them;
        where `as_text` is false, decimals, days and instants may be as such. Raises what `read` raises.
        """
        with self.reader(viewpoint) as reader:
            yield from reader.read_all(name, filters=filters, sort=sort, offset=offset, as_text=as_text)

    def read_many(
        self, name: str, viewpoints: Sequence[Viewpoint], *, filters: Mapping[str, Value] | None = None
    ) -> pa.Table:
        """The items of a projection at each of several viewpoints, whose place in the list is their `viewpoint`.

        Slugs in filters mean what they mean at the last viewpoint.
        """
        with self.reader(viewpoints[-1]) as reader:
            return reader.read_many(name, viewpoints, filters=filters)

    def point_answers(self, questions: pa.Table, viewpoint: Viewpoint) -> pa.Table:
        """The answers to a table of questions about figures, each at a viewpoint of its own, in their order: see
        `projections.queries.point_answers`.

        No row is answered with what was recorded after `viewpoint`. Raises QuestionsRefused.
        """
        from projections.queries.point_answers import point_answers

        with self.reader(viewpoint) as reader:
            return point_answers(reader, self.ledger, questions)

    def history(
        self,
        figure_id: UUID | str,
        viewpoint: Viewpoint,
        *,
        clock: str = "publication",
        limit: int | None = None,
        offset: int = 0,
    ) -> pa.Table:
        """Why a figure changed, oldest first: on the `publication` clock, or on the `ledger` clock."""
        with self.reader(viewpoint) as reader:
            ask = {"publication": reader.history, "ledger": reader.answers}[clock]
            return ask(UUID(str(figure_id)), limit=limit, offset=offset)

    def knows_thing(self, name: str, key: Sequence[str], viewpoint: Viewpoint) -> bool:
        """Whether anything published by now was ever recorded of a thing that holds over time."""
        with self.reader(viewpoint) as reader:
            return reader.knows(thing_named(reader.families[CATALOGUE[name].family], key, reader.names))

    def thing_history(
        self,
        name: str,
        key: Sequence[str],
        viewpoint: Viewpoint,
        *,
        filters: Mapping[str, Value] | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[dict[str, Any]]:
        """What was said of a thing that holds over time, oldest first: see `projections.queries.statement_history`.

        `key` is its slug, or what else it is known by. Of filters only `publisher` and `prefer` are taken.
        """
        with self.reader(viewpoint) as reader:
            thing = thing_named(reader.families[CATALOGUE[name].family], key, reader.names)
            choice = PublisherChoice.of(CATALOGUE[name], filters or {}, reader.names)
            last = None if limit is None else offset + limit
            return list(islice(reader.statements_of(thing, choice), offset, last))

    def thing_answers(
        self,
        name: str,
        key: Sequence[str],
        viewpoint: Viewpoint,
        *,
        filters: Mapping[str, Value] | None = None,
        limit: int | None = None,
        place: Place = START,
        together: int = TOGETHER_MAX,
    ) -> list[dict[str, Any]]:
        """What this ledger answered of it, from a place on: see `projections.queries.thing_answers`.

        It is folded at so many positions `together`.
        """
        with self.reader(viewpoint) as reader:
            thing = thing_named(reader.families[CATALOGUE[name].family], key, reader.names)
            choice = PublisherChoice.of(CATALOGUE[name], filters or {}, reader.names)
            answers = reader.answers_of(CATALOGUE[name], thing, choice, place=place, together=together)
            return list(islice(answers, limit))

    def diff(
        self,
        before: Viewpoint,
        after: Viewpoint,
        *,
        filters: Mapping[str, Value] | None = None,
        wanted: Callable[[Decimal, Decimal], bool] | None = None,
        limit: int | None = None,
        offset: int = 0,
        causes: bool = True,
    ) -> list[dict[str, Any]]:
        """What differs between two viewpoints and, unless `causes` is false, why: see `projections.queries.diff`.

        `wanted` says of a figure that was one number and is another whether it is wanted.
        """
        from projections.queries.diff import diff

        with self.reader(before) as one, self.reader(after) as other:
            return diff(
                self.ledger,
                one,
                other,
                filters=filters or {},
                wanted=wanted,
                limit=limit,
                offset=offset,
                causes=causes,
            )

    def thing_diff(
        self,
        before: Viewpoint,
        after: Viewpoint,
        name: str,
        *,
        filters: Mapping[str, Value] | None = None,
        limit: int,
        place: "DiffPlace | None" = None,
    ) -> "tuple[list[dict[str, Any]], DiffPlace | None]":
        """What differs in things that hold over time, and why: see `projections.queries.thing_diff`.

        It begins at a place, or with the first difference.
        """
        from projections.queries.thing_diff import FIRST, thing_diff

        with self.reader(before) as one, self.reader(after) as other:
            return thing_diff(self.ledger, one, other, name, filters=filters or {}, limit=limit, place=place or FIRST)

    def timeline(self, name: str, slug: str, viewpoint: Viewpoint) -> list[dict[str, Any]]:
        """The events of one thing that are visible at a viewpoint, as they read there, in order of publication."""
        with self.reader(viewpoint) as reader:
            return timeline(self.ledger, reader, CATALOGUE[name], slug)

    def acts_on_events(self, event_ids: Sequence[UUID], viewpoint: Viewpoint, *, limit: int) -> list[int]:
        """The positions of the first ledger events that act on some events, as recorded by the viewpoint."""
        with self.reader(viewpoint) as reader:
            return acts_on_events(reader, event_ids, limit=limit)

    def acts_on_figures(self, figures: Sequence[UUID], viewpoint: Viewpoint) -> dict[UUID, tuple[int, list[Entry]]]:
        """How many events each figure ever had, and the ledger events: see `projections.queries.event_search`."""
        with self.reader(viewpoint) as reader:
            return acts_on_figures(self.ledger, reader, figures)

    def events(
        self,
        *,
        after: int = 0,
        limit: int = 100,
        viewpoint: Viewpoint,
        type: str | Sequence[str] = (),
        entity: str | Sequence[str] = (),
        figure_id: UUID | Sequence[UUID] = (),
        publisher: str | Sequence[str] = (),
        reference: str | None = None,
    ) -> list[Entry]:
        """The log in order, as recorded: what mentions an entity (under any of its slugs), is about a figure, …

        Of each of these there may be several, of which one must fit. Of what was erased only type and figure are known,
        so that it is left out where something else is asked for.
        """
        types, figures = _several(type), [figure_id] if isinstance(figure_id, UUID) else figure_id
        with self.reader(viewpoint) as reader:
            positions = events_where(
                reader,
                after=after,
                limit=limit,
                types=types,
                entities=_several(entity),
                figure_ids=figures,
                publishers=_several(publisher),
                reference=reference,
            )
            if (types or figures) and not (entity or publisher or reference is not None):
                known = {*reader.names.figures(figures), *figures} if figures else ()
                erased = self.ledger.log.erased.find(
                    after=after,
                    until=viewpoint.position,
                    types=types,
                    streams=[one.bytes for one in known],
                    limit=limit,
                )
                positions = sorted({*positions, *erased})[:limit]
        return self.ledger.at_positions(positions)

    def erased_of_figure(self, figure_id: UUID, viewpoint: Viewpoint) -> list[dict[str, Any]]:
        """What was erased of a figure, of what counted at a viewpoint: envelopes, and by whom, when and why."""
        if not self.ledger.log.erased.last():
            return []
        with self.reader(viewpoint) as reader:
            return self._erased_of({figure_id, *reader.names.figures([figure_id])}, viewpoint)

    def erased_of_thing(self, name: str, slug: str, viewpoint: Viewpoint) -> list[dict[str, Any]]:
        """The same of the thing that a slug names among the items of a projection."""
        projection = CATALOGUE[name]
        if not self.ledger.log.erased.last() or projection.known_by:
            return []
        with self.reader(viewpoint) as reader:
            slugs = {slug, *(reader.names.slugs_of(slug) if projection.names_entities else ())}
        return self._erased_of({stream_of_thing(projection.family, one) for one in slugs}, viewpoint)

    def _erased_of(self, streams: Iterable[UUID], viewpoint: Viewpoint) -> list[dict[str, Any]]:
        keys = [stream.bytes for stream in streams]
        positions = self.ledger.log.erased.find(after=0, until=viewpoint.position, streams=keys) if keys else []
        entries = [one for one in self.ledger.at_positions(positions) if one.is_erased]
        told = self.ledger.erased(entries)
        return [{**one.envelope(), "erased": told[one.position]} for one in entries]


def _several(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


class BoundedInquiry(Inquiry):
    """Questions that together may use no more than an allowance. `open_reader` gives the readers of an engine."""

    def __init__(
        self,
        ledger: Ledger,
        open_reader: Callable[[Viewpoint, Allowance], AbstractContextManager[Reader]],
        allowance: Allowance,
    ) -> None:
        self.ledger = ledger
        self.allowance = allowance
        self._open_reader = open_reader

    def reader(self, viewpoint: Viewpoint) -> AbstractContextManager[Reader]:
        """A reader at a viewpoint. Raises OutOfTime, OutOfMemory and Abandoned, and so does what it is asked."""
        return self._open_reader(viewpoint, self.allowance)
