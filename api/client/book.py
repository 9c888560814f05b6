"""A book: a ledger that is open, in a directory of this machine or behind a server, with the same methods for both."""

from collections.abc import Mapping, Sequence
from datetime import date
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from api.client.book_questions import Questions
from api.client.book_viewpoint import Viewpoint
from api.client.checked_document import CheckedDocument, document_to_check
from api.client.door import Door
from api.client.filter_texts import FilterValue, parameters_of
from api.client.import_plan import ImportPlan
from api.client.question_frames import Frame, sent_questions
from api.client.recorded_events import Recorded, json_of
from api.client.result import Result, WholeAnswer

TIMEOUT_S = 120.0


def open(  # noqa: A001  so it reads as what it is: supply_ledger.open
    place: str | PathLike[str] | None = None, *, key: str | None = None, make: bool = False, timeout: float = TIMEOUT_S
) -> "Book":
    """Open a ledger: the data directory that has it, the address of a server, `http://127.0.0.1:8000`, or that of the
    database that has its log, `postgresql://ledger@db.example.org/facts`.

    Without a place it is the directory that the command line uses (`SUPPLY_LEDGER_DATA`, else `.supply-ledger`). `key`
    is the key that a server asks for. With `make`, a ledger is made where there is none. A server that says nothing for
    `timeout` seconds is given up.

    Raises NoLedger, NoServer, and Refusal where the key opens nothing.
    """
    in_database = isinstance(place, str) and place.startswith(("postgresql://", "postgres://"))
    if isinstance(place, str) and "://" in place and not in_database:
        from api.client.server_door import ServerDoor

        return Book(ServerDoor(place, key=key, timeout_s=timeout))
    from api.client.local_door import LocalDoor

    return Book(LocalDoor.of_directory(None if place is None else fspath(place), make=make))


class Book(Questions):
    """A ledger that is open. Asked itself, it answers as of now; `as_of` gives any other viewpoint.

    Close it when it is no longer needed, or use it in a `with` block.

    >>> report, today = book.as_of("2025-12-31"), book.as_of("2026-03-01")
    >>> len(report.figures()) < len(today.figures())
    True
    """

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def now(self) -> Viewpoint:
        """The viewpoint now."""
        return Viewpoint(_door=self._door)

    def as_of(
        self,
        as_of: str | date | None = None,
        *,
        recorded_as_of: str | date | int | None = None,
        effective_at: str | date | None = None,
    ) -> Viewpoint:
        """A viewpoint of this book: what had been published by then, and recorded by `recorded_as_of`.

        Raises WrongMoment for what is no moment.
        """
        return Viewpoint(as_of, recorded_as_of, effective_at, self._door)

    def at(self, viewpoint: Viewpoint) -> Viewpoint:
        """The same viewpoint, of this book."""
        return Viewpoint(viewpoint.as_of, viewpoint.recorded_as_of, viewpoint.effective_at, self._door)

    def asof(
        self,
        questions: Frame,
        /,
        *,
        recorded_as_of: str | date | int | None = None,
        unit: str | None = None,
        digits: int | None = None,
    ) -> Result:
        """A table of questions about figures, each at a point in time of its own, with the answers in further columns.

        `questions` is a data frame of pandas or polars, a table of Arrow, dictionaries, or the path of a file. Each row
        says which figure (`figure_id`, or `subject`, `metric` and what else tells it apart) and `as_of`, what was known
        when; also `recorded_as_of`, where it is to be what this ledger held then. The option of that name is for rows
        that say nothing, and no row sees beyond it. Raises Refusal, which names the rows, and BookError.
        """
        table, media_type = sent_questions(questions)
        clocks = Viewpoint(recorded_as_of=recorded_as_of).clocks()
        options = {**clocks, **parameters_of({"unit": unit, "digits": digits})}
        return Result(WholeAnswer("questions", self._door.asof(table, media_type, options)))

    def check(
        self,
        document: str | PathLike[str] | Sequence[Mapping[str, Any]] | None = None,
        /,
        *,
        text: str | None = None,
        written: str | date | None = None,
        as_of: str | date | None = None,
        recorded_as_of: str | date | int | None = None,
        mapping: str | None = None,
        set: Mapping[str, str] | None = None,
    ) -> CheckedDocument:
        """What is still true of the numbers in a document: a file, a list of claims, or a `text`.

        A file is text, Markdown, HTML, CSV or Excel, as its name ends. Each number that names a figure has a verdict as
        of `as_of`, by default now; with `written`, the day of the document, one of that day too. A table is read by its
        headers, or through a `mapping`, with its parameters in `set`. Raises Refusal, BookError, and WrongMoment for
        what is no moment.
        """
        sent = document_to_check(document, text)
        day = Viewpoint(written).clocks().get("as_of")
        clocks = Viewpoint(as_of, recorded_as_of).clocks()
        more = parameters_of({"written": day, "mapping": mapping, "set": set})
        return CheckedDocument(self._door, sent, {**clocks, **more})

    def append(
        self, events: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, key: str | None = None, dry_run: bool = False
    ) -> Recorded:
        """Record one event, or up to 10,000: all of them or none. When it returns they are on disk.

        `key` names the request for ever: sent again with the same events, it is answered as the first time. With
        `dry_run` everything is checked, nothing is recorded, and `effects` says which answers would change. Raises
        Refusal with what is wrong.

        >>> book.append({"type": "EntityRegistered", "entity": "peru", "kind": "country", "name": "Peru"}, dry_run=True)
        Recorded(dry run: 1 would be recorded)
        """
        return Recorded(self._door.append(json_of(events), key=key, dry_run=dry_run), dry_run=dry_run)

    def import_(
        self,
        file: str | PathLike[str],
        *,
        mapping: str | PathLike[str] | None = None,
        set: Mapping[str, str] | None = None,
        **options: FilterValue,
    ) -> ImportPlan:
        """What would become of a file of events, or with a `mapping` of a table; `carry_out()` then records it.

        A mapping is named; of a ledger in a directory it may be a file too, `"my-table.toml"`.
        `set` gives parameters of the mapping. The other options are those of `POST /v1/imports`: `mode`, `on_conflict`,
        `published_at`, `scope`, `on_missing`, `register`, `floats`, `member`. Raises Refusal, BookError.
        """
        said: dict[str, FilterValue] = {"mapping": None if mapping is None else fspath(mapping), "set": set, **options}
        return ImportPlan(self._door, Path(file), parameters_of(said))

    def close(self) -> None:
        """Close the book. A directory keeps its tables for the next time."""
        self._door.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Book({self._door.place!r})"

    def _at(self) -> tuple[Door, Viewpoint]:
        return self._door, self.now
