"""The verdict on each row of a piece of a file: a draft that may be placed, or why there is none.

It is the pure step of an import, and the same in any process. What comes out is bytes of plain values (in the form of
`marshal`, which both ends of a pipe between two processes of one interpreter share): they cost little to hand over, and
little memory while a whole file waits to be recorded.
"""

import marshal
from collections.abc import Iterator, Sequence
from typing import BinaryIO
from uuid import NAMESPACE_URL

from ledger.append.prepare import Draft, DraftRow, prepare
from ledger.errors import InvalidEvent, Refused, Violation
from ledger.events.figures import FigureFacts
from ledger.imports.import_limits import ImportLimits
from ledger.imports.rows import Format, Piece, Row, csv_pieces, csv_rows, jsonl_pieces, jsonl_rows
from ledger.values.identifiers import of_name


def pieces(file: BinaryIO, file_format: Format, limits: ImportLimits) -> Iterator[Piece]:
    """A file in pieces, in order."""
    if file_format == "parquet":
        # Here, since Arrow takes as long to load as all the rest, and most programs need none of it.
        from ledger.imports.parquet import parquet_pieces

        return parquet_pieces(file, limits)
    return jsonl_pieces(file) if file_format == "jsonl" else csv_pieces(file)


def verdicts_on(piece: Piece, sha256: str) -> bytes:
    """The verdicts on the rows of a piece of the file with this hash (in hex)."""
    return marshal.dumps([(row.number, _verdict(row, sha256)) for row in _rows(piece)])


def read_back(verdicts: bytes) -> tuple[list[int], list[Draft | Refused]]:
    """What `verdicts_on` made: the numbers of the rows, and the draft or the refusal of each."""
    numbers: list[int] = []
    events: list[Draft | Refused] = []
    made = tuple.__new__  # as Draft(…) does it, a million times
    for number, verdict in marshal.loads(verdicts):  # noqa: S302 - made by this program, and for it
        numbers.append(number)
        if type(verdict) is list:
            events.append(InvalidEvent([Violation(*one) for one in verdict]))
        else:
            type_name, event_key, expected_version, digest, state, facts = verdict
            known = None if facts is None else made(FigureFacts, facts)
            events.append(made(Draft, (type_name, event_key, expected_version, digest, state, known)))
    return numbers, events


def _rows(piece: Piece) -> Iterator[Row]:
    if piece.format == "parquet":
        from ledger.imports.parquet import parquet_rows

        return parquet_rows(piece)
    return jsonl_rows(piece) if piece.format == "jsonl" else csv_rows(piece)


def _verdict(row: Row, sha256: str) -> DraftRow | list[tuple[object, ...]]:
    """A draft, as a tuple; or why there is none, as a list."""
    if row.fault is not None:
        return _reasons([row.fault])
    try:
        type_name, event_key, expected_version, digest, state, facts = prepare(row.sent)
    except InvalidEvent as error:
        return _reasons(error.violations)
    if event_key is None:
        event_key = of_name(NAMESPACE_URL, f"urn:supply-ledger:import:{sha256}:{row.number}".encode())
    return type_name, event_key, expected_version, digest, state, None if facts is None else tuple(facts)


def _reasons(violations: Sequence[Violation]) -> list[tuple[object, ...]]:
    return [(one.path, one.rule, one.detail, None, one.unlisted) for one in violations]
