"""The question of a check: a document comes in, and what is to be said of its numbers comes out, or the document with
it.

`format=document` gives the document back with its marks: a report in its own form, a table with columns added.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.documents import LineStarts, Remark, marked_html, marked_markdown, marked_plain
from api.problems import bad_parameter
from api.questions.document_check.check_items import claim_item, unread_item, unread_said
from api.questions.document_check.document_check import DocumentCheck, checked_document, day_of
from api.questions.document_check.sent_documents import DOCUMENT_FORMS, TABLE_FORMS, SentDocument, sent_document
from api.questions.import_question import MAPPING, SET
from api.questions.page import ONCE, Page, viewpoint_of
from api.questions.parameters import AS_OF, FORMAT, RECORDED_AS_OF, SAFE, Parameter, check_moment
from ledger import MappingError, TableMapping, find_mapping, with_parameters
from projections import Inquiry, Viewpoint

DOCUMENT = "document"
CHECK_FORMATS = ("json", "jsonl", "csv", "xlsx", DOCUMENT)
WRITTEN = Parameter(
    "written",
    "The day of the document: each number is judged as of then too, beside today, and `last year` in it means the year "
    "before. A year, month, day (its end) or instant.",
    "2025-07-28",
)
DOCUMENT_TYPE = Parameter(
    "type",
    "What the document is, where its `Content-Type` or the ending of its name does not say it.",
    schema={"type": "string", "enum": [one.name for one in DOCUMENT_FORMS]},
)
PARAMETERS = (
    AS_OF,
    RECORDED_AS_OF,
    WRITTEN,
    DOCUMENT_TYPE,
    MAPPING,
    SET,
    Parameter(
        FORMAT.name,
        "How the claims come back; `document`: the document itself with marks.",
        schema={"type": "string", "enum": list(CHECK_FORMATS)},
    ),
    SAFE,
)
EXAMPLE_TEXT = "China mined 240,000 t of rare earths in 2023, the United States 43,000 t."
EXAMPLE_CLAIMS = [
    {
        "subject": "China",
        "metric": "mine production",
        "material": "rare earths",
        "period": "2023",
        "value": "240000",
        "unit": "t",
    }
]
UNREAD_SHOWN_MAX = 1000
_ADDED = ("check", "check_said")


@dataclass(frozen=True)
class Checked:
    """A check that was made: the document, its claims judged, and the viewpoints."""

    document: SentDocument
    check: DocumentCheck
    viewpoint: Viewpoint
    written: Viewpoint | None

    @property
    def _lines(self) -> LineStarts | None:
        return None if self.document.source is None else LineStarts(self.document.source)

    def page(self) -> Page:
        """The claims as a page."""
        lines = self._lines
        items = [claim_item(number, one, lines) for number, one in enumerate(self.check.claims, 1)]
        shown = self.check.unread[:UNREAD_SHOWN_MAX]
        more: dict[str, Any] = {
            "counts": self.counts(),
            "unread": [unread_item(*one, lines) for one in zip(shown, self.check.said_of, strict=False)],
        }
        if len(self.check.unread) > len(shown):
            more["unread_more"] = len(self.check.unread) - len(shown)
        if self.written is not None:
            more["written_basis"] = self.written.basis()
        return Page(items, self.viewpoint.basis(), None, ONCE, objects=(), more=more)

    def counts(self) -> dict[str, int]:
        """How many claims have which verdict, and how many numbers were not read."""
        counts = Counter(one.now.verdict.value for one in self.check.claims)
        return {**dict(sorted(counts.items())), "unread": len(self.check.unread)}

    def marked(self) -> "str | Page":
        """The document with its marks: a text, or of a table a page of its rows with columns added."""
        items = self.page().rows()
        if self.document.source is None or self.document.form in TABLE_FORMS:
            return self._marked_table(items)
        remarks = [
            Remark(one["offset"], one["offset"] + one["length"], one["number"], one["verdict"], _remark(one))
            for one in items
            if one["verdict"] != "current" or self.document.form == "html"
        ]
        remarks += self._unread_remarks(len(items))
        if self.document.form == "html":
            return marked_html(self.document.source, remarks)
        counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self.counts().items())
        closing = (
            f"Checked as of {self.viewpoint.basis()['as_of'][:10]}, at position {self.viewpoint.position}: {counts}."
        )
        mark = marked_markdown if self.document.form == "markdown" else marked_plain
        return mark(self.document.source, remarks, closing)

    def _unread_remarks(self, after: int) -> list[Remark]:
        """Remarks on the numbers that name no figure: in HTML on all, else on those of which something is known."""
        unread = zip(self.check.unread, self.check.said_of, strict=True)
        return [
            Remark(one.place.start, one.place.end, number, "unread", unread_said(one, said_of))
            for number, (one, said_of) in enumerate(unread, after + 1)
            if said_of or self.document.form == "html"
        ]

    def _marked_table(self, items: list[dict[str, Any]]) -> Page:
        grid = self.document.grid
        if grid is None:
            return self.page()
        by_row: dict[int, list[dict[str, Any]]] = {}
        for one in items:
            by_row.setdefault(one["row"], []).append(one)
        names = _names([cell.text for cell in grid.rows[0]] if grid.rows else [], grid.width)
        rows = []
        for number, cells in enumerate(grid.rows[1:], 2):
            row: dict[str, Any] = dict.fromkeys(names)
            row.update(zip(names, (cell.text for cell in cells), strict=False))
            found = by_row.get(number, [])
            row[_ADDED[0]] = ", ".join(one["verdict"] for one in found) or None
            row[_ADDED[1]] = "; ".join(f"{one['cell'] or one['quoted']}: {one['said']}" for one in found) or None
            rows.append(row)
        return Page(rows, self.viewpoint.basis(), None, ONCE)


def check_of_document(
    engine: Inquiry,
    raw: bytes,
    form: str,
    parameters: Mapping[str, str],
    directory: Path | None,
    mapping: TableMapping | None = None,
) -> Checked:
    """Check a document; a `mapping` stands for the one that the parameters name.

    Raises Problem, MalformedJSON, and what questions raise.
    """
    form = form_asked(parameters) or form
    mapping = mapping or _mapping(parameters, directory)
    names = engine.ledger.registered_names() if mapping is not None else None
    clocks = {name: parameters[name] for name in (AS_OF.name, RECORDED_AS_OF.name) if name in parameters}
    viewpoint = viewpoint_of(engine, clocks)
    written = None
    if WRITTEN.name in parameters:
        check_moment(WRITTEN.name, parameters[WRITTEN.name])
        written = viewpoint_of(engine, {**clocks, "as_of": parameters[WRITTEN.name]})
    with engine.reader(viewpoint) as reader:
        each = reader.allowance.each
    document = sent_document(raw, form, mapping=mapping, names=names, each=each)
    day = day_of(written)
    check = checked_document(
        engine, document.texts, lambda lexicon: document.read(lexicon, day, each), viewpoint, written
    )
    return Checked(document, check, viewpoint, written)


def form_asked(parameters: Mapping[str, str]) -> str | None:
    """The form of the document that parameters name. Raises Problem."""
    form = parameters.get(DOCUMENT_TYPE.name)
    known = [one.name for one in DOCUMENT_FORMS]
    if form is not None and form not in known:
        raise bad_parameter(DOCUMENT_TYPE.name, "unknown_type", f"type is one of {', '.join(known)}, not {form[:40]!r}")
    return form


def _mapping(parameters: Mapping[str, str], directory: Path | None) -> TableMapping | None:
    said = {name.removeprefix("set."): text for name, text in parameters.items() if name.startswith("set.")}
    if MAPPING.name not in parameters:
        if said:
            raise bad_parameter(f"set.{next(iter(said))}", "mapping", "set. is for a mapping: name one with mapping=")
        return None
    try:
        return with_parameters(find_mapping(parameters[MAPPING.name], directory), said)
    except MappingError as error:
        raise bad_parameter(MAPPING.name, "mapping", str(error)) from None


def _remark(item: Mapping[str, Any]) -> str:
    """What is said of a claim, and what would have been when it was written."""
    now, then = str(item["said"]), item.get("written_said")
    return now if then is None else f"{now}; when it was written: {'the same' if then == now else then}"


def _names(header: list[str], width: int) -> list[str]:
    """The names of a table's columns, each once."""
    names: list[str] = []
    for place in range(width):
        name = header[place] if place < len(header) and header[place] else f"column {place + 1}"
        while name in names or name in _ADDED:
            name += "_"
        names.append(name)
    return names
