"""A piece of a file, made ready for the log: the pure step of an import, and the same in any process.

What comes out is bytes of plain values (in the form of `marshal`, which both ends of a pipe between two processes of
one interpreter share): they cost little to hand over, and little memory while a whole file waits to be recorded.
"""

import marshal
from collections.abc import Iterator, Sequence
from typing import BinaryIO
from uuid import NAMESPACE_URL

from ledger.append.prepare import PreparedRow, prepare
from ledger.errors import InvalidEvent, Refused, Violation
from ledger.imports.rows import Format, Piece, Row, csv_pieces, csv_rows, jsonl_pieces, jsonl_rows
from ledger.values.identifiers import of_name


def pieces(file: BinaryIO, file_format: Format) -> Iterator[Piece]:
    """A file in pieces, in order."""
    if file_format == "parquet":
        # Here, since Arrow takes as long to load as all the rest, and most programs need none of it.
        from ledger.imports.parquet import parquet_pieces

        return parquet_pieces(file)
    return jsonl_pieces(file) if file_format == "jsonl" else csv_pieces(file)


def prepared_rows(piece: Piece, sha256: str) -> bytes:
    """The rows of a piece of the file with this hash, each prepared or refused."""
    return marshal.dumps([(row.number, _outcome(row, sha256)) for row in _rows(piece)])


def read_back(made: bytes) -> tuple[list[int], list[PreparedRow | Refused]]:
    """What `prepared_rows` made: the numbers of the rows, and what became of each."""
    numbers: list[int] = []
    events: list[PreparedRow | Refused] = []
    for number, outcome in marshal.loads(made):  # noqa: S302 - made by this program, and for it
        numbers.append(number)
        if type(outcome) is list:
            events.append(InvalidEvent([Violation(*one) for one in outcome]))
        else:
            events.append(outcome)
    return numbers, events


def _rows(piece: Piece) -> Iterator[Row]:
    if piece.format == "parquet":
        from ledger.imports.parquet import parquet_rows

        return parquet_rows(piece)
    return jsonl_rows(piece) if piece.format == "jsonl" else csv_rows(piece)


def _outcome(row: Row, sha256: str) -> PreparedRow | list[tuple[object, ...]]:
    """A prepared event, as a tuple; or why there is none, as a list."""
    if row.fault is not None:
        return _told([row.fault])
    try:
        topic, event_id, expected_version, digest, state, about = prepare(row.sent)
    except InvalidEvent as error:
        return _told(error.violations)
    if event_id is None:
        event_id = of_name(NAMESPACE_URL, f"urn:supply-ledger:import:{sha256}:{row.number}".encode())
    # As bare tuples: others have no form in bytes.
    return (topic, event_id, expected_version, digest, state, None if about is None else tuple(about))  # type: ignore[return-value]


def _told(violations: Sequence[Violation]) -> list[tuple[object, ...]]:
    return [(one.path, one.rule, one.detail) for one in violations]
