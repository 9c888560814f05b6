"""Passages: a document as headings, paragraphs and tables, each character of which knows its place in what was sent.

A *run* is a text with the place of each of its characters in the source. Markup is no part of it, entities of HTML
are the characters that they stand for, and the end of a line within a paragraph is a space.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_ABBREVIATIONS = frozenset(
    "approx ca cf corp dr e.g etc fig i.e inc jr ltd mr mrs ms mt no nos p pp prof sen st u.s u.k vol vs".split()
)
SENTENCE_MAX = 2000
"""A longer sentence is read in parts."""
WORD_MAX = 12
_END = re.compile(r"[.!?][\"')\]\u201d\u2019]*\s+(?=[\"'(\[\u201c\u2018]*[A-Z0-9])")


@dataclass(frozen=True)
class Run:
    """A text, and the place in the source of each of its characters."""

    text: str
    places: Sequence[int]

    def part(self, start: int, end: int) -> "Run":
        """A part of it."""
        return Run(self.text[start:end], self.places[start:end])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of it stands in the source."""
        return self.places[start], self.places[end - 1] + 1

    def sentences(self) -> Iterator["Run"]:
        """Its sentences."""
        start = 0
        for match in _END.finditer(self.text):
            word = re.search(r"([\w.]+)\.$", self.text[max(start, match.start() - WORD_MAX) : match.start() + 1])
            if self.text[match.start()] == "." and word and _is_short(word[1]):
                continue
            yield from self._cut(start, match.end())
            start = match.end()
        yield from self._cut(start, len(self.text))

    def _cut(self, start: int, end: int) -> Iterator["Run"]:
        """A part in pieces of SENTENCE_MAX characters at most, cut between words where there are any."""
        while end - start > SENTENCE_MAX:
            last = self.text.rfind(" ", start + 1, start + SENTENCE_MAX)
            last = start + SENTENCE_MAX if last < 0 else last
            yield self.part(start, last)
            start = last
        if start < end:
            yield self.part(start, end)


def _is_short(word: str) -> bool:
    return word.casefold() in _ABBREVIATIONS or (len(word) == 1 and word.isupper())


@dataclass(frozen=True)
class Heading:
    """A heading, `level` 1 the highest."""

    run: Run
    level: int


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, or an item of a list."""

    run: Run


@dataclass(frozen=True)
class TableBlock:
    """A table within a document: its rows of cells, and what stands above it."""

    rows: tuple[tuple[Run, ...], ...]
    caption: Run | None = None
    header_rows: int = 1


Block = Heading | Paragraph | TableBlock


@dataclass(frozen=True)
class LineStarts:
    """Where the lines of a source begin: of an offset, the line and the column, both from 1."""

    source: str
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        starts = [0, *(match.end() for match in re.finditer("\n", self.source))]
        object.__setattr__(self, "starts", starts)

    def place(self, offset: int) -> tuple[int, int]:
        """The line and the column of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1
