"""Files of events into the ledger, with a verdict per row.

JSON Lines, CSV or Parquet (`ledger.imports.rows` and `ledger.imports.parquet` say how each is read). Mode `proceed`:
what may be recorded is, and no more is held in memory than goes into one transaction. Mode `atomic`: one rejected row
means that nothing is recorded, so the verdicts on all rows, some hundred bytes more than the rows themselves, are held
until the last has been read. How much a file may hold is in `ledger.imports.import_limits`.

A row without an event_id gets one made of what it says (`ledger.imports.content_ids`), so that a file sent again adds
nothing, however it was saved; what becomes of a row that contradicts the log is in `ledger.imports.intake`.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Unpack

from ledger.append.garbage_pause import garbage_pause
from ledger.imports.import_limits import USUAL_LIMITS, ImportLimits
from ledger.imports.import_options import NOW, ImportChoices, ImportOptions
from ledger.imports.import_report import ImportReport
from ledger.imports.intake import Intake
from ledger.imports.mappings.mapped_pieces import MappedFile, mapped_file, sheet_file
from ledger.imports.mappings.tables import Reading
from ledger.imports.packed_files import unpacked
from ledger.imports.registrations import Kinds
from ledger.imports.registrations_ahead import of_events, of_tables
from ledger.imports.rows import PIECE_ROWS, Piece
from ledger.imports.rows import Format as Format
from ledger.imports.verdicts import Way, pieces
from ledger.imports.workers import Workers
from ledger.ledger import Ledger
from ledger.values.calendars import instant_text

TRANSACTION_PIECES = 4
LARGE_BYTES = 8 * 1024 * 1024
"""From here on it pays to start workers, and to write as if for millions."""
PARQUET_TIMES = 8
"""How much smaller than text a Parquet file is, roughly."""
Progress = Callable[[int], None]
ENDINGS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}


def format_of(name: str | Path) -> Format:
    """The format that a file's name tells. Raises ValueError for an unknown ending."""
    path = Path(name)
    try:
        return ENDINGS[path.suffix.lower()]
    except KeyError:
        raise ValueError(
            f"cannot tell what {path.name} is: name it {', '.join(ENDINGS)}, also with .gz, or a .zip of one of these; "
            "or give a mapping where it is a table"
        ) from None


def import_file(
    ledger: Ledger,
    path: Path,
    *,
    member: str | None = None,
    progress: Progress | None = None,
    limits: ImportLimits = USUAL_LIMITS,
    **chosen: Unpack[ImportChoices],
) -> ImportReport:
    """Append a file's events; of a zip, those of the table in it, which `member` names where there are several.
    `progress` is called with the number of bytes read so far.

    The options are those of `ImportOptions`. Raises ValueError for one that cannot be, FileError for a file that is not
    what its name says, and ContentTooLarge for one beyond the limits, before anything of it is recorded.
    """
    has_mapping = chosen.get("mapping") is not None
    with path.open("rb") as raw, unpacked(raw, path.name, limits, member=member, directory=ledger.directory) as plain:
        file, name = plain
        file_format = "csv" if has_mapping else format_of(name)
        if progress is not None and file is not raw:
            progress = _scaled(progress, raw.seek(0, 2), file.seek(0, 2))
        return import_stream(ledger, file, file_format, name=name, progress=progress, limits=limits, **chosen)


def _scaled(progress: Progress, packed: int, plain: int) -> Progress:
    """How far a packed file is read, told in its own bytes."""
    return lambda done: progress(packed * done // max(plain, 1))


def import_stream(
    ledger: Ledger,
    file: BinaryIO,
    file_format: Format,
    *,
    name: str = "table.csv",
    progress: Progress | None = None,
    limits: ImportLimits = USUAL_LIMITS,
    **chosen: Unpack[ImportChoices],
) -> ImportReport:
    """Append the events of a seekable stream; see `import_file`. The ending of `name` says what kind of table it is,
    where there is a mapping. Raises MappingError where that does not fit.
    """
    options = ImportOptions(**chosen)
    size = file.seek(0, 2)
    limits.check_file(size)
    report = ImportReport(position=ledger.head(), dry_run=options.dry_run, verdicts={} if options.verdicts else None)
    large = size * (PARQUET_TIMES if file_format == "parquet" else 1) >= LARGE_BYTES
    published_at = instant_text(ledger.now()) if options.published_at == NOW else options.published_at
    floats = options.floats == "shortest"
    way = Way(ledger.identity, published_at, options.as_recorded, floats)
    if options.as_recorded and report.position:
        raise ValueError("as_recorded needs an empty ledger: this one has events, so their positions are taken")
    if floats and (file_format == "parquet" or name.lower().endswith(".parquet")):
        report.notes += _said_of_floats(file)
    file.seek(0)
    register: Kinds | None = None
    notes: Callable[[], list[str]] = list
    left_out: Sequence[str] = ()
    if options.mapping is None and file_format != "xlsx":
        cut = pieces(file, file_format, limits)
        if options.register is not None:
            cut, register = of_events(cut, lambda: pieces(_again(file), file_format, limits), options.register, way)
    else:

        def mapped(register: Kinds | None) -> MappedFile:
            names, again = ledger.registered_names(), _again(file)
            if options.mapping is None:
                return sheet_file(again, names, register=register)
            return mapped_file(again, name, options.mapping, names, register=register, reading=Reading(floats, limits))

        if options.register is not None:
            register = of_tables(lambda kinds: mapped(kinds).pieces, options.register, way)
        made_of_it = mapped(register)
        cut, notes, left_out = made_of_it.pieces, made_of_it.notes, made_of_it.left_out
    intake = Intake(options, report, register, left_out)
    with (
        closing(_prepared(cut, Workers(way, wanted=large), progress)) as made,
        ledger.log.bulk() if large and not options.dry_run else nullcontext(),
    ):
        if options.mode == "proceed" and not options.dry_run:
            for together in _in_turn(made, TRANSACTION_PIECES):
                _record(ledger, together, intake, report)
            if options.scope is not None:
                _record(ledger, (), intake, report, is_last=True)
        else:
            held = made if options.dry_run else _held(made, limits)
            _record(ledger, held, intake, report, all_or_nothing=options.mode == "atomic", is_last=True)
    report.notes += notes()
    return report


def _again(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file


def _said_of_floats(file: BinaryIO) -> list[str]:
    from ledger.imports.parquet import float_columns

    columns = float_columns(file)
    named = ", ".join(f"{name[:80]} ({kind})" for name, kind in list(columns.items())[:20])
    more = f" and {len(columns) - 20} more columns" if len(columns) > 20 else ""
    return [f"Floating-point numbers were taken as their shortest decimals, in {named}{more}"] if columns else []


def _record(
    ledger: Ledger,
    verdicts: Iterable[bytes],
    intake: Intake,
    report: ImportReport,
    *,
    all_or_nothing: bool = False,
    is_last: bool = False,
) -> None:
    """Record the rows of pieces that may be recorded, in one transaction; none in a dry run."""
    try:
        with ledger.batch(keep=not report.dry_run) as batch:
            intake.begin(batch)
            for piece in verdicts:
                with garbage_pause(PIECE_ROWS):
                    intake.take(batch, piece)
            if is_last:
                intake.close(batch)
            if all_or_nothing and report.rejected:
                raise _NothingRecorded
            if not report.dry_run:
                report.position = batch.state.head
    except _NothingRecorded:
        report.nothing_recorded()


class _NothingRecorded(Exception):
    """A rejected row kept the others out."""


def _held(made: Iterator[bytes], limits: ImportLimits) -> list[bytes]:
    """All verdicts of a file, which wait until the last has been made. Raises ContentTooLarge."""
    held: list[bytes] = []
    size = 0
    for piece in made:
        size += len(piece)
        limits.check_held(size)
        held.append(piece)
    return held


def _prepared(cut: Iterator[Piece], workers: Workers, progress: Progress | None) -> Generator[bytes]:
    with closing(workers.prepared(cut)) as made:
        for piece, done in made:
            if progress is not None:
                progress(done)
            yield piece


def _in_turn(made: Iterator[bytes], count: int) -> Iterator[list[bytes]]:
    while together := list(islice(made, count)):
        yield together
