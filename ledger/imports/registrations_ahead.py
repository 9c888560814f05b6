"""Registrations ahead: what a whole file tells of the names that it is to register, read before its first row is taken.

A file is taken in pieces of some thousand rows. A name that is a subject in the first of them and a publisher in the
last must be registered as an organisation from the start; and where the file itself registers a name further on, that
registration comes first. So a file that is to register names, and has more than one piece, is read twice: the first
time for nothing but names.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from ledger.append.prepare import Draft
from ledger.events.base import REGISTRY, refs
from ledger.events.entities import EntityRegistered
from ledger.imports.registrations import Kinds, kind_of
from ledger.imports.rows import Piece, Row
from ledger.imports.verdicts import Way, draft_on, rows_of
from ledger.rules.rules import ORGANISATION
from ledger.values.slugs import SLUG_LENGTH_MAX


def of_events(
    pieces: Iterator[Piece], again: Callable[[], Iterator[Piece]], otherwise: str, way: Way
) -> tuple[Iterator[Piece], Kinds]:
    """The pieces of a file of events, and what they tell. `again` reads the file from its start."""
    first, second = next(pieces, None), next(pieces, None)
    if first is None or second is None:  # What one piece tells is seen when it is taken.
        return iter(() if first is None else (first,)), Kinds(otherwise)
    told: dict[str, str] = {}
    own: dict[str, Draft] = {}
    for row in _rows(chain((first, second), pieces), way):
        _note(told, row.sent)
        if type(row.sent) is dict and row.sent.get("type") == EntityRegistered.__name__:
            draft = draft_on(row, way)
            if draft is not None:
                own.setdefault(draft.body["entity"], draft)
    return again(), Kinds(otherwise, told, own)


def of_tables(pieces: Callable[[Kinds], Iterable[Piece]], otherwise: str, way: Way) -> Kinds:
    """What a table tells whose rows register names themselves, in front of their events. `pieces` reads it with what
    its names are to be registered as.
    """
    told: dict[str, str] = {}
    for row in _rows(pieces(Kinds(otherwise)), way):
        _note(told, row.sent)
    return Kinds(otherwise, told)


def _rows(pieces: Iterable[Piece], way: Way) -> Iterator[Row]:
    for piece in pieces:
        yield from rows_of(piece, way)


def _note(told: dict[str, str], sent: Any) -> None:
    """Note the kinds that the fields of one row tell, whether it is sound or not."""
    cls = REGISTRY.get(sent["type"]) if isinstance(sent, dict) and isinstance(sent.get("type"), str) else None
    if cls is None:
        return
    try:
        for path, slug in refs(cls, sent):
            kind = kind_of(path, "")
            if kind and len(slug) <= SLUG_LENGTH_MAX and (slug not in told or kind == ORGANISATION):
                told[slug] = kind
    except (TypeError, AttributeError):  # a list that is none; the row will be rejected
        return
