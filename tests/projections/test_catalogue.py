"""Every column of every view has a kind, and the type in DuckDB that this kind has."""

import re

import pytest

from projections import CATALOGUE, Kind
from projections.queries.compose import question
from projections.tables.families import families
from tests.projections.conftest import Book

TYPES = {
    Kind.TEXT: {"VARCHAR"},
    Kind.SLUG: {"VARCHAR"},
    Kind.DECIMAL: {"VARCHAR", "DECIMAL"},
    Kind.COUNT: {"INTEGER", "BIGINT"},
    Kind.FLAG: {"BOOLEAN"},
    Kind.DAY: {"DATE"},
    Kind.INSTANT: {"TIMESTAMP"},
    Kind.MOMENT: {"VARCHAR"},
    Kind.IDENTIFIER: {"UUID"},
    Kind.TEXTS: {"VARCHAR[]"},
    Kind.SLUGS: {"VARCHAR[]"},
    Kind.OBJECT: {"VARCHAR"},
    Kind.OBJECTS: {"STRUCT[]"},
}


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_kinds_of_a_view_are_those_of_its_columns(name: str, book: Book) -> None:
    projection = CATALOGUE[name]
    with book.engine.reader(book.engine.viewpoint()) as reader:
        rows = reader.ask(f"DESCRIBE {question(name, families())} SELECT * FROM items", prefer=[])
    types = {column: re.sub(r"\(.*\)", "", str(type_)) for column, type_, *_ in rows}
    undeclared = types.keys() - projection.kinds.keys()
    assert not undeclared, f"declare their kinds in `columns` of {name!r}, or in the common vocabulary: {undeclared}"
    assert {column for column, type_ in types.items() if type_ not in TYPES[projection.kinds[column]]} == set()
    assert projection.columns.keys() <= types.keys(), "kinds of columns that the view has not"
