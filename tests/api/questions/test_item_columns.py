"""A table has the same columns, of the same types, whether it has rows or not and whatever is in them."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pytest

from api.cli.demo import sample_path
from api.formats.negotiation import ARROW, CSV, Format
from api.formats.render import page_file
from api.problems import Problem
from api.questions.audit import AUDIT_QUESTIONS, AuditQuestion
from api.questions.page import Page
from api.questions.resources import events
from ledger import Ledger, import_file
from projections import CATALOGUE, Engine
from tests.api.helpers import mined
from tests.oracle.facts import Item
from tests.shared_tables import engine_of

RELIED = "/v1/figures?subject=australia&metric=mine_production&period=2024"
MORE: list[Item] = [
    {
        "type": "MetricDefined",
        "metric": "world_share",
        "unit": "percent",
        "formula": "mine_production / mine_production[subject=world]",
    },
    {"type": "PreferenceSet", "publishers": ["usgs"], "reason": "it counts"},
    {
        "type": "RelianceRegistered",
        "reliance": "page-4",
        "title": "Page 4",
        "question": RELIED,
        "basis": {"as_of": "2025-06-30"},
    },
]
BEFORE_ALL = {"as_of": "1900", "recorded_as_of": "position:1"}
ASKED: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "concentration": ({"metric": "mine_production", "period": "2023", "material": "rare-earths"}, {"metric": "none"}),
    "diff": ({"from_as_of": "2024-01-01"}, {"from_as_of": "1900", "to_as_of": "1900"}),
    "impact": (
        {"recorded_from": "position:100", "as_of": "2026-03-01"},
        {"recorded_from": "position:1", "recorded_to": "position:1", "as_of": "1900"},
    ),
    "search": ({"q": "china"}, {"q": "xyzzy"}),
    "trace": ({"entity": "lynas-rare-earths"}, {**BEFORE_ALL, "entity": "lynas-rare-earths"}),
}
"""What a question needs, where there is an answer and where there is none."""
QUESTIONS: list[tuple[AuditQuestion, Mapping[str, str]]] = [
    (question, {} if resource is None else {"resource": resource})
    for question in AUDIT_QUESTIONS
    for resource in next((one.schema["enum"] for one in question.parameters if one.name == "resource"), [None])
]
NAMES = [" ".join((question.name, *more.values())) for question, more in QUESTIONS]


@pytest.fixture(scope="module")
def known() -> Iterator[Engine]:
    """The shipped ledger, and an event of each kind that it has none of, for all tests together."""
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        import_file(ledger, sample_path())
        ledger.append(MORE)
        yield engine


def body(page: Page, form: Format) -> bytes:
    return b"".join(page_file(page, form).blocks())


def schema(page: Page) -> pa.Schema:
    return pa.ipc.open_stream(body(page, ARROW)).read_all().schema.remove_metadata()


def answers(engine: Engine, question: AuditQuestion, more: Mapping[str, str]) -> tuple[Page, Page]:
    """The question where there is an answer, and where there is none."""
    full, empty = ASKED.get(question.name, ({}, BEFORE_ALL))
    pages = [question.ask(engine, {**more, **given, "format": "arrow"}) for given in (full, empty)]
    assert sum(len(part) for part in pages[1].parts()) == 0
    return pages[0], pages[1]


@pytest.mark.parametrize(("question", "more"), QUESTIONS, ids=NAMES)
def test_an_empty_table_has_the_columns_of_a_full_one(
    known: Engine, question: AuditQuestion, more: Mapping[str, str]
) -> None:
    full, empty = answers(known, question, more)
    assert schema(empty) == schema(full)
    heads = [next(csv.reader(io.StringIO(body(page, CSV).decode()))) for page in answers(known, question, more)]
    assert heads[0] == heads[1] == schema(empty).names


@pytest.mark.parametrize(("question", "more"), QUESTIONS, ids=NAMES)
def test_items_have_the_columns_that_are_declared_and_no_others(
    known: Engine, question: AuditQuestion, more: Mapping[str, str]
) -> None:
    full, _ = answers(known, question, more)
    for item in (item for part in full.parts() if isinstance(part, list) for item in part):
        assert list(item) == list(full.columns)


def test_there_is_an_answer_to_nearly_every_question(known: Engine) -> None:
    without = [
        name
        for name, (question, more) in zip(NAMES, QUESTIONS, strict=True)
        if not any(len(part) for part in answers(known, question, more)[0].parts())
    ]
    of_few = [f"disputes {name}" for name in CATALOGUE if name not in ("figures", "policies")]
    assert set(without) <= {"vintages risks", "slips risks", "impact links", "impact risks", *of_few}


def test_the_vintages_across_come_behind_the_columns_that_are_always_there(known: Engine) -> None:
    for resource in ("figures", "facilities", "relationships"):
        asked = {"resource": resource, "layout": "wide", "format": "arrow"}
        (question,) = (one for one in AUDIT_QUESTIONS if one.name == "vintages")
        full, empty = (schema(question.ask(known, {**asked, **more})) for more in ({}, BEFORE_ALL))
        assert len(full) > len(empty) > 5 - 2 * (resource != "figures")
        assert list(full)[: len(empty)] == list(empty)


def test_a_log_of_no_events_has_the_columns_that_all_events_have(known: Engine) -> None:
    asked = {"type": "FacilityAnnounced", "format": "arrow"}
    full, empty = (schema(events(known, {**asked, **more})) for more in ({}, {"after": "999999"}))
    assert empty.names == ["type", "event_id", "position", "recorded_at", "recorded_by"]
    assert list(full)[: len(empty)] == list(empty)
    assert "facility" in full.names
    assert body(events(known, {**asked, "after": "999999"}), CSV).decode().strip() == ",".join(empty.names)
    rows = events(known, {"type": "FacilityAnnounced"}).rows()
    assert rows
    assert list(rows[0])[: len(empty)] == empty.names


def test_what_does_not_fit_the_type_of_a_column_is_refused_and_changes_no_type() -> None:
    most = "9" * 20
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append(
            [
                {"type": "EntityRegistered", "entity": "usgs", "kind": "organisation", "name": "USGS"},
                {"type": "EntityRegistered", "entity": "australia", "kind": "country", "name": "Australia"},
                {"type": "EntityRegistered", "entity": "rare-earths", "kind": "material", "name": "Rare earths"},
                mined("australia", most, "2024-01-31", period="2023"),
                mined("australia", f"-{most}", "2025-01-31", period="2023"),
            ]
        )
        (question,) = (one for one in AUDIT_QUESTIONS if one.name == "vintages")
        asked: dict[str, Any] = {"as_of": "2026"}
        page = question.ask(engine, {**asked, "format": "arrow"})
        assert page.rows()[-1]["change"] == f"-1{most[:-1]}8"
        assert f"-1{most[:-1]}8".encode() in body(page, CSV)
        with pytest.raises(Problem, match="change holds what does not fit") as refused:
            body(page, ARROW)
        assert "does_not_fit" in str(refused.value.errors)
