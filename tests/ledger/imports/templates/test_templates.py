"""Templates: filled in by people, taken as they are, and given back where something is wrong."""

import csv
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger import (
    FileError,
    ImportLimits,
    Ledger,
    MappingError,
    free_verdicts_path,
    import_file,
    import_stream,
    template_workbook,
    write_verdicts,
)
from ledger.events.base import REGISTRY
from ledger.imports.mappings.table_mapping import TableForm
from ledger.imports.templates.template_columns import CHOICES_MAX, Vocabulary, template_columns, types_for
from tests.ledger.conftest import figure

FACT = {
    "type": "ProductionReported", "subject": "China", "metric": "mine_production", "period": "2024", "value": "2.080",
    "unit": "kt", "published_at": "2025-01-31", "source.publisher": "usgs", "dimensions.basis": "reo",
}  # fmt: skip


def opened(raw: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(raw))


def filled(raw: bytes, *facts: dict[str, Any], path: Path) -> Path:
    """The workbook with these facts in its first sheet, saved."""
    book = opened(raw)
    sheet = book["events"]
    titles = [cell.value for cell in sheet[1]]
    for row, fact in enumerate(facts, 2):
        for name, value in fact.items():
            sheet.cell(row, titles.index(name) + 1).value = value
    book.save(path)
    return path


@pytest.fixture
def template(ledger: Ledger) -> bytes:
    ledger.append([figure()])
    return template_workbook(ledger, ["figures"])


def test_a_wrong_size_of_the_sheet_cuts_nothing(ledger: Ledger, template: bytes, tmp_path: Path) -> None:
    whole = filled(template, *({**FACT, "period": str(year)} for year in range(2000, 2020)), path=tmp_path / "a.xlsx")
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(whole) as sound, zipfile.ZipFile(path, "w") as packed:
        for one in sound.namelist():
            data = sound.read(one)
            packed.writestr(one, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:F8"', data))
    report = import_file(ledger, path, verdicts=True)
    assert (report.recorded, report.errors) == (20, [])
    again = tmp_path / "again.xlsx"
    write_verdicts(path, again, {21: "wrong"}, ImportLimits())
    assert opened(again.read_bytes())["events"].max_row == 21


def test_a_header_that_was_pasted_again_is_skipped_and_said(ledger: Ledger, template: bytes, tmp_path: Path) -> None:
    header = {name: name for name in (cell.value for cell in opened(template)["events"][1])}
    report = import_file(ledger, filled(template, FACT, header, path=tmp_path / "a.xlsx"))
    assert (report.recorded, report.errors) == (1, [])
    assert report.notes == ["The header stands once more in row 3, which was skipped"]


def test_a_template_has_what_is_registered_to_choose_from(template: bytes) -> None:
    book = opened(template)
    assert book.sheetnames == ["events", "explained", "lists"]
    sheet, lists = book["events"], book["lists"]
    titles = [cell.value for cell in sheet[1]]
    assert titles[:7] == ["type", "subject", "metric", "material", "period", "value", "unit"]
    assert {"source.publisher", "published_at", "symbol", "status", "nature", "note"} <= set(titles)
    chosen = {str(one.sqref).partition(":")[0]: one for one in sheet.data_validations.dataValidation}
    for name, some, kind in (
        ("source.publisher", {"usgs", "bgs", "lynas"}, "information"),
        ("subject", {"china", "world", "usgs"}, "information"),
        ("material", {"ndpr-oxide"}, "information"),
        ("metric", {"mine_production", "price"}, "information"),
        ("unit", {"t", "kt", "USD/kg", "percent"}, "information"),
        ("status", {"estimated", "provisional"}, "stop"),
        ("nature", {"observed", "forecast"}, "stop"),
        ("symbol", {"withheld"}, "stop"),
        ("type", {"ProductionReported", "FigureWithdrawn"}, "stop"),
    ):
        letter = sheet.cell(1, titles.index(name) + 1).column_letter
        rule = chosen[f"{letter}2"]
        assert (rule.type, rule.errorStyle) == ("list", kind)
        last = int(rule.formula1.rpartition("$")[2])
        listed = [lists[f"{letter}{row}"].value for row in range(2, last + 1)]
        assert some <= set(listed)
        assert None not in listed
        assert sheet.column_dimensions[letter].number_format == "@"
    assert "china" not in {cell.value for cell in lists[chr(ord("A") + titles.index("source.publisher"))]}
    explained = {row[0].value: [cell.value for cell in row] for row in book["explained"].iter_rows()}
    assert "2024-Q3" in explained["period"][1]
    assert all(explained[title][1] and explained[title][2] for title in titles)


@pytest.mark.parametrize("name", sorted({cls.family for cls in REGISTRY.values()} - {"keeping"}))
def test_there_is_a_template_of_every_family(ledger: Ledger, name: str) -> None:
    types = types_for([name])
    sheet = opened(template_workbook(ledger, [name]))["events"]
    titles = {str(cell.value) for cell in sheet[1]}
    for cls in types:
        if cls.__module__.startswith("ledger."):
            assert {one for one, field in cls.model_fields.items() if field.is_required()} - {"source"} <= titles
    (one, *_) = types
    assert template_columns([one], Vocabulary())[0].choices == (one.__name__,)


def test_what_is_no_family_is_told() -> None:
    with pytest.raises(ValueError, match="families are agreements"):
        types_for(["figurs"])
    with pytest.raises(ValueError, match="keeping"):
        types_for(["keeping"])


def test_lists_are_bounded_and_say_so() -> None:
    many = [{"entity": f"e{one}", "kind": "material", "name": "x"} for one in range(CHOICES_MAX + 5)]
    column = next(one for one in template_columns(types_for(["figures"]), Vocabulary(many)) if one.name == "material")
    assert (len(column.choices), column.more) == (CHOICES_MAX, 5)


def test_a_template_is_taken_as_it_is(ledger: Ledger, template: bytes, tmp_path: Path) -> None:
    more = {
        **FACT,
        "subject": "AUSTRALIA",
        "value": None,
        "low": 5,
        "high": "7.50",
        "approximate": "true",
        "period": 2023,
    }
    path = filled(template, FACT, more, path=tmp_path / "figures.xlsx")
    report = import_file(ledger, path)
    assert report.errors == []
    first, second = (entry.body for entry in list(ledger.entries())[-2:])
    assert (first["subject"], first["value"], first["dimensions"]) == ("china", "2.080", {"basis": "reo"})
    assert (second["subject"], second["low"], second["high"], second["approximate"]) == ("australia", "5", "7.50", True)
    assert second["period"] == "2023"
    assert import_file(ledger, path).duplicate == 2


def test_names_that_nobody_has_are_registered_as_what_they_must_be(
    ledger: Ledger, template: bytes, tmp_path: Path
) -> None:
    facts = (
        {**FACT, "subject": "my-mine"},
        {**FACT, "subject": "My Mine", "period": "2023"},
        {**FACT, "subject": "The Survey", "source.publisher": "The Survey", "material": "Ore"},
    )
    report = import_file(ledger, filled(template, *facts, path=tmp_path / "f.xlsx"), register="facility")
    assert report.errors == []
    registered = {(one["entity"], one["kind"], one["name"]) for one in report.registered}
    assert registered == {
        ("my-mine", "facility", "My Mine"),
        ("the-survey", "organisation", "The Survey"),
        ("ore", "material", "Ore"),
    }


def test_lists_of_names_stand_between_semicolons(ledger: Ledger, tmp_path: Path) -> None:
    raw = template_workbook(ledger, ["agreements"])
    signed = {
        "type": "MoUSigned", "agreement": "js-lynas", "parties": "JS-Link; Lynas Rare Earths", "binding": "false",
        "published_at": "2025-07-24",
    }  # fmt: skip
    as_json = {**signed, "agreement": "other", "parties": '[{"entity": "js-link"}, "lynas"]'}
    report = import_file(ledger, filled(raw, signed, as_json, path=tmp_path / "a.xlsx"))
    assert report.errors == []
    assert [entry.body["parties"] for entry in list(ledger.entries())[-2:]] == [
        [{"entity": "js-link"}, {"entity": "lynas"}]
    ] * 2


def test_what_is_wrong_comes_back_in_the_sheet(ledger: Ledger, template: bytes, tmp_path: Path) -> None:
    bad = {**FACT, "unit": "cubits", "period": "2023"}
    unknown = {**FACT, "subject": "New Narnia", "period": "2022"}
    path = filled(template, FACT, bad, unknown, path=tmp_path / "figures.xlsx")
    report = import_file(ledger, path, verdicts=True)
    assert [one["row"] for one in report.errors] == [3, 4]
    assert report.verdicts is not None
    target = free_verdicts_path(path)
    write_verdicts(path, target, report.verdicts, ImportLimits())
    sheet = openpyxl.load_workbook(target)["events"]
    *_, last = sheet.iter_cols()
    assert last[0].value == "verdict"
    assert last[1].value is None
    assert "unknown unit 'cubits'" in str(last[2].value)
    assert "no registered entity is called 'New Narnia'" in str(last[3].value)
    assert sheet.data_validations.dataValidation
    assert free_verdicts_path(path) == tmp_path / "figures.verdicts-2.xlsx"
    with pytest.raises(FileExistsError):
        write_verdicts(path, target, report.verdicts, ImportLimits())
    # Mended there, it is taken as it is; the column of verdicts is not read, and written anew where it is.
    titles = [cell.value for cell in sheet[1]]
    sheet.cell(3, titles.index("unit") + 1).value = "t"
    sheet.cell(4, titles.index("subject") + 1).value = "new-narnia"
    sheet.parent.save(target)
    again = import_file(ledger, target, verdicts=True)
    assert list(again.verdicts or {}) == [4]
    write_verdicts(target, tmp_path / "third.xlsx", again.verdicts or {}, ImportLimits())
    third = openpyxl.load_workbook(tmp_path / "third.xlsx")["events"]
    assert [cell.value for cell in third[1]].count("verdict") == 1
    assert third.cell(3, third.max_column).value is None
    assert import_file(ledger, target, register="country").recorded == 4


@pytest.mark.parametrize("with_mapping", [False, True])
def test_a_csv_comes_back_too(tmp_path: Path, with_mapping: bool) -> None:
    path = tmp_path / "facts.csv"
    delimiter = ";" if with_mapping else ","
    lines = [["type", "note"], ["x", "a\nb"], [], ["y", 'quoted "'], ["z"]]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(lines)
    # Lines of the file through a mapping; rows without the header in a file of events.
    verdicts = {2: "bad x", 5: "bad y"} if with_mapping else {1: "bad x", 3: "bad y"}
    target = tmp_path / "out.csv"
    write_verdicts(path, target, verdicts, ImportLimits(), form=TableForm() if with_mapping else None)
    with target.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file, delimiter=delimiter))
    assert rows == [
        ["type", "note", "verdict"], ["x", "a\nb", "bad x"], [""], ["y", 'quoted "', "bad y"], ["z", ""],
    ]  # fmt: skip
    with pytest.raises(FileError, match="same kind"):
        write_verdicts(path, tmp_path / "out.xlsx", verdicts, ImportLimits())


def test_the_column_of_verdicts_of_a_csv_is_not_read(ledger: Ledger) -> None:
    body = b"type,entity,kind,name,verdict\nEntityRegistered,chile,country,Chile,was wrong\n"
    assert import_stream(ledger, io.BytesIO(body), "csv").recorded == 1


def test_a_workbook_that_is_no_template_is_told(ledger: Ledger, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Country", 2023])
    path = tmp_path / "t.xlsx"
    book.save(path)
    with pytest.raises(MappingError, match="mapping suggest"):
        import_file(ledger, path)
    book.create_sheet("more")
    book.save(path)
    with pytest.raises(MappingError, match="supply-ledger template"):
        import_file(ledger, path)
    path.write_bytes(b"type,entity\n")
    with pytest.raises(FileError, match="not what its name says"):
        import_file(ledger, path)


@pytest.mark.parametrize(
    ("wrong", "pointers"),
    [
        ({"subject": "Narnia (old)", "value": "12O"}, {"/subject", "/value"}),
        ({"subject": "narnia", "value": "12O"}, {"/subject", "/value"}),
        (
            {"subject": "Narnia (old)", "source.publisher": "Aslan & Co", "unit": "tonz"},
            {"/subject", "/source.publisher", "/unit"},
        ),
        ({"subject": "Narnia (old)", "approximate": "perhaps"}, {"/subject", "/approximate"}),
        (
            {"subject": "narnia", "source.publisher": "aslan", "period": "20x4"},
            {"/subject", "/source/publisher", "/period"},
        ),
        ({"subject": "narnia", "source.publisher": "aslan"}, {"/subject", "/source/publisher"}),
    ],
)
def test_all_that_is_wrong_with_a_row_is_told_at_once(
    ledger: Ledger, template: bytes, tmp_path: Path, wrong: dict[str, Any], pointers: set[str]
) -> None:
    path = filled(template, {**FACT, **wrong}, path=tmp_path / "a.xlsx")
    report = import_file(ledger, path, verdicts=True)
    assert {one["pointer"] for one in report.errors} == pointers
    assert report.rejected == 1
    assert report.verdicts is not None
    assert all(pointer.lstrip("/") in report.verdicts[2] for pointer in pointers)


def test_a_slug_that_the_sheet_itself_registers_is_no_fault(ledger: Ledger, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    titles = ["type", "entity", "kind", "name", *list(FACT)[1:]]
    book.active.append(titles)
    book.active.append(["EntityRegistered", "narnia", "country", "Narnia"])
    book.active.append([{**FACT, "subject": "narnia", "value": "12O"}.get(title) for title in titles])
    book.save(tmp_path / "a.xlsx")
    report = import_file(ledger, tmp_path / "a.xlsx", mode="proceed")
    assert {one["pointer"] for one in report.errors} == {"/value"}
