"""A book: opened, asked, written to, and what is said where that is not possible."""

import doctest
import json
import pickle
import socket
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import supply_ledger as sl

from api.app import create_app
from api.client import book as book_module
from api.client import book_questions, book_viewpoint, recorded_events, result
from api.client.book_questions import questions
from api.http.access import Access
from api.keys.key_check import KeyCheck
from api.keys.key_file import KeyFile
from api.keys.scopes import APPEND, READ
from api.questions.audit import AUDIT_QUESTIONS
from projections import CATALOGUE, Engine
from tests.api.client.doors import both, same
from tests.api.formats.long_list import served
from tests.api.helpers import BASICS, country, mined, opened, organisation

TABLE_OF_COUNTRIES = """
name = "of-countries"
[parameters]
publisher = "usgs"
[event]
type = "ProductionReported"
metric = "mine_production"
subject = { from = "{country}", names = true }
unit = "t"
published_at = "2026-01-31"
source = { publisher = "{publisher}" }
[[value]]
columns = "(?P<year>[0-9]{4})"
period = "{year}"
"""
FACTS = [*BASICS, mined("china", "240000", "2024-01-31"), mined("china", "270000", "2025-01-31")]


@pytest.fixture(params=["here", "over HTTP"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sl.Book]:
    """A book of a few facts, through either door."""
    with opened(tmp_path / "ledger.db") as engine, both(engine) as books:
        engine.ledger.append(FACTS)
        yield books[request.param == "over HTTP"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with sl.open(tmp_path / "data", make=True) as book:
        book.append(FACTS)
    return tmp_path / "data"


def test_the_name_that_is_installed_has_all_public_names() -> None:
    import api.client

    assert sl.__all__ == api.client.__all__
    assert all(getattr(sl, name) is getattr(api.client, name) for name in sl.__all__)


def test_a_result_that_is_shown_says_how_names_were_taken(book: sl.Book) -> None:
    mistyped = book.figures(subject="chna")
    assert "'chna' names nothing here. Did you mean china?" in repr(mistyped)
    assert "Did you mean china?" in mistyped._repr_html_()
    taken = book.figures(subject="China")
    assert "'China' is taken for china" in repr(taken)
    long = book.figures(subject="\x1b" + "z" * 200, publisher="usgss")
    assert max(map(len, repr(long).splitlines())) <= 80
    assert "\x1b" not in repr(long) + long._repr_html_()
    assert "taken for" not in repr(book.figures(subject="china"))


def test_a_book_is_opened_closed_and_opened_again(data: Path) -> None:
    with sl.open(data) as book:
        assert [row["value"] for row in book.figures()] == ["270000"]
        assert repr(book) == f"Book({str(data)!r})"
    with sl.open(str(data)) as book:
        assert len(book.events()) == len(FACTS)


def test_where_there_is_no_ledger_it_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(sl.NoLedger, match="make=True"):
        sl.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_where_there_is_no_server_it_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(sl.NoServer, match=f"http://127.0.0.1:{port} could not be asked: Connection refused"):
        sl.open(f"http://127.0.0.1:{port}")
    for address in ("ftp://127.0.0.1", "http://", "http://user:word@127.0.0.1", "http://127.0.0.1/?q=1"):
        with pytest.raises(sl.NoServer, match="An address begins"):
            sl.open(address)


def test_what_answers_and_is_no_ledger_is_told_from_one(tmp_path: Path) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<html>" if self.path.startswith("/page/") else b'{"items": 3}'
            self.send_response(302 if self.path.startswith("/moved/") else 200)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for path in ("page", "json", "moved"):
            with pytest.raises(sl.NoServer, match="is no ledger"):
                sl.open(f"http://127.0.0.1:{server.server_port}/{path}")
        server.shutdown()


def test_a_key_opens_what_its_scope_names(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.db")
    texts = {scope: keys.create(scope.value, frozenset({scope})) for scope in (READ, APPEND)}
    check = KeyCheck(keys.path)
    with opened(tmp_path / "ledger.db") as engine:
        engine.ledger.append(FACTS)
        with served(engine, create_app(engine, access=Access(keys=check))) as url:
            for key in (None, "slk_wrong"):
                with pytest.raises(sl.Refusal) as refusal:
                    sl.open(url, key=key)
                assert refusal.value.status == 401
            with sl.open(url, key=texts[READ]) as reader, sl.open(url, key=texts[APPEND]) as feeder:
                assert len(reader.figures()) == 1
                assert len(feeder.append(country("peru"))) == 1
                for refused in (lambda: reader.append(country("chile")), feeder.figures):
                    with pytest.raises(sl.Refusal) as refusal:
                        refused()
                    assert refusal.value.status == 403
                assert texts[READ] not in repr(reader) + str(vars(reader))
    check.close()


def test_a_book_goes_on_after_its_server_closed_the_connection(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.db") as engine, both(engine) as (_, remote):
        engine.ledger.append(FACTS)
        assert len(remote.figures()) == 1
        remote._door._connection.sock.close()  # type: ignore[attr-defined]
        with pytest.raises(sl.NoServer):
            remote.events()
        assert len(remote.events()) == len(FACTS)


def test_every_resource_and_every_question_of_the_audit_is_a_method(data: Path) -> None:
    with sl.open(data) as book:
        questions = {one.name.replace("-", "_") for one in AUDIT_QUESTIONS}
        known = {*CATALOGUE, *questions, "events", "event_types", "history", "sql", "chart"}
        assert known <= set(dir(book))
        assert known <= set(dir(book.as_of("2024")))
        assert "subject: " in (book.figures.__doc__ or "")
        with pytest.raises(AttributeError, match="'figurs'; there are: figures"):
            book.figurs()


@pytest.mark.parametrize("name", [name for name in questions() if name != "diff"])
def test_a_method_tells_its_filters(name: str, data: Path) -> None:
    from inspect import signature

    with sl.open(data) as book:
        names = {one.name.partition(".")[0] for one in questions()[name].filters}
        assert {*names, "limit", "thing"} == set(signature(getattr(book.now, name)).parameters)


def test_a_viewpoint_is_a_value() -> None:
    one = sl.Viewpoint(date(2025, 12, 31), recorded_as_of=120)
    assert one == sl.Viewpoint("2025-12-31", recorded_as_of="position:120")
    assert len({one, sl.Viewpoint("2025-12-31", "position:120"), sl.Viewpoint("2025-12-31")}) == 2
    assert eval(repr(one), {"Viewpoint": sl.Viewpoint}) == one
    assert pickle.loads(pickle.dumps(one)) == one
    assert str(sl.Viewpoint()) == "as of now"
    at = datetime(2025, 1, 31, 8, tzinfo=UTC)
    assert sl.Viewpoint(at, effective_at="2025").clocks() == {"as_of": "2025-01-31T08:00:00Z", "effective_at": "2025"}


@pytest.mark.parametrize("wrong", ["2025-13-31", "yesterday", datetime(2025, 1, 31, 8), ""])
def test_what_is_no_moment_is_no_viewpoint(wrong: Any) -> None:
    with pytest.raises(sl.WrongMoment, match="as_of"):
        sl.Viewpoint(wrong)


def test_a_viewpoint_without_a_book_says_how_it_gets_one() -> None:
    with pytest.raises(sl.BookError, match=r"book\.at"):
        sl.Viewpoint("2025").figures()


def test_one_viewpoint_is_asked_of_several_books(data: Path, tmp_path: Path) -> None:
    then = sl.Viewpoint("2024-06-30")
    with sl.open(data) as book, sl.open(tmp_path / "other", make=True) as other:
        assert (len(book.at(then).figures()), len(other.at(then).figures())) == (1, 0)
        assert book.at(then) == other.at(then) == then


def test_rows_have_numbers_and_dates(book: sl.Book) -> None:
    (row,) = book.as_of("2024-06-30").figures(subject="china").rows()
    assert (row["canonical_value"], row["value"]) == (Decimal("240000"), "240000")
    assert row["period_start"].__class__ is date
    assert row["recorded_at"].tzinfo is not None


def test_what_is_recorded_meanwhile_changes_no_form_of_a_result(book: sl.Book) -> None:
    result = book.figures(subject="china")
    book.append(mined("china", "1", "2026-01-31"))
    assert [row["value"] for row in result] == result.arrow()["value"].to_pylist() == ["270000"]
    assert result.receipt["basis"]["position"] == len(FACTS)
    assert [row["value"] for row in book.figures(subject="china")] == ["1"]


def test_filters_are_lists_dates_flags_and_dictionaries(book: sl.Book) -> None:
    assert len(book.figures(subject=["china", "australia"], period_from=date(2020, 1, 1), disputed=False)) == 1
    assert len(book.figures(dimension={"basis": "none"})) == 0
    assert len(book.figures(subject=None)) == 1
    with pytest.raises(sl.BookError, match="subject: float"):
        book.figures(subject=1.5)  # type: ignore[arg-type]


def test_a_refusal_says_what_to_do(book: sl.Book) -> None:
    with pytest.raises(sl.Refusal, match="did you mean subject") as refusal:
        book.figures(subjct="china")
    assert (refusal.value.status, refusal.value.kind) == (422, "bad-parameter")
    assert refusal.value.errors[0]["rule"] == "unknown_parameter"
    with pytest.raises(sl.Refusal) as unknown:
        book.policies("no-such-policy")
    assert unknown.value.status == 404


def test_a_limit_cuts_and_says_so(book: sl.Book) -> None:
    result = book.events(limit=2)
    assert (len(result), result.is_cut, len(result.arrow())) == (2, True, 2)
    assert "cut by the limit" in repr(result)
    assert not book.events().is_cut


def test_longer_answers_come_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.client.result.FIRST_ROWS", 2)
    with opened(tmp_path / "ledger.db") as engine, both(engine) as books:
        engine.ledger.append(FACTS)
        for book in books:
            result = book.events()
            assert [row["position"] for row in result] == list(range(1, len(FACTS) + 1))
            assert len(result) == len(FACTS) == len(result.arrow())
            assert not result.is_cut


@pytest.mark.parametrize("limit", [1, 2, 3, len(FACTS) - 1, len(FACTS), 10_000])
def test_a_limit_above_the_first_rows_is_kept_in_every_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr("api.client.result.FIRST_ROWS", 2)
    with opened(tmp_path / "ledger.db") as engine, both(engine) as books:
        engine.ledger.append(FACTS)
        for name in ("events", "entities", "search"):
            asked: dict[str, Any] = {"q": "china"} if name == "search" else {}
            every = len(getattr(books[0], name)(**asked))
            results = [getattr(book, name)(limit=limit, **asked) for book in books]
            assert len(same(*results)) == min(limit, every)
            assert {result.is_cut for result in results} == {limit < every}


def test_sql_is_answered_at_the_viewpoint(book: sl.Book) -> None:
    result = book.as_of("2024-06-30").sql("SELECT subject, SUM(canonical_value) AS total FROM figures GROUP BY ALL")
    assert result.rows() == [{"subject": "china", "total": Decimal(240000)}]
    assert result.basis["sql"].startswith("SELECT")
    with pytest.raises(sl.BookError, match="without receipts"):
        _ = result.receipt
    with pytest.raises(sl.Refusal):
        book.sql("DROP TABLE figures")


def test_a_chart_is_drawn(book: sl.Book) -> None:
    (row,) = book.figures().rows()
    for chart in (book.chart(row["figure_id"]), book.as_of("2025").chart(subject="china", metric="mine_production")):
        assert chart.spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
        assert chart.svg().startswith("<svg")
        assert chart.png().startswith(b"\x89PNG")


def test_events_are_appended_all_or_none(book: sl.Book) -> None:
    again = {**mined("australia", "13000", "2025-01-31"), "value": Decimal("13000.50")}
    planned = book.append([again], dry_run=True)
    assert repr(planned) == "Recorded(dry run: 1 would be recorded, 1 answer would change)"
    assert [effect["after"]["value"] for effect in planned.effects] == ["13000.50"]
    recorded = book.append([again], key="first")
    assert recorded.items[0]["position"] == len(FACTS) + 1
    assert book.append([again], key="first").items == recorded.items
    with pytest.raises(sl.Refusal, match="Nothing was recorded"):
        book.append([organisation("new"), {"type": "Nothing"}])
    assert len(book.events()) == len(FACTS) + 1


def test_an_import_is_planned_and_then_carried_out(book: sl.Book, tmp_path: Path) -> None:
    file = tmp_path / "facts.jsonl"
    file.write_text("".join(json.dumps(fact) + "\n" for fact in (country("peru"), mined("peru", "7", "2025-01-31"))))
    plan = book.import_(file)
    assert (plan.recorded, plan.rejected, len(plan.effects)) == (2, 0, 1)
    assert repr(plan) == "ImportPlan(2 recorded)"
    assert len(book.events()) == len(FACTS)
    done = plan.carry_out()
    assert (repr(done), len(book.events())) == ("Imported(2 recorded)", len(FACTS) + 2)
    assert book.import_(file).carry_out().duplicate == 2
    file.write_text("{}\n")
    with pytest.raises(sl.BookError, match="plan the import anew"):
        plan.carry_out()
    wrong = book.import_(file)
    assert (wrong.rejected, wrong.errors[0]["row"]) == (1, 1)
    with pytest.raises(sl.Refusal, match="Nothing was recorded"):
        wrong.carry_out()


def test_a_table_is_imported_by_a_mapping(book: sl.Book, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("country,2023\nChina,250000\n")
    with pytest.raises(sl.Refusal, match="mapping"):
        book.import_(file, mapping="no-such-mapping", set={"publisher": "usgs"})
    mapping = tmp_path / "mine.toml"
    mapping.write_text(TABLE_OF_COUNTRIES)
    if "http" in repr(book):
        with pytest.raises(sl.Refusal, match="supply-ledger mapping save FILE"):
            book.import_(file, mapping=mapping)
    else:
        assert book.import_(file, mapping=mapping).recorded == 1
        plan = book.import_(file, mapping=str(mapping), set={"publisher": "bgs"})
        assert plan.carry_out().recorded == 1
        assert [one["publisher"] for one in book.figures(period="2023", publisher="bgs")] == ["bgs"]
    with pytest.raises(sl.BookError):
        book.import_(tmp_path / "absent.csv")
    other = tmp_path / "table.xyz"
    other.write_text("x")
    with pytest.raises(sl.BookError):
        book.import_(other)


WITH_EXAMPLES = [book_module, book_questions, book_viewpoint, recorded_events, result]


@pytest.mark.parametrize("module", WITH_EXAMPLES, ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_are_true_of_the_shipped_ledger(module: Any, shipped: Engine) -> None:
    with both(shipped) as books:
        for book in books:
            told = {**vars(module), "book": book}
            found = doctest.testmod(module, extraglobs=told, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
            assert (found.failed, found.attempted > 0) == (0, True)


def test_a_missing_library_is_named(book: sl.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    result = book.figures()
    for name, form in (("pandas", result.df), ("polars", result.pl)):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(sl.MissingLibrary, match=f"pip install {name}"):
            form()


def test_data_frames_have_numbers_as_numbers_and_dates_as_dates(shipped: Engine) -> None:
    with both(shipped) as (here, _):
        result = here.as_of("2026-03-01").figures(metric="mine_production")
        frame, exact = result.df(), result.df(exact=True)
        rows = result.rows()
        assert [None if value != value else value for value in frame["canonical_value"]] == [
            None if row["canonical_value"] is None else float(row["canonical_value"]) for row in rows
        ]
        assert str(frame["canonical_value"].dtype) == "float64"
        assert str(frame["period_start"].dtype).startswith("datetime64")
        assert exact["canonical_value"][0] == rows[0]["canonical_value"]
        polars, precise = result.pl(), result.pl(exact=True)
        assert str(polars.schema["canonical_value"]) == "Float64"
        assert polars["canonical_value"].to_list() == [
            None if row["canonical_value"] is None else float(row["canonical_value"]) for row in rows
        ]
        assert precise["canonical_value"].to_list() == [row["canonical_value"] for row in rows]
        assert len(frame) == len(polars) == len(result)


def test_what_is_shown_fits_a_terminal_and_runs_nothing(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>\x1b[2J"
    with opened(tmp_path / "ledger.db") as engine, both(engine) as (book, _):
        engine.ledger.append([{**organisation("evil"), "name": name}])
        result = book.entities()
        html = result._repr_html_()
        assert "&lt;script&gt;" in html
        assert "<script" not in html
        assert "\x1b" not in html + repr(result)
        assert max(map(len, repr(result).splitlines())) <= 80
        assert "1 row" in repr(result)


def test_a_book_may_be_closed_twice(tmp_path: Path) -> None:
    with sl.open(tmp_path, make=True) as book:
        book.close()
    book.close()


@pytest.mark.parametrize("events", ["x", [1], {"value": float("nan")}, {"name": "\ud800"}, {"name": object()}])
def test_what_is_no_event_is_refused_by_the_door(tmp_path: Path, events: Any) -> None:
    with sl.open(tmp_path, make=True) as book, pytest.raises(sl.BookError, match="no events"):
        book.append(events)
