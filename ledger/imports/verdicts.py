"""The verdict on each row of a piece of a file: a draft that may be placed, or why there is none.

It is the pure step of an import, and the same in any process. What comes out is bytes of plain values (in the form of
`marshal`, which both ends of a pipe between two processes of one interpreter share): they cost little to hand over, and
little memory while a whole file waits to be recorded.
"""

import marshal
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

from ledger.append.prepare import Draft, DraftRow, prepare
from ledger.codec.stored_json import body_of
from ledger.errors import InvalidEvent, Refused, Violation
from ledger.events.base import REGISTRY, Timed
from ledger.events.figures import Figure, FigureFacts
from ledger.imports.content_ids import content_id
from ledger.imports.import_limits import ImportLimits
from ledger.imports.rows import Format, Piece, Row, csv_pieces, csv_rows, jsonl_pieces, jsonl_rows

UNDATED = "the row does not say when it was published; give published_at= for all rows of the file (now is an answer)"


def pieces(file: BinaryIO, file_format: Format, limits: ImportLimits) -> Iterator[Piece]:
    """A file in pieces, in order."""
    if file_format == "parquet":
        # Here, since Arrow takes as long to load as all the rest, and most programs need none of it.
        from ledger.imports.parquet import parquet_pieces

        return parquet_pieces(file, limits)
    return jsonl_pieces(file) if file_format == "jsonl" else csv_pieces(file)


def verdicts_on(piece: Piece, published_at: str | None) -> bytes:
    """The verdicts on the rows of a piece; those that do not say when they were published were at `published_at`."""
    return marshal.dumps([(row.number, _chooses_id(row.sent), _verdict(row, published_at)) for row in _rows(piece)])


class Verdicts(NamedTuple):
    """The verdicts on rows that follow each other."""

    numbers: list[int]
    chosen: list[bool]
    """Whether the row names its event_id, and so a fact of its own; else it is known by what it says."""
    events: list[Draft | Refused]


def read_back(verdicts: bytes) -> Verdicts:
    """What `verdicts_on` made."""
    numbers: list[int] = []
    chosen: list[bool] = []
    events: list[Draft | Refused] = []
    made = tuple.__new__  # as Draft(…) does it, a million times
    for number, chooses, verdict in marshal.loads(verdicts):  # noqa: S302 - made by this program, and for it
        numbers.append(number)
        chosen.append(chooses)
        if type(verdict) is list:
            events.append(InvalidEvent([Violation(*one) for one in verdict]))
        else:
            type_name, event_key, expected_version, digest, state, facts = verdict
            known = None if facts is None else made(FigureFacts, facts)
            events.append(made(Draft, (type_name, event_key, expected_version, digest, state, known)))
    return Verdicts(numbers, chosen, events)


def _chooses_id(sent: Any) -> bool:
    return type(sent) is dict and sent.get("event_id") is not None


def _rows(piece: Piece) -> Iterator[Row]:
    if piece.format == "parquet":
        from ledger.imports.parquet import parquet_rows

        return parquet_rows(piece)
    return jsonl_rows(piece) if piece.format == "jsonl" else csv_rows(piece)


def _verdict(row: Row, published_at: str | None) -> DraftRow | list[tuple[object, ...]]:
    """A draft, as a tuple; or why there is none, as a list."""
    if row.fault is not None:
        return _reasons([row.fault])
    sent = row.sent
    undated = type(sent) is dict and sent.get("published_at") is None and _is_dated(sent.get("type"))
    if undated and published_at is not None:
        sent = {**sent, "published_at": published_at}
    try:
        type_name, event_key, expected_version, digest, state, facts = prepare(sent)
        if undated and published_at is None:
            raise InvalidEvent([Violation(("published_at",), "undated", UNDATED)])
        if event_key is None:
            event_key, digest = content_id(type_name, body_of(type_name, state, position=0))
    except InvalidEvent as error:
        return _reasons(error.violations)
    return type_name, event_key, expected_version, digest, state, None if facts is None else tuple(facts)


def _is_dated(type_name: Any) -> bool:
    """Whether events of this type say what somebody published: figures, and what holds over time."""
    cls = REGISTRY.get(type_name) if isinstance(type_name, str) else None
    return cls is not None and issubclass(cls, Figure | Timed) and not cls.known_at_once


def _reasons(violations: Sequence[Violation]) -> list[tuple[object, ...]]:
    return [(one.path, one.rule, one.detail, None, one.unlisted) for one in violations]
