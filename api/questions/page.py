"""A read: a viewpoint, filters and a page of items. The server and the command line ask the same way.

A cursor holds the viewpoint that the first page was answered from, and the place to go on at. So the pages of one
answer fit together, whatever is recorded in between.

Where all items are wanted (every format but JSON, unless a limit is given) the page is the whole answer. Then it has
its items in parts, which are read while it is written: no more than a few parts are ever held.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

import orjson
import pyarrow as pa

from api.problems import Problem, bad_parameter
from api.questions.parameters import check_ledger_moment, check_moment, limit_of
from ledger.values import POSITION_PREFIX, instant_text, parse_moment
from projections import COLUMN_KINDS, Inquiry, Kind, Viewpoint, presented

NOT_FILTERS = ("limit", "cursor", "format", "safe", "receipt")
VIEWPOINT_NAMES = ("as_of", "recorded_as_of", "effective_at")
CURSOR_LENGTH_MAX = 2000

Items: TypeAlias = "pa.Table | list[dict[str, Any]]"
Fetch = Callable[[Viewpoint, int | None, int], Items]
"""(viewpoint, how many at most (None: all), how many to skip) -> items in their order"""
FetchAll = Callable[[Viewpoint, int], Iterator[Items]]
"""(viewpoint, how many to skip) -> all further items in their order, in parts: one at least"""
TYPED = ("arrow", "parquet")
"""Formats in which numbers are numbers and dates are dates."""
PART_ROWS = 1000
"""So many items are read at a time where an answer is put together from pages."""


class Place(NamedTuple):
    """What a cursor holds: where to go on, and the viewpoint of the first page."""

    offset: int
    position: int
    as_of: str
    effective_at: str


class Validity(NamedTuple):
    """For how long a question is answered the same, byte for byte: by default not at all, for now moves on.

    `final`: for ever, since the viewpoint is stated and lies wholly in the past. `at_head`: as long as the log ends at
    this position, since what was published by then is stated, and the ledger clock is at the head.
    """

    final: bool = False
    at_head: int | None = None


ONCE = Validity()


@dataclass(frozen=True)
class Page:
    """Some items, the cursor of the next ones, and the basis that they were folded from.

    `rest` gives the items after these, in parts, where the page is a whole answer. Parts that are tables can be read
    once; those that are lists, as often as wanted. For formats with types (`TYPED`) a table may have decimals, days and
    instants as such; as rows they are texts. `objects` are the columns that hold a JSON object as text, `kinds`
    the kinds of the columns, as far as they are known; `columns` are those that listed items have even where there are
    none, in order. `more` are members beside the items.
    """

    items: Items
    basis: Mapping[str, Any]
    next: str | None = None
    validity: Validity = ONCE
    objects: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=lambda: COLUMN_KINDS)
    rest: Callable[[], Iterator[Items]] | None = None
    columns: Mapping[str, Kind] = field(default_factory=dict)

    def with_items(self, items: Items) -> "Page":
        """The same page with other items."""
        return replace(self, items=items)

    def with_kinds(self, kinds: Mapping[str, Kind]) -> "Page":
        """The same page, its columns of these kinds."""
        return replace(self, kinds=kinds)

    def with_columns(self, columns: Mapping[str, Kind]) -> "Page":
        """The same page, its listed items having these columns, of these kinds."""
        return replace(self, columns=columns, kinds={**self.kinds, **columns})

    def with_members(self, **more: Any) -> "Page":
        """The same page with members beside the items."""
        return replace(self, more={**self.more, **more})

    def rows(self) -> list[dict[str, Any]]:
        """The items as JSON objects."""
        return self.items if isinstance(self.items, list) else self._rows(self.items)

    def parts(self) -> Iterator[Items]:
        """The items and those after them, in parts that have the same columns or are all lists: one at least."""
        yield self.items
        if self.rest is not None:
            yield from self.rest()

    def groups(self, size: int) -> Iterator[list[dict[str, Any]]]:
        """All items as JSON objects, `size` at a time."""
        for part in self.parts():
            for start in range(0, len(part), size):
                some = part[start : start + size]
                yield some if isinstance(some, list) else self._rows(some)

    def _rows(self, items: pa.Table) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = presented(items).to_pylist()
        for row in rows:
            read_objects(row, self.objects)
        return rows


def read_objects(item: dict[str, Any], names: Iterable[str]) -> None:
    """Put JSON objects in the place of their texts."""
    for name in names:
        if (text := item.get(name)) is not None:
            item[name] = orjson.loads(text)


def read(
    engine: Inquiry,
    fetch: Fetch,
    *,
    path: str,
    parameters: Mapping[str, str],
    limit: int | None = None,
    objects: tuple[str, ...] = (),
    next_offset: Callable[[Items, int], int] | None = None,
    fetch_all: FetchAll | None = None,
) -> Page:
    """A page of what `fetch` gives, or the whole answer, which `fetch_all` gives in parts where it is there.

    `next_offset` gives the place of the next page from (the items of this one, its own place); by default places
    count items. Where it is given a page costs the same wherever it is, so that a whole answer is read in pages.
    Raises Problem.
    """
    count = limit or limit_of(parameters)
    place = _place(parameters["cursor"], mark_of(path, parameters)) if "cursor" in parameters else None
    viewpoint = viewpoint_of(engine, parameters, place)
    offset = place.offset if place else 0
    clocks = parameters.get("as_of"), parameters.get("recorded_as_of")
    stated = [clocks] if place is None else None
    if count is None:
        items, rest = _whole(fetch, fetch_all, next_offset, viewpoint, offset)
        validity = validity_of(engine, [viewpoint], stated)
        return Page(items, viewpoint.basis(), None, validity, objects, rest=rest)
    items = fetch(viewpoint, count + 1, offset)
    following = None
    if len(items) > count:
        items = items[:count] if isinstance(items, list) else items.slice(0, count)
        following = encoded(
            Place(
                offset=next_offset(items, offset) if next_offset else offset + count,
                position=viewpoint.position,
                as_of=instant_text(viewpoint.as_of),
                effective_at=instant_text(viewpoint.effective_at),
            ),
            mark_of(path, parameters),
        )
    validity = validity_of(engine, [viewpoint], stated)
    return Page(items, viewpoint.basis(), following, validity, objects)


def _whole(
    fetch: Fetch,
    fetch_all: FetchAll | None,
    next_offset: Callable[[Items, int], int] | None,
    viewpoint: Viewpoint,
    offset: int,
) -> tuple[Items, Callable[[], Iterator[Items]] | None]:
    """The first part of all items from a place on, and what gives the others."""
    if fetch_all is not None:
        parts = fetch_all(viewpoint, offset)
        return next(parts), lambda: parts
    if next_offset is None:
        return fetch(viewpoint, None, offset), None
    first = fetch(viewpoint, PART_ROWS, offset)

    def others() -> Iterator[Items]:
        items, at = first, offset
        while len(items) == PART_ROWS:
            at = next_offset(items, at)
            items = fetch(viewpoint, PART_ROWS, at)
            yield items

    return first, others


def viewpoint_of(engine: Inquiry, parameters: Mapping[str, str], place: Place | None = None) -> Viewpoint:
    """The viewpoint that parameters ask for, or that of the page before. Raises Problem and PositionBeyondHead."""
    if place is not None:
        recorded_as_of = f"position:{place.position}"
        return engine.viewpoint(as_of=place.as_of, recorded_as_of=recorded_as_of, effective_at=place.effective_at)
    return engine.viewpoint(
        as_of=check_moment("as_of", parameters.get("as_of")),
        recorded_as_of=check_ledger_moment("recorded_as_of", parameters.get("recorded_as_of")),
        effective_at=check_moment("effective_at", parameters.get("effective_at")),
    )


def filters_of(parameters: Mapping[str, str], *, besides: Sequence[str] = ()) -> dict[str, str]:
    """The parameters that are neither the viewpoint nor the page, nor among `besides`."""
    left_out = (*NOT_FILTERS, *VIEWPOINT_NAMES, *besides)
    return {name: value for name, value in parameters.items() if name not in left_out}


def validity_of(
    engine: Inquiry, viewpoints: Sequence[Viewpoint], stated: Sequence[tuple[str | None, str | None]] | None
) -> Validity:
    """For how long an answer from these viewpoints is the same.

    `stated` has what was asked for each, as (`as_of`, `recorded_as_of`); None where a cursor holds the viewpoints.
    """
    past = all(viewpoint.is_past(engine.ledger.now()) for viewpoint in viewpoints)
    if stated is None:
        return Validity(final=past)
    recorded = [recorded_as_of for _, recorded_as_of in stated if recorded_as_of is not None]
    if any(as_of is None for as_of, _ in stated) or not all(holds_no_more(engine, text) for text in recorded):
        return ONCE
    if len(recorded) == len(stated):
        return Validity(final=past)
    # Where something was recorded between two looks at the head, the earlier is no longer the head, and never again.
    heads = (at.position for at, (_, recorded_as_of) in zip(viewpoints, stated, strict=True) if recorded_as_of is None)
    return Validity(at_head=min(heads))


def holds_no_more(engine: Inquiry, recorded_as_of: str) -> bool:
    """Whether nothing that is recorded from now on counts at a moment or position of the ledger clock."""
    return recorded_as_of.startswith(POSITION_PREFIX) or parse_moment(recorded_as_of).end < engine.ledger.now()


def mark_of(path: str, parameters: Mapping[str, str]) -> str:
    """A short digest of what is asked, the page aside."""
    asked = {name: value for name, value in parameters.items() if name not in NOT_FILTERS}
    return hashlib.sha256(json.dumps([path, asked], sort_keys=True).encode()).hexdigest()[:16]


def encoded(place: Sequence[int | str], asked: str) -> str:
    """A cursor: where to go on, and a mark of what was asked."""
    return base64.urlsafe_b64encode(json.dumps([*place, asked], separators=(",", ":")).encode()).decode().rstrip("=")


def decoded(cursor: str, asked: str, *, kinds: Sequence[type]) -> list[Any]:
    """The place in a cursor, its parts of these kinds. Raises Problem where it is none, or of another question."""
    if len(cursor) > CURSOR_LENGTH_MAX:
        raise _bad_cursor()
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        place: list[Any]
        *place, mark = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise _bad_cursor() from None
    if [type(part) for part in place] != list(kinds) or not isinstance(mark, str):
        raise _bad_cursor()
    if any(isinstance(part, int) and not 0 <= part < 2**62 for part in place):
        raise _bad_cursor()
    if mark != asked:
        raise bad_parameter(
            "cursor",
            "other_question",
            "the cursor belongs to another question: send it with the same parameters as before",
        )
    return place


def marked_anew(cursor: str, asked: str) -> str:
    """The same place in the answer to a question that is put otherwise. Raises Problem where it is no cursor."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        *place, _ = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise _bad_cursor() from None
    return encoded(place, asked)


def _place(cursor: str, asked: str) -> Place:
    place = Place(*decoded(cursor, asked, kinds=(int, int, str, str)))
    check_moment("cursor", place.as_of)
    check_moment("cursor", place.effective_at)
    return place


def _bad_cursor() -> Problem:
    return bad_parameter("cursor", "bad_cursor", "this is no cursor: send what `next` of the page before said")
