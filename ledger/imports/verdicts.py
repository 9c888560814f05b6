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
from ledger.events.figure_facts import FigureFacts
from ledger.imports.content_ids import content_id
from ledger.imports.exported_rows import Recorded, erased_row, is_dated, joined, taken_apart
from ledger.imports.import_limits import ImportLimits
from ledger.imports.mappings.mapped_pieces import mapped_rows
from ledger.imports.rows import Format, Piece, Row, csv_pieces, csv_rows, jsonl_pieces, jsonl_rows

UNDATED = "the row does not say when it was published; give published_at= for all rows of the file (now is an answer)"


def pieces(file: BinaryIO, file_format: Format, limits: ImportLimits) -> Iterator[Piece]:
    """A file in pieces, in order."""
    if file_format == "parquet":
        # Here, since Arrow takes as long to load as all the rest, and most programs need none of it.
        from ledger.imports.parquet import event_pieces

        return event_pieces(file, limits)
    return jsonl_pieces(file) if file_format == "jsonl" else csv_pieces(file)


class Way(NamedTuple):
    """What the verdict on a row depends on beside the row. Plain values only: it is sent to workers."""

    ledger: str
    """The identity of the ledger that the rows are for."""
    published_at: str | None = None
    """When rows that do not say so were published."""
    as_recorded: bool = False
    """Whether exported rows keep all that their ledger had set."""
    floats: bool = False
    """Whether floating-point numbers are taken, as their shortest decimals."""


def rows_of(piece: Piece, way: Way) -> Iterator[Row]:
    """The rows of a piece."""
    if piece.format == "mapped":
        return mapped_rows(piece)
    if piece.format == "parquet":
        from ledger.imports.parquet import parquet_rows

        return parquet_rows(piece, floats=way.floats)
    return jsonl_rows(piece) if piece.format == "jsonl" else csv_rows(piece)


def verdicts_on(piece: Piece, way: Way) -> bytes:
    """The verdicts on the rows of a piece."""
    return marshal.dumps([(row.number, *_verdict(row, way)) for row in rows_of(piece, way)])


def draft_on(row: Row, way: Way) -> Draft | None:
    """The draft that the verdict on one row is, if so."""
    (event,) = read_back(marshal.dumps([(row.number, *_verdict(row, way))])).events
    return event if isinstance(event, Draft) else None


class Verdicts(NamedTuple):
    """The verdicts on rows that follow each other."""

    numbers: list[int]
    recorded: list[Recorded | None]
    """What the ledger had set that a row was exported from, where it is to be kept."""
    chosen: list[bool]
    """Whether the row names its event_id, and so a fact of its own; else it is known by what it says."""
    events: list[Draft | Refused]


def read_back(verdicts: bytes) -> Verdicts:
    """What `verdicts_on` made."""
    made = Verdicts([], [], [], [])
    new = tuple.__new__  # as Draft(…) does it, a million times
    for number, chooses, recorded, verdict in marshal.loads(verdicts):  # noqa: S302 - made by this program, and for it
        made.numbers.append(number)
        made.chosen.append(chooses)
        made.recorded.append(None if recorded is None else Recorded(*recorded))
        if type(verdict) is list:
            made.events.append(InvalidEvent([Violation(*one) for one in verdict]))
        else:
            type_name, event_key, expected_version, digest, state, facts = verdict
            known = None if facts is None else new(FigureFacts, facts)
            made.events.append(new(Draft, (type_name, event_key, expected_version, digest, state, known)))
    return made


def _verdict(row: Row, way: Way) -> tuple[bool, tuple[object, ...] | None, DraftRow | list[tuple[object, ...]]]:
    """Whether the row names its event_id; what the ledger had set that is to be kept; and a draft, as a tuple, or why
    there is none, as a list.
    """
    if row.fault is not None:
        return False, None, _reasons([row.fault, *row.more, *_beside(row, way)])
    sent, kept = row.sent, None
    try:
        if type(sent) is dict and (erased := erased_row(sent)) is not None:
            return _of_erased(*erased, way)
        if type(sent) is dict:
            sent, kept = _as_sent(sent, way)
        type_name, event_key, expected_version, digest, state, facts = prepare(sent)
        if kept is None and "published_at" not in sent and is_dated(type_name):
            raise InvalidEvent([Violation(("published_at",), "undated", UNDATED)])
        chooses = event_key is not None
        if event_key is None:
            event_key, digest = content_id(type_name, body_of(type_name, state, position=0))
    except InvalidEvent as error:
        return False, None, _reasons([*error.violations, *row.more])
    draft = (type_name, event_key, expected_version, digest, state, None if facts is None else tuple(facts))
    return chooses, None if kept is None else tuple(kept), draft


def _of_erased(
    type_name: str, event_key: bytes, recorded: Recorded, way: Way
) -> tuple[bool, tuple[object, ...], DraftRow]:
    """A draft without a text, where a log is taken in as recorded. Raises InvalidEvent."""
    if not way.as_recorded:
        detail = (
            f"the event at position {recorded.position} was erased where the file comes from: leave its row out, or "
            "take the whole log in as recorded"
        )
        raise InvalidEvent([Violation(("erased",), "erased", detail)])
    return True, tuple(recorded), (type_name, event_key, None, b"", b"", None)


def _beside(row: Row, way: Way) -> Iterator[Violation]:
    """What is wrong with those fields of a faulty row that could be read, so that all of it is mended at once."""
    if type(row.sent) is not dict or row.fault is None:
        return
    known = [".".join(map(str, one.path)) + "." for one in (row.fault, *row.more)]
    try:
        said, _ = _as_sent(row.sent, way)
        prepare(said)
    except InvalidEvent as error:
        others = error.violations
    else:
        others = []
    for violation in others:
        path = ".".join(map(str, violation.path)) + "."
        if path != "." and not any(path.startswith(other) or other.startswith(path) for other in known):
            yield violation


def _as_sent(row: dict[str, Any], way: Way) -> tuple[dict[str, Any], Recorded | None]:
    """What a row says, with the date that the import gives it; and what its ledger had set, where that is kept."""
    said, recorded = taken_apart(row)
    if recorded is None:
        if way.as_recorded:
            raise InvalidEvent([Violation((), "exported", "the row has no position: it is no row of an export")])
    elif way.as_recorded:
        return said, recorded
    else:
        said = joined(said, recorded, ledger=way.ledger, counts_as_published=row.get("counts_as_published"))
    if way.published_at is not None and said.get("published_at") is None and is_dated(said.get("type")):
        said["published_at"] = way.published_at
    if said.get("published_at", "") is None:
        del said["published_at"]
    return said, None


def _reasons(violations: Sequence[Violation]) -> list[tuple[object, ...]]:
    return [(one.path, one.rule, one.detail, None, one.unlisted) for one in violations]
