"""Faults of files in words: once each, with all of their rows and what mends them."""

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ledger import ImportOptions, InvalidEvent, Ledger, import_stream, parse_event
from ledger.errors import Violation
from ledger.events.base import REGISTRY
from ledger.imports.fault_groups import FAULTS_TOLD_MAX, RANGES_MAX, FaultGroups
from ledger.imports.mappings.table_mapping import MappingError, parse_mapping
from ledger.imports.rows import PIECE_ROWS
from tests.ledger.conftest import figure

ODD: tuple[Any, ...] = (None, True, 0, -1, "", "x", "1,000", "9999-99", [], ["x"], {}, {"x": 1}, "\x00", "a" * 30_000)


def test_the_rows_of_a_fault_are_ranges_and_bounded() -> None:
    groups = FaultGroups()
    fault = Violation(("unit",), "unit", "unknown unit")
    for row in (1, 2, 3, 7, *range(100, 1000, 2)):
        groups.add(row, fault)
        groups.add(row, fault)  # twice in one row
    (told,) = (one.as_dict() for one in groups)
    assert told["rows"].startswith("1-3, 7, 100, 102,")
    assert told["rows"].count(",") == RANGES_MAX - 1
    assert told["count"] == 2 * 454
    assert told["rows_more"] == 2 * 454 - 2 * (4 + RANGES_MAX - 2)
    for number in range(FAULTS_TOLD_MAX + 10):
        groups.add(1, Violation(("value",), "decimal", f"{number} is odd"))
    assert (len(groups), groups.more) == (FAULTS_TOLD_MAX, 11)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("type;subject;value", "semicolons"),
        ("type\tsubject", "tabs"),
        ("Country;2023,5;2024", "`type`"),
        ("Country|2023", "bars"),
        ("Type,subject", "must be called `type`"),
        ("event_type,subject", "must be called `type`"),
        ("Country,2023,2024", "mapping suggest"),
    ],
)
def test_a_table_of_others_is_told_once_with_its_cure(ledger: Ledger, header: str, said: str) -> None:
    rows = "".join(f"a{number};b,c|d\te\n" for number in range(50))
    report = import_stream(ledger, io.BytesIO(f"{header}\n{rows}".encode()), "csv", mode="proceed")
    (fault,) = report.faults
    assert said in fault.detail
    assert (report.rejected, report.recorded) == (1, 0)
    assert "QuotaSet" not in fault.detail, "no list of all types"


def test_a_parquet_file_without_a_type_is_told_once(ledger: Ledger) -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"country": ["a", "b"] * 500, "value": ["1", "2"] * 500}), file)
    report = import_stream(ledger, file, "parquet")
    (fault,) = report.faults
    assert (fault.count, fault.rule) == (1, "malformed_parquet")
    assert "mapping" in fault.detail


@pytest.mark.parametrize("indent", [1, 4])
def test_a_document_of_many_lines_is_told_once(ledger: Ledger, indent: int) -> None:
    text = json.dumps([figure(), figure(period="2024")], indent=indent)
    report = import_stream(ledger, io.BytesIO(b"\n" + text.encode()), "jsonl")
    (fault,) = report.faults
    assert "supply-ledger append" in fault.detail
    assert [one["row"] for one in report.errors] == [2]


def test_lines_without_a_type_or_with_an_unknown_one_are_told_which_may_be_meant(ledger: Ledger) -> None:
    lines = [{"subject": "china"}] * 40 + [figure(type="ProductionReportd")] * 2 + [figure(type=["x"])]
    report = import_stream(ledger, io.BytesIO("".join(json.dumps(one) + "\n" for one in lines).encode()), "jsonl")
    missing, unknown, odd = (one.as_dict() for one in report.faults)
    assert (missing["rows"], missing["rule"]) == ("1-40", "missing")
    assert (unknown["rows"], unknown["rule"]) == ("41-42", "unknown_type")
    assert "is it ProductionReported" in unknown["detail"]
    assert odd["rows"] == "43"


def test_what_rows_name_is_registered_as_what_it_must_be(ledger: Ledger) -> None:
    facts = [
        figure(subject="lithia", source={"publisher": "survey"}),
        figure(subject="lithia", material="ore", source={"publisher": "survey"}, period="2024"),
        {"type": "RelationshipStated", "subject": "survey", "relation": "party_to", "object": "pact"},
        {"type": "PolicyAnnounced", "policy": "p", "jurisdiction": "lithia", "kind": "tariff", "materials": ["ore"]},
        {"type": "EntityRegistered", "entity": "later", "kind": "market", "name": "Later"},
    ]
    body = "".join(json.dumps({"published_at": "2024", **one}) + "\n" for one in facts).encode()
    report = import_stream(ledger, io.BytesIO(body), "jsonl", register="region")
    assert report.errors == []
    kinds = {one["entity"]: one["kind"] for one in report.registered}
    wanted = {"survey": "organisation", "ore": "material", "lithia": "region", "pact": "region", "later": "market"}
    assert kinds == wanted
    assert report.recorded == len(facts) + 4
    assert import_stream(ledger, io.BytesIO(body), "jsonl", register="region").recorded == 0


def test_what_the_file_registers_later_is_registered_before(ledger: Ledger) -> None:
    registration = {"type": "EntityRegistered", "entity": "lithia", "kind": "country", "name": "Lithia"}
    facts = [figure(subject="lithia"), registration, figure(subject="lithia", period="2024")]
    body = "".join(json.dumps(one) + "\n" for one in facts).encode()
    assert import_stream(ledger, io.BytesIO(body), "jsonl").rejected == 1
    report = import_stream(ledger, io.BytesIO(body), "jsonl", register="region")
    assert (report.recorded, report.repeated, report.errors) == (3, 1, [])
    assert [(one["row"], one["kind"], one["name"]) for one in report.registered] == [(2, "country", "Lithia")]


@pytest.mark.parametrize("mode", ["proceed", "atomic"])
def test_what_a_later_piece_tells_is_known_from_the_start(ledger: Ledger, mode: Any) -> None:
    facts = [figure(subject="survey", source={"publisher": "bureau"}, period=str(1000 + n)) for n in range(PIECE_ROWS)]
    registration = {"type": "EntityRegistered", "entity": "lithia", "kind": "country", "name": "Republic of Lithia"}
    broken = {"type": "PolicyAnnounced", "policy": "p", "materials": 7}
    facts[1] = figure(subject="ore", source={"publisher": "bureau"})
    facts[2] = figure(subject="lithia", source={"publisher": "bureau"})
    late = [figure(subject="lithia", material="ore", source={"publisher": "survey"}, period="2024"), registration]
    body = "".join(json.dumps(one) + "\n" for one in (*facts, *late)).encode()
    report = import_stream(ledger, io.BytesIO(body), "jsonl", register="region", mode=mode)
    assert report.errors == []
    kinds = {one["entity"]: (one["kind"], one["name"]) for one in report.registered}
    assert kinds["survey"] == ("organisation", "survey")
    assert kinds["bureau"] == ("organisation", "bureau")
    assert kinds["ore"] == ("material", "ore")
    assert kinds["lithia"] == ("country", "Republic of Lithia")
    assert (report.recorded, report.repeated) == (len(facts) + 1 + 4, 1)
    again = "".join(json.dumps(one) + "\n" for one in (*facts, *late, broken, 7, {"type": 7})).encode()
    once_more = import_stream(ledger, io.BytesIO(again), "jsonl", register="region", mode="proceed")
    assert (once_more.recorded, once_more.rejected) == (0, 3)


def test_nothing_is_registered_where_nothing_is_recorded(ledger: Ledger) -> None:
    head = ledger.head()
    body = "".join(json.dumps(one) + "\n" for one in (figure(subject="narnia"), figure(unit="cubits"))).encode()
    report = import_stream(ledger, io.BytesIO(body), "jsonl", register="country")
    assert (report.recorded, report.registered, ledger.head()) == (0, [], head)
    with pytest.raises(ValueError, match="as recorded"):
        ImportOptions(register="country", as_recorded=True)


def test_no_text_is_the_librarys_own() -> None:
    details: list[str] = []
    for name, cls in REGISTRY.items():
        for field in (*cls.model_fields, "colour"):
            for value in ODD:
                for said in ({**cls.example, field: value}, {field: value}):
                    try:
                        parse_event({**said, "type": name})
                    except InvalidEvent as error:
                        details += [one.detail for one in error.violations]
    assert len(details) > 10_000
    leaked = {one for one in details if "value error" in one.lower() or "assertion" in one.lower() or "pydantic" in one}
    assert leaked == set()


@pytest.mark.parametrize("field", ["name", "version", "parameters", "table", "symbols", "event", "value"])
def test_no_text_about_a_mapping_is_the_librarys_own(field: str) -> None:
    for value in (*ODD, {"from": 1}, {"x": {"from": []}}, {"x": {"from": "a", "replace": "b"}}):
        said = {"name": "x", "event": {"type": "QuotaSet"}, field: value}
        told = ""
        try:
            parse_mapping(json.dumps(said).encode(), is_json=True)
        except MappingError as error:
            told = str(error).lower()
        assert "value error" not in told
