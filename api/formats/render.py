"""A page as it goes out, in each format, and the headers that say how long it may be kept.

In JSON the page is one object with `items`, `next` and `basis`. The other formats are files: they hold the items only,
all of them unless a limit is given; then `next` is a `Link`, the basis a header, `Ledger-Basis`, and what names in
filters were taken for another, `Ledger-Names`. Nested values are JSON text in CSV, and real lists and structures in
Parquet and Arrow.

What only one format needs (Excel, Parquet) is imported when it is asked for.

Rows are Python objects only a group at a time. So few copies of a large page are held at once, and between the groups
other requests get their turn.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO, cast
from urllib.parse import urlencode

import orjson
import pyarrow as pa

from api.formats.answer import Answer
from api.formats.answer_file import AnswerFile, Room
from api.formats.cells import json_text
from api.formats.csv_lines import GROUP_ROWS, csv_lines
from api.formats.negotiation import ARROW, CSV, JSON, JSONL, PARQUET, XLSX, Format
from api.questions.name_hints import MEMBERS as NAME_MEMBERS
from api.questions.page import Page

FOR_EVER = "public, max-age=31536000, immutable"


def page_file(
    page: Page, form: Format, *, safe: bool = False, room: Room | None = None, check: Callable[[], None] = lambda: None
) -> AnswerFile:
    """The items alone, in any format but JSON. `safe` is for CSV: no cell is one that a spreadsheet would run.

    `check` is called as they are written, and raises where the question is over. Raises Problem.
    """
    file = AnswerFile(room or Room(), check)
    sink = cast(BinaryIO, file)
    if form is JSONL:
        for texts in json_groups(page, b"\n"):
            file.write(texts + b"\n")
    elif form is CSV:
        for lines in csv_lines(page, safe=safe):
            file.write(lines)
    elif form is XLSX:
        from api.formats.xlsx import write_workbook

        write_workbook(page, file)
    elif form is PARQUET:
        from api.formats.columnar import write_parquet

        write_parquet(page, sink)
    elif form is ARROW:
        from api.formats.columnar import write_arrow

        write_arrow(page, sink)
    else:
        raise ValueError(f"items have no form of their own in {form.name}")
    return file


def json_groups(page: Page, between: bytes) -> Iterator[bytes]:
    """The items as compact JSON, a group of them at a time, with `between` between those of a group."""
    # A table holds texts, whole numbers, booleans and lists of these, of which orjson makes the same bytes, sooner;
    # objects may hold floating-point numbers, which it spells otherwise.
    write = orjson.dumps if isinstance(page.items, pa.Table) else _json_bytes
    for rows in page.groups(GROUP_ROWS):
        yield between.join(map(write, rows))


def page_answer(
    page: Page,
    form: Format,
    *,
    path: str,
    query: Sequence[tuple[str, str]],
    safe: bool = False,
    room: Room | None = None,
    check: Callable[[], None] = lambda: None,
) -> Answer:
    """The answer to a read, which was asked for at this path with these parameters."""
    headers = {"Cache-Control": FOR_EVER if page.validity.final else "no-cache", "Vary": "Accept"}
    if page.next is not None:
        headers["Link"] = f'<{_with_cursor(path, query, page.next)}>; rel="next"'
    if form is not JSON:
        file = page_file(page, form, safe=safe, room=room, check=check)
        headers["Ledger-Basis"] = json.dumps(page.basis, separators=(",", ":"))
        if names := {name: page.more[name] for name in NAME_MEMBERS if name in page.more}:
            headers["Ledger-Names"] = json.dumps(names, separators=(",", ":"))
        headers["Accept-Ranges"] = "bytes"
        headers["ETag"] = f'"{file.digest(form.name.encode())}"'
        headers["Content-Type"] = f"{form.media_type}; charset=utf-8" if form in (CSV, JSONL) else form.media_type
        return Answer(headers, file, _position(page))
    items = [b"[", *_joined(json_groups(page, b","), b","), b"]"]
    rest = json_text({"next": page.next, "basis": page.basis, **page.more})
    parts = [b'{"items":', *items, f",{rest[1:]}".encode()]
    headers["ETag"] = _etag(page, parts, [*items, _json_bytes(page.more)])
    headers["Content-Type"] = form.media_type
    return Answer(headers, b"".join(parts), _position(page))


def _position(page: Page) -> int | None:
    """The position that a page was folded from; of two viewpoints the second's."""
    position: int | None = page.basis.get("to", page.basis).get("position")
    return position


def _etag(page: Page, parts: Sequence[bytes], essence: Sequence[bytes]) -> str:
    """Strong for an answer that is final. Else weak: the items at a position, though `as_of` = now has moved on."""
    if page.validity.final:
        return f'"{_digest(b"json", *parts)}"'
    mark = f"json:{page.basis.get('position')}:".encode()
    if "erased" in page.basis:
        mark += _json_bytes(page.basis["erased"])
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
