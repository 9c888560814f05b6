"""Mapped pieces: the events of a table in pieces, as those of other files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from ledger.errors import Violation
from ledger.imports.mappings.epcis_events import epcis_events
from ledger.imports.mappings.mapped_events import MappedEvents
from ledger.imports.mappings.table_mapping import TableMapping
from ledger.imports.mappings.tables import USUAL_READING, Reading, Table, open_table
from ledger.imports.registrations import Kinds
from ledger.imports.rows import PIECE_ROWS, Piece, Row
from ledger.imports.tables_of_others import VERDICT
from ledger.imports.templates.event_sheets import event_rows, event_table

_Plain = tuple[tuple[str | int, ...], str, str]
"""A fault as plain values, as pieces hold them."""
UNUSED_SHOWN = 30
ROWS_SHOWN = 20
UNHIDE = "unhide what is meant, and delete the rest"


@dataclass(frozen=True)
class MappedFile:
    """What a mapping makes of a file: its events in pieces, and what is to be said of it as a whole."""

    pieces: Iterator[Piece]
    notes: Callable[[], list[str]]
    """To be asked once all pieces were taken."""
    left_out: Sequence[str] = ()
    """The columns that may hold figures, and that nothing was taken from."""


def mapped_file(
    file: BinaryIO,
    name: str,
    mapping: TableMapping,
    names: dict[str, str],
    *,
    register: Kinds | None,
    reading: Reading = USUAL_READING,
) -> MappedFile:
    """The events of a file. Raises MappingError where the mapping does not fit it."""
    if mapping.document is not None:
        facts = epcis_events(file, mapping, names, register=register)
        return MappedFile(_pieces(facts.rows(), file), facts.notes)
    table = open_table(file, name, mapping.table, reading)
    events = MappedEvents(mapping, table.columns, names, register=register)
    said = []
    left_out: list[str] = []
    if mapping.values and (unused := [name for name in events.unused if name != VERDICT]):
        left_out += unused
        shown = ", ".join(name[:40] for name in unused[:UNUSED_SHOWN])
        more = f" and {len(unused) - UNUSED_SHOWN} more" if len(unused) > UNUSED_SHOWN else ""
        said.append(f"The mapping {mapping.name} takes nothing from the columns {shown}{more}")

    def notes() -> list[str]:
        return [*said, *events.notes(), *table.remarks(), *_of_headers(table)]

    return MappedFile(_pieces(events.rows(table.rows), file), notes, [*left_out, *table.hidden_left_out()])


def sheet_file(file: BinaryIO, names: dict[str, str], *, register: Kinds | None) -> MappedFile:
    """The events of a workbook that was filled in. Raises MappingError where it is none."""
    table = event_table(file)
    rows = event_rows(table, names, register=register)
    return MappedFile(_pieces(rows, file), lambda: [*table.remarks(UNHIDE), *_of_headers(table)])


def _of_headers(table: Table) -> Iterator[str]:
    """Which rows were skipped as they say the header once more."""
    if rows := table.headers_again:
        shown = ", ".join(map(str, rows[:ROWS_SHOWN]))
        more = f" and {len(rows) - ROWS_SHOWN} more" if len(rows) > ROWS_SHOWN else ""
        which = f"row {shown}, which was" if len(rows) == 1 else f"rows {shown}{more}, which were"
        yield f"The header stands once more in {which} skipped"


def _pieces(events: Iterator[Row], file: BinaryIO) -> Iterator[Piece]:
    rows: list[tuple[int, Any, _Plain | None, list[_Plain]]] = []
    for row in events:
        rows.append((row.number, row.sent, None if row.fault is None else _plain(row.fault), [*map(_plain, row.more)]))
        if len(rows) >= PIECE_ROWS:
            yield Piece("mapped", rows[0][0], rows, file.tell())
            rows = []
    if rows:
        yield Piece("mapped", rows[0][0], rows, file.tell())


def _plain(fault: Violation) -> _Plain:
    return fault.path, fault.rule, fault.detail


def mapped_rows(piece: Piece) -> Iterator[Row]:
    """The rows of a piece."""
    for number, sent, fault, more in piece.raw:
        yield Row(number, sent, None if fault is None else Violation(*fault), tuple(Violation(*one) for one in more))


def table_events(file: BinaryIO, name: str, mapping: TableMapping, names: dict[str, str]) -> Iterator[Row]:
    """The events that a mapping makes of a table, row by row, of which nothing is recorded. `names` are those that
    the ledger knows. Raises MappingError.
    """
    for piece in mapped_file(file, name, mapping, names, register=None).pieces:
        yield from mapped_rows(piece)
