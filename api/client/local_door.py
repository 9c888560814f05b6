"""The door of this machine: the files of a data directory, asked in this process.

The questions are those that the server and the command line ask; nothing is answered here. Tables are kept beside the
log as those of a server are; where a server has them open they are made in memory.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pyarrow as pa

from api.client.door import Drawing, FirstRows, JsonPage, Parameters, Row, SqlRows
from api.client.door_errors import BookError, NoLedger, Refusal
from api.formats.cells import json_text
from api.formats.columnar import cut_of, is_cut
from api.formats.negotiation import ARROW, CSV, JSON, JSONL, XLSX
from api.formats.render import json_groups, page_answer, page_file
from api.formats.typed_columns import tables_of
from api.problems import Problem, not_found, problem_of, refused
from api.questions.append_answers import dry_run_answer, events_in, written_basis
from api.questions.asked_paths import question_at
from api.questions.document_check import PARAMETERS as CHECK_PARAMETERS
from api.questions.document_check import Checked, check_of_document, form_asked, form_of_type
from api.questions.import_question import MEMBER, SentFile, import_answer, import_options, taken_in
from api.questions.import_question import PARAMETERS as IMPORT_PARAMETERS
from api.questions.page import PART_ROWS, Page, viewpoint_of
from api.questions.parameters import PAGING, checked
from api.questions.repeated_question import asked
from api.settings import ASOF_ROWS, CLOCK_CONFIRMED, DataPlace, data_directory, import_limits
from api.settings_file import BadSetting
from ledger import LedgerError, Refused, digest, parse_json
from projections import (
    Allowance,
    Engine,
    FilterError,
    Inquiry,
    QuestionsRefused,
    TablesUnavailable,
    Unanswered,
    UnknownFilter,
)
from projections.sandbox import Sandbox

T = TypeVar("T")
EVENT_TYPES = "/v1/event-types"


class LocalDoor:
    """A ledger that is open in this process, by its engine."""

    def __init__(self, engine: Engine, place: str) -> None:
        self.place = place
        self._engine = engine
        self._ledger = engine.ledger
        self._sandbox: Sandbox | None = None
        self._is_closed = False

    @classmethod
    def of_directory(cls, place: DataPlace | None, *, make: bool) -> "LocalDoor":
        """The ledger in a data directory. Raises NoLedger where there is none, unless it is to be made."""
        with _told():
            chosen = data_directory(place)
            if not chosen.has_ledger:
                if not make:
                    raise NoLedger(
                        f"There is no ledger in {chosen.name}. Name the directory of one, or make one: "
                        f'open({chosen.name!r}, make=True), or "supply-ledger demo" for the shipped one.'
                    )
                if chosen.address is None:
                    _made(chosen.path)
            ledger = chosen.ledger(confirmed=CLOCK_CONFIRMED.value())
            return cls(Engine.beside(ledger, chosen.projections_path), chosen.name)

    def close(self) -> None:
        """Close the tables and the log."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._sandbox is not None:
            self._sandbox.close()
        self._engine.close()
        self._ledger.close()

    def first(self, path: str, parameters: Parameters, *, rows: int | None) -> FirstRows:
        """The first rows of the answer to a question, with the table of all. Raises Refusal.

        To ask for some costs about what all cost, so they are read once. The log alone may be too long to be held.
        """
        some = None if "limit" in parameters else rows

        def made(page: Page) -> FirstRows:
            shown = list(_rows(replace(page.with_items(page.items[:some]), rest=None)))
            if isinstance(page.items, list) and page.rest is not None:
                is_all = len(shown) == len(page.items) < PART_ROWS
                return FirstRows(shown, is_all, *_beside(page))
            held = page if page.rest is None else replace(page, rest=partial(iter, list(page.rest())))
            is_all = page.next is None and len(shown) == sum(map(len, held.parts()))
            return FirstRows(shown, is_all, *_beside(page), _whole_table_if_it_fits(held))

        return self._asked(path, {**parameters, "format": ARROW.name}, made)

    def page(self, path: str, parameters: Parameters) -> JsonPage:
        """A page of the answer to a question. Raises Refusal."""
        return self._asked(path, parameters, lambda page: JsonPage(list(_rows(page)), page.next, *_beside(page)))

    def rows(self, path: str, parameters: Parameters) -> Iterator[Row]:
        """All items of an answer. Raises Refusal."""
        return iter(self._asked(path, {**parameters, "format": JSONL.name}, lambda page: list(_rows(page))))

    def table(self, path: str, parameters: Parameters) -> pa.Table:
        """All items of an answer as a table. Raises Refusal."""
        return self._asked(path, {**parameters, "format": ARROW.name}, _whole_table)

    def _asked(self, path: str, parameters: Parameters, made: Callable[[Page], T]) -> T:
        """What is made of the page that answers a question, read to its end: nothing is left open."""

        def ask() -> T:
            return made(_page(self._engine.within(Allowance(holds_all=True)), path, parameters))

        with _told():
            return asked(ask)

    def sql(self, statement: Mapping[str, str]) -> SqlRows:
        """The rows of a statement. Raises Refusal."""
        from api.questions.sql_question import sandbox_limits, sql_page, statement_of

        with _told():
            if self._sandbox is None:
                self._sandbox = Sandbox(replace(sandbox_limits(), children=1))
            said = statement_of(orjson.dumps(dict(statement)))
            sandbox = self._sandbox
            page = asked(lambda: sql_page(self._engine, sandbox, said, {"format": ARROW.name}))
            return SqlRows(_whole_table(page), dict(page.basis))

    def asof(self, table: bytes, media_type: str, parameters: Parameters) -> SqlRows:
        """A table of questions with its answers. Raises Refusal."""
        from api.formats.sent_tables import format_sent, sent_table
        from api.questions.point_question import PARAMETERS as KNOWN
        from api.questions.point_question import point_page

        with _told():
            given = {**checked(parameters.items(), KNOWN), "format": ARROW.name}
            sent = sent_table(table, format_sent(media_type), rows_max=ASOF_ROWS.value())
            page = asked(lambda: point_page(self._engine, sent, given))
            return SqlRows(_whole_table(page), dict(page.basis))

    def check(self, document: bytes, media_type: str, parameters: Parameters) -> dict[str, Any]:
        """A document that is checked. Raises Refusal."""
        with _told():
            page = self._checked(document, media_type, parameters).page()
            basis, members = _beside(page)
            return {"items": list(_rows(page)), "basis": basis, **members}

    def marked(self, document: bytes, media_type: str, parameters: Parameters) -> bytes:
        """The same document with its marks. Raises Refusal."""
        with _told():
            checked_one = self._checked(document, media_type, parameters)
            marked = checked_one.marked()
            if isinstance(marked, str):
                return marked.encode()
            form = next((one for one in (CSV, XLSX) if one.name == checked_one.document.form), JSON)
            if form is not JSON:
                return b"".join(page_file(marked, form).blocks())
            body = page_answer(marked, JSON, path="", query=()).body
            return body if isinstance(body, bytes) else b"".join(body.blocks())

    def _checked(self, document: bytes, media_type: str, parameters: Parameters) -> Checked:
        given = checked(parameters.items(), CHECK_PARAMETERS)
        form = form_asked(given) or form_of_type(media_type)
        directory = self._ledger.directory
        return asked(lambda: check_of_document(self._engine, document, form, given, directory))

    def chart(self, name: str, parameters: Parameters, form: Drawing) -> bytes:
        """A chart. Raises Refusal."""
        from api.reports.charts.chart_question import CHART_FORMATS, CHARTS, drawn

        question = CHARTS[name]
        with _told():
            given = checked(parameters.items(), question.known)
            made = asked(lambda: question.chart(self._engine, given, viewpoint_of(self._engine, given)))
            return drawn(made, next(one for one in CHART_FORMATS if one.name == form))

    def append(self, raw: bytes, *, key: str | None, dry_run: bool) -> dict[str, Any]:
        """Record the events of a JSON text, or see what that would do. Raises Refusal."""
        with _told():
            value = parse_json(raw)
            events = events_in(value)
            if dry_run:
                return asked(lambda: dry_run_answer(self._engine, value))
            request = None if key is None else (key, digest(value))
            try:
                receipt = self._ledger.append(events, request=request)
            except Refused as error:
                raise refused(error, batch=events is value) from None
            basis = written_basis(self._ledger, position=receipt.position, recorded_at=receipt.recorded_at)
            return {"items": list(receipt.items), "basis": basis}

    def take_in(self, file: Path, parameters: Parameters) -> dict[str, Any]:
        """Record the events of a file, or see what that would do. Raises Refusal."""
        with _told():
            given = checked(parameters.items(), IMPORT_PARAMETERS)
            options = import_options(given, self._ledger.directory, mapping_files=True)
            with file.open("rb") as opened:
                sent = SentFile(opened, file.name, given.get(MEMBER.name))
                report = taken_in(self._engine, sent, options, import_limits())
            return import_answer(self._engine, report, options)


def _page(engine: Inquiry, path: str, parameters: Parameters) -> Page:
    """The page that answers a question. Raises Problem."""
    if path == EVENT_TYPES:
        from api.questions.event_types import event_types

        return event_types(engine, checked(_pairs(parameters), PAGING))
    question = question_at(path)
    if question is None:
        raise not_found(f"There is nothing to ask under {path[:200]!r}.")
    form = {"format": parameters["format"]} if "format" in parameters else {}
    given = {**checked(_pairs(parameters), question.known), **form}
    if "receipt" in given:
        from api.questions.answer_receipts import with_receipt

        return with_receipt(engine, question.ask(engine, given), path, given)
    return question.ask(engine, given)


def _rows(page: Page) -> Iterator[Row]:
    """The items as they would arrive over HTTP, so that both doors give the same to the letter."""
    for lines in json_groups(page, b"\n"):
        yield from (orjson.loads(line) for line in lines.split(b"\n") if line)


def _beside(page: Page) -> tuple[dict[str, Any], dict[str, Any]]:
    """The basis, and what is beside the items, as they would arrive over HTTP."""
    beside = orjson.loads(json_text([page.basis, page.more]))
    return beside[0], beside[1]


def _whole_table_if_it_fits(page: Page) -> pa.Table | None:
    """The items as one table; None where a number is too long for its column, so that there are only rows."""
    try:
        return _whole_table(page)
    except Problem:
        return None


def _whole_table(page: Page) -> pa.Table:
    """The items of a page as one table, which says of itself where a limit left items out."""
    table = pa.concat_tables(tables_of(page))
    return table.replace_schema_metadata(cut_of(page)) if is_cut(page) else table


def _pairs(parameters: Parameters) -> list[tuple[str, str]]:
    """The parameters without the format, which a header says over HTTP: not every question has it as a parameter."""
    return [(name, text) for name, text in parameters.items() if name != "format"]


def _made(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NoLedger(f"The directory {directory} cannot be made: {error.strerror}. Name another.") from None


@contextmanager
def _told() -> Iterator[None]:
    """Whatever the ledger says against something, said as a refusal."""
    try:
        yield
    except (
        *(Problem, LedgerError, FilterError, QuestionsRefused),
        *(TablesUnavailable, Unanswered, UnknownFilter),
    ) as error:
        raise Refusal(problem_of(error).document()) from None
    except (BadSetting, ValueError) as error:  # a file of a kind that is not taken, an option that cannot be
        raise BookError(f"{error}.") from None
