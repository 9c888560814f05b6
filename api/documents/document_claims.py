"""The claims of a document: its passages are read one by one, each sentence within its headings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from api.documents.claims import Claim, Each, Place, UnreadNumber
from api.documents.lexicon import Lexicon
from api.documents.passages import Block, Heading, Paragraph, Run, TableBlock
from api.documents.sentence_claims import Scope, sentence_claims
from api.documents.sentence_marks import SentenceMarks
from api.documents.table_claims import Cell, Grid, table_claims


@dataclass
class _Outline:
    """The headings over a passage."""

    lexicon: Lexicon
    written: date | None
    open: list[tuple[int, SentenceMarks]]

    def add(self, heading: Heading) -> None:
        while self.open and self.open[-1][0] >= heading.level:
            self.open.pop()
        self.open.append((heading.level, SentenceMarks(heading.run.text, self.lexicon, self.written)))

    @property
    def nearest_first(self) -> list[SentenceMarks]:
        return [marks for _, marks in reversed(self.open)]


def document_claims(
    passages: Iterable[Block], lexicon: Lexicon, written: date | None = None, *, each: Each = iter
) -> Iterator[Claim | UnreadNumber]:
    """The claims of a document and its unread numbers, in the order in which they stand.

    `each` gives what there is to read as long as there is time for it.
    """
    outline = _Outline(lexicon, written, [])
    above: Run | None = None
    for block in each(passages):
        if isinstance(block, Heading):
            yield from _of_run(block.run, lexicon, Scope(outline.nearest_first), written)
            outline.add(block)
        elif isinstance(block, Paragraph):
            scope = Scope(outline.nearest_first)
            for sentence in each(block.run.sentences()):
                yield from _of_run(sentence, lexicon, scope, written)
            above = block.run
            continue
        else:
            yield from _of_table(block, lexicon, outline.nearest_first, above, written, each)
        above = None


def _of_run(run: Run, lexicon: Lexicon, scope: Scope, written: date | None) -> Iterator[Claim | UnreadNumber]:
    for one in sentence_claims(run.text, lexicon, scope, written):
        yield replace(one, place=Place(*run.span(one.number.start, one.number.end)))


def _of_table(
    block: TableBlock,
    lexicon: Lexicon,
    headings: list[SentenceMarks],
    above: Run | None,
    written: date | None,
    each: Each,
) -> Iterator[Claim | UnreadNumber]:
    caption = block.caption or above
    rows = tuple(tuple(Cell(run.text, run) for run in row) for row in block.rows)
    grid = Grid(rows, None if caption is None else caption.text, block.header_rows)
    yield from table_claims(grid, lexicon, headings, written, each=each)
