"""Files hold all items, written a part at a time; JSON comes in pages; and what fails midway is no file."""

import io
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from pyarrow import parquet
from typer.testing import CliRunner

from api.app import create_app
from api.cli.main import app
from api.formats.answer_file import Room
from api.formats.negotiation import ARROW, CSV, FORMATS, JSON, JSONL, PARQUET, XLSX, Format
from api.formats.render import page_file
from api.formats.xlsx import ROWS_MAX
from api.problems import Problem
from api.questions.page import PART_ROWS, Items, Page
from api.questions.resources import events, state
from api.settings import data_directory
from ledger import Ledger
from projections import CATALOGUE, Abandoned, Allowance, Engine, Inquiry, OutOfMemory, OutOfTime, Viewpoint
from projections.queries.inquiry import BoundedInquiry
from projections.tables.database import ARROW_ROWS
from tests.api.helpers import BASICS, Api, mined, organisation
from tests.shared_tables import engine_of, tables_for

FILES = [form for form in FORMATS if form is not JSON]
PARTS, ROWS = 20, 1000
MANY = 250


def rows_in(form: Format, body: bytes) -> int:
    if form is XLSX:
        return int(openpyxl.load_workbook(io.BytesIO(body))["items"].max_row) - 1
    if form is PARQUET:
        return int(parquet.read_metadata(io.BytesIO(body)).num_rows)
    if form is ARROW:
        return len(pa.ipc.open_stream(body).read_all())
    return body.count(b"\n") - (form is CSV)


def many(count: int = MANY) -> list[dict[str, Any]]:
    return [mined("australia", str(number), "2024-01-31", period=str(1700 + number)) for number in range(count)]


@pytest.fixture(scope="module")
def long() -> Iterator[Api]:
    """A ledger with more of everything than a page holds, for all tests together: none may write to it."""
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*BASICS, *(organisation(f"one-{number}") for number in range(MANY)), *many()])
        yield Api(TestClient(create_app(engine, answers_bytes_max=0)))


class Parts:
    """A long answer that counts how many of its parts are held at a time."""

    def __init__(self, part: Callable[[int], Items], *, failing: Exception | None = None) -> None:
        self._part, self._failing = part, failing
        self.held: list[weakref.ref[Any]] = []
        self.most = 0

    def __call__(self) -> Iterator[Items]:
        for number in range(1, PARTS):
            part = self._part(number)
            if isinstance(part, pa.Table):
                self.held = [weakref.ref(part), *(one for one in self.held if one() is not None)]
            self.most = max(self.most, len(self.held))
            yield part
            del part
        if self._failing is not None:
            raise self._failing


def table(number: int) -> pa.Table:
    return pa.table(
        {"subject": ["x"] * ROWS, "canonical_value": [str(number)] * ROWS, "period_start": ["2024-01-01"] * ROWS}
    )


def listed(number: int) -> list[dict[str, Any]]:
    return [{"subject": "x", f"field_{number}": number}] * ROWS


@pytest.mark.parametrize("form", [CSV, JSONL, PARQUET, ARROW], ids=lambda form: form.name)
def test_a_long_answer_is_written_a_part_at_a_time(form: Format) -> None:
    parts = Parts(table)
    file = page_file(Page(table(0), {}, rest=parts), form)
    assert rows_in(form, b"".join(file.blocks())) == PARTS * ROWS
    assert 1 <= parts.most <= 2


@pytest.mark.parametrize("form", FILES, ids=lambda form: form.name)
def test_lists_in_parts_have_every_member_as_a_column(form: Format) -> None:
    body = b"".join(page_file(Page(listed(0), {}, rest=Parts(listed)), form).blocks())
    assert rows_in(form, body) == PARTS * ROWS
    if form is PARQUET:
        names = ["subject", *(f"field_{number}" for number in range(PARTS))]
        assert parquet.read_schema(io.BytesIO(body)).names == names


@pytest.mark.parametrize("form", FILES, ids=lambda form: form.name)
@pytest.mark.parametrize("part", [table, listed])
def test_what_fails_midway_gives_no_file(form: Format, part: Callable[[int], Items]) -> None:
    with pytest.raises(OutOfTime):
        page_file(Page(part(0), {}, rest=Parts(part, failing=OutOfTime(1))), form)


@pytest.mark.parametrize("form", FILES, ids=lambda form: form.name)
def test_whoever_writes_looks_whether_the_question_is_over(form: Format) -> None:
    allowance = Allowance()
    allowance.abandon()
    with pytest.raises(Abandoned):
        page_file(Page(table(0), {}), form, check=allowance.check)


def test_a_workbook_holds_so_many_items_and_no_more() -> None:
    full = pa.table({"a": pa.array(range(ROWS_MAX))})
    assert rows_in(XLSX, b"".join(page_file(Page(full, {}), XLSX).blocks())) == ROWS_MAX
    for page in (Page(full, {}, rest=lambda: iter([full])), Page([{"a": 1}] * (ROWS_MAX + 1), {})):
        with pytest.raises(Problem) as refused:
            page_file(page, XLSX)
        assert (refused.value.status, "csv or parquet" in refused.value.detail) == (422, True)


def test_files_have_only_so_much_room() -> None:
    room = Room(bytes_max=3_000_000)
    held = page_file(Page([{"a": "x" * 1_000_000}] * 2, {}), JSONL, room=room)
    assert (room.used, held.is_large) == (held.size, True)
    with pytest.raises(Problem) as refused:
        page_file(Page([{"a": "x" * 1_000_000}] * 2, {}), JSONL, room=room)
    assert (refused.value.status, refused.value.kind) == (503, "file-limit")
    assert room.used == held.size
    del held
    assert room.used == 0


@pytest.mark.parametrize("form", FILES, ids=lambda form: form.name)
@pytest.mark.parametrize("path", ["figures", "events", "entities", "vintages"])
def test_files_hold_all_and_json_a_page(long: Api, form: Format, path: str) -> None:
    count = {"figures": MANY, "vintages": MANY, "events": 2 * MANY + len(BASICS), "entities": MANY + len(BASICS)}[path]
    whole = long.client.get(f"/v1/{path}.{form.name}")
    assert (whole.status_code, rows_in(form, whole.content)) == (200, count)
    assert "next" not in whole.links
    assert len(long.items(path)) == 100
    some = long.client.get(f"/v1/{path}", params={"format": form.name, "limit": "7"})
    assert rows_in(form, some.content) == 7
    following = some.headers["Link"].partition(">")[0].lstrip("<").replace("limit=7", "limit=9")
    assert rows_in(form, long.client.get(following).content) == 9
    rest = following.replace("limit=9&", "").replace("&limit=9", "")
    assert rows_in(form, long.client.get(rest).content) == count - 7


def test_the_log_is_read_in_pages_and_whole(api: Api, engine: Engine) -> None:
    for _ in range(3):
        api.post(*(mined("australia", str(number), "2024-01-31") for number in range(PART_ROWS)))
    sizes = [len(part) for part in events(engine, {"format": "jsonl"}).parts()]
    assert (max(sizes), sum(sizes)) == (PART_ROWS, 3 * PART_ROWS + len(BASICS))


def test_a_file_that_a_limit_cut_says_so(api: Api) -> None:
    api.post(*many(20))
    cut, whole = (api.client.get(f"/v1/figures.parquet{more}").content for more in ("?limit=7", ""))
    assert b"ledger-cut" in parquet.read_schema(io.BytesIO(cut)).metadata
    assert b"ledger-cut" not in (parquet.read_schema(io.BytesIO(whole)).metadata or {})
    for more, complete in (("?limit=7", False), ("", True)):
        book = openpyxl.load_workbook(io.BytesIO(api.client.get(f"/v1/figures.xlsx{more}").content))
        names, values = book["basis"].iter_rows(values_only=True)
        assert dict(zip(names, values, strict=True))["complete"] is complete


def test_columns_are_typed_and_what_was_printed_stays(api: Api) -> None:
    api.post(mined("australia", "13000.50", "2024-01-31"))
    schema = parquet.read_schema(io.BytesIO(api.client.get("/v1/figures.parquet").content))
    types = {name: str(schema.field(name).type) for name in schema.names}
    assert types["canonical_value"] == types["canonical_low"] == types["spread"] == "decimal128(38, 18)"
    assert types["period_start"] == "date32[day]"
    assert types["recorded_at"] == "timestamp[us, tz=UTC]"
    assert types["value"] == types["low"] == types["published_at"] == types["period"] == "string"
    log = parquet.read_schema(io.BytesIO(api.client.get("/v1/events.parquet").content))
    assert str(log.field("value").type) == "string"
    tidy = parquet.read_schema(io.BytesIO(api.client.get("/v1/vintages.parquet").content))
    assert str(tidy.field("canonical_value").type) == "decimal128(38, 18)"
    wide = parquet.read_schema(io.BytesIO(api.client.get("/v1/vintages.parquet?layout=wide").content))
    assert str(wide.field("2024-01-31").type) == "decimal128(38, 18)"
    shares = parquet.read_schema(
        io.BytesIO(api.client.get("/v1/concentration.parquet?metric=mine_production&period=2023").content)
    )
    assert str(shares.field("share").type) == "decimal128(38, 18)"


def test_a_sheet_reads_from_the_left(api: Api) -> None:
    api.post(mined("australia", "13000.50", "2024-01-31"))
    book = openpyxl.load_workbook(io.BytesIO(api.client.get("/v1/figures.xlsx").content))
    sheet = book["items"]
    names = [one.value for one in sheet[1]]
    assert names[0] == "subject"
    assert set(names[-4:]) == {"figure_id", "event_id", "recorded_at", "position"}
    assert (sheet.freeze_panes, sheet[1][0].font.bold, sheet.auto_filter.ref[:2]) == ("A2", True, "A1")
    row = dict(zip(names, sheet[2], strict=True))
    assert (row["value"].value, row["canonical_value"].value) == ("13000.50", 13000.5)
    assert row["period_start"].is_date
    assert row["period_start"].number_format == "yyyy\\-mm\\-dd"
    assert sheet.column_dimensions[row["subject"].column_letter].width >= len("australia")


class Failing(Engine):
    """Its long answers end with an error after their first part."""

    error: Exception = OutOfTime(1)

    def within(self, allowance: Allowance) -> Inquiry:
        error = self.error

        class Ending(BoundedInquiry):
            def read_all(
                self,
                name: str,
                viewpoint: Viewpoint,
                *,
                filters: Mapping[str, Any] | None = None,
                sort: str | None = None,
                offset: int = 0,
                as_text: bool = True,
            ) -> Iterator[pa.Table]:
                yield next(
                    super().read_all(name, viewpoint, filters=filters, sort=sort, offset=offset, as_text=as_text)
                )
                raise error

        return Ending(self.ledger, self.reader, allowance)


@pytest.fixture(scope="module")
def failing() -> Iterator[Failing]:
    with Ledger(":memory:") as ledger, tables_for(ledger) as path, Failing(ledger, path=path) as engine:
        ledger.append([*BASICS, mined("australia", "1", "2024")])
        yield engine


@pytest.mark.parametrize("form", FILES, ids=lambda form: form.name)
@pytest.mark.parametrize("error", [OutOfTime(1), OutOfMemory("the question needs more"), Abandoned("gone")])
def test_an_answer_that_fails_midway_is_a_problem(failing: Failing, form: Format, error: Exception) -> None:
    failing.error = error
    answer = TestClient(create_app(failing)).get(f"/v1/figures.{form.name}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")


@pytest.fixture(scope="module")
def of_two_parts() -> Iterator[Engine]:
    """An engine over a few more entities than are read at a time."""
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        half = ARROW_ROWS // 2 + 500
        for start in (0, half):
            ledger.append([organisation(f"o-{number}") for number in range(start, start + half)])
        yield engine


@pytest.mark.parametrize("end", ["gone", "no time"])
def test_a_long_answer_ends_with_its_question(of_two_parts: Engine, end: str) -> None:
    engine = of_two_parts
    allowance = Allowance(seconds=3600)
    page = state(engine.within(allowance), CATALOGUE["entities"], {"format": "csv"})
    parts = page.parts()
    held = len(next(parts))
    if end == "gone":
        allowance.abandon()
    else:
        allowance.ends_at = 0
    assert held < engine.ledger.head()
    with pytest.raises(Abandoned if end == "gone" else OutOfTime):
        sum(map(len, parts))


def test_the_command_line_prints_all(tmp_path: Path) -> None:
    with Ledger(data_directory(tmp_path).ledger_path) as ledger:
        ledger.append([*BASICS, *many()])

    def lines(*words: str) -> int:
        result = CliRunner().invoke(app, [*words, "--data", str(tmp_path)])
        assert result.exit_code == 0, result.stderr
        return len(result.stdout.splitlines())

    assert lines("figures", "--format", "csv") == MANY + 1
    assert lines("figures", "--format", "jsonl") == MANY
    assert lines("figures", "--format", "jsonl", "--limit", "7") == 7
    assert lines("events", "--format", "jsonl") == MANY + len(BASICS)
    assert lines("vintages", "--format", "csv") == MANY + 1
    assert (
        '"next": null' not in CliRunner().invoke(app, ["figures", "--format", "json", "--data", str(tmp_path)]).stdout
    )
