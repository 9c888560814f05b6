"""Markdown, and plain text, as passages.

Headings are lines with `#`, lines that are underlined, lines that end with a colon, and short lines that stand alone
and end no sentence. Marks of emphasis, code and links are left out; fenced code, comments and addresses are no text.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from api.documents.passages import Block, Heading, Paragraph, Run, TableBlock

HEADING_MAX = 100
LINE_MAX = 160
"""A longer line is a paragraph of its own: nobody wraps lines so late."""
LINE_OF_MARKS_MAX = 500
"""No heading is longer."""
_ATX = re.compile(r"\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_RULE = re.compile(r"\s{0,3}(=+|-+)\s*$")
_ITEM = re.compile(r"\s*(?:[-*+\u2022]|\d{1,2}[.)])\s+")
_DIVIDER = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
_UNSAID = re.compile(
    r"<!--.{0,500}?-->|`[^`\n]{0,500}`|!\[[^\]\n]{0,500}\]\([^)\n]{0,500}\)|\[\^[^\]\n]{1,100}\]|https?://\S+"
    r"|(?<=\])\([^)\s]{0,300}\)|\*{1,3}(?=\S)|(?<=\S)\*{1,3}|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|[\[\]]",
    re.S,
)
"""What is no text, each of a bounded length: what is opened and never closed is not looked for to the end."""
_SPACE = re.compile(r"\s")
MINOR = 7
"""The level of a line that heads what comes after it, below all headings with marks."""


def markdown_passages(source: str) -> Iterator[Block]:
    """The passages of a text."""
    lines = _lines(source)
    at = 0
    while at < len(lines):
        start, end = lines[at]
        line = source[start:end]
        if not line.strip():
            at += 1
        elif fence := re.match(r"\s{0,3}(```+|~~~+)", line):
            at = _after_fence(source, lines, at, fence[1])
        elif end - start <= LINE_OF_MARKS_MAX and (match := _ATX.match(line)):
            yield Heading(_run(source, start + match.start(2), start + match.end(2)), len(match[1]))
            at += 1
        elif "|" in line and at + 1 < len(lines) and _DIVIDER.match(source[slice(*lines[at + 1])]):
            table, at = _table(source, lines, at)
            yield table
        else:
            block, at = _paragraph(source, lines, at)
            yield block


def _lines(source: str) -> list[tuple[int, int]]:
    found, start = [], 0
    for line in source.splitlines(keepends=True):
        found.append((start, start + len(line.rstrip("\r\n"))))
        start += len(line)
    return found


def _after_fence(source: str, lines: list[tuple[int, int]], at: int, fence: str) -> int:
    at += 1
    while at < len(lines) and not source[slice(*lines[at])].strip().startswith(fence):
        at += 1
    return at + 1


def _table(source: str, lines: list[tuple[int, int]], at: int) -> tuple[TableBlock, int]:
    rows = [_cells(source, *lines[at])]
    at += 2
    while at < len(lines) and "|" in source[slice(*lines[at])]:
        rows.append(_cells(source, *lines[at]))
        at += 1
    return TableBlock(tuple(rows)), at


def _cells(source: str, start: int, end: int) -> tuple[Run, ...]:
    line = source[start:end]
    bars = [match.start() for match in re.finditer(r"(?<!\\)\|", line)]
    edges = [-1, *bars, len(line)]
    cells = [(start + one + 1, start + other) for one, other in pairwise(edges)]
    if bars and not line[: bars[0]].strip():
        cells = cells[1:]
    if bars and not line[bars[-1] + 1 :].strip():
        cells = cells[:-1]
    return tuple(_run(source, *one) for one in cells)


def _paragraph(source: str, lines: list[tuple[int, int]], at: int) -> tuple[Block, int]:
    first = at
    at += 1
    while at < len(lines):
        line = source[slice(*lines[at])]
        if not line.strip() or _ATX.match(line[:8]) or _ITEM.match(line) or _starts_table(source, lines, at):
            break
        if at == first + 1 and _RULE.match(line):
            level = 1 if "=" in line else 2
            return Heading(_run(source, *lines[first]), level), at + 1
        if lines[at - 1][1] - lines[at - 1][0] > LINE_MAX:
            break
        if at == first + 1 and _heads(source[slice(*lines[first])]) and first > 0:
            break
        at += 1
    start, end = lines[first][0], lines[at - 1][1]
    text = source[start:end]
    item = _ITEM.match(text)
    run = _run(source, start + (item.end() if item else 0), end)
    alone = at == first + 1
    if alone and not item and _heads(text) and at < len(lines):
        return Heading(run, MINOR), at
    return Paragraph(run), at


def _starts_table(source: str, lines: list[tuple[int, int]], at: int) -> bool:
    return (
        "|" in source[slice(*lines[at])]
        and at + 1 < len(lines)
        and _DIVIDER.match(source[slice(*lines[at + 1])]) is not None
    )


def _heads(line: str) -> bool:
    text = line.strip()
    return 0 < len(text) <= HEADING_MAX and re.search(r"[.!?;,)]$|\d", text[-1]) is None and not text[0].islower()


def _run(source: str, start: int, end: int) -> Run:
    """The text of a part of the source, without what is not said."""
    kept: list[int] = []
    at = start
    for match in _UNSAID.finditer(source, start, end):
        kept.extend(range(at, match.start()))
        at = match.end()
    kept.extend(range(at, end))
    text = "".join(
        " " if _SPACE.match(source[place]) and source[place] in "\r\n\t" else source[place] for place in kept
    )
    return Run(text, kept)
