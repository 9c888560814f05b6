"""Documents that are sent to be checked: reports as text, Markdown or HTML; tables as CSV or Excel; claims as JSON.

Each becomes passages or a grid that the reader of documents takes, and all of its texts, for the names in them.
"""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from api.documents import (
    Block,
    Cell,
    Claim,
    Each,
    Grid,
    Lexicon,
    TableBlock,
    UnreadNumber,
    document_claims,
    html_passages,
    is_amount,
    markdown_passages,
    table_claims,
)
from api.problems import Problem, bad_parameter
from ledger import MappingError, TableForm, TableMapping, open_rows, parse_json, table_events

CELLS_MAX = 500_000
CLAIMS_MAX = 20_000
CLAIM_FIELDS = ("subject", "metric", "material", "nature", "period", "value", "unit", "dimensions", "text")
"""What a claim of a JSON list may say."""
_ORDER = ("nature", "subject", "material", "metric", "period", "value", "unit")


class DocumentForm(NamedTuple):
    """A form of documents: its name, the media types that it is sent as, and the ends of files' names."""

    name: str
    media_types: tuple[str, ...]
    endings: tuple[str, ...]


DOCUMENT_FORMS = (
    DocumentForm("text", ("text/plain",), (".txt", ".text")),
    DocumentForm("markdown", ("text/markdown", "text/x-markdown"), (".md", ".markdown")),
    DocumentForm("html", ("text/html", "application/xhtml+xml"), (".html", ".htm", ".xhtml")),
    DocumentForm("csv", ("text/csv",), (".csv", ".tsv")),
    DocumentForm("xlsx", ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",), (".xlsx", ".xlsm")),
    DocumentForm("claims", ("application/json",), (".json",)),
)
TABLE_FORMS = ("csv", "xlsx")


@dataclass(frozen=True)
class SentDocument:
    """A document: its form, its source where it is a text, its grid where it is a table, and how it is read."""

    form: str
    texts: Sequence[str]
    read: Callable[[Lexicon, date | None, Each], Iterable[Claim | UnreadNumber]]
    source: str | None = None
    grid: Grid | None = None


def form_of_type(media_type: str) -> str:
    """The form of a body of a media type. Raises Problem."""
    wanted = media_type.partition(";")[0].strip().lower()
    for form in DOCUMENT_FORMS:
        if wanted in form.media_types:
            return form.name
    known = ", ".join(form.media_types[0] for form in DOCUMENT_FORMS)
    detail = f"Send a document with its Content-Type ({known}), not {wanted[:80] or 'without a type'}."
    raise Problem(415, "unsupported-media-type", detail)


def form_of_name(name: str) -> str:
    """The form of a file, by the ending of its name; text where that tells nothing."""
    return next((one.name for one in DOCUMENT_FORMS if name.lower().endswith(one.endings)), "text")


def sent_document(
    raw: bytes,
    form: str,
    *,
    mapping: TableMapping | None = None,
    names: Mapping[str, str] | None = None,
    each: Each = iter,
) -> SentDocument:
    """The document in some bytes. With a `mapping`, what the rows of a table say is read through it; `names` are then
    those that the ledger knows. Raises Problem, MalformedJSON.
    """
    if mapping is not None and form not in TABLE_FORMS:
        raise bad_parameter("mapping", "mapping", f"a mapping is for a table, CSV or Excel, and this is {form}")
    if form == "claims":
        return _of_claims(raw)
    if form in TABLE_FORMS:
        return _of_table(raw, form, mapping, dict(names or {}))
    source = _text_of(raw)
    passages = html_passages if form == "html" else markdown_passages
    blocks = list(each(passages(source)))
    return SentDocument(
        form, list(_texts(blocks)), lambda lexicon, day, each: document_claims(blocks, lexicon, day, each=each), source
    )


def refused_document(rule: str, detail: str, pointer: str = "") -> Problem:
    """A document that cannot be read."""
    return Problem(
        422,
        "document-refused",
        f"Nothing was checked: {detail}.",
        errors=[{"pointer": pointer, "rule": rule, "detail": detail}],
    )


def _text_of(raw: bytes) -> str:
    try:
        text = raw.decode("utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused_document("encoding", f"the text is not UTF-8 (byte {error.start + 1})") from None
    return text.replace("\0", "\ufffd")


def _texts(blocks: Iterable[Block]) -> Iterable[str]:
    for block in blocks:
        if isinstance(block, TableBlock):
            yield from (cell.text for row in block.rows for cell in row)
            if block.caption is not None:
                yield block.caption.text
        else:
            yield block.run.text


def _of_table(raw: bytes, form: str, mapping: TableMapping | None, names: dict[str, str]) -> SentDocument:
    name = f"the table.{form}"
    try:
        rows = [tuple(Cell(cell.strip()) for cell in row.cells) for row in _rows(raw, name)]
        if mapping is not None:
            return _of_mapped(raw, name, form, mapping, names, Grid(tuple(rows)))
    except MappingError as error:
        raise refused_document("table", str(error)) from None
    grid = Grid(tuple(rows))
    texts = {cell.text for row in rows for cell in row}
    return SentDocument(
        form, sorted(texts), lambda lexicon, day, each: table_claims(grid, lexicon, (), day, each=each), grid=grid
    )


def _rows(raw: bytes, name: str) -> Iterable[Any]:
    cells = 0
    for row in open_rows(io.BytesIO(raw), name, TableForm()).rows:
        if row.fault is not None:
            raise refused_document("table", f"row {row.number}: {row.fault}", f"/{row.number}")
        cells += len(row.cells)
        if cells > CELLS_MAX:
            raise refused_document("cells", f"more than {CELLS_MAX:,} cells: send the table in parts")
        yield row


def _of_mapped(
    raw: bytes, name: str, form: str, mapping: TableMapping, names: dict[str, str], shown: Grid
) -> SentDocument:
    events, numbers = [], []
    for row in table_events(io.BytesIO(raw), name, mapping, names):
        if isinstance(row.sent, dict) and row.fault is None:
            events.append(row.sent)
            numbers.append(row.number)
            if len(events) > CLAIMS_MAX:
                raise refused_document("claims", f"more than {CLAIMS_MAX:,} values: send the table in parts")
    grid = _grid_of(events, numbers)
    return SentDocument(
        form, _grid_texts(grid), lambda lexicon, day, each: table_claims(grid, lexicon, (), day, each=each), grid=shown
    )


def _of_claims(raw: bytes) -> SentDocument:
    claims = parse_json(raw)
    if not isinstance(claims, list):
        raise refused_document(
            "array", 'send an array of claims: [{"subject": "china", "metric": "…", "value": "270000"}]'
        )
    if len(claims) > CLAIMS_MAX:
        raise refused_document("claims", f"more than {CLAIMS_MAX:,} claims: send them in parts")
    for number, claim in enumerate(claims, 1):
        if not isinstance(claim, dict):
            raise refused_document("object", f"claim {number} is no object", f"/{number - 1}")
        for name in claim:
            if name not in CLAIM_FIELDS:
                known = ", ".join(CLAIM_FIELDS)
                raise refused_document("unknown_field", f"claim {number} has a field {name[:40]!r}; there are {known}",
                                       f"/{number - 1}/{name[:40]}")  # fmt: skip
    if any("text" in one for one in claims):
        return _of_sentences(claims)
    for number, claim in enumerate(claims, 1):
        value, unit = _said(claim.get("value")), _said(claim.get("unit"))
        if not is_amount(value, unit):
            said = f"{value[:40]!r} with the unit {unit[:40]!r}"
            raise refused_document("amount", f"claim {number} says no amount: {said}", f"/{number - 1}/value")
    grid = _grid_of(claims, range(1, len(claims) + 1))
    return SentDocument(
        "claims", _grid_texts(grid), lambda lexicon, day, each: table_claims(grid, lexicon, (), day, each=each)
    )


def _of_sentences(claims: Sequence[Mapping[str, Any]]) -> SentDocument:
    if any({*one} != {"text"} for one in claims):
        raise refused_document("text", "a claim that has `text` has nothing else, and all of them have it")
    source = "\n\n".join(" ".join(str(one["text"]).split()) for one in claims)
    blocks = list(markdown_passages(source))
    return SentDocument(
        "claims",
        list(_texts(blocks)),
        lambda lexicon, day, each: document_claims(blocks, lexicon, day, each=each),
        source,
    )


def _grid_of(events: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> Grid:
    """Stated facts as a table. Dimensions come first, so that no word in them is taken before what the other columns
    say.
    """
    header = ("dimensions", *_ORDER)
    rows = [tuple(map(Cell, header))]
    for event in events:
        dimensions = event.get("dimensions")
        said = " ; ".join(map(_said, dimensions.values())) if isinstance(dimensions, dict) else ""
        rows.append((Cell(said), *(Cell(_said(event.get(name))) for name in _ORDER)))
    return Grid(tuple(rows), row_numbers=tuple(numbers))


def _said(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value).replace("_", " ").strip()


def _grid_texts(grid: Grid) -> list[str]:
    return sorted({cell.text for row in grid.rows for cell in row})
