"""Every column of every view has a kind, and the type in DuckDB that this kind has; every filter has its column."""

import re

import pytest

from projections import CATALOGUE, SERIES, Applies, Kind, Projection
from projections.queries.compose import question
from projections.tables.families import families
from tests.projections.conftest import Book

TYPES = {
    Kind.TEXT: {"VARCHAR"},
    Kind.SLUG: {"VARCHAR"},
    Kind.DECIMAL: {"VARCHAR", "DECIMAL"},
    Kind.PRINTED: {"VARCHAR"},
    Kind.COUNT: {"INTEGER", "BIGINT"},
    Kind.REAL: {"DOUBLE"},
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


def types_of(name: str, book: Book) -> dict[str, str]:
    """The columns of a view and their types, without what a type holds in brackets."""
    with book.engine.reader(book.engine.viewpoint()) as reader:
        rows = reader.ask(f"DESCRIBE {question(name, families())} SELECT * FROM items", prefer=[])
    return {column: re.sub(r"\(.*\)", "", str(type_)) for column, type_, *_ in rows}


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_kinds_of_a_view_are_those_of_its_columns(name: str, book: Book) -> None:
    projection = CATALOGUE[name]
    types = types_of(name, book)
    undeclared = types.keys() - projection.kinds.keys()
    assert not undeclared, f"declare their kinds in `columns` of {name!r}, or in the common vocabulary: {undeclared}"
    assert {column for column, type_ in types.items() if type_ not in TYPES[projection.kinds[column]]} == set()
    assert projection.columns.keys() <= types.keys(), "kinds of columns that the view has not"


@pytest.mark.parametrize("projection", [*CATALOGUE.values(), SERIES], ids=lambda one: one.name)
def test_a_filter_compares_with_a_column_that_there_is(projection: Projection, book: Book) -> None:
    columns = {
        Applies.ROWS: set(book.engine.table(projection.family).column_names),
        Applies.ITEMS: set(types_of("history" if projection is SERIES else projection.name, book)),
    }
    missing = {one.name for one in projection.filters if one.column and one.column not in columns[one.applies]}
    assert missing == set(), f"no such column in the {projection.family} table (ROWS) or in the view (ITEMS)"


@pytest.mark.parametrize("name", ["lead-times", "LeadTimes", "lead_", "_lead", "lead times", ""])
def test_a_projection_has_a_name_that_a_table_may_have(name: str) -> None:
    with pytest.raises(TypeError, match="its name is that of a table too"):
        Projection(name, "How long it takes.", "facilities", order=("facility",), filters=(), reads=("facilities",))
