"""A page as bytes, in each format, and the headers that say how long it may be kept.

In JSON the page is one object with `items`, `next` and `basis`. The other formats hold the items only; then `next` is
a `Link` and the basis a header, `Ledger-Basis`. Nested values are JSON text in CSV, and real lists and structures in
Parquet and Arrow.

What only one format needs (Excel, Parquet) is imported when it is asked for.

Rows are Python objects only a group at a time. So few copies of a large page are held at once, and between the groups
other requests get their turn.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
import pyarrow as pa

from api.formats.answer import Answer
from api.formats.negotiation import ARROW, CSV, JSON, JSONL, PARQUET, XLSX, Format
from api.formats.safe_cells import harmless
from api.questions.page import Items, Page

FOR_EVER = "public, max-age=31536000, immutable"
GROUP_ROWS = 1000
json_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
"""A value as compact JSON, equal for equal values."""


def table_of(items: Items) -> pa.Table:
    """The items as a table. Of objects of several shapes, a column holds one type, and nested values are JSON text."""
    if not isinstance(items, list):
        return items
    columns: dict[str, list[Any]] = {name: [] for name in _names(items)}
    for item in items:
        for name, column in columns.items():
            column.append(item.get(name))
    return pa.table({name: _column(values) for name, values in columns.items()})


def items_bytes(page: Page, form: Format, *, safe: bool = False) -> bytes:
    """The items alone, in any format but JSON. `safe` is for CSV: no cell is one that a spreadsheet would run."""
    if form is JSONL:
        return b"".join(b"%b\n" % text for text in json_groups(page, b"\n"))
    if form is CSV:
        return b"".join(_safe_csv(page) if safe else _csv(page.items))
    if form is XLSX:
        from api.formats.xlsx import workbook

        return workbook(page)
    if form is PARQUET:
        return _parquet(table_of(page.items))
    if form is ARROW:
        return _arrow(table_of(page.items))
    raise ValueError(f"items have no form of their own in {form.name}")


def _parquet(table: pa.Table) -> bytes:
    from pyarrow import parquet

    sink = io.BytesIO()
    parquet.write_table(table, sink)
    return sink.getvalue()


def _arrow(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


def json_groups(page: Page, between: bytes) -> Iterator[bytes]:
    """The items as compact JSON, a group of them at a time, with `between` between those of a group."""
    # A table holds texts, whole numbers, booleans and lists of these, of which orjson makes the same bytes, sooner;
    # objects may hold floating-point numbers, which it spells otherwise.
    write = orjson.dumps if isinstance(page.items, pa.Table) else _json_bytes
    for rows in page.groups(GROUP_ROWS):
        yield between.join(map(write, rows))


def page_answer(page: Page, form: Format, *, path: str, query: Sequence[tuple[str, str]], safe: bool = False) -> Answer:
    """The answer to a read, which was asked for at this path with these parameters."""
    headers = {"Cache-Control": FOR_EVER if page.validity.final else "no-cache", "Vary": "Accept"}
    if page.next is not None:
        headers["Link"] = f'<{_with_cursor(path, query, page.next)}>; rel="next"'
    if form is JSON:
        items = [b"[", *_joined(json_groups(page, b","), b","), b"]"]
        rest = json_text({"next": page.next, "basis": page.basis, **page.more})
        parts = [b'{"items":', *items, f",{rest[1:]}".encode()]
        essence = [*items, _json_bytes(page.more)]
    else:
        parts = essence = [items_bytes(page, form, safe=safe)]
        headers["Ledger-Basis"] = json.dumps(page.basis, separators=(",", ":"))
    headers["ETag"] = _etag(page, form, parts, essence)
    headers["Content-Type"] = f"{form.media_type}; charset=utf-8" if form in (CSV, JSONL) else form.media_type
    return Answer(headers, b"".join(parts))


def _etag(page: Page, form: Format, parts: Sequence[bytes], essence: Sequence[bytes]) -> str:
    """Strong for an answer that is final. Else weak: the items at a position, though `as_of` = now has moved on."""
    if page.validity.final:
        return f'"{_digest(form.name.encode(), *parts)}"'
    mark = f"{form.name}:{page.basis.get('position')}:".encode()
    return f'W/"{_digest(mark, *essence)}"'


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:32]


def _with_cursor(path: str, query: Sequence[tuple[str, str]], cursor: str) -> str:
    """The address of the next page."""
    kept = [(name, value) for name, value in query if name != "cursor"]
    return f"{path}?{urlencode([*kept, ('cursor', cursor)])}"


def _json_bytes(value: Any) -> bytes:
    return json_text(value).encode()


def _joined(texts: Iterable[bytes], between: bytes) -> Iterator[bytes]:
    """The texts with `between` before each but the first."""
    for number, text in enumerate(texts):
        yield between + text if number else text


def _csv(items: Items) -> Iterator[bytes]:
    names = _names(items) if isinstance(items, list) else items.column_names
    yield _csv_lines([names])
    for start in range(0, len(items), GROUP_ROWS):
        some = items[start : start + GROUP_ROWS]
        if isinstance(some, list):
            yield _csv_lines([_cell(row.get(name)) for name in names] for row in some)
        else:
            yield _csv_of(pa.table([_csv_column(column) for column in some.columns], names=names))


def _safe_csv(page: Page) -> Iterator[bytes]:
    """The same with a text that a spreadsheet would run made harmless, in the header too."""
    items = page.items
    names = _names(items) if isinstance(items, list) else items.column_names
    yield _csv_lines([map(harmless, names)])
    for start in range(0, len(items), GROUP_ROWS):
        some = items[start : start + GROUP_ROWS]
        rows = some if isinstance(some, list) else some.to_pylist()
        yield _csv_lines([harmless(_cell(row.get(name))) for name in names] for row in rows)


def _csv_of(table: pa.Table) -> bytes:
    """The rows of a table of texts and whole numbers."""
    if table.num_columns > 1:  # for a row that is empty altogether is written as a pair of quotes
        from pyarrow import csv as arrow_csv

        try:
            sink = io.BytesIO()
            unquoted = arrow_csv.WriteOptions(include_header=False, quoting_style="none")
            arrow_csv.write_csv(table, sink, unquoted)
            return sink.getvalue().replace(b"\n", b"\r\n")
        except pa.ArrowInvalid:
            pass  # a text holds a comma, a quote or the end of a line, so it wants quotes
    return _csv_lines(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _csv_column(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    if pa.types.is_string(column.type) or pa.types.is_integer(column.type):
        return column
    return pa.array([_cell(value) for value in column.to_pylist()], pa.string())


def _csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    sink = io.StringIO(newline="")
    csv.writer(sink, lineterminator="\r\n").writerows(rows)
    return sink.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)


def _names(items: list[dict[str, Any]]) -> list[str]:
    """Every member's name, in order of first appearance."""
    return list(dict.fromkeys(name for item in items for name in item))


def _column(values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int}:
        return pa.array(values, pa.int64())
    if kinds and kinds <= {int, float}:
        return pa.array(values, pa.float64())
    return pa.array([None if value is None else _cell(value) for value in values], pa.string())
