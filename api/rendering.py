"""A page as bytes, in each format, and the headers that say how long it may be kept.

In JSON the page is one object with `items`, `next` and `basis`. The other formats hold the items only; then `next` is
a `Link` and the basis a header, `Ledger-Basis`. Nested values are JSON text in CSV, and real lists and structures in
Parquet and Arrow.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import Request, Response

from api.negotiation import ARROW, CSV, JSON, JSONL, PARQUET, XLSX, Format
from api.reading import Items, Page
from api.spreadsheets import workbook

FOR_EVER = "public, max-age=31536000, immutable"


def json_text(value: Any) -> str:
    """Compact JSON, equal for equal values."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def table_of(items: Items) -> pa.Table:
    """The items as a table. Of objects of several shapes, a column holds one type, and nested values are JSON text."""
    if not isinstance(items, list):
        return items
    columns: dict[str, list[Any]] = {name: [] for name in _names(items)}
    for item in items:
        for name, column in columns.items():
            column.append(item.get(name))
    return pa.table({name: _column(values) for name, values in columns.items()})


def items_bytes(page: Page, form: Format) -> bytes:
    """The items alone, in any format but JSON."""
    if form is JSONL:
        return "".join(json_text(row) + "\n" for row in page.rows()).encode()
    if form is CSV:
        return _csv(page.items)
    if form is XLSX:
        return workbook(page)
    sink = io.BytesIO()
    table = table_of(page.items)
    if form is PARQUET:
        pq.write_table(table, sink)
    else:
        assert form is ARROW
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
    return sink.getvalue()


def page_response(request: Request, page: Page, form: Format) -> Response:
    """The answer to a read, or 304 where the client has it already."""
    headers = {"Cache-Control": FOR_EVER if page.final else "no-cache", "Vary": "Accept"}
    if page.next is not None:
        headers["Link"] = f'<{_with_cursor(request, page.next)}>; rel="next"'
    if form is JSON:
        items = json_text(page.rows())
        rest = json_text({"next": page.next, "basis": page.basis, **page.more})
        body = f'{{"items":{items},{rest[1:]}'.encode()
        essence = (items + json_text(page.more)).encode()
    else:
        body = essence = items_bytes(page, form)
        headers["Ledger-Basis"] = json.dumps(page.basis, separators=(",", ":"))
    headers["ETag"] = etag = _etag(page, form, body, essence)
    if held(request.headers.getlist("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    media_type = f"{form.media_type}; charset=utf-8" if form in (CSV, JSONL) else form.media_type
    return Response(body, headers={**headers, "Content-Type": media_type})


def _etag(page: Page, form: Format, body: bytes, essence: bytes) -> str:
    """Strong for an answer that is final. Else weak: the items at a position, though `as_of` = now has moved on."""
    if page.final:
        return f'"{hashlib.sha256(form.name.encode() + body).hexdigest()[:32]}"'
    mark = f"{form.name}:{page.basis.get('position')}:".encode()
    return f'W/"{hashlib.sha256(mark + essence).hexdigest()[:32]}"'


def held(sent: Iterable[str], etag: str) -> bool:
    """Whether a client has an answer already, by the values of its `If-None-Match`."""
    marks = [mark.strip() for header in sent for mark in header.split(",")]
    return "*" in marks or etag.removeprefix("W/") in [mark.removeprefix("W/") for mark in marks]


def _with_cursor(request: Request, cursor: str) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f"{request.url.path}?{urlencode([*kept, ('cursor', cursor)])}"


def _csv(items: Items) -> bytes:
    names = _names(items) if isinstance(items, list) else items.column_names
    rows = items if isinstance(items, list) else items.to_pylist()
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])
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
