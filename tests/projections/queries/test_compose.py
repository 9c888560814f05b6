"""What a view declares to read is what it reads: by DuckDB's own parser, and by binding with nothing else there."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from projections.catalogue import CATALOGUE
from projections.queries.compose import _clauses, lookup, question, reads_of, text_of
from projections.queries.transitions import PREFIX
from projections.shared_views import SHARED_VIEWS, SharedView
from projections.tables.families import families
from tests.projections.conftest import Book

VIEWS = sorted({*CATALOGUE, *SHARED_VIEWS})
VIEWPOINTS = (
    "SELECT 0 AS viewpoint, CAST(1 AS BIGINT) AS position, NOW()::TIMESTAMP AS as_of, as_of AS effective_at, "
    "UUID() AS figure_id"
)


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in a parsed statement."""
    if isinstance(tree, dict):
        yield tree
    for inner in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(inner)


def relations_in(text: str) -> set[str]:
    """The relations without a schema that a SELECT names, those aside that it defines itself."""
    with duckdb.connect() as connection:
        (serialized,) = connection.execute("SELECT JSON_SERIALIZE_SQL($text)", {"text": text}).fetchall()[0]
    tree = json.loads(serialized)
    assert not tree["error"], tree
    named = {one["table_name"] for one in nodes(tree) if one.get("type") == "BASE_TABLE" and not one["schema_name"]}
    defined = {one["key"] for node in nodes(tree) for one in node.get("cte_map", {}).get("map", ())}
    return named - defined


def bind(book: Book, view: str) -> list[tuple[Any, ...]]:
    """The columns of a view where there is nothing but what it declares to read: (name, type, …)."""
    many = "viewpoints" in reads_of(view)
    text = question(view, families(), viewpoints=VIEWPOINTS if many else None)
    with book.engine.reader(book.engine.viewpoint()) as reader:
        return reader.ask(f"DESCRIBE {text} SELECT * FROM items", prefer=[])


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_reads_what_it_declares_and_nothing_else(view: str, book: Book) -> None:
    families_read = [one.removeprefix(PREFIX) for one in reads_of(view) if one.startswith(PREFIX)]
    beside = {f"{name}_{family}" for family in families_read for name in ("spoken", "amendments")}
    assert relations_in(text_of(view)) - beside == set(reads_of(view))
    assert bind(book, view)


@pytest.mark.parametrize("view", [name for name, view in SHARED_VIEWS.items() if view.lookup])
def test_a_lookup_finds_what_the_view_has(view: str, book: Book) -> None:
    text = lookup(view, ["TRUE"])
    with book.engine.reader(book.engine.viewpoint()) as reader:
        columns = [name for name, *_ in reader.ask(f"DESCRIBE {text}")]
    assert columns == [name for name, *_ in bind(book, view)]
    assert "held_" not in text
    assert not relations_in(text.replace("$as_of", "NOW()"))


def test_only_what_is_declared_as_a_lookup_is_asked_as_one() -> None:
    with pytest.raises(ValueError, match="not declared as a lookup"):
        lookup("current", [])


def test_a_missing_declaration_does_not_bind(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHARED_VIEWS, "subjects", SharedView(("held_figures",)))
    with pytest.raises(duckdb.CatalogException, match="answer_intervals"):
        bind(book, "subjects")


def test_a_relation_that_is_not_there_cannot_be_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOGUE, "risks", replace(CATALOGUE["risks"], reads=("dangers",)))
    with pytest.raises(ValueError, match="'risks' reads 'dangers'"):
        question("risks", families())
    monkeypatch.setitem(SHARED_VIEWS, "subjects", SharedView(("viewpoints",)))
    with pytest.raises(ValueError, match="viewpoints"):
        question("subjects", families())


def test_an_event_begins_and_ends_at_the_instants_that_are_said_and_no_other(book: Book) -> None:
    """What any view may ask of an event: whether it has begun, is over, and is listed, to the microsecond."""
    risk = {"type": "RiskRaised", "category": "political", "subject": "lynas", "description": "It may stop."}
    held = {"effective_from": "2025-12-01", "effective_to": "2025-12-31"}
    book.record(
        {**risk, **held, "risk": "told-before", "published_at": "2025-10-09"},
        {**risk, **held, "risk": "told-later", "published_at": "2026-03-01"},
        {**risk, "risk": "without-end", "published_at": "2025-12-01"},
    )
    clauses = ",\n".join(_clauses(("risks",), families(), rows={}, view="risks"))
    text = f"WITH {clauses} SELECT begun, past, listed FROM risks ORDER BY position"
    told = {
        "2025-10-08T23:59:59.999999Z": [(False, False, False), (False, False, False), (False, False, False)],
        "2025-10-09T00:00:00Z": [(False, False, True), (False, False, False), (False, False, False)],
        "2025-11-30T23:59:59.999999Z": [(False, False, True), (False, False, False), (False, False, False)],
        "2025-12-01T00:00:00Z": [(True, False, True)] * 3,
        "2025-12-31T23:59:59.999999Z": [(True, False, True)] * 3,
        "2026-01-01T00:00:00Z": [(True, True, True), (True, True, True), (True, False, True)],
    }
    for instant, expected in told.items():
        with book.engine.reader(book.engine.viewpoint(as_of="2027", effective_at=instant)) as reader:
            assert reader.ask(text) == expected, instant
