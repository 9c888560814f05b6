"""HTML as passages: headings, paragraphs, items and tables with captions; scripts, styles and what is hidden are no
text.
"""

from collections.abc import Iterator
from html.parser import HTMLParser

from api.documents.passages import Block, Heading, LineStarts, Paragraph, Run, TableBlock

_BLOCKS = frozenset(
    "address article aside blockquote body dd div dl dt figcaption figure footer form header hr html li main nav ol p "
    "pre section ul br table tr thead tbody tfoot".split()
)
_UNSEEN = frozenset("script style template noscript title head textarea select svg math".split())
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_CELLS = ("td", "th")


def html_passages(source: str) -> Iterator[Block]:
    """The passages of a page."""
    reader = _Pages(source)
    reader.feed(source)
    reader.close()
    yield from reader.finished()


class _Pages(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self._lines = LineStarts(source)
        self._source = source
        self._blocks: list[Block] = []
        self._text: list[str] = []
        self._places: list[int] = []
        self._unseen: list[str] = []
        self._heading: int | None = None
        self._rows: list[list[Run]] | None = None
        self._headers: list[bool] = []
        self._caption: Run | None = None
        self._in_cell = False

    def finished(self) -> list[Block]:
        self._flush()
        self._end_table()
        return self._blocks

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines.starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._unseen:
            if tag == self._unseen[-1]:
                self._unseen.append(tag)
            return
        if tag in _UNSEEN and tag not in _VOID:
            self._unseen.append(tag)
            return
        if tag in _CELLS and self._rows is not None:
            self._end_cell()
            self._begin_row_if_none()
            self._in_cell = True
            self._headers[-1] = self._headers[-1] and tag == "th"
        elif tag == "tr" and self._rows is not None:
            self._end_cell()
            self._rows.append([])
            self._headers.append(True)
        elif tag == "table":
            self._flush()
            self._end_table()
            self._rows, self._headers, self._caption = [], [], None
        elif tag[0] == "h" and tag[1:].isdigit() and len(tag) == 2:
            self._flush()
            self._heading = int(tag[1])
        elif tag in _BLOCKS and not self._in_cell:
            self._flush()
        elif tag in _BLOCKS or tag == "sup":
            self._space()

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag == self._unseen[-1]:
                self._unseen.pop()
            return
        if tag in (*_CELLS, "tr"):
            self._end_cell()
        elif tag == "caption" and self._rows is not None:
            self._caption = self._taken()
        elif tag == "table":
            self._end_cell()
            self._end_table()
        elif tag in _BLOCKS or (tag[0] == "h" and tag[1:].isdigit()):
            if self._in_cell:
                self._space()
            else:
                self._flush()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            at = self._at()
            self._text += [" " if one.isspace() and one in "\r\n\t\f" else one for one in data]
            self._places += range(at, at + len(data))

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name};", f"&{name}")

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name};", f"&#{name}")

    def _reference(self, whole: str, without: str) -> None:
        from html import unescape

        if not self._unseen:
            at = self._at()
            for one in unescape(whole):
                self._text.append(one)
                self._places.append(at)

    def _space(self) -> None:
        if self._text:
            self._text.append(" ")
            self._places.append(self._places[-1])

    def _taken(self) -> Run:
        run = Run("".join(self._text), self._places)
        self._text, self._places = [], []
        return run

    def _flush(self) -> None:
        heading, self._heading = self._heading, None
        if self._rows is not None and (self._in_cell or not "".join(self._text).strip()):
            return
        run = self._taken()
        if run.text.strip():
            self._blocks.append(Paragraph(run) if heading is None else Heading(run, heading))

    def _begin_row_if_none(self) -> None:
        if self._rows is not None and not self._rows:
            self._rows.append([])
            self._headers.append(True)

    def _end_cell(self) -> None:
        if self._in_cell and self._rows:
            self._rows[-1].append(self._taken())
        self._in_cell = False

    def _end_table(self) -> None:
        if self._rows is None:
            return
        self._end_cell()
        kept = [(tuple(row), header) for row, header in zip(self._rows, self._headers, strict=True) if row]
        leading = 0
        while leading < len(kept) and kept[leading][1]:
            leading += 1
        if kept:
            self._blocks.append(TableBlock(tuple(row for row, _ in kept), self._caption, max(1, leading)))
        self._rows = None
