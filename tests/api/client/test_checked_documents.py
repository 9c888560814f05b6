"""`book.check`: a document in every form, through both doors."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.client import Book, BookError, Refusal
from projections import Engine
from tests.api.client.doors import both

TEXT = "China mined 240,000 t of rare earths in 2023."
CLAIM = {"subject": "China", "metric": "mine_production", "material": "rare-earths", "period": 2023, "value": 240000}


@pytest.fixture(scope="module")
def books(shipped: Engine) -> Iterator[tuple[Book, Book]]:
    with both(shipped) as both_books:
        yield both_books


def test_both_doors_say_the_same_of_every_form(books: tuple[Book, Book], tmp_path: Path) -> None:
    report, table = tmp_path / "report.md", tmp_path / "table.csv"
    report.write_text(TEXT, encoding="utf-8")
    table.write_text("Country,Mine production of rare earths 2023 (t)\nChina,240000\n", encoding="utf-8")
    for given in (report, str(table), [{**CLAIM, "unit": "t"}]):
        local, server = (book.check(given, written="2024-06-30", as_of="2026-11-27") for book in books)
        assert local.rows() == server.rows()
        assert [row["verdict"] for row in local] == ["superseded"]
        assert [row["written_verdict"] for row in local] == ["current"]
        assert (local.counts, local.unread, local.basis) == (server.counts, server.unread, server.basis)
        assert local.document() == server.document()
        assert local.df()["value"].to_list() == server.pl()["value"].to_list() == ["255000"]


def test_a_text_comes_back_with_its_marks(books: tuple[Book, Book]) -> None:
    for book in books:
        check = book.check(text=TEXT, as_of="2024-06-30")
        assert (len(check), check.counts) == (1, {"current": 1, "unread": 0})
        assert check.document().decode().startswith(TEXT)
        assert "1 current" in repr(check)


def test_what_cannot_be_checked_is_an_error(books: tuple[Book, Book]) -> None:
    for book in books:
        with pytest.raises(BookError, match="text="):
            book.check()
        with pytest.raises(BookError, match="cannot be read"):
            book.check("/no/such/report.md")
        with pytest.raises(Refusal, match="mapping"):
            book.check(text=TEXT, mapping="nothing")
