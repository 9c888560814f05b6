"""Tables as people keep them."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from ledger.imports.mappings import workbook_rows
from ledger.imports.mappings.table_mapping import MappingError, TableForm
from ledger.imports.mappings.tables import Table, open_table
from ledger.imports.mappings.workbook_rows import LOADED_BYTES_MAX


def csv_table(text: str | bytes, **form: Any) -> Table:
    raw = text.encode() if isinstance(text, str) else text
    return open_table(io.BytesIO(raw), "table.csv", TableForm(**form))


def sheet(*rows: list[Any], **form: Any) -> Table:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    return open_table(saved(book), "table.xlsx", TableForm(**form))


def saved(book: openpyxl.Workbook) -> io.BytesIO:
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    table = csv_table(f"place{delimiter}2023{delimiter}2024\n'x y'{delimiter}1{delimiter}2\n")
    assert (table.columns, table.form.delimiter) == (["place", "2023", "2024"], delimiter)
    assert [row.cells for row in table.rows] == [["'x y'", "1", "2"]]


def test_a_semicolon_with_decimal_commas_is_no_comma() -> None:
    table = csv_table("place;2023;2024\nChina;1,5;2,5\nIndia;3,5;4,5\n")
    assert [row.cells for row in table.rows] == [["China", "1,5", "2,5"], ["India", "3,5", "4,5"]]


def test_rows_have_the_numbers_that_an_editor_shows() -> None:
    table = csv_table('a,b\n\n1,"two\nlines"\n3,4\n')
    assert [(row.number, row.cells) for row in table.rows if any(row.cells)] == [
        (3, ["1", "two\nlines"]),
        (5, ["3", "4"]),
    ]


def test_encodings_are_found_or_asked_for() -> None:
    assert csv_table("\ufeffpaís,1\n").columns == ["país", "1"]
    assert csv_table("país,1\n".encode("utf-16")).columns == ["país", "1"]
    with pytest.raises(MappingError, match=r"line 3.*cp1252"):
        csv_table(b"a,b\n1,2\nEspa\xf1a,1\n")
    table = csv_table(b"a,b\n1,2\nEspa\xf1a,1\n", encoding="cp1252")
    assert [row.cells for row in table.rows][-1] == ["España", "1"]
    with pytest.raises(MappingError, match="no encoding"):
        csv_table("a\n", encoding="klingon")


def test_a_row_of_another_encoding_is_a_fault_of_the_row() -> None:
    table = csv_table(b"a,b\n\x81,1\nx,2\n", encoding="ascii")
    assert [(row.number, bool(row.fault)) for row in table.rows] == [(2, True), (3, False)]


def test_titles_may_take_several_rows_and_lines_above_are_skipped() -> None:
    text = "Mine production\nPlace,2023,,2024,\n,t,note,t,note\nChina,1,x,2,y\n"
    table = csv_table(text, skip_rows=1, header_rows=2)
    assert table.columns == ["Place", "2023 t", "2023 note", "2024 t", "2024 note"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [(b"PK\x03\x04...", "zip"), (b"PAR1....", "Parquet"), (b"\x1f\x8b\x08....", "gzip"), (b"", "no header")],
)
def test_what_is_no_text_is_told(raw: bytes, said: str) -> None:
    with pytest.raises(MappingError, match=said):
        csv_table(raw)


def test_a_row_that_is_too_wide_is_a_fault_and_a_short_one_is_filled_up() -> None:
    table = csv_table("a,b\n1\n1,2,\n1,2,3\n")
    assert [(row.cells, bool(row.fault)) for row in table.rows] == [
        (["1", ""], False),
        (["1", "2"], False),
        (["1", "2"], True),
    ]


def test_broken_quotes_end_the_table_with_a_fault() -> None:
    *_, last = csv_table('a,b\n1,2\n"3,4\n').rows
    assert "nothing from here on was read" in str(last.fault)


def test_a_bomb_of_columns_is_refused() -> None:
    with pytest.raises(MappingError, match="columns"):
        csv_table(",".join(map(str, range(100_000))) + "\n1\n")


def test_cells_of_a_sheet_are_taken_as_typed() -> None:
    table = sheet(
        ["place", "day", "moment", "n", "x", "tenth", "flag", "text"],
        ["China", date(2024, 1, 31), datetime(2024, 1, 31, 12, 30), 13000, 0.1, 1e-3, True, "1,5"],
    )
    (row,) = table.rows
    assert row.cells == ["China", "2024-01-31", "2024-01-31T12:30:00", "13000", "0.1", "0.001", "true", "1,5"]


def test_a_number_that_excel_does_not_keep_exactly_is_a_fault() -> None:
    (row,) = sheet(["n"], [123456789012345678]).rows
    assert "15 digits" in str(row.faults)
    (row,) = sheet(["n"], ["#DIV/0!"]).rows
    assert "error of a formula" in str(row.faults)


def test_of_several_sheets_one_is_chosen() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "notes"
    book.create_sheet("data").append(["a"])
    with pytest.raises(MappingError, match="notes, data"):
        open_table(saved(book), "x.xlsx", TableForm())
    assert open_table(saved(book), "x.xlsx", TableForm(sheet="data")).columns == ["a"]
    with pytest.raises(MappingError, match="no sheet"):
        open_table(saved(book), "x.xlsx", TableForm(sheet="Data"))
    with pytest.raises(MappingError, match="no Excel workbook"):
        open_table(io.BytesIO(b"PK\x03\x04" + bytes(100)), "x.xlsx", TableForm())


def test_a_formula_that_was_never_computed_is_a_fault() -> None:
    (row,) = sheet(["n", "sum"], [1, "=A2+1"]).rows
    assert "open the file in Excel" in str(row.faults)


def test_cells_that_are_merged_over_header_and_data_are_refused() -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for row in (["A title over all", None, None], ["place", "2023", "2024"], ["China", 1, 2], ["India", 3, 4]):
        page.append(row)
    page.merge_cells("A1:C1")
    form = TableForm(skip_rows=1)
    assert open_table(saved(book), "x.xlsx", form).columns == ["place", "2023", "2024"]
    page.merge_cells("C2:C3")
    with pytest.raises(MappingError, match="C2:C3 are merged over header and data"):
        open_table(saved(book), "x.xlsx", form)


def test_a_workbook_that_unpacks_to_far_more_is_refused_unread() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", bytes(20_000_000))
    bomb.seek(0)
    with pytest.raises(MappingError, match="unpacks from"):
        open_table(bomb, "x.xlsx", TableForm())


@pytest.mark.parametrize("place", ["xl/sharedStrings.xml", "xl/media/image1.png"])
def test_texts_that_would_fill_the_memory_are_refused_unread(place: str) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["n"])
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    out = io.BytesIO()
    with zipfile.ZipFile(saved(book)) as sound, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for one in sound.namelist():
            data = sound.read(one)
            if one == "[Content_Types].xml":
                part = f'<Override PartName="/{place}" ContentType="{kind}"/></Types>'
                data = data.replace(b"</Types>", part.encode())
            packed.writestr(one, data)
        packed.writestr(place, bytes(LOADED_BYTES_MAX + 1))
    out.seek(0)
    with pytest.raises(MappingError, match="save the sheet as CSV"):
        open_table(out, "x.xlsx", TableForm())


SHEET = "xl/worksheets/sheet1.xml"


def damaged(change: Callable[[bytes], bytes | None]) -> io.BytesIO:
    """A workbook of fifty rows of which the sheet is not as it was written."""
    book = openpyxl.Workbook()
    for row in (["n"], *([number] for number in range(50))):
        book.worksheets[0].append(row)
    out = io.BytesIO()
    with zipfile.ZipFile(saved(book)) as sound, zipfile.ZipFile(out, "w") as packed:
        for one in sound.namelist():
            if (data := change(sound.read(one)) if one == SHEET else sound.read(one)) is not None:
                packed.writestr(one, data)
    out.seek(0)
    return out


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        (lambda whole: whole[: len(whole) // 2], None),
        (lambda whole: whole.replace(b"<v>7</v>", b"<v>seven</v>"), 7),
        (lambda whole: whole.replace(b'r="A9"', b'r="9A!"'), 7),
    ],
)
def test_a_sheet_that_is_damaged_ends_with_a_fault(change: Callable[[bytes], bytes], rows: int | None) -> None:
    *sound, last = open_table(damaged(change), "x.xlsx", TableForm()).rows
    assert "nothing from here on was read" in str(last.fault)
    assert all(row.fault is None for row in sound)
    assert rows is None or len(sound) == rows


@pytest.mark.parametrize("said", [b"A1", b"A1:A8", b"B2:B3", b"A1:XFD1048576", None])
def test_what_a_sheet_says_of_its_size_cuts_nothing(said: bytes | None) -> None:
    told = b"" if said is None else b'<dimension ref="' + said + b'" />'
    file = damaged(lambda whole: re.sub(rb"<dimension[^>]*/>", told, whole))
    table = open_table(file, "x.xlsx", TableForm())
    assert (table.columns, [row.cells for row in table.rows]) == (["n"], [[str(number)] for number in range(50)])


def test_rows_beyond_those_of_any_sheet_are_told_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_rows, "SHEET_ROWS_MAX", 1000)
    file = damaged(lambda whole: whole.replace(b'<row r="51"', b'<row r="51000000000"'))
    *sound, last = open_table(file, "x.xlsx", TableForm()).rows
    assert "nothing from here on was read" in str(last.fault)
    assert (sum(1 for row in sound if any(row.cells)), len(sound)) == (49, 999)


@pytest.mark.parametrize("change", [lambda _: None, lambda _: bytes(99), lambda whole: whole[:100]])
def test_a_workbook_without_a_sheet_that_can_be_read_is_refused(change: Callable[[bytes], bytes | None]) -> None:
    with pytest.raises(MappingError):
        open_table(damaged(change), "x.xlsx", TableForm())


def test_a_header_that_cannot_be_read_is_told() -> None:
    with pytest.raises(MappingError, match="header"):
        csv_table('"a,b\n1,2\n')


def test_what_is_cut_off_within_a_character_is_a_fault() -> None:
    *_, last = csv_table("a,b\n1,2\n".encode("utf-16")[:-1]).rows
    assert last.fault is not None
    with pytest.raises(MappingError, match="no encoding"):
        csv_table("a\n", encoding="hex")


def test_what_is_to_be_named_is_told_with_the_option_of_a_draft() -> None:
    with pytest.raises(MappingError, match=r"under \[table\]; of `mapping suggest` it is --encoding"):
        csv_table("a\n\u00e9\n".encode("latin-1"))
    book = openpyxl.Workbook()
    book.create_sheet("other")
    with pytest.raises(
        MappingError, match=r"set \[table\] sheet, of `mapping suggest` --sheet, to one of Sheet, other"
    ):
        open_table(saved(book), "x.xlsx", TableForm())


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.125, "0.0%", "12.5"),
        (1, "0%", "100"),
        (-0.07, '0.00%;[Red]-0.00%"!"', "-7"),
        (0.1255, "0.00%", "12.55"),
        (0.125, "0.000", "0.125"),
        (12.5, '0.0"%"', "12.5"),
        ("12 %", "0%", "12 %"),
        (None, "0%", ""),
    ],
)
def test_a_cell_in_percent_says_what_it_shows(value: Any, number_format: str, text: str) -> None:
    book = openpyxl.Workbook()
    sheet_of_it = book.worksheets[0]
    for cells in (["Share", "Note"], [value, "x"]):
        sheet_of_it.append(cells)
    sheet_of_it["A2"].number_format = number_format
    table = open_table(saved(book), "t.xlsx", TableForm())
    assert [row.cells for row in table.rows] == [[text, "x"]]
