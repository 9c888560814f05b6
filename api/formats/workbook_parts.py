"""The parts of a workbook of Excel (Office Open XML): a zip of XML texts, written from its beginning to its end.

    with Workbook(sink) as book:
        book.add("items", names, widths, count, rows)

Each sheet has a header that stays in sight, columns of given widths, and a filter. The same sheets make the same bytes.
"""

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import BinaryIO, Self
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from api.formats.sheet_cells import HEAD

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
COMPRESSION = 3
"""Of 1 to 9: the XML repeats itself so much that more takes longer and saves little."""


class Workbook:
    """A workbook that is written to a sink, a sheet after the other."""

    def __init__(self, sink: BinaryIO) -> None:
        self._zip = ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=COMPRESSION)
        self._sheets: list[str] = []
        self._filters: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._finish()
            self._zip.close()
        else:
            self._zip.fp = None  # nobody wants it: it is closed, and nothing more is written

    def add(self, name: str, columns: Sequence[str], widths: Sequence[int], count: int, rows: Iterable[str]) -> None:
        """Write a sheet of `count` rows, which come as texts in XML, some at a time."""
        self._sheets.append(name)
        place = f"$A$1:${letters(len(columns) - 1)}${count + 1}" if columns else ""
        self._filters.append(place)
        with self._zip.open(_part(f"xl/worksheets/sheet{len(self._sheets)}.xml"), "w", force_zip64=True) as part:
            part.write(_beginning(columns, widths).encode())
            for text in rows:
                part.write(text.encode())
            ending = f'<autoFilter ref="{place.replace("$", "")}"/>' if columns else ""
            part.write(f"</sheetData>{ending}</worksheet>".encode())

    def _finish(self) -> None:
        numbers = range(1, len(self._sheets) + 1)
        sheets = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
            for number, name in zip(numbers, self._sheets, strict=True)
        )
        names = "".join(
            f'<definedName name="_xlnm._FilterDatabase" localSheetId="{number - 1}" hidden="1">'
            f"{escape(_quoted(self._sheets[number - 1]))}!{place}</definedName>"
            for number, place in zip(numbers, self._filters, strict=True)
            if place
        )
        kinds = {"/xl/workbook.xml": "sheet.main", "/xl/styles.xml": "styles"}
        kinds |= {f"/xl/worksheets/sheet{number}.xml": "worksheet" for number in numbers}
        overrides = "".join(
            f'<Override PartName="{path}" ContentType="{_CONTENT}.{kind}+xml"/>' for path, kind in kinds.items()
        )
        targets = {f"worksheets/sheet{number}.xml": "worksheet" for number in numbers} | {"styles.xml": "styles"}
        self._put(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets>'
            f"<definedNames>{names}</definedNames></workbook>".replace("<definedNames></definedNames>", ""),
        )
        self._zip.writestr(_part("xl/styles.xml"), _STYLES)
        self._put("xl/_rels/workbook.xml.rels", _relationships(targets))
        self._put("_rels/.rels", _relationships({"xl/workbook.xml": "officeDocument"}))
        self._put(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types">'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
        )

    def _put(self, path: str, text: str) -> None:
        self._zip.writestr(_part(path), _XML + text)


def letters(place: int) -> str:
    """What the column at a place (from 0) is called: A to Z, then AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _part(path: str) -> ZipInfo:
    info = ZipInfo(path)  # of 1980, so that the same sheets make the same bytes
    info.compress_type = ZIP_DEFLATED
    return info


def _beginning(columns: Sequence[str], widths: Sequence[int]) -> str:
    cols = "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        for place, width in enumerate(widths, start=1)
    )
    heads = "".join(
        f'<c r="{letters(place)}1" s="{HEAD}" t="inlineStr"><is><t xml:space="preserve">{name}</t></is></c>'
        for place, name in enumerate(columns)
    )
    sizes = f"<cols>{cols}</cols>" if cols else ""
    head = f'<row r="1">{heads}</row>' if heads else ""
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" '
        'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"{sizes}<sheetData>{head}"
    )


def _relationships(targets: dict[str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (target, kind) in enumerate(targets.items(), start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
